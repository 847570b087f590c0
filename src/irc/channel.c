/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Channels and members: two levels of hash tables with folded names as keys. */

#include "irc/channel.h"

#include <string.h>

static void member_free(gpointer data)
{
        IrcChannelMember *member = data;

        g_clear_pointer(&member->account, g_ref_string_release);
        g_clear_pointer(&member->address, g_ref_string_release);
        g_clear_pointer(&member->realname, g_ref_string_release);
        g_free(member);
}

static void channel_free(gpointer data)
{
        IrcChannel *channel = data;

        *channel->n_members -= g_hash_table_size(channel->members);
        g_free(channel->name);
        g_free(channel->topic);
        g_free(channel->topic_by);
        irc_modes_free(channel->modes);
        irc_channel_lists_clear(&channel->lists);
        g_hash_table_unref(channel->members);
        g_free(channel);
}

static GHashTable *table_new(GDestroyNotify free_value)
{
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_value);
}

void irc_channels_init(IrcChannels *channels)
{
        *channels = (IrcChannels){
                .by_name = table_new(channel_free),
                .folded = g_string_new(NULL),
        };
}

void irc_channels_clear(IrcChannels *channels)
{
        g_clear_pointer(&channels->by_name, g_hash_table_unref);
        if (channels->folded)
                g_string_free(g_steal_pointer(&channels->folded), TRUE);
}

/* Valid until the next call. */
static const char *fold(const IrcChannels *channels, const char *name)
{
        irc_casemap_fold(channels->casemap, name, channels->folded);
        return channels->folded->str;
}

static void rekey_members(IrcChannels *channels, IrcChannel *channel)
{
        guint before = g_hash_table_size(channel->members);
        GHashTable *members = table_new(member_free);
        GHashTableIter iter;
        gpointer key, value;

        g_hash_table_iter_init(&iter, channel->members);
        while (g_hash_table_iter_next(&iter, &key, &value)) {
                IrcChannelMember *member = value;

                g_hash_table_iter_steal(&iter);
                g_free(key);
                g_hash_table_replace(members, g_strdup(fold(channels, member->nickname)), member);
        }
        g_hash_table_unref(channel->members);
        channel->members = members;
        channels->n_members -= before - g_hash_table_size(members);
}

void irc_channels_set_casemap(IrcChannels *channels, IrcCasemap casemap)
{
        GHashTable *by_name;
        GHashTableIter iter;
        gpointer key, value;

        if (channels->casemap == casemap)
                return;
        channels->casemap = casemap;
        by_name = table_new(channel_free);
        g_hash_table_iter_init(&iter, channels->by_name);
        while (g_hash_table_iter_next(&iter, &key, &value)) {
                IrcChannel *channel = value;

                g_hash_table_iter_steal(&iter);
                g_free(key);
                rekey_members(channels, channel);
                g_hash_table_replace(by_name, g_strdup(fold(channels, channel->name)), channel);
        }
        g_hash_table_unref(channels->by_name);
        channels->by_name = by_name;
}

IrcChannel *irc_channels_find(const IrcChannels *channels, const char *name)
{
        return g_hash_table_lookup(channels->by_name, fold(channels, name));
}

IrcChannel *irc_channels_rename(IrcChannels *channels, const char *old, const char *name)
{
        gpointer key, value;

        if (strlen(name) > IRC_NAME_MAX ||
                !g_hash_table_steal_extended(channels->by_name, fold(channels, old), &key, &value))
                return NULL;
        g_free(key);
        g_free(((IrcChannel *) value)->name);
        ((IrcChannel *) value)->name = g_strdup(name);
        g_hash_table_replace(channels->by_name, g_strdup(fold(channels, name)), value);
        return value;
}

IrcChannel *irc_channels_add(IrcChannels *channels, const char *name)
{
        IrcChannel *channel;

        if (strlen(name) > IRC_NAME_MAX ||
                (g_hash_table_size(channels->by_name) >= IRC_CHANNELS_MAX &&
                        !irc_channels_find(channels, name)))
                return NULL;
        channel = g_new0(IrcChannel, 1);
        channel->name = g_strdup(name);
        channel->members = table_new(member_free);
        channel->n_members = &channels->n_members;
        irc_channel_lists_init(&channel->lists, &channels->n_listed);
        g_hash_table_replace(channels->by_name, g_strdup(fold(channels, name)), channel);
        return channel;
}

