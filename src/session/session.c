/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A session's life cycle, state and status. */

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "session/session-private.h"

/* A command that was on its way when the connection was taken down arrives within this time. */
#define JUST_DOWN_USEC (3 * IC_USEC_PER_SEC)

void session_timer_clear(guint *slot)
{
        if (*slot != 0)
                g_source_remove(*slot);
        *slot = 0;
}

void session_timer_set(guint *slot, gint64 usec, GSourceFunc func, IcSession *session)
{
        gint64 msec = (MAX(usec, 0) + 999) / IC_USEC_PER_MSEC;

        session_timer_clear(slot);
        *slot = g_timeout_add((guint) MIN(msec, G_MAXINT), func, session);
}

static G_GNUC_PRINTF(4, 0) void log_text(const IcSession *session, IcLogLevel level,
        const IcLogFields *about, const char *format, va_list args)
{
        g_autofree char *text = g_strdup_vprintf(format, args);
        IcLogFields fields = *about;

        fields.server = session->id;
        fields.nick = session->client ? irc_client_get_nickname(session->client) : NULL;
        ic_log(level, &fields, "%s", text);
}

void session_log(const IcSession *session, IcLogLevel level, const char *message_id,
        const char *channel, const char *format, ...)
{
        const IcLogFields fields = {.channel = channel, .message_id = message_id};
        va_list args;

        va_start(args, format);
        log_text(session, level, &fields, format, args);
        va_end(args);
}

void session_log_error(
        const IcSession *session, const char *message_id, IcError code, const char *format, ...)
{
        const IcLogFields fields = {.message_id = message_id, .error_code = ic_error_code(code)};
        va_list args;

        va_start(args, format);
        log_text(session, IC_LOG_WARNING, &fields, format, args);
        va_end(args);
}

bool ic_session_new(
        const IcSessionOptions *options, const IcSessionHost *host, IcSession **ret, GError **error)
{
        g_autoptr(IcSession) session = g_new0(IcSession, 1);

        session->host = *host;
        session->id = options->id;
        session->folder = g_strdup(options->folder);
        session->socket_path = g_strdup(options->socket_path);
        session->owner = options->owner;
        session->kept_link = options->kept_link;
        session->settings = options->settings;
        session->pace_folder = g_strdup(options->pace_folder);
        session->state = IC_STATE_DISCONNECTED;
        session->state_since = ic_now_real();
        session->lag = -1;
        session->effects = irc_effects_new();
        session->tail = g_byte_array_new();
        session->sent = g_hash_table_new(g_int64_hash, g_int64_equal);
        session->listeners = g_array_new(FALSE, FALSE, sizeof(SessionListener));
        session->rejoins = session_rejoins_new();
        session->left = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        session->people = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_queue_init(&session->waiting);
        g_queue_init(&session->carried);
        g_queue_init(&session->answers);

        if (!ic_store_open(session->folder, 0, &session->store, error) ||
                !ic_store_server_read(session->store, session->id, &session->row, error))
                return false;

        session->last_error = g_strdup(session->row->last_error);
        *ret = g_steal_pointer(&session);
        return true;
}

void session_clear_timers(IcSession *session)
{
        guint *slots[] = {&session->wait_timer, &session->retry_timer, &session->send_timer,
                &session->liveness_timer, &session->deadline_timer, &session->index_timer,
                &session->quit_timer, &session->settle_timer, &session->rejoin_timer,
                &session->facts_timer, &session->answer_timer, &session->client_timer,
                &session->work_idle, &session->pump_idle};

        for (gsize i = 0; i < G_N_ELEMENTS(slots); i++)
                session_timer_clear(slots[i]);
}

