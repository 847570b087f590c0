/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The lists of one channel, all in one array. */

#include "irc/channel-list.h"

#include <string.h>

static void listed_free(gpointer data)
{
        IrcListed *listed = data;

        g_free(listed->mask);
        g_free(listed->by);
        g_free(listed);
}

/* 0 for what is no mode. */
static guint64 bit_of(char mode)
{
        static const char letters[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        const char *at = mode ? strchr(letters, mode) : NULL;

        return at ? G_GUINT64_CONSTANT(1) << (at - letters) : 0;
}

void irc_channel_lists_init(IrcChannelLists *lists, guint *n_total)
{
        *lists = (IrcChannelLists){
                .entries = g_ptr_array_new_with_free_func(listed_free),
                .n_total = n_total,
        };
}

void irc_channel_lists_clear(IrcChannelLists *lists)
{
        *lists->n_total -= lists->entries->len;
        g_ptr_array_unref(lists->entries);
}

static void remove_at(IrcChannelLists *lists, guint index)
{
        g_ptr_array_remove_index(lists->entries, index);
        (*lists->n_total)--;
}

void irc_channel_lists_remove(IrcChannelLists *lists, char mode, const char *mask)
{
        for (guint i = 0; i < lists->entries->len; i++) {
                const IrcListed *listed = lists->entries->pdata[i];

                if (listed->mode == mode && g_ascii_strcasecmp(listed->mask, mask) == 0) {
                        remove_at(lists, i);
                        return;
                }
        }
}

void irc_channel_lists_add(
        IrcChannelLists *lists, char mode, const char *mask, const char *by, gint64 at)
{
        IrcListed *listed;

        irc_channel_lists_remove(lists, mode, mask);
        if (lists->entries->len >= IRC_CHANNEL_LISTED_MAX || *lists->n_total >= IRC_LISTED_MAX ||
                strlen(mask) > IRC_LISTED_LENGTH_MAX || bit_of(mode) == 0) {
                lists->whole &= ~bit_of(mode);
                lists->incomplete |= bit_of(mode);
                return;
        }
        listed = g_new0(IrcListed, 1);
        listed->mode = mode;
        listed->mask = g_strdup(mask);
        listed->by = by && strlen(by) <= IRC_LISTED_LENGTH_MAX ? g_strdup(by) : NULL;
        listed->at = at;
        g_ptr_array_add(lists->entries, listed);
        (*lists->n_total)++;
}

static void remove_all(IrcChannelLists *lists, char mode)
{
        for (guint i = lists->entries->len; i > 0; i--)
                if (((const IrcListed *) lists->entries->pdata[i - 1])->mode == mode)
                        remove_at(lists, i - 1);
        lists->whole &= ~bit_of(mode);
        lists->incomplete &= ~bit_of(mode);
}

void irc_channel_lists_fill(
        IrcChannelLists *lists, char mode, const char *mask, const char *by, gint64 at)
{
        if (!(lists->filling & bit_of(mode)))
                remove_all(lists, mode);
        lists->filling |= bit_of(mode);
        irc_channel_lists_add(lists, mode, mask, by, at);
}

void irc_channel_lists_finish(IrcChannelLists *lists, char mode)
{
        if (!(lists->filling & bit_of(mode)))
                remove_all(lists, mode);
        if (!(lists->incomplete & bit_of(mode)))
                lists->whole |= bit_of(mode);
        lists->filling &= ~bit_of(mode);
}

bool irc_channel_lists_is_whole(const IrcChannelLists *lists, char mode)
{
        return (lists->whole & bit_of(mode)) != 0;
}
