/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What committed effects mean to people: events for listeners, entries in the journal, the state.
 */

#include "base/clock.h"
#include "base/text.h"
#include "session/session-private.h"

/* A connection that has lasted so long has succeeded: its earlier failures are forgotten. A welcome
 * alone is no success, there are servers that welcome and close at once. */
#define SETTLED_USEC (60 * G_USEC_PER_SEC)

/* OnKick=rejoin: after so many times RestartDelay=, and so often into one channel. */
#define REJOIN_DELAYS 2
#define REJOINS_MAX 3

static gboolean on_settled(gpointer user_data)
{
        IcSession *session = user_data;
        g_autoptr(GError) error = NULL;

        session->settle_timer = 0;
        if (!ic_store_server_reset_failures(session->store, session->id, &error)) {
                session_log(session, IC_LOG_DEBUG, NULL, NULL,
                        "The count of failures could not be reset, trying later: %s",
                        error->message);
                session_timer_set(&session->settle_timer, SETTLED_USEC, on_settled, session);
                return G_SOURCE_REMOVE;
        }
        session->row->failed_attempts = 0;
        g_clear_pointer(&session->last_error, g_free);
        return G_SOURCE_REMOVE;
}

static void tell_registered(IcSession *session, const char *nickname)
{
        session_timer_clear(&session->deadline_timer);
        session->connected_at = ic_now_real();
        session_log(session, IC_LOG_INFO, IC_MESSAGE_CONNECTED, NULL, "Connected to %s as %s",
                session->row->config->address, nickname);
        session_set_state(session, IC_STATE_CONNECTED, NULL, NULL);
        session_emit(session, &(IcEvent){.type = IC_EVENT_READY, .nickname = nickname});
        session_timer_set(&session->settle_timer, SETTLED_USEC, on_settled, session);
        session_start_liveness(session);
        session_start_facts(session);
        session_pump_later(session);
}

static gboolean on_rejoin(gpointer user_data)
{
        IcSession *session = user_data;

        session->rejoin_timer = 0;
        for (guint i = 0; i < session->rejoin->len; i++) {
                const IcCommand command = {
                        .type = IC_COMMAND_JOIN, .channel = session->rejoin->pdata[i]};

                session_enqueue_own(session, &command);
        }
        g_ptr_array_set_size(session->rejoin, 0);
        return G_SOURCE_REMOVE;
}

/* Back after a while, if that is the policy, but not for ever: who throws us out again and again
 * means it. */
static void rejoin_later(IcSession *session, const char *channel)
{
        guint times = GPOINTER_TO_UINT(g_hash_table_lookup(session->kicks, channel)) + 1;

        if (session->settings->on_kick != IC_ON_KICK_REJOIN || times > REJOINS_MAX)
                return;

        g_hash_table_insert(session->kicks, g_strdup(channel), GUINT_TO_POINTER(times));
        g_ptr_array_add(session->rejoin, g_strdup(channel));
        session_timer_set(&session->rejoin_timer, REJOIN_DELAYS * session->settings->restart_delay,
                on_rejoin, session);
}

static void tell_channel(IcSession *session, const IrcEffect *effect)
{
        g_autofree char *channel = ic_text_quote(effect->channel.channel, 64);
        g_autofree char *by = ic_text_quote(effect->channel.by, 64);
        g_autofree char *text = ic_text_quote(effect->channel.text, 200);
        IcEvent event = {
                .channel = effect->channel.channel,
                .nickname = effect->channel.by ? effect->channel.by : "",
                .text = effect->channel.text ? effect->channel.text : "",
        };

        if (effect->type == IRC_EFFECT_CHANNEL_JOINED) {
                event.type = IC_EVENT_JOINED;
                session_log(session, IC_LOG_INFO, IC_MESSAGE_JOINED, channel, "Joined %s", channel);
        } else if (effect->type == IRC_EFFECT_CHANNEL_LEFT) {
                event.type = IC_EVENT_PARTED;
                session_log(session, IC_LOG_INFO, IC_MESSAGE_PARTED, channel, "Left %s", channel);
        } else if (effect->type == IRC_EFFECT_KICKED) {
                event.type = IC_EVENT_KICKED;
                session_log(session, IC_LOG_NOTICE, IC_MESSAGE_KICKED, channel,
                        "Kicked from %s by %s: %s", channel, by, text);
                rejoin_later(session, effect->channel.channel);
        } else if (effect->type == IRC_EFFECT_TOPIC) {
                event.type = IC_EVENT_TOPIC_CHANGED;
        } else if (effect->type == IRC_EFFECT_INVITED) {
                event.type = IC_EVENT_INVITED;
        } else {
                event.type = IC_EVENT_USERS_CHANGED;
        }

        session_emit(session, &event);
        if (effect->type == IRC_EFFECT_CHANNEL_JOINED || effect->type == IRC_EFFECT_CHANNEL_LEFT)
                session_set_state(session, session->state, session->waiting_for, NULL);
}

