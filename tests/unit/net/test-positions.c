/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Positions in the byte streams of a plain link, and taking a link over from an earlier process: a
 * duplicate of the descriptor in a second link stands for the next process. */

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/descriptor.h"
#include "loopback.h"

typedef struct {
        IcLink *link;
        int server;
} Pair;

static void pair_clear(Pair *pair)
{
        g_clear_pointer(&pair->link, ic_link_free);
        ic_fd_clear(&pair->server);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_clear)

static void pair_init(Pair *pair)
{
        pair->link = ic_link_new_plain(connect_pair(&pair->server));
}

static IcLink *next_process(const IcLink *link)
{
        return ic_link_new_plain(fcntl(ic_link_get_fd(link), F_DUPFD_CLOEXEC, 3));
}

static void assert_positions(IcLink *link, guint64 in, guint64 out)
{
        g_autoptr(GError) error = NULL;
        guint64 got_in, got_out;
        bool is_ambiguous;

        g_assert_true(ic_link_positions(link, &got_in, &got_out, &is_ambiguous, &error));
        g_assert_no_error(error);
        g_assert_false(is_ambiguous);
        g_assert_cmpuint(got_in, ==, in);
        g_assert_cmpuint(got_out, ==, out);
}

static void assert_peek(IcLink *link, const char *text)
{
        const guint8 *data;
        gsize len;

        g_assert_cmpint(ic_link_peek(link, &data, &len, NULL), ==, IC_LINK_DATA);
        g_assert_cmpmem(data, len, text, strlen(text));
}

static void consume(IcLink *link, gsize len)
{
        g_autoptr(GError) error = NULL;

        g_assert_true(ic_link_consume(link, len, &error));
        g_assert_no_error(error);
}

static void write_text(IcLink *link, const char *text)
{
        g_assert_cmpint(ic_link_write(link, text, strlen(text), NULL), ==, strlen(text));
}

static int tcp_state(int fd)
{
        struct tcp_info info;
        socklen_t len = sizeof(info);

        g_assert_cmpint(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), ==, 0);
        return info.tcpi_state;
}

/* FINs and RSTs over loopback arrive before the call that sends them returns, or soon after. */
static void wait_state(int fd, int state)
{
        struct pollfd p = {.fd = fd, .events = POLLRDHUP};

        while (tcp_state(fd) != state)
                g_assert_cmpint(poll(&p, 1, 20000), ==, 1);
}

static void test_counting(void)
{
        g_auto(Pair) pair = {.server = -1};

        pair_init(&pair);
        assert_positions(pair.link, 0, 0);
        send_text(pair.server, "one\r\ntwo\r\n");
        wait_readable(ic_link_get_fd(pair.link));
        assert_positions(pair.link, 0, 0);
        assert_peek(pair.link, "one\r\ntwo\r\n");
        assert_positions(pair.link, 0, 0);
        consume(pair.link, 5);
        assert_positions(pair.link, 5, 0);
        write_text(pair.link, "NICK a\r\n");
        assert_positions(pair.link, 5, 8);
        write_text(pair.link, "USER b\r\n");
        assert_positions(pair.link, 5, 16);
        assert_peek(pair.link, "two\r\n");
        consume(pair.link, 5);
        assert_positions(pair.link, 10, 16);
}

/* What fills the send buffer counts as written before the peer has it. */
static void test_unacknowledged(void)
{
        g_auto(Pair) pair = {.server = -1};
        g_autofree char *block = g_malloc0(64 * 1024);
        guint64 written = 0;
        gssize n;

        pair_init(&pair);
        while ((n = ic_link_write(pair.link, block, 64 * 1024, NULL)) > 0)
                written += n;
        g_assert_cmpint(n, ==, 0);
        assert_positions(pair.link, 0, written);
}

/* A FIN in either direction is not a byte of the stream. */
static void test_fin(void)
{
        g_auto(Pair) pair = {.server = -1};

        pair_init(&pair);
        write_text(pair.link, "QUIT\r\n");
        send_text(pair.server, "bye");
        g_assert_cmpint(shutdown(pair.server, SHUT_WR), ==, 0);
        wait_state(ic_link_get_fd(pair.link), TCP_CLOSE_WAIT);
        assert_positions(pair.link, 0, 6);
        consume(pair.link, 2);
        assert_positions(pair.link, 2, 6);
        consume(pair.link, 1);
        assert_positions(pair.link, 3, 6);
}