void ic_session_free(IcSession *session)
{
        if (!session)
                return;

        session_clear_timers(session);
        session_refuse_commands(session);
        ic_dial_free(session->dial);
        ic_link_free(session->link);
        irc_client_free(session->client);
        irc_framer_free(session->framer);
        ic_output_free(session->output);
        ic_ecdsa_key_free(session->ecdsa_key);
        session_forget_gaps(session);
        irc_effects_free(session->effects);
        g_byte_array_unref(session->tail);
        g_hash_table_unref(session->sent);
        g_hash_table_unref(session->rejoins);
        g_hash_table_unref(session->people);
        g_hash_table_unref(session->left);
        g_array_unref(session->listeners);
        ic_server_row_free(session->row);
        ic_store_free(session->store);
        if (session->kept_link >= 0)
                close(session->kept_link);
        g_free(session->waiting_for);
        g_free(session->last_error);
        ic_settings_free(session->settings);
        g_clear_pointer(&session->endpoints, g_array_unref);
        g_free(session->dial_failures);
        g_free(session->pace_folder);
        g_free(session->socket_path);
        g_free(session->folder);
        g_free(session);
}

void ic_session_listen(IcSession *session, IcEventFunc func, gpointer user_data)
{
        g_array_append_val(session->listeners, ((SessionListener){func, user_data}));
}

void ic_session_unlisten(IcSession *session, IcEventFunc func, gpointer user_data)
{
        for (guint i = 0; i < session->listeners->len; i++) {
                SessionListener *listener = &g_array_index(session->listeners, SessionListener, i);

                if (listener->func == func && listener->user_data == user_data) {
                        g_array_remove_index(session->listeners, i);
                        return;
                }
        }
}

void session_emit(IcSession *session, const IcEvent *event)
{
        for (guint i = 0; i < session->listeners->len; i++) {
                SessionListener *listener = &g_array_index(session->listeners, SessionListener, i);

                listener->func(event, listener->user_data);
        }
}

void session_set_state(IcSession *session, IcState state, const char *waiting_for, IcError *cause)
{
        bool is_new = state != session->state;
        char *words = g_strdup(waiting_for); /* it may be what is replaced */
        g_auto(IcStatus) status = {0};

        g_free(session->waiting_for);
        session->waiting_for = words;
        if (is_new) {
                session->state = state;
                session->state_since = ic_now_real();
                session_emit(session, &(IcEvent){
                                              .type = IC_EVENT_STATE_CHANGED,
                                              .state = state,
                                              .text = cause ? ic_error_code(*cause) : "",
                                      });
        }

        ic_session_get_status(session, &status);
        if (session->host.status_changed)
                session->host.status_changed(&status, session->host.user_data);
}

bool session_is_registered(const IcSession *session)
{
        return session->client && irc_client_get_state(session->client) == IRC_CLIENT_REGISTERED;
}

void ic_session_get_status(const IcSession *session, IcStatus *ret)
{
        const IcServerConfig *config = session->row->config;
        bool is_up = session->state == IC_STATE_CONNECTED;

        *ret = (IcStatus){
                .id = session->id,
                .name = g_strdup(config->name),
                .address = g_strdup(config->address),
                .port = (uint16_t) config->port,
                .is_tls = session->link ? ic_link_is_tls(session->link) : config->tls,
                .state = session->state,
                .waiting_for = g_strdup(session->waiting_for),
                .is_healthy = is_up && !session->stuck_was_told,
                .is_wanted = session->row->is_wanted,
                .since = session->state_since,
                .connected_at = session->connected_at,
                .nickname =
                        g_strdup(session->client ? irc_client_get_nickname(session->client) : NULL),
                .network =
                        g_strdup(session->client ? irc_client_get_network(session->client) : NULL),
                .channels = is_up ? irc_client_get_channels(session->client) : NULL,
                .lag = session->lag,
                .pid = getpid(),
                .socket = g_strdup(session->socket_path),
                .attempts = session->row->failed_attempts,
                .last_error = g_strdup(session->last_error),
                .owner = session->owner,
        };
}

bool ic_session_is_wanted(const IcSession *session)
{
        return session->row->is_wanted;
}

bool ic_session_is_just_down(const IcSession *session)
{
        gint64 age = ic_now_real() - session->row->status_since;

        return !session->row->is_wanted && age >= 0 && age < JUST_DOWN_USEC;
}

typedef struct {
        IcUserFunc func;
        gpointer user_data;
} UserVisit;

static void visit_member(const IrcMember *member, gpointer user_data)
{
        UserVisit *visit = user_data;

        visit->func(member->nickname, member->account ? member->account : "", member->prefixes,
                visit->user_data);
}

