/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Asking the controller for its connections. */

#include "ctl/servers.h"

#include "base/text.h"
#include "bus/reply.h"

#define SHOWN_MAX 60

static gint compare_ids(gconstpointer a, gconstpointer b)
{
        uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

        return (x > y) - (x < y);
}

/* a{oa{sa{sv}}}: the paths are all we want. */
static int read_ids(sd_bus_message *reply, GArray *ids)
{
        int r = sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}");

        while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "oa{sa{sv}}")) > 0) {
                const char *path;
                uint32_t id;

                r = sd_bus_message_read_basic(reply, 'o', &path);
                if (r >= 0 && ic_server_path_parse(path, &id))
                        g_array_append_val(ids, id);
                if (r >= 0)
                        r = sd_bus_message_skip(reply, "a{sa{sv}}");
                if (r >= 0)
                        r = sd_bus_message_exit_container(reply);
        }
        return r;
}

GArray *ctl_server_ids(Ctl *ctl, GError **error)
{
        g_autoptr(GArray) ids = g_array_new(false, false, sizeof(uint32_t));
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        int r = sd_bus_message_new_method_call(ctl->bus, &call, IC_BUS_NAME, IC_MANAGER_PATH,
                "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");

        if (!ctl_check(r, error) || !ctl_send(ctl, call, CTL_CALL_TIMEOUT_USEC, &reply, error) ||
                !ctl_check(read_ids(reply, ids), error))
                return NULL;
        g_array_sort(ids, compare_ids);
        return g_steal_pointer(&ids);
}

bool ctl_server_status(Ctl *ctl, uint32_t id, IcStatus *ret, GError **error)
{
        g_autoptr(sd_bus_message) reply = NULL;

        if (!ctl_call_manager(ctl, CTL_CALL_TIMEOUT_USEC, &reply, error, "ServerStatus", "u", id) ||
                !ctl_check(ic_bus_read_status(reply, ret), error))
                return false;
        ret->id = id;
        return true;
}

static bool find_name(Ctl *ctl, const char *name, uint32_t *ret, GError **error)
{
        g_autoptr(GArray) ids = ctl_server_ids(ctl, error);
        g_autofree char *shown = ic_text_quote(name, SHOWN_MAX);
        uint32_t found = 0;

        if (!ids)
                return false;
        for (guint i = 0; i < ids->len; i++) {
                uint32_t id = g_array_index(ids, uint32_t, i);
                g_auto(IcStatus) status = {0};

                /* One that was removed in between is not the one that is meant. */
                if (!ctl_server_status(ctl, id, &status, NULL) || g_strcmp0(status.name, name) != 0)
                        continue;
                if (found != 0) {
                        g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                                _("connections %u and %u are both named \"%s\"; give the number"),
                                found, id, shown);
                        return false;
                }
                found = id;
        }
        if (found == 0)
                g_set_error(error, IC_ERROR, IC_ERROR_NO_SUCH_SERVER,
                        _("no connection is named \"%s\"; 'ircctl list' shows those there are"),
                        shown);
        *ret = found;
        return found != 0;
}

bool ctl_server_find(Ctl *ctl, const char *text, uint32_t *ret, GError **error)
{
        return ic_id_parse(text, ret) || find_name(ctl, text, ret, error);
}

GArray *ctl_servers_find(Ctl *ctl, char **texts, GError **error)
{
        g_autoptr(GArray) ids = g_array_new(false, false, sizeof(uint32_t));

        for (; *texts; texts++) {
                uint32_t id;

                if (!ctl_server_find(ctl, *texts, &id, error))
                        return NULL;
                g_array_append_val(ids, id);
        }
        return g_steal_pointer(&ids);
}
