/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The owner's will and the live facts of a connection, in its row of `servers`. */

#include "store/live.h"

#include "base/clock.h"
#include "store/ingest.h"
#include "store/servers.h"

bool ic_store_no_such_server(IcStore *store, uint32_t id, GError **error)
{
        g_set_error(error, IC_ERROR, IC_ERROR_NO_SUCH_SERVER,
                "%s: connection %u is not in this database. %s", store->path, id,
                ic_error_remedy(IC_ERROR_NO_SUCH_SERVER));
        return false;
}

bool ic_store_change_server(IcStatement *statement, IcStore *store, uint32_t id, GError **error)
{
        ic_statement_bind_int(statement, 1, id);
        if (!ic_statement_run(statement, error))
                return false;
        if (sqlite3_changes(store->db) == 0)
                return ic_store_no_such_server(store, id, error);
        return true;
}

bool ic_store_server_set_wanted(IcStore *store, uint32_t id, bool is_wanted, GError **error)
{
        g_autoptr(IcStatement) set = ic_statement_get(store,
                "UPDATE servers SET wanted = ?2,"
                " next_attempt_at = iif(?2, 0, next_attempt_at) WHERE id = ?1",
                error);

        if (!set)
                return false;
        ic_statement_bind_int(set, 2, is_wanted);
        return ic_store_change_server(set, store, id, error);
}

bool ic_store_server_set_pending_quit(
        IcStore *store, uint32_t id, const char *message, GError **error)
{
        g_autoptr(IcStatement) set = ic_statement_get(
                store, "UPDATE servers SET pending_quit = ?2 WHERE id = ?1", error);

        if (!set)
                return false;
        ic_statement_bind_text(set, 2, message);
        return ic_store_change_server(set, store, id, error);
}

bool ic_store_server_set_process(
        IcStore *store, uint32_t id, int32_t pid, const char *socket_path, GError **error)
{
        g_autoptr(IcStatement) set = ic_statement_get(store,
                "UPDATE servers SET process_pid = nullif(?2, 0), socket_path = ?3 WHERE id = ?1",
                error);

        if (!set)
                return false;
        ic_statement_bind_int(set, 2, pid);
        ic_statement_bind_text(set, 3, socket_path);
        return ic_store_change_server(set, store, id, error);
}

bool ic_store_server_set_status(IcStore *store, uint32_t id, const char *status, gint64 since,
        const char *last_error, GError **error)
{
        g_autoptr(IcStatement) set = ic_statement_get(store,
                "UPDATE servers SET status = ?2, status_since = ?3,"
                " last_error = ifnull(?4, last_error) WHERE id = ?1",
                error);

        if (!set)
                return false;
        ic_statement_bind_text(set, 2, status);
        ic_statement_bind_int(set, 3, since);
        ic_statement_bind_text(set, 4, last_error);
        return ic_store_change_server(set, store, id, error);
}

bool ic_store_server_set_connected(IcStore *store, uint32_t id, gint64 connected_at,
        const char *nickname, const char *network, GError **error)
{
        g_autoptr(IcStatement) set = ic_statement_get(store,
                "UPDATE servers SET connected_at = ?2, live_nickname = ifnull(?3, live_nickname),"
                " live_network = ifnull(?4, live_network)"
                " WHERE id = ?1",
                error);

        if (!set)
                return false;
        ic_statement_bind_int(set, 2, connected_at);
        ic_statement_bind_text(set, 3, nickname);
        ic_statement_bind_text(set, 4, network);
        return ic_store_change_server(set, store, id, error);
}

bool ic_store_server_set_live_names(
        IcStore *store, uint32_t id, const char *nickname, const char *network, GError **error)
{
        g_autoptr(IcStatement) set = ic_statement_get(store,
                "UPDATE servers SET live_nickname = ifnull(?2, live_nickname),"
                " live_network = ifnull(?3, live_network) WHERE id = ?1",
                error);

        if (!set)
                return false;
        ic_statement_bind_text(set, 2, nickname);
        ic_statement_bind_text(set, 3, network);
        return ic_store_change_server(set, store, id, error);
}

bool ic_store_server_reset_failures(IcStore *store, uint32_t id, GError **error)
{
        g_autoptr(IcStatement) reset = ic_statement_get(store,
                "UPDATE servers SET failed_attempts = 0, last_error = NULL, last_error_code = NULL,"
                " next_attempt_at = 0"
                " WHERE id = ?1",
                error);

        return reset && ic_store_change_server(reset, store, id, error);
}

