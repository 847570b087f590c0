/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Rows of `blocklist`. */

#include "store/blocklist.h"

#include "base/clock.h"
#include "base/text.h"
#include "store/channels.h"
#include "store/live.h"
#include "store/statement.h"

#define COLUMNS                                                                                    \
        "server_id, channel, reason, attempts, is_permanent, blocked_at, ifnull(blocked_until, 0)"

/* What the index is made of, so that it is used. */
#define IS_CHANNEL "ifnull(channel, '') COLLATE NOCASE = ifnull(?2, '')"

/* A block for good stays when one for a time is added. */
#define IS_KEPT "old.is_permanent > excluded.is_permanent"

/* What makes a worker wait or give up; why it last did is kept for people. */
#define FORGET_FAILURES                                                                            \
        "UPDATE servers SET failed_attempts = 0, idle_starts = 0, next_attempt_at = 0"

void ic_block_free(IcBlock *block)
{
        if (!block)
                return;
        g_free(block->channel);
        g_free(block->reason);
        g_free(block);
}

bool ic_store_block(IcStore *store, uint32_t server_id, const char *channel, const char *reason,
        gint64 until, uint32_t attempts, GError **error)
{
        g_autoptr(IcStatement) write = ic_statement_get(store,
                "INSERT INTO blocklist AS old"
                " (server_id, channel, reason, blocked_at, blocked_until, is_permanent, attempts)"
                " VALUES (?1, nullif(?2, ''), ?3, ?4, nullif(?5, 0), ?5 = 0, ?6)"
                " ON CONFLICT DO UPDATE SET"
                "  attempts = min(old.attempts + excluded.attempts, 0xffffffff),"
                "  reason = iif(" IS_KEPT ", old.reason, ifnull(excluded.reason, old.reason)),"
                "  blocked_at = iif(" IS_KEPT ", old.blocked_at, excluded.blocked_at),"
                "  blocked_until = iif(" IS_KEPT ", NULL, excluded.blocked_until),"
                "  is_permanent = max(old.is_permanent, excluded.is_permanent)",
                error);

        g_return_val_if_fail(until >= 0, false);

        if (!write)
                return false;
        ic_statement_bind_int(write, 1, server_id);
        ic_statement_bind_text(write, 2, channel);
        if (reason)
                ic_statement_take_text(write, 3, ic_text_quote(reason, IC_BLOCK_REASON_MAX));
        ic_statement_bind_int(write, 4, ic_now_real());
        ic_statement_bind_int(write, 5, until);
        ic_statement_bind_int(write, 6, attempts);
        return ic_statement_run(write, error);
}

static bool remove_block(IcStore *store, uint32_t server_id, const char *channel, GError **error)
{
        g_autoptr(IcStatement) remove = ic_statement_get(
                store, "DELETE FROM blocklist WHERE server_id = ?1 AND " IS_CHANNEL, error);

        if (!remove)
                return false;
        ic_statement_bind_int(remove, 1, server_id);
        ic_statement_bind_text(remove, 2, channel);
        return ic_statement_run(remove, error);
}

static bool forget_failures(IcStore *store, uint32_t server_id, GError **error)
{
        g_autoptr(IcStatement) forget =
                ic_statement_get(store, FORGET_FAILURES " WHERE id = ?1", error);

        return forget && ic_store_change_server(forget, store, server_id, error);
}

bool ic_store_unblock(IcStore *store, uint32_t server_id, const char *channel,
        bool *ret_was_blocked, GError **error)
{
        g_auto(IcTransaction) transaction = {0};
        bool is_server = !channel || channel[0] == '\0';
        bool was_blocked;

        if (!ic_transaction_begin(&transaction, store, error) ||
                !remove_block(store, server_id, channel, error))
                return false;
        was_blocked = sqlite3_changes(store->db) > 0;
        if ((is_server && !forget_failures(store, server_id, error)) ||
                !ic_transaction_commit(&transaction, error))
                return false;
        if (ret_was_blocked)
                *ret_was_blocked = was_blocked;
        return true;
}

static IcBlock *read_block(IcStatement *select)
{
        IcBlock *block = g_new(IcBlock, 1);

        *block = (IcBlock){
                .server_id = (uint32_t) ic_statement_int(select, 0),
                .channel = ic_statement_dup_text(select, 1),
                .reason = ic_statement_dup_text(select, 2),
                .attempts = (uint32_t) ic_statement_int(select, 3),
                .is_permanent = ic_statement_int(select, 4) != 0,
                .blocked_at = ic_statement_int(select, 5),
                .blocked_until = ic_statement_int(select, 6),
        };
        return block;
}

