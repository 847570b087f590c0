/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The controller where there is no systemd: configuration, status, history, objects, errors, and
 * its own coming and going. */

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/name.h"
#include "controller-host.h"
#include "controller-servers.h"
#include "interface-contract.h"
#include "store/ingest.h"
#include "store/messages.h"
#include "store/servers.h"
#include "store/tenants.h"

#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define INTROSPECTABLE "org.freedesktop.DBus.Introspectable"
#define SERVER_1 IC_SERVER_PATH_PREFIX "/1"
#define STRANGER 65534u

static void set_up(ControllerHost *host, gconstpointer unused)
{
        controller_host_set_up(host, unused);
        controller_host_start(host, NULL);
}

static void test_introspection(ControllerHost *host, gconstpointer unused)
{
        const char *xml;

        controller_host_call_on(host, IC_MANAGER_PATH, INTROSPECTABLE, "Introspect", NULL);
        g_assert_no_error(host->error);
        g_variant_get(host->answer, "(&s)", &xml);
        assert_interface_is_as_documented(xml, IC_MANAGER_INTERFACE, "org.ircconn1.Manager.xml");

        servers_add(host, 1);
        controller_host_call_on(host, SERVER_1, INTROSPECTABLE, "Introspect", NULL);
        g_assert_no_error(host->error);
        g_variant_get(host->answer, "(&s)", &xml);
        assert_interface_is_as_documented(xml, IC_SERVER_INTERFACE, "org.ircconn1.Server.xml");
}

static void test_add(ControllerHost *host, gconstpointer unused)
{
        g_autoptr(IcServerRow) row = NULL;
        const char *const channels[] = {"#a", "#b key", NULL};

        servers_add_one(host,
                "{'address': <'irc.example.org'>, 'tls': <false>, 'port': <uint16 6668>,"
                " 'nickname': <'me'>, 'channels': <['#a', '#b key']>,"
                " 'ping_interval': <'45'>, 'connect_timeout': <int64 20>}");
        controller_host_expect(host, "(1,)");
        row = servers_read(host, 1);
        g_assert_cmpstr(row->config->address, ==, "irc.example.org");
        g_assert_false(row->config->tls);
        g_assert_cmpuint(row->config->port, ==, 6668);
        g_assert_cmpstr(row->config->nickname, ==, "me");
        g_assert_cmpstrv(row->config->channels, (GStrv) channels);
        g_assert_cmpuint(row->config->ping_interval, ==, 45);
        g_assert_cmpuint(row->config->connect_timeout, ==, 20);
        g_assert_false(row->is_wanted);

        servers_add_one(host, "{'address': <'other.example.org'>}");
        controller_host_expect(host, "(2,)");
}

