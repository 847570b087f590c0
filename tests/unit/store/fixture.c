/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A store in a folder of its own, and short ways to fill it and to look into it. */

#include "fixture.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_SKIPPED 77

char *fixture_new_folder(void)
{
        g_autoptr(GError) error = NULL;
        char *folder = g_dir_make_tmp("irc-conn-store-XXXXXX", &error);

        g_assert_no_error(error);
        return folder;
}

void fixture_remove_tree(const char *path)
{
        if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
                g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
                const char *name;

                while (dir && (name = g_dir_read_name(dir))) {
                        g_autofree char *child = g_build_filename(path, name, NULL);
                        fixture_remove_tree(child);
                }
        }
        g_remove(path);
}

IcStore *fixture_open(const char *folder, IcStoreFlags flags)
{
        g_autoptr(GError) error = NULL;
        IcStore *store = NULL;

        assert_ok(error, ic_store_open(folder, flags, &store, &error));
        return store;
}

void fixture_add_server(IcStore *store, uint32_t id, const char *address)
{
        g_autoptr(IcServerConfig) config = ic_server_config_new();
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_server_config_set(config, "address", address, &error));
        assert_ok(error, ic_store_server_add(store, id, config, &error));
}

void fixture_setup(Fixture *fixture, gconstpointer unused)
{
        fixture->folder = fixture_new_folder();
        fixture->store = fixture_open(fixture->folder, IC_STORE_CREATE);
        fixture_add_server(fixture->store, 1, "irc.example.org");
}

void fixture_teardown(Fixture *fixture, gconstpointer unused)
{
        ic_store_free(fixture->store);
        fixture_remove_tree(fixture->folder);
        g_free(fixture->folder);
}

static sqlite3 *open_raw(const char *folder)
{
        g_autofree char *path = g_build_filename(folder, IC_STORE_FILE, NULL);
        sqlite3 *db = NULL;

        g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
        sqlite3_busy_timeout(db, 5000);
        return db;
}

char *fixture_ask(const char *folder, const char *sql)
{
        sqlite3 *db = open_raw(folder);
        sqlite3_stmt *stmt = NULL;
        char *answer = NULL;

        if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
                g_error("%s: %s", sql, sqlite3_errmsg(db));
        if (sqlite3_step(stmt) == SQLITE_ROW)
                answer = g_strdup((const char *) sqlite3_column_text(stmt, 0));
        sqlite3_finalize(stmt);
        sqlite3_close(db);
        return answer;
}

void fixture_run(const char *folder, const char *sql)
{
        sqlite3 *db = open_raw(folder);
        char *message = NULL;

        if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
                g_error("%s: %s", sql, message);
        sqlite3_close(db);
}

IrcEffect *fixture_add_privmsg(
        IrcEffects *effects, const char *channel, const char *sender, const char *content)
{
        IrcEffect *effect = irc_effects_add(effects, IRC_EFFECT_MESSAGE);

        effect->message.type = IRC_MESSAGE_PRIVMSG;
        effect->message.channel = irc_effects_strdup(effects, channel);
        effect->message.target = channel ? effect->message.channel : "me";
        effect->message.sender = irc_effects_strdup(effects, sender);
        effect->message.content = irc_effects_strdup(effects, content);
        effect->message.received_at = 1700000000000000;
        return effect;
}

bool fixture_in_child(
        bool (*prepare)(const char *folder), void (*func)(const char *folder), const char *folder)
{
        pid_t pid = fork();
        int status = 0;

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                if (prepare && !prepare(folder))
                        _exit(CHILD_SKIPPED);
                func(folder);
                _exit(EXIT_SUCCESS);
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_SKIPPED) {
                g_test_skip("not allowed here");
                return false;
        }
        g_assert_cmpint(status, ==, 0);
        return true;
}
