/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What is asked about a channel once we are in it: its modes (MODE), and who is logged in to which
 * account (WHOX), since account-notify and extended-join tell only what changes. One question at a
 * time, in bulk, so that hundreds of channels do no harm.
 *
 *   asked | answer                            | next
 *   ------+-----------------------------------+------------------------------------------
 *   yes   | 324 or 315, 403 or 442, or no one | the next question
 *   yes   | 263 (try again)                   | the same again, a while later
 */

#include <string.h>

#include "irc/client-private.h"

/* Ours among the answers to WHO: servers take up to three digits. */
#define TOKEN "152"
#define FIELDS "%tcuhnfar," TOKEN
#define ANSWER_TIMEOUT (60 * G_USEC_PER_SEC)
#define RETRY_DELAY (30 * G_USEC_PER_SEC)
#define QUESTIONS_MAX (2 * IRC_CHANNELS_MAX)

/* A question is a string: its kind, then the channel's name. */
static bool ask(IrcClient *client, const char *question, IrcEffects *effects)
{
        const char *name = question + 1;
        bool is_who = *question == IRC_QUESTION_ACCOUNTS;
        const char *const params[] = {name, is_who ? FIELDS : NULL, NULL};

        return irc_channels_find(&client->channels, name) &&
               irc_client_send(client, IRC_PRIORITY_BULK, is_who ? "WHO" : "MODE", params, NULL,
                       false, effects, NULL);
}

static void ask_next(IrcClient *client, gint64 now, IrcEffects *effects)
{
        while (client->question_asked_at == 0 && client->question_retry_at == 0 &&
                client->questions.head) {
                if (ask(client, client->questions.head->data, effects))
                        client->question_asked_at = now;
                else
                        g_free(g_queue_pop_head(&client->questions));
        }
}

static int compare(gconstpointer a, gconstpointer b)
{
        return strcmp(a, b);
}

void irc_client_ask(IrcClient *client, IrcQuestion kind, const char *channel, const IrcInput *input)
{
        g_autofree char *question = g_strdup_printf("%c%s", (char) kind, channel);
        bool is_wanted = kind == IRC_QUESTION_MODES
                                 ? client->are_modes_wanted
                                 : client->is_who_wanted &&
                                           irc_isupport_has(client->isupport, "WHOX") &&
                                           irc_caps_has(client->caps, "account-notify");

        if (!is_wanted || client->questions.length >= QUESTIONS_MAX ||
                g_queue_find_custom(&client->questions, question, compare))
                return;
        g_queue_push_tail(&client->questions, g_steal_pointer(&question));
        client->is_changed = true;
        ask_next(client, input->now, input->effects);
}

/* 354 <nick> <token> <channel> <user> <host> <nick> <flags> <account> :<real name> */
void irc_client_handle_who(IrcClient *client, const IrcInput *input)
{
        const char **params = input->message->params;
        const IrcChannel *channel;
        IrcChannelMember *member;

        if (!g_str_equal(params[1], TOKEN))
                return;
        irc_client_note_own_address(client, params[5], params[3], params[4]);
        channel = irc_channels_find(&client->channels, params[2]);
        member = channel ? irc_channel_find_member(&client->channels, channel, params[5]) : NULL;
        if (!member)
                return;
        member->is_away = params[6][0] == 'G';
        irc_channel_member_set_address(member, params[3], params[4]);
        irc_channel_member_set_realname(member, irc_message_get_param(input->message, 8));
        if (!irc_channel_member_set_account(member, g_str_equal(params[7], "0") ? NULL : params[7]))
                return;
        irc_client_add_member_effect(input, IRC_EFFECT_MEMBER, channel, member);
        irc_effects_add_users_changed(input->effects, channel->name);
}

static void end_current(IrcClient *client, gint64 now, IrcEffects *effects)
{
        g_free(g_queue_pop_head(&client->questions));
        client->question_asked_at = 0;
        client->is_changed = true;
        ask_next(client, now, effects);
}

/* The head if it is asked, and of this kind and channel. */
static bool is_asked(const IrcClient *client, char kind, const char *channel)
{
        const char *question = client->questions.head ? client->questions.head->data : NULL;

        return client->question_asked_at != 0 && question && *question == kind &&
               irc_casemap_equal(client->isupport->casemap, question + 1, channel);
}

void irc_client_end_question(IrcClient *client, IrcQuestion kind, const IrcInput *input)
{
        if (is_asked(client, (char) kind, input->message->params[1]))
                end_current(client, input->now, input->effects);
}

/* 315 <nick> <mask> :End of WHO list */
void irc_client_handle_who_end(IrcClient *client, const IrcInput *input)
{
        irc_client_end_question(client, IRC_QUESTION_ACCOUNTS, input);
}

bool irc_client_put_off_question(IrcClient *client, const IrcInput *input)
{
        const char *command = irc_message_get_param(input->message, 1);
        const char *question = client->questions.head ? client->questions.head->data : NULL;

        if (client->question_asked_at == 0 || !command || !question ||
                g_ascii_strcasecmp(command, *question == IRC_QUESTION_ACCOUNTS ? "WHO" : "MODE") !=
                        0)
                return false;
        client->question_asked_at = 0;
        client->question_retry_at = input->now + RETRY_DELAY;
        client->is_changed = true;
        return true;
}

gint64 irc_client_get_question_deadline(const IrcClient *client)
{
        if (client->question_retry_at != 0)
                return client->question_retry_at;
        return client->question_asked_at != 0 ? client->question_asked_at + ANSWER_TIMEOUT : 0;
}

void irc_client_tick_questions(IrcClient *client, gint64 now, IrcEffects *effects)
{
        if (client->question_retry_at != 0 && now >= client->question_retry_at) {
                client->question_retry_at = 0;
                client->is_changed = true;
                ask_next(client, now, effects);
        } else if (client->question_asked_at != 0 &&
                   now >= client->question_asked_at + ANSWER_TIMEOUT) {
                end_current(client, now, effects);
        }
}

/* (xxas), floating: when the first was asked, when it is to be asked again, all */
GVariant *irc_client_questions_to_variant(const IrcClient *client)
{
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE("(xxas)"));
        g_variant_builder_add(&builder, "x", client->question_asked_at);
        g_variant_builder_add(&builder, "x", client->question_retry_at);
        g_variant_builder_open(&builder, G_VARIANT_TYPE("as"));
        for (const GList *at = client->questions.head; at; at = at->next)
                g_variant_builder_add(&builder, "s", at->data);
        g_variant_builder_close(&builder);
        return g_variant_builder_end(&builder);
}

void irc_client_restore_questions(IrcClient *client, GVariant *variant)
{
        g_autoptr(GVariantIter) iter = NULL;
        const char *question;

        if (!g_variant_is_of_type(variant, G_VARIANT_TYPE("(xxas)")))
                return;
        g_variant_get(
                variant, "(xxas)", &client->question_asked_at, &client->question_retry_at, &iter);
        while (g_variant_iter_next(iter, "&s", &question) &&
                client->questions.length < QUESTIONS_MAX)
                if (*question == IRC_QUESTION_MODES || *question == IRC_QUESTION_ACCOUNTS)
                        g_queue_push_tail(&client->questions, g_strdup(question));
        if (!client->questions.head)
                client->question_asked_at = client->question_retry_at = 0;
}
