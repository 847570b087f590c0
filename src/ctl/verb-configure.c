/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* add, set, remove. */

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "ctl/configure.h"
#include "ctl/json.h"
#include "ctl/servers.h"
#include "ctl/verbs.h"

#define NAME_MAX_CHARS 100

static bool append_setting(sd_bus_message *call, const char *key, const char *value, GError **error)
{
        return ctl_check(sd_bus_message_append(call, "{sv}", key, "s", value), error);
}

static bool append_settings(sd_bus_message *call, char **arguments, GError **error)
{
        for (; *arguments; arguments++) {
                g_autofree char *key = NULL, *value = NULL;

                if (!ctl_split_setting(*arguments, &key, &value, error) ||
                        !append_setting(call, key, value, error))
                        return false;
        }
        return true;
}

/* Users of another machine are known there by name only; a number is a number everywhere. */
static bool find_user(const Ctl *ctl, uint32_t *ret, GError **error)
{
        const struct passwd *user;
        guint64 uid;

        if (g_ascii_string_to_unsigned(ctl->owner, 10, 0, G_MAXUINT32 - 1, &uid, NULL)) {
                *ret = (uint32_t) uid;
                return true;
        }
        if (ctl->host || ctl->machine) {
                g_set_error(error, CTL_ERROR, CTL_ERROR_USAGE,
                        _("give the number of user \"%s\" on that machine ('id -u')"), ctl->owner);
                return false;
        }
        user = getpwnam(ctl->owner);
        if (user)
                *ret = user->pw_uid;
        else
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        _("this machine has no user \"%s\""), ctl->owner);
        return user != NULL;
}

static bool append_owner(const Ctl *ctl, sd_bus_message *call, GError **error)
{
        uint32_t uid;

        return !ctl->owner ||
               (find_user(ctl, &uid, error) &&
                       ctl_check(sd_bus_message_append(call, "{sv}", "owner", "u", uid), error));
}

static bool append_address(sd_bus_message *call, const char *text, GError **error)
{
        g_autofree char *address = NULL, *port = NULL, *setting = NULL, *port_setting = NULL;

        if (!ctl_split_address(text, &address, &port, error))
                return false;
        setting = g_strconcat("address=", address, NULL);
        port_setting = port ? g_strconcat("port=", port, NULL) : NULL;
        return append_settings(call, (char *[]){setting, port_setting, NULL}, error);
}

static void print_id(const Ctl *ctl, uint32_t id)
{
        g_autoptr(JsonObject) object = json_object_new();

        if (!ctl->is_json) {
                printf("%u\n", id);
                return;
        }
        json_object_set_int_member(object, "id", id);
        ctl_print_json_object(object);
}

bool verb_add(Ctl *ctl, char **arguments, GError **error)
{
        g_autoptr(sd_bus_message) call = ctl_new_manager_call(ctl, "AddServer", error);
        g_autoptr(sd_bus_message) reply = NULL;
        uint32_t id;

        if (!call || !ctl_check(sd_bus_message_open_container(call, 'a', "{sv}"), error) ||
                !append_address(call, arguments[0], error) ||
                !append_settings(call, arguments + 1, error) || !append_owner(ctl, call, error) ||
                !ctl_check(sd_bus_message_close_container(call), error) ||
                !ctl_send(ctl, call, CTL_CALL_TIMEOUT_USEC, &reply, error) ||
                !ctl_check(sd_bus_message_read(reply, "u", &id), error))
                return false;
        print_id(ctl, id);
        return true;
}

bool verb_set(Ctl *ctl, char **arguments, GError **error)
{
        g_autoptr(sd_bus_message) call = NULL;
        uint32_t id;

        if (!ctl_server_find(ctl, arguments[0], &id, error))
                return false;
        call = ctl_new_manager_call(ctl, "UpdateServer", error);
        return call && ctl_check(sd_bus_message_append(call, "u", id), error) &&
               ctl_check(sd_bus_message_open_container(call, 'a', "{sv}"), error) &&
               append_settings(call, arguments + 1, error) &&
               ctl_check(sd_bus_message_close_container(call), error) &&
               ctl_send(ctl, call, CTL_CALL_TIMEOUT_USEC, NULL, error);
}

/* Only a person at a terminal is asked; a script that says "remove" means it. */
static bool confirm_removal(Ctl *ctl, uint32_t id, GError **error)
{
        g_auto(IcStatus) status = {0};
        g_autofree char *name = NULL, *line = NULL;
        size_t size = 0;

        if (ctl->is_sure || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
                return true;
        if (!ctl_server_status(ctl, id, &status, error))
                return false;
        name = ic_text_quote(status.name ? status.name : status.address, NAME_MAX_CHARS);
        printf(_("Remove connection %u (%s) with all of its history? [y/N] "), id, name);
        fflush(stdout);
        if (getline(&line, &size, stdin) > 0 && g_ascii_tolower(*line) == *_("y"))
                return true;
        g_set_error(error, IC_ERROR, IC_ERROR_FAILED, _("connection %u was not removed"), id);
        return false;
}

bool verb_remove(Ctl *ctl, char **arguments, GError **error)
{
        g_autoptr(GArray) ids = ctl_servers_find(ctl, arguments, error);

        if (!ids)
                return false;
        for (guint i = 0; i < ids->len; i++) {
                uint32_t id = g_array_index(ids, uint32_t, i);

                if (!confirm_removal(ctl, id, error) ||
                        !ctl_call_manager(
                                ctl, CTL_JOB_TIMEOUT_USEC, NULL, error, "RemoveServer", "u", id))
                        return false;
        }
        return true;
}
