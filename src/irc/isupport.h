/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What the server says about itself in 005 (RPL_ISUPPORT). Tokens may come again at any time, with
 * another value or negated; what is not said has its default. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "irc/casemap.h"

/* A server cannot make us keep more than this; further tokens are ignored. */
#define IRC_ISUPPORT_TOKENS_MAX 256
#define IRC_ISUPPORT_VALUE_MAX 1024
#define IRC_ISUPPORT_PREFIXES_MAX 16

/* What a channel mode does with a parameter (CHANMODES and PREFIX). */
typedef enum {
        IRC_MODE_LIST,     /* A: adds to a list; always with one, or asks for the list */
        IRC_MODE_ALWAYS,   /* B: always with one */
        IRC_MODE_WHEN_SET, /* C: only when set */
        IRC_MODE_FLAG,     /* D: never; also modes that the server did not name */
        IRC_MODE_PREFIX,   /* a membership prefix; always with a nickname */
} IrcModeKind;

typedef struct IrcIsupport {
        IrcCasemap casemap;
        guint n_casemaps;     /* how often it changed */
        char *chantypes;      /* "#&"; may be empty */
        char *prefix_modes;   /* "ov", highest first; same length as the next */
        char *prefix_symbols; /* "@+" */
        char *chanmodes[4];   /* the letters of A, B, C, D */
        char *statusmsg;      /* "@+": prefixes of a channel as a target */
        GHashTable *tokens; /* name to value as the server sent it, unescaped; never NULL values */
} IrcIsupport;

IrcIsupport *irc_isupport_new(void);
void irc_isupport_free(IrcIsupport *isupport);

/* Takes one token: NAME, NAME=VALUE or -NAME. False if nothing changed by it. */
bool irc_isupport_take(IrcIsupport *isupport, const char *token);

/* The value; "" for one without; NULL if the server did not say it. Names are as in 005. */
const char *irc_isupport_get(const IrcIsupport *isupport, const char *name);
bool irc_isupport_has(const IrcIsupport *isupport, const char *name);
/* A value that is a number, such as NICKLEN, TOPICLEN, LINELEN, MODES, MONITOR, CHATHISTORY;
 * `fallback` if it is not there or no number. */
guint irc_isupport_get_number(const IrcIsupport *isupport, const char *name, guint fallback);
/* The number for a channel type or list mode in CHANLIMIT or MAXLIST ("#&:50,!:5"); G_MAXUINT if
 * there is no limit. */
guint irc_isupport_get_limit(const IrcIsupport *isupport, const char *name, char key);
/* How many targets a command takes (TARGMAX); G_MAXUINT for no limit. What the server does not name
 * takes 1, but for JOIN and PART. */
guint irc_isupport_get_targets(const IrcIsupport *isupport, const char *command);
/* The mode letter of EXCEPTS ('e'), INVEX ('I') or BOT; '\0' if the server has none. */
char irc_isupport_get_letter(const IrcIsupport *isupport, const char *name);
/* Whether a client-only tag ("typing", without '+') would be removed (CLIENTTAGDENY). */
bool irc_isupport_is_tag_denied(const IrcIsupport *isupport, const char *tag);

bool irc_isupport_is_channel(const IrcIsupport *isupport, const char *target);
/* The channel's name in a target: "#a" of "#a" and of "@#a" (STATUSMSG); NULL if it is no channel.
 */
const char *irc_isupport_channel_of(const IrcIsupport *isupport, const char *target);
IrcModeKind irc_isupport_mode_kind(const IrcIsupport *isupport, char mode);
/* The prefix symbol of a mode letter, or '\0'. */
char irc_isupport_prefix_of(const IrcIsupport *isupport, char mode);

/* All tokens as a{ss}, floating; restoring ignores what it cannot understand. */
GVariant *irc_isupport_to_variant(const IrcIsupport *isupport);
void irc_isupport_restore(IrcIsupport *isupport, GVariant *variant);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IrcIsupport, irc_isupport_free)
