/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* org.ircconn1.Connection on /org/ircconn1/connection/N: the commands as methods, the session's
 * events as signals to those who may see them. dbus/org.ircconn1.Connection.xml documents it. */

#pragma once

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "bus/caller.h"
#include "session/session.h"

typedef struct IcConnectionInterface IcConnectionInterface;

/* Exports the object. Lives shorter than `bus`, `callers` (whose ic_callers_on_gone() it uses) and
 * `session`. NULL on error. */
IcConnectionInterface *ic_connection_interface_new(sd_bus *bus, IcCallers *callers,
        IcSession *session, uint32_t id, uid_t owner, GError **error);
void ic_connection_interface_free(IcConnectionInterface *interface);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcConnectionInterface, ic_connection_interface_free)
