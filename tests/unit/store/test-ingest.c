/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Effects become rows; the link's state is kept beside them. */

#include <string.h>

#include "fixture.h"

static void apply(Fixture *fixture, IrcEffects *effects)
{
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));
        irc_effects_clear(effects);
}

static void add_channel(
        IrcEffects *effects, IrcEffectType type, const char *channel, const char *text)
{
        IrcEffect *effect = irc_effects_add(effects, type);

        effect->channel.channel = channel;
        effect->channel.text = text;
}

static void add_member(IrcEffects *effects, IrcEffectType type, const char *channel,
        const char *nickname, const char *more, const char *prefixes)
{
        IrcEffect *effect = irc_effects_add(effects, type);

        effect->member.channel = channel;
        effect->member.nickname = nickname;
        if (type == IRC_EFFECT_MEMBER_RENAMED)
                effect->member.new_nickname = more;
        else
                effect->member.account = more;
        effect->member.prefixes = prefixes;
}

static void test_message(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        IrcEffect *effect = fixture_add_privmsg(effects, "#Ruby", "nick", "Hellö");
        g_autoptr(GError) error = NULL;

        effect->message.type = IRC_MESSAGE_ACTION;
        effect->message.target = "@#ruby";
        effect->message.source = "nick!u@h";
        effect->message.account = "acc";
        effect->message.raw = (const guint8 *) "Hell\xf6";
        effect->message.raw_len = 5;
        effect->message.msgid = "m1";
        effect->message.reply_to = "m0";
        effect->message.context = "#tea";
        effect->message.sent_at = 5;
        effect->message.received_at = 7;
        effect->message.is_self = true;
        fixture_add_privmsg(effects, NULL, "other", "privately");
        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));

        g_assert_cmpint(irc_effects_get(effects, 0)->message.row_id, ==, 1);
        g_assert_cmpint(irc_effects_get(effects, 1)->message.row_id, ==, 2);
        assert_sql(fixture->folder,
                "SELECT c.name || '|' || target || '|' || sender || '|' || source || '|' || account"
                " || '|' || content || '|' || hex(raw) || '|' || message_type || '|' || is_self"
                " || '|' || msgid || '|' || sent_at || '|' || received_at || '|' || reply_to"
                " || '|' || context"
                " FROM messages m JOIN channels c ON c.id = channel_id WHERE m.id = 1",
                "#Ruby|@#ruby|nick|nick!u@h|acc|Hellö|48656C6CF6|action|1|m1|5|7|m0|#tea");
        assert_sql(fixture->folder,
                "SELECT target || sent_at FROM messages WHERE id = 2 AND channel_id IS NULL"
                " AND source IS NULL AND account IS NULL AND raw IS NULL AND msgid IS NULL"
                " AND reply_to IS NULL AND context IS NULL",
                "me1700000000000000");
}

static void test_log_view(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();

        fixture_add_privmsg(effects, "#a", "nick", "waves")->message.type = IRC_MESSAGE_ACTION;
        fixture_add_privmsg(effects, "#a", "nick", "")->message.type = IRC_MESSAGE_JOIN;
        fixture_add_privmsg(effects, NULL, "nick", "hello");
        apply(fixture, effects);
        assert_sql(fixture->folder,
                "SELECT group_concat(server || ' ' || target || ' ' || sender || ' ' || text, ';')"
                " FROM log WHERE time GLOB '2023-11-1* *:13:20'",
                "irc.example.org #a nick * waves;irc.example.org #a nick [join];"
                "irc.example.org me nick hello");
}

static void test_names_fold_case(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();

        fixture_add_privmsg(effects, "#Ruby", "nick", "a");
        fixture_add_privmsg(effects, "#ruby", "nick", "b");
        add_channel(effects, IRC_EFFECT_CHANNEL_JOINED, "#RUBY", NULL);
        apply(fixture, effects);
        assert_sql(fixture->folder, "SELECT count(*) || max(name) FROM channels", "1#RUBY");
}

#define MEMBERS                                                                                    \
        "SELECT group_concat(c.name || ' ' || prefixes || nickname || ' ' ||"                      \
        " ifnull(account, '-'), ';') FROM channel_users JOIN channels c ON c.id = channel_id"

