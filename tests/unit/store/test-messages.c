/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* History and search. */

#include <string.h>

#include "fixture.h"

static void say(Fixture *fixture, uint32_t server_id, const char *channel, const char *from,
        const char *to, const char *content)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(GError) error = NULL;
        IrcEffect *effect = fixture_add_privmsg(effects, channel, from, content);

        effect->message.target = to;
        effect->message.is_self = g_str_equal(from, "me");
        assert_ok(error, ic_store_apply(fixture->store, server_id, effects, &error));
}

/* The contents of rows, joined. */
static char *contents(GPtrArray *rows)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < rows->len; i++) {
                const IcStoredMessage *message = rows->pdata[i];
                g_string_append_printf(text, "%s%s", i ? " " : "", message->content);
        }
        return g_string_free(text, FALSE);
}

static void assert_history(Fixture *fixture, uint32_t server_id, const char *target,
        gint64 before_id, uint32_t limit, const char *expected)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) rows =
                ic_store_history(fixture->store, server_id, target, before_id, limit, &error);

        g_assert_no_error(error);
        g_autofree char *found = contents(rows);
        g_assert_cmpstr(found, ==, expected);
}

static void assert_search(Fixture *fixture, const char *query, uint32_t limit, const char *expected)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) rows = ic_store_search(fixture->store, 1, query, limit, &error);

        g_assert_no_error(error);
        g_autofree char *found = contents(rows);
        g_assert_cmpstr(found, ==, expected);
}

static void test_history(Fixture *fixture, gconstpointer unused)
{
        static const struct {
                uint32_t server_id;
                const char *target;
                gint64 before_id;
                uint32_t limit;
                const char *expected;
        } cases[] = {
                {1, "#a", 0, 10, "1 2 8"},
                {1, "#A", 0, 2, "2 8"},
                {1, "#a", 8, 10, "1 2"},
                {1, "#a", 2, 10, "1"},
                {1, "#a", 1, 10, ""},
                {1, "#b", 0, 10, "3"},
                {1, "#none", 0, 10, ""},
                {1, "bob", 0, 10, "4 5 7"},
                {1, "BOB", 0, 10, "4 5 7"},
                {1, "bob", 7, 1, "5"},
                {1, "ann", 0, 10, "6"},
                {1, "nobody", 0, 10, ""},
                {1, "", 0, 100, "1 2 3 4 5 6 7 8"},
                {1, "", 0, 3, "6 7 8"},
                {1, "", 6, 3, "3 4 5"},
                {1, "", 0, 0, ""},
                {2, "#a", 0, 10, "9"},
                {2, "", 0, 10, "9 10"},
                {2, "bob", 0, 10, "10"},
                {3, "", 0, 10, ""},
        };

        fixture_add_server(fixture->store, 2, "other");
        say(fixture, 1, "#a", "ann", "#a", "1");
        say(fixture, 1, "#a", "me", "#a", "2");
        say(fixture, 1, "#b", "bob", "#b", "3");
        say(fixture, 1, NULL, "Bob", "me", "4");
        say(fixture, 1, NULL, "me", "bob", "5");
        say(fixture, 1, NULL, "ann", "me", "6");
        say(fixture, 1, NULL, "bob", "me", "7");
        say(fixture, 1, "#a", "bob", "@#a", "8");
        say(fixture, 2, "#a", "bob", "#a", "9");
        say(fixture, 2, NULL, "bob", "me", "10");
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
                assert_history(fixture, cases[i].server_id, cases[i].target, cases[i].before_id,
                        cases[i].limit, cases[i].expected);
}

static void say_at(Fixture *fixture, const char *channel, const char *from, const char *content,
        gint64 sent_at)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(GError) error = NULL;
        IrcEffect *effect = fixture_add_privmsg(effects, channel, from, content);

        effect->message.sent_at = sent_at;
        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));
}

/* What came late stands where it was said; and the rows can be paged through from any of them. */
static void test_order(Fixture *fixture, gconstpointer unused)
{
        static const struct {
                const char *target;
                gint64 before_id;
                uint32_t limit;
                const char *expected;
        } cases[] = {
                {"#a", 0, 10, "a f b g c"}, {"#a", 0, 2, "g c"}, {"#a", 7, 2, "f b"}, /* g */
                {"#a", 2, 2, "a f"},                                                  /* b */
                {"#a", 6, 2, "a"},                                                    /* f */
                {"#a", 1, 2, ""},                                                     /* a */
                {"#a", 4, 10, "a f b g c"}, /* another's row bounds as well */
                {"ann", 0, 10, "d h e"}, {"ann", 5, 1, "h"}, {"ann", 8, 2, "d"},
                {"", 0, 100, "a f b g c d h e"}, {"", 0, 3, "d h e"}, {"", 8, 3, "g c d"},
                {"", 3, 2, "b g"}, {"", 7, 100, "a f b"},
                {"", 99, 2, "d h"}, /* none: behind the last before it, which is h */
        };

        say_at(fixture, "#a", "ann", "a", 10);
        say_at(fixture, "#a", "ann", "b", 20);
        say_at(fixture, "#a", "ann", "c", 30);
        say_at(fixture, NULL, "ann", "d", 40);
        say_at(fixture, NULL, "ann", "e", 50);
        say_at(fixture, "#a", "ann", "f", 15);
        say_at(fixture, "#a", "ann", "g", 20);
        say_at(fixture, NULL, "ann", "h", 45);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
                assert_history(fixture, 1, cases[i].target, cases[i].before_id, cases[i].limit,
                        cases[i].expected);
        assert_sql(fixture->folder, "SELECT group_concat(text, ' ') FROM log", "a f b g c d h e");
}

