/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The options of our TCP sockets. They belong to the socket and outlive the process with it. */

#include "net/socket.h"

#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define KEEPALIVE_IDLE_SEC 60
#define KEEPALIVE_INTERVAL_SEC 15
#define KEEPALIVE_COUNT 4
#define USER_TIMEOUT_MSEC 90000

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
