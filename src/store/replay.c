/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Lines of the past against the rows of their moment, which are read once for all lines of it. */

#include "store/replay.h"

#include <string.h>

#include "base/clock.h"
#include "store/messages.h"

/* What a list of effects may cost, however many rows a server has given the same time: rows of the
 * same moment and rows nearby that are read, and bytes that are held. Beyond it lines are taken for
 * new. */
#define MOMENT_ROWS_MAX 20000
#define NEAR_ROWS_MAX 20000
#define MOMENT_BYTES_MAX (8 * 1024 * 1024)
/* How far our clock, which rows without a time have theirs of, may be from the server's. */
#define CLOCKS_APART (120 * IC_USEC_PER_SEC)

/* The rows of a conversation from one time to another, by their ids (gint64). */
typedef struct {
        bool is_loaded;
        uint32_t server_id;
        gint64 channel_id;
        char *peer;
        gint64 from, to;
        GHashTable *by_msgid; /* char * → gint64 * */
        GHashTable *by_line;  /* char * → GQueue of gint64 *, of which each is taken once */
        gsize bytes;
} Moment;

struct IcReplay {
        IcStore *store;
        GHashTable *used; /* gint64: rows that a line is, or that were added for one */
        guint rows_left, near_rows_left;
        Moment moment;
};

static void free_rows(gpointer rows)
{
        g_queue_free_full(rows, g_free);
}

IcReplay *ic_replay_new(IcStore *store)
{
        IcReplay *replay = g_new0(IcReplay, 1);

        replay->store = store;
        replay->used = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
        replay->rows_left = MOMENT_ROWS_MAX;
        replay->near_rows_left = NEAR_ROWS_MAX;
        replay->moment.by_msgid = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        replay->moment.by_line = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_rows);
        return replay;
}

void ic_replay_forget(IcReplay *replay)
{
        Moment *moment = &replay->moment;

        moment->is_loaded = false;
        moment->bytes = 0;
        g_clear_pointer(&moment->peer, g_free);
        g_hash_table_remove_all(moment->by_msgid);
        g_hash_table_remove_all(moment->by_line);
}

void ic_replay_free(IcReplay *replay)
{
        if (!replay)
                return;
        ic_replay_forget(replay);
        g_hash_table_unref(replay->used);
        g_hash_table_unref(replay->moment.by_msgid);
        g_hash_table_unref(replay->moment.by_line);
        g_free(replay);
}

/* What two lines have in common that are the same. Rows with an id stand apart: two ids that differ
 * tell two lines apart. Neither type nor sender has a newline, as nothing in a line of IRC. */
static char *line_key(bool has_msgid, const char *type, const char *sender, const char *content)
{
        return g_strjoin("\n", has_msgid ? "with" : "without", type, sender, content, NULL);
}

static void add_row(Moment *moment, gint64 id, const char *msgid, char *line)
{
        GQueue *rows = g_hash_table_lookup(moment->by_line, line);

        moment->bytes += strlen(line) + (msgid ? strlen(msgid) : 0);
        if (msgid && !g_hash_table_contains(moment->by_msgid, msgid))
                g_hash_table_insert(moment->by_msgid, g_strdup(msgid), g_memdup2(&id, sizeof(id)));
        if (rows) {
                g_free(line);
        } else {
                rows = g_queue_new();
                g_hash_table_insert(moment->by_line, line, rows);
        }
        g_queue_push_tail(rows, g_memdup2(&id, sizeof(id)));
}

#define MOMENT_ROWS                                                                                \
        "SELECT m.id, m.msgid, m.message_type, m.sender, m.content FROM messages m"                \
        " WHERE m.sent_at BETWEEN ?3 AND ?4 AND "
#define MOMENT_ORDER " ORDER BY m.sent_at, m.id LIMIT ?5"

static bool read_moment(IcReplay *replay, const IcConversation *conversation, GError **error)
{
        Moment *moment = &replay->moment;
        g_autoptr(IcStatement) rows = ic_conversation_select(replay->store, conversation,
                MOMENT_ROWS IC_IN_CHANNEL MOMENT_ORDER, MOMENT_ROWS IC_IN_PRIVATE MOMENT_ORDER,
                error);
        bool is_row = true;

        if (!rows)
                return false;
        ic_statement_bind_int(rows, 3, moment->from);
        ic_statement_bind_int(rows, 4, moment->to);
        ic_statement_bind_int(rows, 5, replay->rows_left);
        while (replay->rows_left > 0 && moment->bytes < MOMENT_BYTES_MAX) {
                if (!ic_statement_step(rows, &is_row, error))
                        return false;
                if (!is_row)
                        break;
                replay->rows_left--;
                const char *msgid = ic_statement_text(rows, 1);
                add_row(moment, ic_statement_int(rows, 0), msgid,
                        line_key(msgid != NULL, ic_statement_text(rows, 2),
                                ic_statement_text(rows, 3), ic_statement_text(rows, 4)));
        }
        return true;
}

