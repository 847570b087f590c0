/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Up to when the messages of a target were read, by whichever of the owner's programs. Names fold
 * ASCII case; times are in microseconds since the epoch. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/* A marker only moves forward; an earlier time, or 0, leaves it where it is. */
bool ic_store_read_marker_set(IcStore *store, uint32_t server_id, const char *target,
        gint64 read_at, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* *ret_read_at 0: none is known. */
bool ic_store_read_marker_get(IcStore *store, uint32_t server_id, const char *target,
        gint64 *ret_read_at, GError **error) G_GNUC_WARN_UNUSED_RESULT;
