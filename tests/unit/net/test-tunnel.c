/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Dialling through proxies, over real sockets: a scripted proxy that plays the server, too, once
 * the way is open. */

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "loopback.h"
#include "tls-server.h"

#define TIMEOUT (15 * G_USEC_PER_SEC)
#define SHORT_TIMEOUT (G_USEC_PER_SEC / 5)
#define GREETING ":irc.example NOTICE * :Looking up\r\nPING :123\r\n"
#define REPLY "PONG :123\r\n"
#define NAME_PORT "localhost port 6697"

/* What the proxy waits for, and what it answers then. */
typedef struct {
        const char *expects;
        gsize expects_len;
        const char *answer;
        gsize answer_len;
} Turn;

#define TURN(expects, answer)                                                                      \
        {                                                                                          \
                expects, sizeof(expects) - 1, answer, sizeof(answer) - 1                           \
        }
#define TURNS_MAX 3

typedef struct {
        const char *name;
        const char *url; /* without the port */
        const char *password;
        Turn turns[TURNS_MAX];
} Script;

#define CONNECT "\5\1\0\3\011localhost\x1a\x29"
#define OPENED "\5\0\0\1\0\0\0\0\0\0"
#define REQUEST "CONNECT localhost:6697 HTTP/1.1\r\nHost: localhost:6697\r\n"

static const Script scripts[] = {
        {"socks5", "socks5://127.0.0.1", NULL, {TURN("\5\1\0", "\5\0"), TURN(CONNECT, OPENED)}},
        {"socks5-login", "socks5://alice@127.0.0.1", "secret",
                {TURN("\5\2\0\2", "\5\2"), TURN("\1\5alice\6secret", "\1\0"),
                        TURN(CONNECT, OPENED)}},
        {"http", "http://127.0.0.1", NULL,
                {TURN(REQUEST "\r\n", "HTTP/1.1 200 OK\r\nVia: test\r\n\r\n")}},
        {"http-login", "http://alice@127.0.0.1", "secret",
                {TURN(REQUEST "Proxy-Authorization: Basic YWxpY2U6c2VjcmV0\r\n\r\n",
                        "HTTP/1.0 200 Connection established\r\n\r\n")}},
};

/* One run of a script. */
typedef struct {
        const Script *script;
        bool is_slow;           /* each byte is a packet of its own */
        const char *said_along; /* goes out in one with the last answer */
} Performance;

static void receive_exactly(int fd, const Turn *turn)
{
        g_autofree char *got = g_malloc(turn->expects_len);
        gssize n = recv(fd, got, turn->expects_len, MSG_WAITALL);

        g_assert_cmpint(n, ==, turn->expects_len);
        g_assert_cmpmem(got, n, turn->expects, turn->expects_len);
}

static void answer(Performance *performance, int fd, const Turn *turn, const char *along)
{
        g_autoptr(GString) bytes = g_string_new_len(turn->answer, (gssize) turn->answer_len);
        gsize piece = performance->is_slow ? 1 : bytes->len + strlen(along);

        g_string_append(bytes, along);
        for (gsize at = 0; at < bytes->len; at += piece)
                send_all(fd, bytes->str + at, piece);
}

static void perform(TlsServer *server)
{
        Performance *performance = server->user_data;
        const Turn *turns = performance->script->turns;

        for (guint i = 0; i < TURNS_MAX && turns[i].expects; i++) {
                bool is_last = i + 1 == TURNS_MAX || !turns[i + 1].expects;

                receive_exactly(server->fd, &turns[i]);
                answer(performance, server->fd, &turns[i], is_last ? performance->said_along : "");
        }
}

static void expect_reply(TlsServer *server)
{
        char got[sizeof(REPLY)] = "";

        g_assert_cmpint(recv(server->fd, got, strlen(REPLY), MSG_WAITALL), ==, strlen(REPLY));
        g_assert_cmpstr(got, ==, REPLY);
        server->received += strlen(REPLY);
        g_assert_cmpint(recv(server->fd, got, 1, 0), ==, 0);
}

static IcDialOptions to_server(const char *url, GBytes *password)
{
        return (IcDialOptions){
                .address = "localhost",
                .port = 6697,
                .timeout = TIMEOUT,
                .proxy = url,
                .proxy_password = password,
        };
}

static GBytes *password_of(const Script *script)
{
        return script->password ? g_bytes_new(script->password, strlen(script->password)) : NULL;
}

