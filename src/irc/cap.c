/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Capability negotiation.
 *
 *   state       | input                     | next        | output
 *   ------------+---------------------------+-------------+---------------------------------------
 *   IDLE        | start                     | LISTING     | CAP LS 302
 *   LISTING     | LS * (more follow)        | LISTING     |
 *   LISTING     | LS, wanted ones offered   | REQUESTING  | CAP REQ in batches, each all or nothing
 *   LISTING     | LS, none of them          | SETTLED     |
 *   REQUESTING  | ACK, the last answer      | SETTLED     |
 *   REQUESTING  | NAK of several            | REQUESTING  | CAP REQ of each alone
 *   REQUESTING  | NAK of one, the last      | SETTLED     |
 *   SETTLED     | NEW with wanted ones      | REQUESTING  | CAP REQ
 *   any         | DEL                       |             | (is gone already: no REQ of -name)
 *   any         | give up                   | ABSENT or SETTLED
 */

#include "irc/cap.h"

#include <string.h>

typedef struct {
        char *value;
        bool is_granted;
        guint request; /* the number of the REQ that asks for it and has no answer; 0 for none */
} Cap;

struct IrcCaps {
        GStrv wanted;
        GHashTable *offered; /* name to Cap */
        IrcCapsState state;
        guint last_request;
};

static void cap_free(gpointer data)
{
        Cap *cap = data;

        g_free(cap->value);
        g_free(cap);
}

IrcCaps *irc_caps_new(const char *const *wanted)
{
        IrcCaps *caps = g_new0(IrcCaps, 1);

        caps->wanted = g_strdupv((char **) wanted);
        caps->offered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, cap_free);
        return caps;
}

void irc_caps_free(IrcCaps *caps)
{
        if (!caps)
                return;
        g_strfreev(caps->wanted);
        g_hash_table_unref(caps->offered);
        g_free(caps);
}

static Cap *find(const IrcCaps *caps, const char *name)
{
        return g_hash_table_lookup(caps->offered, name);
}

/* One item of LS or NEW: "name" or "name=value". A later one goes before an earlier one. */
static Cap *offer(IrcCaps *caps, const char *item)
{
        const char *mark = strchr(item, '=');
        g_autofree char *name = mark ? g_strndup(item, (gsize) (mark - item)) : g_strdup(item);
        Cap *cap = find(caps, name);

        if (!*name || strlen(item) > IRC_CAP_LENGTH_MAX || !g_utf8_validate(item, -1, NULL))
                return NULL;
        if (!cap) {
                if (g_hash_table_size(caps->offered) >= IRC_CAPS_MAX)
                        return NULL;
                cap = g_new0(Cap, 1);
                g_hash_table_insert(caps->offered, g_steal_pointer(&name), cap);
        }
        g_free(cap->value);
        cap->value = g_strdup(mark ? mark + 1 : "");
        return cap;
}

static bool is_answer_awaited(const IrcCaps *caps)
{
        GHashTableIter iter;
        gpointer cap;

        g_hash_table_iter_init(&iter, caps->offered);
        while (g_hash_table_iter_next(&iter, NULL, &cap))
                if (((Cap *) cap)->request != 0)
                        return true;
        return false;
}

static void update_state(IrcCaps *caps)
{
        caps->state = is_answer_awaited(caps) ? IRC_CAPS_REQUESTING : IRC_CAPS_SETTLED;
}

static void add_request(IrcCaps *caps, GString *names, GPtrArray *lines)
{
        if (names->len == 0)
                return;
        g_ptr_array_add(lines, g_strdup_printf("CAP REQ :%s", names->str));
        g_string_truncate(names, 0);
        caps->last_request++;
}

/* A capability that makes no sense, or is not safe to have, without another. */
static const char *const needs[][2] = {
        {"draft/chathistory", "batch"},
        {"draft/event-playback", "draft/chathistory"},
        {"draft/message-redaction", "message-tags"},
        {"draft/multiline", "batch"},
        {"echo-message", "labeled-response"},
        {"labeled-response", "batch"},
};