static void test_search_order(Fixture *fixture, gconstpointer unused)
{
        bool is_more = true;
        g_autoptr(GError) error = NULL;

        say_at(fixture, "#a", "ann", "word1 x", 10);
        say_at(fixture, "#a", "ann", "word2 x", 30);
        say_at(fixture, "#a", "ann", "word3 x", 20);
        assert_search(fixture, "x", 10, "word2 x word3 x word1 x");
        assert_ok(error, ic_store_index(fixture->store, 2, &is_more, &error));
        g_assert_true(is_more);
        assert_search(fixture, "x", 10, "word2 x word3 x word1 x");
        /* The last that were stored. */
        assert_search(fixture, "x", 2, "word2 x word3 x");
        assert_search(fixture, "x", 1, "word3 x");
}

/* All at the same time: pages neither overlap nor leave anything out. */
static void test_paging_one_moment(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(GError) error = NULL;
        gint64 before_id = 0, expected = 2500;

        for (int i = 0; i < 2500; i++)
                fixture_add_privmsg(effects, "#a", "nick", "same");
        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));
        for (;;) {
                g_autoptr(GPtrArray) rows =
                        ic_store_history(fixture->store, 1, "#a", before_id, 999, &error);
                g_assert_no_error(error);
                if (rows->len == 0)
                        break;
                for (guint i = rows->len; i > 0; i--)
                        g_assert_cmpint(
                                ((IcStoredMessage *) rows->pdata[i - 1])->id, ==, expected--);
                before_id = ((IcStoredMessage *) rows->pdata[0])->id;
        }
        g_assert_cmpint(expected, ==, 0);
}

static void test_stored_message(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        IrcEffect *effect = fixture_add_privmsg(effects, "#a", "nick", "text");
        g_autoptr(GPtrArray) rows = NULL;
        g_autoptr(GError) error = NULL;

        effect->message.type = IRC_MESSAGE_NOTICE;
        effect->message.target = "+#a";
        effect->message.account = "acc";
        effect->message.msgid = "id";
        effect->message.sent_at = 5;
        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));
        rows = ic_store_history(fixture->store, 1, "#a", 0, 1, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(rows->len, ==, 1);

        const IcStoredMessage *message = rows->pdata[0];
        g_assert_cmpint(message->id, ==, 1);
        g_assert_cmpstr(message->channel, ==, "#a");
        g_assert_cmpstr(message->target, ==, "+#a");
        g_assert_cmpstr(message->sender, ==, "nick");
        g_assert_cmpstr(message->account, ==, "acc");
        g_assert_cmpstr(message->content, ==, "text");
        g_assert_cmpstr(message->message_type, ==, "notice");
        g_assert_cmpstr(message->msgid, ==, "id");
        g_assert_false(message->is_self);
        g_assert_cmpint(message->sent_at, ==, 5);
        g_assert_cmpint(message->received_at, ==, 1700000000000000);
}

static void test_limit(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < IC_HISTORY_LIMIT_MAX + 5; i++)
                fixture_add_privmsg(effects, "#a", "nick", "same");
        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));

        g_autoptr(GPtrArray) history =
                ic_store_history(fixture->store, 1, "#a", 0, G_MAXUINT32, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(history->len, ==, IC_HISTORY_LIMIT_MAX);
        g_autoptr(GPtrArray) found =
                ic_store_search(fixture->store, 1, "same", G_MAXUINT32, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(found->len, ==, IC_HISTORY_LIMIT_MAX);
}

static void test_indexing(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;
        bool is_more = true;

        assert_ok(error, ic_store_index(fixture->store, 2, &is_more, &error));
        g_assert_false(is_more);
        for (int i = 0; i < 5; i++)
                say(fixture, 1, "#a", "ann", "#a", "word");
        static const bool expected[] = {true, true, false, false};
        static const char *const indexed[] = {"2", "4", "5", "5"};
        for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
                assert_ok(error, ic_store_index(fixture->store, 2, &is_more, &error));
                g_assert_true(is_more == expected[i]);
                assert_sql(fixture->folder, "SELECT indexed_id FROM message_marks", indexed[i]);
        }
        fixture_run(fixture->folder,
                "INSERT INTO messages_fts (messages_fts, rank) VALUES ('integrity-check', 1)");
}

static void index_all(Fixture *fixture)
{
        g_autoptr(GError) error = NULL;
        bool is_more = true;

        while (is_more)
                assert_ok(error, ic_store_index(fixture->store, 1000, &is_more, &error));
}