static void test_members(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();

        add_channel(effects, IRC_EFFECT_CHANNEL_JOINED, "#a", NULL);
        add_channel(effects, IRC_EFFECT_CHANNEL_JOINED, "#b", NULL);
        add_channel(effects, IRC_EFFECT_TOPIC, "#a", "Topic");
        add_member(effects, IRC_EFFECT_MEMBER, "#a", "ann", "acc", "@+");
        add_member(effects, IRC_EFFECT_MEMBER, "#a", "bob", NULL, "");
        add_member(effects, IRC_EFFECT_MEMBER, "#b", "bob", NULL, "+");
        add_channel(effects, IRC_EFFECT_USERS_CHANGED, "#a", NULL);
        apply(fixture, effects);
        assert_sql(fixture->folder, MEMBERS, "#a @+ann acc;#a bob -;#b +bob -");
        assert_sql(fixture->folder, "SELECT joined || topic FROM channels WHERE name = '#a'",
                "1Topic");

        add_member(effects, IRC_EFFECT_MEMBER, "#a", "BOB", "robert", "%");
        add_member(effects, IRC_EFFECT_MEMBER_GONE, "#a", "Ann", NULL, NULL);
        apply(fixture, effects);
        assert_sql(fixture->folder, MEMBERS, "#a %BOB robert;#b +bob -");

        /* Renaming and going, everywhere and in one channel; onto a name that is there, too. */
        add_member(effects, IRC_EFFECT_MEMBER, "#b", "rob", NULL, "");
        add_member(effects, IRC_EFFECT_MEMBER_RENAMED, NULL, "bob", "rob", NULL);
        apply(fixture, effects);
        assert_sql(fixture->folder, MEMBERS, "#a %rob robert;#b +rob -");
        add_member(effects, IRC_EFFECT_MEMBER_RENAMED, "#a", "rob", "Rob", NULL);
        apply(fixture, effects);
        assert_sql(fixture->folder, MEMBERS, "#a %Rob robert;#b +rob -");
        add_member(effects, IRC_EFFECT_MEMBER_GONE, NULL, "rob", NULL, NULL);
        apply(fixture, effects);
        assert_sql(fixture->folder, MEMBERS, NULL);

        add_member(effects, IRC_EFFECT_MEMBER, "#a", "ann", NULL, "");
        add_channel(effects, IRC_EFFECT_KICKED, "#a", "out");
        add_channel(effects, IRC_EFFECT_CHANNEL_LEFT, "#a", NULL);
        add_channel(effects, IRC_EFFECT_TOPIC, "#b", "");
        apply(fixture, effects);
        assert_sql(fixture->folder, MEMBERS, NULL);
        assert_sql(fixture->folder, "SELECT group_concat(name) FROM channels WHERE joined", "#b");
        assert_sql(fixture->folder, "SELECT topic FROM channels WHERE name = '#b'", NULL);
}

static void rename_channel(Fixture *fixture, const char *channel, const char *new_channel)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        IrcEffect *effect = irc_effects_add(effects, IRC_EFFECT_CHANNEL_RENAMED);

        effect->rename.channel = channel;
        effect->rename.new_channel = new_channel;
        effect->rename.text = "";
        apply(fixture, effects);
}

#define JOINED                                                                                     \
        "SELECT group_concat(name || ' ' || ifnull(topic, '-'), ';') FROM channels WHERE joined"

#define TO_JOIN                                                                                    \
        "SELECT group_concat(name || ' ' || autojoin_order || ' ' || ifnull(key, '-'), ';')"       \
        " FROM channels WHERE autojoin OR key IS NOT NULL"

/* Members, topic and that it is to be joined go along, also to a name that was known, and to
 * another spelling of the same; what was said stays. */
static void test_channel_renamed(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();

        add_channel(effects, IRC_EFFECT_CHANNEL_JOINED, "#a", NULL);
        add_channel(effects, IRC_EFFECT_TOPIC, "#a", "Topic");
        add_member(effects, IRC_EFFECT_MEMBER, "#a", "ann", "acc", "@+");
        add_channel(effects, IRC_EFFECT_CHANNEL_JOINED, "#old", NULL);
        add_member(effects, IRC_EFFECT_MEMBER, "#old", "eve", NULL, "");
        fixture_add_privmsg(effects, "#a", "ann", "said");
        apply(fixture, effects);
        fixture_run(fixture->folder, "UPDATE channels SET autojoin = 1, autojoin_order = 3, key = "
                                     "'k' WHERE name = '#a'");

        rename_channel(fixture, "#a", "#A");
        assert_sql(fixture->folder, JOINED, "#A Topic;#old -");
        assert_sql(fixture->folder, MEMBERS, "#A @+ann acc;#old eve -");
        rename_channel(fixture, "#A", "#new");
        assert_sql(fixture->folder, JOINED, "#old -;#new Topic");
        assert_sql(fixture->folder, MEMBERS, "#old eve -;#new @+ann acc");
        assert_sql(fixture->folder, TO_JOIN, "#new 3 k");
        rename_channel(fixture, "#new", "#Old");
        assert_sql(fixture->folder, TO_JOIN, "#Old 3 k");
        assert_sql(fixture->folder, JOINED, "#Old Topic");
        assert_sql(fixture->folder, MEMBERS, "#Old @+ann acc");
        assert_sql(fixture->folder,
                "SELECT c.name FROM messages m JOIN channels c ON c.id = m.channel_id", "#A");
}