static bool is_moment(
        const Moment *moment, const IcConversation *conversation, gint64 from, gint64 to)
{
        if (!moment->is_loaded || moment->from != from || moment->to != to ||
                moment->server_id != conversation->server_id ||
                moment->channel_id != conversation->channel_id)
                return false;
        return conversation->channel_id != 0 || g_strcmp0(moment->peer, conversation->peer) == 0;
}

static bool load_moment(IcReplay *replay, const IcConversation *conversation, gint64 from,
        gint64 to, GError **error)
{
        Moment *moment = &replay->moment;

        if (is_moment(moment, conversation, from, to))
                return true;
        ic_replay_forget(replay);
        moment->server_id = conversation->server_id;
        moment->channel_id = conversation->channel_id;
        moment->peer = g_strdup(conversation->peer);
        moment->from = from;
        moment->to = to;
        moment->is_loaded = true;
        return read_moment(replay, conversation, error);
}

static void use(IcReplay *replay, gint64 id)
{
        g_hash_table_add(replay->used, g_memdup2(&id, sizeof(id)));
}

/* Takes the first row of the same line that no other one is. */
static gint64 take_line(IcReplay *replay, const IrcEffect *effect, bool has_msgid)
{
        g_autofree char *line = line_key(has_msgid, irc_message_type_name(effect->message.type),
                effect->message.sender, effect->message.content ?: "");
        GQueue *rows = g_hash_table_lookup(replay->moment.by_line, line);

        while (rows && rows->length > 0) {
                g_autofree gint64 *id = g_queue_pop_head(rows);

                if (!g_hash_table_contains(replay->used, id))
                        return *id;
        }
        return 0;
}

static gint64 find_line(IcReplay *replay, const IrcEffect *effect)
{
        gint64 id = take_line(replay, effect, false);

        return id != 0 || effect->message.msgid ? id : take_line(replay, effect, true);
}

/* Further lines with this id are the same row. */
static void remember_msgid(
        IcReplay *replay, const IcConversation *conversation, const IrcEffect *effect, gint64 id)
{
        Moment *moment = &replay->moment;
        const char *msgid = effect->message.msgid;
        gint64 at = effect->message.sent_at;

        if (!msgid || !is_moment(moment, conversation, moment->from, moment->to) ||
                at < moment->from || at > moment->to ||
                g_hash_table_contains(moment->by_msgid, msgid))
                return;
        moment->bytes += strlen(msgid);
        g_hash_table_insert(moment->by_msgid, g_strdup(msgid), g_memdup2(&id, sizeof(id)));
}

static bool find_in_moment(IcReplay *replay, const IcConversation *conversation,
        const IrcEffect *effect, gint64 from, gint64 to, gint64 *ret_id, GError **error)
{
        const gint64 *same;

        if (!load_moment(replay, conversation, from, to, error))
                return false;
        same = effect->message.msgid
                       ? g_hash_table_lookup(replay->moment.by_msgid, effect->message.msgid)
                       : NULL;
        *ret_id = same ? *same : find_line(replay, effect);
        return true;
}

/* Whether the last row by then has no time of the server's: only then may the line's row be found
 * by our clock. What we said may have none anywhere. */
#define LAST_ROW                                                                                   \
        "SELECT m.sent_at = m.received_at AND m.msgid IS NOT NULL FROM messages m"                 \
        " WHERE m.sent_at <= ?3 AND "
#define LAST_ORDER " ORDER BY " IC_NEWEST_FIRST " LIMIT 1"

static bool is_near(IcReplay *replay, const IcConversation *conversation, const IrcEffect *effect,
        bool *ret, GError **error)
{
        bool is_row = false;

        *ret = effect->message.is_self;
        if (*ret || !effect->message.msgid)
                return true;

        g_autoptr(IcStatement) last = ic_conversation_select(replay->store, conversation,
                LAST_ROW IC_IN_CHANNEL LAST_ORDER, LAST_ROW IC_IN_PRIVATE LAST_ORDER, error);
        if (!last)
                return false;
        ic_statement_bind_int(last, 3, effect->message.sent_at + CLOCKS_APART);
        if (!ic_statement_step(last, &is_row, error))
                return false;
        *ret = is_row && ic_statement_int(last, 0) != 0;
        return true;
}

