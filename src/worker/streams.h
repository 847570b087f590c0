/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The standard streams of a connection in the foreground: commands come in, their answers and the
 * events go out, each a whole line. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "ipc/client.h"
#include "session/event.h"

/* Bytes of output that nobody has read: above it events are dropped, and counted; the database has
 * what they told. */
#define STREAMS_EVENTS_MAX (4 * 1024 * 1024)
/* So many more for answers, before they wait as well. */
#define STREAMS_ANSWERS_MAX (1024 * 1024)

typedef struct Streams Streams;

typedef struct {
        bool has_control; /* commands on standard input */
        bool has_events;
        IcControlSubmitFunc submit;
        gpointer user_data;
} StreamsOptions;

/* Takes standard input (with control) and standard output over: /dev/null is in their place then.
 */
Streams *streams_new(const StreamsOptions *options, GError **error);
void streams_free(Streams *streams);

/* An IcEventFunc: `user_data` are the streams. */
void streams_tell(const IcEvent *event, gpointer user_data);

/* Serves the commands that have already been written to us, takes the input for ended, and calls
 * `done` from the main loop when all output has gone. A reader who does not read may delay that:
 * the caller has the time-out. */
typedef void (*StreamsFunc)(gpointer user_data);
void streams_finish(Streams *streams, StreamsFunc done, gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Streams, streams_free)
