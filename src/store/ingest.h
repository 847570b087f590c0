/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What a read of the link leaves behind: rows, members, topics, and the link's own state, all in
 * the caller's one transaction. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "irc/effects.h"
#include "store/store.h"

/* Writes what `effects` say of messages, channels and members, in their order, and fills in the
 * row_id of each message; of a line of the past that is stored already is_known instead. SEND,
 * PONG, CLOSE, REPLY_ERROR and INVITED are not the store's and are passed over. May be called again
 * with the same effects after a rollback. A channel that is heard of for the first time gets its
 * row. */
bool ic_store_apply(IcStore *store, uint32_t server_id, IrcEffects *effects,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The link as another process needs it. Positions count bytes since the link was made. */
typedef struct {
        guint64 cookie;      /* the socket's SO_COOKIE: which link this is about */
        guint64 in_position; /* of the first byte not yet in the rows or in `carry` */
        GBytes *carry;       /* the partial line before in_position (framer) */
        bool is_dropping;    /* the framer drops an overlong line */
        GBytes *tail;        /* the last bytes before in_position, at most IC_LINK_TAIL_MAX */
        GBytes *output;      /* what is queued for the server, as IcOutput serialised it */
        GBytes *snapshot;    /* irc_client_snapshot(), serialised; empty until registered */
} IcLinkState;

#define IC_LINK_TAIL_MAX 600

void ic_link_state_clear(IcLinkState *state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IcLinkState, ic_link_state_clear)

/* Each NULL GBytes keeps what is stored. */
bool ic_store_link_save(IcStore *store, uint32_t server_id, const IcLinkState *state,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The hot part alone: cookie must be the stored one. `carry` and `tail` borrowed. */
bool ic_store_link_advance(IcStore *store, uint32_t server_id, guint64 in_position,
        const void *carry, gsize carry_len, bool is_dropping, const void *tail, gsize tail_len,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool ic_store_link_set_output(IcStore *store, uint32_t server_id, const void *output,
        gsize output_len, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Who listens on the bus, as the worker writes it down; goes with the link. Nothing happens, and
 * *ret is "", when no link is stored. */
bool ic_store_link_set_listeners(IcStore *store, uint32_t server_id, const char *listeners,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool ic_store_link_get_listeners(
        IcStore *store, uint32_t server_id, char **ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* *ret_found false when nothing is stored. */
bool ic_store_link_load(IcStore *store, uint32_t server_id, IcLinkState *ret, bool *ret_found,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool ic_store_link_forget(
        IcStore *store, uint32_t server_id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What a resumed client is fed with: the channels that are joined, and their members. */
typedef void (*IcStoredChannelFunc)(const char *channel, const char *topic, gpointer user_data);
typedef void (*IcStoredMemberFunc)(const char *channel, const char *nickname, const char *account,
        const char *prefixes, gpointer user_data);
bool ic_store_foreach_joined(IcStore *store, uint32_t server_id, IcStoredChannelFunc on_channel,
        IcStoredMemberFunc on_member, gpointer user_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;
