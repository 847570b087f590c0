/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Opening: schema, migrations, and every file and folder that must be refused untouched. */

#include <glib/gstdio.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "store/database.h"
#include "store/schema.h"

#define NOBODY 65534

static void assert_names(const GError *error, const char *folder)
{
        g_autofree char *path = g_build_filename(folder, IC_STORE_FILE, NULL);

        g_assert_nonnull(strstr(error->message, path));
        if (ic_error_remedy(ic_error_of(error)))
                g_assert_nonnull(strstr(error->message, ic_error_remedy(ic_error_of(error))));
}

/* The file keeps its bytes. */
static void assert_refused(const char *folder, IcStoreFlags flags, IcError code)
{
        g_autofree char *path = g_build_filename(folder, IC_STORE_FILE, NULL);
        g_autofree char *before = NULL, *after = NULL;
        gsize before_len = 0, after_len = 0;
        g_autoptr(GError) error = NULL;
        g_autoptr(IcStore) store = NULL;

        g_assert_true(g_file_get_contents(path, &before, &before_len, NULL));
        g_assert_false(ic_store_open(folder, flags, &store, &error));
        g_assert_error(error, IC_ERROR, (int) code);
        g_test_message("%s", error->message);
        assert_names(error, folder);
        g_assert_false(ic_store_error_is_transient(error));
        g_assert_true(g_file_get_contents(path, &after, &after_len, NULL));
        g_assert_cmpmem(before, before_len, after, after_len);
}

static void close_store(Fixture *fixture)
{
        g_clear_pointer(&fixture->store, ic_store_free);
}

