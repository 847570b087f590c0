/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* From the bus to JSON. */

#include "ctl/json.h"

#include <stdio.h>
#include <string.h>

static int read_strings(sd_bus_message *message, JsonArray *into)
{
        const char *text;
        int r = sd_bus_message_enter_container(message, 'a', "s");

        while (r >= 0 && (r = sd_bus_message_read_basic(message, 's', &text)) > 0)
                json_array_add_string_element(into, text);
        return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_numbers(sd_bus_message *message, JsonArray *into)
{
        uint32_t number;
        int r = sd_bus_message_enter_container(message, 'a', "u");

        while (r >= 0 && (r = sd_bus_message_read_basic(message, 'u', &number)) > 0)
                json_array_add_int_element(into, number);
        return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_list(sd_bus_message *message, char type, const char *key, JsonObject *into)
{
        g_autoptr(JsonArray) list = json_array_new();
        int r = type == 's' ? read_strings(message, list) : read_numbers(message, list);

        if (r >= 0)
                json_object_set_array_member(into, key, g_steal_pointer(&list));
        return r;
}

static int read_basic(sd_bus_message *message, char type, const char *key, JsonObject *into)
{
        union {
                const char *s;
                double d;
                int64_t x;
                uint32_t u;
                int32_t i;
                uint16_t q;
                int16_t n;
                uint8_t y;
                int b;
        } value = {0};
        int r = sd_bus_message_read_basic(message, type, &value);

        if (r < 0)
                return r;
        switch (type) {
        case 'b':
                json_object_set_boolean_member(into, key, value.b);
                break;
        case 'd':
                json_object_set_double_member(into, key, value.d);
                break;
        case 'y':
                json_object_set_int_member(into, key, value.y);
                break;
        case 'n':
                json_object_set_int_member(into, key, value.n);
                break;
        case 'q':
                json_object_set_int_member(into, key, value.q);
                break;
        case 'i':
                json_object_set_int_member(into, key, value.i);
                break;
        case 'u':
                json_object_set_int_member(into, key, value.u);
                break;
        case 'x':
        case 't':
                json_object_set_int_member(into, key, value.x);
                break;
        default: /* s, o, g */
                json_object_set_string_member(into, key, value.s);
        }
        return r;
}

static int read_value(sd_bus_message *message, const char *key, JsonObject *into)
{
        const char *contents;
        char type;
        int r = sd_bus_message_peek_type(message, &type, &contents);

        if (r < 0)
                return r;
        if (strcmp(contents, "as") != 0 && strcmp(contents, "au") != 0 &&
                (strlen(contents) != 1 || !strchr("sogbdynqiuxt", *contents)))
                return sd_bus_message_skip(message, "v");
        r = sd_bus_message_enter_container(message, 'v', contents);
        if (r >= 0)
                r = *contents == 'a' ? read_list(message, contents[1], key, into)
                                     : read_basic(message, *contents, key, into);
        return r < 0 ? r : sd_bus_message_exit_container(message);
}

int ctl_read_dict(sd_bus_message *message, JsonObject *into)
{
        int r = sd_bus_message_enter_container(message, 'a', "{sv}");

        while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
                const char *key;

                r = sd_bus_message_read_basic(message, 's', &key);
                if (r >= 0)
                        r = read_value(message, key, into);
                if (r >= 0)
                        r = sd_bus_message_exit_container(message);
        }
        return r < 0 ? r : sd_bus_message_exit_container(message);
}

int ctl_read_dicts(sd_bus_message *message, JsonArray *into)
{
        int r = sd_bus_message_enter_container(message, 'a', "a{sv}");

        while (r >= 0 && (r = sd_bus_message_at_end(message, false)) == 0) {
                g_autoptr(JsonObject) object = json_object_new();

                r = ctl_read_dict(message, object);
                if (r >= 0)
                        json_array_add_object_element(into, g_steal_pointer(&object));
        }
        return r < 0 ? r : sd_bus_message_exit_container(message);
}

const char *ctl_json_text(JsonObject *object, const char *key)
{
        JsonNode *node = json_object_get_member(object, key);

        return node && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node)
                                                                       : "";
}

gint64 ctl_json_number(JsonObject *object, const char *key)
{
        JsonNode *node = json_object_get_member(object, key);

        return node && json_node_get_value_type(node) == G_TYPE_INT64 ? json_node_get_int(node) : 0;
}

static void print(JsonNode *node)
{
        g_autofree char *text = json_to_string(node, false);

        puts(text);
}

void ctl_print_json_object(JsonObject *object)
{
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

        json_node_set_object(node, object);
        print(node);
}

void ctl_print_json_array(JsonArray *array)
{
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_ARRAY);

        json_node_set_array(node, array);
        print(node);
}
