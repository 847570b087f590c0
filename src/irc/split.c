/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Where to cut a long text. The space stays at the end of its piece: joined, the pieces are the
 * text again. */

#include "irc/split.h"

#include <stdbool.h>
#include <string.h>

#define JOINER 0x200D

static bool is_regional(gunichar c)
{
        return c >= 0x1F1E6 && c <= 0x1F1FF;
}

/* What changes the character before it: accents, skin tones, tags of a flag. */
static bool is_extending(gunichar c)
{
        return g_unichar_ismark(c) || c == JOINER || (c >= 0x1F3FB && c <= 0x1F3FF) ||
               (c >= 0xE0020 && c <= 0xE007F);
}

/* Letters of Korean that make one syllable. */
static bool is_jamo_behind(gunichar previous, gunichar c)
{
        return previous >= 0x1100 && previous <= 0x11FF && c >= 0x1160 && c <= 0x11FF;
}

/* Flags are pairs of letters: whether an odd number of them ends before `at`. */
static bool is_half_a_flag(const char *start, const char *at)
{
        bool is_odd = false;

        while (at > start) {
                at = g_utf8_prev_char(at);
                if (!is_regional(g_utf8_get_char(at)))
                        break;
                is_odd = !is_odd;
        }
        return is_odd;
}

/* Whether a cut before `at` would take apart what is one character to people (UAX 29, as far as it
 * matters in speech). */
static bool belongs_to_previous(const char *start, const char *at)
{
        gunichar c = g_utf8_get_char(at), previous;

        if (at == start)
                return is_extending(c);
        previous = g_utf8_get_char(g_utf8_prev_char(at));
        return is_extending(c) || previous == JOINER || is_jamo_behind(previous, c) ||
               (is_regional(c) && is_half_a_flag(start, at));
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