static void test_create(Fixture *fixture, gconstpointer unused)
{
        g_autofree char *version = g_strdup_printf("%d", ic_store_schema_version());
        g_autofree char *path = g_build_filename(fixture->folder, IC_STORE_FILE, NULL);
        mode_t mask = umask(0027);
        struct stat st;

        assert_sql(fixture->folder, "PRAGMA user_version", version);
        assert_sql(fixture->folder, "PRAGMA journal_mode", "wal");
        assert_sql(fixture->folder, "SELECT count(*) FROM servers", "1");

        close_store(fixture);
        g_assert_cmpint(g_remove(path), ==, 0);
        fixture->store = fixture_open(fixture->folder, IC_STORE_CREATE);
        g_assert_cmpint(g_stat(path, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 07777, ==, 0640);
        umask(mask);
}

static void test_names_of_design(Fixture *fixture, gconstpointer unused)
{
        static const char *const columns[] = {
                "id, name, address, port, tls, nickname, username, realname, tls_pin,"
                " sasl_mechanisms, sasl_account, wanted, status, process_pid, socket_path,"
                " connected_at, failed_attempts FROM servers",
                "id, server_id, name, autojoin, joined, topic, key FROM channels",
                "channel_id, nickname, account, prefixes FROM channel_users",
                "id, server_id, channel_id, target, sender, account, content, message_type,"
                " is_self, msgid, sent_at, received_at FROM messages",
                "delivery, redacted_at, redacted_by, redaction_reason FROM messages",
                "content FROM messages_fts",
                "time, server, target, sender, text FROM log",
                "account, mask, added_by, added_at, is_active FROM admin_users",
                "command_name, requires_admin, description, updated_at, updated_by"
                " FROM command_permissions",
                "server_id, name, secret FROM credentials",
                "server_id, channel, reason, attempts, is_permanent, blocked_until FROM blocklist",
                "server_id, cookie, in_position, carry, is_dropping, tail FROM links",
                "host, port, duration, expires_at FROM sts_policies",
                "server_id, target, msgid, sent_at FROM history_gaps",
                "server_id, target, read_at FROM read_markers",
        };

        for (gsize i = 0; i < G_N_ELEMENTS(columns); i++) {
                g_autofree char *sql =
                        g_strdup_printf("SELECT count(*) FROM (SELECT %s)", columns[i]);
                g_autofree char *answer = fixture_ask(fixture->folder, sql);
                g_assert_nonnull(answer);
        }
}

/* The columns of `servers` are the keys, each of its type, and the live ones. */
static void test_columns_are_keys(Fixture *fixture, gconstpointer unused)
{
        gsize count = 0;
        const IcServerKey *keys = ic_server_keys(&count);
        gsize columns = 0;

        for (gsize i = 0; i < count; i++) {
                bool is_number = keys[i].type == IC_KEY_BOOL || keys[i].type == IC_KEY_UINT;
                g_autofree char *sql = g_strdup_printf(
                        "SELECT type FROM pragma_table_info('servers') WHERE name = '%s'",
                        keys[i].name);

                if (g_str_equal(keys[i].name, "channels"))
                        continue;
                assert_sql(fixture->folder, sql, is_number ? "INTEGER" : "TEXT");
                columns++;
        }

        g_autofree char *other = g_strdup_printf("%zu", columns);
        assert_sql(fixture->folder,
                "SELECT count(*) FROM pragma_table_info('servers') WHERE name NOT IN"
                " ('id', 'wanted', 'status', 'status_since', 'process_pid', 'socket_path',"
                " 'connected_at', 'failed_attempts', 'next_attempt_at', 'idle_starts', "
                "'last_error',"
                " 'last_error_code', 'live_nickname',"
                " 'live_network', 'pending_quit')",
                other);
}

static void test_missing(void)
{
        g_autofree char *folder = fixture_new_folder();
        g_autofree char *below = g_build_filename(folder, "none", NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(IcStore) store = NULL;

        assert_fails(error, ic_store_open(folder, 0, &store, &error), IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_store_open(below, 0, &store, &error), IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_store_open(below, IC_STORE_READ_ONLY, &store, &error),
                IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_store_open(below, IC_STORE_CREATE, &store, &error),
                IC_ERROR_STORE_UNWRITABLE);
        fixture_remove_tree(folder);
}

static void test_newer_schema(Fixture *fixture, gconstpointer unused)
{
        close_store(fixture);
        fixture_run(fixture->folder, "PRAGMA user_version = 99");
        assert_refused(fixture->folder, IC_STORE_CREATE, IC_ERROR_STORE_SCHEMA);
        assert_refused(fixture->folder, IC_STORE_READ_ONLY, IC_ERROR_STORE_SCHEMA);
}

/* The present versions, and `extra` ones behind them. */
static const char **steps_with(const char *const *extra, gsize n_extra, int *ret_count)
{
        int count = 0;
        const char *const *present = ic_schema_migrations(&count);
        const char **steps = g_new(const char *, (gsize) count + n_extra);

        for (int i = 0; i < count; i++)
                steps[i] = present[i];
        for (gsize i = 0; i < n_extra; i++)
                steps[(gsize) count + i] = extra[i];
        *ret_count = count + (int) n_extra;
        return steps;
}

static void test_migration(Fixture *fixture, gconstpointer unused)
{
        static const char *const extra[] = {
                "ALTER TABLE servers ADD COLUMN extra TEXT DEFAULT 'x'"};
        int count = 0;
        g_autofree const char **steps = steps_with(extra, 1, &count);
        g_autofree char *version = g_strdup_printf("%d", count);
        g_autoptr(IcServerRow) row = NULL;
        g_autoptr(GError) error = NULL;

        close_store(fixture);
        assert_ok(error,
                ic_store_open_with(fixture->folder, 0, steps, count, &fixture->store, &error));
        assert_sql(fixture->folder, "PRAGMA user_version", version);
        assert_sql(fixture->folder, "SELECT address || extra FROM servers", "irc.example.orgx");
        assert_ok(error, ic_store_server_read(fixture->store, 1, &row, &error));

        close_store(fixture);
        assert_refused(fixture->folder, IC_STORE_CREATE, IC_ERROR_STORE_SCHEMA);
}

static void test_failed_migration(Fixture *fixture, gconstpointer unused)
{
        static const char *const extra[] = {
                "CREATE TABLE extra (a); UPDATE servers SET address = 'lost'",
                "DELETE FROM servers; ALTER TABLE nowhere ADD COLUMN x"};
        int count = 0;
        g_autofree const char **steps = steps_with(extra, 2, &count);
        g_autofree char *version = g_strdup_printf("%d", ic_store_schema_version());
        g_autofree char *failed = g_strdup_printf("from version %d to %d", count - 1, count);
        g_autofree char *path = g_build_filename(fixture->folder, IC_STORE_FILE, NULL);
        g_autofree char *before = NULL, *after = NULL;
        gsize before_len = 0, after_len = 0;
        g_autoptr(GError) error = NULL;

        close_store(fixture);
        g_assert_true(g_file_get_contents(path, &before, &before_len, NULL));
        g_assert_false(ic_store_open_with(
                fixture->folder, IC_STORE_CREATE, steps, count, &fixture->store, &error));
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, failed));
        g_assert_true(g_file_get_contents(path, &after, &after_len, NULL));
        g_assert_cmpmem(before, before_len, after, after_len);

        fixture->store = fixture_open(fixture->folder, 0);
        assert_sql(fixture->folder, "PRAGMA user_version", version);
        assert_sql(fixture->folder, "SELECT address FROM servers", "irc.example.org");
        assert_sql(fixture->folder, "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'", "0");
}

