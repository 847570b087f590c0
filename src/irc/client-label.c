/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Which answer belongs to which of our commands, and the echo of what we say.
 *
 * A server with labeled-response answers every labelled line once: with a line, with a batch, or
 * with ACK. With echo-message, too, the answer to speech is the speech as others receive it: that
 * is what is recorded, since a server may have changed it, or refused it. */

#include <string.h>

#include "irc/client-private.h"

bool irc_client_echoes(const IrcClient *client)
{
        return irc_caps_has(client->caps, "echo-message");
}

bool irc_client_labels(const IrcClient *client)
{
        return irc_caps_has(client->caps, "labeled-response");
}

void irc_client_begin_request(IrcClient *client, const char *label)
{
        irc_request_unref(client->request);
        client->request = irc_request_new(label);
}

bool irc_client_end_request(IrcClient *client)
{
        bool is_answer_coming = client->request && client->request->n_open > 0;

        g_clear_pointer(&client->request, irc_request_unref);
        return is_answer_coming;
}

void irc_client_forget_request(IrcClient *client, const char *label)
{
        irc_requests_forget(&client->requests, label);
        client->is_changed = true;
}

/* "label=7" for a line of `command`, or NULL where no label is wanted. */
static const char *label_for(IrcClient *client, const char *command, const char *target)
{
        bool is_speech = g_str_equal(command, "PRIVMSG") || g_str_equal(command, "NOTICE") ||
                         g_str_equal(command, "BATCH");
        g_autoptr(IrcRequest) request = NULL;

        if (!irc_client_labels(client))
                return NULL;
        if (client->request)
                request = irc_request_ref(client->request);
        else if (is_speech && irc_client_echoes(client))
                request = irc_request_new(NULL);
        if (!request)
                return NULL;
        if (!request->command) {
                request->command = g_strdup(command);
                request->target = g_strdup(target);
        }
        client->is_changed = true;
        return irc_requests_add(&client->requests, request);
}

void irc_client_send_request(IrcClient *client, IrcPriority priority, const char *command,
        const char *target, const char *line, bool is_secret, IrcEffects *effects)
{
        const char *label = label_for(client, command, is_secret ? NULL : target);
        g_autofree char *labelled = NULL;

        if (label && *line == '@')
                labelled = g_strdup_printf("@label=%s;%s", label, line + 1);
        else if (label)
                labelled = g_strdup_printf("@label=%s %s", label, line);
        irc_client_send_line(effects, priority, labelled ?: line, is_secret);
}

/* The label of the command that this line is an answer to. */
static const char *label_of(const IrcInput *input)
{
        const char *label = irc_message_get_tag(input->message, "label");

        if (label && *label)
                return label;
        return input->batch ? input->batch->label : NULL;
}

IrcRequest *irc_client_find_request(const IrcClient *client, const IrcInput *input)
{
        if (g_hash_table_size(client->requests.by_wire) == 0)
                return NULL;
        return irc_requests_find(&client->requests, label_of(input));
}

bool irc_client_is_lone_answer(const IrcClient *client, const IrcInput *input)
{
        static const char *const echoed[] = {
                "JOIN", "KICK", "NICK", "NOTICE", "PART", "PRIVMSG", "TOPIC", NULL};
        const IrcRequest *request = irc_client_find_request(client, input);

        return request && request->command && !input->batch &&
               g_strv_contains(echoed, request->command);
}

void irc_client_refuse_request(
        IrcClient *client, const IrcInput *input, const char *code, const char *text)
{
        IrcRequest *request = irc_client_find_request(client, input);

        if (!request || request->code)
                return;
        request->code = g_strdup(code);
        request->text = g_strdup(text);
}

static void add_answer(const IrcRequest *request, IrcEffects *effects)
{
        const char *label = irc_effects_strdup(effects, request->label);
        const char *command = irc_effects_strdup(effects, request->command);
        const char *target = irc_effects_strdup(effects, request->target);
        const char *code = irc_effects_strdup(effects, request->code);
        const char *text = irc_effects_strdup(effects, request->text);
        const char *msgid = irc_effects_strdup(effects, request->msgid);
        IrcEffect *effect = irc_effects_add(effects, IRC_EFFECT_ANSWERED);

        effect->answer.label = label;
        effect->answer.command = command;
        effect->answer.target = target;
        effect->answer.code = code;
        effect->answer.text = text;
        effect->answer.msgid = msgid;
}

void irc_client_answer(IrcClient *client, const char *wire, IrcEffects *effects)
{
        g_autoptr(IrcRequest) request = irc_requests_take(&client->requests, wire);

        if (!request)
                return;
        client->is_changed = true;
        if (request->n_open == 0 && request->label)
                add_answer(request, effects);
}

/* After the line was dealt with: a labelled one that opens no batch is the whole answer. */
void irc_client_answer_line(IrcClient *client, const IrcInput *input)
{
        const char *wire;

        if (g_hash_table_size(client->requests.by_wire) == 0 || client->state == IRC_CLIENT_CLOSED)
                return;
        wire = irc_message_get_tag(input->message, "label");
        if (wire && *wire)
                irc_client_answer(client, wire, input->effects);
}

/* What we say to ourselves comes twice: as the echo, which has the label, and as what we get. */
bool irc_client_is_second_copy(const IrcClient *client, const IrcInput *input, const char *target)
{
        return input->is_self && !input->is_replay && irc_client_is_self(client, target) &&
               irc_client_echoes(client) && irc_client_labels(client) && !label_of(input);
}
