/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The table `read_markers`. */

#include "store/read-marker.h"

#include "store/statement.h"

bool ic_store_read_marker_set(
        IcStore *store, uint32_t server_id, const char *target, gint64 read_at, GError **error)
{
        g_autoptr(IcStatement) set = ic_statement_get(store,
                "INSERT INTO read_markers (server_id, target, read_at) VALUES (?1, ?2, ?3)"
                " ON CONFLICT DO UPDATE SET read_at = max(read_at, excluded.read_at)",
                error);

        if (!set)
                return false;
        if (read_at <= 0)
                return true;
        ic_statement_bind_int(set, 1, server_id);
        ic_statement_bind_text(set, 2, target);
        ic_statement_bind_int(set, 3, read_at);
        return ic_statement_run(set, error);
}

bool ic_store_read_marker_get(
        IcStore *store, uint32_t server_id, const char *target, gint64 *ret_read_at, GError **error)
{
        g_autoptr(IcStatement) get = ic_statement_get(store,
                "SELECT read_at FROM read_markers WHERE server_id = ?1 AND target = ?2", error);
        bool is_row = false;

        if (!get)
                return false;
        ic_statement_bind_int(get, 1, server_id);
        ic_statement_bind_text(get, 2, target);
        if (!ic_statement_step(get, &is_row, error))
                return false;
        *ret_read_at = is_row ? ic_statement_int(get, 0) : 0;
        return true;
}
