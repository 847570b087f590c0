/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What becomes of rows after they were said: taken back, not delivered, read. */

#include "fixture.h"
#include "store/read-marker.h"

static void apply(Fixture *fixture, IrcEffects *effects)
{
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));
        irc_effects_clear(effects);
}

static void say(Fixture *fixture, const char *channel, const char *sender, const char *msgid)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        IrcEffect *effect = fixture_add_privmsg(effects, channel, sender, "text");

        effect->message.msgid = msgid;
        effect->message.is_self = g_str_equal(sender, "me");
        if (!channel)
                effect->message.target = effect->message.is_self ? "bob" : "me";
        apply(fixture, effects);
}

static void redact(Fixture *fixture, const char *channel, const char *target, const char *msgid,
        const char *by)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        IrcEffect *effect = irc_effects_add(effects, IRC_EFFECT_REDACTED);

        effect->redaction.channel = channel;
        effect->redaction.target = target;
        effect->redaction.msgid = msgid;
        effect->redaction.by = by;
        effect->redaction.text = "sorry";
        effect->redaction.time = 77;
        apply(fixture, effects);
}

#define REDACTED "SELECT group_concat(id, ' ') FROM messages WHERE redacted_at IS NOT NULL"

static void test_redaction(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(GPtrArray) rows = NULL;
        g_autoptr(GError) error = NULL;

        say(fixture, "#a", "ann", "m1");
        say(fixture, "#a", "ann", "m2");
        say(fixture, "#a", "ann", NULL);
        redact(fixture, "#A", "#A", "m1", "op");
        assert_sql(fixture->folder, REDACTED, "1");
        assert_sql(fixture->folder,
                "SELECT content || redacted_at || redacted_by || redaction_reason"
                " FROM messages WHERE id = 1",
                "text77opsorry");
        assert_sql(fixture->folder, "SELECT group_concat(text, ';') FROM log",
                "text (taken back);text;text");

        rows = ic_store_history(fixture->store, 1, "#a", 0, 10, &error);
        g_assert_no_error(error);
        const IcStoredMessage *first = rows->pdata[0], *second = rows->pdata[1];
        g_assert_cmpstr(first->content, ==, "text");
        g_assert_cmpint(first->redacted_at, ==, 77);
        g_assert_cmpstr(first->redacted_by, ==, "op");
        g_assert_cmpstr(first->redaction_reason, ==, "sorry");
        g_assert_cmpint(second->redacted_at, ==, 0);
        g_assert_null(second->redacted_by);
}

static void test_redaction_finds(Fixture *fixture, gconstpointer unused)
{
        /* What is taken back, and the row that is. */
        static const struct {
                const char *channel, *target, *msgid, *by, *row;
        } cases[] = {
                {"#a", "#a", "m", "ann", "1"},
                {"#b", "#b", "m", "ann", "2"},
                {NULL, "me", "m", "Ann", "3"},
                {NULL, "bob", "m", "me", "4"},
                {NULL, "me", "m", "bob", "4"},
                {NULL, "me", "m", "eve", NULL},
                {NULL, "me", "m", NULL, NULL},
                {"#a", "#a", "M", "ann", NULL},
                {"#a", "#a", "", "ann", NULL},
                {"#none", "#none", "m", "ann", NULL},
        };

        say(fixture, "#a", "ann", "m");
        say(fixture, "#b", "ann", "m");
        say(fixture, NULL, "ann", "m");
        say(fixture, NULL, "me", "m");
        say(fixture, "#a", "ann", NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                redact(fixture, cases[i].channel, cases[i].target, cases[i].msgid, cases[i].by);
                assert_sql(fixture->folder, REDACTED, cases[i].row);
                fixture_run(fixture->folder, "UPDATE messages SET redacted_at = NULL");
        }
        assert_sql(fixture->folder, "SELECT count(*) FROM channels", "2");
}

