/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* One table of the signals of org.ircconn1.Connection: their arguments, and their sentence. */

#include "ctl/event.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/message.h"
#include "ctl/table.h"

#define TEXT_MAX_CHARS 400
#define ARGUMENTS_MAX 7

typedef struct {
        const char *signal;
        const char *types;
        const char *keys[ARGUMENTS_MAX]; /* of the JSON, in the order of the arguments */
        const char *sentence; /* to be translated, a %s for each argument; NULL: not for people */
        const char *short_sentence; /* without the last argument, for when that is empty; or NULL */
        CtlStyle style;
} Event;

static const Event events[] = {
        {"MessageReceived", "xssssxa{sv}",
                {"id", "target", "sender", "message_type", "content", "sent_at"}},
        {"StateChanged", "ss", {"state", "reason"}, N_("now %s: %s"), N_("now %s"), CTL_STYLE_DIM},
        {"Ready", "s", {"nickname"}, N_("registered as %s"), NULL, CTL_STYLE_GOOD},
        {"Connected", ""},
        {"Disconnected", "s", {"reason"}, N_("disconnected: %s"), N_("disconnected"),
                CTL_STYLE_BAD},
        {"ConnectionFailed", "us", {"attempt", "reason"}, N_("attempt %s failed: %s"),
                N_("attempt %s failed"), CTL_STYLE_BAD},
        {"Joined", "s", {"channel"}},
        {"Parted", "s", {"channel"}},
        {"Kicked", "sss", {"channel", "by", "reason"}, N_("kicked from %s by %s: %s"),
                N_("kicked from %s by %s"), CTL_STYLE_WARNING},
        {"NickChanged", "s", {"nickname"}},
        {"TopicChanged", "sss", {"channel", "by", "topic"}},
        {"UsersChanged", "s", {"channel"}},
        {"Invited", "ss", {"channel", "by"}, N_("invited to %s by %s"), NULL, CTL_STYLE_WARNING},
        {"Error", "ss", {"code", "message"}, N_("error %s: %s"), N_("error %s"), CTL_STYLE_BAD},
        {CTL_EVENT_STARTED, "", {NULL}, N_("the program of the connection is back"), NULL,
                CTL_STYLE_DIM},
        {CTL_EVENT_ENDED, "", {NULL}, N_("the program of the connection has ended"), NULL,
                CTL_STYLE_WARNING},
};

static const Event *find_event(const char *signal)
{
        for (gsize i = 0; i < G_N_ELEMENTS(events); i++)
                if (g_strcmp0(events[i].signal, signal) == 0)
                        return &events[i];
        return NULL;
}

static int read_argument(sd_bus_message *signal, char type, const char *key, JsonObject *into)
{
        const char *text;
        uint32_t number;
        int64_t time;
        int r;

        switch (type) {
        case 's':
                r = sd_bus_message_read_basic(signal, 's', &text);
                if (r >= 0)
                        json_object_set_string_member(into, key, text);
                return r;
        case 'u':
                r = sd_bus_message_read_basic(signal, 'u', &number);
                if (r >= 0)
                        json_object_set_int_member(into, key, number);
                return r;
        case 'x':
                r = sd_bus_message_read_basic(signal, 'x', &time);
                if (r >= 0)
                        json_object_set_int_member(into, key, time);
                return r;
        default:
                g_assert_not_reached();
        }
}

/* The details never hide an argument. */
static int read_details(sd_bus_message *signal, JsonObject *into)
{
        g_autoptr(JsonObject) details = json_object_new();
        int r = ctl_read_dict(signal, details);
        g_autoptr(GList) keys = json_object_get_members(details);

        for (GList *key = keys; key; key = key->next)
                if (!json_object_has_member(into, key->data))
                        json_object_set_member(
                                into, key->data, json_object_dup_member(details, key->data));
        return r;
}

JsonObject *ctl_event_new(const char *name, uint32_t id)
{
        JsonObject *object = json_object_new();

        json_object_set_string_member(object, "event", name);
        json_object_set_int_member(object, "server", id);
        return object;
}

JsonObject *ctl_event_read(sd_bus_message *signal, uint32_t id)
{
        const Event *event = find_event(sd_bus_message_get_member(signal));
        g_autoptr(JsonObject) object = NULL;
        int r = 0;

        if (!event || !sd_bus_message_has_signature(signal, event->types))
                return NULL;
        object = ctl_event_new(event->signal, id);
        for (gsize i = 0; r >= 0 && i < ARGUMENTS_MAX && event->keys[i]; i++)
                r = read_argument(signal, event->types[i], event->keys[i], object);
        if (r >= 0 && strchr(event->types, 'a'))
                r = read_details(signal, object);
        return r >= 0 ? g_steal_pointer(&object) : NULL;
}

static char *argument_text(JsonObject *object, const char *key)
{
        g_autofree char *number = NULL;
        const char *text = ctl_json_text(object, key);

        if (*text != '\0')
                return ic_text_quote(text, TEXT_MAX_CHARS);
        number = g_strdup_printf("%" G_GINT64_FORMAT, ctl_json_number(object, key));
        return ctl_json_number(object, key) != 0 ? g_steal_pointer(&number) : g_strdup("-");
}

static const char *choose_sentence(const Event *event, JsonObject *object)
{
        const char *last = NULL;

        for (gsize i = 0; i < ARGUMENTS_MAX && event->keys[i]; i++)
                last = event->keys[i];
        return event->short_sentence && *ctl_json_text(object, last) == '\0'
                       ? _(event->short_sentence)
                       : _(event->sentence);
}

/* The sentence with its %s replaced one by one: a translation keeps their order. */
static char *fill_in(const Event *event, JsonObject *object)
{
        g_auto(GStrv) parts = g_strsplit(choose_sentence(event, object), "%s", -1);
        g_autoptr(GString) line = g_string_new(parts[0]);

        for (gsize i = 0; event->keys[i] && parts[i + 1]; i++) {
                g_autofree char *text = argument_text(object, event->keys[i]);

                g_string_append(line, text);
                g_string_append(line, parts[i + 1]);
        }
        return g_string_free(g_steal_pointer(&line), false);
}

void ctl_event_print(JsonObject *object, bool has_colour)
{
        const Event *event = find_event(ctl_json_text(object, "event"));
        bool is_message = g_str_equal(event->signal, "MessageReceived");
        g_autofree char *time = NULL, *line = NULL;

        if (!is_message && !event->sentence)
                return;
        printf("%" G_GINT64_FORMAT " ", ctl_json_number(object, "server"));
        if (is_message) {
                ctl_print_message(object, false, has_colour);
                return;
        }
        time = ctl_format_time(ic_now_real(), false);
        line = fill_in(event, object);
        ctl_print_styled(stdout, CTL_STYLE_DIM, has_colour, time);
        fputs(" -- ", stdout);
        ctl_print_styled(stdout, event->style, has_colour, line);
        putchar('\n');
}
