/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Errors and the status survive the way over the bus. */

#include "bus/reply.h"

#include <errno.h>
#include <string.h>

#include "bus/source.h"
#include "private-bus.h"

static void test_errors(void)
{
        for (guint code = 0; code < _IC_ERROR_MAX; code++) {
                g_autoptr(GError) sent = g_error_new(IC_ERROR, (gint) code, "the cause");
                g_autoptr(GError) received = NULL;
                g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;

                g_assert_cmpint(ic_bus_error_set(&error, sent), <, 0);
                g_assert_cmpstr(error.name, ==, ic_error_bus_name((IcError) code));
                g_assert_true(g_str_has_prefix(error.message, "the cause"));
                if (ic_error_remedy((IcError) code))
                        g_assert_true(
                                g_str_has_suffix(error.message, ic_error_remedy((IcError) code)));
                ic_bus_error_get(&error, &received);
                g_assert_error(received, IC_ERROR, (gint) code);
        }
}

static void test_remedy_is_said_once(void)
{
        const char *remedy = ic_error_remedy(IC_ERROR_NO_SUCH_SERVER);
        g_autofree char *text = g_strdup_printf("no server 3. %s", remedy);
        g_autoptr(GError) sent = g_error_new_literal(IC_ERROR, IC_ERROR_NO_SUCH_SERVER, text);
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;

        ic_bus_error_set(&error, sent);
        g_assert_cmpstr(error.message, ==, text);
}

static void test_errno(void)
{
        static const struct {
                int r;
                IcError code;
        } cases[] = {
                {-ETIMEDOUT, IC_ERROR_TIMED_OUT},
                {-EACCES, IC_ERROR_ACCESS_DENIED},
                {-EPERM, IC_ERROR_ACCESS_DENIED},
                {-ENOTCONN, IC_ERROR_FAILED},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;

                ic_bus_errno(cases[i].r, "asking", &error);
                g_assert_error(error, IC_ERROR, (gint) cases[i].code);
                g_assert_true(g_str_has_prefix(error->message, "asking: "));
        }
}

static void carry(sd_bus *bus, const IcStatus *sent, IcStatus *received)
{
        g_autoptr(sd_bus_message) message = NULL;

        g_assert_cmpint(
                sd_bus_message_new_signal(bus, &message, "/", "org.example.Status", "S"), >=, 0);
        g_assert_cmpint(ic_bus_append_status(message, sent), >=, 0);
        g_assert_cmpint(sd_bus_message_seal(message, 1, 0), >=, 0);
        g_assert_cmpint(sd_bus_message_rewind(message, true), >=, 0);
        g_assert_cmpint(ic_bus_read_status(message, received), >=, 0);
}

static void test_full_status(void)
{
        g_autoptr(PrivateBus) daemon = private_bus_new();
        g_autoptr(sd_bus) bus = private_bus_connect(daemon);
        const char *const channels[] = {"#a", "#ü", NULL};
        g_auto(IcStatus) received = {0};
        const IcStatus sent = {
                .id = 3,
                .name = (char *) "home",
                .address = (char *) "irc.example.org",
                .port = 6697,
                .is_tls = true,
                .state = IC_STATE_CONNECTED,
                .waiting_for = (char *) "nothing",
                .is_healthy = true,
                .is_wanted = true,
                .since = G_GINT64_CONSTANT(1700000000000000),
                .connected_at = G_GINT64_CONSTANT(1700000000000001),
                .nickname = (char *) "nick",
                .network = (char *) "Example",
                .channels = (GStrv) channels,
                .lag = 0,
                .pid = 4711,
                .socket = (char *) "/run/irc-conn/3.sock",
                .attempts = 2,
                .blocked_until = 5,
                .last_error = (char *) "closed",
                .restarts = 7,
                .owner = 1000,
        };

        carry(bus, &sent, &received);
        g_assert_cmpuint(received.id, ==, sent.id);
        g_assert_cmpstr(received.name, ==, sent.name);
        g_assert_cmpstr(received.address, ==, sent.address);
        g_assert_cmpuint(received.port, ==, sent.port);
        g_assert_true(received.is_tls);
        g_assert_cmpint(received.state, ==, sent.state);
        g_assert_cmpstr(received.waiting_for, ==, sent.waiting_for);
        g_assert_true(received.is_healthy);
        g_assert_true(received.is_wanted);
        g_assert_cmpint(received.since, ==, sent.since);
        g_assert_cmpint(received.connected_at, ==, sent.connected_at);
        g_assert_cmpstr(received.nickname, ==, sent.nickname);
        g_assert_cmpstr(received.network, ==, sent.network);
        g_assert_cmpstrv(received.channels, sent.channels);
        g_assert_cmpint(received.lag, ==, sent.lag);
        g_assert_cmpint(received.pid, ==, sent.pid);
        g_assert_cmpstr(received.socket, ==, sent.socket);
        g_assert_cmpuint(received.attempts, ==, sent.attempts);
        g_assert_cmpint(received.blocked_until, ==, sent.blocked_until);
        g_assert_cmpstr(received.last_error, ==, sent.last_error);
        g_assert_cmpuint(received.restarts, ==, sent.restarts);
        g_assert_cmpuint(received.owner, ==, sent.owner);
}

