/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A session against a scripted server on loopback, with a real database: what comes in is stored
 * and told, what goes out is answered, and a link that is left to the next session goes on at the
 * byte. */

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "fixture.h"

/* --- tests -------------------------------------------------------------------------------------
 */

static void test_conversation(Fixture *f, gconstpointer data)
{
        g_autoptr(IcServerRow) up = NULL, down = NULL;

        open_session(f, -1);
        log_in(f);
        say(f, ":bob!u@h PRIVMSG #a :hello\r\n");
        RUN_UNTIL(f, strstr(f->events->str, "privmsg #a <bob> hello;"));
        up = read_row(f);
        g_assert_cmpint(up->connected_at, >, 0);
        g_assert_cmpint(up->process_pid, ==, getpid());
        g_assert_cmpstr(up->live_nickname, ==, "ada");

        submit_text(f, IC_COMMAND_PRIVMSG, "#a", "hi there");
        expect(f, "PRIVMSG #a :hi there");
        RUN_UNTIL(f, g_str_equal(f->answers->str, "ok;"));
        submit_text(f, IC_COMMAND_STATUS, NULL, NULL);
        g_assert_cmpstr(f->answers->str, ==, "ok;connected;");

        ic_session_stop(f->session, "good night");
        expect(f, "QUIT :good night");
        g_assert_false(f->is_finished);
        close_peer(f);
        RUN_UNTIL(f, f->is_finished);
        g_assert_no_error(f->error);
        g_assert_nonnull(strstr(f->events->str, "disconnected;"));
        g_assert_cmpuint(count_rows(f, "#a"), ==, 3); /* join, hello, hi there */
        down = read_row(f);
        g_assert_cmpint(down->connected_at, ==, 0);
        g_assert_cmpint(down->process_pid, ==, 0);
        g_assert_cmpuint(down->failed_attempts, ==, 0);
}

static void test_commands_wait_for_the_welcome(Fixture *f, gconstpointer data)
{
        open_session(f, -1);
        submit_text(f, IC_COMMAND_PRIVMSG, "#b", "one");
        submit_text(f, IC_COMMAND_PRIVMSG, "#b", "two");
        submit_text(f, IC_COMMAND_PRIVMSG, "no such target", "three");
        submit_text(f, IC_COMMAND_STATUS, NULL, NULL);
        g_assert_cmpstr(f->answers->str, ==, "invalid-value;connecting;");
        log_in(f);
        expect(f, "PRIVMSG #b :one");
        expect(f, "PRIVMSG #b :two");
        RUN_UNTIL(f, g_str_equal(f->answers->str, "invalid-value;connecting;ok;ok;"));
}

