/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Mask matching. Only the last '*' is ever gone back to: what an earlier one matched never needs to
 * be longer, so there is no recursion. */

#include "irc/mask.h"

/* What the mask's next character asks for; `*ret_next` is behind it. */
static bool matches_one(IrcCasemap casemap, const char *mask, char c, const char **ret_next)
{
        bool is_escaped = mask[0] == '\\' && (mask[1] == '*' || mask[1] == '?' || mask[1] == '\\');

        if (is_escaped)
                mask++;
        *ret_next = mask + 1;
        if (*mask == '?' && !is_escaped)
                return true;
        return *mask && irc_casemap_fold_char(casemap, *mask) == irc_casemap_fold_char(casemap, c);
}

/* One character, which may be several bytes. */
static const char *next_character(const char *text)
{
        do
                text++;
        while ((*text & 0xC0) == 0x80);
        return text;
}

bool irc_mask_match(IrcCasemap casemap, const char *mask, const char *text)
{
        const char *star = NULL, *star_text = NULL;

        while (*text) {
                const char *next;

                if (*mask == '*') {
                        star = ++mask;
                        star_text = text;
                } else if (matches_one(casemap, mask, *text, &next)) {
                        text = *mask == '?' ? next_character(text) : text + 1;
                        mask = next;
                } else if (star) {
                        mask = star;
                        text = star_text = next_character(star_text);
                } else {
                        return false;
                }
        }
        while (*mask == '*')
                mask++;
        return *mask == '\0';
}
