/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The status of a connection, in a sentence and in JSON. */

#include "wire/status.h"

#include "base/text.h"

#define SHOWN_MAX 64          /* characters of one name in the sentence */
#define SHOWN_ERROR_MAX 200   /* of an error's text */
#define SHOWN_CHANNELS_MAX 10 /* channels named in the sentence */

static const char *const state_names[_IC_STATE_MAX] = {
        [IC_STATE_DISCONNECTED] = "disconnected",
        [IC_STATE_WAITING] = "waiting",
        [IC_STATE_CONNECTING] = "connecting",
        [IC_STATE_REGISTERING] = "registering",
        [IC_STATE_CONNECTED] = "connected",
        [IC_STATE_CLOSING] = "closing",
        [IC_STATE_BLOCKED] = "blocked",
};

const char *ic_state_name(IcState state)
{
        g_assert(state < _IC_STATE_MAX);
        return state_names[state];
}

IcState ic_state_from_name(const char *name)
{
        unsigned state = 0;

        while (state < _IC_STATE_MAX && g_strcmp0(state_names[state], name) != 0)
                state++;
        return (IcState) state;
}

void ic_status_clear(IcStatus *status)
{
        g_clear_pointer(&status->name, g_free);
        g_clear_pointer(&status->address, g_free);
        g_clear_pointer(&status->waiting_for, g_free);
        g_clear_pointer(&status->nickname, g_free);
        g_clear_pointer(&status->network, g_free);
        g_clear_pointer(&status->channels, g_strfreev);
        g_clear_pointer(&status->socket, g_free);
        g_clear_pointer(&status->block_reason, g_free);
        g_clear_pointer(&status->last_error, g_free);
        g_clear_pointer(&status->last_error_code, g_free);
}

static void append_quoted(GString *into, const char *before, const char *text, gsize max_chars)
{
        g_autofree char *quoted = ic_text_quote(text, max_chars);

        g_string_append(into, before);
        g_string_append(into, quoted);
}

static void append_place(GString *into, const char *before, const IcStatus *status)
{
        append_quoted(into, before, status->address ? status->address : status->name, SHOWN_MAX);
        if (status->port != 0)
                g_string_append_printf(into, ", port %u", status->port);
        if (status->is_tls)
                g_string_append(into, ", with TLS");
}

static void append_waiting(GString *into, const IcStatus *status)
{
        if (status->waiting_for)
                append_quoted(into, "; waiting for ", status->waiting_for, SHOWN_ERROR_MAX);
}

static void append_last_error(GString *into, const IcStatus *status)
{
        if (status->last_error)
                append_quoted(into, "; last error: ", status->last_error, SHOWN_ERROR_MAX);
}

static void append_channels(GString *into, GStrv channels)
{
        guint count = channels ? g_strv_length(channels) : 0;

        g_string_append_printf(into, "; %u channel%s", count, count == 1 ? "" : "s");
        for (guint i = 0; i < MIN(count, SHOWN_CHANNELS_MAX); i++)
                append_quoted(into, i == 0 ? ": " : ", ", channels[i], SHOWN_MAX);
        if (count > SHOWN_CHANNELS_MAX)
                g_string_append(into, ", …");
}

static void append_connected(GString *into, const IcStatus *status)
{
        const char *place = status->network   ? status->network
                            : status->address ? status->address
                                              : status->name;

        append_quoted(into, "Connected to ", place, SHOWN_MAX);
        if (status->nickname)
                append_quoted(into, " as ", status->nickname, SHOWN_MAX);
        append_channels(into, status->channels);
        if (!status->is_healthy)
                g_string_append(into, "; not healthy");
        append_waiting(into, status);
}

char *ic_status_sentence(const IcStatus *status)
{
        g_autoptr(GString) sentence = g_string_new(NULL);

        switch (status->state) {
        case IC_STATE_DISCONNECTED:
                g_string_append(sentence, "Disconnected");
                append_waiting(sentence, status);
                append_last_error(sentence, status);
                break;
        case IC_STATE_WAITING:
                append_quoted(sentence, "Waiting for ",
                        status->waiting_for ? status->waiting_for : "the next attempt",
                        SHOWN_ERROR_MAX);
                append_last_error(sentence, status);
                break;
        case IC_STATE_CONNECTING:
                append_place(sentence, "Connecting to ", status);
                append_waiting(sentence, status);
                break;
        case IC_STATE_REGISTERING:
                append_place(sentence, "Registering with ", status);
                append_waiting(sentence, status);
                break;
        case IC_STATE_CONNECTED:
                append_connected(sentence, status);
                break;
        case IC_STATE_CLOSING:
                append_place(sentence, "Closing the connection to ", status);
                append_waiting(sentence, status);
                break;
        case IC_STATE_BLOCKED:
                g_string_append(sentence, "Blocked");
                append_waiting(sentence, status);
                append_last_error(sentence, status);
                break;
        case _IC_STATE_MAX:
                g_assert_not_reached();
        }
        return g_string_free(g_steal_pointer(&sentence), false);
}

static void add_text(JsonBuilder *builder, const char *key, const char *text)
{
        g_autofree char *valid = NULL;

        if (!text)
                return;
        valid = ic_text_to_utf8(text, -1);
        json_builder_set_member_name(builder, key);
        json_builder_add_string_value(builder, valid);
}

static void add_number(JsonBuilder *builder, const char *key, gint64 number)
{
        json_builder_set_member_name(builder, key);
        json_builder_add_int_value(builder, number);
}

/* A number of which 0 means that it is not known. */
static void add_known(JsonBuilder *builder, const char *key, gint64 number)
{
        if (number != 0)
                add_number(builder, key, number);
}

static void add_bool(JsonBuilder *builder, const char *key, bool value)
{
        json_builder_set_member_name(builder, key);
        json_builder_add_boolean_value(builder, value);
}

static void add_channels(JsonBuilder *builder, GStrv channels)
{
        json_builder_set_member_name(builder, "channels");
        json_builder_begin_array(builder);
        for (gsize i = 0; channels && channels[i]; i++) {
                g_autofree char *valid = ic_text_to_utf8(channels[i], -1);

                json_builder_add_string_value(builder, valid);
        }
        json_builder_end_array(builder);
}

void ic_status_to_json(const IcStatus *status, JsonBuilder *builder)
{
        add_number(builder, "id", status->id);
        add_text(builder, "name", status->name);
        add_text(builder, "address", status->address);
        add_known(builder, "port", status->port);
        add_bool(builder, "tls", status->is_tls);
        add_text(builder, "state", ic_state_name(status->state));
        add_text(builder, "waiting_for", status->waiting_for);
        add_bool(builder, "healthy", status->is_healthy);
        add_bool(builder, "wanted", status->is_wanted);
        add_known(builder, "since", status->since);
        add_known(builder, "connected_at", status->connected_at);
        add_text(builder, "nickname", status->nickname);
        add_text(builder, "network", status->network);
        add_channels(builder, status->channels);
        if (status->lag >= 0)
                add_number(builder, "lag", status->lag);
        add_known(builder, "pid", status->pid);
        add_text(builder, "socket", status->socket);
        add_number(builder, "attempts", status->attempts);
        add_known(builder, "next_attempt_at", status->next_attempt_at);
        add_known(builder, "blocked_until", status->blocked_until);
        add_text(builder, "block_reason", status->block_reason);
        add_text(builder, "last_error", status->last_error);
        add_text(builder, "last_error_code", status->last_error_code);
        add_number(builder, "restarts", status->restarts);
        add_number(builder, "owner", status->owner);
}
