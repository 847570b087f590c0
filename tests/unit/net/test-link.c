/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Links of every kind against a live peer: peeking, consuming, watching, ending. Each test runs
 * over plain TCP, TLS 1.2 and TLS 1.3. */

#include <string.h>
#include <sys/socket.h>

#include "link-pair.h"

#define BULK_SIZE (3 * 1024 * 1024)

static void test_peek(Pair *pair)
{
        char block[64];

        assert_peek_result(pair->link, IC_LINK_AGAIN);
        g_assert_cmpint(ic_link_write(pair->link, "NICK a\r\n", 8, NULL), ==, 8);
        g_assert_cmpint(server_receive(pair, block, sizeof(block)), ==, 8);
        g_assert_cmpmem(block, 8, "NICK a\r\n", 8);

        server_say(pair, "one\r\n");
        expect(pair, "one\r\n");
        assert_peek(pair->link, "one\r\n");
        server_say(pair, "two\r\n");
        expect(pair, "one\r\ntwo\r\n");
        consume(pair->link, 3);
        assert_peek(pair->link, "\r\ntwo\r\n");
        consume(pair->link, 0);
        consume(pair->link, 7);
        assert_peek_result(pair->link, IC_LINK_AGAIN);
        server_say(pair, "three\r\n");
        expect(pair, "three\r\n");
}

/* Who wants nothing is left alone, whatever waits in the kernel, in GnuTLS or in the link. */
static void test_watch(Pair *pair)
{
        ic_link_watch(pair->link, count_ready, pair);
        server_say(pair, "a");
        server_say(pair, "b");
        wait_readable(ic_link_get_fd(pair->link));
        g_assert_false(g_main_context_iteration(NULL, FALSE));

        expect(pair, "ab");
        pair->n_readable = 0;
        g_assert_false(g_main_context_iteration(NULL, FALSE));

        /* Not consumed: told again and again while wanted. */
        ic_link_want(pair->link, true, false);
        for (guint i = 1; i <= 3; i++) {
                g_main_context_iteration(NULL, TRUE);
                g_assert_cmpuint(pair->n_readable, ==, i);
        }
        consume(pair->link, 1);
        g_main_context_iteration(NULL, TRUE);
        g_assert_cmpuint(pair->n_readable, ==, 4);
        consume(pair->link, 1);
        g_assert_false(g_main_context_iteration(NULL, FALSE));
        g_assert_cmpuint(pair->n_readable, ==, 4);
        g_assert_cmpuint(pair->n_writable, ==, 0);

        ic_link_want(pair->link, false, true);
        wait_until(was_writable, pair);
        g_assert_cmpuint(pair->n_readable, ==, 4);
}

/* One record holds more than the first buffer: the rest stays in GnuTLS, where poll() sees none. */
static void test_pending(Pair *pair)
{
        g_autofree char *record = g_strnfill(16 * 1024, 'x');

        server_say(pair, record);
        expect(pair, record);
        consume(pair->link, 16 * 1024 - 1);
        pair->n_readable = 0;
        ic_link_want(pair->link, true, false);
        g_main_context_iteration(NULL, FALSE);
        g_assert_cmpuint(pair->n_readable, ==, 1);
        assert_peek(pair->link, "x");
        consume(pair->link, 1);
        assert_peek_result(pair->link, IC_LINK_AGAIN);
}

static guint8 pattern(gsize i)
{
        return (i * 2654435761u) >> 13;
}

static gpointer send_bulk(gpointer user_data)
{
        Pair *pair = user_data;
        g_autofree guint8 *data = g_malloc(BULK_SIZE);

        for (gsize i = 0; i < BULK_SIZE; i++)
                data[i] = pattern(i);
        server_send(pair, data, BULK_SIZE);
        return NULL;
}

static void read_bulk(IcLink *link, bool is_readable, bool is_writable, gpointer user_data)
{
        Pair *pair = user_data;
        const guint8 *data;
        gsize len, taken;

        switch (ic_link_peek(link, &data, &len, NULL)) {
        case IC_LINK_DATA:
                break;
        case IC_LINK_AGAIN:
                return;
        case IC_LINK_EOF:
        case IC_LINK_ERROR:
                g_assert_not_reached();
        }
        g_assert_cmpuint(len, <=, IC_LINK_PEEK_MAX);
        taken = len > 100 ? len - 100 : len;
        for (gsize i = 0; i < taken; i++)
                if (data[i] != pattern(pair->read->len + i))
                        g_error("Byte %zu is wrong", pair->read->len + i);
        g_string_append_len(pair->read, (const char *) data, taken);
        consume(link, taken);
}

static bool has_read_bulk(gpointer pair)
{
        return ((Pair *) pair)->read->len >= BULK_SIZE;
}

