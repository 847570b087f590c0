/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The blocklist: what blocks follow on each other, expire and are lifted, and what they keep from
 * being joined. */

#include <string.h>

#include "base/clock.h"
#include "fixture.h"
#include "store/blocklist.h"

static void block(
        IcStore *store, uint32_t id, const char *channel, const char *reason, gint64 until, int n)
{
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_store_block(store, id, channel, reason, until, (uint32_t) n, &error));
}

static IcBlock *find(IcStore *store, uint32_t id, const char *channel, gint64 now)
{
        g_autoptr(GError) error = NULL;
        IcBlock *found = NULL;

        assert_ok(error, ic_store_block_find(store, id, channel, now, &found, &error));
        return found;
}

static void assert_blocked(
        IcStore *store, uint32_t id, const char *channel, gint64 now, bool is_blocked)
{
        g_autoptr(IcBlock) found = find(store, id, channel, now);

        g_assert_cmpint(found != NULL, ==, is_blocked);
}

static void expire(IcStore *store, gint64 now, const uint32_t *expected, gsize count)
{
        g_autoptr(GArray) servers = NULL;
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_store_expire_blocks(store, now, &servers, &error));
        g_assert_cmpuint(servers->len, ==, count);
        for (gsize i = 0; i < count; i++)
                g_assert_cmpuint(g_array_index(servers, uint32_t, i), ==, expected[i]);
}

static void set_channels(Fixture *fixture, const char *channels)
{
        g_autoptr(IcServerRow) row = NULL;
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_store_server_read(fixture->store, 1, &row, &error));
        assert_ok(error, ic_server_config_set(row->config, "channels", channels, &error));
        assert_ok(error, ic_store_server_update(fixture->store, 1, row->config, &error));
}

static void assert_unblocked(IcStore *store, gint64 now, const char *expected)
{
        g_auto(GStrv) channels = NULL;
        g_autofree char *joined = NULL;
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_store_unblocked_channels(store, 1, now, &channels, &error));
        joined = channels ? g_strjoinv(";", channels) : NULL;
        g_assert_cmpstr(joined, ==, expected);
}

static void test_round_trip(Fixture *fixture, gconstpointer unused)
{
        gint64 before = ic_now_real();
        g_autoptr(IcBlock) server = NULL, channel = NULL;

        block(fixture->store, 1, NULL, "three attempts failed", before + 100, 3);
        block(fixture->store, 1, "#Ruby", NULL, 0, 1);

        server = find(fixture->store, 1, NULL, before);
        g_assert_cmpuint(server->server_id, ==, 1);
        g_assert_null(server->channel);
        g_assert_cmpstr(server->reason, ==, "three attempts failed");
        g_assert_cmpuint(server->attempts, ==, 3);
        g_assert_false(server->is_permanent);
        g_assert_cmpint(server->blocked_at, >=, before);
        g_assert_cmpint(server->blocked_until, ==, before + 100);

        channel = find(fixture->store, 1, "#rUBY", before);
        g_assert_cmpstr(channel->channel, ==, "#Ruby");
        g_assert_null(channel->reason);
        g_assert_true(channel->is_permanent);
        g_assert_cmpint(channel->blocked_until, ==, 0);

        assert_blocked(fixture->store, 1, "#other", before, false);
        assert_blocked(fixture->store, 9, NULL, before, false);
}

/* A block upon a block. */
static void test_repeated(Fixture *fixture, gconstpointer unused)
{
        static const struct {
                const char *name;
                gint64 first, second, kept; /* until */
                const char *second_reason, *kept_reason;
        } cases[] = {
                {"#later", 100, 200, 200, "second", "second"},
                {"#sooner", 200, 100, 100, "second", "second"},
                {"#no-reason", 100, 200, 200, NULL, "first"},
                {"#for-good", 100, 0, 0, "second", "second"},
                {"#stays-for-good", 0, 100, 0, "second", "first"},
                {"#twice-for-good", 0, 0, 0, "second", "second"},
                {NULL, 100, 200, 200, "second", "second"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(IcBlock) found = NULL;

                g_test_message("%s", cases[i].name);
                block(fixture->store, 1, cases[i].name, "first", cases[i].first, 3);
                block(fixture->store, 1, cases[i].name, cases[i].second_reason, cases[i].second, 2);
                found = find(fixture->store, 1, cases[i].name, 50);
                g_assert_cmpint(found->blocked_until, ==, cases[i].kept);
                g_assert_cmpint(found->is_permanent, ==, cases[i].kept == 0);
                g_assert_cmpstr(found->reason, ==, cases[i].kept_reason);
                g_assert_cmpuint(found->attempts, ==, 5);
        }
        assert_sql(fixture->folder, "SELECT count(*) FROM blocklist", "7");
}

static void test_attempts_do_not_wrap(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IcBlock) found = NULL;

        block(fixture->store, 1, NULL, NULL, 0, -1);
        block(fixture->store, 1, NULL, NULL, 0, 7);
        found = find(fixture->store, 1, NULL, 0);
        g_assert_cmpuint(found->attempts, ==, G_MAXUINT32);
}

