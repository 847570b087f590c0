/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* set-credential, remove-credential. A secret is never an argument: others could see it. */

#include "base/text.h"
#include "config/server-config.h"
#include "ctl/secret.h"
#include "ctl/servers.h"
#include "ctl/verbs.h"

#define SHOWN_MAX 60

static bool check_name(const char *name, GError **error)
{
        g_autofree char *shown = ic_text_quote(name, SHOWN_MAX);
        g_autofree char *names = ic_credential_names();

        if (ic_credential_name_is_valid(name))
                return true;
        g_set_error(error, CTL_ERROR, CTL_ERROR_USAGE,
                _("no credential is named \"%s\"; there are %s"), shown, names);
        return false;
}

static bool store(Ctl *ctl, uint32_t id, const char *name, GBytes *secret, GError **error)
{
        g_autoptr(sd_bus_message) call = ctl_new_manager_call(ctl, "SetCredential", error);
        gsize len = 0;
        const void *bytes = secret ? g_bytes_get_data(secret, &len) : NULL;

        return call && ctl_check(sd_bus_message_sensitive(call), error) &&
               ctl_check(sd_bus_message_append(call, "us", id, name), error) &&
               ctl_check(sd_bus_message_append_array(call, 'y', bytes, len), error) &&
               ctl_send(ctl, call, CTL_CALL_TIMEOUT_USEC, NULL, error);
}

bool verb_set_credential(Ctl *ctl, char **arguments, GError **error)
{
        g_autoptr(GBytes) secret = NULL;
        g_autofree char *prompt = NULL;
        uint32_t id;

        if (!check_name(arguments[1], error) || !ctl_server_find(ctl, arguments[0], &id, error))
                return false;
        prompt = g_strdup_printf(_("%s of connection %u (not shown): "), arguments[1], id);
        secret = ctl_read_secret(prompt, ctl->may_ask_password, IC_CREDENTIAL_SIZE_MAX, error);
        return secret && store(ctl, id, arguments[1], secret, error);
}

bool verb_remove_credential(Ctl *ctl, char **arguments, GError **error)
{
        uint32_t id;

        return check_name(arguments[1], error) && ctl_server_find(ctl, arguments[0], &id, error) &&
               store(ctl, id, arguments[1], NULL, error);
}
