/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Fallback encodings. A line is often mixed: what is UTF-8 in it stays. */

#include "irc/encoding.h"

#include "base/text.h"

static char *latin1_to_utf8(const char *text)
{
        GString *converted = g_string_new(NULL);

        while (*text) {
                gunichar c = g_utf8_get_char_validated(text, -1);

                if (c == (gunichar) -1 || c == (gunichar) -2) {
                        g_string_append_unichar(converted, (guint8) *text++);
                        continue;
                }
                g_string_append_unichar(converted, c);
                text = g_utf8_next_char(text);
        }
        return g_string_free(converted, FALSE);
}

char *irc_encoding_to_utf8(IrcEncoding encoding, const char *text)
{
        switch (encoding) {
        case IRC_ENCODING_CP1252:
                return ic_text_to_utf8(text, -1);
        case IRC_ENCODING_LATIN1:
                return latin1_to_utf8(text);
        }
        g_assert_not_reached();
}
