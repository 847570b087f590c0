/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The rows of `channels`. */

#include "store/channels.h"

#include <string.h>

#include "store/statement.h"

typedef struct {
        uint32_t server_id;
        const char *name;
        gint64 id;
} CachedChannel;

/* More than a server lets one be in; above it the table is emptied. */
#define CACHED_MAX 4096

static guint cached_hash(gconstpointer key)
{
        const CachedChannel *channel = key;

        return g_str_hash(channel->name) ^ channel->server_id;
}

static gboolean cached_equal(gconstpointer a, gconstpointer b)
{
        const CachedChannel *left = a, *right = b;

        return left->server_id == right->server_id && strcmp(left->name, right->name) == 0;
}

static void cached_free(gpointer key)
{
        CachedChannel *channel = key;

        g_free((char *) channel->name);
        g_free(channel);
}

GHashTable *ic_channels_cache_new(void)
{
        return g_hash_table_new_full(cached_hash, cached_equal, cached_free, NULL);
}

void ic_channels_forget(IcStore *store)
{
        g_hash_table_remove_all(store->channel_ids);
}

static void remember(IcStore *store, uint32_t server_id, const char *name, gint64 id)
{
        CachedChannel *channel = g_new(CachedChannel, 1);

        *channel = (CachedChannel){.server_id = server_id, .name = g_strdup(name), .id = id};
        if (g_hash_table_size(store->channel_ids) >= CACHED_MAX)
                ic_channels_forget(store);
        g_hash_table_add(store->channel_ids, channel);
}

bool ic_channels_find(
        IcStore *store, uint32_t server_id, const char *name, gint64 *ret_id, GError **error)
{
        g_autoptr(IcStatement) find = ic_statement_get(
                store, "SELECT id FROM channels WHERE server_id = ?1 AND name = ?2", error);
        bool is_row = false;

        if (!find)
                return false;
        ic_statement_bind_int(find, 1, server_id);
        ic_statement_bind_text(find, 2, name);
        if (!ic_statement_step(find, &is_row, error))
                return false;
        *ret_id = is_row ? ic_statement_int(find, 0) : 0;
        return true;
}

static bool insert(
        IcStore *store, uint32_t server_id, const char *name, gint64 *ret_id, GError **error)
{
        g_autoptr(IcStatement) insert = ic_statement_get(
                store, "INSERT INTO channels (server_id, name) VALUES (?1, ?2)", error);

        if (!insert)
                return false;
        ic_statement_bind_int(insert, 1, server_id);
        ic_statement_bind_text(insert, 2, name);
        if (!ic_statement_run(insert, error))
                return false;
        *ret_id = sqlite3_last_insert_rowid(store->db);
        return true;
}

bool ic_channels_ensure(
        IcStore *store, uint32_t server_id, const char *name, gint64 *ret_id, GError **error)
{
        CachedChannel wanted = {.server_id = server_id, .name = name};
        const CachedChannel *cached = g_hash_table_lookup(store->channel_ids, &wanted);

        if (cached) {
                *ret_id = cached->id;
                return true;
        }
        if (!ic_channels_find(store, server_id, name, ret_id, error))
                return false;
        if (*ret_id == 0 && !insert(store, server_id, name, ret_id, error))
                return false;
        remember(store, server_id, name, *ret_id);
        return true;
}

static bool clear_autojoin(IcStore *store, uint32_t server_id, GError **error)
{
        g_autoptr(IcStatement) clear = ic_statement_get(store,
                "UPDATE channels SET autojoin = 0, autojoin_order = 0, key = NULL"
                " WHERE server_id = ?1 AND autojoin",
                error);

        if (!clear)
                return false;
        ic_statement_bind_int(clear, 1, server_id);
        return ic_statement_run(clear, error);
}

/* `channel` is "#name" or "#name key". */
static bool add_autojoin(
        IcStore *store, uint32_t server_id, const char *channel, gint64 order, GError **error)
{
        g_autoptr(IcStatement) set = ic_statement_get(store,
                "UPDATE channels SET autojoin = 1, autojoin_order = ?2, key = ?3 WHERE id = ?1",
                error);
        g_auto(GStrv) parts = g_strsplit(channel, " ", 2);
        gint64 id = 0;

        if (!set || !ic_channels_ensure(store, server_id, parts[0], &id, error))
                return false;
        ic_statement_bind_int(set, 1, id);
        ic_statement_bind_int(set, 2, order);
        ic_statement_bind_text(set, 3, parts[1]);
        return ic_statement_run(set, error);
}

bool ic_channels_set_autojoin(
        IcStore *store, uint32_t server_id, const char *const *channels, GError **error)
{
        if (!clear_autojoin(store, server_id, error))
                return false;
        for (gsize i = 0; channels && channels[i]; i++)
                if (!add_autojoin(store, server_id, channels[i], (gint64) i, error))
                        return false;
        return true;
}

bool ic_channels_read_list(IcStatement *list, GStrv *ret, GError **error)
{
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        bool is_row = false, is_any = false, is_ok;

        while ((is_ok = ic_statement_step(list, &is_row, error)) && is_row) {
                is_any = true;
                g_strv_builder_add(builder, ic_statement_text(list, 0));
        }
        if (is_ok)
                *ret = is_any ? g_strv_builder_end(builder) : NULL;
        return is_ok;
}

bool ic_channels_get_autojoin(IcStore *store, uint32_t server_id, GStrv *ret, GError **error)
{
        g_autoptr(IcStatement) list = ic_statement_get(store,
                "SELECT name || ifnull(' ' || key, '') FROM channels"
                " WHERE server_id = ?1 AND autojoin ORDER BY autojoin_order, id",
                error);

        if (!list)
                return false;
        ic_statement_bind_int(list, 1, server_id);
        return ic_channels_read_list(list, ret, error);
}