static void test_empty_status(void)
{
        g_autoptr(PrivateBus) daemon = private_bus_new();
        g_autoptr(sd_bus) bus = private_bus_connect(daemon);
        const IcStatus sent = {.id = 1, .lag = -1};
        g_auto(IcStatus) received = {0};

        carry(bus, &sent, &received);
        g_assert_cmpuint(received.id, ==, 1);
        g_assert_null(received.name);
        g_assert_null(received.channels);
        g_assert_cmpint(received.lag, ==, -1);
        g_assert_cmpint(received.state, ==, IC_STATE_DISCONNECTED);
}

static void test_unknown_keys(void)
{
        g_autoptr(PrivateBus) daemon = private_bus_new();
        g_autoptr(sd_bus) bus = private_bus_connect(daemon);
        g_autoptr(sd_bus_message) message = NULL;
        g_auto(IcStatus) received = {0};

        g_assert_cmpint(
                sd_bus_message_new_signal(bus, &message, "/", "org.example.Status", "S"), >=, 0);
        g_assert_cmpint(sd_bus_message_append(message, "a{sv}", 4, "id", "u", 9, "future", "a(sx)",
                                1, "x", (int64_t) 1, "state", "s", "dreaming", "name", "s", "home"),
                >=, 0);
        g_assert_cmpint(sd_bus_message_seal(message, 1, 0), >=, 0);
        g_assert_cmpint(sd_bus_message_rewind(message, true), >=, 0);
        g_assert_cmpint(ic_bus_read_status(message, &received), >=, 0);
        g_assert_cmpuint(received.id, ==, 9);
        g_assert_cmpstr(received.name, ==, "home");
        g_assert_cmpint(received.state, ==, IC_STATE_DISCONNECTED);
}

static void test_wrong_type(void)
{
        g_autoptr(PrivateBus) daemon = private_bus_new();
        g_autoptr(sd_bus) bus = private_bus_connect(daemon);
        g_autoptr(sd_bus_message) message = NULL;
        g_auto(IcStatus) received = {0};

        g_assert_cmpint(
                sd_bus_message_new_signal(bus, &message, "/", "org.example.Status", "S"), >=, 0);
        g_assert_cmpint(
                sd_bus_message_append(message, "a{sv}", 2, "name", "s", "x", "id", "s", "one"), >=,
                0);
        g_assert_cmpint(sd_bus_message_seal(message, 1, 0), >=, 0);
        g_assert_cmpint(sd_bus_message_rewind(message, true), >=, 0);
        g_assert_cmpint(ic_bus_read_status(message, &received), <, 0);
        g_assert_null(received.name);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bus/reply/errors", test_errors);
        g_test_add_func("/bus/reply/remedy-once", test_remedy_is_said_once);
        g_test_add_func("/bus/reply/errno", test_errno);
        g_test_add_func("/bus/reply/full-status", test_full_status);
        g_test_add_func("/bus/reply/empty-status", test_empty_status);
        g_test_add_func("/bus/reply/unknown-keys", test_unknown_keys);
        g_test_add_func("/bus/reply/wrong-type", test_wrong_type);
        return g_test_run();
}