static bool is_useful(const IrcCaps *caps, const char *name)
{
        for (gsize i = 0; i < G_N_ELEMENTS(needs); i++)
                if (g_str_equal(needs[i][0], name) &&
                        (!find(caps, needs[i][1]) || !is_useful(caps, needs[i][1])))
                        return false;
        return true;
}

/* Requests all wanted ones that are offered and not asked for, in lines below IRC_CAP_REQ_MAX. */
static void request_wanted(IrcCaps *caps, GPtrArray *lines)
{
        g_autoptr(GString) names = g_string_new(NULL);

        for (gsize i = 0; caps->wanted[i]; i++) {
                const char *name = caps->wanted[i];
                Cap *cap = find(caps, name);

                if (!cap || cap->is_granted || cap->request != 0 || !is_useful(caps, name))
                        continue;
                if (names->len + 1 + strlen(name) > IRC_CAP_REQ_MAX)
                        add_request(caps, names, lines);
                g_string_append_printf(names, "%s%s", names->len > 0 ? " " : "", name);
                cap->request = caps->last_request + 1;
        }
        add_request(caps, names, lines);
        update_state(caps);
}

/* A REQ is all or nothing: of several names, each gets its chance alone. */
static void retry_singly(IrcCaps *caps, guint request, GPtrArray *lines)
{
        g_autoptr(GString) name = g_string_new(NULL);
        g_autoptr(GPtrArray) refused = g_ptr_array_new();

        for (gsize i = 0; caps->wanted[i]; i++) {
                Cap *cap = find(caps, caps->wanted[i]);

                if (cap && cap->request == request) {
                        g_ptr_array_add(refused, caps->wanted[i]);
                        cap->request = 0;
                }
        }
        for (guint i = 0; refused->len > 1 && i < refused->len; i++) {
                g_string_assign(name, refused->pdata[i]);
                find(caps, name->str)->request = caps->last_request + 1;
                add_request(caps, name, lines);
        }
}

static void handle_ls(IrcCaps *caps, const char *const *items, bool is_last, GPtrArray *lines)
{
        for (gsize i = 0; items[i]; i++)
                offer(caps, items[i]);
        if (is_last && caps->state == IRC_CAPS_LISTING)
                request_wanted(caps, lines);
}

/* LIST is answered with all that is granted. */
static void handle_list(IrcCaps *caps, const char *const *items)
{
        for (gsize i = 0; items[i]; i++) {
                Cap *cap = offer(caps, items[i]);

                if (cap)
                        cap->is_granted = true;
        }
}

static void handle_ack(IrcCaps *caps, const char *const *items)
{
        for (gsize i = 0; items[i]; i++) {
                bool is_removal = items[i][0] == '-';
                Cap *cap = find(caps, items[i] + strspn(items[i], "-~="));

                if (!cap)
                        continue;
                cap->is_granted = !is_removal;
                cap->request = 0;
        }
        if (caps->state == IRC_CAPS_REQUESTING)
                update_state(caps);
}

/* The first name tells which REQ it is: some servers cut the list. */
static void handle_nak(IrcCaps *caps, const char *const *items, GPtrArray *lines)
{
        Cap *cap = items[0] ? find(caps, items[0]) : NULL;

        if (cap && cap->request != 0)
                retry_singly(caps, cap->request, lines);
        if (caps->state == IRC_CAPS_REQUESTING)
                update_state(caps);
}

static void handle_new(IrcCaps *caps, const char *const *items, GPtrArray *lines)
{
        for (gsize i = 0; items[i]; i++)
                offer(caps, items[i]);
        if (caps->state == IRC_CAPS_SETTLED || caps->state == IRC_CAPS_REQUESTING)
                request_wanted(caps, lines);
}

static void handle_del(IrcCaps *caps, const char *const *items)
{
        for (gsize i = 0; items[i]; i++)
                g_hash_table_remove(caps->offered, items[i]);
        if (caps->state == IRC_CAPS_REQUESTING)
                update_state(caps);
}

