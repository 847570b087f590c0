/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* One tenant's database, irc.db: opening, migrating, transactions. The verbs are beside this file:
 * servers.h, ingest.h, messages.h. Nothing outside of this folder sees SQLite.
 *
 * Every verb works inside the caller's transaction, or in one of its own when none is open. When
 * one fails the caller rolls back; ic_store_error_is_transient() tells whether the same later may
 * succeed (a full or busy disk), in which case nothing is lost by waiting. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

typedef struct IcStore IcStore;

typedef enum {
        IC_STORE_CREATE = 1 << 0, /* make the file when there is none; else that is an error */
        IC_STORE_READ_ONLY = 1 << 1,
} IcStoreFlags;

#define IC_STORE_FILE "irc.db"
/* The longest that a verb waits for another process's transaction. */
#define IC_STORE_BUSY_TIMEOUT_MS 250

/* Opens FOLDER/irc.db, brings its schema up to date (in one transaction, after which user_version
 * is the newest). Errors, each naming file, cause and remedy: STORE_CORRUPT (also: not a database),
 * STORE_SCHEMA (newer than this program), STORE_UNWRITABLE, STORE_FULL, STORE_BUSY,
 * NO_SUCH_SERVER when file or folder is missing and CREATE is not given. The file is mode 0660 less
 * the umask. */
bool ic_store_open(const char *folder, IcStoreFlags flags, IcStore **ret,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ic_store_free(IcStore *store); /* rolls back what is open */

bool ic_store_begin(IcStore *store, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool ic_store_commit(IcStore *store, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Never fails; does nothing outside a transaction. */
void ic_store_rollback(IcStore *store);

/* STORE_FULL, STORE_BUSY and STORE_UNWRITABLE are to be waited out; CORRUPT and SCHEMA are not. */
bool ic_store_error_is_transient(const GError *error);

/* The schema version that this program writes. */
int ic_store_schema_version(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcStore, ic_store_free)