static void test_own_fin(void)
{
        g_auto(Pair) pair = {.server = -1};

        pair_init(&pair);
        write_text(pair.link, "QUIT\r\n");
        ic_link_shutdown(pair.link);
        assert_positions(pair.link, 0, 6);
        send_text(pair.server, "ERROR :bye\r\n");
        wait_readable(ic_link_get_fd(pair.link));
        assert_positions(pair.link, 0, 6);
}

/* An urgent byte is neither lost nor counted apart: dialled sockets take it inline. */
static void test_urgent(void)
{
        guint16 port;
        g_auto(IcFd) listener = listen_on_loopback(1, &port);
        g_auto(IcFd) server = -1;
        g_auto(Outcome) outcome = {};

        outcome_run(&outcome,
                &(IcDialOptions){.address = "127.0.0.1", .port = port, .timeout = G_USEC_PER_SEC});
        g_assert_no_error(outcome.error);
        server = accept_one(listener);
        send_text(server, "ab");
        g_assert_cmpint(send(server, "!", 1, MSG_OOB), ==, 1);
        send_text(server, "cd");
        wait_readable(ic_link_get_fd(outcome.link));
        assert_positions(outcome.link, 0, 0);
        assert_peek(outcome.link, "ab");
        consume(outcome.link, 2);
        assert_positions(outcome.link, 2, 0);
        assert_peek(outcome.link, "!cd");
        consume(outcome.link, 3);
        assert_positions(outcome.link, 5, 0);
}

/* How the server leaves the connection before the next process takes it up. */
typedef enum {
        STAYS,
        SENDS_FIN,
        SENDS_FIN_THEN_RST, /* state CLOSE with a FIN counted */
        SENDS_RST,          /* state CLOSE without */
} Ending;

static void end_server(Pair *pair, Ending ending)
{
        int fd = ic_link_get_fd(pair->link);

        switch (ending) {
        case STAYS:
                break;
        case SENDS_FIN:
                g_assert_cmpint(shutdown(pair->server, SHUT_WR), ==, 0);
                wait_state(fd, TCP_CLOSE_WAIT);
                break;
        case SENDS_FIN_THEN_RST:
                g_assert_cmpint(shutdown(pair->server, SHUT_WR), ==, 0);
                wait_state(fd, TCP_CLOSE_WAIT);
                close_hard(ic_fd_steal(&pair->server));
                wait_state(fd, TCP_CLOSE);
                break;
        case SENDS_RST:
                close_hard(ic_fd_steal(&pair->server));
                wait_state(fd, TCP_CLOSE);
                break;
        }
}

#define SENT "PING :1\r\nPING :2\r\n"

typedef struct {
        const char *name;
        Ending ending;
        gsize consumed; /* by the first process */
        guint64 stored; /* as the database says */
        const char *tail;
        bool is_possible;
        IcLinkResult then;
        const char *rest;
} ResumeCase;

