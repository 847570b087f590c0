/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* AddServer, UpdateServer, RemoveServer, SetCredential. Handlers of methods; the arguments are read
 * here. */

#pragma once

#include "controller/controller.h"

int ic_configure_add(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error);
int ic_configure_update(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error);
int ic_configure_remove(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error);
int ic_configure_set_credential(
        IcController *controller, sd_bus_message *message, sd_bus_error *ret_error);
