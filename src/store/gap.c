/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The table `history_gaps`. */

#include "store/gap.h"

#include "base/clock.h"
#include "store/conversation.h"

/* Rows that are looked at for one that was received before: more than come between a link's
 * beginning and the fetching. Of the whole server's so many of each channel and conversation. */
#define ROWS_MAX 20000
#define SEEN_ROWS_MAX "200"
/* Rows received before that are looked at for one with an id, and for one that is confirmed. */
#define POINT_ROWS_MAX 1000
/* By how much a server's clock may be ahead of ours before fetching begins earlier than needed. */
#define CLOCKS_APART (300 * IC_USEC_PER_SEC)
/* Private conversations that are asked for their newest row; with more of them, fetching begins
 * earlier than needed. */
#define PEERS_MAX "10000"

void ic_gap_point_clear(IcGapPoint *point)
{
        g_clear_pointer(&point->msgid, g_free);
}

static gint64 latest_time(gint64 before)
{
        return before > G_MAXINT64 - CLOCKS_APART ? G_MAXINT64 : before + CLOCKS_APART;
}

#define POINT_ROWS                                                                                 \
        "SELECT sent_at, msgid, delivery IS NULL FROM (SELECT m.sent_at, m.msgid, m.delivery,"     \
        " m.received_at FROM messages m WHERE m.sent_at <= ?4 AND "
#define POINT_ORDER " ORDER BY " IC_NEWEST_FIRST " LIMIT ?5) WHERE received_at < ?3 LIMIT ?6"

/* The time of the newest row that the server confirmed, or of the newest one; the id of the newest
 * that has one. */
static bool read_point(IcStatement *rows, IcGapPoint *ret, bool *ret_is_found, GError **error)
{
        bool is_row = false, is_confirmed = false, is_ok;

        while (!ret->msgid && (is_ok = ic_statement_step(rows, &is_row, error)) && is_row) {
                bool is_better = !is_confirmed && ic_statement_int(rows, 2) != 0;

                if (!*ret_is_found || is_better)
                        ret->sent_at = ic_statement_int(rows, 0);
                *ret_is_found = true;
                is_confirmed |= is_better;
                ret->msgid = ic_statement_dup_text(rows, 1);
        }
        return ret->msgid || is_ok;
}

static bool newest_row(IcStore *store, uint32_t server_id, const char *target, gint64 before,
        IcGapPoint *ret, bool *ret_is_found, GError **error)
{
        IcConversation conversation = {0};

        if (!ic_conversation_find(store, server_id, target, &conversation, error))
                return false;

        g_autoptr(IcStatement) rows = ic_conversation_select(store, &conversation,
                POINT_ROWS IC_IN_CHANNEL POINT_ORDER, POINT_ROWS IC_IN_PRIVATE POINT_ORDER, error);
        if (!rows)
                return false;
        ic_statement_bind_int(rows, 3, before);
        ic_statement_bind_int(rows, 4, latest_time(before));
        ic_statement_bind_int(rows, 5, ROWS_MAX);
        ic_statement_bind_int(rows, 6, POINT_ROWS_MAX);
        return read_point(rows, ret, ret_is_found, error);
}

static bool whole_server(IcStore *store, uint32_t server_id, gint64 before, IcGapPoint *ret,
        bool *ret_is_found, GError **error)
{
        if (!ic_store_last_seen(store, server_id, before, &ret->sent_at, error))
                return false;
        *ret_is_found = ret->sent_at != 0;
        return true;
}

static bool read_gap(IcStore *store, uint32_t server_id, const char *target, IcGapPoint *ret,
        bool *ret_is_found, GError **error)
{
        g_autoptr(IcStatement) read = ic_statement_get(store,
                "SELECT msgid, sent_at FROM history_gaps WHERE server_id = ?1 AND target = ?2",
                error);

        if (!read)
                return false;
        ic_statement_bind_int(read, 1, server_id);
        ic_statement_bind_text(read, 2, target);
        if (!ic_statement_step(read, ret_is_found, error))
                return false;
        if (*ret_is_found) {
                ret->msgid = ic_statement_dup_text(read, 0);
                ret->sent_at = ic_statement_int(read, 1);
        }
        return true;
}

