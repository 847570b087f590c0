/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A session against a scripted server on loopback, with a real database: what comes in is stored
 * and told, what goes out is answered, and a link that is left to the next session goes on at the
 * byte. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "session/session.h"
#include "store/messages.h"

#define DEADLINE_USEC (20 * G_USEC_PER_SEC)
#define ID 3u

typedef struct {
        char *folder;
        int listener;
        uint16_t port;
        int peer; /* the accepted link, or -1 */
        guint accepted;
        guint listen_source, peer_source;
        GString *heard; /* what the server got and no expect() has taken */
        bool peer_closed;

        IcSession *session;
        GString *events;
        GString *answers;
        bool is_finished;
        GError *error;
        int kept; /* the descriptor store */
        bool can_keep;
} Fixture;

/* --- the server --------------------------------------------------------------------------------
 */

static gboolean on_peer(int fd, GIOCondition condition, gpointer user_data)
{
        Fixture *f = user_data;
        char buffer[4096];
        gssize n = recv(fd, buffer, sizeof buffer, 0);

        if (n > 0) {
                g_string_append_len(f->heard, buffer, n);
                return G_SOURCE_CONTINUE;
        }
        f->peer_closed = true;
        f->peer_source = 0;
        return G_SOURCE_REMOVE;
}

static gboolean on_connection(int fd, GIOCondition condition, gpointer user_data)
{
        Fixture *f = user_data;

        f->peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        g_assert_cmpint(f->peer, >=, 0);
        f->accepted++;
        f->peer_closed = false;
        f->peer_source = g_unix_fd_add(f->peer, G_IO_IN | G_IO_HUP, on_peer, f);
        return G_SOURCE_CONTINUE;
}

