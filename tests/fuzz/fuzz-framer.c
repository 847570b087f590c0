/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The framer: the first byte says how large the pieces are; the lines are the same as of the whole
 * in one, also when the carry goes to another framer between pieces. */

#include <string.h>

#include "fuzz.h"
#include "irc/framer.h"

static void take_lines(IrcFramer *framer, GString *lines)
{
        const char *line;
        gsize len;

        while (irc_framer_next(framer, &line, &len)) {
                g_assert_cmpuint(len, >, 0);
                g_assert_cmpuint(len, <=, IRC_LINE_MAX);
                g_assert_null(memchr(line, '\n', len));
                g_string_append_len(lines, line, (gssize) len);
                g_string_append_c(lines, '\n');
        }
}

static IrcFramer *carry_over(IrcFramer *framer)
{
        IrcFramer *next = irc_framer_new();
        const void *carry;
        gsize len;
        bool is_dropping;

        irc_framer_get_carry(framer, &carry, &len, &is_dropping);
        g_assert_cmpuint(len, <=, IRC_LINE_MAX);
        irc_framer_restore(next, carry, len, is_dropping);
        irc_framer_free(framer);
        return next;
}

static GString *lines_of(const uint8_t *data, size_t size, size_t piece)
{
        IrcFramer *framer = irc_framer_new();
        GString *lines = g_string_new(NULL);

        for (size_t at = 0; at < size; at += piece) {
                irc_framer_push(framer, data + at, MIN(piece, size - at));
                take_lines(framer, lines);
                framer = carry_over(framer);
        }
        irc_framer_free(framer);
        return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GString) whole = NULL, pieces = NULL;

        if (size < 1)
                return 0;
        whole = lines_of(data + 1, size - 1, size);
        pieces = lines_of(data + 1, size - 1, (size_t) data[0] + 1);
        g_assert_cmpuint(whole->len, ==, pieces->len);
        g_assert_cmpmem(whole->str, whole->len, pieces->str, pieces->len);
        return 0;
}
