/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* TCP sockets as a long-lived connection needs them. */

#pragma once

/* A non-blocking, close-on-exec TCP socket that sends small lines at once and notices a dead peer
 * on its own; -1 with errno. */
int ic_socket_new_stream(int family);
