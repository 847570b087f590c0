/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Reading KEY=VALUE arguments and addresses. What is wrong with a value is said here, before the
 * bus is troubled; the controller checks it again. */

#include "ctl/configure.h"

#include <string.h>

#include "base/text.h"
#include "config/server-config.h"
#include "ctl/ctl.h"

#define SHOWN_MAX 60

static bool split_brackets(const char *text, char **ret_address, char **ret_port, GError **error)
{
        const char *end = strchr(text, ']');

        if (!end || end == text + 1 || (end[1] != '\0' && end[1] != ':')) {
                g_set_error(error, CTL_ERROR, CTL_ERROR_USAGE,
                        _("\"%s\" is no address: an IPv6 address with a port is written like "
                          "[::1]:6697"),
                        text);
                return false;
        }
        *ret_address = g_strndup(text + 1, (gsize) (end - text) - 1);
        *ret_port = end[1] == ':' ? g_strdup(end + 2) : NULL;
        return true;
}

bool ctl_split_address(const char *text, char **ret_address, char **ret_port, GError **error)
{
        const char *colon = strchr(text, ':');

        if (*text == '[')
                return split_brackets(text, ret_address, ret_port, error);
        if (!colon || strchr(colon + 1, ':')) {
                *ret_address = g_strdup(text);
                *ret_port = NULL;
        } else {
                *ret_address = g_strndup(text, (gsize) (colon - text));
                *ret_port = g_strdup(colon + 1);
        }
        return true;
}

static bool check_setting(const char *key, const char *value, GError **error)
{
        g_autoptr(IcServerConfig) scratch = ic_server_config_new();

        return ic_server_config_set(scratch, key, value, error);
}

bool ctl_split_setting(const char *text, char **ret_key, char **ret_value, GError **error)
{
        const char *sign = strchr(text, '=');
        g_autofree char *key = sign ? g_strndup(text, (gsize) (sign - text)) : g_strdup(text);
        g_autofree char *shown = ic_text_quote(key, SHOWN_MAX);

        if (!sign) {
                g_set_error(error, CTL_ERROR, CTL_ERROR_USAGE,
                        _("\"%s\" is no setting: write KEY=VALUE, such as nickname=ada"), shown);
                return false;
        }
        if (g_str_has_suffix(key, "password")) {
                g_set_error(error, CTL_ERROR, CTL_ERROR_USAGE,
                        _("\"%s\" is a secret, which others could see on a command line; use "
                          "'ircctl set-credential'"),
                        shown);
                return false;
        }
        if (!ic_server_key_find(key)) {
                g_set_error(error, CTL_ERROR, CTL_ERROR_USAGE,
                        _("there is no key \"%s\"; 'ircctl help keys' lists all"), shown);
                return false;
        }
        if (!check_setting(key, sign + 1, error))
                return false;
        *ret_key = g_steal_pointer(&key);
        *ret_value = g_strdup(sign + 1);
        return true;
}
