/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A disk without room, and other processes at the same database: nothing is lost, nothing is stored
 * twice. */

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "fixture.h"
#include "store/gap.h"
#include "store/sts.h"

#define PROCESSES 4
#define ROUNDS 50

static bool write_file(const char *path, const char *text)
{
        g_auto(IcFd) fd = open(path, O_WRONLY | O_CLOEXEC);

        return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text);
}

/* Who is not root becomes it in a user namespace. */
static bool unshare_mounts(void)
{
        g_autofree char *uid_map = g_strdup_printf("0 %u 1", geteuid());
        g_autofree char *gid_map = g_strdup_printf("0 %u 1", getegid());

        if (unshare(CLONE_NEWNS) == 0)
                return true;
        return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
               write_file("/proc/self/setgroups", "deny") &&
               write_file("/proc/self/uid_map", uid_map) &&
               write_file("/proc/self/gid_map", gid_map);
}

/* A small file system of our own over the folder; only the child process sees it. */
static bool mount_small(const char *folder)
{
        return unshare_mounts() && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
               mount("none", folder, "tmpfs", 0, "size=1m,mode=0700") == 0;
}

static bool store_batch(IcStore *store, int batch, GError **error)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();

        for (int i = 0; i < 100; i++) {
                g_autofree char *text = g_strdup_printf("%d.%d %0200d", batch, i, 0);
                fixture_add_privmsg(effects, "#a", "nick", text);
        }
        if (ic_store_begin(store, error) && ic_store_apply(store, 1, effects, error) &&
                ic_store_link_advance(store, 1, (guint64) batch, NULL, 0, false, NULL, 0, error) &&
                ic_store_commit(store, error))
                return true;
        ic_store_rollback(store);
        return false;
}

static void fill_disk(const char *folder)
{
        g_autoptr(IcStore) store = fixture_open(folder, IC_STORE_CREATE);
        IcLinkState state = {.cookie = 1};
        g_autoptr(GError) error = NULL;
        g_autofree char *expected = NULL;
        int batch = 1;

        fixture_add_server(store, 1, "irc.example.org");
        assert_ok(error, ic_store_link_save(store, 1, &state, &error));
        while (store_batch(store, batch, &error))
                batch++;
        g_assert_error(error, IC_ERROR, IC_ERROR_STORE_FULL);
        g_assert_true(ic_store_error_is_transient(error));
        g_assert_nonnull(g_strrstr(error->message, folder));
        g_clear_error(&error);

        /* Again and again, and only then is there room. */
        for (int i = 0; i < 5; i++)
                assert_fails(error, store_batch(store, batch, &error), IC_ERROR_STORE_FULL);
        g_assert_cmpint(mount(NULL, folder, NULL, MS_REMOUNT, "size=16m"), ==, 0);
        for (int more = 0; more < 3; more++, batch++)
                assert_ok(error, store_batch(store, batch, &error));

        expected = g_strdup_printf("%d", (batch - 1) * 100);
        assert_sql(folder, "SELECT count(*) FROM messages", expected);
        assert_sql(folder, "SELECT count(DISTINCT content) FROM messages", expected);
        expected = (g_free(expected), g_strdup_printf("%d", batch - 1));
        assert_sql(folder, "SELECT in_position FROM links", expected);
        assert_sql(folder, "PRAGMA integrity_check", "ok");
}

static void test_full_disk(void)
{
        g_autofree char *folder = fixture_new_folder();

        fixture_in_child(mount_small, fill_disk, folder);
        fixture_remove_tree(folder);
}

static bool mount_full(const char *folder)
{
        g_autofree char *path = g_build_filename(folder, "filler", NULL);
        g_autofree char *filler = g_malloc0(2 << 20);

        return mount_small(folder) && !g_file_set_contents(path, filler, 2 << 20, NULL);
}

static void open_on_full_disk(const char *folder)
{
        g_autofree char *path = g_build_filename(folder, "filler", NULL);
        g_autofree char *filler = g_malloc0((1 << 20) - 3 * 4096);
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_true(g_file_set_contents(path, filler, (1 << 20) - 3 * 4096, NULL));
        assert_fails(
                error, ic_store_open(folder, IC_STORE_CREATE, &store, &error), IC_ERROR_STORE_FULL);
        g_assert_cmpint(mount(NULL, folder, NULL, MS_REMOUNT, "size=16m"), ==, 0);
        assert_ok(error, ic_store_open(folder, IC_STORE_CREATE, &store, &error));
}

static void test_open_on_full_disk(void)
{
        g_autofree char *folder = fixture_new_folder();

        fixture_in_child(mount_full, open_on_full_disk, folder);
        fixture_remove_tree(folder);
}

static void test_busy(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IcStore) other = fixture_open(fixture->folder, 0);
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_store_begin(fixture->store, &error));
        g_assert_false(ic_store_begin(other, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_STORE_BUSY);
        g_assert_true(ic_store_error_is_transient(error));
        g_clear_error(&error);
        assert_fails(
                error, ic_store_server_set_wanted(other, 1, true, &error), IC_ERROR_STORE_BUSY);
        ic_store_rollback(fixture->store);
        assert_ok(error, ic_store_server_set_wanted(other, 1, true, &error));
}

static void wait_for_all(const pid_t *pids)
{
        for (int i = 0; i < PROCESSES; i++) {
                int status = 0;

                g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
                g_assert_cmpint(status, ==, 0);
        }
}

