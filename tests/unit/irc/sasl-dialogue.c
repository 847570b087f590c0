/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Lines in, lines out. */

#include "sasl-dialogue.h"

#include <string.h>

#include "irc/message.h"

static char *joined(GPtrArray *lines)
{
        char *text;

        g_ptr_array_add(lines, NULL);
        text = g_strjoinv("|", (GStrv) lines->pdata);
        g_ptr_array_set_size(lines, 0);
        return text;
}

char *receive(IrcSasl *sasl, const char *line)
{
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
        g_auto(IrcMessage) message = {};

        g_assert_cmpint(irc_message_parse(&message, line, strlen(line)), ==, IRC_PARSE_OK);
        g_assert_cmpint(irc_sasl_receive(sasl, &message, lines), ==, irc_sasl_get_state(sasl));
        return joined(lines);
}

char *start(IrcSasl *sasl, const char *offered)
{
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

        irc_sasl_start(sasl, offered, lines);
        return joined(lines);
}