static void test_add_refused(ControllerHost *host, gconstpointer unused)
{
        static const struct {
                const char *settings;
                IcError code;
                const char *words;
        } cases[] = {
                {"{}", IC_ERROR_BAD_CONFIGURATION, "address"},
                {"{'address': <'a'>, 'port': <70000>}", IC_ERROR_INVALID_VALUE, "port"},
                {"{'address': <'a'>, 'port': <'x'>}", IC_ERROR_INVALID_VALUE, "port"},
                {"{'address': <'a'>, 'port': <-1>}", IC_ERROR_INVALID_VALUE, "port"},
                {"{'address': <'a'>, 'tls': <'maybe'>}", IC_ERROR_INVALID_VALUE, "tls"},
                {"{'address': <'a'>, 'colour': <'x'>}", IC_ERROR_INVALID_VALUE, "colour"},
                {"{'address': <'a'>, 'channels': <['#a;b']>}", IC_ERROR_INVALID_VALUE, "channels"},
                {"{'address': <'a'>, 'channels': <{'x': 1}>}", IC_ERROR_INVALID_VALUE, "channels"},
                {"{'address': <'a'>, 'port': <1.5>}", IC_ERROR_INVALID_VALUE, "port"},
                {"{'address': <'a'>, 'sasl_password': <'x'>}", IC_ERROR_INVALID_VALUE,
                        "SetCredential"},
                {"{'address': <'a'>, 'password': <'x'>}", IC_ERROR_INVALID_VALUE, "SetCredential"},
                {"{'address': <'a'>, 'owner': <'nobody'>}", IC_ERROR_INVALID_VALUE, "owner"},
                {"{'address': <'a'>, 'owner': <-1>}", IC_ERROR_INVALID_VALUE, "owner"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_test_message("%s", cases[i].settings);
                servers_add_one(host, cases[i].settings);
                controller_host_expect_error(host, cases[i].code, cases[i].words);
        }
        controller_host_call(host, "Status", NULL);
        servers_expect(host, "total", "0");
}

static void test_update(ControllerHost *host, gconstpointer unused)
{
        g_autoptr(IcServerRow) row = NULL;

        servers_add(host, 1);
        controller_host_call(host, "UpdateServer",
                "(uint32 1, {'address': <'new.example.org'>, 'tls': <false>})");
        g_assert_no_error(host->error);
        row = servers_read(host, 1);
        g_assert_cmpstr(row->config->address, ==, "new.example.org");
        g_assert_cmpstr(row->config->name, ==, "new.example.org");
        g_assert_cmpuint(row->config->port, ==, 6667);

        controller_host_call(host, "UpdateServer", "(uint32 1, {'owner': <uint32 5>})");
        controller_host_expect_error(host, IC_ERROR_INVALID_VALUE, "owner");
        controller_host_call(host, "UpdateServer", "(uint32 1, {'address': <''>})");
        controller_host_expect_error(host, IC_ERROR_BAD_CONFIGURATION, "address");
        controller_host_call(host, "UpdateServer", "(uint32 9, @a{sv} {})");
        controller_host_expect_error(host, IC_ERROR_NO_SUCH_SERVER, "9");
}

static void test_remove(ControllerHost *host, gconstpointer unused)
{
        servers_add(host, 2);
        controller_host_call(host, "RemoveServer", "(uint32 1,)");
        controller_host_expect(host, "()");
        controller_host_call(host, "ServerStatus", "(uint32 1,)");
        controller_host_expect_error(host, IC_ERROR_NO_SUCH_SERVER, "1");

        /* Its number is free again; one that says it is connected is not removed. */
        servers_add_one(host, "{'address': <'irc.example.org'>}");
        controller_host_expect(host, "(1,)");
        servers_pretend_connected(host, 2);
        controller_host_call(host, "RemoveServer", "(uint32 2,)");
        controller_host_expect_error(host, IC_ERROR_UNIT, "disconnect it first");
}

static void expect_secret(ControllerHost *host, const char *expected)
{
        g_autoptr(IcStore) store = servers_open(host);
        g_autoptr(GBytes) secret = NULL;

        g_assert_true(
                ic_store_credential_get(store, 1, IC_CREDENTIAL_SASL_PASSWORD, &secret, NULL));
        if (!expected) {
                g_assert_null(secret);
                return;
        }
        g_assert_cmpmem(g_bytes_get_data(secret, NULL), g_bytes_get_size(secret), expected,
                strlen(expected));
}

static void test_credentials(ControllerHost *host, gconstpointer unused)
{
        g_autofree char *long_secret = g_strnfill(IC_CREDENTIAL_SIZE_MAX + 1, 'x');
        g_autofree char *long_call = NULL;

        servers_add(host, 1);
        controller_host_call(
                host, "SetCredential", "(uint32 1, 'sasl-password', [byte 0x61, 0x62])");
        controller_host_expect(host, "()");
        expect_secret(host, "ab");
        controller_host_call(host, "SetCredential", "(uint32 1, 'sasl-password', @ay [])");
        controller_host_expect(host, "()");
        expect_secret(host, NULL);
        controller_host_call(host, "SetCredential", "(uint32 1, 'pin', [byte 0x61])");
        controller_host_expect_error(host, IC_ERROR_INVALID_VALUE, "sasl-password");

        /* The text of a byte string has a NUL at its end. */
        long_call = g_strdup_printf("(uint32 1, 'sasl-password', b'%s')", long_secret);
        controller_host_call(host, "SetCredential", long_call);
        controller_host_expect_error(host, IC_ERROR_TOO_LONG, "65536");
}

static void test_status(ControllerHost *host, gconstpointer unused)
{
        servers_add(host, 2);
        controller_host_call(host, "ServerStatus", "(uint32 1,)");
        servers_expect(host, "id", "1");
        servers_expect(host, "address", "'irc.example.org'");
        servers_expect(host, "port", "6697");
        servers_expect(host, "state", "'disconnected'");
        servers_expect(host, "wanted", "false");
        servers_expect(host, "connected_at", NULL);
        servers_expect(host, "lag", NULL);

        /* Without systemd there is no process, whatever the row says. */
        servers_pretend_connected(host, 1);
        controller_host_call(host, "ServerStatus", "(uint32 1,)");
        servers_expect(host, "state", "'disconnected'");
        servers_expect(host, "healthy", "false");
        servers_expect(host, "pid", NULL);
        controller_host_call(host, "Status", NULL);
        servers_expect(host, "total", "2");
        servers_expect(host, "connected", "0");
        servers_expect(host, "connections", "[]");
        servers_expect(host, "limit", "0");
}

static void test_without_systemd(ControllerHost *host, gconstpointer unused)
{
        g_autoptr(IcServerRow) row = NULL, row_after = NULL;

        servers_add(host, 1);
        controller_host_call(host, "Connect", "(uint32 1,)");
        controller_host_expect_error(host, IC_ERROR_UNIT, "systemd is not on this bus");
        row = servers_read(host, 1);
        g_assert_true(row->is_wanted);

        controller_host_call(host, "Disconnect", "(uint32 1, 'good bye')");
        controller_host_expect_error(host, IC_ERROR_UNIT, "systemd is not on this bus");
        row_after = servers_read(host, 1);
        g_assert_false(row_after->is_wanted);
        g_assert_cmpstr(row_after->pending_quit, ==, "good bye");

        controller_host_call(host, "Disconnect", "(uint32 1, 'a\\r\\nb')");
        controller_host_expect_error(host, IC_ERROR_INVALID_VALUE, "one line");
        controller_host_call(host, "Connect", "(uint32 77,)");
        controller_host_expect_error(host, IC_ERROR_NO_SUCH_SERVER, "ircctl add");
        controller_host_call_on(host, SERVER_1, IC_SERVER_INTERFACE, "Connect", NULL);
        controller_host_expect_error(host, IC_ERROR_UNIT, "systemd is not on this bus");
}

static bool has_heard_properties(gpointer user_data)
{
        return strstr(((ControllerHost *) user_data)->heard->str, "PropertiesChanged") != NULL;
}

static bool has_heard_removal(gpointer user_data)
{
        return strstr(((ControllerHost *) user_data)->heard->str, "InterfacesRemoved") != NULL;
}

static void test_objects(ControllerHost *host, gconstpointer unused)
{
        g_autofree char *text = NULL;

        servers_add(host, 1);
        controller_host_call(host, "UpdateServer", "(uint32 1, {'name': <'secret'>})");
        wait_for(has_heard_properties, host);
        g_assert_nonnull(strstr(host->heard->str,
                IC_MANAGER_PATH " InterfacesAdded('" SERVER_1 "', {'org.ircconn1.Server': {}})"));
        g_assert_nonnull(strstr(host->heard->str,
                SERVER_1 " PropertiesChanged('org.ircconn1.Server', {}, ['Name'"));
        g_assert_null(strstr(host->heard->str, "secret"));

        controller_host_call_on(host, IC_MANAGER_PATH, OBJECT_MANAGER, "GetManagedObjects", NULL);
        g_assert_no_error(host->error);
        text = g_variant_print(host->answer, FALSE);
        g_assert_nonnull(strstr(text, "'Name': <'secret'>"));
        g_assert_nonnull(strstr(text, "'State': <'disconnected'>"));
        controller_host_call_on(host, SERVER_1, "org.freedesktop.DBus.Properties", "Get",
                "('org.ircconn1.Server', 'Port')");
        controller_host_expect(host, "(<uint16 6697>,)");

        controller_host_call(host, "RemoveServer", "(uint32 1,)");
        g_assert_no_error(host->error);
        wait_for(has_heard_removal, host);
        controller_host_call_on(host, IC_MANAGER_PATH, OBJECT_MANAGER, "GetManagedObjects", NULL);
        controller_host_expect(host, "({},)");
}

/* What a worker announces, and what somebody makes up. */
static void test_announced(ControllerHost *host, gconstpointer unused)
{
        static const char *const paths[] = {"/org/ircconn1/connection/x",
                "/org/ircconn1/connection/01", "/org/ircconn1/connection/7",
                "/org/ircconn1/connection/1/1", "/org/ircconn1/connection/1"};

        servers_add(host, 1);
        for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
                g_assert_true(g_dbus_connection_emit_signal(host->client, NULL, paths[i],
                        IC_CONNECTION_INTERFACE, "StateChanged",
                        g_variant_new("(ss)", "connected", "made up"), NULL));
        wait_for(has_heard_properties, host);
        g_assert_nonnull(strstr(host->heard->str, SERVER_1 " PropertiesChanged"));
        g_assert_null(strstr(host->heard->str, "/server/7"));
}

static void store_messages(ControllerHost *host)
{
        static const char *const words[] = {"hello", "good morning", "hello again"};
        g_autoptr(IcStore) store = servers_open(host);
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(GError) error = NULL;

        for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
                IrcEffect *effect = irc_effects_add(effects, IRC_EFFECT_MESSAGE);

                effect->message.type = IRC_MESSAGE_PRIVMSG;
                effect->message.channel = "#a";
                effect->message.target = "#a";
                effect->message.sender = "alice";
                effect->message.content = words[i];
                effect->message.received_at = 100 + (gint64) i;
        }
        g_assert_true(ic_store_apply(store, 1, effects, &error));
        g_assert_no_error(error);
}