void irc_channels_remove(IrcChannels *channels, const char *name)
{
        g_hash_table_remove(channels->by_name, fold(channels, name));
}

IrcChannelMember *irc_channel_find_member(
        const IrcChannels *channels, const IrcChannel *channel, const char *nickname)
{
        return g_hash_table_lookup(channel->members, fold(channels, nickname));
}

static IrcChannelMember *insert_member(
        IrcChannels *channels, IrcChannel *channel, const char *nickname)
{
        gsize len = strnlen(nickname, IRC_NAME_MAX);
        IrcChannelMember *member;

        while ((nickname[len] & 0xC0) == 0x80)
                len--;
        member = g_malloc0(sizeof(IrcChannelMember) + len + 1);
        memcpy(member->nickname, nickname, len);
        if (g_hash_table_replace(
                    channel->members, g_strdup(fold(channels, member->nickname)), member))
                channels->n_members++;
        return member;
}

IrcChannelMember *irc_channel_add_member(
        IrcChannels *channels, IrcChannel *channel, const char *nickname)
{
        IrcChannelMember *member = irc_channel_find_member(channels, channel, nickname);

        if (member)
                return member;
        if (g_hash_table_size(channel->members) >= IRC_CHANNEL_MEMBERS_MAX ||
                channels->n_members >= IRC_MEMBERS_MAX || strlen(nickname) > IRC_NAME_MAX)
                return NULL;
        return insert_member(channels, channel, nickname);
}

bool irc_channel_remove_member(IrcChannels *channels, IrcChannel *channel, const char *nickname)
{
        bool was_there = g_hash_table_remove(channel->members, fold(channels, nickname));

        channels->n_members -= was_there;
        return was_there;
}

IrcChannelMember *irc_channel_rename_member(
        IrcChannels *channels, IrcChannel *channel, const char *old, const char *nickname)
{
        gpointer key, value;
        g_autofree char *owned_key = NULL;
        IrcChannelMember *before, *member;

        if (!g_hash_table_steal_extended(channel->members, fold(channels, old), &key, &value))
                return NULL;
        owned_key = key;
        before = value;
        channels->n_members--;
        member = insert_member(channels, channel, nickname);
        member->account = g_steal_pointer(&before->account);
        member->address = g_steal_pointer(&before->address);
        member->realname = g_steal_pointer(&before->realname);
        member->is_away = before->is_away;
        memcpy(member->prefixes, before->prefixes, sizeof(member->prefixes));
        member_free(before);
        return member;
}

/* Equal strings are one in memory: who is in many channels is told of in each. */
static bool set_shared(char **field, const char *value)
{
        if (value && strlen(value) > IRC_NAME_MAX)
                value = NULL;
        if (g_strcmp0(*field, value) == 0)
                return false;
        g_clear_pointer(field, g_ref_string_release);
        *field = value ? g_ref_string_new_intern(value) : NULL;
        return true;
}

bool irc_channel_member_set_account(IrcChannelMember *member, const char *account)
{
        return set_shared(&member->account, account);
}

bool irc_channel_member_set_address(IrcChannelMember *member, const char *user, const char *host)
{
        g_autofree char *address = user && host ? g_strconcat(user, "@", host, NULL) : NULL;

        return set_shared(&member->address, address);
}

bool irc_channel_member_set_realname(IrcChannelMember *member, const char *realname)
{
        return set_shared(&member->realname, realname);
}

bool irc_channel_member_set_prefixes(
        IrcChannelMember *member, const IrcIsupport *isupport, const char *symbols)
{
        char prefixes[sizeof(member->prefixes)] = "";
        gsize n = 0;

        for (const char *symbol = isupport->prefix_symbols; *symbol; symbol++)
                if (strchr(symbols, *symbol) && n < IRC_ISUPPORT_PREFIXES_MAX)
                        prefixes[n++] = *symbol;
        if (g_str_equal(prefixes, member->prefixes))
                return false;
        memcpy(member->prefixes, prefixes, sizeof(prefixes));
        return true;
}

bool irc_channel_member_set_prefix(
        IrcChannelMember *member, const IrcIsupport *isupport, char symbol, bool is_set)
{
        char symbols[sizeof(member->prefixes) + 1] = "";
        gsize n = 0;

        for (const char *had = member->prefixes; *had; had++)
                if (*had != symbol)
                        symbols[n++] = *had;
        if (is_set)
                symbols[n++] = symbol;
        return irc_channel_member_set_prefixes(member, isupport, symbols);
}
