/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* blocked, block, unblock. */

#include <stdio.h>

#include "base/text.h"
#include "ctl/json.h"
#include "ctl/message.h"
#include "ctl/servers.h"
#include "ctl/table.h"
#include "ctl/verbs.h"

#define CHANNEL_MAX_CHARS 60
#define REASON_MAX_CHARS 200

static void add_text(CtlTable *table, const char *text, gsize max_chars)
{
        g_autofree char *quoted = ic_text_quote(text, max_chars);

        ctl_table_add(table, CTL_STYLE_PLAIN, *quoted ? quoted : NULL);
}

static void add_row(CtlTable *table, JsonObject *block)
{
        gint64 until = ctl_json_number(block, "until");
        g_autofree char *since_text = ctl_format_time(ctl_json_number(block, "since"), true);
        g_autofree char *until_text = until != 0 ? ctl_format_time(until, true) : NULL;

        ctl_table_addf(
                table, CTL_STYLE_PLAIN, "%" G_GINT64_FORMAT, ctl_json_number(block, "server"));
        add_text(table, ctl_json_text(block, "channel"), CHANNEL_MAX_CHARS);
        ctl_table_add(table, CTL_STYLE_PLAIN, since_text);
        ctl_table_add(table, CTL_STYLE_BAD, until_text ? until_text : _("for good"));
        ctl_table_addf(
                table, CTL_STYLE_PLAIN, "%" G_GINT64_FORMAT, ctl_json_number(block, "attempts"));
        add_text(table, ctl_json_text(block, "reason"), REASON_MAX_CHARS);
}

static void print_blocks(JsonArray *blocks)
{
        const char *headings[] = {
                _("ID"), _("CHANNEL"), _("SINCE"), _("UNTIL"), _("ATTEMPTS"), _("REASON")};
        g_autoptr(CtlTable) table = ctl_table_new(G_N_ELEMENTS(headings), headings);

        ctl_table_align_right(table, 0);
        for (guint i = 0; i < json_array_get_length(blocks); i++)
                add_row(table, json_array_get_object_element(blocks, i));
        if (json_array_get_length(blocks) == 0)
                puts(_("Nothing is blocked."));
        else
                ctl_table_print(table, stdout, ctl_is_colourful(stdout));
}

bool verb_blocked(Ctl *ctl, char **arguments, GError **error)
{
        g_autoptr(JsonArray) blocks = json_array_new();
        g_autoptr(sd_bus_message) reply = NULL;

        if (!ctl_call_manager(ctl, CTL_CALL_TIMEOUT_USEC, &reply, error, "ListBlocked", "") ||
                !ctl_check(ctl_read_dicts(reply, blocks), error))
                return false;
        if (ctl->is_json)
                ctl_print_json_array(blocks);
        else
                print_blocks(blocks);
        return true;
}

bool verb_block(Ctl *ctl, char **arguments, GError **error)
{
        const char *channel = arguments[1] ? arguments[1] : "";
        uint32_t id;

        return ctl_server_find(ctl, arguments[0], &id, error) &&
               ctl_call_manager(ctl, CTL_JOB_TIMEOUT_USEC, NULL, error, "Block", "usts", id,
                       channel, ctl->block_seconds, ctl->reason ? ctl->reason : "");
}

bool verb_unblock(Ctl *ctl, char **arguments, GError **error)
{
        const char *channel = arguments[1] ? arguments[1] : "";
        uint32_t id;

        return ctl_server_find(ctl, arguments[0], &id, error) &&
               ctl_call_manager(
                       ctl, CTL_CALL_TIMEOUT_USEC, NULL, error, "Unblock", "us", id, channel);
}
