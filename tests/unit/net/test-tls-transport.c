/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The socket below TLS, where the other end reads nothing: what waits is bounded. */

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "base/descriptor.h"
#include "loopback.h"
#include "net/tls-transport.h"

/* Each is a record of its own that GnuTLS sends by itself, at any time. */
static void send_alert(gnutls_session_t session)
{
        (void) gnutls_alert_send(session, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
}

static void fill_socket(int fd)
{
        static const char block[4096];

        while (send(fd, block, sizeof(block), MSG_DONTWAIT) > 0)
                ;
        g_assert_cmpint(errno, ==, EAGAIN);
}

static void test_bound(void)
{
        g_auto(IcFd) server = -1;
        g_auto(IcFd) fd = connect_pair(&server);
        g_autoptr(IcTlsTransport) transport = NULL;
        gnutls_session_t session;
        guint longest = 0;

        g_assert_cmpint(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL), >=, 0);
        g_assert_cmpint(gnutls_set_default_priority(session), >=, 0);
        transport = ic_tls_transport_new(session, fd);
        fill_socket(fd);
        for (guint i = 0; i < IC_TLS_UNSENT_MAX && !transport->write_errno; i++) {
                send_alert(session);
                longest = MAX(longest, transport->unsent->len);
        }
        g_assert_cmpint(transport->write_errno, ==, ENOBUFS);
        g_assert_cmpuint(longest, >, IC_TLS_UNSENT_MAX / 2);
        g_assert_cmpuint(longest, <=, IC_TLS_UNSENT_MAX);

        /* Nothing more is kept, and nothing waits: the link's next write tells. */
        send_alert(session);
        g_assert_cmpuint(transport->unsent->len, ==, longest);
        g_assert_true(ic_tls_transport_flush(transport));
        g_assert_false(ic_tls_transport_has_unsent(transport));
        gnutls_deinit(session);
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/net/tls-transport/bound", test_bound);
        return g_test_run();
}
