/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The client: a whole session of a server's lines. What comes out is sound, whatever came in, and a
 * client restored from the snapshot is where this one was. */

#include <string.h>

#include "fuzz.h"
#include "irc/client.h"
#include "irc/framer.h"

#define NOW 1

static void check_text(const char *text)
{
        g_assert_true(!text || g_utf8_validate(text, -1, NULL));
}

static void check_message(const IrcEffect *effect)
{
        g_assert_nonnull(effect->message.target);
        g_assert_nonnull(effect->message.sender);
        g_assert_nonnull(effect->message.content);
        check_text(effect->message.channel);
        check_text(effect->message.target);
        check_text(effect->message.sender);
        check_text(effect->message.source);
        check_text(effect->message.account);
        check_text(effect->message.content);
        check_text(effect->message.msgid);
}

static void check_effect(const IrcEffect *effect)
{
        switch (effect->type) {
        case IRC_EFFECT_SEND:
                g_assert_null(strpbrk(effect->send.line, "\r\n"));
                break;
        case IRC_EFFECT_MESSAGE:
                check_message(effect);
                break;
        case IRC_EFFECT_REGISTERED:
        case IRC_EFFECT_SELF_RENAMED:
                check_text(effect->self.nickname);
                check_text(effect->self.old_nickname);
                break;
        case IRC_EFFECT_NETWORK:
                check_text(effect->network.name);
                break;
        case IRC_EFFECT_CHANNEL_JOINED:
        case IRC_EFFECT_CHANNEL_LEFT:
        case IRC_EFFECT_TOPIC:
        case IRC_EFFECT_USERS_CHANGED:
        case IRC_EFFECT_KICKED:
        case IRC_EFFECT_INVITED:
                check_text(effect->channel.channel);
                check_text(effect->channel.by);
                check_text(effect->channel.text);
                break;
        case IRC_EFFECT_MEMBER:
        case IRC_EFFECT_MEMBER_RENAMED:
        case IRC_EFFECT_MEMBER_GONE:
                check_text(effect->member.channel);
                check_text(effect->member.nickname);
                check_text(effect->member.new_nickname);
                check_text(effect->member.account);
                check_text(effect->member.prefixes);
                break;
        case IRC_EFFECT_REPLY_ERROR:
        case IRC_EFFECT_REPLY_NOTE:
                check_text(effect->reply.code);
                check_text(effect->reply.command);
                check_text(effect->reply.context);
                check_text(effect->reply.text);
                break;
        case IRC_EFFECT_ANSWERED:
                check_text(effect->answer.label);
                check_text(effect->answer.command);
                check_text(effect->answer.target);
                check_text(effect->answer.code);
                check_text(effect->answer.text);
                check_text(effect->answer.msgid);
                break;
        case IRC_EFFECT_HISTORY:
                check_text(effect->history.target);
                check_text(effect->history.failure);
                break;
        case IRC_EFFECT_HISTORY_TARGET:
        case IRC_EFFECT_READ_MARKER:
                check_text(effect->read.target);
                break;
        case IRC_EFFECT_REDACTED:
                check_text(effect->redaction.channel);
                check_text(effect->redaction.target);
                check_text(effect->redaction.msgid);
                check_text(effect->redaction.by);
                check_text(effect->redaction.text);
                break;
        case IRC_EFFECT_CHANNEL_RENAMED:
                check_text(effect->rename.channel);
                check_text(effect->rename.new_channel);
                check_text(effect->rename.by);
                check_text(effect->rename.text);
                break;
        case IRC_EFFECT_SELF_AWAY:
                break;
        case IRC_EFFECT_STS:
                g_assert_cmpint(effect->sts.duration, >=, 0);
                break;
        case IRC_EFFECT_PONG:
                check_text(effect->pong.token);
                break;
        case IRC_EFFECT_CLOSE:
                check_text(effect->close.text);
                break;
        }
}

static void check_effects(IrcEffects *effects)
{
        for (gsize i = 0; i < irc_effects_count(effects); i++)
                check_effect(irc_effects_get(effects, i));
        irc_effects_clear(effects);
}

