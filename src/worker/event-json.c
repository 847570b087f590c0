/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Events as JSON. */

#include "worker/event-json.h"

#include <json-glib/json-glib.h>

#include "base/text.h"

static void add_text(JsonBuilder *builder, const char *key, const char *text)
{
        g_autofree char *valid = NULL;

        if (!text)
                return;
        json_builder_set_member_name(builder, key);
        if (g_utf8_validate(text, -1, NULL)) {
                json_builder_add_string_value(builder, text);
                return;
        }
        valid = ic_text_to_utf8(text, -1);
        json_builder_add_string_value(builder, valid);
}

static void add_number(JsonBuilder *builder, const char *key, gint64 number)
{
        json_builder_set_member_name(builder, key);
        json_builder_add_int_value(builder, number);
}

static void add_message(JsonBuilder *builder, const IrcEffect *effect)
{
        const gint64 received_at = effect->message.received_at;

        add_number(builder, "id", effect->message.row_id);
        add_text(builder, "target", effect->message.target);
        add_text(builder, "sender", effect->message.sender);
        add_text(builder, "message_type", irc_message_type_name(effect->message.type));
        add_text(builder, "content", effect->message.content);
        add_number(builder, "sent_at",
                effect->message.sent_at ? effect->message.sent_at : received_at);
        add_text(builder, "channel", effect->message.channel);
        add_text(builder, "source", effect->message.source);
        add_text(builder, "account", effect->message.account);
        add_text(builder, "msgid", effect->message.msgid);
        add_text(builder, "reply_to", effect->message.reply_to);
        add_text(builder, "context", effect->message.context);
        json_builder_set_member_name(builder, "is_self");
        json_builder_add_boolean_value(builder, effect->message.is_self);
        json_builder_set_member_name(builder, "is_bot");
        json_builder_add_boolean_value(builder, effect->message.is_bot);
        add_number(builder, "received_at", received_at);
}

static const char *event_name(IcEventType type)
{
        switch (type) {
        case IC_EVENT_STATE_CHANGED:
                return "state_changed";
        case IC_EVENT_CONNECTED:
                return "connected";
        case IC_EVENT_READY:
                return "ready";
        case IC_EVENT_DISCONNECTED:
                return "disconnected";
        case IC_EVENT_CONNECTION_FAILED:
                return "connection_failed";
        case IC_EVENT_MESSAGE:
                return "message_received";
        case IC_EVENT_JOINED:
                return "joined";
        case IC_EVENT_PARTED:
                return "parted";
        case IC_EVENT_KICKED:
                return "kicked";
        case IC_EVENT_NICK_CHANGED:
                return "nick_changed";
        case IC_EVENT_TOPIC_CHANGED:
                return "topic_changed";
        case IC_EVENT_USERS_CHANGED:
                return "users_changed";
        case IC_EVENT_INVITED:
                return "invited";
        case IC_EVENT_ERROR:
                return "error";
        }
        g_return_val_if_reached("error");
}

static void add_arguments(JsonBuilder *builder, const IcEvent *event)
{
        switch (event->type) {
        case IC_EVENT_STATE_CHANGED:
                add_text(builder, "state", ic_state_name(event->state));
                add_text(builder, "reason", event->text);
                break;
        case IC_EVENT_CONNECTED:
                break;
        case IC_EVENT_READY:
        case IC_EVENT_NICK_CHANGED:
                add_text(builder, "nickname", event->nickname);
                break;
        case IC_EVENT_CONNECTION_FAILED:
                add_number(builder, "attempt", event->attempt);
                add_text(builder, "reason", event->text);
                break;
        case IC_EVENT_DISCONNECTED:
                add_text(builder, "reason", event->text);
                break;
        case IC_EVENT_MESSAGE:
                add_message(builder, event->message);
                break;
        case IC_EVENT_JOINED:
        case IC_EVENT_PARTED:
        case IC_EVENT_USERS_CHANGED:
                add_text(builder, "channel", event->channel);
                break;
        case IC_EVENT_KICKED:
        case IC_EVENT_TOPIC_CHANGED:
                add_text(builder, "channel", event->channel);
                add_text(builder, "by", event->nickname);
                add_text(builder, event->type == IC_EVENT_KICKED ? "reason" : "topic", event->text);
                break;
        case IC_EVENT_INVITED:
                add_text(builder, "channel", event->channel);
                add_text(builder, "by", event->nickname);
                break;
        case IC_EVENT_ERROR:
                add_text(builder, "code", event->code);
                add_text(builder, "message", event->text);
                break;
        }
}

static char *finish(JsonBuilder *builder)
{
        g_autoptr(JsonNode) root = NULL;
        g_autofree char *text = NULL;

        json_builder_end_object(builder);
        root = json_builder_get_root(builder);
        text = json_to_string(root, FALSE);
        return g_strconcat(text, "\n", NULL);
}

char *event_to_json(const IcEvent *event)
{
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        add_text(builder, "event", event_name(event->type));
        add_arguments(builder, event);
        return finish(builder);
}

char *event_dropped_to_json(guint64 count)
{
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        add_text(builder, "event", "events_dropped");
        add_number(builder, "count", (gint64) count);
        return finish(builder);
}
