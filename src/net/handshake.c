/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The TLS handshake. The server is verified within it, before our own certificate or any byte of
 * the application is sent; trust and credentials are given back as soon as it is over. */

#include "net/handshake.h"

#include <glib-unix.h>

#include "base/descriptor.h"
#include "net/link-tls.h"

struct IcHandshake {
        IcFd fd;
        IcTls *tls;
        gnutls_session_t session;
        IcTlsTransport *transport;
        GSource *source;
        GIOCondition events;
        bool is_verified;
        GError *refusal; /* what verification said */
        IcHandshakeFunc done;
        gpointer user_data;
};

static int verify(gnutls_session_t session)
{
        IcHandshake *handshake = gnutls_session_get_ptr(session);

        g_clear_error(&handshake->refusal);
        handshake->is_verified = ic_tls_verify(handshake->tls, session, &handshake->refusal);
        return handshake->is_verified ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static void set_alert_error(IcHandshake *handshake, GError **error)
{
        gnutls_alert_description_t alert = gnutls_alert_get(handshake->session);
        const char *name = gnutls_alert_get_name(alert);

        g_set_error(error, IC_ERROR, IC_ERROR_TLS,
                "%s ended the TLS handshake with the alert \"%s\" (%d)",
                ic_tls_get_host(handshake->tls), name ? name : "unknown", (int) alert);
}

static void explain(IcHandshake *handshake, int code, GError **error)
{
        const char *host = ic_tls_get_host(handshake->tls);
        g_autofree char *plain_text = ic_tls_transport_plain_text(handshake->transport);

        if (handshake->refusal)
                g_propagate_error(error, g_steal_pointer(&handshake->refusal));
        else if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
                set_alert_error(handshake, error);
        else if (plain_text)
                g_set_error(error, IC_ERROR, IC_ERROR_TLS,
                        "%s does not speak TLS on this port, it said: \"%s\"", host, plain_text);
        else if (handshake->transport->read_errno || handshake->transport->write_errno)
                g_set_error(error, IC_ERROR, IC_ERROR_TLS,
                        "The connection to %s broke during the TLS handshake: %s", host,
                        g_strerror(handshake->transport->read_errno
                                           ? handshake->transport->read_errno
                                           : handshake->transport->write_errno));
        else if (code == GNUTLS_E_UNSUPPORTED_VERSION_PACKET)
                g_set_error(error, IC_ERROR, IC_ERROR_TLS,
                        "%s offers neither TLS 1.2 nor TLS 1.3, older ones are not safe", host);
        else if (code == GNUTLS_E_PREMATURE_TERMINATION)
                g_set_error(error, IC_ERROR, IC_ERROR_TLS,
                        "%s closed the connection during the TLS handshake: is it a port for TLS? "
                        "Servers that throttle or ban an address do so, too",
                        host);
        else
                g_set_error(error, IC_ERROR, IC_ERROR_TLS, "The TLS handshake with %s failed: %s",
                        host, gnutls_strerror(code));
}

static void unwatch(IcHandshake *handshake)
{
        if (!handshake->source)
                return;
        g_source_destroy(handshake->source);
        g_clear_pointer(&handshake->source, g_source_unref);
}

static void fail(IcHandshake *handshake, const GError *error)
{
        unwatch(handshake);
        handshake->done(NULL, error, handshake->user_data);
}

static void succeed(IcHandshake *handshake)
{
        IcLink *link;

        unwatch(handshake);
        gnutls_credentials_clear(handshake->session);
        g_clear_pointer(&handshake->tls, ic_tls_free);
        ic_tls_transport_forget_greeting(handshake->transport);
        gnutls_session_set_verify_function(handshake->session, NULL);
        link = ic_link_new_tls(g_steal_pointer(&handshake->session),
                g_steal_pointer(&handshake->transport), ic_fd_steal(&handshake->fd));
        handshake->done(link, NULL, handshake->user_data);
}

static gboolean step(int fd, GIOCondition events, gpointer user_data);

static void watch(IcHandshake *handshake)
{
        GIOCondition events =
                G_IO_IN | (ic_tls_transport_has_unsent(handshake->transport) ? G_IO_OUT : 0);

        if (handshake->source && events == handshake->events)
                return;
        unwatch(handshake);
        handshake->events = events;
        handshake->source = g_unix_fd_source_new(handshake->fd, events);
        g_source_set_callback(handshake->source, G_SOURCE_FUNC(step), handshake, NULL);
        g_source_attach(handshake->source, g_main_context_get_thread_default());
}

static gboolean step(int fd, GIOCondition events, gpointer user_data)
{
        IcHandshake *handshake = user_data;
        g_autoptr(GError) error = NULL;
        int r;

        (void) ic_tls_transport_flush(handshake->transport);
        do
                r = gnutls_handshake(handshake->session);
        while (r < 0 && r != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(r));
        if (r == GNUTLS_E_AGAIN) {
                watch(handshake);
                /* A failure is told when the certificate is there. */
                (void) ic_tls_load_trust(handshake->tls, NULL);
        } else if (r >= 0 && handshake->is_verified)
                succeed(handshake);
        else {
                (void) gnutls_alert_send_appropriate(handshake->session, r);
                explain(handshake, r, &error);
                fail(handshake, error);
        }
        /* The handshake may be freed by now; a source that was replaced or removed is destroyed. */
        return G_SOURCE_CONTINUE;
}

/* The first step, from the main loop: the caller holds no handshake yet when it could fail here. */
static gboolean begin(gpointer user_data)
{
        IcHandshake *handshake = user_data;
        g_autoptr(GError) error = NULL;

        unwatch(handshake);
        if (!ic_tls_new_session(handshake->tls, &handshake->session, &error)) {
                fail(handshake, error);
                return G_SOURCE_REMOVE;
        }
        handshake->transport = ic_tls_transport_new(handshake->session, handshake->fd);
        gnutls_session_set_ptr(handshake->session, handshake);
        gnutls_session_set_verify_function(handshake->session, verify);
        (void) step(handshake->fd, 0, handshake);
        return G_SOURCE_REMOVE;
}

IcHandshake *ic_handshake_start(int fd, IcTls *tls, IcHandshakeFunc done, gpointer user_data)
{
        IcHandshake *handshake = g_new0(IcHandshake, 1);

        handshake->fd = fd;
        handshake->tls = tls;
        handshake->done = done;
        handshake->user_data = user_data;
        handshake->source = g_idle_source_new();
        g_source_set_priority(handshake->source, G_PRIORITY_DEFAULT);
        g_source_set_callback(handshake->source, begin, handshake, NULL);
        g_source_attach(handshake->source, g_main_context_get_thread_default());
        return handshake;
}

void ic_handshake_free(IcHandshake *handshake)
{
        if (!handshake)
                return;
        unwatch(handshake);
        g_clear_pointer(&handshake->session, gnutls_deinit);
        g_clear_pointer(&handshake->transport, ic_tls_transport_free);
        g_clear_pointer(&handshake->tls, ic_tls_free);
        g_clear_error(&handshake->refusal);
        ic_fd_clear(&handshake->fd);
        g_free(handshake);
}
