/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Where to cut a long text. The space stays at the end of its piece: joined, the pieces are the
 * text again. */

#include "irc/split.h"

#include <stdbool.h>
#include <string.h>

/* Whether a cut before `at` would take an accent or a joined character from what it belongs to. */
static bool belongs_to_previous(const char *start, const char *at)
{
        const gunichar joiner = 0x200D;
        gunichar c = g_utf8_get_char(at);

        return g_unichar_ismark(c) || c == joiner ||
               (at > start && g_utf8_get_char(g_utf8_prev_char(at)) == joiner);
}

/* The last place of at most `budget` bytes between two characters that stand alone, or at least
 * between two code points. */
static gsize cut_between_characters(const char *text, gsize budget)
{
        const char *cut, *whole;

        while (budget > 0 && (text[budget] & 0xC0) == 0x80)
                budget--;
        cut = text + budget;
        for (whole = cut; whole > text && belongs_to_previous(text, whole);)
                whole = g_utf8_prev_char(whole);
        return (gsize) ((whole > text ? whole : cut) - text);
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
