/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Sockets on loopback and waiting with a deadline. */

#include "loopback.h"

#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/descriptor.h"

#define DEADLINE_MSEC 20000

static gboolean deadline_passed(gpointer user_data)
{
        g_error("Nothing happened within %d ms", DEADLINE_MSEC);
        return G_SOURCE_REMOVE;
}

void wait_until(bool (*is_met)(gpointer user_data), gpointer user_data)
{
        guint deadline = g_timeout_add(DEADLINE_MSEC, deadline_passed, NULL);

        while (!is_met(user_data))
                g_main_context_iteration(NULL, TRUE);
        g_source_remove(deadline);
}

void settle(void)
{
        while (g_main_context_iteration(NULL, FALSE))
                ;
}

void wait_readable(int fd)
{
        struct pollfd p = {.fd = fd, .events = POLLIN};

        g_assert_cmpint(poll(&p, 1, DEADLINE_MSEC), ==, 1);
}

guint count_fds(void)
{
        g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
        guint n = 0;

        g_assert_nonnull(dir);
        while (g_dir_read_name(dir))
                n++;
        return n;
}

int listen_on_loopback(int backlog, guint16 *ret_port)
{
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_in address = {
                .sin_family = AF_INET,
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };
        socklen_t len = sizeof(address);

        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(bind(fd, (struct sockaddr *) &address, len), ==, 0);
        g_assert_cmpint(listen(fd, backlog), ==, 0);
        g_assert_cmpint(getsockname(fd, (struct sockaddr *) &address, &len), ==, 0);
        *ret_port = ntohs(address.sin_port);
        return fd;
}

int accept_one(int listener)
{
        int fd;

        wait_readable(listener);
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        g_assert_cmpint(fd, >=, 0);
        return fd;
}

guint16 unused_port(void)
{
        guint16 port;

        close(listen_on_loopback(1, &port));
        return port;
}

int connect_pair(int *ret_server)
{
        guint16 port;
        g_auto(IcFd) listener = listen_on_loopback(1, &port);
        struct sockaddr_in address = {
                .sin_family = AF_INET,
                .sin_port = htons(port),
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_assert_cmpint(connect(fd, (struct sockaddr *) &address, sizeof(address)), ==, 0);
        *ret_server = accept_one(listener);
        return fd;
}

void send_all(int fd, const void *data, gsize len)
{
        while (len > 0) {
                gssize n = send(fd, data, len, MSG_NOSIGNAL);

                g_assert_cmpint(n, >, 0);
                data = (const char *) data + n;
                len -= n;
        }
}

void send_text(int fd, const char *text)
{
        send_all(fd, text, strlen(text));
}

void close_hard(int fd)
{
        struct linger linger = {.l_onoff = 1, .l_linger = 0};

        g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), ==, 0);
        close(fd);
}

static void outcome_progress(IcDialPhase phase, const char *what, gpointer user_data)
{
        Outcome *outcome = user_data;

        outcome->n_phases[phase]++;
        g_free(outcome->last_what);
        outcome->last_what = g_strdup(what);
}

static void outcome_done(IcLink *link, const GError *error, gpointer user_data)
{
        Outcome *outcome = user_data;

        g_assert_true((link == NULL) != (error == NULL));
        outcome->link = link;
        outcome->error = error ? g_error_copy(error) : NULL;
        outcome->n_done++;
        g_clear_pointer(&outcome->dial, ic_dial_free);
}

void outcome_start(Outcome *outcome, const IcDialOptions *options)
{
        outcome->dial = ic_dial_start(options, outcome_progress, outcome_done, outcome);
        g_assert_cmpuint(outcome->n_done, ==, 0);
}

bool outcome_is_done(gpointer user_data)
{
        return ((Outcome *) user_data)->n_done > 0;
}

void outcome_run(Outcome *outcome, const IcDialOptions *options)
{
        outcome_start(outcome, options);
        wait_until(outcome_is_done, outcome);
        settle();
        g_assert_cmpuint(outcome->n_done, ==, 1);
}

void outcome_clear(Outcome *outcome)
{
        g_clear_pointer(&outcome->dial, ic_dial_free);
        g_clear_pointer(&outcome->link, ic_link_free);
        g_clear_error(&outcome->error);
        g_clear_pointer(&outcome->last_what, g_free);
        settle();
}

void assert_error_says(const GError *error, IcError code, ...)
{
        va_list words;
        const char *word;

        g_assert_nonnull(error);
        g_test_message("%s", error->message);
        g_assert_error(error, IC_ERROR, (int) code);
        va_start(words, code);
        while ((word = va_arg(words, const char *)))
                if (!strstr(error->message, word))
                        g_error("\"%s\" is not in: %s", word, error->message);
        va_end(words);
}
