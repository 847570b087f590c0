/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The state of the link, as the next process needs it. */

#include "store/ingest.h"
#include "store/statement.h"

void ic_link_state_clear(IcLinkState *state)
{
        g_clear_pointer(&state->carry, g_bytes_unref);
        g_clear_pointer(&state->tail, g_bytes_unref);
        g_clear_pointer(&state->output, g_bytes_unref);
        g_clear_pointer(&state->snapshot, g_bytes_unref);
        *state = (IcLinkState){0};
}

static bool save_position(
        IcStore *store, uint32_t server_id, const IcLinkState *state, GError **error)
{
        g_autoptr(IcStatement) save = ic_statement_get(store,
                "INSERT INTO links (server_id, cookie, in_position, carry, is_dropping, tail)"
                " VALUES (?1, ?2, ?3, ifnull(?4, x''), ?5, ifnull(?6, x''))"
                " ON CONFLICT DO UPDATE SET cookie = ?2, in_position = ?3,"
                " carry = ifnull(?4, carry), is_dropping = ?5, tail = ifnull(?6, tail)",
                error);

        if (!save)
                return false;
        ic_statement_bind_int(save, 1, server_id);
        ic_statement_bind_int(save, 2, (gint64) state->cookie);
        ic_statement_bind_int(save, 3, (gint64) state->in_position);
        ic_statement_bind_bytes(save, 4, state->carry);
        ic_statement_bind_int(save, 5, state->is_dropping);
        ic_statement_bind_bytes(save, 6, state->tail);
        return ic_statement_run(save, error);
}

static bool save_session(
        IcStore *store, uint32_t server_id, const IcLinkState *state, GError **error)
{
        g_autoptr(IcStatement) save = ic_statement_get(store,
                "INSERT INTO link_sessions (server_id, output, snapshot)"
                " VALUES (?1, ifnull(?2, x''), ifnull(?3, x''))"
                " ON CONFLICT DO UPDATE SET output = ifnull(?2, output),"
                " snapshot = ifnull(?3, snapshot)",
                error);

        if (!save)
                return false;
        ic_statement_bind_int(save, 1, server_id);
        ic_statement_bind_bytes(save, 2, state->output);
        ic_statement_bind_bytes(save, 3, state->snapshot);
        return ic_statement_run(save, error);
}

bool ic_store_link_save(
        IcStore *store, uint32_t server_id, const IcLinkState *state, GError **error)
{
        g_auto(IcTransaction) transaction = {0};

        g_return_val_if_fail(
                !state->tail || g_bytes_get_size(state->tail) <= IC_LINK_TAIL_MAX, false);

        return ic_transaction_begin(&transaction, store, error) &&
               save_position(store, server_id, state, error) &&
               save_session(store, server_id, state, error) &&
               ic_transaction_commit(&transaction, error);
}

/* Runs an UPDATE of the stored link. */
static bool change_link(IcStatement *statement, IcStore *store, uint32_t server_id, GError **error)
{
        ic_statement_bind_int(statement, 1, server_id);
        if (!ic_statement_run(statement, error))
                return false;
        if (sqlite3_changes(store->db) == 0) {
                g_set_error(error, IC_ERROR, IC_ERROR_FAILED,
                        "%s: no link of connection %u is stored", store->path, server_id);
                return false;
        }
        return true;
}

bool ic_store_link_advance(IcStore *store, uint32_t server_id, guint64 in_position,
        const void *carry, gsize carry_len, bool is_dropping, const void *tail, gsize tail_len,
        GError **error)
{
        g_autoptr(IcStatement) advance = ic_statement_get(store,
                "UPDATE links SET in_position = ?2, carry = ?3, is_dropping = ?4, tail = ?5"
                " WHERE server_id = ?1",
                error);

        g_return_val_if_fail(tail_len <= IC_LINK_TAIL_MAX, false);

        if (!advance)
                return false;
        ic_statement_bind_int(advance, 2, (gint64) in_position);
        ic_statement_bind_blob(advance, 3, carry ? carry : "", carry_len);
        ic_statement_bind_int(advance, 4, is_dropping);
        ic_statement_bind_blob(advance, 5, tail ? tail : "", tail_len);
        return change_link(advance, store, server_id, error);
}

bool ic_store_link_set_output(
        IcStore *store, uint32_t server_id, const void *output, gsize output_len, GError **error)
{
        g_autoptr(IcStatement) set = ic_statement_get(
                store, "UPDATE link_sessions SET output = ?2 WHERE server_id = ?1", error);

        if (!set)
                return false;
        ic_statement_bind_blob(set, 2, output ? output : "", output_len);
        return change_link(set, store, server_id, error);
}

bool ic_store_link_set_listeners(
        IcStore *store, uint32_t server_id, const char *listeners, GError **error)
{
        g_autoptr(IcStatement) set = ic_statement_get(
                store, "UPDATE link_sessions SET listeners = ?2 WHERE server_id = ?1", error);

        if (!set)
                return false;
        ic_statement_bind_int(set, 1, server_id);
        ic_statement_bind_text(set, 2, listeners);
        return ic_statement_run(set, error);
}

bool ic_store_link_get_listeners(IcStore *store, uint32_t server_id, char **ret, GError **error)
{
        g_autoptr(IcStatement) get = ic_statement_get(
                store, "SELECT listeners FROM link_sessions WHERE server_id = ?1", error);
        bool is_row = false;

        if (!get)
                return false;
        ic_statement_bind_int(get, 1, server_id);
        if (!ic_statement_step(get, &is_row, error))
                return false;
        *ret = is_row ? ic_statement_dup_text(get, 0) : g_strdup("");
        return true;
}

bool ic_store_link_load(
        IcStore *store, uint32_t server_id, IcLinkState *ret, bool *ret_found, GError **error)
{
        g_autoptr(IcStatement) load = ic_statement_get(store,
                "SELECT cookie, in_position, carry, is_dropping, tail, output, snapshot"
                " FROM links LEFT JOIN link_sessions USING (server_id) WHERE server_id = ?1",
                error);

        if (!load)
                return false;
        ic_statement_bind_int(load, 1, server_id);
        if (!ic_statement_step(load, ret_found, error))
                return false;
        *ret = (IcLinkState){0};
        if (!*ret_found)
                return true;
        *ret = (IcLinkState){
                .cookie = (guint64) ic_statement_int(load, 0),
                .in_position = (guint64) ic_statement_int(load, 1),
                .carry = ic_statement_dup_bytes(load, 2),
                .is_dropping = ic_statement_int(load, 3) != 0,
                .tail = ic_statement_dup_bytes(load, 4),
                .output = ic_statement_dup_bytes(load, 5),
                .snapshot = ic_statement_dup_bytes(load, 6),
        };
        return true;
}

bool ic_store_link_forget(IcStore *store, uint32_t server_id, GError **error)
{
        g_autoptr(IcStatement) forget =
                ic_statement_get(store, "DELETE FROM links WHERE server_id = ?1", error);

        if (!forget)
                return false;
        ic_statement_bind_int(forget, 1, server_id);
        return ic_statement_run(forget, error);
}
