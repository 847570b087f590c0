/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Our structs as D-Bus messages: errors, and the status as an a{sv}. */

#include "bus/reply.h"

#include <errno.h>
#include <string.h>

int ic_bus_error_set(sd_bus_error *ret, const GError *error)
{
        g_autofree char *words = ic_error_words(error);

        return sd_bus_error_set(ret, ic_error_bus_name(ic_error_of(error)), words);
}

void ic_bus_error_get(const sd_bus_error *from, GError **ret)
{
        g_set_error_literal(ret, IC_ERROR, ic_error_from_bus_name(from->name),
                from->message && *from->message ? from->message : from->name);
}

void ic_bus_errno(int negative_errno, const char *prefix, GError **ret)
{
        IcError code = IC_ERROR_FAILED;

        if (negative_errno == -ETIMEDOUT)
                code = IC_ERROR_TIMED_OUT;
        else if (negative_errno == -EACCES || negative_errno == -EPERM)
                code = IC_ERROR_ACCESS_DENIED;
        g_set_error(ret, IC_ERROR, code, "%s: %s", prefix, g_strerror(-negative_errno));
}

/* The keys are those of IcStatus without "is_"; this table is all that both directions know. */
typedef enum {
        FIELD_STRING,
        FIELD_STRINGS,
        FIELD_BOOL,
        FIELD_U16,
        FIELD_U32,
        FIELD_I32,
        FIELD_TIME,
        FIELD_LAG,
        FIELD_STATE,
} FieldType;

typedef struct {
        const char *key;
        FieldType type;
        gsize offset;
} Field;

#define FIELD(key, type, member)                                                                   \
        {                                                                                          \
                key, type, G_STRUCT_OFFSET(IcStatus, member)                                       \
        }

static const Field fields[] = {
        FIELD("id", FIELD_U32, id),
        FIELD("name", FIELD_STRING, name),
        FIELD("address", FIELD_STRING, address),
        FIELD("port", FIELD_U16, port),
        FIELD("tls", FIELD_BOOL, is_tls),
        FIELD("state", FIELD_STATE, state),
        FIELD("waiting_for", FIELD_STRING, waiting_for),
        FIELD("healthy", FIELD_BOOL, is_healthy),
        FIELD("wanted", FIELD_BOOL, is_wanted),
        FIELD("since", FIELD_TIME, since),
        FIELD("connected_at", FIELD_TIME, connected_at),
        FIELD("nickname", FIELD_STRING, nickname),
        FIELD("network", FIELD_STRING, network),
        FIELD("channels", FIELD_STRINGS, channels),
        FIELD("lag", FIELD_LAG, lag),
        FIELD("pid", FIELD_I32, pid),
        FIELD("socket", FIELD_STRING, socket),
        FIELD("attempts", FIELD_U32, attempts),
        FIELD("next_attempt_at", FIELD_TIME, next_attempt_at),
        FIELD("blocked_until", FIELD_TIME, blocked_until),
        FIELD("block_reason", FIELD_STRING, block_reason),
        FIELD("last_error", FIELD_STRING, last_error),
        FIELD("last_error_code", FIELD_STRING, last_error_code),
        FIELD("restarts", FIELD_U32, restarts),
        FIELD("owner", FIELD_U32, owner),
};

