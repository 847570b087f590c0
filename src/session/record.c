/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What effects mean to the database beside rows, channels and members: the facts of the link, and
 * what follows for links to come. It is part of the transaction that stores the effects, and is
 * done over when that is tried again. */

#include "base/clock.h"
#include "base/text.h"
#include "session/session-private.h"
#include "store/blocklist.h"
#include "store/sts.h"

static bool record_welcome(IcSession *session, const IrcEffect *effect, GError **error)
{
        gint64 now = ic_now_real();

        return ic_store_server_set_connected(
                       session->store, session->id, now, effect->self.nickname, NULL, error) &&
               ic_store_server_set_status(session->store, session->id,
                       ic_state_name(IC_STATE_CONNECTED), now, NULL, error) &&
               session_record_gap(session, effect, error);
}

/* A channel that threw us out is left alone from then on, if that is the policy. */
static bool record_kick(IcSession *session, const IrcEffect *effect, GError **error)
{
        g_autofree char *by = NULL, *text = NULL, *reason = NULL;

        if (session->settings->on_kick != IC_ON_KICK_BLOCK)
                return true;
        by = ic_text_quote(effect->channel.by, 64);
        text = ic_text_quote(effect->channel.text, 200);
        reason = g_strdup_printf("kicked by %s: %s", by, text);
        return ic_store_block(
                session->store, session->id, effect->channel.channel, reason, 0, 1, error);
}

/* A server's policy about TLS is believed when it came over TLS, for the name that was dialled. */
static bool record_policy(IcSession *session, const IrcEffect *effect, GError **error)
{
        return effect->sts.is_upgrade ||
               ic_store_sts_put(session->store, session_get_address(session), session->dialled_port,
                       effect->sts.duration, ic_now_real(), error);
}

static bool record_effect(IcSession *session, const IrcEffect *effect, GError **error)
{
        switch (effect->type) {
        case IRC_EFFECT_REGISTERED:
                return record_welcome(session, effect, error);
        case IRC_EFFECT_KICKED:
                return record_kick(session, effect, error);
        case IRC_EFFECT_STS:
                return record_policy(session, effect, error);
        case IRC_EFFECT_ANSWERED:
                return session_record_answer(session, effect, error);
        case IRC_EFFECT_CHANNEL_JOINED:
        case IRC_EFFECT_CHANNEL_LEFT:
        case IRC_EFFECT_HISTORY:
        case IRC_EFFECT_HISTORY_TARGET:
                return session_record_gap(session, effect, error);
        case IRC_EFFECT_SEND:
        case IRC_EFFECT_MESSAGE:
        case IRC_EFFECT_SELF_RENAMED:
        case IRC_EFFECT_NETWORK:
        case IRC_EFFECT_TOPIC:
        case IRC_EFFECT_MEMBER:
        case IRC_EFFECT_MEMBER_RENAMED:
        case IRC_EFFECT_MEMBER_GONE:
        case IRC_EFFECT_USERS_CHANGED:
        case IRC_EFFECT_INVITED:
        case IRC_EFFECT_REPLY_ERROR:
        case IRC_EFFECT_REPLY_NOTE:
        case IRC_EFFECT_READ_MARKER:
        case IRC_EFFECT_REDACTED:
        case IRC_EFFECT_CHANNEL_RENAMED:
        case IRC_EFFECT_SELF_AWAY:
        case IRC_EFFECT_PONG:
        case IRC_EFFECT_CLOSE:
                break;
        }
        return true;
}

bool session_record(IcSession *session, GError **error)
{
        session_forget_gaps(session); /* of a transaction that failed */
        for (gsize i = 0; i < irc_effects_count(session->effects); i++)
                if (!record_effect(session, irc_effects_get(session->effects, i), error))
                        return false;
        return true;
}
