/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What happens in one channel: who comes, goes and is promoted, and the topic. Lines about a
 * channel that we are not in change nothing. */

#include <string.h>

#include "irc/client-private.h"

static IrcEffect *add_channel_effect(
        const IrcInput *input, IrcEffectType type, const char *channel, const char *text)
{
        const char *name = irc_effects_strdup(input->effects, channel);
        const char *by = irc_effects_strdup(input->effects, input->message->nick);
        const char *copy = irc_effects_strdup(input->effects, text);
        IrcEffect *effect = irc_effects_add(input->effects, type);

        effect->channel.channel = name;
        effect->channel.by = by;
        effect->channel.text = copy;
        return effect;
}

/* Has its strings in the member until the arena has copies. */
void irc_client_add_member_effect(const IrcInput *input, IrcEffectType type,
        const IrcChannel *channel, const IrcChannelMember *member)
{
        const char *name = irc_effects_strdup(input->effects, channel->name);
        const char *nickname = irc_effects_strdup(input->effects, member->nickname);
        const char *account = irc_effects_strdup(input->effects, member->account);
        const char *prefixes = irc_effects_strdup(input->effects, member->prefixes);
        IrcEffect *effect = irc_effects_add(input->effects, type);

        effect->member.channel = name;
        effect->member.nickname = nickname;
        effect->member.account = account;
        effect->member.prefixes = prefixes;
}

/* What a JOIN tells of the account: extended-join's "*" and account-tag's absence are none. */
static const char *account_of_join(const IrcClient *client, const IrcInput *input)
{
        if (irc_caps_has(client->caps, "extended-join") && input->message->n_params >= 2)
                return g_str_equal(input->message->params[1], "*") ? NULL
                                                                   : input->message->params[1];
        return input->account_tag;
}

static void add_member(
        IrcClient *client, const IrcInput *input, IrcChannel *channel, const char *account)
{
        IrcChannelMember *member =
                irc_channel_add_member(&client->channels, channel, input->sender);

        if (!member)
                return;
        irc_channel_member_set_account(member, account);
        irc_channel_member_set_address(member, input->message->user, input->message->host);
        if (irc_caps_has(client->caps, "extended-join") && input->message->n_params >= 3)
                irc_channel_member_set_realname(member, input->message->params[2]);
        irc_channel_member_set_prefixes(member, client->isupport, "");
        irc_client_add_member_effect(input, IRC_EFFECT_MEMBER, channel, member);
        irc_effects_add_users_changed(input->effects, channel->name);
}

/* Our own JOIN also shows how others see us. */
static IrcChannel *join_self(IrcClient *client, const IrcInput *input, const char *name)
{
        const IrcMessage *message = input->message;
        IrcChannel *channel;

        if (!irc_isupport_is_channel(client->isupport, name))
                return NULL;
        channel = irc_channels_add(&client->channels, name);
        if (message->user && message->host) {
                irc_client_set_string(client, &client->user, message->user);
                irc_client_set_string(client, &client->host, message->host);
        }
        client->is_changed = true;
        if (channel)
                add_channel_effect(input, IRC_EFFECT_CHANNEL_JOINED, channel->name, NULL);
        return channel;
}

/* JOIN <channel> [<account> :<real name>] */
void irc_client_handle_join(IrcClient *client, const IrcInput *input)
{
        const char *name = input->message->params[0];
        IrcInput quiet = *input;
        IrcChannel *channel;

        if (*name == '\0' || !input->message->nick)
                return;
        if (irc_client_gather_join(client, input, name))
                quiet.is_quiet = true;
        else
                irc_client_end_of_read(client, input->effects);
        channel = input->is_self ? join_self(client, input, name)
                                 : irc_channels_find(&client->channels, name);
        if (!channel)
                return;
        irc_client_add_message(client, &quiet, IRC_MESSAGE_JOIN, channel->name, channel->name, "");
        add_member(client, input, channel, account_of_join(client, input));
        if (input->is_self)
                irc_client_ask(client, IRC_QUESTION_MODES, channel->name, input);
}