static void assert_phases(const Outcome *outcome, guint n_handshakes)
{
        g_assert_cmpuint(outcome->n_phases[IC_DIAL_RESOLVING], ==, 0);
        g_assert_cmpuint(outcome->n_phases[IC_DIAL_CONNECTING], ==, 1);
        g_assert_cmpuint(outcome->n_phases[IC_DIAL_PROXY], ==, 1);
        g_assert_cmpuint(outcome->n_phases[IC_DIAL_HANDSHAKE], ==, n_handshakes);
        g_assert_cmpstr(outcome->last_what, ==, NAME_PORT);
}

static void wait_for_bytes(IcLink *link, gsize len)
{
        char block[256];
        gssize n;

        do {
                wait_readable(ic_link_get_fd(link));
                n = recv(ic_link_get_fd(link), block, sizeof(block), MSG_PEEK);
                g_assert_cmpint(n, >, 0);
        } while ((gsize) n < len);
}

static void assert_peek(IcLink *link, const char *text)
{
        g_autoptr(GError) error = NULL;
        const guint8 *data;
        gsize len;

        g_assert_cmpint(ic_link_peek(link, &data, &len, &error), ==, IC_LINK_DATA);
        g_assert_no_error(error);
        g_assert_cmpmem(data, len, text, strlen(text));
}

/* Another process takes the link over after the first line: it is where the kernel says, what was
 * spoken with the proxy included. */
static IcLink *hand_over(IcLink *link, const Script *script)
{
        gsize first_line = strcspn(GREETING, "\n") + 1;
        g_autoptr(GError) error = NULL;
        guint64 in, out, expected_in = 0, expected_out = 0;
        bool is_ambiguous;
        IcLink *next;

        for (guint i = 0; i < TURNS_MAX; i++) {
                expected_in += script->turns[i].answer_len;
                expected_out += script->turns[i].expects_len;
        }
        g_assert_true(ic_link_positions(link, &in, &out, &is_ambiguous, &error));
        g_assert_false(is_ambiguous);
        g_assert_cmpuint(in, ==, expected_in);
        g_assert_cmpuint(out, ==, expected_out);
        next = ic_link_new_plain(dup(ic_link_get_fd(link)));
        ic_link_free(link);
        g_assert_true(ic_link_resume(next, in + first_line, GREETING, first_line, &error));
        g_assert_no_error(error);
        assert_peek(next, &GREETING[first_line]);
        g_assert_true(ic_link_consume(next, strlen(GREETING) - first_line, &error));
        return next;
}

static void run_plain(const Script *script, bool is_slow)
{
        Performance performance = {script, is_slow, GREETING};
        g_auto(TlsServer) server = {
                .prelude = perform, .serve_plain = expect_reply, .user_data = &performance};
        g_auto(Outcome) outcome = {};
        g_autoptr(GBytes) password = password_of(script);
        g_autoptr(GError) error = NULL;
        g_autofree char *url = NULL;
        IcDialOptions options;

        tls_server_start(&server);
        url = g_strdup_printf("%s:%u", script->url, server.port);
        options = to_server(url, password);
        outcome_run(&outcome, &options);
        g_assert_no_error(outcome.error);
        assert_phases(&outcome, 0);
        g_assert_true(ic_link_is_survivable(outcome.link));
        wait_for_bytes(outcome.link, strlen(GREETING));
        assert_peek(outcome.link, GREETING);
        outcome.link = hand_over(outcome.link, script);
        g_assert_cmpint(
                ic_link_write(outcome.link, REPLY, strlen(REPLY), &error), ==, strlen(REPLY));
        outcome_clear(&outcome);
        tls_server_join(&server);
        g_assert_cmpuint(server.received, ==, strlen(REPLY));
}

static void test_plain(gconstpointer user_data)
{
        guint n_fds;

        run_plain(user_data, false);
        n_fds = count_fds();
        run_plain(user_data, true);
        g_assert_cmpuint(count_fds(), ==, n_fds);
}

