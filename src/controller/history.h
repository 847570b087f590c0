/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* GetMessages and Search. Handlers of methods; the arguments are read here. */

#pragma once

#include "controller/controller.h"

int ic_history_get(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error);
int ic_history_search(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error);