static int append_strings(sd_bus_message *message, const char *key, char *const *strings)
{
        int r;

        r = sd_bus_message_open_container(message, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append_basic(message, 's', key);
        if (r >= 0)
                r = sd_bus_message_open_container(message, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_append_strv(message, (char **) strings);
        if (r >= 0)
                r = sd_bus_message_close_container(message);
        if (r >= 0)
                r = sd_bus_message_close_container(message);
        return r;
}

/* Nothing for what is not known. */
static int append_field(sd_bus_message *message, const Field *field, const void *value)
{
        const char *key = field->key;
        const char *text;
        gint64 number;

        switch (field->type) {
        case FIELD_STRING:
                text = *(char *const *) value;
                return text ? sd_bus_message_append(message, "{sv}", key, "s", text) : 0;
        case FIELD_STRINGS:
                return *(const GStrv *) value ? append_strings(message, key, *(const GStrv *) value)
                                              : 0;
        case FIELD_BOOL:
                return sd_bus_message_append(message, "{sv}", key, "b", *(const bool *) value);
        case FIELD_U16:
                return sd_bus_message_append(
                        message, "{sv}", key, "u", (guint32) * (const uint16_t *) value);
        case FIELD_U32:
                return sd_bus_message_append(message, "{sv}", key, "u", *(const uint32_t *) value);
        case FIELD_I32:
                number = *(const int32_t *) value;
                return number ? sd_bus_message_append(message, "{sv}", key, "u", (guint32) number)
                              : 0;
        case FIELD_TIME:
                number = *(const gint64 *) value;
                return number ? sd_bus_message_append(message, "{sv}", key, "x", number) : 0;
        case FIELD_LAG:
                number = *(const gint64 *) value;
                return number >= 0 ? sd_bus_message_append(message, "{sv}", key, "x", number) : 0;
        case FIELD_STATE:
                return sd_bus_message_append(
                        message, "{sv}", key, "s", ic_state_name(*(const IcState *) value));
        }
        g_return_val_if_reached(-EINVAL);
}

int ic_bus_append_status(sd_bus_message *message, const IcStatus *status)
{
        int r;

        r = sd_bus_message_open_container(message, 'a', "{sv}");
        for (gsize i = 0; r >= 0 && i < G_N_ELEMENTS(fields); i++)
                r = append_field(message, &fields[i], G_STRUCT_MEMBER_P(status, fields[i].offset));
        return r < 0 ? r : sd_bus_message_close_container(message);
}

static int read_string(sd_bus_message *message, char **ret)
{
        const char *text;
        int r = sd_bus_message_read(message, "v", "s", &text);

        if (r > 0) {
                g_free(*ret);
                *ret = g_strdup(text);
        }
        return r;
}

static int read_strings(sd_bus_message *message, GStrv *ret)
{
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        const char *text;
        int r;

        r = sd_bus_message_enter_container(message, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_enter_container(message, 'a', "s");
        while (r >= 0 && (r = sd_bus_message_read_basic(message, 's', &text)) > 0)
                g_strv_builder_add(builder, text);
        if (r >= 0)
                r = sd_bus_message_exit_container(message);
        if (r >= 0)
                r = sd_bus_message_exit_container(message);
        if (r >= 0) {
                g_strfreev(*ret);
                *ret = g_strv_builder_end(builder);
        }
        return r;
}

static int read_state(sd_bus_message *message, IcState *ret)
{
        const char *name;
        int r = sd_bus_message_read(message, "v", "s", &name);
        IcState state;

        if (r < 0)
                return r;
        state = ic_state_from_name(name);
        if (state != _IC_STATE_MAX)
                *ret = state;
        return r;
}

static int read_field(sd_bus_message *message, const Field *field, void *value)
{
        guint32 number = 0;
        int boolean = 0, r;

        switch (field->type) {
        case FIELD_STRING:
                return read_string(message, value);
        case FIELD_STRINGS:
                return read_strings(message, value);
        case FIELD_BOOL:
                r = sd_bus_message_read(message, "v", "b", &boolean);
                *(bool *) value = boolean;
                return r;
        case FIELD_U16:
                r = sd_bus_message_read(message, "v", "u", &number);
                *(uint16_t *) value = (uint16_t) MIN(number, G_MAXUINT16);
                return r;
        case FIELD_U32:
                return sd_bus_message_read(message, "v", "u", value);
        case FIELD_I32:
                r = sd_bus_message_read(message, "v", "u", &number);
                *(int32_t *) value = (int32_t) MIN(number, (guint32) G_MAXINT32);
                return r;
        case FIELD_TIME:
        case FIELD_LAG:
                return sd_bus_message_read(message, "v", "x", value);
        case FIELD_STATE:
                return read_state(message, value);
        }
        g_return_val_if_reached(-EINVAL);
}

static int read_entry(sd_bus_message *message, IcStatus *status)
{
        const char *key;
        int r = sd_bus_message_read_basic(message, 's', &key);

        if (r < 0)
                return r;
        for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
                if (g_str_equal(fields[i].key, key))
                        return read_field(
                                message, &fields[i], G_STRUCT_MEMBER_P(status, fields[i].offset));
        return sd_bus_message_skip(message, "v");
}

int ic_bus_read_status(sd_bus_message *message, IcStatus *ret)
{
        g_auto(IcStatus) status = {.lag = -1};
        int r;

        r = sd_bus_message_enter_container(message, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
                r = read_entry(message, &status);
                if (r >= 0)
                        r = sd_bus_message_exit_container(message);
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(message);
        if (r < 0)
                return r;
        *ret = status;
        status = (IcStatus){0};
        return 0;
}
