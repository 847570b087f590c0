/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Pairs of a link and a server for tests. */

#include "link-pair.h"

#include <string.h>
#include <sys/socket.h>

#define TIMEOUT (15 * G_USEC_PER_SEC)

static const char *const kind_names[N_KINDS] = {"plain", "tls1.2", "tls1.3"};

/* The server of all pairs. */
static Identity *identity;

static void lend_session(TlsServer *server, gnutls_session_t session)
{
        Pair *pair = server->user_data;

        g_async_queue_push(pair->lent, session);
        (void) g_async_queue_pop(pair->given_back);
}

static void connect_tls(Pair *pair)
{
        g_auto(Outcome) outcome = {};
        g_autofree char *pin = identity_pin(identity);
        const char *pins[] = {pin, NULL};

        pair->lent = g_async_queue_new();
        pair->given_back = g_async_queue_new();
        pair->server = (TlsServer){
                .identity = identity,
                .priority = pair->kind == TLS12 ? "NORMAL:-VERS-ALL:+VERS-TLS1.2"
                                                : "NORMAL:-VERS-ALL:+VERS-TLS1.3",
                .serve = lend_session,
                .user_data = pair,
        };
        tls_server_start(&pair->server);
        outcome_run(&outcome, &(IcDialOptions){
                                      .address = "127.0.0.1",
                                      .port = pair->server.port,
                                      .timeout = TIMEOUT,
                                      .tls = true,
                                      .tls_pins = pins,
                              });
        g_assert_no_error(outcome.error);
        pair->link = g_steal_pointer(&outcome.link);
        pair->session = g_async_queue_pop(pair->lent);
}

void pair_init(Pair *pair, Kind kind)
{
        pair->kind = kind;
        pair->read = g_string_new(NULL);
        if (kind == PLAIN)
                pair->link = ic_link_new_plain(connect_pair(&pair->plain_fd));
        else
                connect_tls(pair);
}

int server_fd(Pair *pair)
{
        return pair->kind == PLAIN ? pair->plain_fd : pair->server.fd;
}

void server_send(Pair *pair, const void *data, gsize len)
{
        if (pair->kind == PLAIN)
                send_all(pair->plain_fd, data, len);
        else
                tls_server_send(pair->session, data, len);
}

void server_say(Pair *pair, const char *text)
{
        server_send(pair, text, strlen(text));
}

gssize server_receive(Pair *pair, void *data, gsize len)
{
        gssize n;

        if (pair->kind == PLAIN)
                return recv(pair->plain_fd, data, len, 0);
        /* GNUTLS_E_AGAIN also after a record without data. */
        do
                n = gnutls_record_recv(pair->session, data, len);
        while (n == GNUTLS_E_AGAIN);
        return n;
}

void server_close(Pair *pair, Manner manner)
{
        if (pair->kind == PLAIN) {
                if (manner == HARD)
                        close_hard(ic_fd_steal(&pair->plain_fd));
                ic_fd_clear(&pair->plain_fd);
                return;
        }
        if (manner == POLITE)
                (void) gnutls_bye(pair->session, GNUTLS_SHUT_WR);
        if (manner == HARD)
                close_hard(ic_fd_steal(&pair->server.fd));
        pair->session = NULL;
        g_async_queue_push(pair->given_back, pair);
        tls_server_join(&pair->server);
}

void pair_clear(Pair *pair)
{
        g_clear_pointer(&pair->link, ic_link_free);
        if (pair->session)
                server_close(pair, ABRUPT);
        if (pair->kind == PLAIN)
                ic_fd_clear(&pair->plain_fd);
        else
                tls_server_clear(&pair->server);
        g_clear_pointer(&pair->lent, g_async_queue_unref);
        g_clear_pointer(&pair->given_back, g_async_queue_unref);
        g_string_free(g_steal_pointer(&pair->read), TRUE);
}

void count_ready(IcLink *link, bool is_readable, bool is_writable, gpointer user_data)
{
        Pair *pair = user_data;

        pair->n_readable += is_readable;
        pair->n_writable += is_writable;
}

bool was_readable(gpointer pair)
{
        return ((Pair *) pair)->n_readable > 0;
}

bool was_writable(gpointer pair)
{
        return ((Pair *) pair)->n_writable > 0;
}

void wait_for_data(Pair *pair)
{
        pair->n_readable = 0;
        ic_link_watch(pair->link, count_ready, pair);
        ic_link_want(pair->link, true, false);
        wait_until(was_readable, pair);
        ic_link_want(pair->link, false, false);
}

void assert_peek(IcLink *link, const char *text)
{
        const guint8 *data;
        gsize len;

        g_assert_cmpint(ic_link_peek(link, &data, &len, NULL), ==, IC_LINK_DATA);
        g_assert_cmpmem(data, len, text, strlen(text));
}

void assert_peek_result(IcLink *link, IcLinkResult result)
{
        const guint8 *data;
        gsize len;

        g_assert_cmpint(ic_link_peek(link, &data, &len, NULL), ==, result);
        g_assert_cmpuint(len, ==, 0);
}

void consume(IcLink *link, gsize len)
{
        g_autoptr(GError) error = NULL;

        g_assert_true(ic_link_consume(link, len, &error));
        g_assert_no_error(error);
}

void expect(Pair *pair, const char *text)
{
        const guint8 *data;
        gsize len = 0;

        while (len < strlen(text)) {
                wait_for_data(pair);
                (void) ic_link_peek(pair->link, &data, &len, NULL);
        }
        assert_peek(pair->link, text);
}

typedef struct {
        const LinkCase *link_case;
        Kind kind;
} Run;

static void run_case(gconstpointer user_data)
{
        const Run *run = user_data;
        guint n_fds;

        settle();
        n_fds = count_fds();
        {
                g_auto(Pair) pair = {};

                pair_init(&pair, run->kind);
                run->link_case->run(&pair);
        }
        g_assert_cmpuint(count_fds(), ==, n_fds);
}

static void add_case(const LinkCase *link_case, Kind kind)
{
        g_autofree char *path =
                g_strdup_printf("/net/link/%s/%s", kind_names[kind], link_case->name);
        Run *run = g_new(Run, 1);

        *run = (Run){.link_case = link_case, .kind = kind};
        g_test_add_data_func_full(path, run, (GTestDataFunc) run_case, g_free);
}

int run_link_cases(int argc, char *argv[], const LinkCase *cases, gsize n_cases)
{
        int r;

        g_test_init(&argc, &argv, NULL);
        identity = identity_new(
                &(IdentitySpec){"server", "localhost", "127.0.0.1", false, -DAY, 2 * DAY}, NULL);
        for (Kind kind = PLAIN; kind < N_KINDS; kind++)
                for (gsize i = 0; i < n_cases; i++)
                        add_case(&cases[i], kind);
        r = g_test_run();
        identity_free(identity);
        return r;
}