static void test_read_only(Fixture *fixture, gconstpointer unused)
{
        static const char *const extra[] = {"CREATE TABLE extra (a)"};
        int count = 0;
        g_autofree const char **steps = steps_with(extra, 1, &count);
        g_autoptr(IcStore) reader = fixture_open(fixture->folder, IC_STORE_READ_ONLY);
        g_autoptr(IcStore) newer = NULL;
        g_autoptr(IcServerRow) row = NULL;
        g_autoptr(GPtrArray) rows = NULL;
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_store_server_read(reader, 1, &row, &error));
        rows = ic_store_search(reader, 1, "word", 10, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(rows->len, ==, 0);
        assert_fails(error, ic_store_server_set_wanted(reader, 1, true, &error),
                IC_ERROR_STORE_UNWRITABLE);
        assert_fails(error,
                ic_store_open_with(
                        fixture->folder, IC_STORE_READ_ONLY, steps, count, &newer, &error),
                IC_ERROR_STORE_SCHEMA);
}

static void test_foreign_database(void)
{
        g_autofree char *folder = fixture_new_folder();

        fixture_run(folder, "CREATE TABLE notes (text)");
        assert_refused(folder, IC_STORE_CREATE, IC_ERROR_STORE_CORRUPT);
        fixture_run(folder, "PRAGMA user_version = 1");
        assert_refused(folder, IC_STORE_CREATE, IC_ERROR_STORE_CORRUPT);
        fixture_remove_tree(folder);
}

static void damage(const char *folder, gsize from, gsize len)
{
        g_autofree char *path = g_build_filename(folder, IC_STORE_FILE, NULL);
        g_autofree char *data = NULL;
        gsize size = 0;

        g_assert_true(g_file_get_contents(path, &data, &size, NULL));
        g_assert_cmpuint(from + len, <=, size);
        memset(data + from, 0x5a, len);
        g_assert_true(g_file_set_contents(path, data, (gssize) size, NULL));
}

static void test_damaged_header(Fixture *fixture, gconstpointer unused)
{
        close_store(fixture);
        damage(fixture->folder, 0, 64);
        assert_refused(fixture->folder, IC_STORE_CREATE, IC_ERROR_STORE_CORRUPT);
}

/* Each page of a small database, one after the other. */
static void test_damaged_page(Fixture *fixture, gconstpointer unused)
{
        g_autofree char *path = g_build_filename(fixture->folder, IC_STORE_FILE, NULL);
        g_autofree char *sound = NULL;
        gsize size = 0;
        const gsize page = 4096;

        close_store(fixture);
        g_assert_true(g_file_get_contents(path, &sound, &size, NULL));
        for (gsize from = page; from < size; from += page) {
                damage(fixture->folder, from, page);
                assert_refused(fixture->folder, IC_STORE_CREATE, IC_ERROR_STORE_CORRUPT);
                g_assert_true(g_file_set_contents(path, sound, (gssize) size, NULL));
        }
        fixture->store = fixture_open(fixture->folder, 0);
}

