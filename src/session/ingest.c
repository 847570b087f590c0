/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The data path. One read is one transaction is one burst of events:
 *
 *   bytes peeked -> lines -> effects -> rows, members, stream position in one commit
 *                -> bytes consumed -> lines sent -> events told
 *
 * A death at any point leaves either both or neither of rows and position, and the next process
 * begins at that very byte. When the database cannot take a batch now (full or busy), the batch is
 * kept and tried again, and nothing more is read or sent meanwhile: the kernel holds it. */

#include <string.h>

#include "base/clock.h"
#include "session/session-private.h"
#include "store/messages.h"

/* Rows go into the full-text index when the link has been quiet for so long, so many at once. */
#define INDEX_IDLE_USEC (1 * G_USEC_PER_SEC)
#define INDEX_ROWS 2000

/* --- reading -------------------------------------------------------------------------------- */

static void remember_tail(IcSession *session, const guint8 *data, gsize len)
{
        GByteArray *tail = session->tail;

        if (len >= IC_LINK_TAIL_MAX) {
                g_byte_array_set_size(tail, 0);
                g_byte_array_append(tail, data + len - IC_LINK_TAIL_MAX, IC_LINK_TAIL_MAX);
                return;
        }
        g_byte_array_append(tail, data, (guint) len);
        if (tail->len > IC_LINK_TAIL_MAX)
                g_byte_array_remove_range(tail, 0, tail->len - IC_LINK_TAIL_MAX);
}

void session_open_batch(IcSession *session)
{
        session->batch.is_open = true;
        session->batch.has_snapshot = irc_client_take_changed(session->client);
        session->batch.saves_link = session_is_registered(session) && !session->is_persisted &&
                                    session->state == IC_STATE_REGISTERING &&
                                    session->row->config->survive && session->host.keep_link &&
                                    ic_link_is_survivable(session->link);
}

void session_trace_sent(const IcSession *session, const IrcEffect *effect)
{
        const char *line = effect->send.line;

        if (session->host.trace)
                session->host.trace(
                        true, line, strlen(line), effect->send.is_secret, session->host.user_data);
}

/* The lines from effect `from` on that must leave with nothing in between. Answers where the last
 * of them is. */
static gsize queue_together(IcSession *session, gsize from, guint64 ticket)
{
        g_autoptr(GPtrArray) lines = g_ptr_array_new();
        IrcPriority priority = irc_effects_get(session->effects, from)->send.priority;
        gsize last = from;

        for (gsize i = from; i < irc_effects_count(session->effects); i++) {
                IrcEffect *effect = irc_effects_get(session->effects, i);

                if (effect->type != IRC_EFFECT_SEND || effect->send.priority != priority)
                        break;
                session_trace_sent(session, effect);
                g_ptr_array_add(lines, (gpointer) effect->send.line);
                last = i;
                if (!effect->send.keeps_next)
                        break;
        }
        g_ptr_array_add(lines, NULL);
        ic_output_push_together(
                session->output, priority, (const char *const *) lines->pdata, ticket);
        return last;
}

gsize session_queue_lines(IcSession *session, gsize from, guint64 ticket)
{
        gsize n = 0;

        for (gsize i = from; i < irc_effects_count(session->effects); i++) {
                IrcEffect *effect = irc_effects_get(session->effects, i);

                if (effect->type != IRC_EFFECT_SEND)
                        continue;
                if (effect->send.keeps_next) {
                        i = queue_together(session, i, ticket);
                } else {
                        session_trace_sent(session, effect);
                        ic_output_push(
                                session->output, effect->send.priority, effect->send.line, ticket);
                }
                session->batch.changes_output = true;
                n++;
        }

        return n;
}

static void digest(IcSession *session, const guint8 *data, gsize len)
{
        gint64 now = ic_now_real();
        const char *line;
        gsize line_len;

        irc_framer_push(session->framer, data, len);
        while (irc_framer_next(session->framer, &line, &line_len)) {
                if (session->host.trace)
                        session->host.trace(false, line, line_len, false, session->host.user_data);
                irc_client_receive(session->client, line, line_len, now, session->effects);
        }
        irc_client_end_of_read(session->client, session->effects);

        session->in_position += len;
        remember_tail(session, data, len);
        session->batch.has_read = true;
        session->batch.now = now;
        session->batch.consume = len;
        session_queue_lines(session, 0, 0);
        session_open_batch(session);
        session_commit(session);
}

static void on_link_over(IcSession *session, const GError *error)
{
        if (session->state == IC_STATE_CLOSING) {
                session_end(session, NULL);
        } else if (error) {
                session_end(session, error);
        } else {
                irc_client_link_closed(session->client, session->effects);
                session_open_batch(session);
                session_commit(session);
        }
}

