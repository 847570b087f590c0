/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Rows of `messages` as aa{sv}. */

#include "controller/history.h"

#include "bus/reply.h"
#include "controller/access.h"
#include "controller/call.h"
#include "store/messages.h"

static int append_text(sd_bus_message *reply, const char *key, const char *text)
{
        return text ? sd_bus_message_append(reply, "{sv}", key, "s", text) : 0;
}

static int append_redaction(sd_bus_message *reply, const IcStoredMessage *row)
{
        int r;

        r = sd_bus_message_append(
                reply, "{sv}{sv}", "redacted", "b", true, "redacted_at", "x", row->redacted_at);
        if (r >= 0)
                r = append_text(reply, "redacted_by", row->redacted_by);
        if (r >= 0)
                r = append_text(reply, "redaction_reason", row->redaction_reason);
        return r;
}

static int append_row(sd_bus_message *reply, const IcStoredMessage *row)
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}", "id", "x", row->id);
        if (r >= 0)
                r = append_text(reply, "channel", row->channel);
        if (r >= 0)
                r = append_text(reply, "target", row->target);
        if (r >= 0)
                r = append_text(reply, "sender", row->sender);
        if (r >= 0)
                r = append_text(reply, "account", row->account);
        if (r >= 0)
                r = append_text(reply, "content", row->content);
        if (r >= 0)
                r = append_text(reply, "message_type", row->message_type);
        if (r >= 0)
                r = append_text(reply, "msgid", row->msgid);
        if (r >= 0)
                r = append_text(reply, "reply_to", row->reply_to);
        if (r >= 0)
                r = append_text(reply, "context", row->context);
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}", "is_self", "b", (int) row->is_self,
                        "sent_at", "x", row->sent_at, "received_at", "x", row->received_at);
        if (r >= 0)
                r = append_text(reply, "delivery", row->delivery);
        if (r >= 0 && row->redacted_at != 0)
                r = append_redaction(reply, row);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int answer_rows(sd_bus_message *call, GPtrArray *rows)
{
        g_autoptr(sd_bus_message) reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (guint i = 0; r >= 0 && i < rows->len; i++)
                r = append_row(reply, g_ptr_array_index(rows, i));
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* 0: as many as there may be. */
static uint32_t bounded(uint32_t limit)
{
        return limit == 0 ? IC_HISTORY_LIMIT_MAX : MIN(limit, IC_HISTORY_LIMIT_MAX);
}

int ic_history_get(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error)
{
        g_autoptr(IcCall) call = NULL;
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GPtrArray) rows = NULL;
        g_autoptr(GError) error = NULL;
        const char *target;
        uint32_t id, limit;
        int64_t before_id;
        int r;

        r = sd_bus_message_read(message, "usxu", &id, &target, &before_id, &limit);
        if (r < 0)
                return r;
        r = ic_call_admit(controller, message, id, &call, ret_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        if (ic_access_open(controller, call->owner, IC_STORE_READ_ONLY, &store, &error))
                rows = ic_store_history(store, id, target, before_id, bounded(limit), &error);
        if (!rows)
                return ic_bus_error_set(ret_error, error);
        return answer_rows(message, rows);
}

int ic_history_search(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error)
{
        g_autoptr(IcCall) call = NULL;
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GPtrArray) rows = NULL;
        g_autoptr(GError) error = NULL;
        const char *query;
        uint32_t id, limit;
        int r;

        r = sd_bus_message_read(message, "usu", &id, &query, &limit);
        if (r < 0)
                return r;
        r = ic_call_admit(controller, message, id, &call, ret_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        if (ic_access_open(controller, call->owner, IC_STORE_READ_ONLY, &store, &error))
                rows = ic_store_search(store, id, query, bounded(limit), &error);
        if (!rows)
                return ic_bus_error_set(ret_error, error);
        return answer_rows(message, rows);
}