/* The server's name is shown and verified, not the proxy's. */
static void run_tls(const Script *script, bool is_slow, const Identity *identity,
        const char *ca_file, const char *refusal)
{
        Performance performance = {script, is_slow, ""};
        g_auto(TlsServer)
                server = {.identity = identity, .prelude = perform, .user_data = &performance};
        g_auto(Outcome) outcome = {};
        g_autoptr(GBytes) password = password_of(script);
        g_autoptr(GError) error = NULL;
        g_autofree char *url = NULL;
        IcDialOptions options;

        tls_server_start(&server);
        url = g_strdup_printf("%s:%u", script->url, server.port);
        options = to_server(url, password);
        options.tls = true;
        options.tls_ca_file = ca_file;
        outcome_run(&outcome, &options);
        assert_phases(&outcome, 1);
        if (refusal)
                assert_error_says(outcome.error, IC_ERROR_TLS, "Through the proxy 127.0.0.1 port ",
                        "to " NAME_PORT ": ", refusal, NULL);
        else {
                g_assert_no_error(outcome.error);
                g_assert_true(ic_link_is_tls(outcome.link));
                g_assert_cmpint(ic_link_write(outcome.link, REPLY, strlen(REPLY), &error), ==,
                        strlen(REPLY));
        }
        outcome_clear(&outcome);
        tls_server_join(&server);
        if (!refusal)
                g_assert_cmpstr(server.server_name, ==, "localhost");
        g_assert_cmpuint(server.received, ==, refusal ? 0 : strlen(REPLY));
}

static void test_tls(gconstpointer user_data)
{
        static const char *const names[] = {"localhost", "proxy.example"};

        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autoptr(Identity) identity = identity_new(
                        &(IdentitySpec){"server", names[i], NULL, false, -DAY, 2 * DAY}, NULL);
                g_autoptr(GBytes) pem = identity_certificate_pem(identity);
                g_autofree char *ca_file = NULL;
                const char *refusal = i == 0 ? NULL : "it is for another name (proxy.example)";
                gsize len;
                const char *data = g_bytes_get_data(pem, &len);

                close(g_file_open_tmp("unit-net-XXXXXX", &ca_file, NULL));
                g_assert_true(g_file_set_contents(ca_file, data, len, NULL));
                run_tls(user_data, false, identity, ca_file, refusal);
                run_tls(user_data, true, identity, ca_file, refusal);
                g_assert_cmpint(unlink(ca_file), ==, 0);
        }
}

/* --- failures ------------------------------------------------------------------------------- */

static void read_something(TlsServer *server)
{
        char block[4096];

        g_assert_cmpint(recv(server->fd, block, sizeof(block), 0), >, 0);
}

static void stall(TlsServer *server)
{
        char block[4096];

        while (recv(server->fd, block, sizeof(block), 0) > 0)
                ;
}

static void close_at_once(TlsServer *server)
{
}

static void reset(TlsServer *server)
{
        read_something(server);
        close_hard(ic_fd_steal(&server->fd));
}

static void refuse_login(TlsServer *server)
{
        read_something(server);
        send_all(server->fd, "\5\xff", 2);
        stall(server);
}

static void refuse_connection(TlsServer *server)
{
        read_something(server);
        send_all(server->fd, "\5\0", 2);
        read_something(server);
        send_all(server->fd, "\5\5\0\1\0\0\0\0\0\0", 10);
}

/* What we say meets a reset; what the proxy said before is read all the same. */
static void refuse_unread(TlsServer *server)
{
        send_text(server->fd, "HTTP/1.1 403 Too many of you\r\n\r\n");
        wait_readable(server->fd);
        close_hard(ic_fd_steal(&server->fd));
}

static void break_off(TlsServer *server)
{
        read_something(server);
        send_text(server->fd, "HTTP/1.1 503 Overloaded\r\nRetry-");
}

static void say_without_end(TlsServer *server)
{
        read_something(server);
        send_text(server->fd, "HTTP/1.1 200 OK\r\n");
        for (guint i = 0; i < 10000; i++)
                if (send(server->fd, "X: yyyyyyyyyyyyyyyyyyyyyy\r\n", 27, MSG_NOSIGNAL) < 0)
                        break;
}

typedef struct {
        const char *name;
        const char *url; /* without the port */
        void (*serve)(TlsServer *server);
        bool is_short;
        IcError code;
        const char *word;
} FailureCase;

