/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* An established byte stream to an IRC server, plain or TLS, driven by the GLib main context. Bytes
 * are looked at first and consumed when they are safe (peek, commit, consume). */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

typedef struct IcLink IcLink;

/* Takes the descriptor of a connected plain TCP socket over: of this process's own dialling, or
 * handed down by an earlier one. It is made non-blocking and close-on-exec. */
IcLink *ic_link_new_plain(int fd);
void ic_link_free(IcLink *link); /* closes the socket */

/* Watches the socket in the thread-default main context while wanted; both start unwanted. `ready`
 * is called with what is ready; hang-ups and errors count as readable. */
typedef void (*IcLinkReadyFunc)(
        IcLink *link, bool is_readable, bool is_writable, gpointer user_data);
void ic_link_watch(IcLink *link, IcLinkReadyFunc ready, gpointer user_data);
void ic_link_want(IcLink *link, bool read, bool write);

typedef enum {
        IC_LINK_DATA,  /* *ret_data has bytes; they stay until consumed */
        IC_LINK_AGAIN, /* none now */
        IC_LINK_EOF,   /* the server closed; all bytes were consumed before */
        IC_LINK_ERROR, /* broken: LINK_CLOSED or TLS; what had arrived was given before */
} IcLinkResult;

/* At most IC_LINK_PEEK_MAX bytes, borrowed until the next call. */
#define IC_LINK_PEEK_MAX (256 * 1024)
IcLinkResult ic_link_peek(IcLink *link, const guint8 **ret_data, gsize *ret_len, GError **error);
/* Discards the first `len` of the bytes last peeked. */
bool ic_link_consume(IcLink *link, gsize len, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How many bytes were taken: 0 when it would block, -1 with LINK_CLOSED or TLS. */
gssize ic_link_write(IcLink *link, const void *data, gsize len, GError **error);

/* Says that no more will be written (FIN, or TLS close_notify). */
void ic_link_shutdown(IcLink *link);

bool ic_link_is_tls(const IcLink *link);
/* For STATUS and the journal: "TLS1.3 AES-256-GCM", or "plain". */
const char *ic_link_describe(const IcLink *link);
const char *ic_link_get_peer(const IcLink *link); /* "192.0.2.1 port 6697" */

/* Whether another process can take the link over exactly where this one leaves it. Plain TCP can;
 * a TLS session cannot: it lives in this process alone. */
bool ic_link_is_survivable(const IcLink *link);
int ic_link_get_fd(const IcLink *link);         /* borrowed: for the descriptor store */
guint64 ic_link_get_cookie(const IcLink *link); /* SO_COOKIE */

/* Of a survivable link, from the kernel's counters (linux/tcp.h, tcp_info): how many bytes were
 * consumed, and how many were handed to the kernel, since the link was made. A FIN that was
 * received is not counted; where the kernel leaves that open (state CLOSE), `ret_in_is_ambiguous`
 * says that the consumed position may be one less. */
bool ic_link_positions(IcLink *link, guint64 *ret_in, guint64 *ret_out, bool *ret_in_is_ambiguous,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Brings a link that was handed down to `position`, the first byte that the database does not have:
 * discards what it has already. `tail` are the last bytes before `position`, which decide an
 * ambiguous case. LINK_CLOSED when bytes are missing (the position lies before the kernel's): such
 * a link must be given up. */
bool ic_link_resume(IcLink *link, guint64 position, const void *tail, gsize tail_len,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcLink, ic_link_free)