static const ResumeCase resume_cases[] = {
        {"at-start", STAYS, 0, 0, "", true, IC_LINK_DATA, SENT},
        {"exact", STAYS, 9, 9, "PING :1\r\n", true, IC_LINK_DATA, "PING :2\r\n"},
        {"committed", STAYS, 0, 9, "PING :1\r\n", true, IC_LINK_DATA, "PING :2\r\n"},
        {"committed-short-tail", STAYS, 0, 9, "\n", true, IC_LINK_DATA, "PING :2\r\n"},
        {"committed-long-tail", STAYS, 9, 18, ":1\r\nPING :2\r\n", true, IC_LINK_AGAIN, NULL},
        {"committed-no-tail", STAYS, 0, 9, "", true, IC_LINK_DATA, "PING :2\r\n"},
        {"committed-all", STAYS, 0, 18, SENT, true, IC_LINK_AGAIN, NULL},
        {"bytes-missing", STAYS, 9, 8, "PING :1\r", false, IC_LINK_DATA, NULL},
        {"beyond", STAYS, 0, 19, SENT "P", false, IC_LINK_DATA, NULL},
        {"far-beyond", STAYS, 0, G_MAXUINT64, "", false, IC_LINK_DATA, NULL},
        {"other-stream", STAYS, 0, 9, "PING :9\r\n", false, IC_LINK_DATA, NULL},
        {"fin", SENDS_FIN, 9, 9, "PING :1\r\n", true, IC_LINK_DATA, "PING :2\r\n"},
        {"fin-committed", SENDS_FIN, 0, 18, SENT, true, IC_LINK_EOF, NULL},
        {"fin-consumed", SENDS_FIN, 18, 18, SENT, true, IC_LINK_EOF, NULL},
        {"fin-missing", SENDS_FIN, 18, 17, "\r", false, IC_LINK_EOF, NULL},
        {"closed", SENDS_FIN_THEN_RST, 0, 0, "", true, IC_LINK_DATA, SENT},
        {"closed-exact", SENDS_FIN_THEN_RST, 9, 9, "PING :1\r\n", true, IC_LINK_DATA,
                "PING :2\r\n"},
        {"closed-committed", SENDS_FIN_THEN_RST, 0, 9, "\n", true, IC_LINK_DATA, "PING :2\r\n"},
        {"closed-one-byte", SENDS_FIN_THEN_RST, 17, 18, "\n", true, IC_LINK_EOF, NULL},
        {"closed-one-left", SENDS_FIN_THEN_RST, 17, 17, "\r", true, IC_LINK_DATA, "\n"},
        {"closed-all", SENDS_FIN_THEN_RST, 18, 18, SENT, true, IC_LINK_EOF, NULL},
        {"closed-missing", SENDS_FIN_THEN_RST, 9, 8, "\r", false, IC_LINK_DATA, NULL},
        {"reset", SENDS_RST, 9, 9, "PING :1\r\n", true, IC_LINK_DATA, "PING :2\r\n"},
        {"reset-committed", SENDS_RST, 0, 9, "\n", true, IC_LINK_DATA, "PING :2\r\n"},
        {"reset-one-byte", SENDS_RST, 17, 18, "\n", true, IC_LINK_ERROR, NULL},
        {"reset-all", SENDS_RST, 18, 18, SENT, true, IC_LINK_ERROR, NULL},
        {"reset-missing", SENDS_RST, 9, 8, "\r", false, IC_LINK_DATA, NULL},
};

static void test_resume(gconstpointer user_data)
{
        const ResumeCase *c = user_data;
        g_auto(Pair) pair = {.server = -1};
        g_autoptr(IcLink) next = NULL;
        g_autoptr(GError) error = NULL;
        const guint8 *data;
        gsize len;
        bool is_resumed;

        pair_init(&pair);
        send_text(pair.server, SENT);
        wait_readable(ic_link_get_fd(pair.link));
        consume(pair.link, c->consumed);
        end_server(&pair, c->ending);
        next = next_process(pair.link);
        g_assert_cmpuint(ic_link_get_cookie(next), ==, ic_link_get_cookie(pair.link));

        is_resumed = ic_link_resume(next, c->stored, c->tail, strlen(c->tail), &error);
        if (!c->is_possible) {
                g_assert_false(is_resumed);
                assert_error_says(error, IC_ERROR_LINK_CLOSED, NULL);
                return;
        }
        g_assert_no_error(error);
        g_assert_true(is_resumed);
        g_assert_cmpint(ic_link_peek(next, &data, &len, NULL), ==, c->then);
        if (c->then == IC_LINK_DATA)
                g_assert_cmpmem(data, len, c->rest, strlen(c->rest));
}

/* When all is read and the state is CLOSE, nothing tells whether a FIN is counted. */
static void test_ambiguous(void)
{
        g_auto(Pair) pair = {.server = -1};
        bool is_ambiguous = false;
        guint64 in;

        pair_init(&pair);
        send_text(pair.server, SENT);
        wait_readable(ic_link_get_fd(pair.link));
        consume(pair.link, strlen(SENT));
        end_server(&pair, SENDS_FIN_THEN_RST);
        g_assert_true(ic_link_positions(pair.link, &in, NULL, &is_ambiguous, NULL));
        g_assert_true(is_ambiguous);
        g_assert_cmpuint(in, ==, strlen(SENT) + 1);
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/net/positions/counting", test_counting);
        g_test_add_func("/net/positions/unacknowledged", test_unacknowledged);
        g_test_add_func("/net/positions/fin", test_fin);
        g_test_add_func("/net/positions/own-fin", test_own_fin);
        g_test_add_func("/net/positions/urgent", test_urgent);
        g_test_add_func("/net/positions/ambiguous", test_ambiguous);
        for (gsize i = 0; i < G_N_ELEMENTS(resume_cases); i++) {
                g_autofree char *path = g_strconcat("/net/resume/", resume_cases[i].name, NULL);

                g_test_add_data_func(path, &resume_cases[i], test_resume);
        }
        return g_test_run();
}
