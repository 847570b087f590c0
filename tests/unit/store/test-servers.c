/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Rows of `servers`, their live facts, and credentials. */

#include <string.h>

#include "fixture.h"

static IcServerRow *read_row(Fixture *fixture, uint32_t id)
{
        g_autoptr(GError) error = NULL;
        IcServerRow *row = NULL;

        assert_ok(error, ic_store_server_read(fixture->store, id, &row, &error));
        g_assert_cmpuint(row->id, ==, id);
        return row;
}

static void set(IcServerConfig *config, const char *key, const char *value)
{
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_server_config_set(config, key, value, &error));
}

static void assert_same(const IcServerConfig *a, const IcServerConfig *b)
{
        gsize count = 0;
        const IcServerKey *keys = ic_server_keys(&count);

        for (gsize i = 0; i < count; i++) {
                g_autofree char *left = ic_server_config_get(a, keys[i].name);
                g_autofree char *right = ic_server_config_get(b, keys[i].name);
                g_assert_cmpstr(left, ==, right);
        }
}

/* Every key has a value that is not its default, and comes back. */
static void test_round_trip(Fixture *fixture, gconstpointer unused)
{
        static const char *const settings[][2] = {
                {"name", "Home"},
                {"address", "irc.example.net"},
                {"alt_addresses", "b.example.net;[2001:db8::1]:7000"},
                {"port", "7000"},
                {"tls", "true"},
                {"sts", "false"},
                {"bind_address", "192.0.2.1;2001:db8::2"},
                {"proxy", "http://me@proxy.example.net:3128"},
                {"nickname", "somebody"},
                {"alt_nicknames", "a;b"},
                {"regain_nickname", "false"},
                {"username", "user"},
                {"realname", "Réal Náme"},
                {"channels", "#z key;#a;&m"},
                {"fetch_history", "false"},
                {"track_accounts", "false"},
                {"lite", "true"},
                {"bot", "true"},
                {"ctcp", "false"},
                {"encoding", "iso-8859-1"},
                {"away_message", "out"},
                {"tls_ca_file", "/ca.pem"},
                {"tls_client_cert", "/cert.pem"},
                {"tls_client_key", "/key.pem"},
                {"tls_pin", "sha256:"
                            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
                {"sasl_mechanisms", "EXTERNAL;PLAIN"},
                {"sasl_account", "acc"},
                {"sasl_ecdsa_key_file", "/ecdsa.pem"},
                {"sasl_required", "false"},
                {"sasl_plain_insecure", "true"},
                {"nickserv", "AuthServ@services.example.net"},
                {"survive", "false"},
                {"connect_timeout", "1"},
                {"register_timeout", "2"},
                {"ping_interval", "3"},
                {"ping_timeout", "4"},
                {"reconnect_delay_ms", "5"},
                {"reconnect_max_ms", "6"},
                {"quit_message", "gone"},
        };
        g_autoptr(IcServerConfig) config = ic_server_config_new();
        g_autoptr(IcServerRow) row = NULL, updated = NULL;
        g_autoptr(GError) error = NULL;
        gsize count = 0;

        ic_server_keys(&count);
        g_assert_cmpuint(count, ==, G_N_ELEMENTS(settings));
        for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
                set(config, settings[i][0], settings[i][1]);
        assert_ok(error, ic_store_server_add(fixture->store, 2, config, &error));
        row = read_row(fixture, 2);
        assert_same(row->config, config);
        assert_sql(fixture->folder, "SELECT key FROM channels WHERE name = '#Z'", "key");

        assert_ok(error, ic_store_server_update(fixture->store, 1, config, &error));
        updated = read_row(fixture, 1);
        assert_same(updated->config, config);
}

static void test_derived_values(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IcServerRow) row = read_row(fixture, 1);
        g_autoptr(IcServerRow) changed = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_cmpuint(row->config->port, ==, 6697);
        g_assert_cmpstr(row->config->name, ==, "irc.example.org");
        g_assert_false(row->is_wanted);
        g_assert_null(row->status);
        g_assert_cmpint(row->connected_at, ==, 0);

        /* The port follows although it was stored. */
        set(row->config, "tls", "false");
        assert_ok(error, ic_store_server_update(fixture->store, 1, row->config, &error));
        changed = read_row(fixture, 1);
        g_assert_cmpuint(changed->config->port, ==, 6667);
}