static void expect_contents(ControllerHost *host, const char *expected)
{
        g_autoptr(GString) contents = g_string_new(NULL);
        g_autoptr(GVariantIter) rows = NULL;
        GVariant *row;

        g_assert_no_error(host->error);
        g_variant_get(host->answer, "(aa{sv})", &rows);
        while ((row = g_variant_iter_next_value(rows))) {
                const char *content;

                g_assert_true(g_variant_lookup(row, "content", "&s", &content));
                g_string_append_printf(contents, "%s|", content);
                g_variant_unref(row);
        }
        g_assert_cmpstr(contents->str, ==, expected);
}

static void test_history(ControllerHost *host, gconstpointer unused)
{
        servers_add(host, 1);
        store_messages(host);
        controller_host_call(host, "GetMessages", "(uint32 1, '#a', int64 0, uint32 2)");
        expect_contents(host, "good morning|hello again|");
        controller_host_call(host, "GetMessages", "(uint32 1, '', int64 2, uint32 0)");
        expect_contents(host, "hello|");
        controller_host_call(host, "GetMessages", "(uint32 1, '#other', int64 0, uint32 0)");
        expect_contents(host, "");
        controller_host_call(host, "Search", "(uint32 1, 'hello', uint32 10)");
        expect_contents(host, "hello again|hello|");
        controller_host_call(host, "Search", "(uint32 1, '\"', uint32 10)");
        controller_host_expect_error(host, IC_ERROR_INVALID_VALUE, "");
}

