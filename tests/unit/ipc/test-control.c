/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The command socket with real clients on a real socket; what carries the commands out is a list
 * that the test completes when it likes. */

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/descriptor.h"
#include "ipc/server.h"

#define DEADLINE_SECONDS 20

typedef struct {
        IcCommandDoneFunc done;
        gpointer data;
} Held;

typedef struct {
        char *folder, *path;
        IcControlServer *server;
        GString *log;    /* "nick:a join:#b ", in the order of submission */
        GArray *held;    /* of Held */
        bool is_holding; /* else a command is done at once */
        bool is_drained;
        bool is_freeing; /* the server goes away within submit */
} Fixture;

static void on_submit(
        const IcCommand *command, IcCommandDoneFunc done, gpointer data, gpointer user_data)
{
        Fixture *fixture = user_data;
        Held held = {done, data};
        IcStatus status = {.id = 3, .state = IC_STATE_CONNECTED, .lag = -1};

        g_string_append_printf(fixture->log, "%s:%s ", ic_command_name(command->type),
                command->nickname ? command->nickname : "");
        if (fixture->is_freeing)
                g_clear_pointer(&fixture->server, ic_control_server_free);
        if (fixture->is_holding)
                g_array_append_val(fixture->held, held);
        else
                done(NULL, command->type == IC_COMMAND_STATUS ? &status : NULL, data);
}

static void complete(Fixture *fixture, guint index)
{
        Held held = g_array_index(fixture->held, Held, index);

        held.done(NULL, NULL, held.data);
}

static struct sockaddr_un address_of(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        g_assert_cmpuint(strlen(path), <, sizeof(address.sun_path));
        strcpy(address.sun_path, path);
        return address;
}

static void set_up(Fixture *fixture, gconstpointer data)
{
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_un address;
        IcControlServerOptions options = {
                .listen_fd = fd,
                .owner = getuid(),
                .submit = on_submit,
                .patience = 200 * IC_USEC_PER_MSEC,
                .user_data = fixture,
        };

        fixture->folder = g_dir_make_tmp("irc-conn-ipc-XXXXXX", NULL);
        fixture->path = g_build_filename(fixture->folder, "3.sock", NULL);
        address = address_of(fixture->path);
        g_assert_cmpint(bind(fd, (struct sockaddr *) &address, sizeof(address)), ==, 0);
        g_assert_cmpint(listen(fd, 200), ==, 0);
        fixture->log = g_string_new(NULL);
        fixture->held = g_array_new(false, false, sizeof(Held));
        fixture->server = ic_control_server_new(&options);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
        ic_control_server_free(fixture->server);
        g_array_unref(fixture->held);
        g_string_free(fixture->log, true);
        g_unlink(fixture->path);
        g_rmdir(fixture->folder);
        g_free(fixture->path);
        g_free(fixture->folder);
}

static int dial(Fixture *fixture)
{
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_un address = address_of(fixture->path);

        g_assert_cmpint(connect(fd, (struct sockaddr *) &address, sizeof(address)), ==, 0);
        g_assert_true(g_unix_set_fd_nonblocking(fd, true, NULL));
        return fd;
}

static gboolean on_deadline(gpointer user_data)
{
        g_error("nothing happened in %d s", DEADLINE_SECONDS);
        return G_SOURCE_REMOVE;
}

/* One turn of the loop, which waits for something to happen. */
static void iterate(void)
{
        guint deadline = g_timeout_add_seconds(DEADLINE_SECONDS, on_deadline, NULL);

        g_main_context_iteration(NULL, true);
        g_source_remove(deadline);
}

/* All that can be done without waiting. */
static void settle(void)
{
        while (g_main_context_iteration(NULL, false))
                ;
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer user_data)
{
        return G_SOURCE_CONTINUE;
}

