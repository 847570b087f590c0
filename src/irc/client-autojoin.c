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

        for (int with_key = 1; with_key >= 0; with_key--) {
                for (gsize i = 0; client->autojoin && client->autojoin[i]; i++) {
                        g_auto(GStrv) parts = g_strsplit(client->autojoin[i], " ", 2);
                        const char *key = parts[0] && parts[1] && *parts[1] ? parts[1] : NULL;

                        if (!parts[0] || !is_joinable(parts[0]) || (key && !is_key(key)))
                                continue;
                        if ((key != NULL) == with_key)
                                add(client, &batch, parts[0], key, effects);
                }
        }
        flush(client, &batch, effects);
        g_string_free(batch.channels, TRUE);
        g_string_free(batch.keys, TRUE);
}
