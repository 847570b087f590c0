/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* sd-bus in the GLib loop, on a real dbus-daemon: it answers, does not spin, times out neither
 * early nor never, and says when the bus is lost. */

#include "bus/source.h"

#include <signal.h>

#include "private-bus.h"

#define DRIVER "org.freedesktop.DBus"
#define TIMEOUT_USEC 60000

typedef struct {
        PrivateBus *daemon;
        sd_bus *bus;
        IcBusSource *source;
        bool is_answered;
        bool is_error;
        guint n_lost;
        bool is_lost;
} Fixture;

static void on_lost(sd_bus *bus, gpointer user_data)
{
        Fixture *fixture = user_data;

        fixture->n_lost++;
        fixture->is_lost = true;
}

static void set_up(Fixture *fixture, gconstpointer data)
{
        fixture->daemon = private_bus_new();
        fixture->bus = private_bus_connect(fixture->daemon);
        fixture->source = ic_bus_attach(fixture->bus, on_lost, fixture);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
        ic_bus_detach(fixture->source);
        sd_bus_flush_close_unref(fixture->bus);
        private_bus_free(fixture->daemon);
}

static int on_reply(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        Fixture *fixture = user_data;

        fixture->is_answered = true;
        fixture->is_error = sd_bus_message_is_method_error(reply, NULL);
        return 1;
}

static void ask_driver(Fixture *fixture)
{
        fixture->is_answered = false;
        g_assert_cmpint(sd_bus_call_method_async(fixture->bus, NULL, DRIVER, "/", DRIVER, "GetId",
                                on_reply, fixture, NULL),
                >=, 0);
}

static void test_round_trips(Fixture *fixture, gconstpointer data)
{
        for (guint i = 0; i < 100; i++) {
                ask_driver(fixture);
                wait_for_flag(&fixture->is_answered);
                g_assert_false(fixture->is_error);
        }
}

/* A call to a peer that takes messages and answers nothing. */
static void ask_silence(Fixture *fixture, sd_bus *silent, guint64 timeout)
{
        g_autoptr(sd_bus_message) call = NULL;
        const char *name;

        g_assert_cmpint(sd_bus_get_unique_name(silent, &name), >=, 0);
        g_assert_cmpint(sd_bus_message_new_method_call(
                                fixture->bus, &call, name, "/", "org.example.Nothing", "Wait"),
                >=, 0);
        g_assert_cmpint(
                sd_bus_call_async(fixture->bus, NULL, call, on_reply, fixture, timeout), >=, 0);
}

static void test_timeout(Fixture *fixture, gconstpointer data)
{
        g_autoptr(sd_bus) silent = private_bus_connect(fixture->daemon);
        gint64 start, took;

        start = g_get_monotonic_time();
        ask_silence(fixture, silent, TIMEOUT_USEC);
        wait_for_flag(&fixture->is_answered);
        took = g_get_monotonic_time() - start;
        g_assert_true(fixture->is_error);
        g_assert_cmpint(took, >=, TIMEOUT_USEC);
        g_assert_cmpint(took, <, 20 * TIMEOUT_USEC);
}

static gboolean set_flag(gpointer user_data)
{
        *(bool *) user_data = true;
        return G_SOURCE_REMOVE;
}

static void test_idle(Fixture *fixture, gconstpointer data)
{
        g_autoptr(sd_bus) silent = private_bus_connect(fixture->daemon);
        bool is_over = false;
        guint n_turns = 0;

        ask_driver(fixture);
        wait_for_flag(&fixture->is_answered);
        ask_silence(fixture, silent, 10 * G_USEC_PER_SEC);
        g_timeout_add(100, set_flag, &is_over);
        while (!is_over) {
                g_main_context_iteration(NULL, TRUE);
                n_turns++;
        }
        g_assert_cmpuint(n_turns, <, 20);
}

static void test_lost(Fixture *fixture, gconstpointer data)
{
        g_autoptr(sd_bus) silent = private_bus_connect(fixture->daemon);

        ask_driver(fixture);
        wait_for_flag(&fixture->is_answered);
        fixture->is_answered = false;
        ask_silence(fixture, silent, G_MAXUINT64);
        private_bus_end(fixture->daemon);
        wait_for_flag(&fixture->is_lost);
        /* Who waited was told. */
        g_assert_true(fixture->is_answered);
        g_assert_true(fixture->is_error);

        /* And it is quiet from now on. */
        while (g_main_context_iteration(NULL, FALSE))
                ;
        g_assert_cmpuint(fixture->n_lost, ==, 1);
}

static int on_reply_detach(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        Fixture *fixture = user_data;

        g_clear_pointer(&fixture->source, ic_bus_detach);
        fixture->is_answered = true;
        return 1;
}

static void test_detach_inside(Fixture *fixture, gconstpointer data)
{
        g_assert_cmpint(sd_bus_call_method_async(fixture->bus, NULL, DRIVER, "/", DRIVER, "GetId",
                                on_reply_detach, fixture, NULL),
                >=, 0);
        wait_for_flag(&fixture->is_answered);
        g_assert_null(fixture->source);
}

static bool is_not_congested(gpointer user_data)
{
        return !ic_bus_is_congested(user_data);
}

static void test_congestion(Fixture *fixture, gconstpointer data)
{
        ask_driver(fixture);
        wait_for_flag(&fixture->is_answered);
        g_assert_false(ic_bus_is_congested(fixture->bus));

        kill(fixture->daemon->pid, SIGSTOP);
        for (guint i = 0; i < 100000 && !ic_bus_is_congested(fixture->bus); i++)
                g_assert_cmpint(sd_bus_emit_signal(fixture->bus, "/", "org.example.Nothing", "Hint",
                                        "s", "something that fills the socket's buffer"),
                        >=, 0);
        g_assert_true(ic_bus_is_congested(fixture->bus));
        kill(fixture->daemon->pid, SIGCONT);
        wait_for(is_not_congested, fixture->bus);
}

static void test_open_fails(void)
{
        g_autoptr(GError) error = NULL;
        sd_bus *bus = NULL;

        g_setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
        g_assert_false(ic_bus_open(IC_SCOPE_USER, &bus, &error));
        g_assert_nonnull(error);
        g_assert_true(g_str_has_prefix(error->message, "cannot connect to the session bus"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add("/bus/source/round-trips", Fixture, NULL, set_up, test_round_trips, tear_down);
        g_test_add("/bus/source/timeout", Fixture, NULL, set_up, test_timeout, tear_down);
        g_test_add("/bus/source/idle", Fixture, NULL, set_up, test_idle, tear_down);
        g_test_add("/bus/source/lost", Fixture, NULL, set_up, test_lost, tear_down);
        g_test_add(
                "/bus/source/detach-inside", Fixture, NULL, set_up, test_detach_inside, tear_down);
        g_test_add("/bus/source/congestion", Fixture, NULL, set_up, test_congestion, tear_down);
        g_test_add_func("/bus/source/open-fails", test_open_fails);
        return g_test_run();
}
