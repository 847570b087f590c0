/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The channels that a resumed client is in, and their members. */

#include "store/ingest.h"
#include "store/statement.h"

static bool foreach_channel(IcStore *store, uint32_t server_id, IcStoredChannelFunc on_channel,
        gpointer user_data, GError **error)
{
        g_autoptr(IcStatement) list = ic_statement_get(store,
                "SELECT name, topic FROM channels WHERE server_id = ?1 AND joined ORDER BY id",
                error);
        bool is_row = false, is_ok;

        if (!list)
                return false;
        ic_statement_bind_int(list, 1, server_id);
        while ((is_ok = ic_statement_step(list, &is_row, error)) && is_row)
                on_channel(ic_statement_text(list, 0), ic_statement_text(list, 1), user_data);
        return is_ok;
}

static bool foreach_member(IcStore *store, uint32_t server_id, IcStoredMemberFunc on_member,
        gpointer user_data, GError **error)
{
        g_autoptr(IcStatement) list = ic_statement_get(store,
                "SELECT c.name, u.nickname, u.account, u.prefixes"
                " FROM channels c JOIN channel_users u ON u.channel_id = c.id"
                " WHERE c.server_id = ?1 AND c.joined ORDER BY c.id, u.nickname",
                error);
        bool is_row = false, is_ok;

        if (!list)
                return false;
        ic_statement_bind_int(list, 1, server_id);
        while ((is_ok = ic_statement_step(list, &is_row, error)) && is_row)
                on_member(ic_statement_text(list, 0), ic_statement_text(list, 1),
                        ic_statement_text(list, 2), ic_statement_text(list, 3), user_data);
        return is_ok;
}

bool ic_store_foreach_joined(IcStore *store, uint32_t server_id, IcStoredChannelFunc on_channel,
        IcStoredMemberFunc on_member, gpointer user_data, GError **error)
{
        return foreach_channel(store, server_id, on_channel, user_data, error) &&
               foreach_member(store, server_id, on_member, user_data, error);
}
