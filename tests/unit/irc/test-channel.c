/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Channels: the counts and bounds of members and lists, and sets of modes. */

#include <string.h>

#include "irc/channel.h"

static void add_members(IrcChannels *channels, IrcChannel *channel, guint n)
{
        for (guint i = 0; i < n; i++) {
                char nickname[16];

                g_snprintf(nickname, sizeof(nickname), "n%u", i);
                irc_channel_add_member(channels, channel, nickname);
        }
}

static void test_member_counts(void)
{
        IrcChannels channels;
        IrcChannel *one, *two;

        irc_channels_init(&channels);
        one = irc_channels_add(&channels, "#one");
        two = irc_channels_add(&channels, "#two");
        add_members(&channels, one, 3);
        add_members(&channels, two, 2);
        add_members(&channels, two, 2);
        g_assert_cmpuint(channels.n_members, ==, 5);
        g_assert_true(irc_channel_remove_member(&channels, one, "N0"));
        g_assert_false(irc_channel_remove_member(&channels, one, "n0"));
        g_assert_cmpuint(channels.n_members, ==, 4);
        /* a new name, and one that somebody has, who is gone then */
        g_assert_nonnull(irc_channel_rename_member(&channels, one, "n1", "x"));
        g_assert_cmpuint(channels.n_members, ==, 4);
        g_assert_nonnull(irc_channel_rename_member(&channels, one, "x", "n2"));
        g_assert_cmpuint(channels.n_members, ==, 3);
        g_assert_null(irc_channel_rename_member(&channels, one, "nobody", "y"));
        /* two names that become one: "[" and "{" are the same letter in RFC 1459 */
        irc_channels_set_casemap(&channels, IRC_CASEMAP_ASCII);
        irc_channel_add_member(&channels, one, "a[");
        irc_channel_add_member(&channels, one, "a{");
        g_assert_cmpuint(channels.n_members, ==, 5);
        irc_channels_set_casemap(&channels, IRC_CASEMAP_RFC1459);
        g_assert_cmpuint(channels.n_members, ==, 4);
        g_assert_cmpuint(g_hash_table_size(one->members), ==, 2);
        /* a channel that is renamed over another, joined anew, left */
        g_assert_true(irc_channels_rename(&channels, "#one", "#TWO") == one);
        g_assert_cmpuint(channels.n_members, ==, 2);
        irc_channels_add(&channels, "#two");
        g_assert_cmpuint(channels.n_members, ==, 0);
        irc_channels_remove(&channels, "#two");
        irc_channels_clear(&channels);
}

static void test_bounds(void)
{
        g_autofree char *longest = g_strnfill(IRC_NAME_MAX, 'x');
        g_autofree char *longer = g_strconcat(longest, "x", NULL);
        IrcChannels channels;
        IrcChannel *channel;
        IrcChannelMember *member;

        irc_channels_init(&channels);
        g_assert_null(irc_channels_add(&channels, longer));
        channel = irc_channels_add(&channels, "#a");
        g_assert_null(irc_channel_add_member(&channels, channel, longer));
        member = irc_channel_add_member(&channels, channel, longest);
        g_assert_nonnull(member);
        g_assert_true(irc_channel_member_set_account(member, longest));
        g_assert_true(irc_channel_member_set_account(member, longer));
        g_assert_null(member->account);
        g_assert_true(irc_channel_member_set_address(member, "u", "h"));
        g_assert_cmpstr(member->address, ==, "u@h");
        g_assert_false(irc_channel_member_set_address(member, "u", "h"));
        g_assert_null(irc_channels_rename(&channels, "#a", longer));
        member = irc_channel_rename_member(&channels, channel, longest, longer);
        g_assert_cmpstr(member->nickname, ==, longest);
        g_assert_cmpstr(member->address, ==, "u@h");

        channels.n_members = IRC_MEMBERS_MAX;
        g_assert_null(irc_channel_add_member(&channels, channel, "one-more"));
        g_assert_true(irc_channel_add_member(&channels, channel, longest) == member);
        channels.n_members = 1;
        for (guint i = 0; i < IRC_CHANNELS_MAX + 10; i++) {
                char name[16];

                g_snprintf(name, sizeof(name), "#%u", i);
                g_assert_true(
                        (irc_channels_add(&channels, name) != NULL) == (i < IRC_CHANNELS_MAX - 1));
        }
        irc_channels_clear(&channels);
}

static void fill(IrcChannelLists *lists, char mode, guint n)
{
        for (guint i = 0; i < n; i++) {
                char mask[32];

                g_snprintf(mask, sizeof(mask), "*!*@%c%u", mode, i);
                irc_channel_lists_fill(lists, mode, mask, "op", i);
        }
        irc_channel_lists_finish(lists, mode);
}

