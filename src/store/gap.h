/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What was missed while a link was down: from where on to fetch it, remembered until it was filled.
 * A link that dies in the middle of fetching leaves the gap as it found it, so that the next one
 * begins where the first one that was whole has ended, and not at the first line that came since.
 *
 * A target is a channel, or the nickname of a private conversation; names fold ASCII case. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

typedef struct {
        char *msgid;    /* of the newest row that has one; NULL: none of the newest has */
        gint64 sent_at; /* µs since the epoch, of the newest row */
} IcGapPoint;

void ic_gap_point_clear(IcGapPoint *point);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IcGapPoint, ic_gap_point_clear)

/* Where fetching has to begin for a target: where a gap that is still open began, else at the
 * newest row that was received before `before` (µs: when the present link was made), which is
 * remembered as an open gap. What we said and no server has confirmed counts only if there is
 * nothing else: its time is of our own clock. Nothing is found, and nothing remembered, where
 * nothing was received before.
 *
 * Target "" is the server as a whole, for learning who else was talking meanwhile: it begins at
 * ic_store_last_seen(), and is to be closed when all whom the server told were fetched. */
bool ic_store_gap_open(IcStore *store, uint32_t server_id, const char *target, gint64 before,
        IcGapPoint *ret_point, bool *ret_is_found, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* All of it was fetched. */
bool ic_store_gap_close(IcStore *store, uint32_t server_id, const char *target,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The server's time of the newest row of all of a server's that was received before `before`;
 * *ret_time 0: there is none. Rather too early than too late. */
bool ic_store_last_seen(IcStore *store, uint32_t server_id, gint64 before, gint64 *ret_time,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Those that are open, in no particular order. */
typedef void (*IcGapFunc)(const char *target, const IcGapPoint *point, gpointer user_data);
bool ic_store_gap_foreach(IcStore *store, uint32_t server_id, IcGapFunc func, gpointer user_data,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
