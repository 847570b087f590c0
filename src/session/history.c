/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What was said while we were away, fetched from servers that keep it (draft/chathistory).
 *
 *   a gap begins               | what is asked                    | it is closed
 *   ---------------------------+----------------------------------+-------------------------------
 *   welcome                    | who spoke to us since (TARGETS)  | all who did are fetched
 *   a channel is joined        | the lines after the last we have | the server has no more
 *   somebody spoke to us since | likewise                         | likewise
 *
 * A gap is in the database from its beginning, in the transaction that stores what it begins with,
 * until it is closed: a link that ends meanwhile leaves it to the next one. What is fetched twice
 * is stored once. */

#include "base/text.h"
#include "session/session-private.h"
#include "store/gap.h"

/* In the place of a target: everybody, to the store and to the protocol core. */
#define ANYBODY ""
#define ALL_TARGETS "*"
/* So many people are asked for at once; a server may name as many as it likes. */
#define PEOPLE_MAX 2000
/* Channels that were left on this link, and when is remembered. */
#define LEFT_MAX 1000

typedef struct {
        char *target;
        IcGapPoint point;
} Gap;

static void gap_free(gpointer data)
{
        Gap *gap = data;

        g_free(gap->target);
        ic_gap_point_clear(&gap->point);
        g_free(gap);
}

static bool can_fetch(const IcSession *session)
{
        return irc_client_has_cap(session->client, "draft/chathistory");
}

void session_forget_gaps(IcSession *session)
{
        g_clear_pointer(&session->gaps, g_ptr_array_unref);
}

static void add_gap(IcSession *session, const char *target, IcGapPoint *point)
{
        Gap *gap = g_new(Gap, 1);

        *gap = (Gap){g_strdup(target), *point};
        *point = (IcGapPoint){0};
        if (!session->gaps)
                session->gaps = g_ptr_array_new_with_free_func(gap_free);
        g_ptr_array_add(session->gaps, gap);
}

/* Where nothing was ever stored, nothing is missing. */
static bool open_gap(IcSession *session, const char *target, gint64 before, GError **error)
{
        g_auto(IcGapPoint) point = {0};
        bool is_found;

        if (!ic_store_gap_open(
                    session->store, session->id, target, before, &point, &is_found, error))
                return false;
        if (is_found)
                add_gap(session, target, &point);
        return true;
}

/* Who speaks to us for the first time has no gap: his words are missing since the last that we know
 * of anybody's. Channels are asked for when they are joined. */
static bool open_for_person(IcSession *session, const char *nickname, GError **error)
{
        const IrcIsupport *isupport = irc_client_get_isupport(session->client);
        gint64 before = session->linked_at;
        g_auto(IcGapPoint) point = {0};
        bool is_found;

        if (irc_isupport_is_channel(isupport, nickname) || g_str_equal(nickname, ALL_TARGETS) ||
                g_hash_table_size(session->people) >= PEOPLE_MAX)
                return true;
        if (!ic_store_gap_open(
                    session->store, session->id, nickname, before, &point, &is_found, error) ||
                (!is_found && !ic_store_gap_open(session->store, session->id, ANYBODY, before,
                                      &point, &is_found, error)))
                return false;
        if (is_found) {
                g_hash_table_add(session->people, g_strdup(nickname));
                add_gap(session, nickname, &point);
        }
        return true;
}

/* One target less is asked for; the last of them closes the gap that began with the welcome. What
 * failed leaves both open: who has no gap of his own is found by that one on the next link. To be
 * the same when the transaction is tried again. */
static bool close_gap(IcSession *session, const IrcEffect *effect, GError **error)
{
        const char *target = effect->history.target;

        if (effect->history.failure)
                return true;
        if (g_str_equal(target, ALL_TARGETS)) {
                session->knows_people = true;
        } else {
                if (!ic_store_gap_close(session->store, session->id, target, error))
                        return false;
                g_hash_table_remove(session->people, target);
        }
        if (!session->knows_people || g_hash_table_size(session->people) > 0)
                return true;
        return ic_store_gap_close(session->store, session->id, ANYBODY, error);
}