static void test_own_names(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();

        irc_effects_add(effects, IRC_EFFECT_REGISTERED)->self.nickname = "me";
        irc_effects_add(effects, IRC_EFFECT_NETWORK)->network.name = "Net";
        irc_effects_add(effects, IRC_EFFECT_SELF_RENAMED)->self.nickname = "me2";
        apply(fixture, effects);
        assert_sql(fixture->folder, "SELECT live_nickname || live_network FROM servers", "me2Net");
}

static void test_passed_over(Fixture *fixture, gconstpointer unused)
{
        static const IrcEffectType types[] = {IRC_EFFECT_SEND, IRC_EFFECT_PONG, IRC_EFFECT_CLOSE,
                IRC_EFFECT_REPLY_ERROR, IRC_EFFECT_INVITED};
        g_autoptr(IrcEffects) effects = irc_effects_new();

        for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
                irc_effects_add(effects, types[i]);
        apply(fixture, effects);
        assert_sql(fixture->folder,
                "SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM channels)", "0");
}

/* What was rolled back is not remembered: not the row, not the channel. */
static void test_rollback(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(GError) error = NULL;

        fixture_add_privmsg(effects, "#a", "nick", "text");
        assert_ok(error, ic_store_begin(fixture->store, &error));
        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));
        ic_store_rollback(fixture->store);
        ic_store_rollback(fixture->store);
        assert_sql(fixture->folder, "SELECT count(*) FROM channels", "0");

        fixture_run(fixture->folder, "INSERT INTO channels (server_id, name) VALUES (1, '#b')");
        assert_ok(error, ic_store_begin(fixture->store, &error));
        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));
        assert_ok(error, ic_store_commit(fixture->store, &error));
        assert_sql(fixture->folder,
                "SELECT c.name || m.id FROM messages m JOIN channels c ON c.id = channel_id",
                "#a1");
}

/* A channel whose row another process removed is made again. */
static void test_channel_removed_by_other(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();

        fixture_add_privmsg(effects, "#a", "nick", "one");
        apply(fixture, effects);
        fixture_run(fixture->folder, "PRAGMA foreign_keys = ON; DELETE FROM channels");
        fixture_add_privmsg(effects, "#a", "nick", "two");
        apply(fixture, effects);
        assert_sql(fixture->folder, "SELECT group_concat(content) FROM messages", "two");
        assert_sql(fixture->folder, "SELECT id FROM messages", "2");
}

static void assert_bytes(GBytes *bytes, const char *expected)
{
        gsize len = 0;
        const char *data = g_bytes_get_data(bytes, &len);

        g_assert_cmpmem(data, len, expected, strlen(expected));
}

static void assert_listeners(IcStore *store, const char *expected)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *listeners = NULL;

        assert_ok(error, ic_store_link_get_listeners(store, 1, &listeners, &error));
        g_assert_cmpstr(listeners, ==, expected);
}

/* They go with the link: without one there are none, and they survive its every change. */
static void test_listeners(Fixture *fixture, gconstpointer unused)
{
        const IcLinkState saved = {.cookie = 1, .in_position = 10}, again = {.cookie = 1};
        g_autoptr(GError) error = NULL;
        IcStore *store = fixture->store;

        assert_ok(error, ic_store_link_set_listeners(store, 1, ":1.7", &error));
        assert_listeners(store, "");
        assert_ok(error, ic_store_link_save(store, 1, &saved, &error));
        assert_listeners(store, "");
        assert_ok(error, ic_store_link_set_listeners(store, 1, ":1.7 :1.8", &error));
        assert_ok(error, ic_store_link_save(store, 1, &again, &error));
        assert_listeners(store, ":1.7 :1.8");
        assert_ok(error, ic_store_link_forget(store, 1, &error));
        assert_listeners(store, "");
}

