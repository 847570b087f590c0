/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What concerns a user in all channels at once: one line of the server, a message in each channel
 * that we share. */

#include <string.h>

#include "irc/client-private.h"

typedef void (*ShareFunc)(IrcClient *client, const IrcInput *input, IrcChannel *channel,
        IrcChannelMember *member, const char *text);

/* Calls `func` for each channel that the sender is in. The member may be gone or another then. */
static void foreach_shared(
        IrcClient *client, const IrcInput *input, ShareFunc func, const char *text)
{
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, client->channels.by_name);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                IrcChannelMember *member =
                        irc_channel_find_member(&client->channels, value, input->sender);

                if (member)
                        func(client, input, value, member, text);
        }
}

static void rename_in(IrcClient *client, const IrcInput *input, IrcChannel *channel,
        IrcChannelMember *member, const char *nickname)
{
        const char *name, *old, *new;
        IrcEffect *effect;

        irc_client_add_message(
                client, input, IRC_MESSAGE_NICK, channel->name, channel->name, nickname);

        member = irc_channel_rename_member(&client->channels, channel, input->sender, nickname);
        irc_client_add_member_effect(input, IRC_EFFECT_MEMBER_RENAMED, channel, member);
        name = irc_effects_strdup(input->effects, channel->name);
        old = irc_effects_strdup(input->effects, input->sender);
        new = irc_effects_strdup(input->effects, member->nickname);
        effect = irc_effects_get(input->effects, irc_effects_count(input->effects) - 1);
        effect->member.channel = name;
        effect->member.nickname = old;
        effect->member.new_nickname = new;
        irc_effects_add_users_changed(input->effects, channel->name);
}

/* NICK <new nickname> */
void irc_client_handle_nick(IrcClient *client, const IrcInput *input)
{
        const char *nickname = input->message->params[0];

        if (*nickname == '\0' || !input->message->nick)
                return;
        foreach_shared(client, input, rename_in, nickname);
        if (input->is_self) {
                const char *now = irc_effects_strdup(input->effects, nickname);
                const char *old = irc_effects_strdup(input->effects, client->nickname);
                IrcEffect *effect = irc_effects_add(input->effects, IRC_EFFECT_SELF_RENAMED);

                effect->self.nickname = now;
                effect->self.old_nickname = old;
                irc_client_set_string(client, &client->nickname, nickname);
                irc_client_end_regain(client, input->effects);
        } else {
                irc_client_note_free_nick(client, input->sender, input->now, input->effects);
        }
}

static void quit_from(IrcClient *client, const IrcInput *input, IrcChannel *channel,
        IrcChannelMember *member, const char *reason)
{
        irc_client_add_message(
                client, input, IRC_MESSAGE_QUIT, channel->name, channel->name, reason);
        irc_client_add_member_effect(input, IRC_EFFECT_MEMBER_GONE, channel, member);
        irc_channel_remove_member(&client->channels, channel, input->sender);
        irc_effects_add_users_changed(input->effects, channel->name);
}

static void leave_all(IrcClient *client, const IrcInput *input, const char *reason)
{
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, client->channels.by_name);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const char *name = irc_effects_strdup(input->effects, ((IrcChannel *) value)->name);

                irc_client_add_message(client, input, IRC_MESSAGE_QUIT, name, name, reason);
                irc_effects_add(input->effects, IRC_EFFECT_CHANNEL_LEFT)->channel.channel = name;
                g_hash_table_iter_remove(&iter);
        }
        client->is_changed = true;
}

/* QUIT [:<reason>]; our own comes from servers that say so before they close the link. */
void irc_client_handle_quit(IrcClient *client, const IrcInput *input)
{
        const char *reason = irc_message_get_param(input->message, 0) ?: "";
        IrcInput quiet = *input;

        if (!input->message->nick)
                return;
        if (irc_client_gather_quit(client, input, reason))
                quiet.is_quiet = true;
        else
                irc_client_end_of_read(client, input->effects);
        if (input->is_self)
                leave_all(client, input, reason);
        else
                foreach_shared(client, &quiet, quit_from, reason);
        if (!input->is_self)
                irc_client_note_free_nick(client, input->sender, input->now, input->effects);
}

static void set_account_in(IrcClient *client, const IrcInput *input, IrcChannel *channel,
        IrcChannelMember *member, const char *account)
{
        if (!irc_channel_member_set_account(member, account))
                return;
        irc_client_add_member_effect(input, IRC_EFFECT_MEMBER, channel, member);
        irc_effects_add_users_changed(input->effects, channel->name);
}