/* The names in the last parameter, without the empty ones that spaces leave. */
static GStrv split_names(const char *text)
{
        g_auto(GStrv) words = g_strsplit(text, " ", -1);
        GStrvBuilder *builder = g_strv_builder_new();
        GStrv names;

        for (gsize i = 0; words[i]; i++)
                if (*words[i])
                        g_strv_builder_add(builder, words[i]);
        names = g_strv_builder_end(builder);
        g_strv_builder_unref(builder);
        return names;
}

void irc_caps_start(IrcCaps *caps, GPtrArray *lines)
{
        caps->state = IRC_CAPS_LISTING;
        g_ptr_array_add(lines, g_strdup("CAP LS 302"));
}

/* CAP <nick> <subcommand> [*] :<names>. A nick of "*" is not the mark of a continuation. */
void irc_caps_receive(IrcCaps *caps, const IrcMessage *message, GPtrArray *lines)
{
        const char *subcommand = irc_message_get_param(message, 1);
        bool is_last = message->n_params < 4 || !g_str_equal(message->params[2], "*");
        g_auto(GStrv) names = NULL;
        const char *const *items;

        if (message->n_params < 3)
                return;
        names = split_names(message->params[message->n_params - 1]);
        items = (const char *const *) names;

        if (g_ascii_strcasecmp(subcommand, "LS") == 0)
                handle_ls(caps, items, is_last, lines);
        else if (g_ascii_strcasecmp(subcommand, "LIST") == 0)
                handle_list(caps, items);
        else if (g_ascii_strcasecmp(subcommand, "ACK") == 0)
                handle_ack(caps, items);
        else if (g_ascii_strcasecmp(subcommand, "NAK") == 0)
                handle_nak(caps, items, lines);
        else if (g_ascii_strcasecmp(subcommand, "NEW") == 0)
                handle_new(caps, items, lines);
        else if (g_ascii_strcasecmp(subcommand, "DEL") == 0)
                handle_del(caps, items);
}

void irc_caps_give_up(IrcCaps *caps)
{
        GHashTableIter iter;
        gpointer cap;

        if (caps->state == IRC_CAPS_LISTING)
                caps->state = IRC_CAPS_ABSENT;
        if (caps->state != IRC_CAPS_REQUESTING)
                return;
        g_hash_table_iter_init(&iter, caps->offered);
        while (g_hash_table_iter_next(&iter, NULL, &cap))
                ((Cap *) cap)->request = 0;
        caps->state = IRC_CAPS_SETTLED;
}

IrcCapsState irc_caps_get_state(const IrcCaps *caps)
{
        return caps->state;
}

bool irc_caps_has(const IrcCaps *caps, const char *name)
{
        const Cap *cap = find(caps, name);

        return cap && cap->is_granted;
}

bool irc_caps_is_offered(const IrcCaps *caps, const char *name)
{
        return find(caps, name) != NULL;
}

const char *irc_caps_get_value(const IrcCaps *caps, const char *name)
{
        const Cap *cap = find(caps, name);

        return cap ? cap->value : NULL;
}

GVariant *irc_caps_to_variant(const IrcCaps *caps)
{
        GVariantBuilder builder;
        GHashTableIter iter;
        gpointer name, data;

        g_variant_builder_init(&builder, G_VARIANT_TYPE("a{s(sb)}"));
        g_hash_table_iter_init(&iter, caps->offered);
        while (g_hash_table_iter_next(&iter, &name, &data)) {
                const Cap *cap = data;

                g_variant_builder_add(
                        &builder, "{s(sb)}", (const char *) name, cap->value, cap->is_granted);
        }
        return g_variant_builder_end(&builder);
}

void irc_caps_restore(IrcCaps *caps, GVariant *variant)
{
        GVariantIter iter;
        const char *name, *value;
        gboolean is_granted;

        caps->state = IRC_CAPS_SETTLED;
        if (!g_variant_is_of_type(variant, G_VARIANT_TYPE("a{s(sb)}")))
                return;
        g_variant_iter_init(&iter, variant);
        while (g_variant_iter_next(&iter, "{&s(&sb)}", &name, &value, &is_granted)) {
                g_autofree char *item = g_strdup_printf("%s=%s", name, value);
                Cap *cap = offer(caps, item);

                if (cap)
                        cap->is_granted = is_granted;
        }
}
