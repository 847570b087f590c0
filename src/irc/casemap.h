/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* CASEMAPPING: which nicknames and channel names are the same (modern.ircdocs.horse). */

#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
        IRC_CASEMAP_RFC1459,        /* the default: A-Z, and {}|^ are the small letters of []\~ */
        IRC_CASEMAP_RFC1459_STRICT, /* likewise, but for ^ and ~ */
        IRC_CASEMAP_ASCII, /* A-Z only; also stands in for every mapping that we do not know */
} IrcCasemap;

/* The mapping of this name. Unknown ones, rfc7613 too, are treated as ascii: folding too little
 * shows one name as two, folding too much gives one person's rows to another. */
IrcCasemap irc_casemap_from_name(const char *name);

/* Replaces the content of `ret_folded`, which a caller keeps for reuse. */
void irc_casemap_fold(IrcCasemap casemap, const char *text, GString *ret_folded);
bool irc_casemap_equal(IrcCasemap casemap, const char *a, const char *b);
/* One byte of a name as it counts in comparisons. */
char irc_casemap_fold_char(IrcCasemap casemap, char c);