/* ACCOUNT <account>; "*" for a logout */
void irc_client_handle_account(IrcClient *client, const IrcInput *input)
{
        const char *account = input->message->params[0];

        if (g_str_equal(account, "*") || *account == '\0')
                account = NULL;
        if (input->is_self)
                irc_client_set_string(client, &client->account, account);
        foreach_shared(client, input, set_account_in, account);
        if (input->is_self && account)
                irc_client_join_awaiting(client, input->effects);
}

static void set_away_in(IrcClient *client, const IrcInput *input, IrcChannel *channel,
        IrcChannelMember *member, const char *text)
{
        member->is_away = text != NULL;
}

/* Whether the server shows us as away. */
static void set_self_away(IrcClient *client, bool is_away, IrcEffects *effects)
{
        if (client->is_away == is_away)
                return;
        client->is_away = is_away;
        client->is_changed = true;
        irc_effects_add(effects, IRC_EFFECT_SELF_AWAY)->away.is_away = is_away;
}

/* AWAY [:<text>], by away-notify; without a text: back. It is too frequent to be anybody's news. */
void irc_client_handle_away(IrcClient *client, const IrcInput *input)
{
        const char *text = irc_message_get_param(input->message, 0);

        if (!input->message->nick)
                return;
        if (text && *text == '\0')
                text = NULL;
        if (input->is_self)
                set_self_away(client, text != NULL, input->effects);
        foreach_shared(client, input, set_away_in, text);
}

/* 305: we are back; 306: we are away */
void irc_client_handle_away_reply(IrcClient *client, const IrcInput *input)
{
        set_self_away(client, irc_message_has_verb(input->message, "306"), input->effects);
}

static void set_address_in(IrcClient *client, const IrcInput *input, IrcChannel *channel,
        IrcChannelMember *member, const char *text)
{
        const char **params = input->message->params;

        irc_channel_member_set_address(member, params[0], params[1]);
}

/* CHGHOST <user> <host>: a fact, and nobody's leaving and coming back */
void irc_client_handle_chghost(IrcClient *client, const IrcInput *input)
{
        foreach_shared(client, input, set_address_in, NULL);
        if (!input->is_self)
                return;
        irc_client_set_string(client, &client->user, input->message->params[0]);
        irc_client_set_string(client, &client->host, input->message->params[1]);
}

static void set_realname_in(IrcClient *client, const IrcInput *input, IrcChannel *channel,
        IrcChannelMember *member, const char *realname)
{
        irc_channel_member_set_realname(member, realname);
}

/* SETNAME :<real name> */
void irc_client_handle_setname(IrcClient *client, const IrcInput *input)
{
        foreach_shared(client, input, set_realname_in, input->message->params[0]);
}

void irc_client_note_own_address(
        IrcClient *client, const char *nickname, const char *user, const char *host)
{
        if (client->host || !irc_client_is_self(client, nickname) || *user == '\0' || *host == '\0')
                return;
        irc_client_set_string(client, &client->user, user);
        irc_client_set_string(client, &client->host, host);
}

/* 302 <nick> :<nick>[*]=<+ or ->user@host ... */
void irc_client_handle_userhost(IrcClient *client, const IrcInput *input)
{
        g_auto(GStrv) items = g_strsplit(input->message->params[1], " ", -1);

        for (gsize i = 0; items[i]; i++) {
                char *equals = strchr(items[i], '=');
                char *at = equals && (equals[1] == '+' || equals[1] == '-') ? strchr(equals, '@')
                                                                            : NULL;

                if (!at)
                        continue;
                *equals = *at = '\0';
                if (equals > items[i] && equals[-1] == '*')
                        equals[-1] = '\0';
                irc_client_note_own_address(client, items[i], equals + 2, at + 1);
        }
}

/* 311 <nick> <nick> <user> <host> * :<real name> */
void irc_client_handle_whois(IrcClient *client, const IrcInput *input)
{
        const char **params = input->message->params;

        irc_client_note_own_address(client, params[1], params[2], params[3]);
}

/* 352 <nick> <channel> <user> <host> <server> <nick> ... */
void irc_client_handle_who_reply(IrcClient *client, const IrcInput *input)
{
        const char **params = input->message->params;

        irc_client_note_own_address(client, params[5], params[2], params[3]);
}