static void test_lists(void)
{
        g_autofree char *longer = g_strnfill(IRC_LISTED_LENGTH_MAX + 1, 'x');
        IrcChannelLists lists, other;
        guint n_total = 0;

        irc_channel_lists_init(&lists, &n_total);
        irc_channel_lists_init(&other, &n_total);
        g_assert_false(irc_channel_lists_is_whole(&lists, 'b'));
        fill(&lists, 'b', 3);
        fill(&lists, 'e', 2);
        fill(&other, 'b', 1);
        g_assert_cmpuint(n_total, ==, 6);
        g_assert_true(irc_channel_lists_is_whole(&lists, 'b'));
        fill(&lists, 'b', 1); /* anew, it is shorter */
        g_assert_cmpuint(n_total, ==, 4);
        irc_channel_lists_add(&lists, 'b', "*!*@B0", NULL, 0);
        g_assert_cmpuint(lists.entries->len, ==, 3);
        irc_channel_lists_remove(&lists, 'b', "nobody");
        irc_channel_lists_remove(&lists, 'b', "*!*@b0");
        g_assert_cmpuint(n_total, ==, 3);
        g_assert_true(irc_channel_lists_is_whole(&lists, 'b'));
        /* a list that is too much is not whole, until it is told again */
        irc_channel_lists_add(&lists, 'b', longer, NULL, 0);
        g_assert_false(irc_channel_lists_is_whole(&lists, 'b'));
        fill(&lists, 'b', 1);
        g_assert_true(irc_channel_lists_is_whole(&lists, 'b'));
        fill(&lists, 'b', IRC_CHANNEL_LISTED_MAX + 1);
        g_assert_false(irc_channel_lists_is_whole(&lists, 'b'));
        g_assert_true(irc_channel_lists_is_whole(&lists, 'e'));
        g_assert_cmpuint(lists.entries->len, ==, IRC_CHANNEL_LISTED_MAX);
        fill(&lists, 'b', 0);
        g_assert_true(irc_channel_lists_is_whole(&lists, 'b'));
        g_assert_cmpuint(lists.entries->len, ==, 2);
        n_total += IRC_LISTED_MAX;
        fill(&other, 'q', 1);
        g_assert_false(irc_channel_lists_is_whole(&other, 'q'));
        n_total -= IRC_LISTED_MAX;
        irc_channel_lists_add(&other, '*', "mask", NULL, 0);
        irc_channel_lists_clear(&lists);
        g_assert_cmpuint(n_total, ==, 1);
        irc_channel_lists_clear(&other);
        g_assert_cmpuint(n_total, ==, 0);
}

static void test_modes(void)
{
        g_autofree char *longer = g_strnfill(IRC_MODE_ARGUMENT_MAX + 1, 'x');
        g_autoptr(GVariant) variant = NULL;
        g_autofree char *text = NULL, *carried = NULL;
        IrcModes *modes = NULL, *next;

        g_assert_null(irc_modes_to_text(NULL));
        g_assert_false(irc_modes_unset(&modes, 'n'));
        g_assert_true(irc_modes_set(&modes, 't', NULL));
        g_assert_false(irc_modes_set(&modes, 't', ""));
        g_assert_true(irc_modes_set(&modes, 'k', longer));
        g_assert_true(irc_modes_set(&modes, 'k', "word"));
        g_assert_true(irc_modes_set(&modes, 'l', "5"));
        g_assert_true(irc_modes_set(&modes, 'B', NULL));
        g_assert_false(irc_modes_set(&modes, '\xe9', NULL));
        g_assert_false(irc_modes_set(&modes, ' ', NULL));
        g_assert_false(irc_modes_unset(&modes, '\xe9'));
        text = irc_modes_to_text(modes);
        g_assert_cmpstr(text, ==, "+Bklt word 5");
        variant = g_variant_ref_sink(irc_modes_to_variant(modes));
        next = irc_modes_from_variant(variant);
        carried = irc_modes_to_text(next);
        g_assert_cmpstr(carried, ==, text);
        g_assert_true(irc_modes_unset(&modes, 'k'));
        g_assert_true(irc_modes_unset(&modes, 'l'));
        g_assert_true(irc_modes_unset(&modes, 't'));
        g_assert_true(irc_modes_unset(&modes, 'B'));
        g_assert_null(irc_modes_to_text(modes));
        irc_modes_free(modes);
        irc_modes_free(next);
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/irc/channel/member-counts", test_member_counts);
        g_test_add_func("/irc/channel/bounds", test_bounds);
        g_test_add_func("/irc/channel/lists", test_lists);
        g_test_add_func("/irc/channel/modes", test_modes);
        return g_test_run();
}