static void listen_on_loopback(Fixture *f)
{
        struct sockaddr_in address = {
                .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof address;

        f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(bind(f->listener, (struct sockaddr *) &address, len), ==, 0);
        g_assert_cmpint(listen(f->listener, 5), ==, 0);
        g_assert_cmpint(getsockname(f->listener, (struct sockaddr *) &address, &len), ==, 0);
        f->port = ntohs(address.sin_port);
        f->peer = -1;
        f->listen_source = g_unix_fd_add(f->listener, G_IO_IN, on_connection, f);
}

static gboolean on_test_deadline(gpointer user_data)
{
        g_error("Nothing happened in time; the server had heard: %s; events: %s; answers: %s",
                ((Fixture *) user_data)->heard->str, ((Fixture *) user_data)->events->str,
                ((Fixture *) user_data)->answers->str);
        return G_SOURCE_REMOVE;
}

#define RUN_UNTIL(f, condition)                                                                    \
        G_STMT_START                                                                               \
        {                                                                                          \
                guint deadline_ = g_timeout_add(DEADLINE_USEC / 1000, on_test_deadline, (f));      \
                while (!(condition))                                                               \
                        g_main_context_iteration(NULL, TRUE);                                      \
                g_source_remove(deadline_);                                                        \
        }                                                                                          \
        G_STMT_END

/* The server waits for a line that begins so; what came before it is passed over. */
static void expect(Fixture *f, const char *prefix)
{
        g_autofree char *pattern = g_strconcat("\n", prefix, NULL);
        char *at = NULL;

        for (;;) {
                if (g_str_has_prefix(f->heard->str, prefix))
                        at = f->heard->str;
                else if ((at = strstr(f->heard->str, pattern)))
                        at++;
                if (at && strchr(at, '\n'))
                        break;
                RUN_UNTIL(f, strstr(f->heard->str, prefix) &&
                                     strchr(strstr(f->heard->str, prefix), '\n'));
        }
        g_string_erase(f->heard, 0, strchr(at, '\n') + 1 - f->heard->str);
}

static void say(Fixture *f, const char *text)
{
        gsize len = strlen(text);

        g_assert_cmpint(send(f->peer, text, len, MSG_NOSIGNAL), ==, (gssize) len);
}

/* --- the host ----------------------------------------------------------------------------------
 */

static void on_event(const IcEvent *event, gpointer user_data)
{
        Fixture *f = user_data;

        switch (event->type) {
        case IC_EVENT_MESSAGE:
                g_assert_cmpint(event->message->message.row_id, >, 0);
                g_string_append_printf(f->events, "%s %s <%s> %s;",
                        irc_message_type_name(event->message->message.type),
                        event->message->message.target, event->message->message.sender,
                        event->message->message.content);
                break;
        case IC_EVENT_READY:
                g_string_append_printf(f->events, "ready %s;", event->nickname);
                break;
        case IC_EVENT_JOINED:
                g_string_append_printf(f->events, "joined %s;", event->channel);
                break;
        case IC_EVENT_DISCONNECTED:
                g_string_append(f->events, "disconnected;");
                break;
        case IC_EVENT_CONNECTION_FAILED:
                g_string_append_printf(f->events, "failed %u;", event->attempt);
                break;
        case IC_EVENT_STATE_CHANGED:
        case IC_EVENT_CONNECTED:
        case IC_EVENT_PARTED:
        case IC_EVENT_KICKED:
        case IC_EVENT_NICK_CHANGED:
        case IC_EVENT_TOPIC_CHANGED:
        case IC_EVENT_USERS_CHANGED:
        case IC_EVENT_INVITED:
        case IC_EVENT_ERROR:
                break;
        }
}

static bool keep_link(int fd, gpointer user_data)
{
        Fixture *f = user_data;

        if (!f->can_keep)
                return false;
        f->kept = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        return true;
}

static void drop_link(gpointer user_data)
{
        Fixture *f = user_data;

        g_assert_cmpint(f->kept, >=, 0);
        close(f->kept);
        f->kept = -1;
}

static void on_finished(const GError *error, gpointer user_data)
{
        Fixture *f = user_data;

        g_assert_false(f->is_finished);
        f->is_finished = true;
        f->error = error ? g_error_copy(error) : NULL;
}

static void open_session(Fixture *f, int kept_link)
{
        IcSessionHost host = {
                .keep_link = keep_link,
                .drop_link = drop_link,
                .finished = on_finished,
                .user_data = f,
        };
        g_autoptr(GError) error = NULL;

        f->is_finished = false;
        g_clear_error(&f->error);
        g_assert_true(ic_session_new(
                &(IcSessionOptions){.id = ID, .folder = f->folder, .kept_link = kept_link}, &host,
                &f->session, &error));
        g_assert_no_error(error);
        ic_session_listen(f->session, on_event, f);
        ic_session_start(f->session);
}

static void set_up(Fixture *f, gconstpointer data)
{
        const char *const *settings = data;
        g_autoptr(IcServerConfig) config = ic_server_config_new();
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *port = NULL;

        f->folder = g_dir_make_tmp("irc-conn-session-XXXXXX", NULL);
        f->heard = g_string_new(NULL);
        f->events = g_string_new(NULL);
        f->answers = g_string_new(NULL);
        f->kept = -1;
        listen_on_loopback(f);

        port = g_strdup_printf("%u", f->port);
        g_assert_true(ic_server_config_set(config, "address", "127.0.0.1", NULL));
        g_assert_true(ic_server_config_set(config, "tls", "false", NULL));
        g_assert_true(ic_server_config_set(config, "port", port, NULL));
        g_assert_true(ic_server_config_set(config, "nickname", "ada", NULL));
        g_assert_true(ic_server_config_set(config, "channels", "#a", NULL));
        for (gsize i = 0; settings && settings[i]; i += 2)
                g_assert_true(ic_server_config_set(config, settings[i], settings[i + 1], &error));
        g_assert_true(ic_server_config_complete(config, &error));
        g_assert_true(ic_store_open(f->folder, IC_STORE_CREATE, &store, &error));
        g_assert_true(ic_store_server_add(store, ID, config, &error));
        g_assert_no_error(error);
}

static void close_peer(Fixture *f)
{
        if (f->peer_source != 0)
                g_source_remove(f->peer_source);
        f->peer_source = 0;
        if (f->peer >= 0)
                close(f->peer);
        f->peer = -1;
}

static void tear_down(Fixture *f, gconstpointer data)
{
        static const char *const files[] = {"irc.db", "irc.db-wal", "irc.db-shm"};

        ic_session_free(f->session);
        close_peer(f);
        if (f->listen_source != 0)
                g_source_remove(f->listen_source);
        close(f->listener);
        if (f->kept >= 0)
                close(f->kept);
        for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
                g_autofree char *path = g_build_filename(f->folder, files[i], NULL);

                g_unlink(path);
        }
        g_assert_cmpint(g_rmdir(f->folder), ==, 0);
        g_string_free(f->heard, TRUE);
        g_string_free(f->events, TRUE);
        g_string_free(f->answers, TRUE);
        g_clear_error(&f->error);
        g_free(f->folder);
}

