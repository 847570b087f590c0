/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Lines of the past: those that are known are not stored twice, all others are. */

#include <string.h>

#include "fixture.h"

#define T G_GINT64_CONSTANT(1700000000123000)
#define SECOND G_GINT64_CONSTANT(1000000)

typedef struct {
        const char *channel, *sender, *content, *msgid;
        gint64 sent_at;
        bool is_self, is_unconfirmed;
        IrcMessageType type;
} Line;

static IrcEffect *add(IrcEffects *effects, const Line *line, bool is_replay)
{
        IrcEffect *effect =
                fixture_add_privmsg(effects, line->channel, line->sender, line->content);

        effect->message.type = line->type;
        if (line->is_self && !line->channel)
                effect->message.target = "bob";
        effect->message.msgid = line->msgid;
        effect->message.sent_at = line->sent_at;
        effect->message.is_self = line->is_self;
        effect->message.is_unconfirmed = line->is_unconfirmed;
        effect->message.is_replay = is_replay;
        effect->message.received_at = is_replay ? T + 3600 * SECOND : T + 5;
        return effect;
}

static void apply(Fixture *fixture, IrcEffects *effects)
{
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));
}

static void store_lines(Fixture *fixture, const Line *lines, gsize n_lines)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();

        for (gsize i = 0; i < n_lines; i++)
                add(effects, &lines[i], false);
        apply(fixture, effects);
}

/* Replays lines in one list of effects; answers "k" for each that was known and "n" for a new one.
 */
static char *replay(Fixture *fixture, const Line *lines, gsize n_lines)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        GString *answer = g_string_new(NULL);

        for (gsize i = 0; i < n_lines; i++)
                add(effects, &lines[i], true);
        apply(fixture, effects);
        for (gsize i = 0; i < n_lines; i++) {
                const IrcEffect *effect = irc_effects_get(effects, i);

                g_assert_cmpint(effect->message.is_known, ==, effect->message.row_id == 0);
                g_string_append_c(answer, effect->message.is_known ? 'k' : 'n');
        }
        return g_string_free(answer, FALSE);
}

static void assert_replay(Fixture *fixture, const Line *lines, gsize n_lines, const char *expected)
{
        g_autofree char *answer = replay(fixture, lines, n_lines);

        g_assert_cmpstr(answer, ==, expected);
}

static void assert_count(Fixture *fixture, guint expected)
{
        g_autofree char *count = g_strdup_printf("%u", expected);

        assert_sql(fixture->folder, "SELECT count(*) FROM messages", count);
}

