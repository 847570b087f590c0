/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A link over TLS. What was decrypted is kept here until it is consumed: it can be taken from the
 * session only once. A record that the socket did not take whole waits in the transport, counts as
 * written, and is finished before another one is begun. */

#include "net/link-tls.h"

#include <string.h>
#include <sys/socket.h>

#include "net/link-private.h"

/* The buffer begins with, and when it is empty shrinks to, a size for a line or two. */
#define BUFFER_MIN (4 * 1024)
/* Warnings and the like that bring no data are skipped, so many in a row. */
#define EMPTY_RECORDS_MAX 32

typedef struct {
        IcLink link;
        gnutls_session_t session;
        IcTlsTransport *transport;
        guint8 *buffer;
        gsize len;
        gsize size;
        bool is_at_end;  /* nothing more will be decrypted */
        GError *failure; /* why; NULL: the server closed */
        bool is_closing;
} TlsLink;

static void set_tls_error(const TlsLink *tls, int code, GError **error)
{
        const char *alert = NULL;

        if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
                alert = gnutls_alert_get_name(gnutls_alert_get(tls->session));
        if (alert)
                g_set_error(error, IC_ERROR, IC_ERROR_TLS,
                        "%s ended the TLS session with the alert \"%s\"", tls->link.peer, alert);
        else
                g_set_error(error, IC_ERROR, IC_ERROR_TLS, "The TLS session with %s broke: %s",
                        tls->link.peer, gnutls_strerror(code));
}

static void end_reading(TlsLink *tls, int code)
{
        tls->is_at_end = true;
        if (tls->transport->read_errno)
                ic_link_set_broken(&tls->link, tls->transport->read_errno, &tls->failure);
        else if (code != 0 && code != GNUTLS_E_PREMATURE_TERMINATION)
                set_tls_error(tls, code, &tls->failure);
        /* Many servers close without close_notify; IRC's lines tell what is complete. */
}

static void make_room(TlsLink *tls)
{
        if (tls->len < tls->size)
                return;
        tls->size = tls->size ? MIN(tls->size * 2, IC_LINK_PEEK_MAX) : BUFFER_MIN;
        tls->buffer = g_realloc(tls->buffer, tls->size);
}

/* Decrypts until the socket is empty or the buffer full. */
static void fill(TlsLink *tls)
{
        guint n_empty = 0;

        while (!tls->is_at_end && tls->len < IC_LINK_PEEK_MAX) {
                gssize n;

                make_room(tls);
                n = gnutls_record_recv(tls->session, tls->buffer + tls->len, tls->size - tls->len);
                if (n > 0)
                        tls->len += n;
                else if (n == GNUTLS_E_AGAIN)
                        return;
                else if (n == 0 || gnutls_error_is_fatal(n))
                        end_reading(tls, n);
                else if (++n_empty == EMPTY_RECORDS_MAX)
                        return;
        }
}

static IcLinkResult tls_peek(IcLink *link, const guint8 **ret_data, gsize *ret_len, GError **error)
{
        TlsLink *tls = (TlsLink *) link;

        fill(tls);
        if (tls->len > 0) {
                *ret_data = tls->buffer;
                *ret_len = tls->len;
                return IC_LINK_DATA;
        }
        if (!tls->is_at_end)
                return IC_LINK_AGAIN;
        if (!tls->failure)
                return IC_LINK_EOF;
        g_propagate_error(error, g_error_copy(tls->failure));
        return IC_LINK_ERROR;
}

static bool tls_consume(IcLink *link, gsize len, GError **error)
{
        TlsLink *tls = (TlsLink *) link;

        g_assert(len <= tls->len);
        tls->len -= len;
        memmove(tls->buffer, tls->buffer + len, tls->len);
        if (tls->len == 0 && tls->size > BUFFER_MIN) {
                g_clear_pointer(&tls->buffer, g_free);
                tls->size = 0;
        }
        return true;
}

static bool tls_has_pending(const IcLink *link)
{
        const TlsLink *tls = (const TlsLink *) link;

        return tls->len > 0 || tls->is_at_end || gnutls_record_check_pending(tls->session) > 0;
}

static bool tls_has_unsent(const IcLink *link)
{
        return ic_tls_transport_has_unsent(((const TlsLink *) link)->transport);
}

static void tls_flush(IcLink *link)
{
        TlsLink *tls = (TlsLink *) link;

        if (ic_tls_transport_flush(tls->transport) && tls->is_closing)
                (void) shutdown(link->fd, SHUT_WR);
}

static gssize tls_write(IcLink *link, const void *data, gsize len, GError **error)
{
        TlsLink *tls = (TlsLink *) link;
        gsize taken = 0;

        tls_flush(link);
        while (taken < len && !tls_has_unsent(link) && !tls->transport->write_errno) {
                gssize n = gnutls_record_send(
                        tls->session, (const guint8 *) data + taken, len - taken);

                if (n < 0) {
                        set_tls_error(tls, n, error);
                        return -1;
                }
                taken += n;
        }
        if (tls->transport->write_errno) {
                ic_link_set_broken(link, tls->transport->write_errno, error);
                return -1;
        }
        return taken;
}

static void tls_shutdown(IcLink *link)
{
        TlsLink *tls = (TlsLink *) link;

        if (tls->is_closing)
                return;
        tls->is_closing = true;
        (void) gnutls_bye(tls->session, GNUTLS_SHUT_WR);
        tls_flush(link);
}

static void tls_free(IcLink *link)
{
        TlsLink *tls = (TlsLink *) link;

        gnutls_deinit(tls->session);
        ic_tls_transport_free(tls->transport);
        g_clear_error(&tls->failure);
        g_free(tls->buffer);
        g_free(tls);
}

static const IcLinkOps tls_ops = {
        .is_tls = true,
        .peek = tls_peek,
        .consume = tls_consume,
        .write = tls_write,
        .shutdown = tls_shutdown,
        .free = tls_free,
        .has_pending = tls_has_pending,
        .has_unsent = tls_has_unsent,
        .flush = tls_flush,
};

IcLink *ic_link_new_tls(gnutls_session_t session, IcTlsTransport *transport, int fd)
{
        TlsLink *tls = g_new0(TlsLink, 1);

        tls->session = session;
        tls->transport = transport;
        ic_link_init(&tls->link, &tls_ops, fd,
                g_strdup_printf("%s %s",
                        gnutls_protocol_get_name(gnutls_protocol_get_version(session)),
                        gnutls_cipher_get_name(gnutls_cipher_get(session))));
        return &tls->link;
}
