/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* org.ircconn1.Connection as programs on the bus see it: methods become commands, content reaches
 * subscribers and nobody else, strangers are refused. */

#include <gio/gio.h>
#include <unistd.h>

#include "bus/source.h"
#include "interface-contract.h"
#include "private-bus.h"
#include "recording-session.h"
#include "worker/connection-interface.h"

#define ID 3
#define NAME "org.ircconn1.Connection.N3"
#define PATH "/org/ircconn1/connection/3"
#define STRANGER 65534u

typedef struct {
        PrivateBus *daemon;
        sd_bus *bus;
        IcBusSource *source;
        IcCallers *callers;
        IcSession *session;
        IcConnectionInterface *interface;
        GDBusConnection *client;
        GDBusConnection *other;
        GVariant *answer;
        GError *error;
        bool is_answered;
        GString *client_heard;
        GString *other_heard;
} Fixture;

static void on_signal(GDBusConnection *connection, const char *sender, const char *path,
        const char *interface, const char *member, GVariant *parameters, gpointer user_data)
{
        GString *heard = user_data;
        g_autofree char *text = g_variant_print(parameters, FALSE);

        g_string_append_printf(heard, "%s%s\n", member, text);
}

static GDBusConnection *connect_client(Fixture *fixture, GString *heard)
{
        g_autoptr(GError) error = NULL;
        GDBusConnection *client = g_dbus_connection_new_for_address_sync(fixture->daemon->address,
                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                NULL, NULL, &error);

        g_assert_no_error(error);
        g_dbus_connection_signal_subscribe(client, NULL, NULL, NULL, PATH, NULL,
                G_DBUS_SIGNAL_FLAGS_NONE, on_signal, heard, NULL);
        return client;
}

static void set_up(Fixture *fixture, gconstpointer owner)
{
        g_autoptr(GError) error = NULL;

        fixture->daemon = private_bus_new();
        fixture->session = recording_session_new();
        fixture->bus = private_bus_connect(fixture->daemon);
        fixture->callers = ic_callers_new(fixture->bus, IC_SCOPE_SYSTEM);
        fixture->interface = ic_connection_interface_new(fixture->bus, fixture->callers,
                fixture->session, ID, GPOINTER_TO_UINT(owner), &error);
        g_assert_no_error(error);
        g_assert_cmpint(sd_bus_request_name(fixture->bus, NAME, 0), >=, 0);
        fixture->source = ic_bus_attach(fixture->bus, NULL, NULL);
        fixture->client_heard = g_string_new(NULL);
        fixture->other_heard = g_string_new(NULL);
        fixture->client = connect_client(fixture, fixture->client_heard);
        fixture->other = connect_client(fixture, fixture->other_heard);
}

static void tear_down(Fixture *fixture, gconstpointer owner)
{
        g_dbus_connection_close_sync(fixture->client, NULL, NULL);
        g_dbus_connection_close_sync(fixture->other, NULL, NULL);
        g_clear_object(&fixture->client);
        g_clear_object(&fixture->other);
        ic_connection_interface_free(fixture->interface);
        ic_callers_free(fixture->callers);
        ic_bus_detach(fixture->source);
        sd_bus_flush_close_unref(fixture->bus);
        ic_session_free(fixture->session);
        private_bus_free(fixture->daemon);
        g_string_free(fixture->client_heard, TRUE);
        g_string_free(fixture->other_heard, TRUE);
        g_clear_pointer(&fixture->answer, g_variant_unref);
        g_clear_error(&fixture->error);
        while (g_main_context_iteration(NULL, FALSE))
                ;
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer user_data)
{
        Fixture *fixture = user_data;

        fixture->answer =
                g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &fixture->error);
        fixture->is_answered = true;
}

