/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Non-blocking push and pull for GnuTLS. */

#include "net/tls-transport.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"

/* The types of the records that a server's first answer may have (RFC 8446, section 5.1). */
#define RECORD_ALERT 21
#define RECORD_HANDSHAKE 22

static void keep_greeting(IcTlsTransport *transport, const void *data, gsize len)
{
        gsize kept = MIN(len, IC_TLS_GREETING_MAX - transport->greeting_len);

        memcpy(transport->greeting + transport->greeting_len, data, kept);
        transport->greeting_len += kept;
}

static ssize_t receive(IcTlsTransport *transport, void *data, gsize len)
{
        ssize_t n;

        do
                n = recv(transport->fd, data, len, MSG_DONTWAIT);
        while (n < 0 && errno == EINTR);
        return n;
}

static ssize_t pull(gnutls_transport_ptr_t user_data, void *data, size_t len)
{
        IcTlsTransport *transport = user_data;
        ssize_t n = receive(transport, data, len);

        if (n < 0) {
                int code = errno;

                if (code != EAGAIN && code != EWOULDBLOCK)
                        transport->read_errno = code;
                gnutls_transport_set_errno(transport->session, code);
        } else if (transport->greeting)
                keep_greeting(transport, data, n);
        return n;
}

/* How many bytes the socket took; a failure swallows the rest. */
static gsize send_some(IcTlsTransport *transport, const void *data, gsize len)
{
        ssize_t n;

        if (transport->write_errno)
                return len;
        do
                n = send(transport->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        while (n < 0 && errno == EINTR);
        if (n >= 0)
                return n;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
                return 0;
        transport->write_errno = errno;
        return len;
}

static ssize_t push(gnutls_transport_ptr_t user_data, const void *data, size_t len)
{
        IcTlsTransport *transport = user_data;
        gsize sent = transport->unsent->len > 0 ? 0 : send_some(transport, data, len);

        if (transport->write_errno == 0 && len - sent > IC_TLS_UNSENT_MAX - transport->unsent->len)
                transport->write_errno = ENOBUFS;
        else if (transport->write_errno == 0)
                g_byte_array_append(transport->unsent, (const guint8 *) data + sent, len - sent);
        return len;
}

bool ic_tls_transport_flush(IcTlsTransport *transport)
{
        GByteArray *unsent = transport->unsent;

        if (unsent->len > 0)
                g_byte_array_remove_range(
                        unsent, 0, send_some(transport, unsent->data, unsent->len));
        return unsent->len == 0;
}

IcTlsTransport *ic_tls_transport_new(gnutls_session_t session, int fd)
{
        IcTlsTransport *transport = g_new0(IcTlsTransport, 1);

        transport->session = session;
        transport->fd = fd;
        transport->unsent = g_byte_array_new();
        transport->greeting = g_malloc(IC_TLS_GREETING_MAX);
        gnutls_transport_set_ptr(session, transport);
        gnutls_transport_set_pull_function(session, pull);
        gnutls_transport_set_push_function(session, push);
        return transport;
}

void ic_tls_transport_free(IcTlsTransport *transport)
{
        if (!transport)
                return;
        g_byte_array_unref(transport->unsent);
        g_free(transport->greeting);
        g_free(transport);
}

void ic_tls_transport_forget_greeting(IcTlsTransport *transport)
{
        g_clear_pointer(&transport->greeting, g_free);
        transport->greeting_len = 0;
}

char *ic_tls_transport_plain_text(IcTlsTransport *transport)
{
        g_autofree char *text = NULL;
        ssize_t n;

        if (!transport->greeting || transport->greeting_len == 0 ||
                transport->greeting[0] == RECORD_HANDSHAKE ||
                transport->greeting[0] == RECORD_ALERT)
                return NULL;
        n = receive(transport, transport->greeting + transport->greeting_len,
                IC_TLS_GREETING_MAX - transport->greeting_len);
        transport->greeting_len += MAX(n, 0);
        text = g_strndup(transport->greeting, transport->greeting_len);
        text[strcspn(text, "\r\n")] = '\0';
        return ic_text_quote(text, IC_TLS_GREETING_MAX);
}
