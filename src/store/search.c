/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Full-text search. The index is fed in idle time, in large batches; rows that it does not have yet
 * are put into a temporary index when somebody searches, so that they answer to the same queries.
 */

#include <string.h>

#include "store/rows.h"

#define QUERY_MAX 1024 /* bytes */

/* Rows that the temporary index holds at a time. */
#define TAIL_BATCH 10000

static const char tail_schema[] =
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_tail USING fts5"
        " (content, content = '', tokenize = 'unicode61 remove_diacritics 2')";

static bool run(IcStore *store, const char *sql, GError **error)
{
        g_autoptr(IcStatement) statement = ic_statement_get(store, sql, error);

        return statement && ic_statement_run(statement, error);
}

static bool read_number(
        IcStore *store, const char *sql, gint64 parameter, gint64 *ret, GError **error)
{
        g_autoptr(IcStatement) ask = ic_statement_get(store, sql, error);
        bool is_row = false;

        if (!ask)
                return false;
        ic_statement_bind_int(ask, 1, parameter);
        if (!ic_statement_step(ask, &is_row, error))
                return false;
        *ret = is_row ? ic_statement_int(ask, 0) : 0;
        return true;
}

static bool read_index_position(IcStore *store, gint64 *ret, GError **error)
{
        return read_number(
                store, "SELECT indexed_id FROM message_marks WHERE one = ?1", 1, ret, error);
}

/* Runs a search; what FTS5 does not understand becomes INVALID_VALUE. */
static bool search(IcStore *store, const char *sql, uint32_t server_id, const char *query,
        uint32_t limit, GPtrArray *rows, GError **error)
{
        g_autoptr(IcStatement) select = ic_statement_get(store, sql, error);
        g_autoptr(GError) local = NULL;

        if (!select)
                return false;
        ic_statement_bind_int(select, 1, server_id);
        ic_statement_bind_text(select, 2, query);
        ic_statement_bind_int(select, 3, limit);
        if (ic_rows_read(select, rows, &local))
                return true;
        /* A query's fault has no code of its own; the SELECT itself has been prepared well. */
        if (sqlite3_extended_errcode(store->db) != SQLITE_ERROR) {
                g_propagate_error(error, g_steal_pointer(&local));
                return false;
        }
        g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                "the search is not understood (%s); give words, put what has other characters "
                "than letters and digits in double quotes, and join them by AND, OR, NOT",
                sqlite3_errmsg(store->db));
        return false;
}

static bool search_index(IcStore *store, uint32_t server_id, const char *query, uint32_t limit,
        GPtrArray *rows, GError **error)
{
        return search(store,
                "SELECT " IC_ROW_COLUMNS " FROM messages_fts f JOIN messages m ON m.id = f.rowid"
                " LEFT JOIN channels c ON c.id = m.channel_id"
                " WHERE f.messages_fts MATCH ?2 AND m.server_id = ?1"
                " ORDER BY f.rowid DESC LIMIT ?3",
                server_id, query, limit, rows, error);
}

/* Puts the newest rows above `position` and below *before into the temporary index, and moves
 * *before to the first of them; to `position` when there are no more. */
static bool fill_tail(IcStore *store, gint64 position, gint64 *before, GError **error)
{
        g_autoptr(IcStatement) first = ic_statement_get(store,
                "SELECT min(id) FROM (SELECT id FROM messages WHERE id > ?1 AND id < ?2"
                " ORDER BY id DESC LIMIT ?3)",
                error);
        g_autoptr(IcStatement) fill = ic_statement_get(store,
                "INSERT INTO temp.search_tail (rowid, content)"
                " SELECT id, content FROM messages WHERE id >= ?1 AND id < ?2",
                error);
        bool is_row = false;

        if (!first || !fill ||
                !run(store, "INSERT INTO temp.search_tail (search_tail) VALUES ('delete-all')",
                        error))
                return false;
        ic_statement_bind_int(first, 1, position);
        ic_statement_bind_int(first, 2, *before);
        ic_statement_bind_int(first, 3, TAIL_BATCH);
        if (!ic_statement_step(first, &is_row, error))
                return false;

        gint64 start = is_row ? ic_statement_int(first, 0) : 0;
        if (start <= position) {
                *before = position;
                return true;
        }
        ic_statement_bind_int(fill, 1, start);
        ic_statement_bind_int(fill, 2, *before);
        *before = start;
        return ic_statement_run(fill, error);
}

