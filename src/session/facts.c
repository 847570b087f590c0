/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The live facts in the database are this session's while its link is up. A health check that could
 * not ask systemd has cleared them, to be on the safe side: then they are written again. */

#include <unistd.h>

#include "base/clock.h"
#include "session/session-private.h"

#define CHECK_USEC (30 * IC_USEC_PER_SEC)

typedef struct {
        IrcEffects *effects;
        const char *channel;
} Listing;

static void add_member(const IrcMember *member, gpointer user_data)
{
        Listing *listing = user_data;
        IrcEffect *effect = irc_effects_add(listing->effects, IRC_EFFECT_MEMBER);

        effect->member.channel = listing->channel;
        effect->member.nickname = irc_effects_strdup(listing->effects, member->nickname);
        effect->member.account = irc_effects_strdup(listing->effects, member->account);
        effect->member.prefixes = irc_effects_strdup(listing->effects, member->prefixes);
}

static void add_channel(const IcSession *session, const char *name, IrcEffects *effects)
{
        Listing listing = {effects, irc_effects_strdup(effects, name)};
        const char *topic = irc_client_get_topic(session->client, name);
        IrcEffect *effect = irc_effects_add(effects, IRC_EFFECT_CHANNEL_JOINED);

        effect->channel.channel = listing.channel;
        if (topic) {
                effect = irc_effects_add(effects, IRC_EFFECT_TOPIC);
                effect->channel.channel = listing.channel;
                effect->channel.text = irc_effects_strdup(effects, topic);
        }
        irc_client_foreach_member(session->client, name, add_member, &listing);
}

static bool write_facts(IcSession *session, GError **error)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_auto(GStrv) channels = irc_client_get_channels(session->client);
        IcStore *store = session->store;

        for (char **channel = channels; *channel; channel++)
                add_channel(session, *channel, effects);

        return ic_store_begin(store, error) &&
               ic_store_server_set_process(
                       store, session->id, getpid(), session->socket_path, error) &&
               ic_store_server_set_status(store, session->id, ic_state_name(session->state),
                       session->state_since, NULL, error) &&
               ic_store_server_set_connected(store, session->id, session->connected_at,
                       irc_client_get_nickname(session->client),
                       irc_client_get_network(session->client), error) &&
               ic_store_apply(store, session->id, effects, error) && ic_store_commit(store, error);
}

static bool are_cleared(IcSession *session)
{
        g_autoptr(IcServerRow) row = NULL;

        return ic_store_server_read(session->store, session->id, &row, NULL) &&
               row->connected_at == 0;
}

void ic_session_check_facts(IcSession *session)
{
        g_autoptr(GError) error = NULL;

        if (session->state != IC_STATE_CONNECTED || session->batch.is_open ||
                !are_cleared(session) || write_facts(session, &error))
                return;

        ic_store_rollback(session->store);
        session_log(session, IC_LOG_NOTICE, NULL, NULL,
                "The facts of the link could not be stored, trying again: %s", error->message);
}

static gboolean on_check(gpointer user_data)
{
        IcSession *session = user_data;

        session->facts_timer = 0;
        ic_session_check_facts(session);
        session_timer_set(&session->facts_timer, CHECK_USEC, on_check, session);
        return G_SOURCE_REMOVE;
}

void session_start_facts(IcSession *session)
{
        session_timer_set(&session->facts_timer, CHECK_USEC, on_check, session);
}
