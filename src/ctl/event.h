/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The signals of a connection, as JSON and as lines for people. */

#pragma once

#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "bus/source.h"

/* {"event":"Kicked","server":3,…}, with the names of the arguments that the interface has. NULL for
 * a signal that is unknown or has other arguments. */
JsonObject *ctl_event_read(sd_bus_message *signal, uint32_t id);

/* Of our own: the connection's program came to the bus, or left it. */
#define CTL_EVENT_STARTED "ProgramStarted"
#define CTL_EVENT_ENDED "ProgramEnded"
JsonObject *ctl_event_new(const char *name, uint32_t id);

/* A line on standard output; nothing for events that a message tells as well. */
void ctl_event_print(JsonObject *event, bool has_colour);