static bool write_gap(IcStore *store, uint32_t server_id, const char *target,
        const IcGapPoint *point, GError **error)
{
        g_autoptr(IcStatement) write = ic_statement_get(store,
                "INSERT INTO history_gaps (server_id, target, msgid, sent_at)"
                " VALUES (?1, ?2, ?3, ?4)",
                error);

        if (!write)
                return false;
        ic_statement_bind_int(write, 1, server_id);
        ic_statement_bind_text(write, 2, target);
        ic_statement_bind_text(write, 3, point->msgid);
        ic_statement_bind_int(write, 4, point->sent_at);
        return ic_statement_run(write, error);
}

static bool find_point(IcStore *store, uint32_t server_id, const char *target, gint64 before,
        IcGapPoint *ret, bool *ret_is_found, GError **error)
{
        if (target[0] == '\0')
                return whole_server(store, server_id, before, ret, ret_is_found, error);
        return newest_row(store, server_id, target, before, ret, ret_is_found, error);
}

bool ic_store_gap_open(IcStore *store, uint32_t server_id, const char *target, gint64 before,
        IcGapPoint *ret_point, bool *ret_is_found, GError **error)
{
        g_auto(IcTransaction) transaction = {0};
        g_auto(IcGapPoint) point = {0};

        *ret_is_found = false;
        if (!ic_transaction_begin(&transaction, store, error) ||
                !read_gap(store, server_id, target, &point, ret_is_found, error))
                return false;
        if (!*ret_is_found) {
                if (!find_point(store, server_id, target, before, &point, ret_is_found, error))
                        return false;
                if (*ret_is_found && !write_gap(store, server_id, target, &point, error))
                        return false;
        }
        if (!ic_transaction_commit(&transaction, error))
                return false;
        *ret_point = point;
        point.msgid = NULL;
        return true;
}

bool ic_store_gap_close(IcStore *store, uint32_t server_id, const char *target, GError **error)
{
        g_autoptr(IcStatement) close = ic_statement_get(
                store, "DELETE FROM history_gaps WHERE server_id = ?1 AND target = ?2", error);

        if (!close)
                return false;
        ic_statement_bind_int(close, 1, server_id);
        ic_statement_bind_text(close, 2, target);
        return ic_statement_run(close, error);
}

/* The newest row of each channel and of each conversation. */
#define SEEN_ROWS                                                                                  \
        "(SELECT sent_at FROM (SELECT m.sent_at, m.received_at, m.delivery FROM messages m"        \
        " WHERE m.sent_at <= ?3 AND "
#define SEEN_ORDER                                                                                 \
        " ORDER BY m.sent_at DESC LIMIT " SEEN_ROWS_MAX ")"                                        \
        " WHERE received_at < ?2 AND delivery IS NULL LIMIT 1)"
#define LAST_SEEN                                                                                  \
        "WITH RECURSIVE " IC_PEERS " LIMIT " PEERS_MAX ")"                                         \
        " SELECT max(at) FROM (SELECT " SEEN_ROWS "m.channel_id = c.id" SEEN_ORDER " AS at"        \
        "  FROM channels c WHERE c.server_id = ?1"                                                 \
        " UNION ALL SELECT " SEEN_ROWS "m.server_id = ?1 AND m.channel_id IS NULL"                 \
        "  AND " IC_PEER " = peers.name" SEEN_ORDER " FROM peers)"

bool ic_store_last_seen(
        IcStore *store, uint32_t server_id, gint64 before, gint64 *ret_time, GError **error)
{
        g_autoptr(IcStatement) seen = ic_statement_get(store, LAST_SEEN, error);
        bool is_row = false;

        if (!seen)
                return false;
        ic_statement_bind_int(seen, 1, server_id);
        ic_statement_bind_int(seen, 2, before);
        ic_statement_bind_int(seen, 3, latest_time(before));
        if (!ic_statement_step(seen, &is_row, error))
                return false;
        *ret_time = is_row ? ic_statement_int(seen, 0) : 0;
        return true;
}

bool ic_store_gap_foreach(
        IcStore *store, uint32_t server_id, IcGapFunc func, gpointer user_data, GError **error)
{
        g_autoptr(IcStatement) read = ic_statement_get(store,
                "SELECT target, msgid, sent_at FROM history_gaps WHERE server_id = ?1", error);
        bool is_row = false;

        if (!read)
                return false;
        ic_statement_bind_int(read, 1, server_id);
        while (ic_statement_step(read, &is_row, error)) {
                g_auto(IcGapPoint) point = {0};

                if (!is_row)
                        return true;
                point = (IcGapPoint){ic_statement_dup_text(read, 1), ic_statement_int(read, 2)};
                func(ic_statement_text(read, 0), &point, user_data);
        }
        return false;
}
