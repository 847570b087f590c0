/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The channels that we are in and who is there, by folded name. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "irc/channel-list.h"
#include "irc/isupport.h"
#include "irc/modes.h"

/* A server cannot make us keep more; what is above is not tracked. Members are counted in one
 * channel, then in all. Names are nicknames, accounts, addresses and real names, in bytes. */
#define IRC_CHANNELS_MAX 1000
#define IRC_CHANNEL_MEMBERS_MAX 100000
#define IRC_MEMBERS_MAX 500000
#define IRC_NAME_MAX 512

/* A member's strings, the nickname apart, are shared with those that are the same elsewhere. */
typedef struct {
        char *account;  /* GRefString; services account, or NULL */
        char *address;  /* likewise; "user@host", or NULL */
        char *realname; /* likewise */
        bool is_away;
        char prefixes[IRC_ISUPPORT_PREFIXES_MAX + 1]; /* "@+", in the server's order */
        char nickname[];
} IrcChannelMember;

typedef struct {
        char *name;      /* as the server spells it */
        char *topic;     /* or NULL */
        char *topic_by;  /* who set it, or NULL */
        gint64 topic_at; /* when, µs since the epoch; 0: not known; likewise the next */
        gint64 created_at;
        IrcModes *modes; /* NULL: none are set */
        bool has_modes;  /* the server told all of them */
        IrcChannelLists lists;
        GHashTable *members; /* folded nickname to IrcChannelMember */
        guint *n_members;    /* of all channels */
} IrcChannel;

typedef struct {
        GHashTable *by_name; /* folded name to IrcChannel */
        guint n_members;
        guint n_listed;
        IrcCasemap casemap;
        GString *folded; /* scratch */
} IrcChannels;

/* It must stay where it is. */
void irc_channels_init(IrcChannels *channels);
void irc_channels_clear(IrcChannels *channels);
/* Keys everything anew. Of two that are the same now, one stays. */
void irc_channels_set_casemap(IrcChannels *channels, IrcCasemap casemap);

IrcChannel *irc_channels_find(const IrcChannels *channels, const char *name);
/* The channel, empty; NULL if there are IRC_CHANNELS_MAX, or the name is too long. */
IrcChannel *irc_channels_add(IrcChannels *channels, const char *name);
/* The channel under its new name; one that has that name already is gone. NULL if there is none of
 * the old, or the name is too long. */
IrcChannel *irc_channels_rename(IrcChannels *channels, const char *old, const char *name);
void irc_channels_remove(IrcChannels *channels, const char *name);

IrcChannelMember *irc_channel_find_member(
        const IrcChannels *channels, const IrcChannel *channel, const char *nickname);
/* The member that is there, or a new one; NULL if there are too many, or the name is too long. */
IrcChannelMember *irc_channel_add_member(
        IrcChannels *channels, IrcChannel *channel, const char *nickname);
bool irc_channel_remove_member(IrcChannels *channels, IrcChannel *channel, const char *nickname);
/* The member of the new name, or NULL if there is none of the old. A name that is too long is cut.
 */
IrcChannelMember *irc_channel_rename_member(
        IrcChannels *channels, IrcChannel *channel, const char *old, const char *nickname);

/* These answer whether anything changed. NULL is no account, and not known of the others; so is
 * what is too long. */
bool irc_channel_member_set_account(IrcChannelMember *member, const char *account);
bool irc_channel_member_set_address(IrcChannelMember *member, const char *user, const char *host);
bool irc_channel_member_set_realname(IrcChannelMember *member, const char *realname);
/* Of `symbols` those that the server has, in its order. */
bool irc_channel_member_set_prefixes(
        IrcChannelMember *member, const IrcIsupport *isupport, const char *symbols);
bool irc_channel_member_set_prefix(
        IrcChannelMember *member, const IrcIsupport *isupport, char symbol, bool is_set);
