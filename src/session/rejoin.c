/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Channels that are joined once more, later: those that threw us out (OnKick=rejoin), and those
 * that are to be joined but did not let us in. */

#include <string.h>

#include "base/clock.h"
#include "session/session-private.h"
#include "store/blocklist.h"

/* Waits are multiples of RestartDelay=. That after a refusal doubles with each, up to this. */
#define WAIT_MAX 720
/* OnKick=rejoin: after so long, and so often into one channel. */
#define KICK_WAIT 2
#define KICKS_MAX 3
/* A server may throw us out of as many as it likes. */
#define CHANNELS_MAX 1000

/* Refusals that may be another's tomorrow: who is patient gets in. */
static const struct {
        const char *code;
        guint wait;
} refusals[] = {
        {"437", 12}, /* unavailable for a while */
        {"471", 12}, /* full */
        {"473", 60}, /* by invitation only */
        {"474", 60}, /* banned */
        {"475", 60}, /* another key */
        {"477", 60}, /* for those who are logged in */
};

typedef struct {
        guint kicks;
        guint refusals;
        gint64 due; /* monotonic; 0: no attempt is planned */
} Rejoin;

/* As the database compares names: without regard to ASCII case. */
static guint hash_name(gconstpointer name)
{
        g_autofree char *folded = g_ascii_strdown(name, -1);

        return g_str_hash(folded);
}

static gboolean is_same_name(gconstpointer a, gconstpointer b)
{
        return g_ascii_strcasecmp(a, b) == 0;
}

GHashTable *session_rejoins_new(void)
{
        return g_hash_table_new_full(hash_name, is_same_name, g_free, g_free);
}

/* NULL: there are too many. */
static Rejoin *get(IcSession *session, const char *channel)
{
        Rejoin *rejoin = g_hash_table_lookup(session->rejoins, channel);

        if (!rejoin && g_hash_table_size(session->rejoins) < CHANNELS_MAX) {
                rejoin = g_new0(Rejoin, 1);
                g_hash_table_insert(session->rejoins, g_strdup(channel), rejoin);
        }
        return rejoin;
}

static void join(IcSession *session, const char *channel, const char *key)
{
        const IcCommand command = {
                .type = IC_COMMAND_JOIN, .channel = (char *) channel, .key = (char *) key};

        session_enqueue_own(session, &command);
}

/* "#channel" or "#channel key" in the list of those to be joined. */
static const char *find_wanted(const GStrv wanted, const char *channel)
{
        gsize len = strlen(channel);

        for (gsize i = 0; wanted && wanted[i]; i++)
                if (g_ascii_strncasecmp(wanted[i], channel, len) == 0 &&
                        (wanted[i][len] == '\0' || wanted[i][len] == ' '))
                        return wanted[i];
        return NULL;
}

/* It may have been blocked or taken off the list meanwhile; whoever kicked us out needs no list. */
static void try_again(IcSession *session, const char *channel, const Rejoin *rejoin)
{
        g_auto(GStrv) wanted = NULL;
        const char *found, *key;

        if (irc_client_is_in_channel(session->client, channel))
                return;
        if (!ic_store_unblocked_channels(session->store, session->id, ic_now_real(), &wanted, NULL))
                return;
        found = find_wanted(wanted, channel);
        key = found ? strchr(found, ' ') : NULL;
        if (found || rejoin->kicks > 0)
                join(session, channel, key ? key + 1 : NULL);
}

static void arm(IcSession *session);

static gboolean on_rejoin(gpointer user_data)
{
        IcSession *session = user_data;
        gint64 now = ic_now_monotonic();
        GHashTableIter iter;
        gpointer channel, value;

        session->rejoin_timer = 0;
        g_hash_table_iter_init(&iter, session->rejoins);
        while (g_hash_table_iter_next(&iter, &channel, &value)) {
                Rejoin *rejoin = value;

                if (rejoin->due == 0 || rejoin->due > now)
                        continue;
                rejoin->due = 0;
                try_again(session, channel, rejoin);
        }
        arm(session);
        return G_SOURCE_REMOVE;
}

static void arm(IcSession *session)
{
        gint64 first = 0;
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, session->rejoins);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const Rejoin *rejoin = value;

                if (rejoin->due != 0 && (first == 0 || rejoin->due < first))
                        first = rejoin->due;
        }
        session_timer_clear(&session->rejoin_timer);
        if (first != 0)
                session_timer_set(
                        &session->rejoin_timer, first - ic_now_monotonic(), on_rejoin, session);
}

static void plan(IcSession *session, Rejoin *rejoin, guint wait)
{
        rejoin->due = ic_now_monotonic() + wait * session->settings->restart_delay;
        arm(session);
}

/* Not for ever: who throws us out again and again means it. */
void session_rejoin_kicked(IcSession *session, const char *channel)
{
        Rejoin *rejoin;

        if (session->settings->on_kick != IC_ON_KICK_REJOIN)
                return;
        rejoin = get(session, channel);
        if (rejoin && rejoin->kicks++ < KICKS_MAX)
                plan(session, rejoin, KICK_WAIT);
}

void session_rejoin_refused(IcSession *session, const IrcEffect *effect)
{
        g_auto(GStrv) wanted = NULL;
        Rejoin *rejoin;

        if (!effect->reply.context || g_strcmp0(effect->reply.command, "JOIN") != 0 ||
                !ic_store_unblocked_channels(
                        session->store, session->id, ic_now_real(), &wanted, NULL) ||
                !find_wanted(wanted, effect->reply.context))
                return;
        for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
                if (!g_str_equal(refusals[i].code, effect->reply.code))
                        continue;
                rejoin = get(session, effect->reply.context);
                if (!rejoin)
                        return;
                plan(session, rejoin, MIN(refusals[i].wait << MIN(rejoin->refusals, 8), WAIT_MAX));
                rejoin->refusals++;
        }
}

void session_rejoin_joined(IcSession *session, const char *channel)
{
        Rejoin *rejoin = g_hash_table_lookup(session->rejoins, channel);

        if (!rejoin)
                return;
        rejoin->refusals = 0;
        rejoin->due = 0;
        if (rejoin->kicks == 0)
                g_hash_table_remove(session->rejoins, channel);
        arm(session);
}