static void test_one_line(Fixture *fixture, gconstpointer unused)
{
        static const struct {
                const char *about;
                Line stored, told;
                bool is_known;
        } cases[] = {
                {"by id", {"#a", "ann", "x", "m", T}, {"#a", "ann", "x", "m", T}, true},
                {"by id alone", {"#a", "ann", "x", "m", T}, {"#A", "bob", "y", "m", T}, true},
                {"other id", {"#a", "ann", "x", "m", T}, {"#a", "ann", "x", "n", T}, false},
                {"ids have case", {"#a", "ann", "x", "m", T}, {"#a", "ann", "x", "M", T}, false},
                {"other channel", {"#a", "ann", "x", "m", T}, {"#b", "ann", "x", "m", T}, false},
                {"not private", {"#a", "ann", "x", "m", T}, {NULL, "ann", "x", "m", T}, false},
                {"private", {NULL, "ann", "x", "m", T}, {NULL, "Ann", "x", "m", T}, true},
                {"other peer", {NULL, "ann", "x", "m", T}, {NULL, "bob", "x", "m", T}, false},
                {"to a peer", {NULL, "me", "x", "m", T, true}, {NULL, "me", "x", "m", T, true},
                        true},
                {"to and from", {NULL, "me", "x", "m", T, true}, {NULL, "bob", "x", "m", T}, true},
                {"no ids", {"#a", "ann", "x", NULL, T}, {"#a", "ann", "x", NULL, T}, true},
                {"only told with one", {"#a", "ann", "x", NULL, T}, {"#a", "ann", "x", "m", T},
                        true},
                {"only stored with one", {"#a", "ann", "x", "m", T}, {"#a", "ann", "x", NULL, T},
                        true},
                {"other time", {"#a", "ann", "x", NULL, T}, {"#a", "ann", "x", NULL, T + 1000},
                        false},
                {"other sender", {"#a", "ann", "x", NULL, T}, {"#a", "Ann", "x", NULL, T}, false},
                {"other text", {"#a", "ann", "x", NULL, T}, {"#a", "ann", "x ", NULL, T}, false},
                {"other type", {"#a", "ann", "x", NULL, T},
                        {"#a", "ann", "x", NULL, T, .type = IRC_MESSAGE_NOTICE}, false},
                {"a join", {"#a", "ann", "", NULL, T, .type = IRC_MESSAGE_JOIN},
                        {"#a", "ann", "", NULL, T, .type = IRC_MESSAGE_JOIN}, true},
                {"whole second", {"#a", "ann", "x", NULL, T},
                        {"#a", "ann", "x", NULL, T - T % SECOND}, true},
                {"id, whole second", {"#a", "ann", "x", "m", T},
                        {"#a", "ann", "x", "m", T - T % SECOND}, true},
                {"next second", {"#a", "ann", "x", NULL, T},
                        {"#a", "ann", "x", NULL, T - T % SECOND + SECOND}, false},
                {"id without time", {"#a", "ann", "x", "m", 0}, {"#a", "ann", "x", "m", T}, true},
                {"private without time", {NULL, "ann", "x", "m", 0}, {NULL, "ann", "x", "m", T},
                        true},
                {"told without time", {"#a", "ann", "x", "m", 0}, {"#a", "ann", "x", "m", 0},
                        false},
                {"long before", {"#a", "ann", "x", "m", 0},
                        {"#a", "ann", "x", "m", T - 121 * SECOND}, false},
                {"elsewhere without time", {"#b", "ann", "x", "m", 0}, {"#a", "ann", "x", "m", T},
                        false},
                {"nothing to go by", {"#a", "ann", "x", NULL, 0}, {"#a", "ann", "x", NULL, 0},
                        false},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_test_message("%s", cases[i].about);
                store_lines(fixture, &cases[i].stored, 1);
                assert_replay(fixture, &cases[i].told, 1, cases[i].is_known ? "k" : "n");
                assert_count(fixture, cases[i].is_known ? 1 : 2);
                fixture_run(fixture->folder, "PRAGMA trusted_schema = 1; DELETE FROM messages");
        }
}

/* What the row lacks is filled in. */
static void test_completed(Fixture *fixture, gconstpointer unused)
{
        static const Line stored[] = {
                {"#a", "ann", "no id", NULL, T},
                {"#a", "ann", "no time", "m2", 0},
                {"#a", "ann", "both", "m3", T},
        };
        static const Line told[] = {
                {"#a", "ann", "no id", "m1", T},
                {"#a", "ann", "no time", "m2", T + 7},
                {"#a", "ann", "both", "m3", T},
        };

        store_lines(fixture, stored, G_N_ELEMENTS(stored));
        assert_replay(fixture, told, G_N_ELEMENTS(told), "kkk");
        assert_sql(fixture->folder,
                "SELECT group_concat(msgid || (sent_at - 1700000000123000), ' ') FROM messages",
                "m10 m27 m30");
}

/* What was said twice at the same time stays two, in a list and over several. */
static void test_twins(Fixture *fixture, gconstpointer unused)
{
        const Line same = {"#a", "ann", "lol", NULL, T};
        const Line twins[] = {same, same, same};
        static const Line ids[] = {
                {"#a", "ann", "lol", "m1", T},
                {"#a", "ann", "lol", "m2", T},
                {"#a", "ann", "lol", "m1", T},
        };

        store_lines(fixture, twins, 2);
        assert_replay(fixture, twins, 3, "kkn");
        assert_count(fixture, 3);
        assert_replay(fixture, twins, 3, "kkk");

        /* They get ids, each its own; and an id is one line however often it comes. */
        assert_replay(fixture, ids, 3, "kkk");
        assert_sql(fixture->folder, "SELECT count(DISTINCT msgid) FROM messages", "2");
        assert_count(fixture, 3);
}