static void test_reason_is_made_fit(Fixture *fixture, gconstpointer unused)
{
        g_autofree char *endless = g_strnfill(5000, 'x');
        g_autoptr(IcBlock) server = NULL, channel = NULL;

        block(fixture->store, 1, NULL, "K-lined:\x02\r\n\xe9", 0, 0);
        server = find(fixture->store, 1, NULL, 0);
        g_assert_cmpstr(server->reason, ==, "K-lined:\\x02\\x0d\\x0aé");
        block(fixture->store, 1, "#a", endless, 0, 0);
        channel = find(fixture->store, 1, "#a", 0);
        g_assert_cmpint(g_utf8_strlen(channel->reason, -1), ==, IC_BLOCK_REASON_MAX + 1);
}

static void test_survives(Fixture *fixture, gconstpointer unused)
{
        block(fixture->store, 1, NULL, "banned", 0, 1);
        g_clear_pointer(&fixture->store, ic_store_free);
        fixture->store = fixture_open(fixture->folder, 0);
        assert_blocked(fixture->store, 1, NULL, G_MAXINT64, true);
}

static void test_unblock(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;
        IcStore *store = fixture->store;
        bool was_blocked = true;

        fixture_add_server(store, 2, "other");
        block(store, 1, NULL, NULL, 0, 3);
        block(store, 1, "#a", NULL, 0, 1);
        block(store, 2, NULL, NULL, 0, 3);
        fixture_run(fixture->folder, "UPDATE servers SET failed_attempts = 3, idle_starts = 6,"
                                     " next_attempt_at = 99, last_error = 'why'");

        assert_ok(error, ic_store_unblock(store, 1, "#b", &was_blocked, &error));
        g_assert_false(was_blocked);
        assert_ok(error, ic_store_unblock(store, 1, "#A", &was_blocked, &error));
        g_assert_true(was_blocked);
        assert_blocked(store, 1, "#a", 0, false);
        assert_blocked(store, 1, NULL, 0, true);
        assert_sql(fixture->folder, "SELECT failed_attempts FROM servers WHERE id = 1", "3");

        assert_ok(error, ic_store_unblock(store, 1, "", &was_blocked, &error));
        g_assert_true(was_blocked);
        assert_blocked(store, 1, NULL, 0, false);
        assert_blocked(store, 2, NULL, 0, true);
        assert_sql(fixture->folder,
                "SELECT group_concat(failed_attempts || ' ' || idle_starts || ' '"
                " || next_attempt_at || last_error) FROM servers",
                "0 0 0why,3 6 99why");

        assert_ok(error, ic_store_unblock(store, 1, NULL, &was_blocked, &error));
        g_assert_false(was_blocked);
        assert_ok(error, ic_store_unblock(store, 2, NULL, NULL, &error));
}

static void test_unknown_server(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;
        IcStore *store = fixture->store;

        assert_fails(
                error, ic_store_block(store, 9, NULL, NULL, 0, 0, &error), IC_ERROR_NO_SUCH_SERVER);
        assert_fails(
                error, ic_store_block(store, 9, "#a", NULL, 0, 0, &error), IC_ERROR_NO_SUCH_SERVER);
        assert_fails(
                error, ic_store_unblock(store, 9, NULL, NULL, &error), IC_ERROR_NO_SUCH_SERVER);
}

static void test_expired_blocks_nobody(Fixture *fixture, gconstpointer unused)
{
        block(fixture->store, 1, NULL, NULL, 100, 3);
        assert_blocked(fixture->store, 1, NULL, 99, true);
        assert_blocked(fixture->store, 1, NULL, 100, false);
        assert_sql(fixture->folder, "SELECT count(*) FROM blocklist", "1");
}

static void test_expire(Fixture *fixture, gconstpointer unused)
{
        IcStore *store = fixture->store;

        for (uint32_t id = 2; id <= 5; id++)
                fixture_add_server(store, id, "other");
        block(store, 4, NULL, NULL, 100, 3);
        block(store, 2, NULL, NULL, 50, 3);
        block(store, 3, NULL, NULL, 0, 3);
        block(store, 5, NULL, NULL, 200, 3);
        block(store, 5, "#a", NULL, 100, 1);
        block(store, 5, "#b", NULL, 0, 1);
        fixture_run(fixture->folder,
                "UPDATE servers SET failed_attempts = 3, idle_starts = 6, next_attempt_at = 99");

        expire(store, 49, NULL, 0);
        assert_sql(fixture->folder, "SELECT count(*) FROM blocklist", "6");
        expire(store, 100, ((uint32_t[]){2, 4}), 2);
        assert_sql(fixture->folder,
                "SELECT group_concat(server_id || ifnull(channel, '')) FROM"
                " (SELECT * FROM blocklist ORDER BY server_id, channel)",
                "3,5,5#b");
        assert_sql(fixture->folder,
                "SELECT group_concat(id) FROM servers"
                " WHERE failed_attempts = 0 AND idle_starts = 0 AND next_attempt_at = 0",
                "2,4");
        expire(store, 100, NULL, 0);
        expire(store, G_MAXINT64, ((uint32_t[]){5}), 1);
        assert_sql(fixture->folder, "SELECT count(*) FROM blocklist WHERE is_permanent", "2");
}