static void test_truncated(Fixture *fixture, gconstpointer unused)
{
        g_autofree char *path = g_build_filename(fixture->folder, IC_STORE_FILE, NULL);
        struct stat st;

        close_store(fixture);
        g_assert_cmpint(g_stat(path, &st), ==, 0);
        g_assert_cmpint(truncate(path, st.st_size / 2), ==, 0);
        assert_refused(fixture->folder, IC_STORE_CREATE, IC_ERROR_STORE_CORRUPT);
}

static void test_damaged_large(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autofree char *text = g_strnfill(4000, 'x');
        g_autofree char *root = NULL;
        g_autoptr(GError) error = NULL;

        for (int i = 0; i < 1000; i++)
                fixture_add_privmsg(effects, "#a", "nick", text);
        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));
        close_store(fixture);
        fixture->store = fixture_open(fixture->folder, 0);

        close_store(fixture);
        root = fixture_ask(
                fixture->folder, "SELECT rootpage FROM sqlite_schema WHERE name = 'servers'");
        damage(fixture->folder, (g_ascii_strtoull(root, NULL, 10) - 1) * 4096, 4096);
        assert_refused(fixture->folder, 0, IC_ERROR_STORE_CORRUPT);
}

static void test_not_a_file(void)
{
        g_autofree char *folder = fixture_new_folder();
        g_autofree char *path = g_build_filename(folder, IC_STORE_FILE, NULL);
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
        assert_fails(error, ic_store_open(folder, IC_STORE_CREATE, &store, &error),
                IC_ERROR_STORE_CORRUPT);
        fixture_remove_tree(folder);
}

/* Permissions mean nothing to root. */
static bool become_nobody(const char *folder)
{
        return geteuid() != 0 ||
               (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
                       setresuid(NOBODY, NOBODY, NOBODY) == 0);
}

static void assert_unwritable(const char *folder)
{
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_false(ic_store_open(folder, IC_STORE_CREATE, &store, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_STORE_UNWRITABLE);
        assert_names(error, folder);
        g_assert_true(ic_store_error_is_transient(error));
}

static void test_unwritable_folder(Fixture *fixture, gconstpointer unused)
{
        g_autofree char *path = g_build_filename(fixture->folder, IC_STORE_FILE, NULL);
        g_autofree char *empty = fixture_new_folder();

        close_store(fixture);
        /* No file may be made in it: there is none, or the one that is there may be written. */
        g_assert_cmpint(g_chmod(empty, 0555), ==, 0);
        g_assert_cmpint(g_chmod(fixture->folder, 0555), ==, 0);
        g_assert_cmpint(g_chmod(path, 0666), ==, 0);
        fixture_in_child(become_nobody, assert_unwritable, empty);
        fixture_in_child(become_nobody, assert_unwritable, fixture->folder);

        /* The folder may be written, but not the file. */
        g_assert_cmpint(g_chmod(fixture->folder, 0777), ==, 0);
        g_assert_cmpint(g_chmod(path, 0444), ==, 0);
        fixture_in_child(become_nobody, assert_unwritable, fixture->folder);

        /* It may not even be entered. */
        g_assert_cmpint(g_chmod(fixture->folder, 0700), ==, 0);
        if (geteuid() == 0)
                fixture_in_child(become_nobody, assert_unwritable, fixture->folder);
        fixture_remove_tree(empty);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        fixture_test("/store/open/create", test_create);
        fixture_test("/store/open/names-of-design", test_names_of_design);
        fixture_test("/store/open/columns-are-keys", test_columns_are_keys);
        g_test_add_func("/store/open/missing", test_missing);
        fixture_test("/store/open/newer-schema", test_newer_schema);
        fixture_test("/store/open/migration", test_migration);
        fixture_test("/store/open/failed-migration", test_failed_migration);
        fixture_test("/store/open/read-only", test_read_only);
        g_test_add_func("/store/open/foreign-database", test_foreign_database);
        fixture_test("/store/open/damaged-header", test_damaged_header);
        fixture_test("/store/open/damaged-page", test_damaged_page);
        fixture_test("/store/open/truncated", test_truncated);
        fixture_test("/store/open/damaged-large", test_damaged_large);
        g_test_add_func("/store/open/not-a-file", test_not_a_file);
        fixture_test("/store/open/unwritable-folder", test_unwritable_folder);
        return g_test_run();
}
