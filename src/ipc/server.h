/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The command socket: serves the clients of a listening AF_UNIX stream socket in the thread-default
 * main context. Only the connection's owner, root and our own user are served. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "ipc/client.h"

/* Clients served at once; the others wait in the socket's backlog. */
#define IC_CONTROL_CLIENTS_MAX 64u

typedef struct IcControlServer IcControlServer;

typedef struct {
        int listen_fd; /* taken over */
        uid_t owner;
        IcControlSubmitFunc submit;
        gint64 patience; /* µs, with clients that do not read; 0: IC_CONTROL_PATIENCE_USEC */
        gpointer user_data;
} IcControlServerOptions;

IcControlServer *ic_control_server_new(const IcControlServerOptions *options);

/* Closes the listening socket (not the one that systemd keeps) and all clients. May be called from
 * within `submit`, but not while ic_control_server_drain() runs. */
void ic_control_server_free(IcControlServer *server);

/* From now on every request is answered with this error, and not submitted; NULL ends that. The
 * error is copied. */
void ic_control_server_refuse(IcControlServer *server, const GError *error);

/* Accepts and reads nothing new, and serves what has already been written by accepted clients;
 * `done` is called once when all of it is answered, perhaps before this returns. A client that does
 * not read may delay that: the caller has the time-out. Clients not yet accepted stay in the
 * backlog, for the next process. */
typedef void (*IcControlDrainedFunc)(gpointer user_data);
void ic_control_server_drain(
        IcControlServer *server, IcControlDrainedFunc done, gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcControlServer, ic_control_server_free)
