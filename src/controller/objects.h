/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The objects /org/ircconn1/server/N: which there are for a caller, and the signals that tell of
 * changes. These are broadcasts that everybody on the bus can see, so they carry numbers and
 * states, and no name. */

#pragma once

#include "controller/controller.h"
#include "wire/status.h"

/* Exports the objects of `controller`. */
bool ic_objects_new(
        IcController *controller, IcObjects **ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ic_objects_free(IcObjects *objects);

void ic_objects_added(IcObjects *objects, uint32_t id);
void ic_objects_removed(IcObjects *objects, uint32_t id);
/* Its properties may have changed; sent soon, once for many. */
void ic_objects_changed(IcObjects *objects, uint32_t id);
/* Server.StateChanged, for what no process is left to tell of. `reason` in our own words. */
void ic_objects_state_changed(IcObjects *objects, uint32_t id, IcState state, const char *reason);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcObjects, ic_objects_free)