static void test_unlisted_channel_keeps_history(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IcServerRow) row = read_row(fixture, 1);
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(IcServerRow) changed = NULL;
        g_autoptr(GError) error = NULL;

        set(row->config, "channels", "#one key;#two");
        assert_ok(error, ic_store_server_update(fixture->store, 1, row->config, &error));
        fixture_add_privmsg(effects, "#ONE", "nick", "text");
        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));

        set(row->config, "channels", "#three;#two");
        assert_ok(error, ic_store_server_update(fixture->store, 1, row->config, &error));
        changed = read_row(fixture, 1);
        g_assert_cmpstrv(changed->config->channels, ((const char *[]){"#three", "#two", NULL}));
        assert_sql(fixture->folder, "SELECT count(*) FROM channels", "3");
        assert_sql(fixture->folder,
                "SELECT c.name || c.autojoin || m.content FROM messages m"
                " JOIN channels c ON c.id = m.channel_id",
                "#one0text");
}

static void test_unknown_server(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(GError) refused = g_error_new_literal(IC_ERROR, IC_ERROR_UNREACHABLE, "refused");
        g_autoptr(IcServerConfig) config = ic_server_config_new();
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(IcServerRow) row = NULL;
        g_autoptr(GBytes) secret = g_bytes_new_static("hunter2", 7);
        g_autoptr(GError) error = NULL;
        IcStore *store = fixture->store;
        IcLinkState state = {.cookie = 1};

        set(config, "address", "h");
        fixture_add_privmsg(effects, "#a", "nick", "text");
        assert_fails(error, ic_store_server_read(store, 9, &row, &error), IC_ERROR_NO_SUCH_SERVER);
        assert_fails(
                error, ic_store_server_update(store, 9, config, &error), IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_store_server_remove(store, 9, &error), IC_ERROR_NO_SUCH_SERVER);
        assert_fails(
                error, ic_store_server_set_wanted(store, 9, true, &error), IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_store_server_set_pending_quit(store, 9, "x", &error),
                IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_store_server_set_process(store, 9, 1, "/s", &error),
                IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_store_server_set_status(store, 9, "x", 1, NULL, &error),
                IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_store_server_set_connected(store, 9, 1, NULL, NULL, &error),
                IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_store_server_set_live_names(store, 9, "n", NULL, &error),
                IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_store_server_add_failure(store, 9, refused, true, 0, NULL, &error),
                IC_ERROR_NO_SUCH_SERVER);
        assert_fails(
                error, ic_store_server_clear_live(store, 9, NULL, &error), IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_store_credential_set(store, 9, "sasl-password", secret, &error),
                IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_store_link_save(store, 9, &state, &error), IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_store_apply(store, 9, effects, &error), IC_ERROR_NO_SUCH_SERVER);
        assert_sql(fixture->folder, "SELECT count(*) FROM messages", "0");
}

static void test_unusable_configuration(Fixture *fixture, gconstpointer unused)
{
        static const struct {
                const char *damage, *word;
        } cases[] = {
                {"UPDATE servers SET port = 70000", "port"},
                {"UPDATE servers SET port = 6667, nickname = 'a b'", "nickname"},
                {"UPDATE servers SET nickname = 'a', address = ''", "address"},
                {"UPDATE servers SET address = 'h', tls_client_key = '/k'", "tls_client_cert"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(IcServerRow) row = NULL;
                g_autoptr(GError) error = NULL;

                fixture_run(fixture->folder, cases[i].damage);
                g_assert_false(ic_store_server_read(fixture->store, 1, &row, &error));
                g_assert_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION);
                g_assert_nonnull(strstr(error->message, cases[i].word));
                g_assert_nonnull(strstr(error->message, "connection 1"));
        }
}

static void test_incomplete_is_not_stored(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IcServerConfig) config = ic_server_config_new();
        g_autoptr(GError) error = NULL;

        assert_fails(error, ic_store_server_add(fixture->store, 2, config, &error),
                IC_ERROR_BAD_CONFIGURATION);
        set(config, "address", "h");
        assert_fails(
                error, ic_store_server_add(fixture->store, 1, config, &error), IC_ERROR_FAILED);
        assert_sql(fixture->folder, "SELECT count(*) FROM servers", "1");
}

