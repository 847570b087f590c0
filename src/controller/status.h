/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What is known of a server, put together from its row and its unit; and the counts of Status. */

#pragma once

#include "controller/controller.h"
#include "controller/units.h"
#include "store/servers.h"
#include "wire/status.h"

/* What the database says. */
bool ic_status_read(IcStatus *ret, IcStore *store, uint32_t id, uid_t owner, bool with_channels,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Corrected by what systemd says: a row speaks of a process that may have gone since. NULL: the
 * unit is not loaded, so it is down. */
void ic_status_apply_unit(IcStatus *status, const IcUnitFacts *facts);

/* The last that its process did was to stop as it was told. */
bool ic_status_is_stopped(const IcServerRow *row);
/* Makes that untrue, with "waiting": it is to be started. */
bool ic_status_mark_waiting(
        IcStore *store, const IcServerRow *row, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Manager.Status() and Manager.ServerStatus(u), as handlers answer. */
int ic_status_all(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error);
int ic_status_one(
        IcController *controller, sd_bus_message *message, uint32_t id, sd_bus_error *ret_error);