static void test_new_twins(Fixture *fixture, gconstpointer unused)
{
        static const Line lines[] = {
                {"#a", "ann", "lol", NULL, T},
                {"#a", "ann", "other moment", NULL, T + 1000},
                {"#a", "ann", "lol", NULL, T},
                {"#a", "ann", "id", "m", T},
                {"#a", "ann", "id", "m", T},
                {"#a", "ann", "other moment", "n", T + 2000},
                {"#a", "ann", "id", "m", T},
        };

        assert_replay(fixture, lines, G_N_ELEMENTS(lines), "nnnnknk");
        assert_count(fixture, 5);
        assert_replay(fixture, lines, G_N_ELEMENTS(lines), "kkkkkkk");
}

/* Only what is told of the past is compared. */
static void test_live_lines(Fixture *fixture, gconstpointer unused)
{
        const Line line = {"#a", "ann", "x", "m", T};
        const Line lines[] = {line, line};
        g_autoptr(IrcEffects) effects = irc_effects_new();

        store_lines(fixture, lines, 2);
        assert_count(fixture, 2);
        assert_replay(fixture, lines, 2, "kk");

        /* Live ones and those of the past in one list. */
        add(effects, &(Line){"#a", "ann", "y", NULL, T}, true);
        add(effects, &(Line){"#a", "ann", "z", NULL, T}, false);
        add(effects, &(Line){"#a", "ann", "z", NULL, T}, true);
        add(effects, &(Line){"#a", "ann", "y", NULL, T}, true);
        apply(fixture, effects);
        g_assert_false(irc_effects_get(effects, 0)->message.is_known);
        g_assert_true(irc_effects_get(effects, 2)->message.is_known);
        g_assert_false(irc_effects_get(effects, 3)->message.is_known);
        assert_count(fixture, 5);
}

static void test_own(Fixture *fixture, gconstpointer unused)
{
        static const Line own = {"#a", "me", "hi", NULL, 0, true, true};
        static const struct {
                const char *about;
                Line told;
                bool is_known;
        } cases[] = {
                {"same", {"#a", "me", "hi", "m", T, true}, true},
                {"earlier", {"#a", "me", "hi", "m", T + 5 - 120 * SECOND, true}, true},
                {"later", {"#a", "me", "hi", "m", T + 5 + 120 * SECOND, true}, true},
                {"without an id", {"#a", "me", "hi", NULL, T, true}, true},
                {"too early", {"#a", "me", "hi", "m", T + 4 - 120 * SECOND, true}, false},
                {"too late", {"#a", "me", "hi", "m", T + 6 + 120 * SECOND, true}, false},
                {"other text", {"#a", "me", "ho", "m", T, true}, false},
                {"other channel", {"#b", "me", "hi", "m", T, true}, false},
                {"private", {NULL, "me", "hi", "m", T, true}, false},
                {"somebody else", {"#a", "ann", "hi", "m", T}, false},
                {"other type", {"#a", "me", "hi", "m", T, true, .type = IRC_MESSAGE_ACTION}, false},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *expected = g_strdup_printf("%s%s%" G_GINT64_FORMAT,
                        cases[i].told.msgid ?: "", cases[i].is_known ? "-" : "unconfirmed",
                        cases[i].is_known ? cases[i].told.sent_at : T + 5);

                g_test_message("%s", cases[i].about);
                store_lines(fixture, &own, 1);
                assert_replay(fixture, &cases[i].told, 1, cases[i].is_known ? "k" : "n");
                assert_count(fixture, cases[i].is_known ? 1 : 2);
                assert_sql(fixture->folder,
                        "SELECT ifnull(max(msgid), '') ||"
                        " (SELECT ifnull(delivery, '-') || sent_at FROM messages WHERE content ="
                        " 'hi' AND sender = 'me' ORDER BY id LIMIT 1) FROM messages",
                        expected);
                assert_replay(fixture, &cases[i].told, 1, "k");
                fixture_run(fixture->folder, "PRAGMA trusted_schema = 1; DELETE FROM messages");
        }
}

/* Each of them is one of what we said, the nearest. */
static void test_own_again_and_again(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        static const Line told[] = {
                {"#a", "me", "hi", "m2", T + 60 * SECOND, true},
                {"#a", "me", "hi", "m1", T, true},
                {"#a", "me", "hi", "m3", T + 90 * SECOND, true},
                {"#a", "me", "hi", "m2", T + 60 * SECOND, true},
        };

        for (int i = 0; i < 2; i++)
                add(effects, &(Line){"#a", "me", "hi", NULL, 0, true, true}, false)
                        ->message.received_at = T + 60 * SECOND * i + 5;
        apply(fixture, effects);
        assert_replay(fixture, told, G_N_ELEMENTS(told), "kknk");
        assert_sql(fixture->folder,
                "SELECT group_concat(id || msgid || ifnull(delivery, '-'), ' ') FROM messages",
                "1m1- 2m2- 3m3-");
}