static void say(int fd, const char *text)
{
        gsize len = strlen(text);

        while (len > 0) {
                ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

                if (n < 0) {
                        g_assert_cmpint(errno, ==, EAGAIN);
                        iterate();
                        continue;
                }
                text += n;
                len -= (gsize) n;
        }
}

/* Reads until so many lines are there, or, with G_MAXUINT, until the other side has closed. */
static char *hear(int fd, guint n_lines)
{
        g_autoptr(GString) heard = g_string_new(NULL);
        guint source = g_unix_fd_add(fd, G_IO_IN, on_readable, NULL);
        guint seen = 0;

        while (seen < n_lines) {
                char c;
                ssize_t n = read(fd, &c, 1);

                if (n == 0 || (n < 0 && errno == ECONNRESET))
                        break;
                if (n < 0) {
                        g_assert_cmpint(errno, ==, EAGAIN);
                        iterate();
                        continue;
                }
                g_string_append_c(heard, c);
                seen += c == '\n';
        }
        g_source_remove(source);
        return g_string_free(g_steal_pointer(&heard), false);
}

static void assert_heard(int fd, guint n_lines, const char *expected)
{
        g_autofree char *heard = hear(fd, n_lines);

        g_assert_cmpstr(heard, ==, expected);
}

static void assert_heard_in(int fd, guint n_lines, const char *part)
{
        g_autofree char *heard = hear(fd, n_lines);

        g_assert_nonnull(strstr(heard, part));
}

static void test_answers(Fixture *fixture, gconstpointer data)
{
        g_auto(IcFd) fd = dial(fixture);

        say(fd, "{\"command\":\"nick\",\"nickname\":\"a\"}\n{\"command\":\"status\",\"id\":\"x\"}"
                "\n");
        assert_heard(fd, 2,
                "{\"ok\":true}\n"
                "{\"ok\":true,\"id\":\"x\",\"tls\":false,\"state\":\"connected\",\"healthy\":false,"
                "\"wanted\":false,\"channels\":[],\"attempts\":0,\"restarts\":0,\"owner\":0,"
                "\"connection\":3}\n");
        say(fd, "nonsense\n");
        assert_heard_in(fd, 1, "\"ok\":false,\"error\":\"bad-request\"");
        say(fd, "{\"id\":7,\"command\":\"ni");
        settle();
        say(fd, "ck\",\"nickname\":\"b\"}\n");
        assert_heard(fd, 1, "{\"ok\":true,\"id\":7}\n");
        g_assert_cmpstr(fixture->log->str, ==, "nick:a status: nick:b ");
}

/* Later commands may be done earlier; their answers wait. */
static void test_order(Fixture *fixture, gconstpointer data)
{
        g_auto(IcFd) fd = dial(fixture);
        g_auto(IcFd) other = dial(fixture);

        fixture->is_holding = true;
        say(fd, "{\"command\":\"nick\",\"nickname\":\"a\",\"id\":1}\n"
                "{\"command\":\"nick\",\"nickname\":\"b\",\"id\":2}\n"
                "{\"command\":\"dance\",\"id\":3}\n"
                "{\"command\":\"nick\",\"nickname\":\"c\",\"id\":4}\n");
        while (fixture->held->len < 3)
                iterate();
        complete(fixture, 2);
        complete(fixture, 1);
        settle();
        fixture->is_holding = false;
        say(other, "{\"command\":\"status\"}\n"); /* another client does not wait */
        assert_heard_in(other, 1, "\"ok\":true");
        g_assert_cmpint(recv(fd, (char[1]){0}, 1, MSG_DONTWAIT), ==, -1);
        complete(fixture, 0);
        assert_heard(fd, 2, "{\"ok\":true,\"id\":1}\n{\"ok\":true,\"id\":2}\n");
        assert_heard_in(fd, 1, "{\"ok\":false,\"id\":3,\"error\":\"unknown-command\"");
        assert_heard(fd, 1, "{\"ok\":true,\"id\":4}\n");
}