/* Runs an UPDATE of one row that returns a number. */
static bool change_and_return(
        IcStatement *change, IcStore *store, uint32_t id, uint32_t *ret, GError **error)
{
        bool is_row = false;
        uint32_t number;

        ic_statement_bind_int(change, 1, id);
        if (!ic_statement_step(change, &is_row, error))
                return false;
        if (!is_row)
                return ic_store_no_such_server(store, id, error);
        number = (uint32_t) ic_statement_int(change, 0);
        /* Only the end of the statement is its commit. */
        if (!ic_statement_step(change, &is_row, error))
                return false;
        if (ret)
                *ret = number;
        return true;
}

bool ic_store_server_add_failure(IcStore *store, uint32_t id, const GError *failure,
        bool is_counted, gint64 next_attempt_at, uint32_t *ret_attempts, GError **error)
{
        g_autoptr(IcStatement) add = ic_statement_get(store,
                "UPDATE servers SET failed_attempts = failed_attempts + ?3,"
                " last_error = ?2, last_error_code = ?5, next_attempt_at = ?4"
                " WHERE id = ?1 RETURNING failed_attempts",
                error);

        if (!add)
                return false;
        ic_statement_bind_text(add, 2, failure->message);
        ic_statement_bind_int(add, 3, is_counted);
        ic_statement_bind_int(add, 4, next_attempt_at);
        ic_statement_bind_text(add, 5, ic_error_code(ic_error_of(failure)));
        return change_and_return(add, store, id, ret_attempts, error);
}

bool ic_store_server_count_start(IcStore *store, uint32_t id, uint32_t *ret_starts, GError **error)
{
        g_autoptr(IcStatement) count = ic_statement_get(store,
                "UPDATE servers SET idle_starts = idle_starts + 1 WHERE id = ?1"
                " RETURNING idle_starts",
                error);

        return count && change_and_return(count, store, id, ret_starts, error);
}

bool ic_store_server_note_progress(IcStore *store, uint32_t id, GError **error)
{
        g_autoptr(IcStatement) note =
                ic_statement_get(store, "UPDATE servers SET idle_starts = 0 WHERE id = ?1", error);

        return note && ic_store_change_server(note, store, id, error);
}

static bool read_was_live(IcStore *store, uint32_t id, bool *ret, GError **error)
{
        g_autoptr(IcStatement) ask = ic_statement_get(store,
                "SELECT connected_at IS NOT NULL OR process_pid IS NOT NULL"
                " OR socket_path IS NOT NULL OR live_nickname IS NOT NULL"
                " OR live_network IS NOT NULL"
                " OR EXISTS (SELECT 1 FROM channels WHERE server_id = ?1 AND joined)"
                " OR EXISTS (SELECT 1 FROM channel_users WHERE channel_id IN"
                "  (SELECT id FROM channels WHERE server_id = ?1))"
                " FROM servers WHERE id = ?1",
                error);
        bool is_row = false;

        if (!ask)
                return false;
        ic_statement_bind_int(ask, 1, id);
        if (!ic_statement_step(ask, &is_row, error))
                return false;
        if (!is_row)
                return ic_store_no_such_server(store, id, error);
        *ret = ic_statement_int(ask, 0) != 0;
        return true;
}

static bool clear_server(IcStore *store, uint32_t id, GError **error)
{
        g_autoptr(IcStatement) clear = ic_statement_get(store,
                "UPDATE servers SET connected_at = NULL, process_pid = NULL, socket_path = NULL,"
                " live_nickname = NULL, live_network = NULL, pending_quit = NULL,"
                " status_since = iif(status IS 'disconnected', status_since, ?2),"
                " status = 'disconnected' WHERE id = ?1",
                error);

        if (!clear)
                return false;
        ic_statement_bind_int(clear, 2, ic_now_real());
        return ic_store_change_server(clear, store, id, error);
}

static bool clear_channels(IcStore *store, uint32_t id, GError **error)
{
        static const char *const steps[] = {
                "DELETE FROM channel_users WHERE channel_id IN"
                " (SELECT id FROM channels WHERE server_id = ?1)",
                "UPDATE channels SET joined = 0 WHERE server_id = ?1 AND joined",
        };

        for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
                g_autoptr(IcStatement) clear = ic_statement_get(store, steps[i], error);

                if (!clear)
                        return false;
                ic_statement_bind_int(clear, 1, id);
                if (!ic_statement_run(clear, error))
                        return false;
        }
        return true;
}

bool ic_store_server_clear_live(IcStore *store, uint32_t id, bool *ret_was_live, GError **error)
{
        g_auto(IcTransaction) transaction = {0};
        bool was_live = false;

        if (!ic_transaction_begin(&transaction, store, error) ||
                !read_was_live(store, id, &was_live, error) || !clear_server(store, id, error) ||
                !clear_channels(store, id, error) || !ic_transaction_commit(&transaction, error))
                return false;
        if (ret_was_live)
                *ret_was_live = was_live;
        return true;
}
