/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What the verbs on a row of `servers` share. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/statement.h"

/* Runs an UPDATE or DELETE of one row of `servers`, `id` being parameter 1. NO_SUCH_SERVER when it
 * met no row. */
bool ic_store_change_server(IcStatement *statement, IcStore *store, uint32_t id,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool ic_store_no_such_server(IcStore *store, uint32_t id, GError **error); /* answers false */
