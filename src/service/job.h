/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Why we are asked to end: the manager's job for our unit tells a stop from a restart. */

#pragma once

#include <glib.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

typedef enum {
        IC_JOB_NONE,     /* no job, or one that does not end us: somebody sent the signal himself */
        IC_JOB_STOP,     /* of this unit alone: somebody wants it down */
        IC_JOB_STOP_ALL, /* of all connections (irc-conn.target) or of the machine */
        IC_JOB_RESTART,  /* try-restart, too */
} IcJob;

/* NONE with `error` (UNIT, TIMED_OUT) when the manager did not say. */
typedef void (*IcJobFunc)(IcJob job, const GError *error, gpointer user_data);

/* For so long it may take. */
#define IC_JOB_TIMEOUT_USEC G_USEC_PER_SEC

/* Asks the manager on `bus`, which the caller serves in its main loop, for the job of connection
 * `id`. `done` is called once, perhaps before this returns; not at all if the bus is freed before.
 */
void ic_job_ask(sd_bus *bus, uint32_t id, IcJobFunc done, gpointer user_data);
