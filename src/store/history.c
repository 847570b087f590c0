/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Reading back what was said: the newest rows of a channel, a conversation or a server. */

#include "store/channels.h"
#include "store/rows.h"

void ic_stored_message_free(IcStoredMessage *message)
{
        if (!message)
                return;
        g_free(message->channel);
        g_free(message->target);
        g_free(message->sender);
        g_free(message->account);
        g_free(message->content);
        g_free(message->message_type);
        g_free(message->msgid);
        g_free(message);
}

static IcStoredMessage *read_message(IcStatement *select)
{
        IcStoredMessage *message = g_new(IcStoredMessage, 1);

        *message = (IcStoredMessage){
                .id = ic_statement_int(select, 0),
                .channel = ic_statement_dup_text(select, 1),
                .target = ic_statement_dup_text(select, 2),
                .sender = ic_statement_dup_text(select, 3),
                .account = ic_statement_dup_text(select, 4),
                .content = ic_statement_dup_text(select, 5),
                .message_type = ic_statement_dup_text(select, 6),
                .is_self = ic_statement_int(select, 7) != 0,
                .msgid = ic_statement_dup_text(select, 8),
                .sent_at = ic_statement_int(select, 9),
                .received_at = ic_statement_int(select, 10),
        };
        return message;
}

GPtrArray *ic_rows_new(void)
{
        return g_ptr_array_new_with_free_func((GDestroyNotify) ic_stored_message_free);
}

bool ic_rows_read(IcStatement *select, GPtrArray *rows, GError **error)
{
        bool is_row = false, is_ok;

        while ((is_ok = ic_statement_step(select, &is_row, error)) && is_row)
                g_ptr_array_add(rows, read_message(select));
        return is_ok;
}

/* Each takes server, channel's row, nickname, before and limit, and answers newest first. */
#define CHANNEL_ROWS                                                                               \
        "SELECT " IC_ROW_COLUMNS " FROM " IC_ROW_TABLES                                            \
        " WHERE m.channel_id = ?2 AND m.id < ?4 ORDER BY m.id DESC LIMIT ?5"

#define CONVERSATION_ROWS                                                                          \
        "SELECT " IC_ROW_COLUMNS " FROM " IC_ROW_TABLES                                            \
        " WHERE m.server_id = ?1 AND m.channel_id IS NULL"                                         \
        " AND (CASE m.is_self WHEN 0 THEN m.sender ELSE m.target END) COLLATE NOCASE = ?3"         \
        " AND m.id < ?4 ORDER BY m.id DESC LIMIT ?5"

/* There is no index of all rows of a server: each channel gives its newest ones, and so do the
 * private conversations together. */
#define SERVER_ROWS                                                                                \
        "SELECT " IC_ROW_COLUMNS " FROM " IC_ROW_TABLES " WHERE m.id IN ("                         \
        " SELECT p.id FROM channels o JOIN messages p ON p.id IN ("                                \
        "  SELECT q.id FROM messages q WHERE q.channel_id = o.id AND q.id < ?4"                    \
        "  ORDER BY q.id DESC LIMIT ?5) WHERE o.server_id = ?1"                                    \
        " UNION ALL SELECT id FROM (SELECT r.id FROM messages r"                                   \
        "  WHERE r.server_id = ?1 AND r.channel_id IS NULL AND r.id < ?4"                          \
        "  ORDER BY r.id DESC LIMIT ?5))"                                                          \
        " ORDER BY m.id DESC LIMIT ?5"

static const char *choose_rows(const char *target, gint64 channel_id)
{
        if (target[0] == '\0')
                return SERVER_ROWS;
        return channel_id != 0 ? CHANNEL_ROWS : CONVERSATION_ROWS;
}

static void reverse(GPtrArray *rows)
{
        for (guint i = 0; i < rows->len / 2; i++) {
                gpointer newer = rows->pdata[i];

                rows->pdata[i] = rows->pdata[rows->len - 1 - i];
                rows->pdata[rows->len - 1 - i] = newer;
        }
}

GPtrArray *ic_store_history(IcStore *store, uint32_t server_id, const char *target,
        gint64 before_id, uint32_t limit, GError **error)
{
        g_autoptr(GPtrArray) rows = ic_rows_new();
        gint64 channel_id = 0;

        if (target[0] && !ic_channels_find(store, server_id, target, &channel_id, error))
                return NULL;

        g_autoptr(IcStatement) select =
                ic_statement_get(store, choose_rows(target, channel_id), error);
        if (!select)
                return NULL;
        ic_statement_bind_int(select, 1, server_id);
        ic_statement_bind_int(select, 2, channel_id);
        ic_statement_bind_text(select, 3, target);
        ic_statement_bind_int(select, 4, before_id > 0 ? before_id : G_MAXINT64);
        ic_statement_bind_int(select, 5, MIN(limit, IC_HISTORY_LIMIT_MAX));
        if (!ic_rows_read(select, rows, error))
                return NULL;
        reverse(rows);
        return g_steal_pointer(&rows);
}
