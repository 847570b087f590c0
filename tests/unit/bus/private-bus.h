/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A dbus-daemon of a test's own, on which every user may do everything; and waiting for events. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <systemd/sd-bus.h>

typedef struct {
        char *folder;
        char *address;
        GPid pid; /* 0: ended */
} PrivateBus;

/* Aborts the test when it cannot be started. */
PrivateBus *private_bus_new(void);
/* Ends the daemon: the bus is lost. */
void private_bus_end(PrivateBus *bus);
void private_bus_free(PrivateBus *bus);

/* For g_spawn_async(): the child does not outlive a test that aborts. */
void end_with_parent(gpointer unused);

/* A connection of the test's own, not attached to a loop. */
sd_bus *private_bus_connect(PrivateBus *bus);

/* Runs the default main context until `condition`; fails the test after 20 s. */
typedef bool (*Condition)(gpointer user_data);
void wait_for(Condition condition, gpointer user_data);
/* The same, until `*flag`. */
void wait_for_flag(const bool *flag);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PrivateBus, private_bus_free)
