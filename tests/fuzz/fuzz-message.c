/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The parser: any bytes are a message or an error; a message that can be formatted parses to the
 * same again. */

#include <string.h>

#include "fuzz.h"
#include "irc/message.h"

static void check_round_trip(const IrcMessage *message)
{
        g_autoptr(GString) line = g_string_new(NULL);
        g_autoptr(GPtrArray) params = g_ptr_array_new();
        const char *trailing = NULL;
        g_auto(IrcMessage) again = {};

        for (gsize i = 0; i < message->n_params; i++)
                g_ptr_array_add(params, (gpointer) message->params[i]);
        if (params->len > 0)
                trailing = g_ptr_array_steal_index(params, params->len - 1);
        g_ptr_array_add(params, NULL);
        if (irc_message_format(line, message->tags, message->n_tags, message->source, message->verb,
                    (const char *const *) params->pdata, trailing) != IRC_FORMAT_OK)
                return;
        if (irc_message_parse(&again, line->str, line->len) != IRC_PARSE_OK)
                g_error("does not parse: %s", line->str);
        g_assert_cmpuint(again.n_tags, ==, message->n_tags);
        g_assert_cmpuint(again.n_params, ==, message->n_params);
        g_assert_cmpstr(again.source, ==, message->source);
        g_assert_cmpstr(again.verb, ==, message->verb);
        for (gsize i = 0; i < message->n_params; i++)
                g_assert_cmpstr(again.params[i], ==, message->params[i]);
        for (gsize i = 0; i < message->n_tags; i++)
                g_assert_cmpstr(again.tags[i].value, ==, message->tags[i].value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_auto(IrcMessage) message = {};

        if (irc_message_parse(&message, (const char *) data, size) == IRC_PARSE_OK && size < 4096)
                check_round_trip(&message);
        return 0;
}