static void read_once(IcSession *session)
{
        g_autoptr(GError) error = NULL;
        const guint8 *data;
        gsize len;

        switch (ic_link_peek(session->link, &data, &len, &error)) {
        case IC_LINK_DATA:
                session_heard(session);
                digest(session, data, len);
                break;
        case IC_LINK_AGAIN:
                break;
        case IC_LINK_EOF:
                on_link_over(session, NULL);
                break;
        case IC_LINK_ERROR:
                on_link_over(session, error);
                break;
        }
}

/* --- sending -------------------------------------------------------------------------------- */

static gboolean on_send_due(gpointer user_data)
{
        IcSession *session = user_data;

        session->send_timer = 0;
        session_flush(session);
        return G_SOURCE_REMOVE;
}

/* Writes what is released. False when the link takes no more now. */
static bool write_released(IcSession *session)
{
        gsize len;

        for (;;) {
                g_autoptr(GError) error = NULL;
                const guint8 *bytes = ic_output_peek(session->output, &len);
                gssize n;

                if (len == 0)
                        return true;
                n = ic_link_write(session->link, bytes, len, &error);
                if (n == 0)
                        return false;
                if (n < 0) {
                        /* Servers say why they close: what is left to read tells the cause. */
                        session->write_failed = true;
                        return true;
                }
                ic_output_taken(session->output, (gsize) n);
        }
}

/* Notes since when nothing can be said, for liveness.c. What is left to read on a link that takes
 * nothing any more is read. */
static bool may_read(IcSession *session, gint64 now)
{
        bool is_choked = ic_output_is_choked(session->output);

        if (!is_choked && !session->write_failed)
                session->choked_since = 0;
        else if (session->choked_since == 0)
                session->choked_since = now;
        return !is_choked || session->write_failed;
}

void session_flush(IcSession *session)
{
        gint64 now = ic_now_monotonic(), next;
        bool is_writable = true;

        if (!session->link || session->batch.is_open || session->is_ended)
                return;

        next = ic_output_release(session->output, now);
        if (!session->write_failed)
                is_writable = write_released(session);
        if (session->is_ended)
                return;
        ic_link_want(session->link, may_read(session, now), !is_writable);
        if (next >= 0 && !session->write_failed)
                session_timer_set(&session->send_timer, next - now, on_send_due, session);
        if (session->waiting.length > 0 && !ic_output_is_full(session->output))
                session_pump_later(session);
}

/* --- committing ----------------------------------------------------------------------------- */

static bool store_whole_link(IcSession *session, bool is_dropping, GBytes *carry, GError **error)
{
        g_autoptr(GVariant) snapshot = g_variant_ref_sink(irc_client_snapshot(session->client));
        g_auto(IcLinkState) state = {
                .cookie = ic_link_get_cookie(session->link),
                .in_position = session->in_position,
                .carry = g_bytes_ref(carry),
                .is_dropping = is_dropping,
                .tail = g_bytes_new(session->tail->data, session->tail->len),
                .output = ic_output_save(session->output),
                .snapshot = g_variant_get_data_as_bytes(snapshot),
        };

        return ic_store_link_save(session->store, session->id, &state, error);
}

/* The stream's position goes with the rows: the heart of "exactly once". */
static bool store_link(IcSession *session, GError **error)
{
        const SessionBatch *batch = &session->batch;
        g_autoptr(GBytes) output = NULL;
        const void *carry;
        gsize carry_len;
        bool is_dropping;

        if (!session->is_persisted && !batch->saves_link)
                return true;

        irc_framer_get_carry(session->framer, &carry, &carry_len, &is_dropping);
        if (batch->saves_link || batch->has_snapshot) {
                g_autoptr(GBytes) carried = g_bytes_new(carry, carry_len);

                return store_whole_link(session, is_dropping, carried, error);
        }
        if (batch->has_read &&
                !ic_store_link_advance(session->store, session->id, session->in_position, carry,
                        carry_len, is_dropping, session->tail->data, session->tail->len, error))
                return false;
        if (!batch->changes_output)
                return true;

        output = ic_output_save(session->output);
        return ic_store_link_set_output(session->store, session->id, g_bytes_get_data(output, NULL),
                g_bytes_get_size(output), error);
}

/* The first thing that this process stores shows that it is not started in vain. */
static bool store_progress(IcSession *session, GError **error)
{
        return session->has_progress || !session->batch.has_read ||
               ic_store_server_note_progress(session->store, session->id, error);
}

static bool try_commit(IcSession *session, GError **error)
{
        if (ic_store_begin(session->store, error) &&
                ic_store_apply(session->store, session->id, session->effects, error) &&
                session_record(session, error) && store_progress(session, error) &&
                store_link(session, error) && ic_store_commit(session->store, error))
                return true;

        ic_store_rollback(session->store);
        return false;
}

static gboolean on_retry(gpointer user_data)
{
        IcSession *session = user_data;

        session->retry_timer = 0;
        session_commit(session);
        return G_SOURCE_REMOVE;
}