static void test_one_shot(Fixture *fixture, gconstpointer data)
{
        for (unsigned i = 0; i < 3; i++) {
                g_auto(IcFd) fd = dial(fixture);

                say(fd, "{\"command\":\"nick\",\"nickname\":\"a\"}\n"
                        "{\"command\":\"nick\",\"nickname\":\"b\"}"); /* without its LF */
        }
        while (fixture->log->len < 6 * strlen("nick:x "))
                iterate();
        g_assert_cmpstr(fixture->log->str, ==, "nick:a nick:b nick:a nick:b nick:a nick:b ");
}

/* A client that has gone before its command was done. */
static void test_gone(Fixture *fixture, gconstpointer data)
{
        int fd = dial(fixture);

        fixture->is_holding = true;
        say(fd, "{\"command\":\"nick\",\"nickname\":\"a\"}\n{\"command\":\"status\"}\n");
        close(fd);
        while (fixture->held->len < 2)
                iterate();
        settle();
        complete(fixture, 1);
        complete(fixture, 0);
        settle();
}

static void test_half_closed(Fixture *fixture, gconstpointer data)
{
        g_auto(IcFd) fd = dial(fixture);

        say(fd, "{\"command\":\"nick\",\"nickname\":\"a\"}\nrest");
        g_assert_cmpint(shutdown(fd, SHUT_WR), ==, 0);
        assert_heard(fd, 1, "{\"ok\":true}\n");
        assert_heard_in(fd, G_MAXUINT, "bad-request");
}

static void test_too_long(Fixture *fixture, gconstpointer data)
{
        g_auto(IcFd) fd = dial(fixture);
        g_autofree char *text = g_strnfill(3 * IC_COMMAND_LINE_MAX, 'x');

        say(fd, text);
        assert_heard_in(fd, 1, "\"too-long\"");
        say(fd, text);
        say(fd, "\n{\"command\":\"nick\",\"nickname\":\"a\"}\n");
        assert_heard(fd, 1, "{\"ok\":true}\n");
}

static void test_in_flight_bound(Fixture *fixture, gconstpointer data)
{
        g_auto(IcFd) fd = dial(fixture);

        fixture->is_holding = true;
        for (unsigned i = 0; i < IC_CONTROL_IN_FLIGHT_MAX + 100; i++)
                say(fd, "{\"command\":\"nick\",\"nickname\":\"a\"}\n");
        while (fixture->held->len < IC_CONTROL_IN_FLIGHT_MAX)
                iterate();
        settle();
        g_assert_cmpuint(fixture->held->len, ==, IC_CONTROL_IN_FLIGHT_MAX);
        g_assert_false(g_main_context_pending(NULL)); /* nothing turns in circles */
        for (guint i = 0; i < fixture->held->len; i++) {
                complete(fixture, i);
                settle();
        }
        g_assert_cmpuint(fixture->held->len, ==, IC_CONTROL_IN_FLIGHT_MAX + 100);
        g_free(hear(fd, IC_CONTROL_IN_FLIGHT_MAX + 100));
}

/* Many requests in one go are no offence, as long as the answers are read. */
static void test_pipelined(Fixture *fixture, gconstpointer data)
{
        const guint count = 5000;
        g_autoptr(GString) text = g_string_new(NULL);
        g_auto(IcFd) fd = dial(fixture);
        gsize sent = 0;

        for (guint i = 0; i < count; i++)
                g_string_append(text, "{\"command\":\"status\"}\n");
        for (guint i = 0; i < count; i++) {
                ssize_t n = send(fd, text->str + sent, text->len - sent, MSG_NOSIGNAL);

                sent += n > 0 ? (gsize) n : 0;
                assert_heard_in(fd, 1, "\"connected\"");
        }
        g_assert_cmpuint(sent, ==, text->len);
}

