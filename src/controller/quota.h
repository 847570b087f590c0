/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* MaxConnections and MaxConnectionsPerTenant: how many connections may be up at once. */

#pragma once

#include "controller/controller.h"

/* LIMIT when server `id` of `owner` may not be started: it would be one too many besides those that
 * are up in `units` (as ic_units_list() answers) and those being started. One that is up itself is
 * within all limits. */
bool ic_quota_check(IcController *controller, GHashTable *units, uint32_t id, uid_t owner,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How many `caller` may have, 0: any number. */
uint32_t ic_quota_of(IcController *controller, uid_t caller);
