/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Where in its two byte streams a TCP link stands, by the kernel's own counters, so that a process
 * can go on exactly where another one left off.
 *
 *   consumed = tcpi_bytes_received - bytes that wait to be read - 1 if a FIN was received
 *   written  = tcpi_bytes_acked + bytes that wait to be acknowledged - 1 for the SYN
 *              - 1 if a FIN was sent
 *
 * (tcpi_bytes_received and the acknowledged sequence space count a FIN as one byte.) */

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h> /* not <netinet/tcp.h>, which has an old struct tcp_info */
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "net/link-private.h"

/* The kernel's TCP states, which <linux/tcp.h> does not name. */
enum {
        STATE_FIN_WAIT1 = 4,
        STATE_FIN_WAIT2 = 5,
        STATE_TIME_WAIT = 6,
        STATE_CLOSE = 7,
        STATE_CLOSE_WAIT = 8,
        STATE_LAST_ACK = 9,
        STATE_CLOSING = 11,
};

/* Counters are read again while data arrives in between. */
#define SNAPSHOT_TRIES_MAX 10000

typedef struct {
        struct tcp_info info;
        int unread;
        int unacked;
} Counters;

typedef enum {
        FIN_NONE,
        FIN_COUNTED,
        FIN_UNKNOWN,
} Fin;

/* The counters of one moment: the queues are the same before and after. */
static bool read_counters(int fd, Counters *ret, GError **error)
{
        for (guint i = 0; i < SNAPSHOT_TRIES_MAX; i++) {
                socklen_t len = sizeof(ret->info);
                int unread = 0, unacked = 0;

                memset(&ret->info, 0, sizeof(ret->info));
                if (ioctl(fd, SIOCINQ, &ret->unread) < 0 ||
                        ioctl(fd, SIOCOUTQ, &ret->unacked) < 0 ||
                        getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ret->info, &len) < 0 ||
                        ioctl(fd, SIOCINQ, &unread) < 0 || ioctl(fd, SIOCOUTQ, &unacked) < 0) {
                        g_set_error(error, IC_ERROR, IC_ERROR_LINK_CLOSED,
                                "The kernel does not tell the position of the link: %s",
                                g_strerror(errno));
                        return false;
                }
                if (unread == ret->unread && unacked == ret->unacked)
                        return true;
        }
        g_set_error(error, IC_ERROR, IC_ERROR_LINK_CLOSED,
                "The kernel's counters of the link do not come to rest");
        return false;
}

/* Whether a FIN is behind unread data. SIOCINQ leaves it out, the TCP_INQ hint does not. */
static Fin probe_fin(int fd, int unread)
{
        union {
                struct cmsghdr header;
                char room[CMSG_SPACE(sizeof(int))];
        } control = {};
        char byte;
        struct iovec iov = {.iov_base = &byte, .iov_len = sizeof(byte)};
        struct msghdr message = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };
        int on = 1, off = 0, hint;
        gssize n;
        struct cmsghdr *cmsg;

        if (setsockopt(fd, IPPROTO_TCP, TCP_INQ, &on, sizeof(on)) < 0)
                return FIN_UNKNOWN;
        n = recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT);
        (void) setsockopt(fd, IPPROTO_TCP, TCP_INQ, &off, sizeof(off));
        cmsg = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
        if (!cmsg || cmsg->cmsg_level != IPPROTO_TCP || cmsg->cmsg_type != TCP_CM_INQ)
                return FIN_UNKNOWN;
        memcpy(&hint, CMSG_DATA(cmsg), sizeof(hint));
        return hint > unread ? FIN_COUNTED : FIN_NONE;
}

static Fin received_fin(int fd, const Counters *counters)
{
        switch (counters->info.tcpi_state) {
        case STATE_CLOSE_WAIT:
        case STATE_LAST_ACK:
        case STATE_CLOSING:
        case STATE_TIME_WAIT:
                return FIN_COUNTED;
        case STATE_CLOSE:
                /* With nothing left to read, asking would swallow the socket's error. */
                return counters->unread > 0 ? probe_fin(fd, counters->unread) : FIN_UNKNOWN;
        default:
                return FIN_NONE;
        }
}

/* In CLOSE it is open, too, and of no use: nothing can be written any more. */
static bool has_sent_fin(const Counters *counters)
{
        switch (counters->info.tcpi_state) {
        case STATE_FIN_WAIT1:
        case STATE_FIN_WAIT2:
        case STATE_CLOSING:
        case STATE_LAST_ACK:
        case STATE_TIME_WAIT:
                return true;
        default:
                return false;
        }
}

bool ic_link_positions(
        IcLink *link, guint64 *ret_in, guint64 *ret_out, bool *ret_in_is_ambiguous, GError **error)
{
        Counters counters;
        Fin fin;

        if (!ic_link_is_survivable(link)) {
                g_set_error(error, IC_ERROR, IC_ERROR_FAILED,
                        "A TLS session has no positions outside of its process");
                return false;
        }
        if (!read_counters(link->fd, &counters, error))
                return false;
        fin = received_fin(link->fd, &counters);
        if (ret_in)
                *ret_in = counters.info.tcpi_bytes_received - (guint64) counters.unread -
                          (fin == FIN_COUNTED ? 1 : 0);
        if (ret_out)
                *ret_out = counters.info.tcpi_bytes_acked + (guint64) counters.unacked - 1 -
                           (has_sent_fin(&counters) ? 1 : 0);
        if (ret_in_is_ambiguous)
                *ret_in_is_ambiguous = fin == FIN_UNKNOWN;
        return true;
}

/* Discards `len` bytes, of which the last must be those of `tail`. */
static bool discard(IcLink *link, guint64 len, const guint8 *tail, gsize tail_len, GError **error)
{
        gsize compared = MIN(len, tail_len);
        g_autofree guint8 *bytes = g_malloc(MAX(compared, 1));

        if (!ic_link_consume(link, len - compared, error))
                return false;
        if (compared == 0)
                return true;
        if (recv(link->fd, bytes, compared, MSG_PEEK | MSG_DONTWAIT) != (gssize) compared ||
                memcmp(bytes, tail + (tail_len - compared), compared) != 0) {
                g_set_error(error, IC_ERROR, IC_ERROR_LINK_CLOSED,
                        "The link to %s does not carry the bytes that were stored from it",
                        link->peer);
                return false;
        }
        return ic_link_consume(link, compared, error);
}

bool ic_link_resume(
        IcLink *link, guint64 position, const void *tail, gsize tail_len, GError **error)
{
        guint64 at;
        bool is_ambiguous;
        int unread = 0;

        if (!ic_link_positions(link, &at, NULL, &is_ambiguous, error))
                return false;
        /* Open only when all was read: then the position itself tells. */
        if (is_ambiguous && at > 0 && position == at - 1)
                return true;
        (void) ioctl(link->fd, SIOCINQ, &unread);
        if (position < at) {
                g_set_error(error, IC_ERROR, IC_ERROR_LINK_CLOSED,
                        "The link to %s was read up to byte %" G_GUINT64_FORMAT
                        ", but stored only up to byte %" G_GUINT64_FORMAT,
                        link->peer, at, position);
                return false;
        }
        if (position - at > (guint64) MAX(unread, 0)) {
                g_set_error(error, IC_ERROR, IC_ERROR_LINK_CLOSED,
                        "The link to %s is another one than that which was stored up to byte "
                        "%" G_GUINT64_FORMAT,
                        link->peer, position);
                return false;
        }
        return discard(link, position - at, tail, tail_len, error);
}