static void assert_searches(Fixture *fixture)
{
        assert_search(fixture, "fox", 10, "new-fox old-fox");
        assert_search(fixture, "fox", 1, "new-fox");
        assert_search(fixture, "FOX AND old", 10, "old-fox");
        assert_search(fixture, "fox NOT old", 10, "new-fox");
        assert_search(fixture, "cafe", 10, "Café");
        assert_search(fixture, "\"new fox\"", 10, "new-fox");
        assert_search(fixture, "ne*", 10, "new-fox");
        assert_search(fixture, "elsewhere", 10, "");
}

/* The answer is the same however far the index has got. */
static void test_search(Fixture *fixture, gconstpointer unused)
{
        fixture_add_server(fixture->store, 2, "other");
        say(fixture, 1, "#a", "ann", "#a", "old-fox");
        say(fixture, 2, "#a", "ann", "#a", "elsewhere fox");
        index_all(fixture);
        say(fixture, 2, "#a", "ann", "#a", "elsewhere fox");
        say(fixture, 1, NULL, "ann", "me", "new-fox");
        say(fixture, 1, "#a", "ann", "#a", "Café");
        assert_searches(fixture);
        index_all(fixture);
        assert_searches(fixture);

        /* Inside of the caller's transaction, too, with rows that are not committed. */
        g_autoptr(GError) error = NULL;
        assert_ok(error, ic_store_begin(fixture->store, &error));
        say(fixture, 1, "#a", "ann", "#a", "zebra");
        assert_search(fixture, "zebra", 10, "zebra");
        ic_store_rollback(fixture->store);
        assert_search(fixture, "zebra", 10, "");
}

/* More than one batch of rows that are not indexed. */
static void test_search_long_tail(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(GError) error = NULL;

        say(fixture, 1, "#a", "ann", "#a", "needle1");
        index_all(fixture);
        say(fixture, 1, "#a", "ann", "#a", "needle2");
        for (int i = 0; i < 21000; i++)
                fixture_add_privmsg(effects, "#a", "nick", i == 10500 ? "needle3" : "hay");
        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));
        assert_search(fixture, "needle*", 10, "needle3 needle2 needle1");
        assert_search(fixture, "needle*", 2, "needle3 needle2");
}

/* Changes and deletions by hand are followed, indexed or not. */
static void test_changed_by_hand(Fixture *fixture, gconstpointer unused)
{
        say(fixture, 1, "#a", "ann", "#a", "one");
        say(fixture, 1, "#a", "ann", "#a", "two");
        index_all(fixture);
        say(fixture, 1, "#a", "ann", "#a", "three");
        fixture_run(fixture->folder, "UPDATE messages SET content = 'uno' WHERE content = 'one';"
                                     "UPDATE messages SET content = 'tres' WHERE content = 'three';"
                                     "DELETE FROM messages WHERE content = 'two'");
        index_all(fixture);
        assert_search(fixture, "one OR two OR three", 10, "");
        assert_search(fixture, "uno OR tres", 10, "tres uno");
        fixture_run(fixture->folder,
                "INSERT INTO messages_fts (messages_fts, rank) VALUES ('integrity-check', 1)");
}

static void test_bad_queries(Fixture *fixture, gconstpointer unused)
{
        static const char *const queries[] = {"", "  ", "\"", "(a", "a AND", "NOT", "nowhere : x",
                "*", "a + *", "^", "it's", "a.b", "100%"};
        g_autofree char *long_query = g_strnfill(5000, 'a');
        g_autoptr(GError) error = NULL;

        for (int round = 0; round < 2; round++) {
                for (gsize i = 0; i < G_N_ELEMENTS(queries); i++)
                        assert_fails(error,
                                ic_store_search(fixture->store, 1, queries[i], 10, &error),
                                IC_ERROR_INVALID_VALUE);
                say(fixture, 1, "#a", "ann", "#a", "not indexed");
        }
        assert_fails(error, ic_store_search(fixture->store, 1, long_query, 10, &error),
                IC_ERROR_INVALID_VALUE);
        /* A failed search leaves nothing open. */
        say(fixture, 1, "#a", "ann", "#a", "after");
        assert_search(fixture, "\"after\"", 10, "after");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        fixture_test("/store/messages/history", test_history);
        fixture_test("/store/messages/order", test_order);
        fixture_test("/store/messages/search-order", test_search_order);
        fixture_test("/store/messages/paging-one-moment", test_paging_one_moment);
        fixture_test("/store/messages/stored-message", test_stored_message);
        fixture_test("/store/messages/limit", test_limit);
        fixture_test("/store/messages/indexing", test_indexing);
        fixture_test("/store/messages/search", test_search);
        fixture_test("/store/messages/search-long-tail", test_search_long_tail);
        fixture_test("/store/messages/changed-by-hand", test_changed_by_hand);
        fixture_test("/store/messages/bad-queries", test_bad_queries);
        return g_test_run();
}
