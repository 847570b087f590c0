/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Whether this machine has a network at all. */

#pragma once

#include <stdbool.h>

/* Whether there is a route to anywhere beyond this machine and its neighbours, by IPv4 or IPv6. No
 * packet is sent. */
bool ic_network_has_route(void);
