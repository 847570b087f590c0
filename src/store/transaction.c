/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Transactions, the caller's and those of single verbs. */

#include "store/channels.h"
#include "store/database.h"
#include "store/statement.h"

static bool run(IcStore *store, const char *sql, GError **error)
{
        g_autoptr(IcStatement) statement = ic_statement_get(store, sql, error);

        return statement && ic_statement_run(statement, error);
}

/* Whether another process has written since the last transaction: then what we remember of the
 * database may be wrong. */
static bool notice_others(IcStore *store, GError **error)
{
        g_autoptr(IcStatement) statement = ic_statement_get(store, "PRAGMA data_version", error);
        bool is_row = false;

        if (!statement || !ic_statement_step(statement, &is_row, error))
                return false;

        gint64 version = ic_statement_int(statement, 0);
        if (version != store->data_version)
                ic_channels_forget(store);
        store->data_version = version;
        return true;
}

bool ic_store_begin(IcStore *store, GError **error)
{
        g_return_val_if_fail(sqlite3_get_autocommit(store->db), false);

        /* IMMEDIATE: whoever waits for the lock waits here, where nothing has been done yet. */
        if (!run(store, store->is_read_only ? "BEGIN" : "BEGIN IMMEDIATE", error))
                return false;
        if (!notice_others(store, error)) {
                ic_store_rollback(store);
                return false;
        }
        return true;
}

bool ic_store_commit(IcStore *store, GError **error)
{
        return run(store, "COMMIT", error);
}

void ic_store_rollback(IcStore *store)
{
        /* SQLite itself rolls back after some failures. It also calls ic_channels_forget(). */
        if (!sqlite3_get_autocommit(store->db))
                sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

bool ic_transaction_begin(IcTransaction *transaction, IcStore *store, GError **error)
{
        transaction->own = NULL;
        if (!sqlite3_get_autocommit(store->db))
                return true;
        if (!ic_store_begin(store, error))
                return false;
        transaction->own = store;
        return true;
}

bool ic_transaction_commit(IcTransaction *transaction, GError **error)
{
        if (!transaction->own)
                return true;
        if (!ic_store_commit(transaction->own, error))
                return false;
        transaction->own = NULL;
        return true;
}

void ic_transaction_clear(IcTransaction *transaction)
{
        if (transaction->own)
                ic_store_rollback(transaction->own);
        transaction->own = NULL;
}