static void test_link(Fixture *fixture, gconstpointer unused)
{
        g_auto(IcLinkState) saved = {.cookie = G_MAXUINT64 - 1,
                .in_position = 10,
                .carry = g_bytes_new_static("PRIV", 4),
                .tail = g_bytes_new_static("tail", 4),
                .output = g_bytes_new_static("out", 3),
                .snapshot = g_bytes_new_static("snap", 4)};
        g_auto(IcLinkState) loaded = {0};
        g_auto(IcLinkState) advanced = {0};
        g_auto(IcLinkState) kept = {0};
        IcLinkState keep = {.cookie = 5, .in_position = 40};
        g_autoptr(GError) error = NULL;
        IcStore *store = fixture->store;
        bool is_found = true;

        assert_ok(error, ic_store_link_load(store, 1, &loaded, &is_found, &error));
        g_assert_false(is_found);
        assert_fails(error, ic_store_link_advance(store, 1, 20, NULL, 0, false, NULL, 0, &error),
                IC_ERROR_FAILED);
        assert_fails(error, ic_store_link_set_output(store, 1, "x", 1, &error), IC_ERROR_FAILED);

        assert_ok(error, ic_store_link_save(store, 1, &saved, &error));
        assert_ok(error, ic_store_link_load(store, 1, &loaded, &is_found, &error));
        g_assert_true(is_found);
        g_assert_cmpuint(loaded.cookie, ==, G_MAXUINT64 - 1);
        g_assert_cmpuint(loaded.in_position, ==, 10);
        g_assert_false(loaded.is_dropping);
        assert_bytes(loaded.carry, "PRIV");
        assert_bytes(loaded.tail, "tail");
        assert_bytes(loaded.output, "out");
        assert_bytes(loaded.snapshot, "snap");

        assert_ok(error, ic_store_link_advance(store, 1, 20, NULL, 0, true, "newtail", 7, &error));
        assert_ok(error, ic_store_link_set_output(store, 1, NULL, 0, &error));
        assert_ok(error, ic_store_link_load(store, 1, &advanced, &is_found, &error));
        g_assert_cmpuint(advanced.cookie, ==, G_MAXUINT64 - 1);
        g_assert_cmpuint(advanced.in_position, ==, 20);
        g_assert_true(advanced.is_dropping);
        assert_bytes(advanced.carry, "");
        assert_bytes(advanced.tail, "newtail");
        assert_bytes(advanced.output, "");
        assert_bytes(advanced.snapshot, "snap");

        assert_ok(error, ic_store_link_save(store, 1, &keep, &error));
        assert_ok(error, ic_store_link_load(store, 1, &kept, &is_found, &error));
        g_assert_cmpuint(kept.cookie, ==, 5);
        g_assert_cmpuint(kept.in_position, ==, 40);
        assert_bytes(kept.tail, "newtail");
        assert_bytes(kept.snapshot, "snap");

        assert_ok(error, ic_store_link_forget(store, 1, &error));
        assert_ok(error, ic_store_link_forget(store, 1, &error));
        ic_link_state_clear(&kept);
        assert_ok(error, ic_store_link_load(store, 1, &kept, &is_found, &error));
        g_assert_false(is_found);
        assert_sql(fixture->folder, "SELECT count(*) FROM link_sessions", "0");
}

static void note_channel(const char *channel, const char *topic, gpointer user_data)
{
        g_string_append_printf(user_data, "%s(%s) ", channel, topic ? topic : "-");
}

static void note_member(const char *channel, const char *nickname, const char *account,
        const char *prefixes, gpointer user_data)
{
        g_string_append_printf(
                user_data, "%s:%s%s/%s ", channel, prefixes, nickname, account ? account : "-");
}

static void test_foreach_joined(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(GString) seen = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        add_channel(effects, IRC_EFFECT_CHANNEL_JOINED, "#b", NULL);
        add_channel(effects, IRC_EFFECT_CHANNEL_JOINED, "#a", NULL);
        add_channel(effects, IRC_EFFECT_CHANNEL_JOINED, "#left", NULL);
        add_channel(effects, IRC_EFFECT_TOPIC, "#a", "T");
        add_member(effects, IRC_EFFECT_MEMBER, "#a", "zoe", NULL, "");
        add_member(effects, IRC_EFFECT_MEMBER, "#a", "ann", "acc", "@");
        add_channel(effects, IRC_EFFECT_CHANNEL_LEFT, "#left", NULL);
        apply(fixture, effects);
        assert_ok(error, ic_store_foreach_joined(
                                 fixture->store, 1, note_channel, note_member, seen, &error));
        g_assert_cmpstr(seen->str, ==, "#b(-) #a(T) #a:@ann/acc #a:zoe/- ");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        fixture_test("/store/ingest/message", test_message);
        fixture_test("/store/ingest/log-view", test_log_view);
        fixture_test("/store/ingest/names-fold-case", test_names_fold_case);
        fixture_test("/store/ingest/members", test_members);
        fixture_test("/store/ingest/channel-renamed", test_channel_renamed);
        fixture_test("/store/ingest/own-names", test_own_names);
        fixture_test("/store/ingest/passed-over", test_passed_over);
        fixture_test("/store/ingest/rollback", test_rollback);
        fixture_test("/store/ingest/channel-removed-by-other", test_channel_removed_by_other);
        fixture_test("/store/ingest/link", test_link);
        fixture_test("/store/ingest/listeners", test_listeners);
        fixture_test("/store/ingest/foreach-joined", test_foreach_joined);
        return g_test_run();
}
