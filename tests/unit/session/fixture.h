/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A session with a real database, its host, and a scripted server on loopback. */

#pragma once

#include <glib.h>

#include "session/session.h"

#define DEADLINE_USEC (20 * G_USEC_PER_SEC)
#define ID 3u

typedef struct {
        char *folder;
        int listener;
        uint16_t port;
        int peer; /* the accepted link, or -1 */
        guint accepted;
        guint listen_source, peer_source;
        GString *heard; /* what the server got and no expect() has taken */
        bool peer_closed;

        IcSession *session;
        GString *events;
        GString *answers;
        char *last_answer; /* the words of the last error, or NULL */
        bool is_finished;
        GError *error;
        int kept; /* the descriptor store */
        bool can_keep;
        uint32_t restart_limit;  /* 0: the default */
        gint64 restart_delay;    /* µs; 0: the default */
        gint64 shutdown_timeout; /* likewise */
} Fixture;

/* `data`: settings of the server, name and value in turn, NULL at the end; or NULL. */
void set_up(Fixture *f, gconstpointer data);
void tear_down(Fixture *f, gconstpointer data);

/* Runs the loop until then; the test fails when that takes too long. */
#define RUN_UNTIL(f, condition)                                                                    \
        G_STMT_START                                                                               \
        {                                                                                          \
                guint deadline_ = g_timeout_add(DEADLINE_USEC / 1000, on_test_deadline, (f));      \
                while (!(condition))                                                               \
                        g_main_context_iteration(NULL, TRUE);                                      \
                g_source_remove(deadline_);                                                        \
        }                                                                                          \
        G_STMT_END
gboolean on_test_deadline(gpointer user_data);

/* The server waits for a line that begins so; what came before it is passed over. */
void expect(Fixture *f, const char *prefix);
void say(Fixture *f, const char *text);
void close_peer(Fixture *f);

/* Starts a session, with a descriptor of an earlier one or -1. */
void open_session(Fixture *f, int kept_link);
/* A copy of what the descriptor store has, for a next session. */
int dup_kept(Fixture *f);
/* Changes a key of the configuration in the database. */
void change_server(Fixture *f, const char *key, const char *value);
/* As far as channel #a. */
void log_in(Fixture *f);
/* The answer goes to `answers`: "ok;", the error's code or the state. */
void submit_text(Fixture *f, IcCommandType type, const char *target, const char *text);

guint count_rows(Fixture *f, const char *target);
IcServerRow *read_row(Fixture *f);
