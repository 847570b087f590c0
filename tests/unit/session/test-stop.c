/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Ends: a session that is stopped, at whatever moment, ends as asked and does nothing more; a link
 * that is of no use any more is given up. */

#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "fixture.h"

/* So many turns of the loop lead from the start to the second dialling. */
#define TURNS 60

/* The server wants TLS, on a port of its own: this one. */
static void offer_upgrade(Fixture *f)
{
        g_autofree char *offer = g_strdup_printf(":srv CAP * LS :sts=port=%u\r\n", f->port);

        say(f, offer);
}

static void turn(Fixture *f, int turns)
{
        bool was_offered = false;

        for (int i = 0; i < turns; i++) {
                g_main_context_iteration(NULL, FALSE);
                if (!was_offered && strstr(f->heard->str, "USER ")) {
                        offer_upgrade(f);
                        was_offered = true;
                }
        }
}

static void test_at_any_moment(Fixture *f, gconstpointer data)
{
        for (int turns = 0; turns < TURNS; turns++) {
                g_auto(IcStatus) status = {0};

                open_session(f, -1);
                turn(f, turns);
                ic_session_stop(f->session, NULL);
                while (g_main_context_iteration(NULL, FALSE))
                        ;
                close_peer(f);
                RUN_UNTIL(f, f->is_finished);
                g_assert_no_error(f->error);
                while (g_main_context_iteration(NULL, FALSE))
                        ;
                ic_session_get_status(f->session, &status);
                g_assert_cmpint(status.state, ==, IC_STATE_DISCONNECTED);
                g_clear_pointer(&f->session, ic_session_free);
                close_peer(f);
                g_string_truncate(f->heard, 0);
        }
        g_assert_cmpuint(f->accepted, >, TURNS / 2);
}

/* What a link should have done in time is of no interest once it is to end. */
static void test_while_ping_is_out(Fixture *f, gconstpointer data)
{
        f->shutdown_timeout = 3 * G_USEC_PER_SEC;
        open_session(f, -1);
        log_in(f);
        expect(f, "PING ");
        ic_session_stop(f->session, NULL);
        RUN_UNTIL(f, f->is_finished);
        g_assert_no_error(f->error);
}

static void test_before_the_welcome(Fixture *f, gconstpointer data)
{
        f->shutdown_timeout = 3 * G_USEC_PER_SEC;
        open_session(f, -1);
        RUN_UNTIL(f, f->peer >= 0);
        expect(f, "USER ");
        ic_session_stop(f->session, NULL);
        RUN_UNTIL(f, f->is_finished);
        g_assert_no_error(f->error);
}

/* A link that others may take up is given up for good when it is exchanged for one with TLS. */
static void test_policy_after_the_welcome(Fixture *f, gconstpointer data)
{
        g_autofree char *offer = g_strdup_printf(":srv CAP ada NEW :sts=port=%u\r\n", f->port);
        g_autoptr(IcServerRow) row = NULL;

        f->can_keep = true;
        open_session(f, -1);
        log_in(f);
        g_assert_cmpint(f->kept, >=, 0);
        say(f, offer);
        RUN_UNTIL(f, f->accepted == 2);
        g_assert_nonnull(strstr(f->events->str, "disconnected;"));
        g_assert_cmpint(f->kept, ==, -1);
        row = read_row(f);
        g_assert_cmpint(row->connected_at, ==, 0);
}

static gboolean on_speak(gpointer user_data)
{
        say(user_data, "PING :are you there\r\n");
        return G_SOURCE_CONTINUE;
}

/* A link that takes nothing is no link, however much the server says. */
static void test_deaf_link(Fixture *f, gconstpointer data)
{
        guint speaker;

        f->can_keep = true;
        open_session(f, -1);
        log_in(f);
        g_assert_cmpint(shutdown(f->kept, SHUT_WR), ==, 0);
        speaker = g_timeout_add(100, on_speak, f);
        RUN_UNTIL(f, f->is_finished);
        g_source_remove(speaker);
        g_assert_error(f->error, IC_ERROR, IC_ERROR_PING_TIMEOUT);
}

int main(int argc, char **argv)
{
        static const char *const quick_ping[] = {"ping_interval", "1", "ping_timeout", "1", NULL};
        static const char *const quick_welcome[] = {"register_timeout", "1", NULL};

        ic_log_init("test-stop", IC_LOG_ERROR);
        g_test_init(&argc, &argv, NULL);
#define ADD(name, data, func)                                                                      \
        g_test_add("/session/stop/" name, Fixture, data, set_up, func, tear_down)
        ADD("at-any-moment", NULL, test_at_any_moment);
        ADD("while-ping-is-out", quick_ping, test_while_ping_is_out);
        ADD("before-the-welcome", quick_welcome, test_before_the_welcome);
        ADD("policy-after-the-welcome", NULL, test_policy_after_the_welcome);
        ADD("deaf-link", quick_ping, test_deaf_link);
#undef ADD
        return g_test_run();
}
