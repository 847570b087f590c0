/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The answers of the command socket. */

#include <json-glib/json-glib.h>

#include "base/text.h"
#include "wire/command.h"

/* `{"ok":…` with the request's id, as written, right behind; `rest` are the members that follow, an
 * object, or NULL. */
static char *answer(bool is_ok, const char *id, JsonNode *rest)
{
        g_autoptr(GString) line = g_string_new(NULL);
        g_autofree char *members = rest ? json_to_string(rest, false) : NULL;

        g_string_append_printf(line, "{\"ok\":%s", is_ok ? "true" : "false");
        if (id)
                g_string_append_printf(line, ",\"id\":%s", id);
        if (members)
                g_string_append_printf(line, ",%s", members + 1);
        else
                g_string_append_c(line, '}');
        g_string_append_c(line, '\n');
        return g_string_free(g_steal_pointer(&line), false);
}

char *ic_answer_ok(const char *id)
{
        return answer(true, id, NULL);
}

char *ic_answer_status(const char *id, const IcStatus *status)
{
        g_autoptr(JsonBuilder) builder = json_builder_new();
        g_autoptr(JsonNode) root = NULL;
        JsonObject *object;

        json_builder_begin_object(builder);
        ic_status_to_json(status, builder);
        json_builder_end_object(builder);
        root = json_builder_get_root(builder);

        /* In an answer `id` is the request's. */
        object = json_node_get_object(root);
        json_object_remove_member(object, "id");
        json_object_set_int_member(object, "connection", status->id);
        return answer(true, id, root);
}

char *ic_answer_error(const char *id, const GError *error)
{
        g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
        g_autoptr(JsonObject) object = json_object_new();
        g_autofree char *message = ic_text_to_utf8(error->message, -1);

        json_object_set_string_member(object, "error", ic_error_code(ic_error_of(error)));
        json_object_set_string_member(object, "message", message);
        json_node_set_object(root, object);
        return answer(false, id, root);
}
