/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The options of our TCP sockets. They belong to the socket and outlive the process with it. */

#include "net/socket.h"

#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* A half-open link is noticed within two minutes. Probes run while nothing of ours is on its way,
 * and the user time-out ends both silences: that of the probes, and that which begins when we send
 * something just before the probes would have told. So twice the time-out is the longest. */
#define KEEPALIVE_IDLE_SEC 25
#define KEEPALIVE_INTERVAL_SEC 10
#define KEEPALIVE_COUNT 3
#define USER_TIMEOUT_MSEC 55000

static const struct {
        int level;
        int name;
        int value;
} options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_SEC},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_SEC},
        {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MSEC},
        /* An urgent byte stays a byte of the stream: positions count it. */
        {SOL_SOCKET, SO_OOBINLINE, 1},
};

int ic_socket_new_stream(int family)
{
        int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

        /* Each is an improvement only: a connection without them is a connection. */
        for (gsize i = 0; fd >= 0 && i < G_N_ELEMENTS(options); i++)
                (void) setsockopt(fd, options[i].level, options[i].name, &options[i].value,
                        sizeof(options[i].value));
        return fd;
}