static IrcClient *client_new(void)
{
        static const char *const alt_nicknames[] = {"other", NULL};
        static const char *const channels[] = {"#a", "#b key", NULL};
        const IrcClientOptions options = {
                .nickname = "me",
                .alt_nicknames = alt_nicknames,
                .password = "password",
                .sasl_account = "acc",
                .sasl_password = "secret",
                .is_secure = true,
                .channels = channels,
                .sasl_nonce = "abcdefgh",
                .use_labels = true,
                .follow_sts = true,
                .is_bot = true,
                .fetch_history = true,
                .ctcp_version = "irc-conn",
                .encoding = IRC_ENCODING_LATIN1,
                .service_password = "secret",
                .use_multiline = true,
                .regain_nickname = true,
                .track_accounts = true,
                .track_modes = true,
                .away_message = "*",
        };

        return irc_client_new(&options);
}

static void check_entry(const IrcListEntry *entry, gpointer user_data)
{
        check_text(entry->mask);
        check_text(entry->by);
}

static void check_member(const IrcMember *member, gpointer user_data)
{
        check_text(member->nickname);
        check_text(member->account);
        check_text(member->address);
        check_text(member->realname);
}

static void check_channels(const IrcClient *client)
{
        g_auto(GStrv) channels = irc_client_get_channels(client);

        for (gsize i = 0; channels[i]; i++) {
                g_autofree char *modes = irc_client_get_channel_modes(client, channels[i]);
                IrcChannelFacts facts;

                g_assert_true(irc_client_get_channel_facts(client, channels[i], &facts));
                check_text(modes);
                check_text(facts.topic);
                check_text(facts.topic_by);
                irc_client_foreach_list_entry(client, channels[i], 'b', check_entry, NULL);
                irc_client_foreach_member(client, channels[i], check_member, NULL);
        }
}

/* What the next process makes of the channels, too: the session has their names and topics. */
static void check_channels_carried(const IrcClient *client, IrcClient *next)
{
        g_auto(GStrv) channels = irc_client_get_channels(client);

        for (gsize i = 0; channels[i]; i++) {
                g_autofree char *modes = irc_client_get_channel_modes(client, channels[i]);
                g_autofree char *carried = NULL;

                irc_client_restore_channel(
                        next, channels[i], irc_client_get_topic(client, channels[i]));
                carried = irc_client_get_channel_modes(next, channels[i]);
                g_assert_cmpstr(carried, ==, modes);
        }
}

static void check_snapshot(const IrcClient *client)
{
        g_autoptr(IrcClient) next = client_new();
        g_autoptr(GVariant) snapshot = NULL;

        if (irc_client_get_state(client) != IRC_CLIENT_REGISTERED ||
                strlen(irc_client_get_nickname(client)) > 1024)
                return;
        snapshot = g_variant_ref_sink(irc_client_snapshot(client));
        g_assert_true(irc_client_restore(next, snapshot, NULL));
        g_assert_cmpstr(irc_client_get_nickname(next), ==, irc_client_get_nickname(client));
        g_assert_cmpstr(irc_client_get_network(next), ==, irc_client_get_network(client));
        check_channels_carried(client, next);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(IrcClient) client = client_new();
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autoptr(IrcFramer) framer = irc_framer_new();
        const char *line;
        gsize len;

        irc_client_start(client, effects);
        irc_framer_push(framer, data, size);
        while (irc_framer_next(framer, &line, &len)) {
                irc_client_receive(client, line, len, NOW, effects);
                check_effects(effects);
        }
        irc_client_end_of_read(client, effects);
        check_effects(effects);
        check_channels(client);
        if (irc_client_say(
                    client, IRC_MESSAGE_PRIVMSG, "#a", "one two\nthree", NULL, NOW, effects, NULL))
                check_effects(effects);
        if (irc_client_fetch_history(client, "#a", "id", NOW, NOW, effects, NULL))
                check_effects(effects);
        irc_client_tick(client, G_MAXINT64 / 2, effects);
        check_effects(effects);
        check_snapshot(client);
        irc_client_link_closed(client, effects);
        check_effects(effects);
        g_assert_cmpint(irc_client_get_state(client), ==, IRC_CLIENT_CLOSED);
        return 0;
}
