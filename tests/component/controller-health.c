/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What the controller does to keep connections up, as far as that needs no systemd: the health
 * check, the blocklist, limits and settings. */

#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/name.h"
#include "controller-servers.h"
#include "store/blocklist.h"
#include "store/tenants.h"

#define SERVER_1 IC_SERVER_PATH_PREFIX "/1"
#define HOUR (3600 * IC_USEC_PER_SEC)

static void set_up(ControllerHost *host, gconstpointer unused)
{
        controller_host_set_up(host, unused);
        controller_host_start(host, NULL);
}

/* --- health ----------------------------------------------------------------------------------- */

static bool has_heard_state(gpointer user_data)
{
        const char *changed = strstr(((ControllerHost *) user_data)->heard->str, "StateChanged");

        return changed && strstr(changed, "PropertiesChanged");
}

static void test_health(ControllerHost *host, gconstpointer unused)
{
        g_autoptr(IcServerRow) row = NULL;

        controller_host_call(host, "HealthCheck", NULL);
        controller_host_expect(host, "([],)");
        servers_add(host, 3);
        servers_pretend_connected(host, 3);
        servers_pretend_connected(host, 1);
        g_string_truncate(host->heard, 0);
        controller_host_call(host, "HealthCheck", NULL);
        controller_host_expect(host, "([1, 3],)");
        row = servers_read(host, 1);
        g_assert_cmpint(row->connected_at, ==, 0);
        g_assert_cmpint(row->process_pid, ==, 0);
        g_assert_null(row->socket_path);
        wait_for(has_heard_state, host);
        g_assert_nonnull(strstr(host->heard->str, SERVER_1 " StateChanged('disconnected', "));
        g_assert_null(strstr(host->heard->str, "nick"));
        controller_host_call(host, "HealthCheck", NULL);
        controller_host_expect(host, "([],)");
}

static bool has_lost_name(gpointer user_data)
{
        return !((ControllerHost *) user_data)->is_there;
}

static bool is_cleared(gpointer user_data)
{
        g_autoptr(IcServerRow) row = servers_read(user_data, 1);

        return row->connected_at == 0;
}

/* A controller that was killed: the next one finds everything, and what is stale. */
static void test_killed(ControllerHost *host, gconstpointer unused)
{
        servers_add(host, 1);
        servers_pretend_connected(host, 1);
        controller_host_stop(host, SIGKILL);
        wait_for(has_lost_name, host);
        controller_host_start(host, NULL);
        wait_for(is_cleared, host);
        controller_host_call(host, "ServerStatus", "(uint32 1,)");
        servers_expect(host, "id", "1");
}

static int data_version(sqlite3 *database)
{
        sqlite3_stmt *ask = NULL;
        int version;

        g_assert_cmpint(
                sqlite3_prepare_v2(database, "PRAGMA data_version", -1, &ask, NULL), ==, SQLITE_OK);
        g_assert_cmpint(sqlite3_step(ask), ==, SQLITE_ROW);
        version = sqlite3_column_int(ask, 0);
        sqlite3_finalize(ask);
        return version;
}

/* When there is nothing to do, nothing is written. */
static void test_nothing(ControllerHost *host, gconstpointer unused)
{
        g_autofree char *folder = ic_tenants_folder(host->state_dir, getuid());
        g_autofree char *file = g_build_filename(folder, IC_STORE_FILE, NULL);
        sqlite3 *database = NULL;
        int version;

        servers_add(host, 2);
        controller_host_call(host, "Block", "(uint32 2, '', uint64 3600, '')");
        g_assert_no_error(host->error);
        g_assert_cmpint(sqlite3_open(file, &database), ==, SQLITE_OK);
        sqlite3_busy_timeout(database, 5000);
        version = data_version(database);
        for (int i = 0; i < 3; i++) {
                controller_host_call(host, "HealthCheck", NULL);
                controller_host_expect(host, "([],)");
        }
        g_assert_cmpint(data_version(database), ==, version);
        servers_pretend_connected(host, 1);
        g_assert_cmpint(data_version(database), !=, version);
        sqlite3_close(database);
}

/* --- the blocklist ---------------------------------------------------------------------------- */

static void expect_blocks(ControllerHost *host, const char *const *words, gsize n_words)
{
        g_autofree char *text = NULL;

        controller_host_call(host, "ListBlocked", NULL);
        g_assert_no_error(host->error);
        text = g_variant_print(host->answer, FALSE);
        for (gsize i = 0; i < n_words; i++)
                if (!strstr(text, words[i]))
                        g_error("\"%s\" is not in: %s", words[i], text);
        if (n_words == 0)
                g_assert_cmpstr(text, ==, "([],)");
}

static bool has_heard_release(gpointer user_data)
{
        return strstr(((ControllerHost *) user_data)->heard->str,
                       SERVER_1 " StateChanged('disconnected', ") != NULL;
}

