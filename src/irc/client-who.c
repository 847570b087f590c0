/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Who is logged in to which account, asked of a channel once we are in it (WHOX): account-notify
 * and extended-join tell only what changes. One channel at a time, in bulk. */

#include <string.h>

#include "irc/client-private.h"

/* Ours among the answers: servers take up to three digits. */
#define TOKEN "152"
#define FIELDS "%tcuhnfar," TOKEN
#define ANSWER_TIMEOUT (60 * G_USEC_PER_SEC)
#define RETRY_DELAY (30 * G_USEC_PER_SEC)

static void ask_next(IrcClient *client, gint64 now, IrcEffects *effects)
{
        while (client->who_asked_at == 0 && client->who_queue.head) {
                const char *name = client->who_queue.head->data;
                const char *const params[] = {name, FIELDS, NULL};

                if (irc_channels_find(&client->channels, name) &&
                        irc_client_send(client, IRC_PRIORITY_BULK, "WHO", params, NULL, false,
                                effects, NULL)) {
                        client->who_asked_at = now;
                        return;
                }
                g_free(g_queue_pop_head(&client->who_queue));
        }
}

void irc_client_ask_who(IrcClient *client, const char *channel, gint64 now, IrcEffects *effects)
{
        if (!client->is_who_wanted || client->who_queue.length >= IRC_CHANNELS_MAX ||
                !irc_isupport_has(client->isupport, "WHOX") ||
                !irc_caps_has(client->caps, "account-notify") ||
                g_queue_find_custom(
                        &client->who_queue, channel, (GCompareFunc) (void (*)(void)) g_strcmp0))
                return;
        g_queue_push_tail(&client->who_queue, g_strdup(channel));
        client->is_changed = true;
        ask_next(client, now, effects);
}

/* 354 <nick> <token> <channel> <user> <host> <nick> <flags> <account> :<real name> */
void irc_client_handle_who(IrcClient *client, const IrcInput *input)
{
        const char **params = input->message->params;
        const IrcChannel *channel;
        IrcChannelMember *member;

        if (!g_str_equal(params[1], TOKEN))
                return;
        channel = irc_channels_find(&client->channels, params[2]);
        member = channel ? irc_channel_find_member(&client->channels, channel, params[5]) : NULL;
        if (!member)
                return;
        member->is_away = params[6][0] == 'G';
        if (!irc_channel_member_set_account(member, g_str_equal(params[7], "0") ? NULL : params[7]))
                return;
        irc_client_add_member_effect(input, IRC_EFFECT_MEMBER, channel, member);
        irc_effects_add_users_changed(input->effects, channel->name);
}

static bool is_asked(const IrcClient *client, const char *name)
{
        return client->who_asked_at != 0 && client->who_queue.head &&
               irc_casemap_equal(client->isupport->casemap, client->who_queue.head->data, name);
}

static void end_current(IrcClient *client, gint64 now, IrcEffects *effects)
{
        g_free(g_queue_pop_head(&client->who_queue));
        client->who_asked_at = 0;
        client->is_changed = true;
        ask_next(client, now, effects);
}

/* 315 <nick> <mask> :End of WHO list */
void irc_client_handle_who_end(IrcClient *client, const IrcInput *input)
{
        if (is_asked(client, input->message->params[1]))
                end_current(client, input->now, input->effects);
}

/* 263 <nick> WHO :Please wait; whether it was ours, which is asked again a while later. */
bool irc_client_put_off_who(IrcClient *client, const IrcInput *input)
{
        const char *command = irc_message_get_param(input->message, 1);

        if (client->who_asked_at == 0 || !command || g_ascii_strcasecmp(command, "WHO") != 0)
                return false;
        client->who_asked_at = 0;
        client->who_retry_at = input->now + RETRY_DELAY;
        return true;
}

gint64 irc_client_get_who_deadline(const IrcClient *client)
{
        if (client->who_retry_at != 0)
                return client->who_retry_at;
        return client->who_asked_at != 0 ? client->who_asked_at + ANSWER_TIMEOUT : 0;
}

void irc_client_tick_who(IrcClient *client, gint64 now, IrcEffects *effects)
{
        if (client->who_retry_at != 0 && now >= client->who_retry_at) {
                client->who_retry_at = 0;
                ask_next(client, now, effects);
        } else if (client->who_asked_at != 0 && now >= client->who_asked_at + ANSWER_TIMEOUT) {
                end_current(client, now, effects);
        }
}
