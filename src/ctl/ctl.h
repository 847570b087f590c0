/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What all verbs of ircctl share: the options, the bus, calls and their errors. */

#pragma once

#include <glib.h>
#include <libintl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/name.h"
#include "bus/source.h"

#define _(text) gettext(text)
#define N_(text) text

/* Exit statuses, besides 0. */
enum {
        CTL_EXIT_FAILED = 1,
        CTL_EXIT_USAGE = 2, /* options or arguments that make no sense */
};

#define CTL_ERROR (ctl_error_quark())
enum {
        CTL_ERROR_USAGE,
};
GQuark ctl_error_quark(void) G_GNUC_CONST;

/* Options are borrowed from the command line. */
typedef struct {
        IcScope scope;
        const char *host;    /* or NULL */
        const char *machine; /* or NULL */
        bool is_json;
        bool may_ask_password;
        bool is_sure; /* --yes */
        bool is_sample;
        const char *owner;
        const char *message;
        const char *reason;
        uint64_t block_seconds; /* 0: for good */
        uint32_t lines;
        gint64 before; /* 0: from the end */
        sd_bus *bus;
} Ctl;

/* A connection may take a minute or two to come up or go down; commands wait for the welcome. */
#define CTL_JOB_TIMEOUT_USEC (5 * 60 * IC_USEC_PER_SEC)
#define CTL_CALL_TIMEOUT_USEC (2 * 60 * IC_USEC_PER_SEC)

bool ctl_open_bus(Ctl *ctl, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A method call to the manager, or to the worker of connection `id`, to be filled and sent. */
sd_bus_message *ctl_new_manager_call(Ctl *ctl, const char *method, GError **error);
sd_bus_message *ctl_new_worker_call(Ctl *ctl, uint32_t id, const char *method, GError **error);

/* Sends it and waits; `ret` (may be NULL) is the reply. */
bool ctl_send(Ctl *ctl, sd_bus_message *call, gint64 timeout, sd_bus_message **ret,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same in one for arguments of basic types, as sd_bus_message_append() takes them. */
bool ctl_call_manager(Ctl *ctl, gint64 timeout, sd_bus_message **ret, GError **error,
        const char *method, const char *types, ...) G_GNUC_WARN_UNUSED_RESULT;
/* When there is no worker on the bus: "Server not connected", and what to do. */
bool ctl_call_worker(Ctl *ctl, uint32_t id, GError **error, const char *method, const char *types,
        ...) G_GNUC_WARN_UNUSED_RESULT;

/* For return values of sd_bus_message_append() and read(): true, or an error that says so. */
bool ctl_check(int r, GError **error) G_GNUC_WARN_UNUSED_RESULT;