/* Takes somebody out, us or another, after the message that says why. */
static void remove_member(
        IrcClient *client, const IrcInput *input, IrcChannel *channel, const char *nickname)
{
        IrcChannelMember *member;

        if (irc_client_is_self(client, nickname)) {
                add_channel_effect(input, IRC_EFFECT_CHANNEL_LEFT, channel->name, NULL);
                irc_channels_remove(&client->channels, channel->name);
                client->is_changed = true;
                return;
        }
        member = irc_channel_find_member(&client->channels, channel, nickname);
        if (!member)
                return;
        irc_client_add_member_effect(input, IRC_EFFECT_MEMBER_GONE, channel, member);
        irc_channel_remove_member(&client->channels, channel, nickname);
        irc_effects_add_users_changed(input->effects, channel->name);
}

/* PART <channel> [:<reason>] */
void irc_client_handle_part(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        IrcChannel *channel = irc_channels_find(&client->channels, message->params[0]);

        if (!channel || !message->nick)
                return;
        irc_client_add_message(client, input, IRC_MESSAGE_PART, channel->name, channel->name,
                irc_message_get_param(message, 1) ?: "");
        remove_member(client, input, channel, message->nick);
}

/* KICK <channel> <nick> [:<reason>] */
void irc_client_handle_kick(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        IrcChannel *channel = irc_channels_find(&client->channels, message->params[0]);
        const char *nickname = message->params[1];
        const char *reason = irc_message_get_param(message, 2) ?: "";
        g_autofree char *content = NULL;

        if (!channel)
                return;
        content = g_strdup_printf("%s%s%s", nickname, *reason ? " " : "", reason);
        irc_client_add_message(
                client, input, IRC_MESSAGE_KICK, channel->name, channel->name, content);
        if (irc_client_is_self(client, nickname))
                add_channel_effect(input, IRC_EFFECT_KICKED, channel->name, reason);
        remove_member(client, input, channel, nickname);
}

/* MODE <channel> <letters> [<argument>...]; modes of ourselves are nobody's news. */
void irc_client_handle_mode(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        IrcChannel *channel = irc_channels_find(&client->channels, message->params[0]);
        g_autoptr(GString) content = NULL;
        IrcInput quiet = *input;

        if (irc_client_is_self(client, message->params[0]))
                irc_client_change_user_modes(client, message->params[1]);
        if (!channel)
                return;
        quiet.is_quiet |= irc_client_is_mode_of_crowd(client, input);
        content = g_string_new(message->params[1]);
        for (gsize i = 2; i < message->n_params; i++)
                g_string_append_printf(content, " %s", message->params[i]);
        irc_client_add_message(
                client, &quiet, IRC_MESSAGE_MODE, channel->name, channel->name, content->str);
        irc_client_change_modes(client, input, channel, 1);
}

/* RENAME <old> <new> [:<reason>] (draft/channel-rename). Rows stay where they were said: one in
 * either channel leads to the other. */
void irc_client_handle_rename(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        const IrcChannel *channel = irc_channels_find(&client->channels, message->params[0]);
        const char *old, *new, *by, *text;
        g_autofree char *content = NULL;
        IrcEffect *effect;

        if (!channel || !irc_isupport_is_channel(client->isupport, message->params[1]))
                return;
        old = irc_effects_strdup(input->effects, channel->name);
        channel = irc_channels_rename(&client->channels, old, message->params[1]);
        if (!channel)
                return;
        client->is_changed = true;
        new = irc_effects_strdup(input->effects, channel->name);
        by = irc_effects_strdup(input->effects, message->nick);
        text = irc_effects_strdup(input->effects, irc_message_get_param(message, 2) ?: "");
        content = g_strdup_printf("%s %s%s%s", old, new, *text ? " " : "", text);
        if (!irc_casemap_equal(client->isupport->casemap, old, new))
                irc_client_add_message(client, input, IRC_MESSAGE_RENAME, old, old, content);
        effect = irc_effects_add(input->effects, IRC_EFFECT_CHANNEL_RENAMED);
        effect->rename.channel = old;
        effect->rename.new_channel = new;
        effect->rename.by = by;
        effect->rename.text = text;
        irc_client_add_message(client, input, IRC_MESSAGE_RENAME, new, new, content);
}