/* The rows around a time, of which those count that have theirs of our clock. */
#define NEAR_ROWS                                                                                  \
        "SELECT m.id, m.sent_at, m.sent_at = m.received_at, m.msgid,"                              \
        " m.is_self AND m.delivery IS '" IC_DELIVERY_UNCONFIRMED "', m.message_type, m.content"    \
        " FROM messages m WHERE m.sent_at BETWEEN ?3 - ?4 AND ?3 + ?4 AND "
#define NEAR_ORDER " ORDER BY m.sent_at, m.id"

static bool is_same_row(IcStatement *row, const IrcEffect *effect)
{
        const char *type = irc_message_type_name(effect->message.type);
        const char *msgid = ic_statement_text(row, 3);

        if (ic_statement_int(row, 2) == 0)
                return false;
        if (msgid)
                return g_strcmp0(msgid, effect->message.msgid) == 0;
        return effect->message.is_self && ic_statement_int(row, 4) != 0 &&
               g_strcmp0(ic_statement_text(row, 5), type) == 0 &&
               g_strcmp0(ic_statement_text(row, 6), effect->message.content ?: "") == 0;
}

/* The nearest one: what was said again and again is told in its order, or backwards. */
static bool find_near(IcReplay *replay, const IcConversation *conversation, const IrcEffect *effect,
        gint64 *ret_id, GError **error)
{
        g_autoptr(IcStatement) rows = ic_conversation_select(replay->store, conversation,
                NEAR_ROWS IC_IN_CHANNEL NEAR_ORDER, NEAR_ROWS IC_IN_PRIVATE NEAR_ORDER, error);
        gint64 at = effect->message.sent_at, nearest = G_MAXINT64;
        bool is_row = false;

        if (!rows)
                return false;
        ic_statement_bind_int(rows, 3, at);
        ic_statement_bind_int(rows, 4, CLOCKS_APART);
        for (; replay->near_rows_left > 0; replay->near_rows_left--) {
                gint64 distance;

                if (!ic_statement_step(rows, &is_row, error))
                        return false;
                if (!is_row)
                        break;
                distance = ABS(ic_statement_int(rows, 1) - at);
                if (distance < nearest && is_same_row(rows, effect)) {
                        nearest = distance;
                        *ret_id = ic_statement_int(rows, 0);
                }
        }
        return true;
}

static bool find(IcReplay *replay, const IcConversation *conversation, const IrcEffect *effect,
        gint64 *ret_id, GError **error)
{
        gint64 at = effect->message.sent_at;
        bool is_by_clock = false;

        if (at == 0)
                return true;
        if (!find_in_moment(replay, conversation, effect, at, at, ret_id, error))
                return false;
        if (*ret_id != 0 || !is_near(replay, conversation, effect, &is_by_clock, error))
                return *ret_id != 0;
        if (is_by_clock && !find_near(replay, conversation, effect, ret_id, error))
                return false;
        if (*ret_id == 0 && at % IC_USEC_PER_SEC == 0)
                return find_in_moment(
                        replay, conversation, effect, at, at + IC_USEC_PER_SEC - 1, ret_id, error);
        return true;
}

/* A time that the row got from its server stays. */
static bool complete(IcReplay *replay, gint64 id, const IrcEffect *effect, GError **error)
{
        g_autoptr(IcStatement) complete = ic_statement_get(replay->store,
                "UPDATE messages SET msgid = ifnull(msgid, ?2), delivery = NULL,"
                " sent_at = iif(?3 <> 0 AND (sent_at = received_at OR delivery IS NOT NULL),"
                "  ?3, sent_at)"
                " WHERE id = ?1 AND (msgid IS NULL OR delivery IS NOT NULL"
                "  OR sent_at = received_at)",
                error);

        if (!complete)
                return false;
        ic_statement_bind_int(complete, 1, id);
        ic_statement_bind_text(complete, 2, effect->message.msgid);
        ic_statement_bind_int(complete, 3, effect->message.sent_at);
        return ic_statement_run(complete, error);
}

bool ic_replay_find(IcReplay *replay, const IcConversation *conversation, const IrcEffect *effect,
        bool *ret_is_known, GError **error)
{
        gint64 id = 0;

        if (!find(replay, conversation, effect, &id, error))
                return false;
        *ret_is_known = id != 0;
        if (id == 0)
                return true;
        use(replay, id);
        remember_msgid(replay, conversation, effect, id);
        return complete(replay, id, effect, error);
}

void ic_replay_note(IcReplay *replay, const IcConversation *conversation, const IrcEffect *effect)
{
        use(replay, effect->message.row_id);
        remember_msgid(replay, conversation, effect, effect->message.row_id);
}
