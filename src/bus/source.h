/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* sd-bus in a GLib main context: one GSource straight over sd_bus. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "base/name.h"

/* Opens the bus of that scope ($DBUS_SYSTEM_BUS_ADDRESS and $DBUS_SESSION_BUS_ADDRESS are
 * honoured). */
bool ic_bus_open(IcScope scope, sd_bus **ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Serves `bus` in the thread-default main context until ic_bus_detach(). `lost` is called once when
 * the connection is gone. */
typedef struct IcBusSource IcBusSource;
typedef void (*IcBusLostFunc)(sd_bus *bus, gpointer user_data);
IcBusSource *ic_bus_attach(sd_bus *bus, IcBusLostFunc lost, gpointer user_data);
void ic_bus_detach(IcBusSource *source); /* NULL is fine */

/* More hints than this wait to be written: drop or merge them, the database is the record. */
#define IC_BUS_QUEUE_MAX 4096u
bool ic_bus_is_congested(sd_bus *bus);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcBusSource, ic_bus_detach)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus, sd_bus_flush_close_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus_message, sd_bus_message_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus_slot, sd_bus_slot_unref)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(sd_bus_error, sd_bus_error_free)
