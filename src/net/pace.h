/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Dials of all connections of the machine to one host, spread over time: a restart of many must not
 * look like an attack to the server. Processes that know nothing of each other agree by a small
 * file for each host, under a lock. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

typedef struct {
        const char *folder; /* where the files are: writable for all who take part */
        const char *host;   /* as configured; case does not matter */
        gint64 interval;    /* µs between two dials, once the burst is used up; 0: no pacing */
        guint burst;        /* dials that may go at once */
} IcPace;

/* Takes the next place in the host's queue: `ret_wait` is how long to wait before dialling, in µs,
 * 0 for at once. `now` is µs of CLOCK_BOOTTIME. UNREACHABLE when the file cannot be used; the
 * caller goes on without pacing. Waits for the lock, which nobody holds for longer than a write,
 * half a second at most. */
bool ic_pace_take(
        const IcPace *pace, gint64 now, gint64 *ret_wait, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What `now` is. */
gint64 ic_pace_now(void);

/* No queue is longer than this many places: what a damaged file says is not believed. */
#define IC_PACE_PLACES_MAX 10000