bool ic_store_block_find(IcStore *store, uint32_t server_id, const char *channel, gint64 now,
        IcBlock **ret, GError **error)
{
        g_autoptr(IcStatement) find = ic_statement_get(store,
                "SELECT " COLUMNS " FROM blocklist WHERE server_id = ?1 AND " IS_CHANNEL
                " AND (is_permanent OR blocked_until > ?3)",
                error);
        bool is_row = false;

        if (!find)
                return false;
        ic_statement_bind_int(find, 1, server_id);
        ic_statement_bind_text(find, 2, channel);
        ic_statement_bind_int(find, 3, now);
        if (!ic_statement_step(find, &is_row, error))
                return false;
        *ret = is_row ? read_block(find) : NULL;
        return true;
}

bool ic_store_blocks(IcStore *store, GPtrArray **ret, GError **error)
{
        g_autoptr(IcStatement) list = ic_statement_get(store,
                "SELECT " COLUMNS " FROM blocklist"
                " ORDER BY channel IS NOT NULL, server_id, channel",
                error);
        g_autoptr(GPtrArray) blocks =
                g_ptr_array_new_with_free_func((GDestroyNotify) ic_block_free);
        bool is_row = false, is_ok;

        if (!list)
                return false;
        while ((is_ok = ic_statement_step(list, &is_row, error)) && is_row)
                g_ptr_array_add(blocks, read_block(list));
        if (is_ok)
                *ret = g_steal_pointer(&blocks);
        return is_ok;
}

static bool find_expired(IcStore *store, gint64 now, bool *ret_any, GArray *servers, GError **error)
{
        g_autoptr(IcStatement) list = ic_statement_get(store,
                "SELECT iif(channel IS NULL, server_id, 0) FROM blocklist"
                " WHERE blocked_until <= ?1 ORDER BY server_id",
                error);
        bool is_row = false, is_ok;

        if (!list)
                return false;
        ic_statement_bind_int(list, 1, now);
        while ((is_ok = ic_statement_step(list, &is_row, error)) && is_row) {
                uint32_t id = (uint32_t) ic_statement_int(list, 0);

                *ret_any = true;
                if (id != 0)
                        g_array_append_val(servers, id);
        }
        return is_ok;
}

static bool take_expired_away(IcStore *store, gint64 now, GError **error)
{
        static const char *const steps[] = {
                FORGET_FAILURES " WHERE id IN"
                                " (SELECT server_id FROM blocklist"
                                "   WHERE channel IS NULL AND blocked_until <= ?1)",
                "DELETE FROM blocklist WHERE blocked_until <= ?1",
        };

        for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
                g_autoptr(IcStatement) step = ic_statement_get(store, steps[i], error);

                if (!step)
                        return false;
                ic_statement_bind_int(step, 1, now);
                if (!ic_statement_run(step, error))
                        return false;
        }
        return true;
}

/* What expires is found without a lock first: this is asked often, and seldom answers anything. */
bool ic_store_expire_blocks(IcStore *store, gint64 now, GArray **ret_servers, GError **error)
{
        g_auto(IcTransaction) transaction = {0};
        g_autoptr(GArray) servers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        bool is_any = false;

        if (!find_expired(store, now, &is_any, servers, error))
                return false;
        if (is_any) {
                g_array_set_size(servers, 0);
                if (!ic_transaction_begin(&transaction, store, error) ||
                        !find_expired(store, now, &is_any, servers, error) ||
                        !take_expired_away(store, now, error) ||
                        !ic_transaction_commit(&transaction, error))
                        return false;
        }
        *ret_servers = g_steal_pointer(&servers);
        return true;
}

bool ic_store_unblocked_channels(
        IcStore *store, uint32_t server_id, gint64 now, GStrv *ret, GError **error)
{
        g_autoptr(IcStatement) list = ic_statement_get(store,
                "SELECT name || ifnull(' ' || key, '') FROM channels c"
                " WHERE server_id = ?1 AND autojoin AND NOT EXISTS"
                "  (SELECT 1 FROM blocklist b WHERE b.server_id = ?1 AND b.channel = c.name"
                "    AND (b.is_permanent OR b.blocked_until > ?2))"
                " ORDER BY autojoin_order, id",
                error);

        if (!list)
                return false;
        ic_statement_bind_int(list, 1, server_id);
        ic_statement_bind_int(list, 2, now);
        return ic_channels_read_list(list, ret, error);
}