/* The check that comes every half minute leaves a worker's lock alone. */
static void test_nothing_to_expire_needs_no_lock(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IcStore) other = fixture_open(fixture->folder, 0);
        g_autoptr(GError) error = NULL;

        block(fixture->store, 1, NULL, NULL, 100, 3);
        assert_ok(error, ic_store_begin(other, &error));
        expire(fixture->store, 99, NULL, 0);
        assert_fails(error, ic_store_expire_blocks(fixture->store, 100, &(GArray *){NULL}, &error),
                IC_ERROR_STORE_BUSY);
        ic_store_rollback(other);
        expire(fixture->store, 100, ((uint32_t[]){1}), 1);
}

static void test_list(Fixture *fixture, gconstpointer unused)
{
        static const struct {
                uint32_t id;
                const char *channel;
        } expected[] = {{1, NULL}, {2, NULL}, {1, "#B"}, {1, "#c"}, {2, "#a"}};
        g_autoptr(GPtrArray) none = NULL, blocks = NULL;
        g_autoptr(GError) error = NULL;
        IcStore *store = fixture->store;

        assert_ok(error, ic_store_blocks(store, &none, &error));
        g_assert_cmpuint(none->len, ==, 0);

        fixture_add_server(store, 2, "other");
        block(store, 2, "#a", NULL, 0, 0);
        block(store, 2, NULL, NULL, 1, 0);
        block(store, 1, "#c", NULL, 0, 0);
        block(store, 1, "#B", NULL, 0, 0);
        block(store, 1, NULL, NULL, 0, 0);
        assert_ok(error, ic_store_blocks(store, &blocks, &error));
        g_assert_cmpuint(blocks->len, ==, G_N_ELEMENTS(expected));
        for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
                const IcBlock *found = blocks->pdata[i];

                g_assert_cmpuint(found->server_id, ==, expected[i].id);
                g_assert_cmpstr(found->channel, ==, expected[i].channel);
        }
}

static void test_unblocked_channels(Fixture *fixture, gconstpointer unused)
{
        IcStore *store = fixture->store;

        assert_unblocked(store, 0, NULL);
        set_channels(fixture, "#z key;#a;#m two;#b");
        fixture_add_server(store, 2, "other");
        block(store, 2, "#z", NULL, 0, 1);
        block(store, 1, NULL, NULL, 0, 3);
        assert_unblocked(store, 50, "#z key;#a;#m two;#b");

        block(store, 1, "#A", NULL, 0, 1);
        block(store, 1, "#m", NULL, 100, 1);
        assert_unblocked(store, 99, "#z key;#b");
        assert_unblocked(store, 100, "#z key;#m two;#b");

        block(store, 1, "#z", NULL, 0, 1);
        block(store, 1, "#b", NULL, 0, 1);
        block(store, 1, "#m", NULL, 0, 1);
        assert_unblocked(store, 100, NULL);
}

/* One row of these would be neither for a time nor for good. */
static void test_schema_refuses_half_blocks(Fixture *fixture, gconstpointer unused)
{
        static const char *const values[] = {"0, NULL", "1, 5"};

        for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
                g_autofree char *sql = g_strdup_printf(
                        "INSERT OR IGNORE INTO blocklist"
                        " (server_id, blocked_at, is_permanent, blocked_until) VALUES (1, 0, %s)",
                        values[i]);
                fixture_run(fixture->folder, sql);
        }
        assert_sql(fixture->folder, "SELECT count(*) FROM blocklist", "0");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        fixture_test("/store/blocklist/round-trip", test_round_trip);
        fixture_test("/store/blocklist/repeated", test_repeated);
        fixture_test("/store/blocklist/attempts-do-not-wrap", test_attempts_do_not_wrap);
        fixture_test("/store/blocklist/reason-is-made-fit", test_reason_is_made_fit);
        fixture_test("/store/blocklist/survives", test_survives);
        fixture_test("/store/blocklist/unblock", test_unblock);
        fixture_test("/store/blocklist/unknown-server", test_unknown_server);
        fixture_test("/store/blocklist/expired-blocks-nobody", test_expired_blocks_nobody);
        fixture_test("/store/blocklist/expire", test_expire);
        fixture_test("/store/blocklist/nothing-to-expire-needs-no-lock",
                test_nothing_to_expire_needs_no_lock);
        fixture_test("/store/blocklist/list", test_list);
        fixture_test("/store/blocklist/unblocked-channels", test_unblocked_channels);
        fixture_test(
                "/store/blocklist/schema-refuses-half-blocks", test_schema_refuses_half_blocks);
        return g_test_run();
}
