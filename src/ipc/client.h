/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* One client of the command socket: its lines become commands, and their answers go back in the
 * order of the requests. It works on any pair of descriptors: the foreground program serves its
 * standard input and output with it. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/clock.h"
#include "session/session.h"
#include "wire/command.h"

/* Commands of one client that wait for their answer: above this nothing more is read from it. */
#define IC_CONTROL_IN_FLIGHT_MAX 256u
/* Bytes of answers that a client has not read: from the first bound on its requests wait as well,
 * and it is cut off if it reads nothing for IC_CONTROL_PATIENCE_USEC; at the second at once. */
#define IC_CONTROL_UNREAD_PAUSE 65536u
#define IC_CONTROL_UNREAD_MAX 262144u
#define IC_CONTROL_PATIENCE_USEC (10 * IC_USEC_PER_SEC)

typedef struct IcControlClient IcControlClient;

/* Carries a command out, as ic_session_submit() does: `done` is called once with `done_data`,
 * perhaps before this returns. */
typedef void (*IcControlSubmitFunc)(
        const IcCommand *command, IcCommandDoneFunc done, gpointer done_data, gpointer user_data);

/* The client has gone and all of its requests are carried out, or it was cut off. Called once, not
 * from within ic_control_client_new(); the client may be freed in it. */
typedef void (*IcControlClosedFunc)(IcControlClient *client, gpointer user_data);

typedef struct {
        IcControlSubmitFunc submit;
        IcControlClosedFunc closed;
        gint64 patience; /* µs; 0: IC_CONTROL_PATIENCE_USEC */
        gpointer user_data;
} IcControlHandler;

/* Serves from now on, in the thread-default main context. Takes both descriptors over; they may be
 * the same, and may be other than sockets (then SIGPIPE must be ignored). */
IcControlClient *ic_control_client_new(int in_fd, int out_fd, const IcControlHandler *handler);

/* Commands that are under way go on; their answers go nowhere. */
void ic_control_client_free(IcControlClient *client);

/* Serves what has already been written to us, then takes the input for ended. */
void ic_control_client_finish(IcControlClient *client);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcControlClient, ic_control_client_free)
