/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What the files of this folder share: the open database, its transactions and its errors. */

#pragma once

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>

#include "store/store.h"

struct IcStore {
        sqlite3 *db;
        char *path;
        bool is_read_only;
        GHashTable *statements;  /* see statement.h */
        GHashTable *channel_ids; /* see channels.h */
        gint64 data_version;     /* of the database when `channel_ids` was right */
};

/* As ic_store_open(), with other migrations than the program's: for tests. */
bool ic_store_open_with(const char *folder, IcStoreFlags flags, const char *const *migrations,
        int migrations_count, IcStore **ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The failure that SQLite met last on this connection, in our classes and in words. Always answers
 * false. */
bool ic_store_fail(IcStore *store, GError **error);

/* Runs statements that answer nothing. */
bool ic_store_execute(IcStore *store, const char *sql, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The part of a verb that must be done wholly or not at all: in the caller's transaction, or in one
 * of its own that is rolled back unless committed. */
typedef struct {
        IcStore *own; /* NULL: the caller's, or over */
} IcTransaction;

bool ic_transaction_begin(
        IcTransaction *transaction, IcStore *store, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool ic_transaction_commit(IcTransaction *transaction, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ic_transaction_clear(IcTransaction *transaction);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IcTransaction, ic_transaction_clear)