static void test_ids(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) ids = NULL;

        fixture_add_server(fixture->store, 30, "b");
        fixture_add_server(fixture->store, 4, "a");
        ids = ic_store_server_ids(fixture->store, &error);
        g_assert_no_error(error);
        g_assert_cmpmem(ids->data, ids->len * sizeof(uint32_t), ((uint32_t[]){1, 4, 30}),
                3 * sizeof(uint32_t));
}

static void test_remove(Fixture *fixture, gconstpointer unused)
{
        static const char *const tables[] = {
                "servers WHERE id = 1",
                "channels WHERE server_id = 1",
                "channel_users",
                "messages WHERE server_id = 1",
                "credentials",
                "blocklist",
                "links",
                "link_sessions",
                "messages_fts WHERE messages_fts MATCH 'gone'",
        };
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(GBytes) secret = g_bytes_new_static("hunter2", 7);
        g_autoptr(GError) error = NULL;
        IcLinkState state = {.cookie = 1};
        IrcEffect *member;
        bool is_more = true;
        gint64 last_id;

        fixture_add_server(fixture->store, 2, "other");
        fixture_add_privmsg(effects, "#a", "nick", "stays");
        assert_ok(error, ic_store_apply(fixture->store, 2, effects, &error));
        irc_effects_clear(effects);
        fixture_add_privmsg(effects, "#a", "nick", "gone");
        fixture_add_privmsg(effects, NULL, "nick", "gone");
        member = irc_effects_add(effects, IRC_EFFECT_MEMBER);
        member->member.channel = "#a";
        member->member.nickname = "nick";
        assert_ok(error, ic_store_apply(fixture->store, 1, effects, &error));
        last_id = irc_effects_get(effects, 1)->message.row_id;
        assert_ok(
                error, ic_store_credential_set(fixture->store, 1, "sasl-password", secret, &error));
        assert_ok(error, ic_store_link_save(fixture->store, 1, &state, &error));
        assert_ok(error, ic_store_index(fixture->store, 100, &is_more, &error));
        fixture_run(fixture->folder,
                "INSERT INTO blocklist (server_id, is_permanent, blocked_at) VALUES (1, 1, 0)");

        assert_ok(error, ic_store_server_remove(fixture->store, 1, &error));
        for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
                g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", tables[i]);
                assert_sql(fixture->folder, sql, "0");
        }
        assert_sql(fixture->folder,
                "SELECT content FROM messages_fts WHERE messages_fts MATCH 'stays'", "stays");
        fixture_run(fixture->folder,
                "INSERT INTO messages_fts (messages_fts, rank) VALUES ('integrity-check', 1)");

        /* Ids never repeat, though the highest are gone; and channels are not remembered. */
        assert_ok(error, ic_store_apply(fixture->store, 2, effects, &error));
        g_assert_cmpint(irc_effects_get(effects, 0)->message.row_id, >, last_id);
        assert_fails(
                error, ic_store_apply(fixture->store, 1, effects, &error), IC_ERROR_NO_SUCH_SERVER);
}

