/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* org.ircconn1.Server. */

#pragma once

#include <systemd/sd-bus.h>

#include "controller/controller.h"
#include "wire/status.h"

/* What a handler of the interface is given. */
typedef struct {
        IcController *controller;
        IcStatus status;
} IcServerObject;

extern const sd_bus_vtable ic_server_vtable[];

/* The properties that change, for PropertiesChanged. */
extern const char *const ic_server_changing_properties[];