static const FailureCase failure_cases[] = {
        {"closed", "socks5://127.0.0.1", close_at_once, false, IC_ERROR_UNREACHABLE,
                "the proxy gave no answer ("},
        {"reset", "http://127.0.0.1", reset, false, IC_ERROR_UNREACHABLE,
                "Connection reset by peer"},
        {"login", "socks5://127.0.0.1", refuse_login, false, IC_ERROR_CREDENTIALS, "wants a login"},
        {"refused", "socks5://127.0.0.1", refuse_connection, false, IC_ERROR_UNREACHABLE,
                "the server refused the connection"},
        {"refused-unread", "http://127.0.0.1", refuse_unread, false, IC_ERROR_UNREACHABLE,
                "\"HTTP/1.1 403 Too many of you\""},
        {"broken-off", "http://127.0.0.1", break_off, false, IC_ERROR_UNREACHABLE,
                "it had said: \"HTTP/1.1 503 Overloaded\""},
        {"endless", "http://127.0.0.1", say_without_end, false, IC_ERROR_UNREACHABLE,
                "does not end within"},
        {"stalled-socks5", "socks5://127.0.0.1", stall, true, IC_ERROR_TIMED_OUT,
                "does it speak SOCKS5 on this port?"},
        {"stalled-http", "http://127.0.0.1", stall, true, IC_ERROR_TIMED_OUT,
                "does it speak HTTP on this port?"},
        {"secret", "http://alice:Pa55word@127.0.0.1", NULL, false, IC_ERROR_BAD_CONFIGURATION,
                "proxy-password"},
};

static void test_failure(gconstpointer user_data)
{
        const FailureCase *c = user_data;
        g_auto(TlsServer) server = {.serve_plain = c->serve};
        g_auto(Outcome) outcome = {};
        guint n_fds = count_fds();
        g_autofree char *url = NULL, *proxy = NULL;
        IcDialOptions options;

        tls_server_start(&server);
        url = g_strdup_printf("%s:%u", c->url, server.port);
        proxy = g_strdup_printf(
                "Through the proxy 127.0.0.1 port %u to " NAME_PORT ": ", server.port);
        options = to_server(url, NULL);
        if (c->is_short)
                options.timeout = SHORT_TIMEOUT;
        outcome_run(&outcome, &options);
        assert_error_says(outcome.error, c->code, c->word, NULL);
        g_assert_null(strstr(outcome.error->message, "Pa55word"));
        g_assert_cmpint(g_str_has_prefix(outcome.error->message, proxy), ==,
                c->code != IC_ERROR_BAD_CONFIGURATION);
        tls_server_join(&server);
        g_assert_cmpuint(count_fds(), ==, n_fds);
}

static void test_unreachable(void)
{
        g_autofree char *url = g_strdup_printf("socks5://localhost:%u", unused_port());
        g_auto(Outcome) outcome = {};
        IcDialOptions options = to_server(url, NULL);

        options.address = "name.invalid";
        outcome_run(&outcome, &options);
        assert_error_says(outcome.error, IC_ERROR_UNREACHABLE, "Through the proxy localhost port ",
                "to name.invalid port 6697: localhost cannot be reached", "127.0.0.1 port ",
                "::1 port ", "Connection refused", NULL);
        g_assert_cmpuint(outcome.n_phases[IC_DIAL_RESOLVING], ==, 1);
        g_assert_cmpuint(outcome.n_phases[IC_DIAL_PROXY], ==, 0);
}

static bool is_at_proxy(gpointer user_data)
{
        return ((Outcome *) user_data)->n_phases[IC_DIAL_PROXY] > 0;
}

static void test_cancel(void)
{
        g_auto(TlsServer) server = {.serve_plain = stall};
        g_auto(Outcome) outcome = {};
        guint n_fds = count_fds();
        g_autofree char *url = NULL;
        IcDialOptions options;

        tls_server_start(&server);
        url = g_strdup_printf("socks5://127.0.0.1:%u", server.port);
        options = to_server(url, NULL);
        outcome_start(&outcome, &options);
        wait_until(is_at_proxy, &outcome);
        g_main_context_iteration(NULL, FALSE);
        g_clear_pointer(&outcome.dial, ic_dial_free);
        settle();
        tls_server_join(&server);
        g_assert_cmpuint(outcome.n_done, ==, 0);
        g_assert_cmpuint(count_fds(), ==, n_fds);
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
                g_autofree char *plain = g_strconcat("/net/tunnel/plain/", scripts[i].name, NULL);
                g_autofree char *tls = g_strconcat("/net/tunnel/tls/", scripts[i].name, NULL);

                g_test_add_data_func(plain, &scripts[i], test_plain);
                g_test_add_data_func(tls, &scripts[i], test_tls);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(failure_cases); i++) {
                g_autofree char *path =
                        g_strconcat("/net/tunnel/failure/", failure_cases[i].name, NULL);

                g_test_add_data_func(path, &failure_cases[i], test_failure);
        }
        g_test_add_func("/net/tunnel/unreachable", test_unreachable);
        g_test_add_func("/net/tunnel/cancel", test_cancel);
        return g_test_run();
}