static void test_live(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IcServerRow) row = NULL, connected = NULL, kept = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GError) refused = g_error_new_literal(IC_ERROR, IC_ERROR_UNREACHABLE, "refused");
        IcStore *store = fixture->store;
        uint32_t attempts = 0, starts = 0;

        assert_ok(error, ic_store_server_set_wanted(store, 1, true, &error));
        assert_ok(error, ic_store_server_set_process(store, 1, 4711, "/run/1.sock", &error));
        assert_ok(error, ic_store_server_set_status(store, 1, "connecting", 5, "lost", &error));
        assert_ok(
                error, ic_store_server_add_failure(store, 1, refused, true, 55, &attempts, &error));
        g_assert_cmpuint(attempts, ==, 1);
        assert_ok(error,
                ic_store_server_add_failure(store, 1, refused, false, 77, &attempts, &error));
        g_assert_cmpuint(attempts, ==, 1);
        assert_ok(error, ic_store_server_count_start(store, 1, &starts, &error));
        assert_ok(error, ic_store_server_count_start(store, 1, &starts, &error));
        g_assert_cmpuint(starts, ==, 2);
        assert_ok(error, ic_store_server_note_progress(store, 1, &error));
        assert_ok(error, ic_store_server_count_start(store, 1, &starts, &error));
        g_assert_cmpuint(starts, ==, 1);
        assert_ok(error, ic_store_server_set_pending_quit(store, 1, "bye", &error));
        row = read_row(fixture, 1);
        g_assert_true(row->is_wanted);
        g_assert_cmpint(row->process_pid, ==, 4711);
        g_assert_cmpstr(row->socket_path, ==, "/run/1.sock");
        g_assert_cmpstr(row->status, ==, "connecting");
        g_assert_cmpint(row->status_since, ==, 5);
        g_assert_cmpstr(row->last_error, ==, "refused");
        g_assert_cmpstr(row->last_error_code, ==, "unreachable");
        g_assert_cmpint(row->next_attempt_at, ==, 77);
        g_assert_cmpuint(row->failed_attempts, ==, 1);
        g_assert_cmpstr(row->pending_quit, ==, "bye");

        assert_ok(error, ic_store_server_set_connected(store, 1, 77, "nick", "Net", &error));
        assert_ok(error, ic_store_server_set_status(store, 1, "connected", 6, NULL, &error));
        connected = read_row(fixture, 1);
        g_assert_cmpint(connected->connected_at, ==, 77);
        g_assert_cmpstr(connected->live_nickname, ==, "nick");
        g_assert_cmpstr(connected->live_network, ==, "Net");
        g_assert_cmpuint(connected->failed_attempts, ==, 1);
        g_assert_cmpstr(connected->last_error, ==, "refused");

        assert_ok(error, ic_store_server_set_connected(store, 1, 78, NULL, NULL, &error));
        assert_ok(error, ic_store_server_set_live_names(store, 1, "other", NULL, &error));
        assert_ok(error, ic_store_server_reset_failures(store, 1, &error));
        kept = read_row(fixture, 1);
        g_assert_cmpstr(kept->live_nickname, ==, "other");
        g_assert_cmpstr(kept->live_network, ==, "Net");
        g_assert_cmpuint(kept->failed_attempts, ==, 0);
        g_assert_null(kept->last_error);
}

static void test_clear_live(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(IcServerRow) row = NULL;
        g_autoptr(GError) error = NULL;
        IcStore *store = fixture->store;
        IcLinkState state = {.cookie = 1};
        IrcEffect *effect;
        bool was_live = true;

        assert_ok(error, ic_store_server_clear_live(store, 1, &was_live, &error));
        g_assert_false(was_live);

        effect = irc_effects_add(effects, IRC_EFFECT_CHANNEL_JOINED);
        effect->channel.channel = "#a";
        effect = irc_effects_add(effects, IRC_EFFECT_MEMBER);
        effect->member.channel = "#a";
        effect->member.nickname = "nick";
        assert_ok(error, ic_store_apply(store, 1, effects, &error));
        assert_ok(error, ic_store_server_set_process(store, 1, 4711, "/run/1.sock", &error));
        assert_ok(error, ic_store_server_set_connected(store, 1, 77, "nick", "Net", &error));
        assert_ok(error, ic_store_server_set_status(store, 1, "connected", 5, "why", &error));
        assert_ok(error, ic_store_server_set_pending_quit(store, 1, "bye", &error));
        assert_ok(error, ic_store_link_save(store, 1, &state, &error));

        assert_ok(error, ic_store_server_clear_live(store, 1, &was_live, &error));
        g_assert_true(was_live);
        row = read_row(fixture, 1);
        g_assert_cmpint(row->connected_at, ==, 0);
        g_assert_cmpint(row->process_pid, ==, 0);
        g_assert_null(row->socket_path);
        g_assert_null(row->live_nickname);
        g_assert_null(row->live_network);
        g_assert_null(row->pending_quit);
        g_assert_cmpstr(row->status, ==, "disconnected");
        g_assert_cmpint(row->status_since, >, 5);
        g_assert_cmpstr(row->last_error, ==, "why");
        assert_sql(fixture->folder, "SELECT sum(joined) FROM channels", "0");
        assert_sql(fixture->folder, "SELECT count(*) FROM channel_users", "0");
        assert_sql(fixture->folder, "SELECT count(*) FROM links", "1");

        assert_ok(error, ic_store_server_clear_live(store, 1, &was_live, &error));
        g_assert_false(was_live);
}