/* Who set it and when come behind where the topic is told (333). */
static void set_topic(
        IrcClient *client, const IrcInput *input, IrcChannel *channel, const char *topic)
{
        bool is_change = irc_message_has_verb(input->message, "TOPIC");
        const char *by = is_change && *topic ? input->message->source : NULL;
        IrcEffect *effect;

        g_free(channel->topic);
        channel->topic = *topic ? g_strdup(topic) : NULL;
        irc_client_set_string(client, &channel->topic_by, by);
        channel->topic_at = by ? input->sent_at ?: input->now : 0;
        client->is_changed = true;
        effect = add_channel_effect(input, IRC_EFFECT_TOPIC, channel->name, topic);
        if (!is_change)
                effect->channel.by = NULL;
}

/* TOPIC <channel> :<topic> */
void irc_client_handle_topic(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        IrcChannel *channel = irc_channels_find(&client->channels, message->params[0]);

        if (!channel)
                return;
        irc_client_add_message(
                client, input, IRC_MESSAGE_TOPIC, channel->name, channel->name, message->params[1]);
        set_topic(client, input, channel, message->params[1]);
}

/* 332 <nick> <channel> :<topic> */
void irc_client_handle_topic_reply(IrcClient *client, const IrcInput *input)
{
        IrcChannel *channel = irc_channels_find(&client->channels, input->message->params[1]);

        if (channel)
                set_topic(client, input, channel, input->message->params[2]);
}

/* 331 <nick> <channel> :No topic is set */
void irc_client_handle_no_topic(IrcClient *client, const IrcInput *input)
{
        IrcChannel *channel = irc_channels_find(&client->channels, input->message->params[1]);

        if (channel)
                set_topic(client, input, channel, "");
}

/* The rest of "nick!user@host", if there is any. */
static void take_address(IrcChannelMember *member, const char *item)
{
        const char *mark = strchr(item, '!');
        const char *at = mark ? strchr(mark, '@') : NULL;
        g_autofree char *user = at ? g_strndup(mark + 1, (gsize) (at - mark) - 1) : NULL;

        if (user)
                irc_channel_member_set_address(member, user, at + 1);
}

/* One of 353: prefixes (several with multi-prefix), nickname, and !user@host with
 * userhost-in-names. */
static void take_name(
        IrcClient *client, const IrcInput *input, IrcChannel *channel, const char *item)
{
        gsize n_prefixes = strspn(item, client->isupport->prefix_symbols);
        g_autofree char *prefixes = g_strndup(item, n_prefixes);
        g_autofree char *nickname = g_strndup(item + n_prefixes, strcspn(item + n_prefixes, "!"));
        IrcChannelMember *member;
        bool is_new, is_changed;

        if (*nickname == '\0')
                return;
        is_new = !irc_channel_find_member(&client->channels, channel, nickname);
        member = irc_channel_add_member(&client->channels, channel, nickname);
        if (!member)
                return;
        take_address(member, item + n_prefixes);
        is_changed = irc_channel_member_set_prefixes(member, client->isupport, prefixes);
        if (is_new || is_changed)
                irc_client_add_member_effect(input, IRC_EFFECT_MEMBER, channel, member);
}

/* 353 <nick> [<symbol>] <channel> :<names> */
void irc_client_handle_names(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        IrcChannel *channel =
                irc_channels_find(&client->channels, message->params[message->n_params - 2]);
        g_auto(GStrv) names = NULL;

        if (!channel)
                return;
        names = g_strsplit(message->params[message->n_params - 1], " ", -1);
        for (gsize i = 0; names[i]; i++)
                take_name(client, input, channel, names[i]);
}

/* 366 <nick> <channel> :End of /NAMES list. */
void irc_client_handle_names_end(IrcClient *client, const IrcInput *input)
{
        IrcChannel *channel = irc_channels_find(&client->channels, input->message->params[1]);

        if (!channel)
                return;
        irc_effects_add_users_changed(input->effects, channel->name);
        irc_client_ask(client, IRC_QUESTION_ACCOUNTS, channel->name, input);
}
