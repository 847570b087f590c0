/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Where to cut a long text. The space stays at the end of its piece: joined, the pieces are the
 * text again. What is one character to people (UAX 29: a flag, a family, a syllable, a letter with
 * its accents) is libunistring's to say. */

#include "irc/split.h"

#include <string.h>
#include <unigbrk.h>

static gsize start_of_code_point(const char *text, gsize at)
{
        while (at > 0 && (text[at] & 0xC0) == 0x80)
                at--;
        return at;
}

/* The last place of at most `budget` bytes between two characters that stand alone, or at least
 * between two code points; there is more than that of the text. */
static gsize cut_between_characters(const char *text, gsize budget)
{
        gsize cut = start_of_code_point(text, budget), whole = cut;
        /* Whether a character ends at the cut is seen by the code point behind it.
         * u8_grapheme_next() looks at pairs of code points only, and would take flags apart. */
        gsize seen = (gsize) (g_utf8_next_char(text + cut) - text);
        g_autofree char *breaks = g_malloc(seen);

        u8_grapheme_breaks((const guint8 *) text, seen, breaks);
        while (whole > 0 && !breaks[whole])
                whole--;
        return whole > 0 ? whole : cut;
}

gsize irc_split_length(const char *text, gsize len, gsize budget)
{
        gsize cut, words;

        if (len <= budget)
                return len;
        cut = cut_between_characters(text, budget);
        if (cut == 0)
                return (gsize) (g_utf8_next_char(text) - text);

        for (words = cut; words > 0 && text[words - 1] != ' ';)
                words--;
        return strspn(text, " ") < words ? words : cut;
}
