/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Opening and closing irc.db. Nothing is written before the file has shown to be ours and sound. */

#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptor.h"
#include "store/channels.h"
#include "store/database.h"
#include "store/schema.h"
#include "store/statement.h"

#define FILE_MODE 0660 /* less the umask */

/* A database of up to so many pages is checked whole when it is opened (some milliseconds), a
 * larger one only where it is cheap. */
#define CHECK_PAGES_MAX 256

#define WAL_RETRY_USEC (5 * IC_USEC_PER_MSEC)

/* The write-ahead log is copied back after so many pages (8 MB), and never stays larger on disk.
 * The page cache is small: a machine may run many connections. */
static const char settings[] = "PRAGMA synchronous = NORMAL;"
                               "PRAGMA wal_autocheckpoint = 2000;"
                               "PRAGMA journal_size_limit = 16777216;"
                               "PRAGMA cache_size = -1024;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA secure_delete = ON;" /* for the credentials */
                               "PRAGMA foreign_keys = ON;";

static bool fail_errno(const char *path, IcError code, const char *what, GError **error)
{
        int errnum = errno;

        g_set_error(error, IC_ERROR, code, "%s: %s: %s. %s", path, what, g_strerror(errnum),
                ic_error_remedy(code));
        return false;
}

static IcError class_of_errno(int errnum)
{
        return errnum == ENOSPC || errnum == EDQUOT ? IC_ERROR_STORE_FULL
                                                    : IC_ERROR_STORE_UNWRITABLE;
}

/* SQLite would make the file with mode 0644. An existing file is not opened here: closing it would
 * drop the locks that this process may hold on it by another IcStore. */
static bool create_file(const char *path, GError **error)
{
        g_auto(IcFd) fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

        if (fd < 0 && errno != EEXIST)
                return fail_errno(path, class_of_errno(errno), "cannot be made", error);
        return true;
}

static bool check_exists(const char *path, GError **error)
{
        struct stat st;

        if (stat(path, &st) < 0) {
                if (errno == ENOENT || errno == ENOTDIR)
                        return fail_errno(path, IC_ERROR_NO_SUCH_SERVER, "no database", error);
                return fail_errno(path, IC_ERROR_STORE_UNWRITABLE, "cannot be reached", error);
        }
        if (!S_ISREG(st.st_mode)) {
                g_set_error(error, IC_ERROR, IC_ERROR_STORE_CORRUPT, "%s: this is no file. %s",
                        path, ic_error_remedy(IC_ERROR_STORE_CORRUPT));
                return false;
        }
        return true;
}

