/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* From where on to fetch what was missed, over links that die in the middle of it. */

#include "fixture.h"
#include "store/gap.h"

/* Times of links, far enough from each other for any clock. */
#define LINK_A G_GINT64_CONSTANT(1700000000000000)
#define LINK_B G_GINT64_CONSTANT(1700001000000000)
#define LINK_C G_GINT64_CONSTANT(1700002000000000)

/* A line that came at `received_at`, and was said then as well unless `sent_at` is given. */
static void say(Fixture *fixture, const char *channel, const char *sender, const char *msgid,
        gint64 sent_at, gint64 received_at)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        IrcEffect *effect = fixture_add_privmsg(effects, channel, sender, "text");
        g_autoptr(GError) error = NULL;

        effect->message.msgid = msgid;
        effect->message.sent_at = sent_at;
        effect->message.received_at = received_at;
        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));
}

/* What we said ourselves, and the server did not show us. */
static void say_own(Fixture *fixture, const char *target, gint64 at)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        IrcEffect *effect = fixture_add_privmsg(effects, NULL, "me", "text");
        g_autoptr(GError) error = NULL;

        effect->message.target = target;
        effect->message.is_self = effect->message.is_unconfirmed = true;
        effect->message.received_at = at;
        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));
}

static void assert_gap(
        Fixture *fixture, const char *target, gint64 before, const char *msgid, gint64 sent_at)
{
        g_auto(IcGapPoint) point = {0};
        bool is_found = false;
        g_autoptr(GError) error = NULL;

        assert_ok(error,
                ic_store_gap_open(fixture->store, 1, target, before, &point, &is_found, &error));
        g_assert_true(is_found);
        g_assert_cmpstr(point.msgid, ==, msgid);
        g_assert_cmpint(point.sent_at, ==, sent_at);
}

static void assert_no_gap(Fixture *fixture, const char *target, gint64 before)
{
        g_auto(IcGapPoint) point = {0};
        bool is_found = true;
        g_autoptr(GError) error = NULL;

        assert_ok(error,
                ic_store_gap_open(fixture->store, 1, target, before, &point, &is_found, &error));
        g_assert_false(is_found);
        g_assert_null(point.msgid);
}

static void close_gap(Fixture *fixture, const char *target)
{
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_store_gap_close(fixture->store, 1, target, &error));
}

static void assert_last_seen(Fixture *fixture, gint64 before, gint64 expected)
{
        gint64 time = -1;
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_store_last_seen(fixture->store, 1, before, &time, &error));
        g_assert_cmpint(time, ==, expected);
}

static void test_dying_links(Fixture *fixture, gconstpointer unused)
{
        assert_no_gap(fixture, "#a", LINK_A);
        assert_sql(fixture->folder, "SELECT count(*) FROM history_gaps", "0");

        /* Link A sees two lines; B begins to fetch, hears of live ones, and dies. */
        say(fixture, "#a", "ann", "m1", LINK_A + 5, LINK_A + 10);
        say(fixture, "#a", "ann", "m2", LINK_A + 15, LINK_A + 20);
        assert_gap(fixture, "#A", LINK_B, "m2", LINK_A + 15);
        say(fixture, "#a", "ann", "m9", LINK_B + 1, LINK_B + 2);

        /* C begins where A has ended, and so does who asks again. */
        assert_gap(fixture, "#a", LINK_C, "m2", LINK_A + 15);
        say(fixture, "#a", "ann", "m10", LINK_C + 1, LINK_C + 2);
        assert_gap(fixture, "#a", LINK_C, "m2", LINK_A + 15);

        /* Once it is filled the next link begins at the end of this one. */
        close_gap(fixture, "#A");
        assert_gap(fixture, "#a", LINK_C + 1000, "m10", LINK_C + 1);
        close_gap(fixture, "#a");
        close_gap(fixture, "#a");
        assert_sql(fixture->folder, "SELECT count(*) FROM history_gaps", "0");
}

/* The present link's rows do not count, whatever their time. */
static void test_present_link(Fixture *fixture, gconstpointer unused)
{
        say(fixture, "#a", "ann", "m1", 0, LINK_B);
        say(fixture, "#a", "ann", "m2", LINK_A, LINK_B + 1);
        assert_no_gap(fixture, "#a", LINK_B);
        say(fixture, "#a", "ann", "old", LINK_A - 5, LINK_A + 1);
        assert_gap(fixture, "#a", LINK_B, "old", LINK_A - 5);
}

static void test_targets_are_apart(Fixture *fixture, gconstpointer unused)
{
        fixture_add_server(fixture->store, 2, "other.example.org");
        say(fixture, "#a", "ann", "m1", 0, LINK_A);
        say(fixture, NULL, "ann", "m2", 0, LINK_A + 1);
        say(fixture, NULL, "bob", "m3", 0, LINK_A + 2);
        assert_gap(fixture, "ANN", LINK_B, "m2", LINK_A + 1);
        assert_gap(fixture, "bob", LINK_B, "m3", LINK_A + 2);
        assert_gap(fixture, "#a", LINK_B, "m1", LINK_A);
        assert_no_gap(fixture, "#b", LINK_B);
        assert_no_gap(fixture, "eve", LINK_B);
        assert_sql(fixture->folder, "SELECT count(*) FROM history_gaps", "3");
        close_gap(fixture, "ann");
        assert_sql(fixture->folder, "SELECT group_concat(target) FROM history_gaps", "#a,bob");
}

