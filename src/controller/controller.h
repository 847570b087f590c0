/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The controller: org.ircconn1 on the bus. It keeps nothing that the databases and systemd do not
 * know, so that it may be stopped or killed at any time; it leaves by itself when nobody needs it.
 */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "base/name.h"
#include "bus/caller.h"
#include "bus/source.h"

/* Without pending work and without a client on the bus for so long, it leaves. */
#define IC_CONTROLLER_IDLE_SECONDS 300u

typedef struct IcUnits IcUnits;
typedef struct IcObjects IcObjects;
typedef struct IcSettingsCache IcSettingsCache;
typedef struct IcHealthLooks IcHealthLooks;

typedef struct {
        IcScope scope;
        char *state_dir;
        GMainLoop *loop;
        sd_bus *bus;
        IcBusSource *source;
        IcCallers *callers;
        IcUnits *units;
        IcObjects *objects;
        IcSettingsCache *settings;
        IcHealthLooks *looks;
        GHashTable *limited; /* set of numbers that a limit keeps down, and the journal has it */
        sd_bus_slot *manager_slot;
        guint n_pending;   /* calls that are not answered yet, and a health check of our own */
        gint64 idle_usec;  /* leave after so long */
        gint64 busy_until; /* CLOCK_MONOTONIC: when it was last seen to be needed */
        guint idle_timer;
        guint poll_timer;
        bool is_leaving;
        bool is_failed; /* it ends, but not as it should */
} IcController;

/* Serves until a signal, the bus's end or idleness. False: the reason was logged. */
bool ic_controller_run(IcScope scope, guint idle_seconds);