static bool open_database(IcStore *store, GError **error)
{
        int how = store->is_read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
        int result = sqlite3_open_v2(
                store->path, &store->db, how | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

        if (!store->db) {
                g_set_error(error, IC_ERROR, IC_ERROR_FAILED, "%s: %s", store->path,
                        sqlite3_errstr(result));
                return false;
        }
        if (result != SQLITE_OK)
                return ic_store_fail(store, error);
        /* Where a file may not be written, SQLite opens it for reading. */
        if (!store->is_read_only && sqlite3_db_readonly(store->db, "main") == 1) {
                if (faccessat(AT_FDCWD, store->path, W_OK, AT_EACCESS) == 0)
                        errno = EACCES;
                return fail_errno(
                        store->path, IC_ERROR_STORE_UNWRITABLE, "cannot be written", error);
        }

        sqlite3_busy_timeout(store->db, IC_STORE_BUSY_TIMEOUT_MS);
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
        /* Until it is known to be sound. */
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        return ic_store_execute(store, "PRAGMA cell_size_check = ON", error);
}

bool ic_store_execute(IcStore *store, const char *sql, GError **error)
{
        if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
                return ic_store_fail(store, error);
        return true;
}

/* One of SQLite's checks; its first row is "ok" or the first damage. */
static bool quick_check(IcStore *store, const char *sql, GError **error)
{
        g_autoptr(IcStatement) statement = ic_statement_new(store, sql, error);
        bool is_row = false;

        if (!statement || !ic_statement_step(statement, &is_row, error))
                return false;

        const char *finding = is_row ? ic_statement_text(statement, 0) : "ok";
        if (g_strcmp0(finding, "ok") == 0)
                return true;

        /* It comes after a line that names the database. */
        const char *line = strrchr(finding, '\n');
        g_set_error(error, IC_ERROR, IC_ERROR_STORE_CORRUPT, "%s: the database is damaged: %s. %s",
                store->path, line ? line + 1 : finding, ic_error_remedy(IC_ERROR_STORE_CORRUPT));
        return false;
}

static bool check_soundness(IcStore *store, GError **error)
{
        /* Where damage would stop all work; and the end of the large table, which is only read. */
        static const char *const checks[] = {
                "PRAGMA quick_check(servers)",
                "PRAGMA quick_check(channels)",
                "PRAGMA quick_check(links)",
                "PRAGMA quick_check(link_sessions)",
                "PRAGMA quick_check(credentials)",
                "SELECT iif(max(id), 'ok', 'ok') FROM messages",
        };
        g_autoptr(IcStatement) pages = ic_statement_new(store, "PRAGMA page_count", error);
        bool is_row = false;

        if (!pages || !ic_statement_step(pages, &is_row, error))
                return false;
        if (ic_statement_int(pages, 0) <= CHECK_PAGES_MAX)
                return quick_check(store, "PRAGMA quick_check(1)", error);
        for (gsize i = 0; i < G_N_ELEMENTS(checks); i++)
                if (!quick_check(store, checks[i], error))
                        return false;
        return true;
}

static bool try_wal(IcStore *store, GError **error)
{
        g_autoptr(IcStatement) statement =
                ic_statement_new(store, "PRAGMA journal_mode = WAL", error);
        bool is_row = false;

        if (!statement || !ic_statement_step(statement, &is_row, error))
                return false;
        if (g_strcmp0(ic_statement_text(statement, 0), "wal") == 0)
                return true;
        g_set_error(error, IC_ERROR, IC_ERROR_STORE_UNWRITABLE,
                "%s: this file system cannot share memory between processes, which a write-ahead "
                "log needs. Keep the database on a local file system.",
                store->path);
        return false;
}

/* SQLite does not wait by itself while two processes make a new file a write-ahead log at once. */
static bool set_wal(IcStore *store, GError **error)
{
        gint64 deadline = ic_now_monotonic() + IC_STORE_BUSY_TIMEOUT_MS * IC_USEC_PER_MSEC;

        for (;;) {
                g_autoptr(GError) local = NULL;

                if (try_wal(store, &local))
                        return true;
                if (!g_error_matches(local, IC_ERROR, IC_ERROR_STORE_BUSY) ||
                        ic_now_monotonic() >= deadline) {
                        g_propagate_error(error, g_steal_pointer(&local));
                        return false;
                }
                g_usleep(WAL_RETRY_USEC);
        }
}

static bool prepare(
        IcStore *store, const char *const *migrations, int migrations_count, GError **error)
{
        if (!open_database(store, error) || !ic_schema_check(store, migrations_count, error) ||
                !check_soundness(store, error))
                return false;
        if (!store->is_read_only && !set_wal(store, error))
                return false;
        if (!ic_schema_migrate(store, migrations, migrations_count, error))
                return false;
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
        return ic_store_execute(store, settings, error);
}

static void on_rollback(gpointer store)
{
        ic_channels_forget(store);
}

bool ic_store_open_with(const char *folder, IcStoreFlags flags, const char *const *migrations,
        int migrations_count, IcStore **ret, GError **error)
{
        g_autoptr(IcStore) store = g_new0(IcStore, 1);

        store->path = g_build_filename(folder, IC_STORE_FILE, NULL);
        store->is_read_only = (flags & IC_STORE_READ_ONLY) != 0;
        store->statements =
                g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) ic_statement_free);
        store->channel_ids = ic_channels_cache_new();

        if ((flags & IC_STORE_CREATE) && !store->is_read_only && !create_file(store->path, error))
                return false;
        if (!check_exists(store->path, error) ||
                !prepare(store, migrations, migrations_count, error))
                return false;
        sqlite3_rollback_hook(store->db, on_rollback, store);
        *ret = g_steal_pointer(&store);
        return true;
}

bool ic_store_open(const char *folder, IcStoreFlags flags, IcStore **ret, GError **error)
{
        int count = 0;
        const char *const *migrations = ic_schema_migrations(&count);

        return ic_store_open_with(folder, flags, migrations, count, ret, error);
}

void ic_store_free(IcStore *store)
{
        if (!store)
                return;
        if (store->db)
                ic_store_rollback(store);
        g_clear_pointer(&store->statements, g_hash_table_unref);
        if (store->db)
                sqlite3_rollback_hook(store->db, NULL, NULL);
        g_clear_pointer(&store->channel_ids, g_hash_table_unref);
        sqlite3_close(store->db);
        g_free(store->path);
        g_free(store);
}