/* The object lives in this process, so that the loop must turn. `parameters` is consumed. */
static void call_from(Fixture *fixture, GDBusConnection *client, const char *interface,
        const char *member, GVariant *parameters)
{
        g_clear_pointer(&fixture->answer, g_variant_unref);
        g_clear_error(&fixture->error);
        fixture->is_answered = false;
        g_dbus_connection_call(client, NAME, PATH, interface, member, parameters, NULL,
                G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_answer, fixture);
        wait_for_flag(&fixture->is_answered);
}

static void call(Fixture *fixture, const char *member, GVariant *parameters)
{
        call_from(fixture, fixture->client, IC_CONNECTION_INTERFACE, member, parameters);
}

static void assert_remote_error(Fixture *fixture, IcError code)
{
        g_autofree char *name = NULL;

        g_assert_nonnull(fixture->error);
        name = g_dbus_error_get_remote_error(fixture->error);
        g_assert_cmpstr(name, ==, ic_error_bus_name(code));
}

static void test_introspection(Fixture *fixture, gconstpointer owner)
{
        const char *xml;

        call_from(fixture, fixture->client, "org.freedesktop.DBus.Introspectable", "Introspect",
                NULL);
        g_assert_no_error(fixture->error);
        g_variant_get(fixture->answer, "(&s)", &xml);
        assert_interface_is_as_documented(
                xml, IC_CONNECTION_INTERFACE, "org.ircconn1.Connection.xml");
}