bool ic_session_foreach_user(
        const IcSession *session, const char *channel, IcUserFunc func, gpointer user_data)
{
        UserVisit visit = {func, user_data};

        return session->client &&
               irc_client_foreach_member(session->client, channel, visit_member, &visit);
}

bool ic_session_get_channel(
        const IcSession *session, const char *channel, IrcChannelFacts *ret_facts, char **ret_modes)
{
        if (!session->client || !irc_client_get_channel_facts(session->client, channel, ret_facts))
                return false;
        *ret_modes = irc_client_get_channel_modes(session->client, channel);
        return true;
}

bool ic_session_is_alive(const IcSession *session)
{
        /* A full disk is retried on the loop's own timer; only a loop that lost it is dead. */
        return session->stuck_since == 0 || session->retry_timer != 0;
}

void ic_session_start(IcSession *session)
{
        if (session_end_if_blocked(session))
                return;
        if (session->kept_link >= 0 && session_take_kept_link_up(session))
                return;

        session_wait_and_dial(session);
}

static gboolean on_quit_timeout(gpointer user_data)
{
        IcSession *session = user_data;

        session->quit_timer = 0;
        session_log(session, IC_LOG_NOTICE, NULL, NULL,
                "The server did not close the link after QUIT; closing it");
        session_end(session, NULL);
        return G_SOURCE_REMOVE;
}

gint64 ic_session_stop_timeout(const IcSession *session)
{
        return session->settings->shutdown_timeout;
}

/* A little less than systemd gives us, so that the link is closed and recorded by us. */
static gint64 goodbye_wait(const IcSession *session)
{
        gint64 timeout = session->settings->shutdown_timeout;

        return timeout - MIN(IC_USEC_PER_SEC, timeout / 4);
}

/* The database takes nothing, and the link is left all the same: what was read but not stored is
 * gone with the link, and nothing more is read. */
static void give_batch_up(IcSession *session)
{
        session_timer_clear(&session->retry_timer);
        session->batch = (SessionBatch){0};
        irc_effects_clear(session->effects);
        session_timer_set(&session->quit_timer, 0, on_quit_timeout, session);
}

void ic_session_stop(IcSession *session, const char *message)
{
        g_autoptr(IcServerRow) row = NULL;
        g_autoptr(IrcEffects) effects = NULL;

        if (session->is_ended || session->state == IC_STATE_CLOSING)
                return;
        /* With a link the wait is that before an upgrade of it: it is of no use any more. */
        if (!session->link || session->wait_timer != 0) {
                session_end(session, NULL);
                return;
        }

        /* Disconnect leaves its words in the database: it may have come after our last look. */
        if (!message && ic_store_server_read(session->store, session->id, &row, NULL))
                message = row->pending_quit;
        if (!message)
                message = session->row->config->quit_message;

        /* What the next process would finish is void from here on, so QUIT need not be committed.
         */
        session_drop_link(session);
        session_timer_clear(&session->deadline_timer);
        session_timer_clear(&session->liveness_timer);
        effects = irc_effects_new();
        irc_client_quit(session->client, message, effects);
        for (gsize i = 0; i < irc_effects_count(effects); i++) {
                IrcEffect *effect = irc_effects_get(effects, i);

                if (effect->type != IRC_EFFECT_SEND)
                        continue;
                session_trace_sent(session, effect);
                ic_output_push(session->output, effect->send.priority, effect->send.line, 0);
        }

        session_set_state(session, IC_STATE_CLOSING, "the server's goodbye", NULL);
        session_timer_set(&session->quit_timer, goodbye_wait(session), on_quit_timeout, session);
        if (session->batch.is_open)
                give_batch_up(session);
        session_flush(session);
}

bool ic_session_suspend(IcSession *session)
{
        if (!session->is_kept || session->is_ended || session->state == IC_STATE_CLOSING)
                return false;

        session_clear_timers(session);
        ic_link_want(session->link, false, false);
        session->is_ended = true;
        session_log(session, IC_LOG_INFO, IC_MESSAGE_STOPPING, NULL,
                "Leaving the link to %s to the next process", session->row->config->address);
        return true;
}
