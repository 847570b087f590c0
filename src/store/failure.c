/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The failures of SQLite in the classes of irc-conn, with file, cause and remedy in words. */

#include <errno.h>

#include "store/database.h"

static bool is_out_of_room(int errnum)
{
        return errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG;
}

static IcError classify_io(int extended, int errnum)
{
        switch (extended) {
        case SQLITE_IOERR_SHORT_READ:
        case SQLITE_IOERR_CORRUPTFS:
        case SQLITE_IOERR_DATA:
                return IC_ERROR_STORE_CORRUPT;
        case SQLITE_IOERR_NOMEM:
                return IC_ERROR_FAILED;
        default:
                return is_out_of_room(errnum) ? IC_ERROR_STORE_FULL : IC_ERROR_STORE_UNWRITABLE;
        }
}

static IcError classify(int extended, int errnum)
{
        switch (extended & 0xff) {
        case SQLITE_FULL:
                return IC_ERROR_STORE_FULL;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
                return IC_ERROR_STORE_BUSY;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
                return IC_ERROR_STORE_CORRUPT;
        case SQLITE_READONLY:
        case SQLITE_PERM:
                return IC_ERROR_STORE_UNWRITABLE;
        case SQLITE_CANTOPEN:
        case SQLITE_IOERR:
                return classify_io(extended, errnum);
        case SQLITE_CONSTRAINT:
                /* Every foreign key leads to a row of `servers`. */
                return extended == SQLITE_CONSTRAINT_FOREIGNKEY ? IC_ERROR_NO_SUCH_SERVER
                                                                : IC_ERROR_FAILED;
        default:
                return IC_ERROR_FAILED;
        }
}

bool ic_store_fail(IcStore *store, GError **error)
{
        int extended = sqlite3_extended_errcode(store->db);
        int primary = extended & 0xff;
        /* Of other failures it would be that of an earlier call. */
        int errnum = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN
                             ? sqlite3_system_errno(store->db)
                             : 0;
        IcError code = classify(extended, errnum);
        const char *remedy = ic_error_remedy(code);

        g_set_error(error, IC_ERROR, code, "%s: %s%s%s%s%s%s", store->path,
                code == IC_ERROR_NO_SUCH_SERVER ? "the connection is not in this database"
                                                : sqlite3_errmsg(store->db),
                errnum ? " (" : "", errnum ? g_strerror(errnum) : "", errnum ? ")" : "",
                remedy ? ". " : "", remedy ? remedy : "");
        return false;
}

bool ic_store_error_is_transient(const GError *error)
{
        return g_error_matches(error, IC_ERROR, IC_ERROR_STORE_FULL) ||
               g_error_matches(error, IC_ERROR, IC_ERROR_STORE_BUSY) ||
               g_error_matches(error, IC_ERROR, IC_ERROR_STORE_UNWRITABLE);
}