static void test_block(ControllerHost *host, gconstpointer unused)
{
        const char *const words[] = {"'server': <uint32 1>", "'channel': <''>",
                "'reason': <'rest'>", "'permanent': <false>", "'until': <int64 "};
        g_autoptr(GVariant) until = NULL;
        g_autoptr(IcServerRow) row = NULL;

        servers_add(host, 2);
        expect_blocks(host, NULL, 0);
        controller_host_call(host, "Block", "(uint32 1, '', uint64 3600, 'rest')");
        controller_host_expect(host, "()");
        expect_blocks(host, words, G_N_ELEMENTS(words));

        controller_host_call(host, "ServerStatus", "(uint32 1,)");
        servers_expect(host, "state", "'blocked'");
        servers_expect(host, "block_reason", "'rest'");
        until = controller_host_lookup(host, "blocked_until");
        g_assert_cmpint(ABS(g_variant_get_int64(until) - ic_now_real() - HOUR), <, HOUR / 60);
        controller_host_call(host, "Status", NULL);
        servers_expect(host, "blocked", "1");
        controller_host_call_on(host, SERVER_1, "org.freedesktop.DBus.Properties", "Get",
                "('org.ircconn1.Server', 'State')");
        controller_host_expect(host, "(<'blocked'>,)");

        controller_host_call(host, "Connect", "(uint32 1,)");
        controller_host_expect_error(host, IC_ERROR_BLOCKED, "blocked until");
        controller_host_expect_error(host, IC_ERROR_BLOCKED, ": rest. 'ircctl unblock 1' lifts it");
        row = servers_read(host, 1);
        g_assert_true(row->is_wanted);

        controller_host_call(host, "Unblock", "(uint32 1, '')");
        controller_host_expect(host, "()");
        expect_blocks(host, NULL, 0);
        controller_host_call(host, "Connect", "(uint32 1,)");
        controller_host_expect_error(host, IC_ERROR_UNIT, "systemd");
        wait_for(has_heard_release, host);
        g_assert_nonnull(strstr(host->heard->str, SERVER_1 " StateChanged('blocked', "));
        g_assert_null(strstr(host->heard->str, "rest"));
}

static void test_block_for_good(ControllerHost *host, gconstpointer unused)
{
        const char *const words[] = {"'permanent': <true>", "'channel': <'#a'>"};

        servers_add(host, 1);
        controller_host_call(host, "Block", "(uint32 1, '', uint64 0, '')");
        g_assert_no_error(host->error);
        controller_host_call(host, "Connect", "(uint32 1,)");
        controller_host_expect_error(host, IC_ERROR_BLOCKED, "blocked for good");
        controller_host_call(host, "ServerStatus", "(uint32 1,)");
        servers_expect(host, "state", "'blocked'");
        servers_expect(host, "blocked_until", NULL);

        controller_host_call(host, "Block", "(uint32 1, '#a', uint64 0, '')");
        g_assert_no_error(host->error);
        expect_blocks(host, words, G_N_ELEMENTS(words));
        controller_host_call(host, "Unblock", "(uint32 1, '#A')");
        g_assert_no_error(host->error);
        controller_host_call(host, "Unblock", "(uint32 1, '')");
        g_assert_no_error(host->error);
        expect_blocks(host, NULL, 0);
}

static void test_block_refused(ControllerHost *host, gconstpointer unused)
{
        static const struct {
                const char *member, *parameters;
                IcError code;
                const char *words;
        } cases[] = {
                {"Block", "(uint32 9, '', uint64 0, '')", IC_ERROR_NO_SUCH_SERVER, ""},
                {"Unblock", "(uint32 9, '')", IC_ERROR_NO_SUCH_SERVER, ""},
                {"Block", "(uint32 1, 'a', uint64 0, '')", IC_ERROR_INVALID_VALUE, "#name"},
                {"Block", "(uint32 1, '#a key', uint64 0, '')", IC_ERROR_INVALID_VALUE, "space"},
                {"Block", "(uint32 1, '#a,#b', uint64 0, '')", IC_ERROR_INVALID_VALUE, "comma"},
                {"Unblock", "(uint32 1, '#a\\n')", IC_ERROR_INVALID_VALUE, ""},
                {"Block", "(uint32 1, '', uint64 18446744073709551615, '')", IC_ERROR_INVALID_VALUE,
                        "for good"},
        };

        servers_add(host, 1);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_test_message("%s %s", cases[i].member, cases[i].parameters);
                controller_host_call(host, cases[i].member, cases[i].parameters);
                controller_host_expect_error(host, cases[i].code, cases[i].words);
        }
        expect_blocks(host, NULL, 0);
}

static void store_block(ControllerHost *host, gint64 until)
{
        g_autoptr(IcStore) store = servers_open(host);

        g_assert_true(ic_store_block(store, 1, NULL, "refused", until, 3, NULL));
}

