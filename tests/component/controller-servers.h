/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The servers of a controller under test, and their rows as a worker would see them. */

#pragma once

#include "controller-host.h"
#include "store/servers.h"
#include "store/store.h"

/* The tenant's database, as a worker would open it. */
IcStore *servers_open(ControllerHost *host);
IcServerRow *servers_read(ControllerHost *host, uint32_t id);

/* Calls AddServer; `settings` as text of a GVariant. */
void servers_add_one(ControllerHost *host, const char *settings);
void servers_add(ControllerHost *host, guint n);

/* As a worker does when its link is up. */
void servers_pretend_connected(ControllerHost *host, uint32_t id);

/* A key of the a{sv} that was answered, as text of a GVariant; NULL: it has none. */
void servers_expect(ControllerHost *host, const char *key, const char *expected);
