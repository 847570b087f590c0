/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* org.ircconn1.Manager. */

#pragma once

#include <systemd/sd-bus.h>

/* Its handlers are given the IcController. */
extern const sd_bus_vtable ic_manager_vtable[];
