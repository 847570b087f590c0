/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What follows from each kind of failure: how long the next attempt waits, whether it counts as one
 * in a row, whether the connection is blocked. Pure: no clock, no database. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

typedef struct {
        gint64 first_wait; /* µs, after one failure of the plain kind; doubled by each that counts
                            */
        gint64 max_wait;
        bool is_max_strict; /* the owner's own: holds for classes that demand longer waits, too */
        uint32_t max_attempts; /* failed ones in a row before the connection is blocked */
        uint32_t max_restarts; /* the same for links that were up and got lost */
        gint64 block_duration; /* µs */
} IcFailurePolicy;

typedef struct {
        bool is_counted; /* it is one more failure in a row */
        gint64 wait;     /* µs, before jitter */
        bool is_blocked; /* no further attempt before `block` is over */
        gint64 block;    /* µs; 0: for good */
} IcFailurePlan;

/* `attempts`: how many counted failures in a row there were before this one. `was_connected`: the
 * link had seen the welcome. */
IcFailurePlan ic_failure_plan(
        IcError error, uint32_t attempts, bool was_connected, const IcFailurePolicy *policy);

/* The longest wait that any plan can have, before jitter. */
gint64 ic_failure_longest_wait(const IcFailurePolicy *policy);
