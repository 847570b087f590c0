/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Connect, Disconnect, Restart: the owner's will in the database, then a job of systemd, and the
 * answer when that is over. Handlers of methods. */

#pragma once

#include "controller/controller.h"

int ic_connect(
        IcController *controller, sd_bus_message *message, uint32_t id, sd_bus_error *ret_error);
/* `quit` "": the configured message. */
int ic_disconnect(IcController *controller, sd_bus_message *message, uint32_t id, const char *quit,
        sd_bus_error *ret_error);
int ic_restart(
        IcController *controller, sd_bus_message *message, uint32_t id, sd_bus_error *ret_error);
