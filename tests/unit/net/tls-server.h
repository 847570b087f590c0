/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Certificates made on the spot, and a TLS server in a thread of its own that takes one connection
 * and writes down what it saw. */

#pragma once

#include <glib.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>

#include "base/descriptor.h"

#define DAY (24 * 3600)

typedef struct {
        gnutls_x509_crt_t certificate;
        gnutls_x509_privkey_t key;
} Identity;

typedef struct {
        const char *common_name;
        const char *dns_name;   /* or NULL */
        const char *ip_address; /* or NULL */
        bool is_authority;
        int valid_from; /* seconds from now */
        int valid_for;
} IdentitySpec;

/* Signed by `issuer`, by itself if that is NULL. */
Identity *identity_new(const IdentitySpec *spec, const Identity *issuer);
void identity_free(Identity *identity);
GBytes *identity_certificate_pem(const Identity *identity);
GBytes *identity_key_pem(const Identity *identity);
/* "sha256:HEX" */
char *identity_pin(const Identity *identity);
char *identity_key_pin(const Identity *identity);

typedef struct TlsServer TlsServer;
struct TlsServer {
        const Identity *identity;
        const char *priority; /* "NORMAL" by default */
        gnutls_certificate_request_t wants_certificate;
        /* Before all else, on the bare socket: a proxy that then is the server, too. */
        void (*prelude)(TlsServer *server);
        /* After the handshake; default: reads until the end. */
        void (*serve)(TlsServer *server, gnutls_session_t session);
        /* Instead of TLS, on the bare socket. */
        void (*serve_plain)(TlsServer *server);
        gpointer user_data;

        IcFd listener;
        IcFd fd;
        guint16 port;
        GThread *thread;

        /* What it saw; to be read after tls_server_join(). */
        int handshake;  /* what gnutls_handshake() answered */
        gsize received; /* bytes of application data */
        char *server_name;
        char *client_pin;
};

void tls_server_start(TlsServer *server);
void tls_server_join(TlsServer *server);
/* Reads application data until the end, and counts it. */
void tls_server_drain(TlsServer *server, gnutls_session_t session);
void tls_server_send(gnutls_session_t session, const void *data, gsize len);

void tls_server_clear(TlsServer *server);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TlsServer, tls_server_clear)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Identity, identity_free)
