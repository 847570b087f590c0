/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Splitting: the first byte is the budget, the rest the text. The pieces are the text again, each
 * fits or is one character, and none ends within a code point. */

#include <string.h>

#include "fuzz.h"
#include "irc/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *text = NULL;
        const char *rest;
        gsize budget, len;

        if (size == 0)
                return 0;
        budget = data[0];
        text = g_utf8_make_valid((const char *) data + 1, (gssize) size - 1);
        rest = text;
        len = strlen(text);
        while (len > 0) {
                gsize n = irc_split_length(rest, len, budget);

                g_assert_cmpuint(n, >, 0);
                g_assert_cmpuint(n, <=, len);
                g_assert_true(n <= budget || n == (gsize) (g_utf8_next_char(rest) - rest));
                g_assert_true(g_utf8_validate(rest, (gssize) n, NULL));
                rest += n;
                len -= n;
        }
        return 0;
}