static void test_bulk_in(Pair *pair)
{
        GThread *thread = g_thread_new("send-bulk", send_bulk, pair);

        ic_link_watch(pair->link, read_bulk, pair);
        ic_link_want(pair->link, true, false);
        wait_until(has_read_bulk, pair);
        g_assert_cmpuint(pair->read->len, ==, BULK_SIZE);
        g_thread_join(thread);
}

static gpointer receive_bulk(gpointer user_data)
{
        Pair *pair = user_data;
        char block[10000];
        gssize n;

        while ((n = server_receive(pair, block, sizeof(block))) > 0)
                g_string_append_len(pair->read, block, n);
        g_assert_cmpint(n, ==, 0);
        g_atomic_int_set(&pair->is_over, true);
        g_main_context_wakeup(NULL);
        return NULL;
}

static bool is_over(gpointer pair)
{
        return g_atomic_int_get(&((Pair *) pair)->is_over);
}

typedef struct {
        guint8 *data;
        gsize written;
        guint n_blocked;
} Output;

static void write_bulk(IcLink *link, bool is_readable, bool is_writable, gpointer user_data)
{
        Output *output = user_data;
        g_autoptr(GError) error = NULL;
        gssize n;

        g_assert_true(is_writable);
        do {
                n = ic_link_write(link, output->data + output->written,
                        MIN(BULK_SIZE - output->written, 100000), &error);
                g_assert_no_error(error);
                output->written += n;
        } while (n > 0 && output->written < BULK_SIZE);
        output->n_blocked += n == 0;
        if (output->written < BULK_SIZE)
                return;
        ic_link_want(link, false, false);
        ic_link_shutdown(link);
}