/* Of a channel that is joined the lines since the link before are missing, or since it was left on
 * this one. What others say while we join may come before the JOIN itself, and is none of them. */
static bool open_for_channel(IcSession *session, const char *channel, GError **error)
{
        const gint64 *left_at = g_hash_table_lookup(session->left, channel);

        return open_gap(session, channel, left_at ? *left_at + 1 : session->linked_at, error);
}

/* With too many forgotten, more is asked for than is missing. */
static void note_left(IcSession *session, const char *channel)
{
        if (g_hash_table_size(session->left) >= LEFT_MAX)
                g_hash_table_remove_all(session->left);
        g_hash_table_replace(session->left, g_strdup(channel),
                g_memdup2(&session->batch.now, sizeof(session->batch.now)));
}

bool session_record_gap(IcSession *session, const IrcEffect *effect, GError **error)
{
        if (!can_fetch(session))
                return true;
        if (effect->type == IRC_EFFECT_CHANNEL_LEFT)
                note_left(session, effect->channel.channel);
        if (effect->type == IRC_EFFECT_REGISTERED)
                return open_gap(session, ANYBODY, session->linked_at, error);
        if (effect->type == IRC_EFFECT_CHANNEL_JOINED)
                return open_for_channel(session, effect->channel.channel, error);
        if (effect->type == IRC_EFFECT_HISTORY_TARGET)
                return open_for_person(session, effect->read.target, error);
        if (effect->type == IRC_EFFECT_HISTORY)
                return close_gap(session, effect, error);
        return true;
}

static void recall_gap(const char *target, const IcGapPoint *point, gpointer user_data)
{
        IcGapPoint copy = {g_strdup(point->msgid), point->sent_at};

        add_gap(user_data, target, &copy);
}

/* The earlier process may have died between storing a gap and asking for it. */
void session_recall_gaps(IcSession *session)
{
        g_autoptr(GError) error = NULL;

        if (can_fetch(session) &&
                !ic_store_gap_foreach(session->store, session->id, recall_gap, session, &error))
                session_log(session, IC_LOG_NOTICE, NULL, NULL,
                        "What is still missing of the history is asked for after the next "
                        "reconnect: %s",
                        error->message);
}

static void ask(IcSession *session, const Gap *gap, gint64 now)
{
        g_autoptr(GError) error = NULL;
        bool ok;

        if (g_str_equal(gap->target, ANYBODY))
                ok = irc_client_fetch_targets(
                        session->client, gap->point.sent_at, now, now, session->effects, &error);
        else
                ok = irc_client_fetch_history(session->client, gap->target, gap->point.msgid,
                        gap->point.sent_at, now, session->effects, &error);
        if (!ok)
                session_log(session, IC_LOG_DEBUG, NULL, NULL, "No history is asked for: %s",
                        error->message);
}

bool session_ask_for_gaps(IcSession *session, gint64 now)
{
        g_autoptr(GPtrArray) gaps = g_steal_pointer(&session->gaps);

        for (guint i = 0; gaps && i < gaps->len; i++)
                ask(session, gaps->pdata[i], now);
        return irc_effects_count(session->effects) > 0;
}

void session_tell_history(const IcSession *session, const IrcEffect *effect)
{
        const IrcIsupport *isupport = irc_client_get_isupport(session->client);
        bool is_all = g_str_equal(effect->history.target, ALL_TARGETS);
        g_autofree char *target = ic_text_quote(effect->history.target, 64);
        g_autofree char *failure = ic_text_quote(effect->history.failure, 200);
        const char *channel =
                irc_isupport_is_channel(isupport, effect->history.target) ? target : NULL;

        if (is_all && effect->history.failure)
                session_log(session, IC_LOG_NOTICE, NULL, NULL,
                        "The server does not tell all who wrote to us meanwhile: %s", failure);
        else if (effect->history.failure)
                session_log(session, IC_LOG_NOTICE, NULL, channel,
                        "The history of %s could not be fetched whole: %s", target, failure);
        else if (!is_all && effect->history.n_lines > 0)
                session_log(session, IC_LOG_INFO, NULL, channel,
                        "Fetched the history of %s since the last known line: %u lines", target,
                        effect->history.n_lines);
}