static void test_never_reads(Fixture *fixture, gconstpointer data)
{
        g_auto(IcFd) fd = dial(fixture);
        g_auto(IcFd) other = dial(fixture);
        ssize_t n = 0;

        while (n >= 0 || errno == EAGAIN) {
                n = send(fd, "{\"command\":\"status\"}\n", 21, MSG_NOSIGNAL);
                if (n < 0 && errno == EAGAIN)
                        iterate();
                else
                        settle();
        }
        say(other, "{\"command\":\"nick\",\"nickname\":\"a\"}\n");
        assert_heard(other, 1, "{\"ok\":true}\n");
}

static void test_clients_bound(Fixture *fixture, gconstpointer data)
{
        int fds[IC_CONTROL_CLIENTS_MAX];
        g_auto(IcFd) late = -1;

        for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
                fds[i] = dial(fixture);
                say(fds[i], "{\"command\":\"nick\",\"nickname\":\"a\"}\n");
                assert_heard(fds[i], 1, "{\"ok\":true}\n");
        }
        late = dial(fixture);
        say(late, "{\"command\":\"nick\",\"nickname\":\"b\"}\n");
        settle();
        g_assert_null(strstr(fixture->log->str, "nick:b"));
        g_assert_false(g_main_context_pending(NULL));
        close(fds[0]);
        assert_heard(late, 1, "{\"ok\":true}\n");
        for (guint i = 1; i < G_N_ELEMENTS(fds); i++)
                close(fds[i]);
}

static void test_refuse(Fixture *fixture, gconstpointer data)
{
        g_auto(IcFd) fd = dial(fixture);
        g_autoptr(GError) error =
                g_error_new_literal(IC_ERROR, IC_ERROR_NOT_CONNECTED, "Server not connected");

        ic_control_server_refuse(fixture->server, error);
        say(fd, "{\"command\":\"nick\",\"nickname\":\"a\",\"id\":1}\n");
        assert_heard(fd, 1,
                "{\"ok\":false,\"id\":1,\"error\":\"not-connected\","
                "\"message\":\"Server not connected\"}\n");
        g_assert_cmpstr(fixture->log->str, ==, "");
        ic_control_server_refuse(fixture->server, NULL);
        say(fd, "{\"command\":\"nick\",\"nickname\":\"a\"}\n");
        assert_heard(fd, 1, "{\"ok\":true}\n");
}

static void on_drained(gpointer user_data)
{
        ((Fixture *) user_data)->is_drained = true;
}

static void test_drain(Fixture *fixture, gconstpointer data)
{
        g_auto(IcFd) fd = dial(fixture);
        g_auto(IcFd) idle = dial(fixture);
        g_auto(IcFd) late = -1;

        fixture->is_holding = true;
        say(fd, "{\"command\":\"nick\",\"nickname\":\"a\"}\n");
        while (fixture->held->len < 1)
                iterate();
        settle();
        say(fd, "{\"command\":\"nick\",\"nickname\":\"b\"}\n");
        ic_control_server_drain(fixture->server, on_drained, fixture);
        g_assert_cmpstr(fixture->log->str, ==, "nick:a nick:b ");
        late = dial(fixture);
        say(late, "{\"command\":\"nick\",\"nickname\":\"c\"}\n");
        settle();
        g_assert_false(fixture->is_drained);
        complete(fixture, 1);
        complete(fixture, 0);
        assert_heard(fd, G_MAXUINT, "{\"ok\":true}\n{\"ok\":true}\n");
        assert_heard(idle, G_MAXUINT, "");
        g_assert_true(fixture->is_drained);
        g_assert_cmpstr(fixture->log->str, ==, "nick:a nick:b "); /* `late` is for the next one */
}

static void test_drain_idle(Fixture *fixture, gconstpointer data)
{
        ic_control_server_drain(fixture->server, on_drained, fixture);
        g_assert_true(fixture->is_drained);
}

