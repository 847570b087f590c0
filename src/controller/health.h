/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The health check: blocks that have expired are lifted, every server that claims a link which no
 * process holds is marked as disconnected, and what is wanted and down is started. When there is
 * nothing to do, nothing is written. */

#pragma once

#include "controller/controller.h"

/* Manager.HealthCheck(). */
int ic_health_check(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error);
/* The same for the controller's own sake. */
void ic_health_check_own(IcController *controller);

/* The servers that wait for a look at them. */
IcHealthLooks *ic_health_looks_new(IcController *controller);
void ic_health_looks_free(IcHealthLooks *looks);
/* The same for one server, soon, and once for many calls; but it is started only if `is_released`:
 * nothing but a block or what a person has corrected kept it down. */
void ic_health_look(IcController *controller, uint32_t id, uid_t owner, bool is_released);
