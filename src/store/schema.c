/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* From one version of the schema to the next; the SQL is in schema/. */

#include "store/schema.h"

#include "store/statement.h"

/* clang-format off */
static const char version_1[] =
#include "schema-1.inc"
        ;
static const char version_2[] =
#include "schema-2.inc"
        ;
/* clang-format on */

static const char *const migrations[] = {
        version_1,
        version_2,
};

const char *const *ic_schema_migrations(int *ret_count)
{
        *ret_count = G_N_ELEMENTS(migrations);
        return migrations;
}

int ic_store_schema_version(void)
{
        return G_N_ELEMENTS(migrations);
}

static bool read_number(IcStore *store, const char *sql, gint64 *ret, GError **error)
{
        g_autoptr(IcStatement) statement = ic_statement_new(store, sql, error);
        bool is_row = false;

        if (!statement || !ic_statement_step(statement, &is_row, error))
                return false;
        *ret = ic_statement_int(statement, 0);
        return true;
}

static bool fail(IcStore *store, IcError code, const char *cause, GError **error)
{
        g_set_error(error, IC_ERROR, code, "%s: %s. %s", store->path, cause, ic_error_remedy(code));
        return false;
}

/* A file without a version is ours only while it is empty. */
static bool check_empty(IcStore *store, GError **error)
{
        gint64 objects = 0;

        if (!read_number(store, "SELECT count(*) FROM sqlite_schema", &objects, error))
                return false;
        if (objects > 0)
                return fail(
                        store, IC_ERROR_STORE_CORRUPT, "this is another program's database", error);
        return true;
}

static bool check_version(IcStore *store, int count, GError **error)
{
        gint64 version = 0, application = 0;

        if (!read_number(store, "PRAGMA user_version", &version, error) ||
                !read_number(store, "PRAGMA application_id", &application, error))
                return false;
        if (version == 0)
                return check_empty(store, error);
        if (application != IC_SCHEMA_APPLICATION_ID)
                return fail(
                        store, IC_ERROR_STORE_CORRUPT, "this is another program's database", error);
        if (version > count) {
                g_autofree char *cause =
                        g_strdup_printf("its schema has version %" G_GINT64_FORMAT
                                        ", and this program knows no newer one than %d",
                                version, count);
                return fail(store, IC_ERROR_STORE_SCHEMA, cause, error);
        }
        return true;
}

bool ic_schema_check(IcStore *store, int count, GError **error)
{
        /* All of one moment: another process may just be making the schema. */
        if (!ic_store_execute(store, "BEGIN", error))
                return false;
        bool is_fit = check_version(store, count, error);
        ic_store_rollback(store);
        return is_fit;
}

static bool apply(IcStore *store, const char *const *steps, gint64 from, int to, GError **error)
{
        g_autofree char *mark =
                g_strdup_printf("PRAGMA application_id = %d; PRAGMA user_version = %d",
                        IC_SCHEMA_APPLICATION_ID, to);

        for (gint64 i = from; i < to; i++)
                if (!ic_store_execute(store, steps[i], error)) {
                        g_prefix_error(error,
                                "cannot bring the schema from version %" G_GINT64_FORMAT
                                " to %" G_GINT64_FORMAT ": ",
                                i, i + 1);
                        return false;
                }
        return ic_store_execute(store, mark, error);
}

bool ic_schema_migrate(IcStore *store, const char *const *steps, int count, GError **error)
{
        gint64 version = 0;

        if (!read_number(store, "PRAGMA user_version", &version, error))
                return false;
        if (version == count)
                return true;
        if (store->is_read_only) {
                g_set_error(error, IC_ERROR, IC_ERROR_STORE_SCHEMA,
                        "%s: its schema is older than this program's and cannot be brought up to "
                        "date by reading only. Start the connection once, or open it for writing.",
                        store->path);
                return false;
        }

        g_auto(IcTransaction) transaction = {0};
        if (!ic_transaction_begin(&transaction, store, error) ||
                !read_number(store, "PRAGMA user_version", &version, error))
                return false; /* read again: another process may have been faster */
        if (!apply(store, steps, version, count, error))
                return false;
        return ic_transaction_commit(&transaction, error);
}