/* More than the socket takes at once, then the end: all of it arrives, and in order. */
static void test_bulk_out(Pair *pair)
{
        Output output = {.data = g_malloc(BULK_SIZE)};
        int size = 16 * 1024;
        GThread *thread;

        (void) setsockopt(ic_link_get_fd(pair->link), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
        for (gsize i = 0; i < BULK_SIZE; i++)
                output.data[i] = pattern(i);
        ic_link_watch(pair->link, write_bulk, &output);
        ic_link_want(pair->link, false, true);
        while (output.n_blocked == 0)
                g_main_context_iteration(NULL, TRUE);
        thread = g_thread_new("receive-bulk", receive_bulk, pair);
        wait_until(is_over, pair);
        g_thread_join(thread);
        g_assert_cmpmem(pair->read->str, pair->read->len, output.data, BULK_SIZE);
        g_free(output.data);
}

/* The server says why it throws us out; our own output meets the closed door first. */
static void test_last_words(Pair *pair)
{
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(ic_link_write(pair->link, "unread", 6, NULL), ==, 6);
        wait_readable(server_fd(pair));
        server_say(pair, "ERROR :Closing link\r\n");
        server_close(pair, ABRUPT);
        while (ic_link_write(pair->link, "more", 4, &error) >= 0)
                g_main_context_iteration(NULL, FALSE);
        assert_error_says(error, IC_ERROR_LINK_CLOSED, "127.0.0.1 port ", NULL);
        expect(pair, "ERROR :Closing link\r\n");
        consume(pair->link, 21);
        wait_for_data(pair);
        g_assert_cmpint(ic_link_write(pair->link, "more", 4, NULL), ==, -1);
}

static void expect_end(Pair *pair, IcLinkResult result)
{
        wait_for_data(pair);
        assert_peek_result(pair->link, result);
        wait_for_data(pair);
        g_assert_false(g_main_context_iteration(NULL, FALSE));
}

static void test_eof(Pair *pair)
{
        server_say(pair, "bye");
        server_close(pair, POLITE);
        expect(pair, "bye");
        consume(pair->link, 3);
        expect_end(pair, IC_LINK_EOF);
}

static void test_abrupt_eof(Pair *pair)
{
        server_say(pair, "bye");
        server_close(pair, ABRUPT);
        expect(pair, "bye");
        consume(pair->link, 3);
        expect_end(pair, IC_LINK_EOF);
}

static void test_reset(Pair *pair)
{
        const guint8 *data;
        gsize len;
        g_autoptr(GError) error = NULL;

        server_say(pair, "bye");
        server_close(pair, HARD);
        expect(pair, "bye");
        consume(pair->link, 3);
        wait_for_data(pair);
        g_assert_cmpint(ic_link_peek(pair->link, &data, &len, &error), ==, IC_LINK_ERROR);
        assert_error_says(error, IC_ERROR_LINK_CLOSED, "reset", NULL);
        wait_for_data(pair);
}

/* After our own end the server may still speak. */
static void test_half_closed(Pair *pair)
{
        char block[16];

        ic_link_shutdown(pair->link);
        ic_link_shutdown(pair->link);
        g_assert_cmpint(server_receive(pair, block, sizeof(block)), ==, 0);
        server_say(pair, "ERROR :bye\r\n");
        server_close(pair, POLITE);
        expect(pair, "ERROR :bye\r\n");
        consume(pair->link, 12);
        expect_end(pair, IC_LINK_EOF);
}

static void test_garbage(Pair *pair)
{
        const guint8 *data;
        gsize len;
        g_autoptr(GError) error = NULL;

        if (pair->kind == PLAIN)
                return;
        server_say(pair, "fine");
        send_all(server_fd(pair), "\x17\x03\x03\x00\x20 this is not a sealed record!!!!!", 37);
        expect(pair, "fine");
        consume(pair->link, 4);
        wait_for_data(pair);
        g_assert_cmpint(ic_link_peek(pair->link, &data, &len, &error), ==, IC_LINK_ERROR);
        assert_error_says(error, IC_ERROR_TLS, "127.0.0.1 port ", NULL);
}

static void test_alert(Pair *pair)
{
        const guint8 *data;
        gsize len;
        g_autoptr(GError) error = NULL;

        if (pair->kind == PLAIN)
                return;
        (void) gnutls_alert_send(pair->session, GNUTLS_AL_FATAL, GNUTLS_A_ACCESS_DENIED);
        wait_for_data(pair);
        g_assert_cmpint(ic_link_peek(pair->link, &data, &len, &error), ==, IC_LINK_ERROR);
        assert_error_says(error, IC_ERROR_TLS, "the alert \"Access was denied\"", NULL);
}

/* A record with nothing in it is no end (RFC 8446, section 5.1, allows them). */
static void test_empty_record(Pair *pair)
{
        /* Of older TLS GnuTLS sends none. */
        if (pair->kind != TLS13)
                return;
        for (guint i = 0; i < 3; i++)
                g_assert_cmpint(gnutls_record_send2(pair->session, "", 0, 16, 0), >=, 0);
        wait_readable(ic_link_get_fd(pair->link));
        assert_peek_result(pair->link, IC_LINK_AGAIN);
        server_say(pair, "fine");
        expect(pair, "fine");
}

static gpointer update_keys(gpointer user_data)
{
        Pair *pair = user_data;
        char block[16];

        for (guint i = 0; i < 3; i++) {
                g_assert_cmpint(gnutls_session_key_update(pair->session, GNUTLS_KU_PEER), ==, 0);
                server_say(pair, "?");
                g_assert_cmpint(server_receive(pair, block, sizeof(block)), ==, 1);
        }
        g_atomic_int_set(&pair->is_over, true);
        g_main_context_wakeup(NULL);
        return NULL;
}

static void echo(IcLink *link, bool is_readable, bool is_writable, gpointer user_data)
{
        const guint8 *data;
        gsize len;

        if (ic_link_peek(link, &data, &len, NULL) != IC_LINK_DATA)
                return;
        g_assert_cmpint(ic_link_write(link, data, len, NULL), ==, len);
        consume(link, len);
}

static void test_key_update(Pair *pair)
{
        GThread *thread;

        if (pair->kind != TLS13)
                return;
        ic_link_watch(pair->link, echo, pair);
        ic_link_want(pair->link, true, false);
        thread = g_thread_new("update-keys", update_keys, pair);
        wait_until(is_over, pair);
        g_thread_join(thread);
}

static void free_link(IcLink *link, bool is_readable, bool is_writable, gpointer user_data)
{
        Pair *pair = user_data;

        pair->n_readable++;
        g_clear_pointer(&pair->link, ic_link_free);
}

static void test_free_in_callback(Pair *pair)
{
        server_say(pair, "x");
        ic_link_watch(pair->link, free_link, pair);
        ic_link_want(pair->link, true, false);
        wait_until(was_readable, pair);
        settle();
        g_assert_cmpuint(pair->n_readable, ==, 1);
}

static const LinkCase cases[] = {
        {"peek", test_peek},
        {"watch", test_watch},
        {"pending", test_pending},
        {"bulk-in", test_bulk_in},
        {"bulk-out", test_bulk_out},
        {"last-words", test_last_words},
        {"eof", test_eof},
        {"abrupt-eof", test_abrupt_eof},
        {"reset", test_reset},
        {"half-closed", test_half_closed},
        {"garbage", test_garbage},
        {"alert", test_alert},
        {"empty-record", test_empty_record},
        {"key-update", test_key_update},
        {"free-in-callback", test_free_in_callback},
};

int main(int argc, char *argv[])
{
        return run_link_cases(argc, argv, cases, G_N_ELEMENTS(cases));
}
