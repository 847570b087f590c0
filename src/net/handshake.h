/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The TLS handshake on a connected socket, up to a verified link. */

#pragma once

#include "net/link.h"
#include "net/tls.h"

typedef struct IcHandshake IcHandshake;

/* `link` is given away; NULL with `error`, TLS or LINK_CLOSED. */
typedef void (*IcHandshakeFunc)(IcLink *link, const GError *error, gpointer user_data);

/* Takes `fd` and `tls` over. `done` is called once, from the main context, unless the handshake is
 * freed before; it may free it. */
IcHandshake *ic_handshake_start(int fd, IcTls *tls, IcHandshakeFunc done, gpointer user_data);
void ic_handshake_free(IcHandshake *handshake);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcHandshake, ic_handshake_free)
