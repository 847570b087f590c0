/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Case mapping. In all three the letters that fold are consecutive: 'A' up to the last one. */

#include "irc/casemap.h"

IrcCasemap irc_casemap_from_name(const char *name)
{
        if (g_ascii_strcasecmp(name, "rfc1459") == 0)
                return IRC_CASEMAP_RFC1459;
        if (g_ascii_strcasecmp(name, "rfc1459-strict") == 0 ||
                g_ascii_strcasecmp(name, "strict-rfc1459") == 0)
                return IRC_CASEMAP_RFC1459_STRICT;
        return IRC_CASEMAP_ASCII;
}

static char last_capital(IrcCasemap casemap)
{
        switch (casemap) {
        case IRC_CASEMAP_RFC1459:
                return '^';
        case IRC_CASEMAP_RFC1459_STRICT:
                return ']';
        case IRC_CASEMAP_ASCII:
                return 'Z';
        }
        g_assert_not_reached();
}

static inline char fold(char c, char last)
{
        return c >= 'A' && c <= last ? (char) (c + ('a' - 'A')) : c;
}

char irc_casemap_fold_char(IrcCasemap casemap, char c)
{
        return fold(c, last_capital(casemap));
}

void irc_casemap_fold(IrcCasemap casemap, const char *text, GString *ret_folded)
{
        char last = last_capital(casemap);

        g_string_assign(ret_folded, text);
        for (gsize i = 0; i < ret_folded->len; i++)
                ret_folded->str[i] = fold(ret_folded->str[i], last);
}

bool irc_casemap_equal(IrcCasemap casemap, const char *a, const char *b)
{
        char last = last_capital(casemap);

        while (*a && fold(*a, last) == fold(*b, last)) {
                a++;
                b++;
        }
        return *a == *b;
}