/* An id that came twice is the last one's; and far back nobody looks. */
static void test_redaction_looks_back(Fixture *fixture, gconstpointer unused)
{
        say(fixture, "#a", "ann", "far");
        say(fixture, "#a", "ann", "m");
        say(fixture, "#a", "ann", "m");
        redact(fixture, "#a", "#a", "m", "ann");
        assert_sql(fixture->folder, REDACTED, "3");

        fixture_run(fixture->folder,
                "UPDATE messages SET redacted_at = NULL;"
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 19990)"
                " INSERT INTO messages (server_id, channel_id, target, sender, content,"
                " message_type, is_self, msgid, sent_at, received_at)"
                " SELECT 1, channel_id, '#a', 'ann', 'x', 'privmsg', 0, 'id' || i, sent_at + 1, 1"
                " FROM n, messages WHERE id = 1");
        redact(fixture, "#a", "#a", "far", "ann");
        assert_sql(fixture->folder, REDACTED, "1");
        fixture_run(fixture->folder,
                "UPDATE messages SET redacted_at = NULL;"
                "INSERT INTO messages (server_id, channel_id, target, sender, content,"
                " message_type, is_self, sent_at, received_at)"
                " SELECT 1, channel_id, '#a', 'ann', 'x', 'privmsg', 0, sent_at, 1"
                " FROM messages WHERE id BETWEEN 10 AND 110");
        redact(fixture, "#a", "#a", "far", "ann");
        assert_sql(fixture->folder, REDACTED, NULL);
}

static void test_delivery(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(GPtrArray) rows = NULL, found = NULL;
        g_autoptr(GError) error = NULL;

        fixture_add_privmsg(effects, "#a", "me", "one")->message.is_self = true;
        fixture_add_privmsg(effects, "#a", "ann", "two");
        IrcEffect *effect = fixture_add_privmsg(effects, "#a", "me", "three");
        effect->message.is_self = effect->message.is_unconfirmed = true;
        apply(fixture, effects);
        for (int i = 1; i <= 2; i++)
                assert_ok(error, ic_store_message_fail(fixture->store, i, &error));
        assert_ok(error, ic_store_message_fail(fixture->store, 99, &error));

        rows = ic_store_history(fixture->store, 1, "#a", 0, 10, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(rows->len, ==, 3);
        g_assert_cmpstr(((IcStoredMessage *) rows->pdata[0])->delivery, ==, "failed");
        g_assert_null(((IcStoredMessage *) rows->pdata[1])->delivery);
        g_assert_cmpstr(((IcStoredMessage *) rows->pdata[2])->delivery, ==, "unconfirmed");
        assert_sql(fixture->folder, "SELECT group_concat(text, ';') FROM log",
                "one (not delivered);two;three");

        assert_ok(error, ic_store_message_fail(fixture->store, 3, &error));
        found = ic_store_search(fixture->store, 1, "three", 10, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(((IcStoredMessage *) found->pdata[0])->delivery, ==, "failed");
}

static void mark_read(Fixture *fixture, const char *target, gint64 time)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        IrcEffect *effect = irc_effects_add(effects, IRC_EFFECT_READ_MARKER);

        effect->read.target = target;
        effect->read.time = time;
        apply(fixture, effects);
}

static void assert_read(Fixture *fixture, uint32_t server_id, const char *target, gint64 expected)
{
        gint64 read_at = -1;
        g_autoptr(GError) error = NULL;

        assert_ok(error,
                ic_store_read_marker_get(fixture->store, server_id, target, &read_at, &error));
        g_assert_cmpint(read_at, ==, expected);
}

static void test_read_markers(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;

        fixture_add_server(fixture->store, 2, "other.example.org");
        mark_read(fixture, "#a", 0);
        assert_read(fixture, 1, "#a", 0);
        mark_read(fixture, "#a", 10);
        mark_read(fixture, "bob", 20);
        assert_ok(error, ic_store_read_marker_set(fixture->store, 2, "#a", 30, &error));
        assert_read(fixture, 1, "#A", 10);
        assert_read(fixture, 1, "Bob", 20);
        assert_read(fixture, 2, "#a", 30);

        /* Forwards only. */
        mark_read(fixture, "#A", 9);
        assert_read(fixture, 1, "#a", 10);
        mark_read(fixture, "#A", 0);
        assert_read(fixture, 1, "#a", 10);
        mark_read(fixture, "#A", 11);
        assert_read(fixture, 1, "#a", 11);
        assert_sql(fixture->folder, "SELECT count(*) FROM read_markers", "3");

        /* They go with their connection. */
        assert_ok(error, ic_store_server_remove(fixture->store, 1, &error));
        assert_sql(fixture->folder, "SELECT count(*) FROM read_markers", "1");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        fixture_test("/store/afterwards/redaction", test_redaction);
        fixture_test("/store/afterwards/redaction-finds", test_redaction_finds);
        fixture_test("/store/afterwards/redaction-looks-back", test_redaction_looks_back);
        fixture_test("/store/afterwards/delivery", test_delivery);
        fixture_test("/store/afterwards/read-markers", test_read_markers);
        return g_test_run();
}