static void test_corrupt(ControllerHost *host, gconstpointer unused)
{
        g_autofree char *folder = ic_tenants_folder(host->state_dir, getuid());
        g_autofree char *file = g_build_filename(folder, IC_STORE_FILE, NULL);
        g_autofree char *text = NULL;

        servers_add(host, 1);
        g_assert_true(g_file_set_contents(file, "this is no database at all", -1, NULL));
        controller_host_call(host, "ServerStatus", "(uint32 1,)");
        controller_host_expect_error(host, IC_ERROR_STORE_CORRUPT, file);
        controller_host_call(host, "Connect", "(uint32 1,)");
        controller_host_expect_error(host, IC_ERROR_STORE_CORRUPT, file);
        controller_host_call(host, "Status", NULL);
        servers_expect(host, "unhealthy", "1");
        controller_host_call_on(host, IC_MANAGER_PATH, OBJECT_MANAGER, "GetManagedObjects", NULL);
        text = g_variant_print(host->answer, FALSE);
        g_assert_nonnull(strstr(text, file));
}

static void become_stranger(gpointer user_data)
{
        if (setresgid(STRANGER, STRANGER, STRANGER) < 0 ||
                setresuid(STRANGER, STRANGER, STRANGER) < 0)
                _exit(102);
}

/* busctl as another user; answers what it wrote, errors included. */
static char *run_as_stranger(const char *address, const char *interface, const char *call)
{
        g_autofree char *command =
                g_strdup_printf("busctl %s call " IC_BUS_NAME " " IC_MANAGER_PATH " %s %s", address,
                        interface, call);
        g_autofree char *output = NULL, *errors = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) argv = NULL;

        g_assert_true(g_shell_parse_argv(command, NULL, &argv, &error));
        g_spawn_sync("/", argv, NULL, G_SPAWN_SEARCH_PATH, become_stranger, NULL, &output, &errors,
                NULL, &error);
        g_assert_no_error(error);
        return g_strconcat(output, errors, NULL);
}

