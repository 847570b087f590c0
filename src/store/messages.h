/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Reading `messages`: history and search; and feeding the full-text index in idle time. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/* A row, as it was stored. Strings are owned; unset ones NULL. */
typedef struct {
        gint64 id;
        char *channel; /* NULL for a private one */
        char *target;
        char *sender;
        char *account;
        char *content;
        char *message_type;
        bool is_self;
        char *msgid;
        gint64 sent_at; /* µs since the epoch; of arrival when the server gave none */
        gint64 received_at;
        char *delivery;     /* NULL: as usual; or IC_DELIVERY_… */
        gint64 redacted_at; /* µs since the epoch; 0: it was not taken back */
        char *redacted_by;
        char *redaction_reason;
        char *reply_to; /* the msgid of what it replies to, or NULL */
        char *context;  /* the channel that a private message is about, or NULL */
} IcStoredMessage;

/* Ours, and the server shows us nothing of what we say. */
#define IC_DELIVERY_UNCONFIRMED "unconfirmed"
/* Ours, and the server did not take it. */
#define IC_DELIVERY_FAILED "failed"

void ic_stored_message_free(IcStoredMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcStoredMessage, ic_stored_message_free)

#define IC_HISTORY_LIMIT_MAX 1000u

/* The newest `limit` rows before row `before_id` (0: from the end), oldest first: by the server's
 * time, so that what was fetched later stands where it was said, and by arrival within the same
 * time. `target` is a channel, or a nickname (the conversation with it: both directions), or "" for
 * all. The comparison folds ASCII case. GPtrArray of IcStoredMessage that frees its elements. */
GPtrArray *ic_store_history(IcStore *store, uint32_t server_id, const char *target,
        gint64 before_id, uint32_t limit, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Rows whose content matches an FTS5 query, those not yet indexed included: the last `limit` that
 * were stored, in history's order, newest first.
 * INVALID_VALUE for a query that FTS5 does not understand, saying why. */
GPtrArray *ic_store_search(IcStore *store, uint32_t server_id, const char *query, uint32_t limit,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Indexes at most `limit` rows in a transaction of its own; answers whether more wait. */
bool ic_store_index(
        IcStore *store, uint32_t limit, bool *ret_more, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The server did not take what we said. Nothing happens to a row that is not ours or not there. */
bool ic_store_message_fail(IcStore *store, gint64 row_id, GError **error) G_GNUC_WARN_UNUSED_RESULT;
