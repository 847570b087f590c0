/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Certificates and a TLS server for tests, by GnuTLS. */

#include "tls-server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "loopback.h"

#define CHECK(call) g_assert_cmpint((call), >=, 0)

static void set_names(gnutls_x509_crt_t certificate, const IdentitySpec *spec)
{
        struct in_addr address;

        CHECK(gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0,
                spec->common_name, strlen(spec->common_name)));
        if (spec->dns_name)
                CHECK(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME,
                        spec->dns_name, strlen(spec->dns_name), GNUTLS_FSAN_APPEND));
        if (!spec->ip_address)
                return;
        g_assert_cmpint(inet_pton(AF_INET, spec->ip_address, &address), ==, 1);
        CHECK(gnutls_x509_crt_set_subject_alt_name(
                certificate, GNUTLS_SAN_IPADDRESS, &address, sizeof(address), GNUTLS_FSAN_APPEND));
}

static void set_usage(gnutls_x509_crt_t certificate, bool is_authority)
{
        CHECK(gnutls_x509_crt_set_basic_constraints(certificate, is_authority, -1));
        CHECK(gnutls_x509_crt_set_key_usage(certificate,
                is_authority ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE));
        if (is_authority)
                return;
        CHECK(gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0));
        CHECK(gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_CLIENT, 0));
}

Identity *identity_new(const IdentitySpec *spec, const Identity *issuer)
{
        Identity *identity = g_new0(Identity, 1);
        guint32 serial = g_random_int_range(1, G_MAXINT32);
        time_t from = time(NULL) + spec->valid_from;

        CHECK(gnutls_x509_privkey_init(&identity->key));
        CHECK(gnutls_x509_privkey_generate(identity->key, GNUTLS_PK_ECDSA,
                GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
        CHECK(gnutls_x509_crt_init(&identity->certificate));
        CHECK(gnutls_x509_crt_set_version(identity->certificate, 3));
        CHECK(gnutls_x509_crt_set_serial(identity->certificate, &serial, sizeof(serial)));
        CHECK(gnutls_x509_crt_set_activation_time(identity->certificate, from));
        CHECK(gnutls_x509_crt_set_expiration_time(identity->certificate, from + spec->valid_for));
        CHECK(gnutls_x509_crt_set_key(identity->certificate, identity->key));
        set_names(identity->certificate, spec);
        set_usage(identity->certificate, spec->is_authority);
        CHECK(gnutls_x509_crt_sign2(identity->certificate,
                issuer ? issuer->certificate : identity->certificate,
                issuer ? issuer->key : identity->key, GNUTLS_DIG_SHA256, 0));
        return identity;
}

void identity_free(Identity *identity)
{
        if (!identity)
                return;
        gnutls_x509_crt_deinit(identity->certificate);
        gnutls_x509_privkey_deinit(identity->key);
        g_free(identity);
}

static GBytes *take_datum(gnutls_datum_t datum)
{
        GBytes *bytes = g_bytes_new(datum.data, datum.size);

        gnutls_free(datum.data);
        return bytes;
}

GBytes *identity_certificate_pem(const Identity *identity)
{
        gnutls_datum_t pem;

        CHECK(gnutls_x509_crt_export2(identity->certificate, GNUTLS_X509_FMT_PEM, &pem));
        return take_datum(pem);
}

GBytes *identity_key_pem(const Identity *identity)
{
        gnutls_datum_t pem;

        CHECK(gnutls_x509_privkey_export2(identity->key, GNUTLS_X509_FMT_PEM, &pem));
        return take_datum(pem);
}

static char *pin_of(GBytes *der)
{
        g_autofree char *hex = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, der);

        return g_strconcat("sha256:", hex, NULL);
}

char *identity_pin(const Identity *identity)
{
        g_autoptr(GBytes) der = NULL;
        gnutls_datum_t datum;

        CHECK(gnutls_x509_crt_export2(identity->certificate, GNUTLS_X509_FMT_DER, &datum));
        der = take_datum(datum);
        return pin_of(der);
}

char *identity_key_pin(const Identity *identity)
{
        g_autoptr(GBytes) der = NULL;
        gnutls_datum_t datum;
        gnutls_pubkey_t key;

        CHECK(gnutls_pubkey_init(&key));
        CHECK(gnutls_pubkey_import_x509(key, identity->certificate, 0));
        CHECK(gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &datum));
        gnutls_pubkey_deinit(key);
        der = take_datum(datum);
        return pin_of(der);
}