/* The id may be an older row's than the time; what only we know of is the last resort. */
static void test_point(Fixture *fixture, gconstpointer unused)
{
        say(fixture, "#a", "ann", "m1", 0, LINK_A);
        say(fixture, "#a", "ann", NULL, 0, LINK_A + 1);
        assert_gap(fixture, "#a", LINK_B, "m1", LINK_A + 1);

        say(fixture, NULL, "bob", NULL, 0, LINK_A + 2);
        say_own(fixture, "bob", LINK_A + 100);
        assert_gap(fixture, "bob", LINK_B, NULL, LINK_A + 2);

        say_own(fixture, "eve", LINK_A + 3);
        say_own(fixture, "eve", LINK_A + 4);
        assert_gap(fixture, "eve", LINK_B, NULL, LINK_A + 4);
}

/* It is by the time of what was said, not by that of its coming. */
static void test_fetched_rows(Fixture *fixture, gconstpointer unused)
{
        say(fixture, "#a", "ann", "new", LINK_A + 50, LINK_A + 51);
        say(fixture, "#a", "ann", "old", LINK_A + 10, LINK_A + 60);
        assert_gap(fixture, "#a", LINK_B, "new", LINK_A + 50);
}

static void test_last_seen(Fixture *fixture, gconstpointer unused)
{
        fixture_add_server(fixture->store, 2, "other.example.org");
        assert_last_seen(fixture, LINK_B, 0);
        say(fixture, "#a", "ann", NULL, LINK_A + 1, LINK_A + 2);
        assert_last_seen(fixture, LINK_B, LINK_A + 1);
        assert_last_seen(fixture, LINK_A, 0);
        say(fixture, "#b", "ann", NULL, LINK_A + 3, LINK_A + 4);
        say(fixture, NULL, "ann", NULL, LINK_A + 7, LINK_A + 8);
        say(fixture, NULL, "zoe", NULL, LINK_A + 5, LINK_A + 6);
        assert_last_seen(fixture, LINK_B, LINK_A + 7);
        assert_last_seen(fixture, LINK_A + 8, LINK_A + 5);
        say_own(fixture, "ann", LINK_A + 50);
        say(fixture, "#a", "ann", NULL, LINK_B + 1, LINK_B);
        assert_last_seen(fixture, LINK_B, LINK_A + 7);
}

/* All of the server is a target, too: who was talking meanwhile is asked for until it is known. */
static void test_whole_server(Fixture *fixture, gconstpointer unused)
{
        assert_no_gap(fixture, "", LINK_A);
        say(fixture, NULL, "ann", "m1", 0, LINK_A);
        assert_gap(fixture, "", LINK_B, NULL, LINK_A);
        say(fixture, NULL, "bob", "m2", 0, LINK_B);
        assert_gap(fixture, "", LINK_C, NULL, LINK_A);
        close_gap(fixture, "");
        assert_gap(fixture, "", LINK_C, NULL, LINK_B);
}

/* Many more rows and people than are looked at, and the bounds hold. */
static void test_many(Fixture *fixture, gconstpointer unused)
{
        fixture_run(fixture->folder,
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)"
                " INSERT INTO messages (server_id, target, sender, content, message_type, is_self,"
                " sent_at, received_at) SELECT 1, 'me', 'nick' || i, 'x', 'privmsg', 0, i, i FROM "
                "n");
        fixture_run(fixture->folder,
                "INSERT INTO channels (id, server_id, name) VALUES (1, 1, '#a');"
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)"
                " INSERT INTO messages (server_id, channel_id, target, sender, content,"
                " message_type, is_self, sent_at, received_at)"
                " SELECT 1, 1, '#a', 'nick', 'x', 'privmsg', 0, 5, 5 FROM n");
        assert_gap(fixture, "#a", 10, NULL, 5);
        assert_no_gap(fixture, "#b", 10);
        assert_gap(fixture, "nick30000", LINK_A, NULL, 30000);

        gint64 time = 0;
        g_autoptr(GError) error = NULL;
        assert_ok(error, ic_store_last_seen(fixture->store, 1, LINK_A, &time, &error));
        g_assert_cmpint(time, >, 0);
        g_assert_cmpint(time, <=, 30000);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        fixture_test("/store/gap/dying-links", test_dying_links);
        fixture_test("/store/gap/present-link", test_present_link);
        fixture_test("/store/gap/targets-are-apart", test_targets_are_apart);
        fixture_test("/store/gap/point", test_point);
        fixture_test("/store/gap/fetched-rows", test_fetched_rows);
        fixture_test("/store/gap/last-seen", test_last_seen);
        fixture_test("/store/gap/whole-server", test_whole_server);
        fixture_test("/store/gap/many", test_many);
        return g_test_run();
}
