/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The list of effects: one array, and an arena for its strings that a clear() empties at once. */

#include "irc/effects.h"

#include <string.h>

/* An arena chunk; one that fits a flood's usual read, and stays below malloc's mmap threshold. */
#define CHUNK_SIZE (16 * 1024)
/* A list that grew beyond this many effects in a burst gives the room back. */
#define KEPT_EFFECTS 256

typedef struct Chunk Chunk;
struct Chunk {
        Chunk *next;
        gsize size;
        gsize used;
        char data[];
};

struct IrcEffects {
        GArray *list;
        Chunk *chunk;              /* the one that is being filled; full ones behind it */
        GHashTable *users_changed; /* the channels that have their USERS_CHANGED; arena strings */
};

const char *irc_message_type_name(IrcMessageType type)
{
        static const char *const names[_IRC_MESSAGE_TYPE_MAX] = {
                [IRC_MESSAGE_PRIVMSG] = "privmsg",
                [IRC_MESSAGE_NOTICE] = "notice",
                [IRC_MESSAGE_ACTION] = "action",
                [IRC_MESSAGE_JOIN] = "join",
                [IRC_MESSAGE_PART] = "part",
                [IRC_MESSAGE_QUIT] = "quit",
                [IRC_MESSAGE_NICK] = "nick",
                [IRC_MESSAGE_KICK] = "kick",
                [IRC_MESSAGE_TOPIC] = "topic",
                [IRC_MESSAGE_MODE] = "mode",
                [IRC_MESSAGE_INVITE] = "invite",
                [IRC_MESSAGE_NETSPLIT] = "netsplit",
                [IRC_MESSAGE_NETJOIN] = "netjoin",
                [IRC_MESSAGE_RENAME] = "rename",
        };

        g_assert((unsigned) type < _IRC_MESSAGE_TYPE_MAX);
        return names[type];
}

static Chunk *chunk_new(gsize size, Chunk *next)
{
        Chunk *chunk = g_malloc(sizeof(Chunk) + size);

        chunk->next = next;
        chunk->size = size;
        chunk->used = 0;
        return chunk;
}

static void chunks_free(Chunk *chunk)
{
        while (chunk) {
                Chunk *next = chunk->next;

                g_free(chunk);
                chunk = next;
        }
}

static GArray *list_new(void)
{
        return g_array_new(FALSE, TRUE, sizeof(IrcEffect));
}

IrcEffects *irc_effects_new(void)
{
        IrcEffects *effects = g_new0(IrcEffects, 1);

        effects->list = list_new();
        effects->users_changed = g_hash_table_new(g_str_hash, g_str_equal);
        return effects;
}

void irc_effects_free(IrcEffects *effects)
{
        if (!effects)
                return;
        g_array_unref(effects->list);
        g_hash_table_unref(effects->users_changed);
        chunks_free(effects->chunk);
        g_free(effects);
}

void irc_effects_clear(IrcEffects *effects)
{
        g_hash_table_remove_all(effects->users_changed);
        if (effects->list->len > KEPT_EFFECTS) {
                g_array_unref(effects->list);
                effects->list = list_new();
        } else {
                g_array_set_size(effects->list, 0);
        }

        if (!effects->chunk)
                return;
        chunks_free(g_steal_pointer(&effects->chunk->next));
        effects->chunk->used = 0;
        if (effects->chunk->size > CHUNK_SIZE)
                chunks_free(g_steal_pointer(&effects->chunk));
}

gsize irc_effects_count(const IrcEffects *effects)
{
        return effects->list->len;
}

IrcEffect *irc_effects_get(IrcEffects *effects, gsize index)
{
        g_assert(index < effects->list->len);
        return &g_array_index(effects->list, IrcEffect, index);
}

IrcEffect *irc_effects_add(IrcEffects *effects, IrcEffectType type)
{
        IrcEffect *effect;

        g_array_set_size(effects->list, effects->list->len + 1);
        effect = &g_array_index(effects->list, IrcEffect, effects->list->len - 1);
        effect->type = type;
        return effect;
}

void irc_effects_add_users_changed(IrcEffects *effects, const char *channel)
{
        const char *name;

        if (g_hash_table_contains(effects->users_changed, channel))
                return;
        name = irc_effects_strdup(effects, channel);
        g_hash_table_add(effects->users_changed, (gpointer) name);
        irc_effects_add(effects, IRC_EFFECT_USERS_CHANGED)->channel.channel = name;
}

static char *arena_take(IrcEffects *effects, gsize len)
{
        Chunk *chunk = effects->chunk;
        char *start;

        if (!chunk || chunk->size - chunk->used < len)
                chunk = effects->chunk = chunk_new(MAX(len, CHUNK_SIZE), chunk);
        start = chunk->data + chunk->used;
        chunk->used += len;
        return start;
}

const char *irc_effects_strdup(IrcEffects *effects, const char *text)
{
        return text ? irc_effects_strndup(effects, text, strlen(text)) : NULL;
}

const char *irc_effects_strndup(IrcEffects *effects, const char *text, gsize len)
{
        char *copy = arena_take(effects, len + 1);

        memcpy(copy, text, len);
        copy[len] = '\0';
        return copy;
}

const guint8 *irc_effects_memdup(IrcEffects *effects, const void *data, gsize len)
{
        char *copy = arena_take(effects, len);

        if (len > 0)
                memcpy(copy, data, len);
        return (const guint8 *) copy;
}
