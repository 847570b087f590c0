/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The secrets of a connection: bytes that leave the database only by ic_store_credential_get(), and
 * that no error repeats. Removed ones are overwritten in the file (secure_delete). */

#include "base/text.h"
#include "store/servers.h"
#include "store/statement.h"

#define QUOTED_MAX 64

static bool check(const char *name, GBytes *secret, GError **error)
{
        if (!ic_credential_name_is_valid(name)) {
                g_autofree char *quoted = ic_text_quote(name, QUOTED_MAX);
                g_autofree char *names = ic_credential_names();
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "\"%s\" is no credential; there are %s", quoted, names);
                return false;
        }
        if (secret && g_bytes_get_size(secret) > IC_CREDENTIAL_SIZE_MAX) {
                g_set_error(error, IC_ERROR, IC_ERROR_TOO_LONG, "%s has %zu bytes; give at most %d",
                        name, g_bytes_get_size(secret), IC_CREDENTIAL_SIZE_MAX);
                return false;
        }
        return true;
}

bool ic_store_credential_set(
        IcStore *store, uint32_t id, const char *name, GBytes *secret, GError **error)
{
        bool is_removal = !secret || g_bytes_get_size(secret) == 0;

        if (!check(name, secret, error))
                return false;

        g_autoptr(IcStatement) set = ic_statement_get(store,
                is_removal ? "DELETE FROM credentials WHERE server_id = ?1 AND name = ?2"
                           : "INSERT INTO credentials (server_id, name, secret) VALUES (?1, ?2, ?3)"
                             " ON CONFLICT DO UPDATE SET secret = excluded.secret",
                error);
        if (!set)
                return false;
        ic_statement_bind_int(set, 1, id);
        ic_statement_bind_text(set, 2, name);
        if (!is_removal)
                ic_statement_bind_bytes(set, 3, secret);
        return ic_statement_run(set, error);
}

bool ic_store_credential_get(
        IcStore *store, uint32_t id, const char *name, GBytes **ret, GError **error)
{
        g_autoptr(IcStatement) get = ic_statement_get(
                store, "SELECT secret FROM credentials WHERE server_id = ?1 AND name = ?2", error);
        bool is_row = false;

        if (!get || !check(name, NULL, error))
                return false;
        ic_statement_bind_int(get, 1, id);
        ic_statement_bind_text(get, 2, name);
        if (!ic_statement_step(get, &is_row, error))
                return false;
        *ret = is_row ? ic_statement_dup_bytes(get, 0) : NULL;
        return true;
}
