/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Databases of older versions, filled as the programs of their time did, are brought up to date. */

#include "fixture.h"
#include "store/schema.h"

/* As version 1 wrote it: a connection with everything set, and one with nothing but an address. */
static const char rows_1[] =
        "INSERT INTO servers (id, name, address, port, tls, nickname, alt_nicknames, username,"
        " realname, sasl_account, sasl_required, sasl_plain_insecure, survive, connect_timeout,"
        " register_timeout, ping_interval, ping_timeout, reconnect_delay_ms, reconnect_max_ms,"
        " quit_message, wanted, failed_attempts) VALUES"
        " (1, 'Home', 'irc.example.org', 7000, 0, 'ann', 'ann_;ann__', 'u', 'Ann', 'acc', 0, 1, 0,"
        " 11, 12, 13, 14, 15, 16, 'gone', 1, 2),"
        " (2, 'h', 'h', 6697, 1, 'irc-conn', NULL, NULL, NULL, NULL, 0, 0, 1, 30, 60, 90, 60, 0, 0,"
        " 'irc-conn', 0, 0);"
        "INSERT INTO channels (id, server_id, name, autojoin, autojoin_order, key) VALUES"
        " (1, 1, '#a', 1, 0, 'key'), (2, 1, '#b', 0, 0, NULL);"
        "INSERT INTO messages (id, server_id, channel_id, target, sender, content, message_type,"
        " is_self, msgid, sent_at, received_at) VALUES"
        " (1, 1, 1, '#a', 'ann', 'late', 'privmsg', 0, 'm1', 20, 21),"
        " (2, 1, 1, '#a', 'ann', 'early', 'privmsg', 0, NULL, 10, 22),"
        " (3, 1, NULL, 'ann', 'bob', 'privately', 'privmsg', 0, NULL, 30, 30);"
        "INSERT INTO messages_fts (rowid, content) VALUES (1, 'late'); UPDATE message_marks SET"
        " indexed_id = 1;"
        "INSERT INTO credentials (server_id, name, secret) VALUES (1, 'sasl-password', x'70');";

static char *folder_of_version(int version, const char *rows)
{
        char *folder = fixture_new_folder();
        int count = 0;
        const char *const *migrations = ic_schema_migrations(&count);
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(version, <, count);
        assert_ok(error,
                ic_store_open_with(folder, IC_STORE_CREATE, migrations, version, &store, &error));
        fixture_run(folder, rows);
        return folder;
}

static void assert_key(const IcServerRow *row, const char *key, const char *expected)
{
        g_autofree char *value = ic_server_config_get(row->config, key);

        g_assert_cmpstr(value, ==, expected);
}

/* What was there stays, and the keys that were not have their defaults. */
static void test_servers(void)
{
        g_autofree char *folder = folder_of_version(1, rows_1);
        g_autoptr(IcStore) store = fixture_open(folder, 0);
        g_autofree char *version = g_strdup_printf("%d", ic_store_schema_version());
        g_autoptr(IcServerConfig) defaults = ic_server_config_new();
        g_autoptr(IcServerRow) full = NULL, bare = NULL;
        g_autoptr(GError) error = NULL;
        gsize count = 0;
        const IcServerKey *keys = ic_server_keys(&count);

        assert_sql(folder, "PRAGMA user_version", version);
        assert_sql(folder, "PRAGMA integrity_check", "ok");
        assert_sql(folder, "PRAGMA foreign_key_check", NULL);

        assert_ok(error, ic_store_server_read(store, 1, &full, &error));
        assert_key(full, "name", "Home");
        assert_key(full, "port", "7000");
        assert_key(full, "alt_nicknames", "ann_;ann__");
        assert_key(full, "channels", "#a key");
        assert_key(full, "ping_timeout", "14");
        assert_key(full, "quit_message", "gone");
        g_assert_true(full->is_wanted);
        g_assert_cmpuint(full->failed_attempts, ==, 2);
        assert_sql(folder, "SELECT hex(secret) FROM credentials", "70");

        assert_ok(error, ic_store_server_read(store, 2, &bare, &error));
        assert_ok(error, ic_server_config_set(defaults, "address", "h", &error));
        assert_ok(error, ic_server_config_complete(defaults, &error));
        for (gsize i = 0; i < count; i++) {
                g_autofree char *expected = ic_server_config_get(defaults, keys[i].name);
                assert_key(bare, keys[i].name, expected);
        }

        /* And it can be written. */
        assert_ok(error, ic_store_server_update(store, 2, full->config, &error));
        fixture_add_server(store, 3, "other.example.org");
}

static void assert_history(IcStore *store, const char *target, const char *expected)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) rows = ic_store_history(store, 1, target, 0, 10, &error);
        g_autoptr(GString) found = g_string_new(NULL);

        g_assert_no_error(error);
        for (guint i = 0; i < rows->len; i++)
                g_string_append_printf(found, "%s;", ((IcStoredMessage *) rows->pdata[i])->content);
        g_assert_cmpstr(found->str, ==, expected);
}

static void test_messages(void)
{
        g_autofree char *folder = folder_of_version(1, rows_1);
        g_autoptr(IcStore) store = fixture_open(folder, 0);
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(GPtrArray) found = NULL;
        g_autoptr(GError) error = NULL;

        assert_history(store, "#a", "early;late;");
        assert_history(store, "bob", "privately;");
        assert_history(store, "", "early;late;privately;");
        found = ic_store_search(store, 1, "late OR early", 10, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(found->len, ==, 2);
        assert_sql(folder, "SELECT group_concat(text, ';') FROM log", "early;late;privately");

        /* What it holds is recognised when it is told again. */
        IrcEffect *effect = fixture_add_privmsg(effects, "#a", "ann", "late");
        effect->message.msgid = "m1";
        effect->message.sent_at = 20;
        effect->message.is_replay = true;
        assert_ok(error, ic_store_apply(store, 1, effects, &error));
        g_assert_true(irc_effects_get(effects, 0)->message.is_known);
        assert_sql(folder, "SELECT count(*) FROM messages WHERE delivery IS NULL", "3");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/store/migration/servers", test_servers);
        g_test_add_func("/store/migration/messages", test_messages);
        return g_test_run();
}
