/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The rows of `channels`: their ids, remembered between lines, and which are joined by themselves.
 */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/statement.h"

/* The row of a channel, made if there is none. Within a transaction. */
bool ic_channels_ensure(IcStore *store, uint32_t server_id, const char *name, gint64 *ret_id,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* *ret_id 0 when there is none. */
bool ic_channels_find(IcStore *store, uint32_t server_id, const char *name, gint64 *ret_id,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The table behind ic_channels_ensure(); it must be emptied when rows may have vanished: after a
 * rollback, and when another process has written. */
GHashTable *ic_channels_cache_new(void);
void ic_channels_forget(IcStore *store);

/* The key `channels` of the configuration. `channels` may be NULL. Within a transaction. */
bool ic_channels_set_autojoin(IcStore *store, uint32_t server_id, const char *const *channels,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* *ret NULL when there are none. */
bool ic_channels_get_autojoin(
        IcStore *store, uint32_t server_id, GStrv *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The first column of all rows; *ret NULL when there are none. */
bool ic_channels_read_list(IcStatement *list, GStrv *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
