/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Rows that are taken back, or were never taken. */

#include "store/afterwards.h"

#include "store/conversation.h"
#include "store/messages.h"

/* There is no index of ids, which would cost every row: what is taken back was said lately. */
#define NEWEST_ROWS "SELECT m.id, m.msgid FROM messages m WHERE "
#define NEWEST_ORDER " ORDER BY " IC_NEWEST_FIRST

static bool find_row(IcStore *store, const IcConversation *conversation, const char *msgid,
        guint *rows_left, gint64 *ret_id, GError **error)
{
        g_autoptr(IcStatement) rows =
                ic_conversation_select(store, conversation, NEWEST_ROWS IC_IN_CHANNEL NEWEST_ORDER,
                        NEWEST_ROWS IC_IN_PRIVATE NEWEST_ORDER, error);
        bool is_row = false;

        if (!rows)
                return false;
        for (; *rows_left > 0; --*rows_left) {
                if (!ic_statement_step(rows, &is_row, error))
                        return false;
                if (!is_row)
                        break;
                if (g_strcmp0(ic_statement_text(rows, 1), msgid) == 0) {
                        *ret_id = ic_statement_int(rows, 0);
                        break;
                }
        }
        return true;
}

/* In a private conversation the target is us, or whom we talk to. */
static bool find_private(IcStore *store, uint32_t server_id, const IrcEffect *effect,
        guint *rows_left, gint64 *ret_id, GError **error)
{
        const char *const peers[] = {effect->redaction.target, effect->redaction.by};

        for (gsize i = 0; i < G_N_ELEMENTS(peers) && *ret_id == 0; i++) {
                const IcConversation conversation = {.server_id = server_id, .peer = peers[i]};

                if (peers[i] && !find_row(store, &conversation, effect->redaction.msgid, rows_left,
                                        ret_id, error))
                        return false;
        }
        return true;
}

static bool mark(IcStore *store, gint64 id, const IrcEffect *effect, GError **error)
{
        g_autoptr(IcStatement) mark = ic_statement_get(store,
                "UPDATE messages SET redacted_at = ?2, redacted_by = ?3, redaction_reason = ?4"
                " WHERE id = ?1",
                error);

        if (!mark)
                return false;
        ic_statement_bind_int(mark, 1, id);
        ic_statement_bind_int(mark, 2, effect->redaction.time);
        ic_statement_bind_text(mark, 3, effect->redaction.by);
        ic_statement_bind_text(mark, 4, effect->redaction.text);
        return ic_statement_run(mark, error);
}

bool ic_store_redact(IcStore *store, uint32_t server_id, const IrcEffect *effect, guint *rows_left,
        GError **error)
{
        IcConversation conversation = {0};
        gint64 id = 0;

        if (!effect->redaction.channel) {
                if (!find_private(store, server_id, effect, rows_left, &id, error))
                        return false;
        } else if (!ic_conversation_find(
                           store, server_id, effect->redaction.channel, &conversation, error) ||
                   (conversation.channel_id != 0 &&
                           !find_row(store, &conversation, effect->redaction.msgid, rows_left, &id,
                                   error))) {
                return false;
        }
        return id == 0 || mark(store, id, effect, error);
}

bool ic_store_message_fail(IcStore *store, gint64 row_id, GError **error)
{
        g_autoptr(IcStatement) fail = ic_statement_get(store,
                "UPDATE messages SET delivery = '" IC_DELIVERY_FAILED "'"
                " WHERE id = ?1 AND is_self",
                error);

        if (!fail)
                return false;
        ic_statement_bind_int(fail, 1, row_id);
        return ic_statement_run(fail, error);
}
