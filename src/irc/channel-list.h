/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A channel's lists: who is banned, excepted, invited, silenced, by the letter of the mode. What
 * the server told is kept, and changes to it; a list is whole once the server told all of it. */

#pragma once

#include <glib.h>
#include <stdbool.h>

/* What a server can make us keep: of one channel, of all, and of one entry. Beyond it a list is not
 * whole. */
#define IRC_CHANNEL_LISTED_MAX 1000
#define IRC_LISTED_MAX 20000
#define IRC_LISTED_LENGTH_MAX 512

typedef struct {
        char mode;
        char *mask;
        char *by;  /* who set it, or NULL */
        gint64 at; /* when, µs since the epoch; 0: not known */
} IrcListed;

typedef struct {
        GPtrArray *entries; /* IrcListed */
        guint *n_total;     /* of all channels */
        guint64 whole;      /* a bit for each mode, likewise the next */
        guint64 filling;    /* the server is telling it */
        guint64 incomplete; /* what it told was too much */
} IrcChannelLists;

/* `n_total` outlives the lists. */
void irc_channel_lists_init(IrcChannelLists *lists, guint *n_total);
void irc_channel_lists_clear(IrcChannelLists *lists);
/* One that the server tells: with the first the list begins anew. */
void irc_channel_lists_fill(
        IrcChannelLists *lists, char mode, const char *mask, const char *by, gint64 at);
/* The server has told all. */
void irc_channel_lists_finish(IrcChannelLists *lists, char mode);
/* A change. Masks that differ only in the case of ASCII's letters are the same. */
void irc_channel_lists_add(
        IrcChannelLists *lists, char mode, const char *mask, const char *by, gint64 at);
void irc_channel_lists_remove(IrcChannelLists *lists, char mode, const char *mask);
bool irc_channel_lists_is_whole(const IrcChannelLists *lists, char mode);
