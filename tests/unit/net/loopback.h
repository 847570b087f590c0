/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Sockets on loopback and waiting with a deadline, for the tests of links. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "net/dial.h"

/* Turns the default main context until `is_met` says so; fails the test after a deadline. */
void wait_until(bool (*is_met)(gpointer user_data), gpointer user_data);
/* Turns it until nothing is left to do. */
void settle(void);
/* Waits on a socket; fails the test after a deadline. */
void wait_readable(int fd);

guint count_fds(void);

/* A listening socket on 127.0.0.1 and its port. */
int listen_on_loopback(int backlog, guint16 *ret_port);
int accept_one(int listener);
/* A port of 127.0.0.1 and ::1 on which nobody listens. */
guint16 unused_port(void);

/* A TCP connection: `*ret_server` is the accepted end, the answer the one that connected. */
int connect_pair(int *ret_server);

/* The whole of it, blocking. */
void send_all(int fd, const void *data, gsize len);
void send_text(int fd, const char *text);
/* Sends RST instead of FIN. */
void close_hard(int fd);

/* What a dial came to. */
typedef struct {
        IcDial *dial;
        IcLink *link;
        GError *error;
        guint n_done;
        guint n_phases[IC_DIAL_HANDSHAKE + 1];
        char *last_what;
} Outcome;

void outcome_start(Outcome *outcome, const IcDialOptions *options);
bool outcome_is_done(gpointer outcome);
/* Starts a dial and waits for its end. */
void outcome_run(Outcome *outcome, const IcDialOptions *options);
void outcome_clear(Outcome *outcome);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

/* Asserts the code, and that the text has each of the words (up to NULL). */
void assert_error_says(const GError *error, IcError code, ...) G_GNUC_NULL_TERMINATED;