void tls_server_drain(TlsServer *server, gnutls_session_t session)
{
        char block[4096];
        gssize n;

        while ((n = gnutls_record_recv(session, block, sizeof(block))) > 0)
                server->received += n;
}

void tls_server_send(gnutls_session_t session, const void *data, gsize len)
{
        while (len > 0) {
                gssize n = gnutls_record_send(session, data, len);

                g_assert_cmpint(n, >, 0);
                data = (const char *) data + n;
                len -= n;
        }
}

static void note_client(TlsServer *server, gnutls_session_t session)
{
        unsigned n = 0, type;
        const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
        char name[256];
        size_t len = sizeof(name);

        if (gnutls_server_name_get(session, name, &len, &type, 0) >= 0)
                server->server_name = g_strndup(name, len);
        if (chain && n > 0) {
                g_autoptr(GBytes) der = g_bytes_new(chain[0].data, chain[0].size);

                server->client_pin = pin_of(der);
        }
}

static void serve_tls(TlsServer *server)
{
        gnutls_certificate_credentials_t credentials;
        gnutls_x509_crt_t chain[] = {server->identity->certificate};
        gnutls_session_t session;

        CHECK(gnutls_certificate_allocate_credentials(&credentials));
        CHECK(gnutls_certificate_set_x509_key(credentials, chain, 1, server->identity->key));
        CHECK(gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NO_SIGNAL));
        CHECK(gnutls_priority_set_direct(
                session, server->priority ? server->priority : "NORMAL", NULL));
        CHECK(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials));
        gnutls_certificate_server_set_request(session, server->wants_certificate);
        gnutls_transport_set_int(session, server->fd);
        do
                server->handshake = gnutls_handshake(session);
        while (server->handshake < 0 && !gnutls_error_is_fatal(server->handshake));
        if (server->handshake < 0) {
                (void) gnutls_alert_send_appropriate(session, server->handshake);
                tls_server_drain(server, session);
        } else {
                note_client(server, session);
                if (server->serve)
                        server->serve(server, session);
                else
                        tls_server_drain(server, session);
        }
        gnutls_deinit(session);
        gnutls_certificate_free_credentials(credentials);
}

static gpointer run(gpointer user_data)
{
        TlsServer *server = user_data;
        int on = 1;

        server->fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        /* Woken by tls_server_join(): nobody came. */
        if (server->fd < 0)
                return NULL;
        /* What was said is on its way even if the socket is then reset. */
        CHECK(setsockopt(server->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
        if (server->prelude)
                server->prelude(server);
        if (server->serve_plain)
                server->serve_plain(server);
        else
                serve_tls(server);
        ic_fd_clear(&server->fd);
        return NULL;
}

void tls_server_start(TlsServer *server)
{
        server->fd = -1;
        server->listener = listen_on_loopback(1, &server->port);
        server->thread = g_thread_new("tls-server", run, server);
}

void tls_server_join(TlsServer *server)
{
        if (!server->thread)
                return;
        (void) shutdown(server->listener, SHUT_RDWR);
        g_thread_join(g_steal_pointer(&server->thread));
        ic_fd_clear(&server->listener);
}

void tls_server_clear(TlsServer *server)
{
        tls_server_join(server);
        g_clear_pointer(&server->server_name, g_free);
        g_clear_pointer(&server->client_pin, g_free);
}