static void write_rounds(const char *folder, int process)
{
        g_autoptr(IcStore) store = fixture_open(folder, 0);

        for (int round = 0; round < ROUNDS; round++) {
                g_autoptr(GError) error = NULL;

                while (!store_batch(store, process * ROUNDS + round, &error)) {
                        g_assert_error(error, IC_ERROR, IC_ERROR_STORE_BUSY);
                        g_clear_error(&error);
                }
        }
}

static void test_writers(Fixture *fixture, gconstpointer unused)
{
        pid_t pids[PROCESSES];
        IcLinkState state = {.cookie = 1};
        g_autoptr(GError) error = NULL;
        g_autofree char *expected = g_strdup_printf("%d", PROCESSES * ROUNDS * 100);

        assert_ok(error, ic_store_link_save(fixture->store, 1, &state, &error));
        g_clear_pointer(&fixture->store, ic_store_free); /* SQLite does not outlive a fork */
        for (int i = 0; i < PROCESSES; i++) {
                pids[i] = fork();
                g_assert_cmpint(pids[i], >=, 0);
                if (pids[i] == 0) {
                        write_rounds(fixture->folder, i);
                        _exit(EXIT_SUCCESS);
                }
        }
        wait_for_all(pids);
        assert_sql(fixture->folder, "SELECT count(DISTINCT content) FROM messages", expected);
        assert_sql(fixture->folder, "SELECT max(id) FROM messages", expected);
        assert_sql(fixture->folder, "SELECT count(*) FROM channels", "1");
}

static bool tell_past(IcStore *store, int page, GError **error)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        bool is_gap = false;
        g_auto(IcGapPoint) point = {0};

        for (int i = 0; i < 100; i++) {
                g_autofree char *msgid = g_strdup_printf("%d.%d", page, i);
                IrcEffect *effect = fixture_add_privmsg(effects, "#a", "nick", "text");

                effect->message.msgid = irc_effects_strdup(effects, msgid);
                effect->message.sent_at = page * 1000 + i + 1;
                effect->message.is_replay = true;
        }
        return ic_store_apply(store, 1, effects, error) &&
               ic_store_gap_open(store, 1, "#a", G_MAXINT64, &point, &is_gap, error) &&
               ic_store_sts_put(store, "h", 6697, 1 + page, page, error);
}

static void tell_rounds(const char *folder)
{
        g_autoptr(IcStore) store = fixture_open(folder, 0);

        for (int round = 0; round < ROUNDS; round++) {
                g_autoptr(GError) error = NULL;

                while (!tell_past(store, round, &error)) {
                        g_assert_error(error, IC_ERROR, IC_ERROR_STORE_BUSY);
                        g_clear_error(&error);
                }
        }
}

/* All are told the same: what one has stored the others know, wherever they stand. */
static void test_tellers(Fixture *fixture, gconstpointer unused)
{
        pid_t pids[PROCESSES];
        g_autofree char *expected = g_strdup_printf("%d", ROUNDS * 100);

        g_clear_pointer(&fixture->store, ic_store_free);
        for (int i = 0; i < PROCESSES; i++) {
                pids[i] = fork();
                g_assert_cmpint(pids[i], >=, 0);
                if (pids[i] == 0) {
                        tell_rounds(fixture->folder);
                        _exit(EXIT_SUCCESS);
                }
        }
        wait_for_all(pids);
        assert_sql(fixture->folder, "SELECT count(*) FROM messages", expected);
        assert_sql(fixture->folder, "SELECT count(DISTINCT msgid) FROM messages", expected);
        assert_sql(fixture->folder, "SELECT msgid || sent_at FROM history_gaps", "0.99100");
        assert_sql(fixture->folder, "SELECT count(*) FROM sts_policies", "1");
        assert_sql(fixture->folder, "PRAGMA integrity_check", "ok");
}

static void open_until_done(const char *folder)
{
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GError) error = NULL;

        while (!ic_store_open(folder, IC_STORE_CREATE, &store, &error)) {
                g_assert_error(error, IC_ERROR, IC_ERROR_STORE_BUSY);
                g_clear_error(&error);
        }
}

/* All make the file, all bring the schema up to date. */
static void test_openers(void)
{
        for (int round = 0; round < 10; round++) {
                g_autofree char *version = g_strdup_printf("%d", ic_store_schema_version());
                g_autofree char *folder = fixture_new_folder();
                pid_t pids[PROCESSES];

                for (int i = 0; i < PROCESSES; i++) {
                        pids[i] = fork();
                        g_assert_cmpint(pids[i], >=, 0);
                        if (pids[i] == 0) {
                                open_until_done(folder);
                                _exit(EXIT_SUCCESS);
                        }
                }
                wait_for_all(pids);
                assert_sql(folder, "PRAGMA user_version", version);
                assert_sql(folder, "PRAGMA integrity_check", "ok");
                fixture_remove_tree(folder);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/store/contention/full-disk", test_full_disk);
        g_test_add_func("/store/contention/open-on-full-disk", test_open_on_full_disk);
        fixture_test("/store/contention/busy", test_busy);
        fixture_test("/store/contention/writers", test_writers);
        fixture_test("/store/contention/tellers", test_tellers);
        g_test_add_func("/store/contention/openers", test_openers);
        return g_test_run();
}
