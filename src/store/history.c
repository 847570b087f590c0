/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Reading back what was said: the newest rows of a channel, a conversation or a server. */

#include "store/conversation.h"
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
        g_free(message->delivery);
        g_free(message->redacted_by);
        g_free(message->redaction_reason);
        g_free(message->reply_to);
        g_free(message->context);
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
                .delivery = ic_statement_dup_text(select, 11),
                .redacted_at = ic_statement_int(select, 12),
                .redacted_by = ic_statement_dup_text(select, 13),
                .redaction_reason = ic_statement_dup_text(select, 14),
                .reply_to = ic_statement_dup_text(select, 15),
                .context = ic_statement_dup_text(select, 16),
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

/* Each takes the time and the id of the row that bounds it as parameters 3 and 4, and the limit as
 * 5, and answers newest first. */
#define BEFORE "(m.sent_at, m.id) < (?3, ?4)"
#define SELECT "SELECT " IC_ROW_COLUMNS " FROM " IC_ROW_TABLES " WHERE "
#define ORDER " ORDER BY " IC_NEWEST_FIRST " LIMIT ?5"

/* There is no index of all rows of a server: each channel and conversation gives its newest. */
#define IDS "m.id FROM messages m WHERE "
#define SERVER_ROWS                                                                                \
        "WITH RECURSIVE " IC_PEERS ")" SELECT "m.id IN ("                                          \
        " SELECT r.id FROM channels o JOIN messages r ON r.id IN ("                                \
        "  SELECT " IDS "m.channel_id = o.id AND " BEFORE ORDER ") WHERE o.server_id = ?1"         \
        " UNION ALL SELECT r.id FROM peers JOIN messages r ON r.id IN ("                           \
        "  SELECT " IDS "m.server_id = ?1 AND m.channel_id IS NULL AND " IC_PEER " = peers.name"   \
        "  AND " BEFORE ORDER "))" ORDER

static IcStatement *select_rows(
        IcStore *store, uint32_t server_id, const char *target, GError **error)
{
        IcConversation conversation = {0};

        if (target[0] == '\0') {
                IcStatement *select = ic_statement_get(store, SERVER_ROWS, error);
                if (select)
                        ic_statement_bind_int(select, 1, server_id);
                return select;
        }
        if (!ic_conversation_find(store, server_id, target, &conversation, error))
                return NULL;
        return ic_conversation_select(store, &conversation,
                SELECT IC_IN_CHANNEL " AND " BEFORE ORDER,
                SELECT IC_IN_PRIVATE " AND " BEFORE ORDER, error);
}

/* The place of a row in the order. One that is not there stands behind the last one before it. */
static bool read_place(IcStore *store, gint64 id, gint64 *ret_sent_at, GError **error)
{
        g_autoptr(IcStatement) read = ic_statement_get(store,
                "SELECT sent_at FROM messages WHERE id <= ?1 ORDER BY id DESC LIMIT 1", error);
        bool is_row = false;

        if (!read)
                return false;
        ic_statement_bind_int(read, 1, id);
        if (!ic_statement_step(read, &is_row, error))
                return false;
        *ret_sent_at = is_row ? ic_statement_int(read, 0) : G_MININT64;
        return true;
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
        gint64 id = before_id > 0 ? before_id : G_MAXINT64, sent_at = G_MAXINT64;

        if (before_id > 0 && !read_place(store, id, &sent_at, error))
                return NULL;

        g_autoptr(IcStatement) select = select_rows(store, server_id, target, error);
        if (!select)
                return NULL;
        ic_statement_bind_int(select, 3, sent_at);
        ic_statement_bind_int(select, 4, id);
        ic_statement_bind_int(select, 5, MIN(limit, IC_HISTORY_LIMIT_MAX));
        if (!ic_rows_read(select, rows, error))
                return NULL;
        reverse(rows);
        return g_steal_pointer(&rows);
}
