/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A link over plain TCP. The kernel's receive buffer is the only buffer: what is peeked stays there
 * until it is consumed, and so outlives this process. */

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "net/link-private.h"

/* The copy that a peek hands out is sized by what waits, between these. */
#define COPY_MIN (4 * 1024)
#define COPY_MAX IC_LINK_PEEK_MAX

typedef struct {
        IcLink link;
        guint8 *copy;
        gsize size;
} PlainLink;

/* Makes room for what waits. A copy much larger than that is given back: a flood is short, a
 * connection lasts for months. */
static void fit_copy(PlainLink *plain)
{
        int waiting = 0;
        gsize wanted;

        (void) ioctl(plain->link.fd, FIONREAD, &waiting);
        wanted = CLAMP((gsize) MAX(waiting, 0), COPY_MIN, COPY_MAX);
        if (plain->size >= wanted && plain->size / 8 <= wanted)
                return;
        g_free(plain->copy);
        plain->copy = g_malloc(wanted);
        plain->size = wanted;
}

static IcLinkResult plain_peek(
        IcLink *link, const guint8 **ret_data, gsize *ret_len, GError **error)
{
        PlainLink *plain = (PlainLink *) link;
        gssize n;

        fit_copy(plain);
        do
                n = recv(link->fd, plain->copy, plain->size, MSG_PEEK | MSG_DONTWAIT);
        while (n < 0 && errno == EINTR);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
                return IC_LINK_AGAIN;
        if (n < 0) {
                ic_link_set_broken(link, errno, error);
                return IC_LINK_ERROR;
        }
        if (n == 0)
                return IC_LINK_EOF;
        *ret_data = plain->copy;
        *ret_len = n;
        return IC_LINK_DATA;
}

static bool plain_consume(IcLink *link, gsize len, GError **error)
{
        while (len > 0) {
                /* MSG_TRUNC: discarded in the kernel, not copied (tcp(7)). */
                gssize n = recv(link->fd, NULL, len, MSG_TRUNC | MSG_DONTWAIT);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0) {
                        ic_link_set_broken(link, n < 0 ? errno : ECONNRESET, error);
                        return false;
                }
                len -= n;
        }
        return true;
}

static gssize plain_write(IcLink *link, const void *data, gsize len, GError **error)
{
        gssize n;

        do
                n = send(link->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        while (n < 0 && errno == EINTR);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
                return 0;
        if (n < 0)
                ic_link_set_broken(link, errno, error);
        return n;
}

static void plain_shutdown(IcLink *link)
{
        (void) shutdown(link->fd, SHUT_WR);
}

static void plain_free(IcLink *link)
{
        PlainLink *plain = (PlainLink *) link;

        g_free(plain->copy);
        g_free(plain);
}

static const IcLinkOps plain_ops = {
        .peek = plain_peek,
        .consume = plain_consume,
        .write = plain_write,
        .shutdown = plain_shutdown,
        .free = plain_free,
};

IcLink *ic_link_new_plain(int fd)
{
        PlainLink *plain = g_new0(PlainLink, 1);

        ic_link_init(&plain->link, &plain_ops, fd, g_strdup("plain"));
        return &plain->link;
}