static void test_credentials(Fixture *fixture, gconstpointer unused)
{
        static const char bytes[] = {'h', 'u', 'n', 't', 'e', 'r', 0, 2};
        g_autofree char *large = g_malloc0(IC_CREDENTIAL_SIZE_MAX + 1);
        g_autoptr(GBytes) secret = g_bytes_new_static(bytes, sizeof(bytes));
        g_autoptr(GBytes) too_large = g_bytes_new_static(large, IC_CREDENTIAL_SIZE_MAX + 1);
        g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
        g_autoptr(GBytes) found = NULL;
        g_autoptr(GError) error = NULL;
        IcStore *store = fixture->store;

        assert_ok(error, ic_store_credential_get(store, 1, "sasl-password", &found, &error));
        g_assert_null(found);
        assert_ok(error, ic_store_credential_set(store, 1, "sasl-password", secret, &error));
        assert_ok(error, ic_store_credential_get(store, 1, "sasl-password", &found, &error));
        g_assert_true(g_bytes_equal(found, secret));
        g_clear_pointer(&found, g_bytes_unref);
        assert_ok(error, ic_store_credential_get(store, 1, "client-key", &found, &error));
        g_assert_null(found);

        assert_fails(error, ic_store_credential_set(store, 1, "hunter", secret, &error),
                IC_ERROR_INVALID_VALUE);
        assert_fails(error, ic_store_credential_get(store, 1, "hunter", &found, &error),
                IC_ERROR_INVALID_VALUE);
        assert_fails(error, ic_store_credential_set(store, 1, "client-key", too_large, &error),
                IC_ERROR_TOO_LONG);

        assert_ok(error, ic_store_credential_set(store, 1, "sasl-password", empty, &error));
        assert_ok(error, ic_store_credential_get(store, 1, "sasl-password", &found, &error));
        g_assert_null(found);
}

/* Neither in the configuration's row, nor in an error, nor, once removed, in the file. */
static void test_credentials_stay_secret(Fixture *fixture, gconstpointer unused)
{
        g_autofree char *path = g_build_filename(fixture->folder, IC_STORE_FILE, NULL);
        g_autoptr(GBytes) secret = g_bytes_new_static("hunter2", 7);
        g_autoptr(GError) error = NULL;
        g_autofree char *data = NULL;
        gsize len = 0;

        assert_ok(
                error, ic_store_credential_set(fixture->store, 1, "sasl-password", secret, &error));
        assert_sql(fixture->folder,
                "SELECT count(*) FROM pragma_table_info('servers') WHERE name LIKE '%password%'",
                "0");
        g_assert_false(ic_store_credential_set(fixture->store, 9, "sasl-password", secret, &error));
        g_assert_null(strstr(error->message, "hunter2"));
        g_clear_error(&error);

        assert_ok(error, ic_store_credential_set(fixture->store, 1, "sasl-password", NULL, &error));
        g_clear_pointer(&fixture->store, ic_store_free);
        g_assert_true(g_file_get_contents(path, &data, &len, NULL));
        g_assert_null(memmem(data, len, "hunter2", 7));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        fixture_test("/store/servers/round-trip", test_round_trip);
        fixture_test("/store/servers/derived-values", test_derived_values);
        fixture_test("/store/servers/unlisted-channel-keeps-history",
                test_unlisted_channel_keeps_history);
        fixture_test("/store/servers/unknown-server", test_unknown_server);
        fixture_test("/store/servers/unusable-configuration", test_unusable_configuration);
        fixture_test("/store/servers/incomplete-is-not-stored", test_incomplete_is_not_stored);
        fixture_test("/store/servers/ids", test_ids);
        fixture_test("/store/servers/remove", test_remove);
        fixture_test("/store/servers/live", test_live);
        fixture_test("/store/servers/clear-live", test_clear_live);
        fixture_test("/store/servers/credentials", test_credentials);
        fixture_test("/store/servers/credentials-stay-secret", test_credentials_stay_secret);
        return g_test_run();
}