/* What has expired blocks nobody, and the health check takes it away. */
static void test_expired(ControllerHost *host, gconstpointer unused)
{
        g_autoptr(GPtrArray) blocks = NULL;
        g_autoptr(IcStore) store = NULL;

        servers_add(host, 1);
        store_block(host, 1);
        expect_blocks(host, NULL, 0);
        controller_host_call(host, "ServerStatus", "(uint32 1,)");
        servers_expect(host, "state", "'disconnected'");
        controller_host_call(host, "Connect", "(uint32 1,)");
        controller_host_expect_error(host, IC_ERROR_UNIT, "");
        controller_host_call(host, "HealthCheck", NULL);
        controller_host_expect(host, "([],)");
        wait_for(has_heard_release, host);
        store = servers_open(host);
        g_assert_true(ic_store_blocks(store, &blocks, NULL));
        g_assert_cmpuint(blocks->len, ==, 0);
}

static void pretend_refused(ControllerHost *host, IcError code)
{
        g_autoptr(IcStore) store = servers_open(host);
        g_autoptr(GError) failure = g_error_new_literal(IC_ERROR, (int) code, "go away");

        g_assert_true(ic_store_server_add_failure(store, 1, failure, true, 0, NULL, NULL));
        g_assert_true(ic_store_block(store, 1, NULL, failure->message, 0, 1, NULL));
}

static void expect_state(ControllerHost *host, const char *state)
{
        controller_host_call(host, "ServerStatus", "(uint32 1,)");
        servers_expect(host, "state", state);
}

/* New credentials lift the block that the old ones led to, and no other. */
static void test_credentials(ControllerHost *host, gconstpointer unused)
{
        const char *set = "(uint32 1, 'sasl-password', b'secret')";
        const char *update = "(uint32 1, {'sasl_account': <'ada'>})";

        servers_add(host, 1);
        pretend_refused(host, IC_ERROR_CREDENTIALS);
        controller_host_call(host, "Connect", "(uint32 1,)");
        controller_host_expect_error(host, IC_ERROR_BLOCKED, "set-credential 1");
        controller_host_call(host, "ServerStatus", "(uint32 1,)");
        servers_expect(host, "last_error_code", "'credentials'");
        controller_host_call(host, "SetCredential", set);
        g_assert_no_error(host->error);
        expect_state(host, "'disconnected'");

        pretend_refused(host, IC_ERROR_CREDENTIALS);
        expect_state(host, "'blocked'");
        controller_host_call(host, "UpdateServer", update);
        g_assert_no_error(host->error);
        expect_state(host, "'disconnected'");

        pretend_refused(host, IC_ERROR_BANNED);
        controller_host_call(host, "SetCredential", set);
        controller_host_call(host, "UpdateServer", update);
        g_assert_no_error(host->error);
        expect_state(host, "'blocked'");
}

/* --- settings --------------------------------------------------------------------------------- */

static void write_settings(ControllerHost *host, const char *text)
{
        g_autofree char *file = g_build_filename(host->config_dir, "irc-conn.conf", NULL);
        g_autoptr(GError) error = NULL;

        g_assert_true(g_file_set_contents(file, text, -1, &error));
}

static guint count_in_log(ControllerHost *host, const char *words)
{
        g_autofree char *log = NULL;
        guint count = 0;

        g_assert_true(g_file_get_contents(host->log_file, &log, NULL, NULL));
        for (const char *at = log; (at = strstr(at, words)); at++)
                count++;
        return count;
}

/* They are in force at once, and what is wrong in them is told once. */
static void test_settings(ControllerHost *host, gconstpointer unused)
{
        controller_host_call(host, "Status", NULL);
        servers_expect(host, "limit", "0");
        write_settings(host, "[Connections]\nMaxConnections=20\nMaxConnection=3\n");
        for (int i = 0; i < 3; i++) {
                controller_host_call(host, "Status", NULL);
                servers_expect(host, "limit", "20");
        }
        g_assert_cmpuint(count_in_log(host, "irc-conn.conf:3: "), ==, 1);
        write_settings(host, "[Connections]\nMaxConnections=21\nMaxConnection=3\n");
        controller_host_call(host, "Status", NULL);
        servers_expect(host, "limit", "21");
        g_assert_cmpuint(count_in_log(host, "irc-conn.conf:3: "), ==, 1);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name, func)                                                                            \
        g_test_add("/controller/" name, ControllerHost, NULL, set_up, func,                        \
                controller_host_tear_down)
        ADD("health", test_health);
        ADD("health-of-nothing", test_nothing);
        ADD("killed", test_killed);
        ADD("block", test_block);
        ADD("block-for-good", test_block_for_good);
        ADD("block-refused", test_block_refused);
        ADD("block-expired", test_expired);
        ADD("block-for-credentials", test_credentials);
        ADD("settings", test_settings);
        return g_test_run();
}
