/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What people say, and the lines that are about us rather than about a channel. */

#include <string.h>

#include "irc/client-private.h"
#include "irc/ctcp.h"

const char *irc_client_channel_of_target(const IrcClient *client, const char *target)
{
        const char *name = irc_isupport_channel_of(client->isupport, target);
        const IrcChannel *channel = name ? irc_channels_find(&client->channels, name) : NULL;

        return channel ? channel->name : name;
}

/* The account that the server tells with the line, or what a channel's list knows where the server
 * keeps that list true. */
static const char *account_of_sender(
        const IrcClient *client, const IrcInput *input, const char *channel)
{
        const IrcChannel *tracked;
        const IrcChannelMember *member;

        if (input->account_tag || !channel || input->is_replay ||
                irc_caps_has(client->caps, "account-tag") ||
                !irc_caps_has(client->caps, "account-notify"))
                return input->account_tag;
        tracked = irc_channels_find(&client->channels, channel);
        member =
                tracked ? irc_channel_find_member(&client->channels, tracked, input->sender) : NULL;
        return member ? member->account : NULL;
}

static bool is_last_param(const IrcInput *input, const char *content)
{
        gsize n = input->message->n_params;

        return n > 0 && input->message->params[n - 1] == content;
}

/* The request whose echo this is, if it is one: it learns the message's id. */
static const IrcRequest *note_echo(const IrcClient *client, const IrcInput *input)
{
        IrcRequest *request = irc_client_find_request(client, input);

        if (request && input->msgid) {
                g_free(request->msgid);
                request->msgid = g_strdup(input->msgid);
        }
        return request;
}

IrcEffect *irc_client_add_message(IrcClient *client, const IrcInput *input, IrcMessageType type,
        const char *channel, const char *target, const char *content)
{
        IrcEffects *effects = input->effects;
        const IrcMessage *message = input->message;
        const IrcRequest *request;
        IrcEffect row = {};
        IrcEffect *effect;

        if (input->is_quiet)
                return NULL;
        request = input->is_self ? note_echo(client, input) : NULL;
        row.message.channel = irc_effects_strdup(effects, channel);
        row.message.target =
                target == channel ? row.message.channel : irc_effects_strdup(effects, target);
        row.message.sender = irc_effects_strdup(effects, input->sender);
        row.message.source = message->user || message->host
                                     ? irc_effects_strdup(effects, message->source)
                                     : NULL;
        row.message.account =
                irc_effects_strdup(effects, account_of_sender(client, input, channel));
        row.message.content = irc_effects_strdup(effects, content);
        row.message.msgid = irc_effects_strdup(effects, input->msgid);
        row.message.reply_to = irc_effects_strdup(effects, input->reply_to);
        row.message.context = irc_effects_strdup(effects, input->context);
        if (input->raw_last && is_last_param(input, content)) {
                row.message.raw_len = strlen(input->raw_last);
                row.message.raw = irc_effects_memdup(effects, input->raw_last, row.message.raw_len);
        }

        row.message.label = request ? irc_effects_strdup(effects, request->label) : NULL;
        effect = irc_effects_add(effects, IRC_EFFECT_MESSAGE);
        effect->message = row.message;
        effect->message.type = type;
        effect->message.sent_at = input->sent_at;
        effect->message.received_at = input->now;
        effect->message.is_self = input->is_self;
        effect->message.is_replay = input->is_replay;
        effect->message.is_bot = input->is_bot;
        return effect;
}

/* CTCP ACTION: the text inside is the content, also of what came as other than UTF-8. */
static void add_action(
        IrcClient *client, const IrcInput *input, const char *target, const char *inside, gsize len)
{
        const char *content = irc_effects_strndup(input->effects, inside, len);
        IrcEffect *effect = irc_client_add_message(client, input, IRC_MESSAGE_ACTION,
                irc_client_channel_of_target(client, target), target, content);

        if (input->raw_last &&
                irc_ctcp_parse(input->raw_last, "ACTION", &inside, &effect->message.raw_len))
                effect->message.raw =
                        irc_effects_memdup(input->effects, inside, effect->message.raw_len);
}

void irc_client_handle_privmsg(IrcClient *client, const IrcInput *input)
{
        const char *target = input->message->params[0];
        const char *text = input->message->params[1];
        const char *inside;
        gsize len;

        if (irc_client_is_second_copy(client, input, target) ||
                irc_client_is_identification(client, input, target, text))
                return;
        if (irc_ctcp_parse(text, "ACTION", &inside, &len))
                add_action(client, input, target, inside, len);
        else
                irc_client_add_message(client, input, IRC_MESSAGE_PRIVMSG,
                        irc_client_channel_of_target(client, target), target, text);
        irc_client_answer_ctcp(client, input);
}

void irc_client_handle_notice(IrcClient *client, const IrcInput *input)
{
        const char *target = input->message->params[0];

        if (irc_client_is_second_copy(client, input, target))
                return;
        irc_client_add_message(client, input, IRC_MESSAGE_NOTICE,
                irc_client_channel_of_target(client, target), target, input->message->params[1]);
}

/* INVITE <nick> <channel>; of others, with invite-notify, if we are in the channel */
void irc_client_handle_invite(IrcClient *client, const IrcInput *input)
{
        const char *nickname = input->message->params[0];
        const char *channel = input->message->params[1];
        const char *name, *by;
        IrcEffect *effect;

        if (!irc_client_is_self(client, nickname)) {
                const IrcChannel *found = irc_channels_find(&client->channels, channel);

                if (found)
                        irc_client_add_message(client, input, IRC_MESSAGE_INVITE, found->name,
                                found->name, nickname);
                return;
        }
        irc_client_add_message(client, input, IRC_MESSAGE_INVITE, NULL, nickname, channel);
        name = irc_effects_strdup(input->effects, channel);
        by = irc_effects_strdup(input->effects, input->sender);
        effect = irc_effects_add(input->effects, IRC_EFFECT_INVITED);
        effect->channel.channel = name;
        effect->channel.by = by;
}

/* The same token back, byte for byte; a CR in the middle of a line would end ours. */
void irc_client_handle_ping(IrcClient *client, const IrcInput *input)
{
        const char *token = irc_message_get_param(input->message, 0) ?: "";

        if (input->raw_last && is_last_param(input, token))
                token = input->raw_last;
        g_string_printf(client->scratch, "PONG :%.*s", (int) strcspn(token, "\r\n"), token);
        irc_client_send_line(input->effects, IRC_PRIORITY_LIVENESS, client->scratch->str, false);
}

/* PONG <server> :<token> */
void irc_client_handle_pong(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        const char *token =
                irc_effects_strdup(input->effects, message->params[message->n_params - 1]);

        irc_effects_add(input->effects, IRC_EFFECT_PONG)->pong.token = token;
}
