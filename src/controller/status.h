/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What is known of a server, put together from its row and its unit; and the counts of Status. */

#pragma once

#include "controller/controller.h"
#include "controller/units.h"
#include "store/servers.h"
#include "wire/status.h"

/* What the database says; `store` for the channels, NULL: without them. */
void ic_status_from_row(IcStatus *ret, IcStore *store, const IcServerRow *row, uid_t owner);
/* Corrected by what systemd says: a row speaks of a process that may have gone since. NULL: the
 * unit is not loaded, so it is down. */
void ic_status_apply_unit(IcStatus *status, const IcUnitFacts *facts);

/* Manager.Status() and Manager.ServerStatus(u), as handlers answer. */
int ic_status_all(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error);
int ic_status_one(
        IcController *controller, sd_bus_message *message, uint32_t id, sd_bus_error *ret_error);