static void log_in(Fixture *f)
{
        RUN_UNTIL(f, f->peer >= 0);
        expect(f, "USER ");
        say(f, ":srv 001 ada :Welcome\r\n:srv 376 ada :End\r\n");
        expect(f, "JOIN #a");
        say(f, ":ada!u@h JOIN #a\r\n:srv 353 ada = #a :@op ada\r\n:srv 366 ada #a :End\r\n");
        RUN_UNTIL(f, strstr(f->events->str, "joined #a;"));
}

static void on_done(const GError *error, const IcStatus *status, gpointer user_data)
{
        Fixture *f = user_data;

        g_string_append_printf(f->answers, "%s;",
                error    ? ic_error_code(ic_error_of(error))
                : status ? ic_state_name(status->state)
                         : "ok");
}

static void submit_text(Fixture *f, IcCommandType type, const char *target, const char *text)
{
        IcCommand command = {.type = type,
                .target = (char *) target,
                .channel = (char *) target,
                .message = (char *) text};

        ic_session_submit(f->session, &command, on_done, f);
}

static guint count_rows(Fixture *f, const char *target)
{
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) rows = NULL;

        g_assert_true(ic_store_open(f->folder, 0, &store, &error));
        rows = ic_store_history(store, ID, target, 0, IC_HISTORY_LIMIT_MAX, &error);
        g_assert_no_error(error);
        return rows->len;
}

static IcServerRow *read_row(Fixture *f)
{
        g_autoptr(IcStore) store = NULL;
        IcServerRow *row = NULL;

        g_assert_true(ic_store_open(f->folder, 0, &store, NULL));
        g_assert_true(ic_store_server_read(store, ID, &row, NULL));
        return row;
}

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

static void test_refused(Fixture *f, gconstpointer data)
{
        g_autoptr(IcServerRow) row = NULL;

        g_source_remove(f->listen_source);
        f->listen_source = 0;
        close(f->listener);
        f->listener = -1;
        open_session(f, -1);
        submit_text(f, IC_COMMAND_PRIVMSG, "#b", "lost?");
        RUN_UNTIL(f, f->is_finished);
        g_assert_error(f->error, IC_ERROR, IC_ERROR_UNREACHABLE);
        g_assert_cmpstr(f->answers->str, ==, "not-connected;");
        g_assert_cmpstr(f->events->str, ==, "failed 1;");
        row = read_row(f);
        g_assert_cmpuint(row->failed_attempts, ==, 1);
        g_assert_nonnull(row->last_error);
        f->listener = open("/dev/null", O_RDONLY | O_CLOEXEC);
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

        open_session(f, fcntl(f->kept, F_DUPFD_CLOEXEC, 3));
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
                open_session(f, fcntl(f->kept, F_DUPFD_CLOEXEC, 3));
        }
        RUN_UNTIL(f, strstr(f->events->str, "<bob> n39;"));
        g_assert_cmpuint(f->accepted, ==, 1);
        g_assert_cmpuint(count_rows(f, "#a"), ==, 1 + rounds);
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
        static const char *const quick_retry[] = {"reconnect_delay_ms", "1500", NULL};

        ic_log_init("test-session", IC_LOG_ERROR);
        g_test_init(&argc, &argv, NULL);
#define ADD(name, data, func) g_test_add("/session/" name, Fixture, data, set_up, func, tear_down)
        ADD("conversation", NULL, test_conversation);
        ADD("commands-wait", NULL, test_commands_wait_for_the_welcome);
        ADD("refused", NULL, test_refused);
        ADD("wait-after-failure", quick_retry, test_wait_after_failure);
        ADD("silent-server", quick_ping, test_silent_server);
        ADD("no-welcome", quick_welcome, test_no_welcome);
        ADD("error-line", NULL, test_error_line);
        ADD("resume", NULL, test_resume);
        ADD("sudden-death", NULL, test_sudden_death);
        ADD("unknown-kept-link", NULL, test_unknown_kept_link);
        ADD("quit-command", NULL, test_quit_command);
        ADD("restart-command", NULL, test_restart_command);
#undef ADD
        return g_test_run();
}
