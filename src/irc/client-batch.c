/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Batches as the client takes them.
 *
 *   kind                   | its lines                        | its end
 *   -----------------------+----------------------------------+---------------------------------
 *   other, labeled         | as if there were no batch        | of a labelled one: the answer
 *   history                | rows of the past, nothing else   | the page of history
 *   netsplit, netjoin      | kept                             | one row a channel, members quietly
 *   multiline              | kept                             | one row
 *
 * A kept batch that grows beyond its bound is taken line by line from then on. */

#include <string.h>

#include "irc/client-private.h"

static bool is_quiet(const IrcInput *input)
{
        return !input->is_self && input->message->nick &&
               (irc_message_has_verb(input->message, "QUIT") ||
                       irc_message_has_verb(input->message, "JOIN") ||
                       irc_message_has_verb(input->message, "MODE"));
}

static void take_of_netsplit(IrcClient *client, const IrcBatch *batch, const IrcKeptLine *line,
        IrcCrowd *crowd, IrcEffects *effects)
{
        g_auto(IrcMessage) message = {};
        IrcInput input = {.effects = effects, .now = line->now, .batch = batch};

        if (!irc_client_read(client, &message, line->data, line->len, &input))
                return;
        input.is_quiet = is_quiet(&input);
        if (input.is_quiet && irc_message_has_verb(&message, "QUIT"))
                irc_client_crowd_note_quit(client, crowd, &input);
        else if (input.is_quiet && irc_message_has_verb(&message, "JOIN"))
                irc_client_crowd_note_join(client, crowd, &input);
        irc_client_dispatch(client, &input);
}

static void finish_netsplit(IrcClient *client, const IrcInput *input, const IrcBatch *batch)
{
        g_autofree char *servers = g_strjoinv(" ", batch->params);
        g_autoptr(IrcCrowd) crowd = irc_crowd_new(
                batch->kind == IRC_BATCH_NETSPLIT ? IRC_MESSAGE_NETSPLIT : IRC_MESSAGE_NETJOIN,
                servers, input);

        for (guint i = 0; i < batch->lines->len && client->state != IRC_CLIENT_CLOSED; i++)
                take_of_netsplit(client, batch, batch->lines->pdata[i], crowd, input->effects);
        irc_client_add_crowd_rows(client, crowd, input);
}

/* Lines that were kept and shall be no more: each for itself. */
static void take_kept(IrcClient *client, const IrcBatch *batch, IrcEffects *effects)
{
        for (guint i = 0; i < batch->lines->len && client->state != IRC_CLIENT_CLOSED; i++) {
                const IrcKeptLine *line = batch->lines->pdata[i];
                g_auto(IrcMessage) message = {};
                IrcInput input = {.effects = effects, .now = line->now, .batch = batch};

                if (irc_client_read(client, &message, line->data, line->len, &input))
                        irc_client_dispatch(client, &input);
        }
}

static void finish(IrcClient *client, const IrcInput *input, const IrcBatch *batch)
{
        IrcInput inside = *input;

        inside.batch = batch;
        inside.is_replay = batch->is_replay;
        switch (batch->kind) {
        case IRC_BATCH_NETSPLIT:
        case IRC_BATCH_NETJOIN:
                finish_netsplit(client, &inside, batch);
                break;
        case IRC_BATCH_MULTILINE:
                if (!batch->is_overflown)
                        irc_client_finish_multiline(client, input, batch);
                break;
        case IRC_BATCH_HISTORY:
                irc_client_end_history_page(client, input, batch);
                break;
        case IRC_BATCH_TARGETS:
                irc_client_end_targets_page(client, input);
                break;
        case IRC_BATCH_LABELED:
        case IRC_BATCH_OTHER:
                break;
        }
}

/* BATCH -<ref>; beginnings are seen by irc_client_take_into_batch(). */
void irc_client_handle_batch(IrcClient *client, const IrcInput *input)
{
        const char *mark = input->message->params[0];
        g_autoptr(IrcBatch) batch = NULL;

        if (*mark != '-')
                return;
        batch = irc_batches_close(&client->batches, mark + 1);
        if (!batch)
                return;
        client->is_changed = true;
        finish(client, input, batch);
        if (batch->is_own_label && client->state != IRC_CLIENT_CLOSED)
                irc_client_answer(client, batch->label, input->effects);
}

/* Other lines, a PING or an ERROR above all, must not wait for the end of a batch. */
static bool can_wait(const IrcBatch *keeper, const IrcMessage *message)
{
        static const char *const of_netsplit[] = {"JOIN", "MODE", "QUIT"};
        static const char *const of_message[] = {"NOTICE", "PRIVMSG", "TAGMSG"};
        const char *const *verbs = keeper->kind == IRC_BATCH_MULTILINE ? of_message : of_netsplit;

        for (gsize i = 0; i < G_N_ELEMENTS(of_netsplit); i++)
                if (irc_message_has_verb(message, verbs[i]))
                        return true;
        return false;
}

bool irc_client_take_into_batch(IrcClient *client, const char *line, gsize len, IrcInput *input)
{
        const IrcMessage *message = input->message;
        const char *ref =
                client->batches.in_order->len > 0 ? irc_message_get_tag(message, "batch") : NULL;
        const IrcBatch *batch = ref ? irc_batches_find(&client->batches, ref) : NULL;
        IrcBatch *keeper = ref ? irc_batches_keeper(&client->batches, ref) : NULL;

        if (batch) {
                input->batch = batch;
                input->is_replay = batch->is_replay;
        }
        if (irc_message_has_verb(message, "BATCH") && message->n_params >= 2 &&
                *message->params[0] == '+') {
                irc_batches_open(&client->batches, message, line, len, input->now);
                client->is_changed = true;
                return true;
        }
        if (keeper && can_wait(keeper, message)) {
                client->is_changed = true;
                if (irc_batches_keep(&client->batches, keeper, line, len, input->now))
                        return true;
                take_kept(client, keeper, input->effects);
                irc_batches_drop_lines(&client->batches, keeper);
        }
        return false;
}
