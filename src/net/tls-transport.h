/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The socket below a TLS session. Sending always succeeds in GnuTLS's eyes: what the socket does
 * not take is kept here, so that no record is ever half-sent there; and a failure is kept here,
 * too, since GnuTLS would give the session up although the server's last words wait to be read. */

#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>

/* So much of what the server sent first is kept, to tell a person who answered in plain text. */
#define IC_TLS_GREETING_MAX 200
/* So much waits at most for a socket that takes nothing: a record, and what GnuTLS answers on its
 * own to a server that asks and does not read. Then the link counts as broken. */
#define IC_TLS_UNSENT_MAX (256 * 1024)

typedef struct {
        gnutls_session_t session; /* not owned */
        int fd;                   /* not owned */
        int read_errno;
        int write_errno;
        GByteArray *unsent;
        char *greeting; /* NULL: not kept */
        gsize greeting_len;
} IcTlsTransport;

/* Puts the session on `fd`. The transport must live as long as the session does. */
IcTlsTransport *ic_tls_transport_new(gnutls_session_t session, int fd);
void ic_tls_transport_free(IcTlsTransport *transport);

/* Tries to send what waits. True when nothing does, or never can. */
bool ic_tls_transport_flush(IcTlsTransport *transport);
static inline bool ic_tls_transport_has_unsent(const IcTlsTransport *transport)
{
        return transport->unsent->len > 0;
}

/* What the server said, quoted, when it did not speak TLS; NULL when it did or said nothing. */
char *ic_tls_transport_plain_text(IcTlsTransport *transport);
void ic_tls_transport_forget_greeting(IcTlsTransport *transport);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcTlsTransport, ic_tls_transport_free)
