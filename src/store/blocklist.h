/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The table `blocklist`: servers that are not dialled, and channels that are not joined unless
 * their owner says so, for a time or for good.
 *
 * `channel` NULL or "" is the whole server; names of channels compare without regard to ASCII case.
 * A block that has expired blocks nobody, also before ic_store_expire_blocks() takes it away. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/* Strings are owned. Times in microseconds since the epoch. */
typedef struct {
        uint32_t server_id;
        char *channel; /* NULL: the whole server */
        char *reason;  /* for people; or NULL */
        uint32_t
                attempts; /* that failed, since the first of the blocks that follow on each other */
        bool is_permanent;
        gint64 blocked_at;
        gint64 blocked_until; /* 0 when permanent */
} IcBlock;

void ic_block_free(IcBlock *block);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcBlock, ic_block_free)

/* Characters of a reason; what is longer is cut. */
#define IC_BLOCK_REASON_MAX 400

/* `until` 0: for good. Where there is a block already, the new one takes its place and the attempts
 * add up; but one for good, with its reason, is not replaced by one for a time. `reason` may be
 * NULL (keeps the former) and anybody's text. NO_SUCH_SERVER. */
bool ic_store_block(IcStore *store, uint32_t server_id, const char *channel, const char *reason,
        gint64 until, uint32_t attempts, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Without a channel the server's failures are forgotten as well, so that it is dialled at once. Its
 * channels stay blocked. `ret_was_blocked` may be NULL. NO_SUCH_SERVER without a channel. */
bool ic_store_unblock(IcStore *store, uint32_t server_id, const char *channel,
        bool *ret_was_blocked, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* *ret NULL: not blocked at `now`. */
bool ic_store_block_find(IcStore *store, uint32_t server_id, const char *channel, gint64 now,
        IcBlock **ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* All rows: the blocks of servers by number, then those of channels by server and name. GPtrArray
 * of IcBlock that frees its elements. */
bool ic_store_blocks(IcStore *store, GPtrArray **ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Takes away what has expired. `ret_servers` (GArray of uint32_t, ascending): servers that are
 * dialled again now, their failures forgotten. Writes nothing when nothing has expired. */
bool ic_store_expire_blocks(
        IcStore *store, gint64 now, GArray **ret_servers, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The key `channels` of the configuration without those blocked at `now`; *ret NULL when none are
 * left. Whether the server is blocked makes no difference. */
bool ic_store_unblocked_channels(IcStore *store, uint32_t server_id, gint64 now, GStrv *ret,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