static void stop_listening(Fixture *f)
{
        g_source_remove(f->listen_source);
        f->listen_source = 0;
        close(f->listener);
        f->listener = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void test_refused(Fixture *f, gconstpointer data)
{
        g_autoptr(IcServerRow) row = NULL;

        stop_listening(f);
        open_session(f, -1);
        submit_text(f, IC_COMMAND_PRIVMSG, "#b", "lost?");
        RUN_UNTIL(f, f->is_finished);
        g_assert_error(f->error, IC_ERROR, IC_ERROR_UNREACHABLE);
        g_assert_cmpstr(f->answers->str, ==, "not-connected;");
        g_assert_cmpstr(f->events->str, ==, "failed 1;");
        row = read_row(f);
        g_assert_cmpuint(row->failed_attempts, ==, 1);
        g_assert_nonnull(row->last_error);
}

/* Attempts that fail are counted as such, not as processes that die on their way; the block comes
 * with the last of them, is in the database, and is what the next session ends with. */
static void test_blocked(Fixture *f, gconstpointer data)
{
        stop_listening(f);
        f->restart_limit = 1;
        for (guint i = 0; i < 4; i++) {
                g_autoptr(IcServerRow) row = NULL;
                bool is_blocked = i >= 2;

                g_clear_pointer(&f->session, ic_session_free);
                open_session(f, -1);
                RUN_UNTIL(f, f->is_finished);
                if (is_blocked)
                        g_assert_error(f->error, IC_ERROR, IC_ERROR_BLOCKED);
                else
                        g_assert_error(f->error, IC_ERROR, IC_ERROR_UNREACHABLE);
                row = read_row(f);
                g_assert_cmpstr(row->status, ==, is_blocked ? "blocked" : "disconnected");
                g_assert_cmpuint(row->failed_attempts, ==, MIN(i + 1, 3));
                g_assert_cmpstr(row->last_error_code, ==, "unreachable");
        }
}

/* The next session waits after a failure, then connects; a command waits with it. */
static void test_wait_after_failure(Fixture *f, gconstpointer data)
{
        g_auto(IcStatus) status = {0};

        open_session(f, -1);
        RUN_UNTIL(f, f->peer >= 0);
        expect(f, "USER ");
        close_peer(f);
        RUN_UNTIL(f, f->is_finished);
        g_assert_nonnull(f->error);
        g_clear_pointer(&f->session, ic_session_free);

        open_session(f, -1);
        ic_session_get_status(f->session, &status);
        g_assert_cmpint(status.state, ==, IC_STATE_WAITING);
        g_assert_cmpuint(status.attempts, ==, 1);
        log_in(f);
        g_assert_cmpuint(f->accepted, ==, 2);
}

static void test_silent_server(Fixture *f, gconstpointer data)
{
        open_session(f, -1);
        log_in(f);
        expect(f, "PING ");
        RUN_UNTIL(f, f->is_finished);
        g_assert_error(f->error, IC_ERROR, IC_ERROR_PING_TIMEOUT);
}

static void test_no_welcome(Fixture *f, gconstpointer data)
{
        open_session(f, -1);
        RUN_UNTIL(f, f->is_finished);
        g_assert_error(f->error, IC_ERROR, IC_ERROR_REGISTRATION);
}

static void test_error_line(Fixture *f, gconstpointer data)
{
        open_session(f, -1);
        log_in(f);
        say(f, ":bob!u@h PRIVMSG #a :last words\r\nERROR :Closing link: [K-lined: spam]\r\n");
        RUN_UNTIL(f, f->is_finished);
        g_assert_error(f->error, IC_ERROR, IC_ERROR_BANNED);
        g_assert_cmpuint(count_rows(f, "#a"), ==, 2);
}

/* A link that is left in the middle of a line, with a message under way in each direction. */
static void test_resume(Fixture *f, gconstpointer data)
{
        g_auto(IcStatus) status = {0};

        f->can_keep = true;
        open_session(f, -1);
        log_in(f);
        g_assert_cmpint(f->kept, >=, 0);
        say(f, ":bob!u@h PRIVMSG #a :one\r\n:bob!u@h PRIVMSG #a :tw");
        RUN_UNTIL(f, strstr(f->events->str, "<bob> one;"));
        g_assert_true(ic_session_suspend(f->session));
        g_clear_pointer(&f->session, ic_session_free);
        say(f, "o\r\n:bob!u@h PRIVMSG #a :three\r\n");

        open_session(f, dup_kept(f));
        ic_session_get_status(f->session, &status);
        g_assert_cmpint(status.state, ==, IC_STATE_CONNECTED);
        g_assert_cmpstr(status.channels[0], ==, "#a");
        RUN_UNTIL(
                f, strstr(f->events->str, "<bob> two;") && strstr(f->events->str, "<bob> three;"));
        submit_text(f, IC_COMMAND_PRIVMSG, "#a", "still here");
        expect(f, "PRIVMSG #a :still here");
        g_assert_cmpuint(f->accepted, ==, 1);
        g_assert_cmpuint(count_rows(f, "#a"), ==, 5); /* join, one, two, three, still here */
}

static uint32_t count_attempts(Fixture *f)
{
        g_auto(IcStatus) status = {0};

        ic_session_get_status(f->session, &status);
        return status.attempts;
}

/* That a connection has lasted is seen by whichever process has it then. */
static void test_success_after_resume(Fixture *f, gconstpointer data)
{
        gint64 long_ago = g_get_real_time() - 3600 * (gint64) G_USEC_PER_SEC;
        g_autoptr(IcStore) store = NULL;

        open_session(f, -1);
        RUN_UNTIL(f, f->peer >= 0);
        close_peer(f);
        RUN_UNTIL(f, f->is_finished);
        g_clear_pointer(&f->session, ic_session_free);

        f->can_keep = true;
        open_session(f, -1);
        log_in(f);
        g_clear_pointer(&f->session, ic_session_free);
        g_assert_true(ic_store_open(f->folder, 0, &store, NULL));
        g_assert_true(ic_store_server_set_connected(store, ID, long_ago, "ada", NULL, NULL));

        open_session(f, dup_kept(f));
        RUN_UNTIL(f, count_attempts(f) == 0);
        g_assert_cmpuint(f->accepted, ==, 2);
}

/* A session that dies without a word, at whatever point, loses and doubles nothing. */
static void test_sudden_death(Fixture *f, gconstpointer data)
{
        const int rounds = 40;

        f->can_keep = true;
        open_session(f, -1);
        log_in(f);
        for (int i = 0; i < rounds; i++) {
                g_autofree char *line = g_strdup_printf(":bob!u@h PRIVMSG #a :n%d\r\n", i);
                gsize cut = (gsize) i % strlen(line);
                g_autofree char *head = g_strndup(line, cut);

                if (cut > 0)
                        say(f, head);
                for (int turns = i % 4; turns > 0; turns--)
                        g_main_context_iteration(NULL, FALSE);
                /* No suspend: like a kill, but for the descriptors that the kernel would close. */
                g_clear_pointer(&f->session, ic_session_free);
                say(f, line + cut);
                open_session(f, dup_kept(f));
        }
        RUN_UNTIL(f, strstr(f->events->str, "<bob> n39;"));
        g_assert_cmpuint(f->accepted, ==, 1);
        g_assert_cmpuint(count_rows(f, "#a"), ==, 1 + rounds);
}

/* Somebody else holds the database when the link is to be taken up: it is left to the session after
 * that, which misses nothing. */
static void test_busy_store_keeps_link(Fixture *f, gconstpointer data)
{
        g_autoptr(IcStore) other = NULL;
        g_autoptr(GError) error = NULL;

        f->can_keep = true;
        open_session(f, -1);
        log_in(f);
        g_assert_true(ic_session_suspend(f->session));
        g_clear_pointer(&f->session, ic_session_free);
        say(f, ":bob!u@h PRIVMSG #a :meanwhile\r\n");

        g_assert_true(ic_store_open(f->folder, 0, &other, &error));
        g_assert_true(ic_store_begin(other, &error));
        g_assert_true(ic_store_server_set_wanted(other, ID, true, &error));
        open_session(f, dup_kept(f));
        g_assert_true(f->is_finished);
        g_assert_error(f->error, IC_ERROR, IC_ERROR_STORE_BUSY);
        g_assert_cmpint(f->kept, >=, 0);
        g_clear_pointer(&f->session, ic_session_free);

        g_assert_true(ic_store_commit(other, &error));
        open_session(f, dup_kept(f));
        RUN_UNTIL(f, strstr(f->events->str, "<bob> meanwhile;"));
        g_assert_cmpuint(f->accepted, ==, 1);
        g_assert_cmpuint(count_rows(f, "#a"), ==, 2);
}

/* A descriptor that the database knows nothing of is given up, and a new link is made. */
static void test_unknown_kept_link(Fixture *f, gconstpointer data)
{
        int pair[2];

        f->can_keep = true;
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
        f->kept = fcntl(pair[0], F_DUPFD_CLOEXEC, 3);
        open_session(f, pair[0]);
        log_in(f);
        g_assert_cmpuint(f->accepted, ==, 1);
        close(pair[1]);
}

/* Somebody who could not know better cleared the facts: they are written again. */
static void test_facts_are_put_back(Fixture *f, gconstpointer data)
{
        g_autoptr(IcServerRow) cleared = NULL, row = NULL;
        g_autoptr(IcStore) store = NULL;

        f->can_keep = true;
        open_session(f, -1);
        log_in(f);
        g_assert_true(ic_store_open(f->folder, 0, &store, NULL));
        g_assert_true(ic_store_server_clear_live(store, ID, NULL, NULL));
        cleared = read_row(f);
        g_assert_cmpint(cleared->connected_at, ==, 0);

        ic_session_check_facts(f->session);
        row = read_row(f);
        g_assert_cmpint(row->connected_at, >, 0);
        g_assert_cmpint(row->process_pid, ==, getpid());
        g_assert_cmpstr(row->live_nickname, ==, "ada");
        g_assert_cmpstr(row->status, ==, "connected");

        /* The kept link is none the worse. */
        g_clear_pointer(&f->session, ic_session_free);
        say(f, ":bob!u@h PRIVMSG #a :after all\r\n");
        open_session(f, dup_kept(f));
        RUN_UNTIL(f, strstr(f->events->str, "<bob> after all;"));
        g_assert_cmpuint(f->accepted, ==, 1);
}

static void test_quit_command(Fixture *f, gconstpointer data)
{
        g_autoptr(IcServerRow) row = NULL;

        open_session(f, -1);
        log_in(f);
        submit_text(f, IC_COMMAND_QUIT, NULL, "bye");
        expect(f, "QUIT :bye");
        submit_text(f, IC_COMMAND_PRIVMSG, "#a", "too late");
        close_peer(f);
        RUN_UNTIL(f, f->is_finished);
        g_assert_no_error(f->error);
        g_assert_cmpstr(f->answers->str, ==, "ok;not-connected;");
        row = read_row(f);
        g_assert_false(row->is_wanted);
}

static void test_restart_command(Fixture *f, gconstpointer data)
{
        g_autoptr(IcServerRow) row = NULL;

        open_session(f, -1);
        log_in(f);
        submit_text(f, IC_COMMAND_RESTART_CONNECTION, NULL, NULL);
        expect(f, "QUIT ");
        close_peer(f);
        RUN_UNTIL(f, f->is_finished);
        g_assert_error(f->error, IC_ERROR, IC_ERROR_LINK_CLOSED);
        row = read_row(f);
        g_assert_cmpuint(row->failed_attempts, ==, 0);
}

int main(int argc, char **argv)
{
        static const char *const quick_ping[] = {"ping_interval", "1", "ping_timeout", "1", NULL};
        static const char *const quick_welcome[] = {"register_timeout", "1", NULL};
        static const char *const very_quick_retry[] = {"reconnect_delay_ms", "10", NULL};
        static const char *const quick_retry[] = {"reconnect_delay_ms", "300", NULL};

        ic_log_init("test-session", IC_LOG_ERROR);
        g_test_init(&argc, &argv, NULL);
#define ADD(name, data, func) g_test_add("/session/" name, Fixture, data, set_up, func, tear_down)
        ADD("conversation", NULL, test_conversation);
        ADD("commands-wait", NULL, test_commands_wait_for_the_welcome);
        ADD("refused", NULL, test_refused);
        ADD("blocked", very_quick_retry, test_blocked);
        ADD("wait-after-failure", quick_retry, test_wait_after_failure);
        ADD("silent-server", quick_ping, test_silent_server);
        ADD("no-welcome", quick_welcome, test_no_welcome);
        ADD("error-line", NULL, test_error_line);
        ADD("resume", NULL, test_resume);
        ADD("success-after-resume", very_quick_retry, test_success_after_resume);
        ADD("sudden-death", NULL, test_sudden_death);
        ADD("busy-store-keeps-link", NULL, test_busy_store_keeps_link);
        ADD("unknown-kept-link", NULL, test_unknown_kept_link);
        ADD("facts-are-put-back", NULL, test_facts_are_put_back);
        ADD("quit-command", NULL, test_quit_command);
        ADD("restart-command", NULL, test_restart_command);
#undef ADD
        return g_test_run();
}