/* Another user on this bus is nobody to the controller. */
static void test_stranger(ControllerHost *host, gconstpointer unused)
{
        static const char *const calls[] = {"Connect u 1", "ServerStatus u 1", "HealthCheck",
                "AddServer a{sv} 1 address s x", "RemoveServer u 1",
                "SetCredential usay 1 sasl-password 1 1", "Block usts 1 '' 0 ''", "Unblock us 1 ''",
                "GetMessages usxu 1 '' 0 0"};
        g_autofree char *visible = NULL, *address = NULL;

        servers_add(host, 1);
        address = g_strconcat("--address=", host->daemon->address, NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
                g_autofree char *output = run_as_stranger(address, IC_MANAGER_INTERFACE, calls[i]);

                g_test_message("%s: %s", calls[i], output);
                g_assert_nonnull(strstr(output, "Access denied"));
        }
        visible = run_as_stranger(address, OBJECT_MANAGER, "GetManagedObjects");
        g_assert_cmpstr(visible, ==, "a{oa{sa{sv}}} 0\n");
}

static void test_idle_exit(ControllerHost *host, gconstpointer unused)
{
        /* Started by hand: nobody has called it, so nobody needs it. */
        controller_host_start(host, "1");
        wait_for_flag(&host->is_over);
        g_assert_true(g_spawn_check_wait_status(host->exit_status, NULL));
}

static gboolean set_flag(gpointer user_data)
{
        *(bool *) user_data = true;
        return G_SOURCE_REMOVE;
}

/* A client that called once may do so again, and is told of changes. */
static void test_not_idle(ControllerHost *host, gconstpointer unused)
{
        bool is_later = false;

        controller_host_start(host, "1");
        controller_host_call(host, "Status", NULL);
        g_timeout_add(1500, set_flag, &is_later);
        wait_for_flag(&is_later);
        g_assert_false(host->is_over);
        controller_host_stop(host, SIGTERM);
        g_assert_true(g_spawn_check_wait_status(host->exit_status, NULL));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name, func)                                                                            \
        g_test_add("/controller/" name, ControllerHost, NULL, set_up, func,                        \
                controller_host_tear_down)
        ADD("introspection", test_introspection);
        ADD("add", test_add);
        ADD("add-refused", test_add_refused);
        ADD("update", test_update);
        ADD("remove", test_remove);
        ADD("credentials", test_credentials);
        ADD("status", test_status);
        ADD("without-systemd", test_without_systemd);
        ADD("objects", test_objects);
        ADD("announced", test_announced);
        ADD("history", test_history);
        ADD("corrupt", test_corrupt);
        if (getuid() == 0)
                ADD("stranger", test_stranger);
        g_test_add("/controller/idle-exit", ControllerHost, NULL, controller_host_set_up,
                test_idle_exit, controller_host_tear_down);
        g_test_add("/controller/not-idle", ControllerHost, NULL, controller_host_set_up,
                test_not_idle, controller_host_tear_down);
        return g_test_run();
}
