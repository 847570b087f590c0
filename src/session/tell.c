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

#define REFUSALS_MAX 20
#define REFUSALS_USEC (60 * G_USEC_PER_SEC)

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

void session_start_settling(IcSession *session)
{
        gint64 age = CLAMP(ic_now_real() - session->connected_at, 0, SETTLED_USEC);

        session_timer_set(&session->settle_timer, SETTLED_USEC - age, on_settled, session);
}

static void tell_registered(IcSession *session, const char *nickname)
{
        session_timer_clear(&session->deadline_timer);
        session->connected_at = ic_now_real();
        session_log(session, IC_LOG_INFO, IC_MESSAGE_CONNECTED, NULL, "Connected to %s as %s",
                session_get_address(session), nickname);
        session_set_state(session, IC_STATE_CONNECTED, NULL, NULL);
        session_emit(session, &(IcEvent){.type = IC_EVENT_READY, .nickname = nickname});
        session_start_settling(session);
        session_start_liveness(session);
        session_start_facts(session);
        session_pump_later(session);
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
                session_rejoin_joined(session, effect->channel.channel);
                session_log(session, IC_LOG_INFO, IC_MESSAGE_JOINED, channel, "Joined %s", channel);
        } else if (effect->type == IRC_EFFECT_CHANNEL_LEFT) {
                event.type = IC_EVENT_PARTED;
                session_log(session, IC_LOG_INFO, IC_MESSAGE_PARTED, channel, "Left %s", channel);
        } else if (effect->type == IRC_EFFECT_KICKED) {
                event.type = IC_EVENT_KICKED;
                session_log(session, IC_LOG_NOTICE, IC_MESSAGE_KICKED, channel,
                        "Kicked from %s by %s: %s", channel, by, text);
                session_rejoin_kicked(session, effect->channel.channel);
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

/* A server may refuse as often as it likes; the journal takes so many in so long. */
static IcLogLevel refusal_level(IcSession *session)
{
        gint64 now = ic_now_monotonic();

        if (now - session->told_since > REFUSALS_USEC) {
                session->told_since = now;
                session->n_told = 0;
        }
        return ++session->n_told > REFUSALS_MAX ? IC_LOG_DEBUG : IC_LOG_NOTICE;
}

static void tell_refused(IcSession *session, const IrcEffect *effect)
{
        g_autofree char *context = ic_text_quote(effect->reply.context, 64);
        g_autofree char *text = ic_text_quote(effect->reply.text, 200);
        g_autofree char *words = g_strdup_printf("%s%s%s", context, context[0] ? ": " : "", text);

        session_log(session, refusal_level(session), NULL, context[0] ? context : NULL,
                "The server refused %s (%s): %s",
                effect->reply.command ? effect->reply.command : "a command", effect->reply.code,
                words);
        session_emit(session,
                &(IcEvent){.type = IC_EVENT_ERROR, .code = effect->reply.code, .text = words});
}

/* WARN and NOTE of standard-replies: nothing was refused. */
static void tell_note(IcSession *session, const IrcEffect *effect)
{
        g_autofree char *context = ic_text_quote(effect->reply.context, 64);
        g_autofree char *text = ic_text_quote(effect->reply.text, 200);

        session_log(session, refusal_level(session), NULL, context[0] ? context : NULL,
                "The server remarks (%s): %s%s%s", effect->reply.code, context,
                context[0] ? ": " : "", text);
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
                session_rejoin_refused(session, effect);
                break;
        case IRC_EFFECT_ANSWERED:
                session_tell_answer(session, effect);
                break;
        case IRC_EFFECT_STS:
                if (effect->sts.is_upgrade)
                        session->upgrade_port = effect->sts.port;
                break;
        case IRC_EFFECT_HISTORY:
                session_tell_history(session, effect);
                break;
        case IRC_EFFECT_REPLY_NOTE:
                tell_note(session, effect);
                break;
        case IRC_EFFECT_PONG:
                session_got_pong(session, effect->pong.token);
                break;
        case IRC_EFFECT_SEND:
        case IRC_EFFECT_MEMBER:
        case IRC_EFFECT_MEMBER_RENAMED:
        case IRC_EFFECT_MEMBER_GONE:
        case IRC_EFFECT_READ_MARKER:
        case IRC_EFFECT_REDACTED:
        case IRC_EFFECT_SELF_AWAY:
        case IRC_EFFECT_HISTORY_TARGET:
        case IRC_EFFECT_CLOSE:
                break;
        }
}
