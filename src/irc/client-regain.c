/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Getting the wanted nickname back when another was given to us: at once when MONITOR (or a
 * channel) shows that it is free, else by a patient timer. Who takes it from us again, an operator,
 * services or the person whose it is, is not fought with: it is tried on until we had it once.
 *
 *   state    | input                              | next     | output
 *   ---------+------------------------------------+----------+------------------
 *   OFF      | the welcome is over, another nick  | WATCHING | MONITOR + nick
 *            |                                    | WAITING  |
 *   WATCHING | 731, or its owner leaves           | ASKED    | NICK
 *   WATCHING | 734 (the list is full)             | WAITING  |
 *   WAITING  | time, or its owner leaves          | ASKED    | NICK
 *   ASKED    | 433, 436, 437, 438, 447, nothing   | WAITING  |
 *   ASKED    | 432, 484 (it is not to be)         | OFF      | MONITOR - nick
 *   any      | our nickname changes               | OFF      | MONITOR - nick
 */

#include <string.h>

#include "irc/client-private.h"

#define INTERVAL (5 * 60 * G_USEC_PER_SEC)

static const char *wanted(const IrcClient *client)
{
        return client->nicknames[0];
}

static void send_monitor(IrcClient *client, const char *sign, IrcEffects *effects)
{
        const char *const params[] = {sign, wanted(client), NULL};

        client->is_monitoring = *sign == '+';
        if (!irc_client_send(
                    client, IRC_PRIORITY_CONTROL, "MONITOR", params, NULL, false, effects, NULL))
                client->is_monitoring = false;
}

static void set_state(IrcClient *client, IrcRegainState state, gint64 at)
{
        client->regain = state;
        client->regain_at = at;
        client->is_changed = true;
}

void irc_client_begin_regain(IrcClient *client, gint64 now, IrcEffects *effects)
{
        if (!client->is_regain_wanted || irc_client_is_self(client, wanted(client)))
                return;
        if (irc_isupport_has(client->isupport, "MONITOR"))
                send_monitor(client, "+", effects);
        if (client->is_monitoring)
                set_state(client, IRC_REGAIN_WATCHING, 0);
        else
                set_state(client, IRC_REGAIN_WAITING, now + INTERVAL);
}

void irc_client_end_regain(IrcClient *client, IrcEffects *effects)
{
        if (client->regain == IRC_REGAIN_OFF)
                return;
        if (client->is_monitoring)
                send_monitor(client, "-", effects);
        set_state(client, IRC_REGAIN_OFF, 0);
}

static void ask(IrcClient *client, gint64 now, IrcEffects *effects)
{
        const char *const params[] = {wanted(client), NULL};

        if (irc_client_send(
                    client, IRC_PRIORITY_CONTROL, "NICK", params, NULL, false, effects, NULL))
                set_state(client, IRC_REGAIN_ASKED, now + INTERVAL);
        else
                irc_client_end_regain(client, effects);
}

/* Somebody gave up a nickname. */
void irc_client_note_free_nick(
        IrcClient *client, const char *nickname, gint64 now, IrcEffects *effects)
{
        if ((client->regain == IRC_REGAIN_WATCHING || client->regain == IRC_REGAIN_WAITING) &&
                irc_casemap_equal(client->isupport->casemap, nickname, wanted(client)))
                ask(client, now, effects);
}

/* Whether a refusal was of the NICK that we said by ourselves. */
bool irc_client_regain_refused(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        const char *about = irc_message_get_param(message, 1);

        /* 437 may be about a channel, and of 484 the first parameter is a person where it is of no
         * link. */
        if (client->regain != IRC_REGAIN_ASKED ||
                (about && irc_isupport_is_channel(client->isupport, about)) ||
                (irc_message_has_verb(message, "484") && message->n_params > 2))
                return false;
        if (irc_message_has_verb(message, "432") || irc_message_has_verb(message, "484"))
                irc_client_end_regain(client, input->effects);
        else
                set_state(client, IRC_REGAIN_WAITING, input->now + INTERVAL);
        return true;
}

/* 731 <nick> :target[,target]... */
void irc_client_handle_monitor_offline(IrcClient *client, const IrcInput *input)
{
        g_auto(GStrv) names = g_strsplit(input->message->params[1], ",", -1);

        for (gsize i = 0; names[i]; i++) {
                g_autofree char *nickname = g_strndup(names[i], strcspn(names[i], "!"));

                irc_client_note_free_nick(client, nickname, input->now, input->effects);
        }
}

/* 734 <nick> <limit> <targets> :Monitor list is full */
void irc_client_handle_monitor_full(IrcClient *client, const IrcInput *input)
{
        if (client->regain == IRC_REGAIN_WATCHING) {
                client->is_monitoring = false;
                set_state(client, IRC_REGAIN_WAITING, input->now + INTERVAL);
        } else {
                irc_client_handle_refusal(client, input);
        }
}

void irc_client_tick_regain(IrcClient *client, gint64 now, IrcEffects *effects)
{
        if (client->regain_at == 0 || now < client->regain_at)
                return;
        if (client->regain == IRC_REGAIN_WAITING)
                ask(client, now, effects);
        else if (client->regain == IRC_REGAIN_ASKED)
                set_state(client, IRC_REGAIN_WAITING, now + INTERVAL);
}