static void test_freed_within(Fixture *fixture, gconstpointer data)
{
        g_auto(IcFd) fd = dial(fixture);

        fixture->is_freeing = true;
        say(fd, "{\"command\":\"quit\"}\n{\"command\":\"quit\"}\n");
        g_free(hear(fd, G_MAXUINT));
        g_assert_null(fixture->server);
        g_assert_cmpstr(fixture->log->str, ==, "quit: ");
}

/* As another user, in a process of its own: what that one hears is its exit status. */
static void dial_as_nobody(const char *path)
{
        struct sockaddr_un address = address_of(path);
        g_auto(IcFd) fd = socket(AF_UNIX, SOCK_STREAM, 0);
        char heard[512] = "";

        if (setuid(65534) < 0 || connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0 ||
                read(fd, heard, sizeof(heard) - 1) <= 0)
                _exit(1);
        _exit(strstr(heard, "\"access-denied\"") ? 0 : 2);
}

static void on_exited(GPid pid, gint status, gpointer user_data)
{
        *(gint *) user_data = status;
}

static void test_stranger(Fixture *fixture, gconstpointer data)
{
        gint status = -1;
        pid_t child;

        if (getuid() != 0) {
                g_test_message("only root can come as another user");
                return;
        }
        g_assert_cmpint(chmod(fixture->folder, 0755), ==, 0);
        g_assert_cmpint(chmod(fixture->path, 0666), ==, 0);
        child = fork();
        if (child == 0)
                dial_as_nobody(fixture->path);
        g_child_watch_add(child, on_exited, &status);
        while (status == -1)
                iterate();
        g_assert_cmpint(status, ==, 0);
        g_assert_cmpstr(fixture->log->str, ==, "");
}

static void on_pipe_closed(IcControlClient *client, gpointer user_data)
{
        ((Fixture *) user_data)->is_drained = true;
        ic_control_client_free(client);
}

/* Standard input and output are a pipe as well as a socket. */
static void test_pipe(Fixture *fixture, gconstpointer data)
{
        IcControlHandler handler = {
                .submit = on_submit, .closed = on_pipe_closed, .user_data = fixture};
        int in[2], out[2];

        g_assert_true(g_unix_open_pipe(in, FD_CLOEXEC, NULL));
        g_assert_true(g_unix_open_pipe(out, FD_CLOEXEC, NULL));
        g_assert_true(g_unix_set_fd_nonblocking(out[0], true, NULL));
        (void) ic_control_client_new(in[0], out[1], &handler);
        g_assert_cmpint(write(in[1], "{\"command\":\"quit\"}\n{\"command\":\"quit\"}", 37), ==, 37);
        close(in[1]);
        assert_heard(out[0], G_MAXUINT, "{\"ok\":true}\n{\"ok\":true}\n");
        g_assert_true(fixture->is_drained);
        close(out[0]);
}

int main(int argc, char **argv)
{
        static const struct {
                const char *name;
                void (*test)(Fixture *fixture, gconstpointer data);
        } tests[] = {
                {"/ipc/control/answers", test_answers},
                {"/ipc/control/order", test_order},
                {"/ipc/control/one-shot", test_one_shot},
                {"/ipc/control/gone", test_gone},
                {"/ipc/control/half-closed", test_half_closed},
                {"/ipc/control/too-long", test_too_long},
                {"/ipc/control/in-flight-bound", test_in_flight_bound},
                {"/ipc/control/pipelined", test_pipelined},
                {"/ipc/control/never-reads", test_never_reads},
                {"/ipc/control/clients-bound", test_clients_bound},
                {"/ipc/control/refuse", test_refuse},
                {"/ipc/control/drain", test_drain},
                {"/ipc/control/drain-idle", test_drain_idle},
                {"/ipc/control/freed-within", test_freed_within},
                {"/ipc/control/stranger", test_stranger},
                {"/ipc/control/pipe", test_pipe},
        };

        g_test_init(&argc, &argv, NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
                g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
        return g_test_run();
}