static bool search_tail(IcStore *store, uint32_t server_id, const char *query, uint32_t limit,
        GPtrArray *rows, GError **error)
{
        gint64 position = 0, before = G_MAXINT64;

        if (!read_index_position(store, &position, error) ||
                !ic_store_execute(store, tail_schema, error))
                return false;
        while (rows->len < limit) {
                if (!fill_tail(store, position, &before, error))
                        return false;
                if (before == position)
                        break;
                if (!search(store,
                            "SELECT " IC_ROW_COLUMNS
                            " FROM temp.search_tail f JOIN messages m ON m.id = f.rowid"
                            " LEFT JOIN channels c ON c.id = m.channel_id"
                            " WHERE f.search_tail MATCH ?2 AND m.server_id = ?1"
                            " ORDER BY f.rowid DESC LIMIT ?3",
                            server_id, query, limit - rows->len, rows, error))
                        return false;
        }
        return run(
                store, "INSERT INTO temp.search_tail (search_tail) VALUES ('delete-all')", error);
}

static bool check_query(const char *query, GError **error)
{
        g_autofree char *stripped = g_strstrip(g_strdup(query));

        if (stripped[0] == '\0') {
                g_set_error_literal(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "the search is empty; give at least one word");
                return false;
        }
        if (strlen(query) > QUERY_MAX) {
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "the search is %zu bytes long; give at most %d", strlen(query), QUERY_MAX);
                return false;
        }
        return true;
}

/* A read transaction, so that index and tail are of the same moment: a row that is indexed
 * meanwhile would otherwise be in neither, or in both. */
static bool begin_reading(IcStore *store, bool *ret_is_own, GError **error)
{
        *ret_is_own = sqlite3_get_autocommit(store->db) != 0;
        return !*ret_is_own || run(store, "BEGIN", error);
}

static gint compare_places(gconstpointer a, gconstpointer b)
{
        const IcStoredMessage *left = *(IcStoredMessage *const *) a;
        const IcStoredMessage *right = *(IcStoredMessage *const *) b;

        if (left->sent_at != right->sent_at)
                return left->sent_at > right->sent_at ? -1 : 1;
        return left->id > right->id ? -1 : left->id < right->id;
}

GPtrArray *ic_store_search(
        IcStore *store, uint32_t server_id, const char *query, uint32_t limit, GError **error)
{
        g_autoptr(GPtrArray) rows = ic_rows_new();
        bool is_own = false;

        limit = MIN(limit, IC_HISTORY_LIMIT_MAX);
        if (!check_query(query, error) || !begin_reading(store, &is_own, error))
                return NULL;

        bool is_ok = search_tail(store, server_id, query, limit, rows, error) &&
                     search_index(store, server_id, query, limit - rows->len, rows, error);
        if (is_own)
                ic_store_rollback(store);
        g_ptr_array_sort(rows, compare_places);
        return is_ok ? g_steal_pointer(&rows) : NULL;
}

static bool feed_index(
        IcStore *store, gint64 position, uint32_t limit, gint64 *ret_last, GError **error)
{
        g_autoptr(IcStatement) last = ic_statement_get(store,
                "SELECT max(id) FROM (SELECT id FROM messages WHERE id > ?1 ORDER BY id LIMIT ?2)",
                error);
        g_autoptr(IcStatement) feed = ic_statement_get(store,
                "INSERT INTO messages_fts (rowid, content)"
                " SELECT id, content FROM messages WHERE id > ?1 AND id <= ?2",
                error);
        g_autoptr(IcStatement) advance =
                ic_statement_get(store, "UPDATE message_marks SET indexed_id = ?1", error);
        bool is_row = false;

        if (!last || !feed || !advance)
                return false;
        ic_statement_bind_int(last, 1, position);
        ic_statement_bind_int(last, 2, limit);
        if (!ic_statement_step(last, &is_row, error))
                return false;
        *ret_last = MAX(position, ic_statement_int(last, 0));
        ic_statement_bind_int(feed, 1, position);
        ic_statement_bind_int(feed, 2, *ret_last);
        ic_statement_bind_int(advance, 1, *ret_last);
        return ic_statement_run(feed, error) && ic_statement_run(advance, error);
}

static bool is_behind(IcStore *store, gint64 position, bool *ret, GError **error)
{
        gint64 waiting = 0;

        if (!read_number(store, "SELECT EXISTS (SELECT 1 FROM messages WHERE id > ?1)", position,
                    &waiting, error))
                return false;
        *ret = waiting != 0;
        return true;
}

bool ic_store_index(IcStore *store, uint32_t limit, bool *ret_more, GError **error)
{
        g_auto(IcTransaction) transaction = {0};
        gint64 position = 0, last = 0;

        g_return_val_if_fail(sqlite3_get_autocommit(store->db), false);

        /* Asked without a lock first: mostly there is nothing to do. */
        if (!read_index_position(store, &position, error) ||
                !is_behind(store, position, ret_more, error))
                return false;
        if (!*ret_more)
                return true;
        return ic_transaction_begin(&transaction, store, error) &&
               read_index_position(store, &position, error) &&
               feed_index(store, position, limit, &last, error) &&
               is_behind(store, last, ret_more, error) &&
               ic_transaction_commit(&transaction, error);
}
