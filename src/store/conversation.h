/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A channel or a private conversation, as rows of `messages` are selected by it. Their order is
 * that of the server's times, and of arrival within the same one; the indexes have it. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/statement.h"

typedef struct {
        uint32_t server_id;
        gint64 channel_id; /* the row in `channels`; 0: private, or not yet known */
        const char *peer;  /* of a private one: the nickname of whoever is not us */
} IcConversation;

/* Of row `m`; as the index messages_private has it. */
#define IC_PEER "(CASE m.is_self WHEN 0 THEN m.sender ELSE m.target END) COLLATE NOCASE"
/* Rows `m` of a conversation: parameters 1 and 2 are ic_conversation_select()'s. */
#define IC_IN_CHANNEL "m.channel_id = ?1"
#define IC_IN_PRIVATE "m.server_id = ?1 AND m.channel_id IS NULL AND " IC_PEER " = ?2"
#define IC_NEWEST_FIRST "m.sent_at DESC, m.id DESC"

/* A recursive table `peers` (name): everybody whom there is a private conversation with on server
 * ?1, in alphabetical order; a last row is NULL. Each costs one look into the index. */
#define IC_PEERS                                                                                   \
        "peers (name) AS (SELECT (SELECT " IC_PEER " FROM messages m WHERE m.server_id = ?1"       \
        "  AND m.channel_id IS NULL ORDER BY " IC_PEER " LIMIT 1)"                                 \
        " UNION ALL SELECT (SELECT " IC_PEER " FROM messages m WHERE m.server_id = ?1"             \
        "  AND m.channel_id IS NULL AND " IC_PEER " > peers.name ORDER BY " IC_PEER " LIMIT 1)"    \
        " FROM peers WHERE peers.name IS NOT NULL"

/* What a name stands for: a channel that there is a row of, else a nickname. `name` is borrowed. */
bool ic_conversation_find(IcStore *store, uint32_t server_id, const char *name, IcConversation *ret,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The one of two statements that fits, with its first two parameters bound. As
 * ic_statement_get(). */
IcStatement *ic_conversation_select(IcStore *store, const IcConversation *conversation,
        const char *in_channel, const char *in_private, GError **error);
