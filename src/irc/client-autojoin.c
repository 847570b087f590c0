/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The channels that are joined after registration, in as few lines as the server takes. */

#include <string.h>

#include "irc/client-private.h"

typedef struct {
        GString *channels;
        GString *keys;
        guint n;
} Batch;

/* A name that makes one parameter and one channel; "0" would leave all. */
static bool is_joinable(const char *name)
{
        return *name && *name != ':' && name[strcspn(name, " ,\r\n\a")] == '\0' &&
               !g_str_equal(name, "0") && g_utf8_validate(name, -1, NULL);
}

static bool is_key(const char *key)
{
        return *key && *key != ':' && key[strcspn(key, " ,\r\n")] == '\0';
}

static void flush(IrcClient *client, Batch *batch, IrcEffects *effects)
{
        const char *params[] = {
                batch->channels->str, batch->keys->len > 0 ? batch->keys->str : NULL, NULL};

        if (batch->n > 0 && !irc_client_send(client, IRC_PRIORITY_CONTROL, "JOIN", params, NULL,
                                    false, effects, NULL))
                g_assert_not_reached();
        g_string_truncate(batch->channels, 0);
        g_string_truncate(batch->keys, 0);
        batch->n = 0;
}

/* The part of CHANLIMIT ("#&:50,!:5") that counts channels of this type; NULL for none. */
static const char *limit_group(const IrcClient *client, char type)
{
        const char *group = irc_isupport_get(client->isupport, "CHANLIMIT");

        while (group && *group) {
                gsize len = strcspn(group, ":,");

                if (type && memchr(group, type, len))
                        return group;
                group = strchr(group, ',');
                group = group ? group + 1 : NULL;
        }
        return NULL;
}

/* Whether the server lets us into one more channel of this type; `n_joining` counts those that we
 * are about to join, by type. */
static bool has_room(const IrcClient *client, const char *name, guint n_joining[256])
{
        const char *group = limit_group(client, *name);
        guint limit = irc_isupport_get_limit(client->isupport, "CHANLIMIT", *name), n = 0;
        GHashTableIter iter;
        gpointer channel;

        if (!group)
                return true;
        g_hash_table_iter_init(&iter, client->channels.by_name);
        while (g_hash_table_iter_next(&iter, NULL, &channel))
                n += limit_group(client, *((IrcChannel *) channel)->name) == group;
        for (int type = 1; type < 256; type++)
                if (n_joining[type] > 0 && limit_group(client, (char) type) == group)
                        n += n_joining[type];
        if (n >= limit)
                return false;
        n_joining[(guint8) *name]++;
        return true;
}

static void tell_no_room(const char *name, IrcEffects *effects)
{
        const char *context = irc_effects_strdup(effects, name);
        IrcEffect *effect = irc_effects_add(effects, IRC_EFFECT_REPLY_ERROR);

        effect->reply.code = "CHANLIMIT";
        effect->reply.command = "JOIN";
        effect->reply.context = context;
        effect->reply.text = "the server lets us into no more channels of this kind";
}

static void add(
        IrcClient *client, Batch *batch, const char *name, const char *key, IrcEffects *effects)
{
        gsize limit = irc_client_get_line_limit(client) - strlen("JOIN  ");
        gsize needed = strlen(name) + 1 + (key ? strlen(key) + 1 : 0);

        if (needed > limit)
                return;
        if (batch->n >= irc_isupport_get_targets(client->isupport, "JOIN") ||
                batch->channels->len + batch->keys->len + needed > limit)
                flush(client, batch, effects);

        g_string_append_printf(batch->channels, "%s%s", batch->n > 0 ? "," : "", name);
        if (key)
                g_string_append_printf(batch->keys, "%s%s", batch->keys->len > 0 ? "," : "", key);
        batch->n++;
}

/* Keys belong to the first channels of a line, so those with keys come first. */
void irc_client_autojoin(IrcClient *client, IrcEffects *effects)
{
        Batch batch = {g_string_new(NULL), g_string_new(NULL), 0};
        guint n_joining[256] = {};

        for (int with_key = 1; with_key >= 0; with_key--) {
                for (gsize i = 0; client->autojoin && client->autojoin[i]; i++) {
                        g_auto(GStrv) parts = g_strsplit(client->autojoin[i], " ", 2);
                        const char *key = parts[0] && parts[1] && *parts[1] ? parts[1] : NULL;

                        if (!parts[0] || !is_joinable(parts[0]) || (key && !is_key(key)))
                                continue;
                        if ((key != NULL) != with_key)
                                continue;
                        if (!has_room(client, parts[0], n_joining))
                                tell_no_room(parts[0], effects);
                        else
                                add(client, &batch, parts[0], key, effects);
                }
        }
        flush(client, &batch, effects);
        g_string_free(batch.channels, TRUE);
        g_string_free(batch.keys, TRUE);
}
