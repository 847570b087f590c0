/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Which hosts are to be reached by TLS only, as they said themselves over a TLS link (IRCv3 sts). A
 * policy is of the name that was dialled and counts for all of the tenant's connections.
 *
 * Names compare without regard to ASCII case or a dot at their end. `now` is in microseconds since
 * the epoch. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

typedef struct {
        uint16_t port;
        gint64 duration;   /* seconds */
        gint64 expires_at; /* µs since the epoch */
} IcStsPolicy;

/* What is longer is stored as this: ten years. */
#define IC_STS_DURATION_MAX (G_GINT64_CONSTANT(10) * 365 * 24 * 3600)

/* One that has expired at `now` is not there. */
bool ic_store_sts_get(IcStore *store, const char *host, gint64 now, IcStsPolicy *ret_policy,
        bool *ret_is_found, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Takes the former one's place; `duration` 0 (or less) forgets it. */
bool ic_store_sts_put(IcStore *store, const char *host, uint16_t port, gint64 duration, gint64 now,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The link ends: its policy lasts from now on for as long again. Nothing happens where there is
 * none, or it has expired. */
bool ic_store_sts_refresh(
        IcStore *store, const char *host, gint64 now, GError **error) G_GNUC_WARN_UNUSED_RESULT;
