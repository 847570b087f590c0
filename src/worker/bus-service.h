/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The worker on the bus: connects, owns its name, serves org.ircconn1.Connection, and does so again
 * when the bus was restarted. A connection lives without a bus, too. */

#pragma once

#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "base/name.h"
#include "session/session.h"

typedef struct BusService BusService;

/* Never fails: a bus that is not there is tried again. */
BusService *bus_service_new(IcScope scope, IcSession *session, uint32_t id, uid_t owner);
void bus_service_free(BusService *service);

/* The connection of the moment, or NULL; borrowed. */
sd_bus *bus_service_get_bus(const BusService *service);
