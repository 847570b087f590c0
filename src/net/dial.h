/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* From a host name to an IcLink: resolve, race IPv6 and IPv4 (RFC 8305), ask a proxy if there is
 * one, TLS with verification. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/link.h"

/* Copied by ic_dial_start(). Strings may be NULL. */
typedef struct {
        const char *address; /* host name or IP address; not NULL */
        uint16_t port;
        gint64 timeout; /* µs, for all of it */
        bool tls;
        const char *tls_ca_file;     /* PEM; NULL: the system's trust */
        const char *const *tls_pins; /* "sha256:HEX": of the certificate or of its public key; a
                                      * match replaces authority, name and expiry checks; a mismatch
                                      * fails before a byte of ours is sent */
        GBytes *tls_certificate;     /* PEM, with tls_key */
        GBytes *tls_key;
        const char *const *bind_addresses; /* IP addresses, the first of each family counts: the
                                            * local end of the link. A family that has none is not
                                            * used, unless the list is empty or NULL */
        const char *proxy; /* "socks5://[USER@]HOST[:PORT]" or "http://…": it resolves `address` */
        GBytes *proxy_password; /* used only with a USER */
} IcDialOptions;

typedef struct IcDial IcDial;

typedef enum {
        IC_DIAL_RESOLVING,
        IC_DIAL_CONNECTING,
        IC_DIAL_PROXY, /* connected to it: it is asked for the server */
        IC_DIAL_HANDSHAKE,
} IcDialPhase;

/* `link` is given away; NULL with `error`: UNRESOLVABLE, NETWORK_DOWN (no address is routable, or
 * this machine does not have the bind address now), UNREACHABLE (with each address and its result,
 * or the proxy's refusal), CREDENTIALS (the proxy wants a login, or refused it), TLS (with the
 * cause: which check failed, who issued the certificate, its fingerprint), TIMED_OUT,
 * BAD_CONFIGURATION (an address, file, key or URL that cannot be used). Where a proxy is in
 * between, the text names both. Called once, from the main context, never from within
 * ic_dial_start(). A link through a proxy is like any other; its peer is the proxy, and its
 * positions do not begin at 0. */
typedef void (*IcDialFunc)(IcLink *link, const GError *error, gpointer user_data);
typedef void (*IcDialProgressFunc)(IcDialPhase phase, const char *what, gpointer user_data);

IcDial *ic_dial_start(const IcDialOptions *options, IcDialProgressFunc progress, IcDialFunc done,
        gpointer user_data);
/* Also cancels: `done` is not called any more. May be called from within `done`. */
void ic_dial_free(IcDial *dial);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcDial, ic_dial_free)
