/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* history, search. */

#include <stdio.h>

#include "ctl/json.h"
#include "ctl/message.h"
#include "ctl/servers.h"
#include "ctl/table.h"
#include "ctl/verbs.h"

static bool read_rows(sd_bus_message *reply, JsonArray **ret, GError **error)
{
        g_autoptr(JsonArray) rows = json_array_new();

        if (!ctl_check(ctl_read_dicts(reply, rows), error))
                return false;
        *ret = g_steal_pointer(&rows);
        return true;
}

static void print_rows(const Ctl *ctl, JsonArray *rows, bool is_newest_first)
{
        bool has_colour = ctl_is_colourful(stdout);
        guint count = json_array_get_length(rows);

        if (ctl->is_json) {
                ctl_print_json_array(rows);
                return;
        }
        for (guint i = 0; i < count; i++)
                ctl_print_message(
                        json_array_get_object_element(rows, is_newest_first ? count - 1 - i : i),
                        true, has_colour);
}

bool verb_history(Ctl *ctl, char **arguments, GError **error)
{
        g_autoptr(sd_bus_message) reply = NULL;
        g_autoptr(JsonArray) rows = NULL;
        const char *target = arguments[1] ? arguments[1] : "";
        uint32_t id;

        if (!ctl_server_find(ctl, arguments[0], &id, error) ||
                !ctl_call_manager(ctl, CTL_CALL_TIMEOUT_USEC, &reply, error, "GetMessages", "usxu",
                        id, target, (int64_t) ctl->before, ctl->lines) ||
                !read_rows(reply, &rows, error))
                return false;
        print_rows(ctl, rows, false);
        return true;
}

/* For people the newest match stands last, next to the prompt. */
bool verb_search(Ctl *ctl, char **arguments, GError **error)
{
        g_autoptr(sd_bus_message) reply = NULL;
        g_autoptr(JsonArray) rows = NULL;
        g_autofree char *query = g_strjoinv(" ", arguments + 1);
        uint32_t id;

        if (!ctl_server_find(ctl, arguments[0], &id, error) ||
                !ctl_call_manager(ctl, CTL_CALL_TIMEOUT_USEC, &reply, error, "Search", "usu", id,
                        query, ctl->lines) ||
                !read_rows(reply, &rows, error))
                return false;
        print_rows(ctl, rows, true);
        return true;
}
