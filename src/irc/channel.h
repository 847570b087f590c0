/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The channels that we are in and who is there, by folded name. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "irc/isupport.h"

/* A server cannot make us keep more; what is above is not tracked. */
#define IRC_CHANNELS_MAX 1000
#define IRC_CHANNEL_MEMBERS_MAX 100000

typedef struct {
        char *account; /* services account, or NULL */
        bool is_away;
        char prefixes[IRC_ISUPPORT_PREFIXES_MAX + 1]; /* "@+", in the server's order */
        char nickname[];
} IrcChannelMember;

typedef struct {
        char *name;          /* as the server spells it */
        char *topic;         /* or NULL */
        GHashTable *members; /* folded nickname to IrcChannelMember */
} IrcChannel;

typedef struct {
        GHashTable *by_name; /* folded name to IrcChannel */
        IrcCasemap casemap;
        GString *folded; /* scratch */
} IrcChannels;

void irc_channels_init(IrcChannels *channels);
void irc_channels_clear(IrcChannels *channels);
/* Keys everything anew. Of two that are the same now, one stays. */
void irc_channels_set_casemap(IrcChannels *channels, IrcCasemap casemap);

IrcChannel *irc_channels_find(const IrcChannels *channels, const char *name);
/* The channel, empty; NULL if there are IRC_CHANNELS_MAX. */
IrcChannel *irc_channels_add(IrcChannels *channels, const char *name);
/* The channel under its new name; one that has that name already is gone. NULL if there is none of
 * the old. */
IrcChannel *irc_channels_rename(IrcChannels *channels, const char *old, const char *name);
void irc_channels_remove(IrcChannels *channels, const char *name);

IrcChannelMember *irc_channel_find_member(
        const IrcChannels *channels, const IrcChannel *channel, const char *nickname);
/* The member that is there, or a new one; NULL if there are IRC_CHANNEL_MEMBERS_MAX. */
IrcChannelMember *irc_channel_add_member(
        IrcChannels *channels, IrcChannel *channel, const char *nickname);
bool irc_channel_remove_member(IrcChannels *channels, IrcChannel *channel, const char *nickname);
/* The member of the new name, or NULL if there is none of the old. */
IrcChannelMember *irc_channel_rename_member(
        IrcChannels *channels, IrcChannel *channel, const char *old, const char *nickname);

/* These answer whether anything changed. NULL is no account. */
bool irc_channel_member_set_account(IrcChannelMember *member, const char *account);
/* Of `symbols` those that the server has, in its order. */
bool irc_channel_member_set_prefixes(
        IrcChannelMember *member, const IrcIsupport *isupport, const char *symbols);
bool irc_channel_member_set_prefix(
        IrcChannelMember *member, const IrcIsupport *isupport, char symbol, bool is_set);
