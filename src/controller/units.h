/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* systemd's view of the connections: what their units do, and jobs for them. All is asynchronous;
 * each function below answers once, unless the IcUnits is freed before; `destroy` is called in any
 * case. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

typedef struct IcUnits IcUnits;

/* A unit went down or came up; ask what became of it. May be called when nothing has changed. */
typedef void (*IcUnitChangedFunc)(uint32_t id, gpointer user_data);

IcUnits *ic_units_new(sd_bus *bus, IcUnitChangedFunc changed, gpointer user_data);
void ic_units_free(IcUnits *units);

/* Strings as systemd has them, never NULL. ic_units_list() knows the first three only. Times in
 * microseconds since the epoch, 0: never. */
typedef struct {
        char *active_state;  /* "active", "activating", "failed", … */
        char *sub_state;     /* "running", "auto-restart", … */
        bool has_job;        /* something is queued for it or under way */
        gint64 up_since;     /* when it last left "inactive" or "failed" */
        gint64 down_since;   /* when it last became one of them */
        char *status_text;   /* STATUS= of the worker */
        char *result;        /* "success", "exit-code", "timeout", … */
        int32_t exit_status; /* of the last worker that ended */
        int32_t main_pid;
        uint32_t restarts;
} IcUnitFacts;

/* Whether a worker runs or will by itself: anything but down. */
bool ic_unit_facts_is_up(const IcUnitFacts *facts);
/* Whether it ended with that exit status, and systemd left it at that. */
bool ic_unit_facts_has_failed_with(const IcUnitFacts *facts, int exit_status);

/* `facts` NULL: `error` says why systemd could not be asked. */
typedef void (*IcUnitFactsFunc)(const IcUnitFacts *facts, const GError *error, gpointer user_data);
void ic_units_query(IcUnits *units, uint32_t id, IcUnitFactsFunc func, gpointer user_data,
        GDestroyNotify destroy);
/* The same of any unit, such as "irc-conn.target". */
void ic_units_query_named(IcUnits *units, const char *unit, IcUnitFactsFunc func,
        gpointer user_data, GDestroyNotify destroy);

/* `units` maps a number to its IcUnitFacts; those not in it are down. NULL: see `error`. */
typedef void (*IcUnitListFunc)(GHashTable *units, const GError *error, gpointer user_data);
void ic_units_list(IcUnits *units, IcUnitListFunc func, gpointer user_data, GDestroyNotify destroy);

typedef enum {
        IC_JOB_START,
        IC_JOB_STOP,
        IC_JOB_RESTART,
} IcJobType;

/* Answers when the job is over. `result` is systemd's ("done", "failed", "timeout", "canceled",
 * "dependency", …), or NULL when there was no job: `error` says why. */
typedef void (*IcUnitJobFunc)(const char *result, const GError *error, gpointer user_data);
void ic_units_run(IcUnits *units, uint32_t id, IcJobType type, IcUnitJobFunc func,
        gpointer user_data, GDestroyNotify destroy);

/* Whether a start or restart that was asked for here is not over. */
bool ic_units_is_starting(IcUnits *units, uint32_t id);

/* Nobody is told how these end. */
void ic_units_reset_failed(IcUnits *units, uint32_t id);
void ic_units_stop_socket(IcUnits *units, uint32_t id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcUnits, ic_units_free)
