/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The dialogue with a proxy on a socket that is connected to it. */

#pragma once

#include "net/proxy.h"

typedef struct IcTunnel IcTunnel;

/* `fd` is given away: the next byte on it is the server's first, either way. -1 with `error` of
 * ic_proxy_dialogue_feed() or ic_proxy_dialogue_end(). */
typedef void (*IcTunnelFunc)(int fd, const GError *error, gpointer user_data);

/* Takes `fd` and `dialogue` over. `done` is called once, from the main context, unless the tunnel
 * is freed before; it may free it. */
IcTunnel *ic_tunnel_start(int fd, IcProxyDialogue *dialogue, IcTunnelFunc done, gpointer user_data);
void ic_tunnel_free(IcTunnel *tunnel);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcTunnel, ic_tunnel_free)