static void wait_for_store(IcSession *session, const GError *error)
{
        gint64 now = ic_now_monotonic();
        bool is_busy = ic_error_of(error) == IC_ERROR_STORE_BUSY;

        ic_link_want(session->link, false, false);
        if (session->stuck_since == 0)
                session->stuck_since = now;
        if (!session->stuck_was_told &&
                (!is_busy || now - session->stuck_since > STORE_BUSY_PATIENCE_USEC)) {
                g_autofree char *words = g_strdup_printf("the database: %s", error->message);

                session->stuck_was_told = true;
                session_log(session, IC_LOG_ERROR, IC_MESSAGE_STORE_STUCK, NULL,
                        "Nothing can be stored, so reading waits; nothing is lost: %s",
                        error->message);
                session_set_state(session, session->state, words, NULL);
        }
        session_timer_set(&session->retry_timer,
                (is_busy ? STORE_BUSY_RETRY_MSEC : STORE_STUCK_RETRY_MSEC) * IC_USEC_PER_MSEC,
                on_retry, session);
}

static void store_works_again(IcSession *session)
{
        bool was_told = session->stuck_was_told;

        session->stuck_since = 0;
        session->stuck_was_told = false;
        if (!was_told)
                return;

        session_log(session, IC_LOG_NOTICE, IC_MESSAGE_STORE_RECOVERED, NULL,
                "The database can be written again; going on where reading stopped");
        session_set_state(session, session->state, NULL, NULL);
}

/* --- after the commit ------------------------------------------------------------------------ */

static gboolean on_index_due(gpointer user_data)
{
        IcSession *session = user_data;
        g_autoptr(GError) error = NULL;
        bool is_more = false;

        session->index_timer = 0;
        if (session->batch.is_open)
                return G_SOURCE_REMOVE;
        if (!ic_store_index(session->store, INDEX_ROWS, &is_more, &error))
                session_log(session, IC_LOG_DEBUG, NULL, NULL, "The full-text index waits: %s",
                        error->message);
        if (is_more)
                session_timer_set(&session->index_timer, 0, on_index_due, session);
        return G_SOURCE_REMOVE;
}

/* Returns the effect that ends the link, if there is one. */
static IrcEffect *tell(IcSession *session)
{
        IrcEffect *close_effect = NULL;
        bool has_rows = false;

        for (gsize i = 0; i < irc_effects_count(session->effects); i++) {
                IrcEffect *effect = irc_effects_get(session->effects, i);

                if (effect->type == IRC_EFFECT_CLOSE)
                        close_effect = effect;
                else
                        session_tell_effect(session, effect);
                has_rows |= effect->type == IRC_EFFECT_MESSAGE;
        }
        if (has_rows)
                session_timer_set(&session->index_timer, INDEX_IDLE_USEC, on_index_due, session);

        return close_effect;
}

void session_go_on(IcSession *session)
{
        irc_effects_clear(session->effects);
        if (session->is_ended || session->state == IC_STATE_CLOSING)
                return;
        ic_output_set_paced(session->output, !irc_client_has_safe_rate(session->client));
        if (session_ask_for_gaps(session, ic_now_real()))
                session_carry_on(session);
        else
                session_schedule_work(session);
}

static void leave_link(IcSession *session, const IrcEffect *close_effect)
{
        if (session->state == IC_STATE_CLOSING)
                session_end(session, NULL);
        else if (session->upgrade_port != 0 && !ic_link_is_tls(session->link))
                session_upgrade(session);
        else
                session_end_with(session, close_effect->close.error, close_effect->close.text);
}

static void after_commit(IcSession *session)
{
        SessionBatch batch = session->batch;
        g_autoptr(GError) error = NULL;
        IrcEffect *close_effect;

        session->batch = (SessionBatch){0};
        if (session->stuck_since != 0)
                store_works_again(session);
        session->has_progress |= batch.has_read;
        if (batch.saves_link)
                session->is_persisted = true;
        if (batch.consume > 0 && !ic_link_consume(session->link, batch.consume, &error)) {
                session_end(session, error);
                return;
        }

        session_keep_link(session);
        session_commands_committed(session);
        session_flush(session);
        close_effect = tell(session);
        if (close_effect)
                leave_link(session, close_effect);
        else
                session_go_on(session);
}

void session_commit(IcSession *session)
{
        g_autoptr(GError) error = NULL;

        if (try_commit(session, &error))
                after_commit(session);
        else if (ic_store_error_is_transient(error))
                wait_for_store(session, error);
        else
                session_end(session, error);
}

static void on_link_ready(IcLink *link, bool is_readable, bool is_writable, gpointer user_data)
{
        IcSession *session = user_data;

        if (is_writable)
                session_flush(session);
        if (is_readable && !session->batch.is_open && !session->is_ended)
                read_once(session);
}

void session_watch_link(IcSession *session)
{
        ic_link_watch(session->link, on_link_ready, session);
        ic_link_want(session->link, true, false);
}
