/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Lines of the past, in a batch of history: rows, and nothing else. Who was where then says nothing
 * about now. */

#include "irc/client-private.h"
#include "irc/ctcp.h"

/* Where the kind of a row stands in a line of the past, and what its content is. */
static const struct {
        const char *verb;
        IrcMessageType type;
        guint8 target;  /* the parameter with the channel, if has_target */
        guint8 content; /* the parameter, from which on all are the content */
        bool has_target;
        guint8 n_params;
        bool is_one; /* the content is that parameter alone */
} rows[] = {
        {"INVITE", IRC_MESSAGE_INVITE, 1, 0, true, 2, true},
        {"JOIN", IRC_MESSAGE_JOIN, 0, G_MAXUINT8, true, 1},
        {"KICK", IRC_MESSAGE_KICK, 0, 1, true, 2},
        {"MODE", IRC_MESSAGE_MODE, 0, 1, true, 2},
        {"NICK", IRC_MESSAGE_NICK, 0, 0, false, 1},
        {"PART", IRC_MESSAGE_PART, 0, 1, true, 1},
        {"QUIT", IRC_MESSAGE_QUIT, 0, 0, false, 0},
        {"TOPIC", IRC_MESSAGE_TOPIC, 0, 1, true, 2},
};

/* NICK and QUIT name no channel: the batch does. */
static const char *target_of_batch(const IrcBatch *batch)
{
        for (; batch; batch = batch->parent)
                if (batch->kind == IRC_BATCH_HISTORY && batch->params[0])
                        return batch->params[0];
        return NULL;
}

static char *joined_params(const IrcMessage *message, gsize first)
{
        GString *text = g_string_new(NULL);

        for (gsize i = first; i < message->n_params; i++)
                g_string_append_printf(text, "%s%s", i > first ? " " : "", message->params[i]);
        return g_string_free(text, FALSE);
}

static void add_row(IrcClient *client, const IrcInput *input, gsize row)
{
        const IrcMessage *message = input->message;
        const char *target = rows[row].has_target ? message->params[rows[row].target]
                                                  : target_of_batch(input->batch);
        gsize first = rows[row].content;
        g_autofree char *joined = NULL;
        const char *content = "";

        if (!target)
                return;
        if (first + 1 == message->n_params || rows[row].is_one) {
                content = message->params[first];
        } else if (first < message->n_params) {
                joined = joined_params(message, first);
                content = joined;
        }
        irc_client_add_message(client, input, rows[row].type,
                irc_client_channel_of_target(client, target), target, content);
}

bool irc_client_is_own_past(const IrcClient *client, const IrcInput *input, const char *target)
{
        IrcCasemap casemap = client->isupport->casemap;
        const char *with = target_of_batch(input->batch);

        return input->is_replay && with && !irc_isupport_channel_of(client->isupport, with) &&
               irc_casemap_equal(casemap, target, with) && !irc_client_is_self(client, with) &&
               input->message->nick && !irc_casemap_equal(casemap, input->sender, with);
}

/* Who said it to whom decides to which conversation it belongs. */
static void add_speech(IrcClient *client, const IrcInput *input)
{
        IrcInput speech = *input;

        speech.is_self |= irc_client_is_own_past(client, input, input->message->params[0]);
        if (irc_message_has_verb(input->message, "PRIVMSG"))
                irc_client_handle_privmsg(client, &speech);
        else
                irc_client_handle_notice(client, &speech);
}

void irc_client_handle_past(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        bool is_speech =
                irc_message_has_verb(message, "PRIVMSG") || irc_message_has_verb(message, "NOTICE");

        if (is_speech && message->n_params >= 2) {
                add_speech(client, input);
                return;
        }
        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
                if (irc_message_has_verb(message, rows[i].verb) &&
                        message->n_params >= rows[i].n_params)
                        add_row(client, input, i);
}
