/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The health check: every server that claims a link which no process holds is marked as
 * disconnected. */

#pragma once

#include "controller/controller.h"

/* Manager.HealthCheck(). */
int ic_health_check(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error);
/* The same for the controller's own sake, at its start. */
void ic_health_check_own(IcController *controller);