/* The same list once more, after the first attempt came to nothing. */
static void test_rollback(Fixture *fixture, gconstpointer unused)
{
        static const Line own = {"#a", "me", "hi", NULL, 0, true, true};
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(GError) error = NULL;

        store_lines(fixture, &own, 1);
        add(effects, &(Line){"#a", "me", "hi", "m1", T, true}, true);
        add(effects, &(Line){"#a", "ann", "new", "m2", T}, true);
        for (int i = 0; i < 2; i++) {
                assert_ok(error, ic_store_begin(fixture->store, &error));
                apply(fixture, effects);
                g_assert_true(irc_effects_get(effects, 0)->message.is_known);
                g_assert_cmpint(irc_effects_get(effects, 1)->message.row_id, ==, 2);
                if (i == 0)
                        ic_store_rollback(fixture->store);
        }
        assert_ok(error, ic_store_commit(fixture->store, &error));
        assert_count(fixture, 2);
        assert_sql(fixture->folder, "SELECT msgid FROM messages WHERE id = 1", "m1");
}

#define MANY 15000

static void store_many(Fixture *fixture, gint64 sent_at, int count)
{
        g_autofree char *sql = g_strdup_printf(
                "INSERT OR IGNORE INTO channels (id, server_id, name) VALUES (1, 1, '#a');"
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                " INSERT INTO messages (server_id, channel_id, target, sender, content,"
                " message_type, is_self, sent_at, received_at) SELECT 1, 1, '#a', 'ann', 'x',"
                " 'privmsg', 0, %" G_GINT64_FORMAT ", 1 FROM n",
                count, sent_at);

        fixture_run(fixture->folder, sql);
}

static char *replay_many(Fixture *fixture, gint64 first, gint64 second, gsize count)
{
        g_autofree Line *lines = g_new(Line, count);

        for (gsize i = 0; i < count; i++)
                lines[i] = (Line){"#a", "ann", "x", NULL, i % 2 == 0 ? first : second};
        return replay(fixture, lines, count);
}

/* A huge number of identical lines is recognised to the last, a moment being read once. */
static void test_many_identical(Fixture *fixture, gconstpointer unused)
{
        store_many(fixture, T, MANY);
        g_autofree char *answer = replay_many(fixture, T, T, MANY + 3);
        g_assert_cmpuint(strspn(answer, "k"), ==, MANY);
        g_assert_cmpstr(answer + MANY, ==, "nnn");
}

/* Two moments in turn would each be read again and again: there is an end to it, beyond which lines
 * are stored twice rather than lost. */
static void test_many_in_turn(Fixture *fixture, gconstpointer unused)
{
        store_many(fixture, T, MANY);
        store_many(fixture, T + 1000, MANY);
        g_autofree char *answer = replay_many(fixture, T, T + 1000, 1000);
        g_assert_cmpuint(strspn(answer, "k"), >, 0);
        g_assert_cmpuint(strspn(answer, "k"), <, 10);
        g_assert_cmpstr(g_strrstr(answer, "k") + 1, ==, strchr(answer, 'n'));

        /* The next list is another one. */
        g_autofree char *next = replay_many(fixture, T, T, 10);
        g_assert_cmpstr(next, ==, "kkkkkkkkkk");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        fixture_test("/store/replay/one-line", test_one_line);
        fixture_test("/store/replay/completed", test_completed);
        fixture_test("/store/replay/twins", test_twins);
        fixture_test("/store/replay/new-twins", test_new_twins);
        fixture_test("/store/replay/live-lines", test_live_lines);
        fixture_test("/store/replay/own", test_own);
        fixture_test("/store/replay/own-again-and-again", test_own_again_and_again);
        fixture_test("/store/replay/rollback", test_rollback);
        fixture_test("/store/replay/many-identical", test_many_identical);
        fixture_test("/store/replay/many-in-turn", test_many_in_turn);
        return g_test_run();
}