static void test_commands(Fixture *fixture, gconstpointer owner)
{
        static const struct {
                const char *member;
                const char *parameters;
                const char *command;
        } cases[] = {
                {"Join", "('#a', 'k')", "join channel=#a key=k"},
                {"Join", "('#a', '')", "join channel=#a"},
                {"Part", "('#a', '')", "part channel=#a"},
                {"Part", "('#a', 'bye')", "part channel=#a message=bye"},
                {"Privmsg", "('#a', 'hello')", "privmsg target=#a message=hello"},
                {"Notice", "('bob', 'hi')", "notice target=bob message=hi"},
                {"Nick", "('other',)", "nick nickname=other"},
                {"Quit", "('',)", "quit"},
                {"Quit", "('bye',)", "quit message=bye"},
                {"Away", "('lunch',)", "away message=lunch"},
                {"Away", "('',)", "away"},
                {"Topic", "('#a', 'new')", "topic channel=#a message=new"},
                {"Topic", "('#a', '')", "topic channel=#a message="},
                {"Mode", "('#a', '+ov', ['alice', 'bob'])",
                        "mode target=#a modes=+ov arguments=alice,bob"},
                {"Kick", "('#a', 'bob', 'spam')", "kick channel=#a nickname=bob message=spam"},
                {"Kick", "('#a', 'bob', '')", "kick channel=#a nickname=bob"},
                {"Invite", "('bob', '#a')", "invite channel=#a nickname=bob"},
                {"Raw", "('WHOIS bob',)", "raw message=WHOIS bob"},
                {"RestartConnection", "()", "restart_connection"},
                {"Refresh", "('all',)", "refresh message=all"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *command = NULL;

                call(fixture, cases[i].member, g_variant_new_parsed(cases[i].parameters, NULL));
                g_assert_no_error(fixture->error);
                command = recording_session_take_command(fixture->session);
                g_assert_cmpstr(command, ==, cases[i].command);
        }
}

static void test_bad_commands(Fixture *fixture, gconstpointer owner)
{
        static const struct {
                const char *member;
                const char *parameters;
        } cases[] = {
                {"Join", "('', '')"},
                {"Privmsg", "('#a\\nQUIT', 'x')"},
                {"Raw", "('PRIVMSG #a :x\\r\\nQUIT',)"},
                {"Refresh", "('everything',)"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *command = NULL;

                call(fixture, cases[i].member, g_variant_new_parsed(cases[i].parameters, NULL));
                assert_remote_error(fixture, IC_ERROR_INVALID_VALUE);
                command = recording_session_take_command(fixture->session);
                g_assert_cmpstr(command, ==, "");
        }
}

static void test_failing_command(Fixture *fixture, gconstpointer owner)
{
        g_autoptr(GError) error =
                g_error_new_literal(IC_ERROR, IC_ERROR_NOT_CONNECTED, "Server not connected");

        recording_session_fail_with(fixture->session, error);
        call(fixture, "Privmsg", g_variant_new("(ss)", "#a", "hello"));
        assert_remote_error(fixture, IC_ERROR_NOT_CONNECTED);
        g_assert_nonnull(strstr(fixture->error->message, "Server not connected"));
}

static void test_users(Fixture *fixture, gconstpointer owner)
{
        g_autofree char *text = NULL;

        call(fixture, "GetUsers", g_variant_new("(s)", "#a"));
        g_assert_no_error(fixture->error);
        text = g_variant_print(fixture->answer, FALSE);
        g_assert_cmpstr(text, ==, "([('alice', 'alice-account', '@'), ('bob', '', '')],)");
        call(fixture, "GetUsers", g_variant_new("(s)", "#elsewhere"));
        assert_remote_error(fixture, IC_ERROR_NOT_IN_CHANNEL);
}

static void test_channel(Fixture *fixture, gconstpointer owner)
{
        g_autofree char *text = NULL;

        call(fixture, "GetChannel", g_variant_new("(s)", "#a"));
        g_assert_no_error(fixture->error);
        text = g_variant_print(fixture->answer, FALSE);
        g_assert_cmpstr(text, ==,
                "({'topic': <'tea'>, 'topic_by': <'alice'>, 'topic_at': <int64 5>, "
                "'modes': <'+nt'>},)");
        call(fixture, "GetChannel", g_variant_new("(s)", "#elsewhere"));
        assert_remote_error(fixture, IC_ERROR_NOT_IN_CHANNEL);
}

static void test_properties(Fixture *fixture, gconstpointer owner)
{
        g_autofree char *text = NULL;

        call_from(fixture, fixture->client, "org.freedesktop.DBus.Properties", "GetAll",
                g_variant_new("(s)", IC_CONNECTION_INTERFACE));
        g_assert_no_error(fixture->error);
        text = g_variant_print(fixture->answer, FALSE);
        g_assert_cmpstr(text, ==,
                "({'State': <'connected'>, 'Nickname': <'nick'>, 'Network': <'Example'>, "
                "'Channels': <['#a', '#b']>, 'ConnectedAt': <int64 4711>, 'Lag': <int64 12>},)");
}

static void tell_everything(Fixture *fixture)
{
        const IrcEffect row = {
                .type = IRC_EFFECT_MESSAGE,
                .message = {.type = IRC_MESSAGE_ACTION,
                        .channel = "#secret",
                        .target = "#secret",
                        .sender = "alice",
                        .source = "alice!a@host",
                        .content = "waves",
                        .received_at = 99,
                        .row_id = 17},
        };
        const IcEvent events[] = {
                {.type = IC_EVENT_CONNECTED},
                {.type = IC_EVENT_READY, .nickname = "nick"},
                {.type = IC_EVENT_JOINED, .channel = "#secret"},
                {.type = IC_EVENT_MESSAGE, .message = &row},
                {.type = IC_EVENT_TOPIC_CHANGED, .channel = "#secret", .nickname = "", .text = "t"},
                {.type = IC_EVENT_USERS_CHANGED, .channel = "#secret"},
                {.type = IC_EVENT_NICK_CHANGED, .nickname = "nick2"},
                {.type = IC_EVENT_INVITED, .channel = "#x", .nickname = "bob"},
                {.type = IC_EVENT_ERROR, .code = "404", .text = "No"},
                {.type = IC_EVENT_KICKED, .channel = "#secret", .nickname = "op", .text = "out"},
                {.type = IC_EVENT_PARTED, .channel = "#secret"},
                {.type = IC_EVENT_CONNECTION_FAILED, .attempt = 2, .text = "refused"},
                {.type = IC_EVENT_DISCONNECTED, .text = "closed"},
                {.type = IC_EVENT_STATE_CHANGED, .state = IC_STATE_WAITING, .text = "the end"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(events); i++)
                recording_session_tell(fixture->session, &events[i]);
}

/* PropertiesChanged follows StateChanged, and is the last signal. */
static bool has_heard_the_end(gpointer user_data)
{
        const char *end = strstr(((GString *) user_data)->str, "the end");

        return end && strstr(end, "PropertiesChanged");
}

static void test_signals(Fixture *fixture, gconstpointer owner)
{
        call(fixture, "Subscribe", NULL);
        g_assert_no_error(fixture->error);
        tell_everything(fixture);
        wait_for(has_heard_the_end, fixture->client_heard);
        wait_for(has_heard_the_end, fixture->other_heard);

        g_assert_cmpstr(fixture->client_heard->str, ==,
                "Connected()\n"
                "Ready('nick',)\n"
                "PropertiesChanged('org.ircconn1.Connection', {}, "
                "['State', 'Nickname', 'Network', 'Channels', 'ConnectedAt'])\n"
                "Joined('#secret',)\n"
                "PropertiesChanged('org.ircconn1.Connection', {}, ['Channels'])\n"
                "MessageReceived(17, '#secret', 'alice', 'action', 'waves', 99, "
                "{'channel': <'#secret'>, 'source': <'alice!a@host'>, 'is_self': <false>, "
                "'is_bot': <false>, "
                "'received_at': <int64 99>})\n"
                "TopicChanged('#secret', '', 't')\n"
                "UsersChanged('#secret',)\n"
                "NickChanged('nick2',)\n"
                "PropertiesChanged('org.ircconn1.Connection', {}, ['Nickname'])\n"
                "Invited('#x', 'bob')\n"
                "Error('404', 'No')\n"
                "Kicked('#secret', 'op', 'out')\n"
                "PropertiesChanged('org.ircconn1.Connection', {}, ['Channels'])\n"
                "Parted('#secret',)\n"
                "PropertiesChanged('org.ircconn1.Connection', {}, ['Channels'])\n"
                "ConnectionFailed(2, 'refused')\n"
                "Disconnected('closed',)\n"
                "PropertiesChanged('org.ircconn1.Connection', {}, "
                "['State', 'Nickname', 'Network', 'Channels', 'ConnectedAt'])\n"
                "StateChanged('waiting', 'the end')\n"
                "PropertiesChanged('org.ircconn1.Connection', {}, ['State', 'ConnectedAt'])\n");

        /* Who did not subscribe hears that something changed, and no name. */
        g_assert_null(strstr(fixture->other_heard->str, "secret"));
        g_assert_null(strstr(fixture->other_heard->str, "alice"));
        g_assert_null(strstr(fixture->other_heard->str, "nick"));
        g_assert_null(strstr(fixture->other_heard->str, "MessageReceived"));
}

static void test_unsubscribe(Fixture *fixture, gconstpointer owner)
{
        call(fixture, "Subscribe", NULL);
        call(fixture, "Unsubscribe", NULL);
        g_assert_no_error(fixture->error);
        tell_everything(fixture);
        wait_for(has_heard_the_end, fixture->client_heard);
        g_assert_null(strstr(fixture->client_heard->str, "secret"));
}

static void test_carried_over(Fixture *fixture, gconstpointer owner)
{
        g_autoptr(GError) error = NULL;

        call(fixture, "Subscribe", NULL);
        ic_connection_interface_free(fixture->interface);
        fixture->interface = ic_connection_interface_new(
                fixture->bus, fixture->callers, fixture->session, ID, 0, &error);
        g_assert_no_error(error);
        tell_everything(fixture);
        wait_for(has_heard_the_end, fixture->client_heard);
        g_assert_nonnull(strstr(fixture->client_heard->str, "secret"));
}

static void become_stranger(gpointer user_data)
{
        if (setresgid(STRANGER, STRANGER, STRANGER) < 0 ||
                setresuid(STRANGER, STRANGER, STRANGER) < 0)
                _exit(102);
}

static void on_exit_of_child(GPid pid, gint status, gpointer user_data)
{
        *(bool *) user_data = true;
}

/* busctl as another user; answers what it wrote, errors included. */
static char *run_as_stranger(Fixture *fixture, const char *arguments)
{
        g_autofree char *output = NULL, *line = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) argv = NULL;
        g_autoptr(GIOChannel) channel = NULL;
        bool is_over = false;
        GPid pid;
        int fd;

        line = g_strdup_printf(
                "sh -c 'exec busctl --address=%s %s 2>&1'", fixture->daemon->address, arguments);
        g_assert_true(g_shell_parse_argv(line, NULL, &argv, &error));
        g_spawn_async_with_pipes("/", argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
                become_stranger, NULL, &pid, NULL, &fd, NULL, &error);
        g_assert_no_error(error);
        g_child_watch_add(pid, on_exit_of_child, &is_over);
        wait_for_flag(&is_over);
        channel = g_io_channel_unix_new(fd);
        g_io_channel_set_close_on_unref(channel, TRUE);
        g_io_channel_read_to_end(channel, &output, NULL, &error);
        g_assert_no_error(error);
        return g_steal_pointer(&output);
}

static void test_stranger(Fixture *fixture, gconstpointer owner)
{
        static const struct {
                const char *arguments;
                const char *expected;
        } cases[] = {
                {"call " NAME " " PATH " " IC_CONNECTION_INTERFACE " Privmsg ss x y", "denied"},
                {"call " NAME " " PATH " " IC_CONNECTION_INTERFACE " GetUsers s x", "denied"},
                {"call " NAME " " PATH " " IC_CONNECTION_INTERFACE " Subscribe", "denied"},
                {"get-property " NAME " " PATH " " IC_CONNECTION_INTERFACE " Channels",
                        "Only the owner"},
                {"get-property " NAME " " PATH " " IC_CONNECTION_INTERFACE " Lag",
                        "Only the owner"},
                {"get-property " NAME " " PATH " " IC_CONNECTION_INTERFACE " State",
                        "\"connected\""},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *output = run_as_stranger(fixture, cases[i].arguments);

                g_test_message("%s: %s", cases[i].arguments, output);
                g_assert_nonnull(strstr(output, cases[i].expected));
        }
}

static void test_owner(Fixture *fixture, gconstpointer owner)
{
        g_autofree char *output = run_as_stranger(
                fixture, "call " NAME " " PATH " " IC_CONNECTION_INTERFACE " Privmsg ss x y");
        g_autofree char *command = recording_session_take_command(fixture->session);

        g_assert_cmpstr(output, ==, "");
        g_assert_cmpstr(command, ==, "privmsg target=x message=y");
}

int main(int argc, char **argv)
{
        const gpointer root = GUINT_TO_POINTER(0);
        const gpointer somebody = GUINT_TO_POINTER(STRANGER);

        g_test_init(&argc, &argv, NULL);
#define ADD(name, owner, func)                                                                     \
        g_test_add("/connection/" name, Fixture, owner, set_up, func, tear_down)
        ADD("introspection", root, test_introspection);
        ADD("commands", root, test_commands);
        ADD("bad-commands", root, test_bad_commands);
        ADD("failing-command", root, test_failing_command);
        ADD("users", root, test_users);
        ADD("channel", root, test_channel);
        ADD("properties", root, test_properties);
        ADD("signals", root, test_signals);
        ADD("unsubscribe", root, test_unsubscribe);
        ADD("carried-over", root, test_carried_over);
        if (getuid() == 0) {
                ADD("stranger", root, test_stranger);
                ADD("owner", somebody, test_owner);
        }
        return g_test_run();
}
