/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A link over an established TLS session. */

#pragma once

#include "net/link.h"
#include "net/tls-transport.h"

/* Takes all of them over: the session and its transport, which is on `fd`. */
IcLink *ic_link_new_tls(gnutls_session_t session, IcTlsTransport *transport, int fd);
