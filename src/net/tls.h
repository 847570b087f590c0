/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Whom we trust and who we are in one TLS handshake. */

#pragma once

#include <gnutls/gnutls.h>

#include "net/dial.h"

typedef struct IcTls IcTls;

/* Reads what `options` names, but not the system's trust. Errors: BAD_CONFIGURATION. */
bool ic_tls_new(
        const IcDialOptions *options, IcTls **ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ic_tls_free(IcTls *tls);

/* A client's session, TLS 1.2 or 1.3, that shows the server's name and our certificate. `tls` must
 * live until gnutls_credentials_clear(). */
bool ic_tls_new_session(
        IcTls *tls, gnutls_session_t *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Loads the system's trust if it is needed: 10 ms and 3 MB, best spent while the server's answer is
 * under way. ic_tls_verify() does it otherwise. Errors: TLS. */
bool ic_tls_load_trust(IcTls *tls, GError **error);

/* The server's certificate against the pins, else against authority, name and time. Errors: TLS. */
bool ic_tls_verify(IcTls *tls, gnutls_session_t session, GError **error) G_GNUC_WARN_UNUSED_RESULT;

const char *ic_tls_get_host(const IcTls *tls);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcTls, ic_tls_free)
