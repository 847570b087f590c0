/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Starting what its owner wants up and is down. */

#pragma once

#include "controller/controller.h"

/* Of `servers` (GArray of IcTenantServer) starts those that are due. `units` is what
 * ic_units_list() answered. `released`: a set of numbers that nothing but a block or a lost process
 * kept down until now. `hold` is released when all are judged; none is waited for. */
void ic_wanted_bring_up(IcController *controller, const GArray *servers, GHashTable *units,
        GHashTable *released, gpointer hold, GDestroyNotify release);
