/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Prepared statements, and the store's cache of them. */

#include "store/statement.h"

struct IcStatement {
        IcStore *store;
        sqlite3_stmt *stmt;
        int bind_result; /* of the first bind that failed */
        bool is_kept;
        bool is_in_use;
};

IcStatement *ic_statement_new(IcStore *store, const char *sql, GError **error)
{
        sqlite3_stmt *stmt = NULL;

        if (sqlite3_prepare_v3(store->db, sql, -1, 0, &stmt, NULL) != SQLITE_OK) {
                ic_store_fail(store, error);
                return NULL;
        }

        IcStatement *statement = g_new0(IcStatement, 1);
        statement->store = store;
        statement->stmt = stmt;
        statement->is_in_use = true;
        return statement;
}

IcStatement *ic_statement_get(IcStore *store, const char *sql, GError **error)
{
        IcStatement *statement = g_hash_table_lookup(store->statements, sql);

        if (!statement) {
                statement = ic_statement_new(store, sql, error);
                if (!statement)
                        return NULL;
                statement->is_kept = true;
                g_hash_table_insert(store->statements, (gpointer) sql, statement);
                return statement;
        }
        g_assert(!statement->is_in_use);
        statement->is_in_use = true;
        return statement;
}

void ic_statement_free(IcStatement *statement)
{
        if (!statement)
                return;
        sqlite3_finalize(statement->stmt);
        g_free(statement);
}

void ic_statement_release(IcStatement *statement)
{
        if (!statement)
                return;
        if (!statement->is_kept) {
                ic_statement_free(statement);
                return;
        }
        sqlite3_reset(statement->stmt);
        sqlite3_clear_bindings(statement->stmt);
        statement->bind_result = SQLITE_OK;
        statement->is_in_use = false;
}

static void note_bind(IcStatement *statement, int result)
{
        if (statement->bind_result == SQLITE_OK)
                statement->bind_result = result;
}

void ic_statement_bind_null(IcStatement *statement, int index)
{
        note_bind(statement, sqlite3_bind_null(statement->stmt, index));
}

void ic_statement_bind_int(IcStatement *statement, int index, gint64 value)
{
        note_bind(statement, sqlite3_bind_int64(statement->stmt, index, value));
}

void ic_statement_bind_text(IcStatement *statement, int index, const char *value)
{
        note_bind(statement, sqlite3_bind_text(statement->stmt, index, value, -1, SQLITE_STATIC));
}

void ic_statement_take_text(IcStatement *statement, int index, char *value)
{
        note_bind(statement, sqlite3_bind_text(statement->stmt, index, value, -1, g_free));
}

void ic_statement_bind_blob(IcStatement *statement, int index, const void *data, gsize len)
{
        /* SQLite takes an empty blob at NULL for NULL. */
        if (data || len > 0)
                note_bind(statement,
                        sqlite3_bind_blob64(statement->stmt, index, data, len, SQLITE_STATIC));
        else
                ic_statement_bind_null(statement, index);
}

void ic_statement_bind_bytes(IcStatement *statement, int index, GBytes *value)
{
        gsize len = 0;
        const void *data = value ? g_bytes_get_data(value, &len) : NULL;

        ic_statement_bind_blob(statement, index, value && !data ? "" : data, len);
}

bool ic_statement_step(IcStatement *statement, bool *ret_row, GError **error)
{
        if (statement->bind_result != SQLITE_OK) {
                g_set_error(error, IC_ERROR, IC_ERROR_FAILED, "%s: cannot bind a value: %s",
                        statement->store->path, sqlite3_errstr(statement->bind_result));
                return false;
        }

        int result = sqlite3_step(statement->stmt);
        if (result != SQLITE_ROW && result != SQLITE_DONE)
                return ic_store_fail(statement->store, error);
        *ret_row = result == SQLITE_ROW;
        return true;
}

bool ic_statement_run(IcStatement *statement, GError **error)
{
        bool is_row = true;

        while (is_row)
                if (!ic_statement_step(statement, &is_row, error))
                        return false;
        sqlite3_reset(statement->stmt);
        return true;
}

int ic_statement_column_count(IcStatement *statement)
{
        return sqlite3_column_count(statement->stmt);
}

const char *ic_statement_column_name(IcStatement *statement, int column)
{
        return sqlite3_column_name(statement->stmt, column);
}

gint64 ic_statement_int(IcStatement *statement, int column)
{
        return sqlite3_column_int64(statement->stmt, column);
}

const char *ic_statement_text(IcStatement *statement, int column)
{
        return (const char *) sqlite3_column_text(statement->stmt, column);
}

char *ic_statement_dup_text(IcStatement *statement, int column)
{
        return g_strdup(ic_statement_text(statement, column));
}

GBytes *ic_statement_dup_bytes(IcStatement *statement, int column)
{
        const void *data = sqlite3_column_blob(statement->stmt, column);

        return g_bytes_new(data, (gsize) sqlite3_column_bytes(statement->stmt, column));
}