static void tell_renamed(IcSession *session, const char *nickname)
{
        g_autofree char *quoted = ic_text_quote(nickname, 64);

        session_log(
                session, IC_LOG_INFO, IC_MESSAGE_NICK_CHANGED, NULL, "Nickname is now %s", quoted);
        session_emit(session, &(IcEvent){.type = IC_EVENT_NICK_CHANGED, .nickname = nickname});
        session_set_state(session, session->state, session->waiting_for, NULL);
}

static void tell_refused(IcSession *session, const IrcEffect *effect)
{
        g_autofree char *context = ic_text_quote(effect->reply.context, 64);
        g_autofree char *text = ic_text_quote(effect->reply.text, 200);
        g_autofree char *words = g_strdup_printf("%s%s%s", context, context[0] ? ": " : "", text);

        session_log(session, IC_LOG_NOTICE, NULL, context[0] ? context : NULL,
                "The server refused %s (%s): %s",
                effect->reply.command ? effect->reply.command : "a command", effect->reply.code,
                words);
        session_emit(session,
                &(IcEvent){.type = IC_EVENT_ERROR, .code = effect->reply.code, .text = words});
}

void session_tell_effect(IcSession *session, const IrcEffect *effect)
{
        switch (effect->type) {
        case IRC_EFFECT_MESSAGE:
                /* What was said in the past is stored, and nobody is called for it. */
                if (effect->message.is_replay)
                        break;
                session_emit(session, &(IcEvent){.type = IC_EVENT_MESSAGE, .message = effect});
                break;
        case IRC_EFFECT_REGISTERED:
                tell_registered(session, effect->self.nickname);
                break;
        case IRC_EFFECT_SELF_RENAMED:
                tell_renamed(session, effect->self.nickname);
                break;
        case IRC_EFFECT_NETWORK:
        case IRC_EFFECT_CHANNEL_RENAMED:
                session_set_state(session, session->state, session->waiting_for, NULL);
                break;
        case IRC_EFFECT_CHANNEL_JOINED:
        case IRC_EFFECT_CHANNEL_LEFT:
        case IRC_EFFECT_TOPIC:
        case IRC_EFFECT_USERS_CHANGED:
        case IRC_EFFECT_KICKED:
        case IRC_EFFECT_INVITED:
                tell_channel(session, effect);
                break;
        case IRC_EFFECT_REPLY_ERROR:
                tell_refused(session, effect);
                break;
        case IRC_EFFECT_PONG:
                session_got_pong(session, effect->pong.token);
                break;
        case IRC_EFFECT_SEND:
        case IRC_EFFECT_MEMBER:
        case IRC_EFFECT_MEMBER_RENAMED:
        case IRC_EFFECT_MEMBER_GONE:
        case IRC_EFFECT_REPLY_NOTE:
        case IRC_EFFECT_ANSWERED:
        case IRC_EFFECT_READ_MARKER:
        case IRC_EFFECT_REDACTED:
        case IRC_EFFECT_SELF_AWAY:
        case IRC_EFFECT_STS:
        case IRC_EFFECT_HISTORY:
        case IRC_EFFECT_HISTORY_TARGET:
        case IRC_EFFECT_CLOSE:
                break;
        }
}
