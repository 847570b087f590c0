/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Commands of a connection in the foreground on their way to its session. They outlive a session:
 * what arrives while the connection is down or registering waits for the next welcome. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "session/session.h"

typedef struct StandaloneQueue StandaloneQueue;

typedef struct {
        /* The command of that name came while there is no session to end. */
        void (*quit)(gpointer user_data);
        /* The command of that name came: before the session looks at the database again. */
        bool (*refresh)(gpointer user_data, GError **error);
        gpointer user_data;
} StandaloneQueueHost;

StandaloneQueue *standalone_queue_new(const StandaloneQueueHost *host);
/* What waits is answered first: NOT_CONNECTED. */
void standalone_queue_free(StandaloneQueue *queue);

/* Copies the command. `status` and `refresh` do not wait. `quit` and `restart_connection` come
 * after all that was asked before them: with nothing before them they come at once, in any state.
 */
void standalone_queue_push(StandaloneQueue *queue, const IcCommand *command, IcCommandDoneFunc done,
        gpointer user_data);

/* NULL: there is none, or it has ended. Borrowed. */
void standalone_queue_set_session(StandaloneQueue *queue, IcSession *session);
void standalone_queue_set_connected(StandaloneQueue *queue, bool is_connected);

/* Whether the last session was asked to connect anew; forgets it. */
bool standalone_queue_take_restart(StandaloneQueue *queue);

/* Answers what waits, and all that comes from now on, with the error; NULL: NOT_CONNECTED. */
void standalone_queue_refuse(StandaloneQueue *queue, const GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(StandaloneQueue, standalone_queue_free)
