/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What the server refuses, and the end of the link. A numeric that announces the end is kept as a
 * hint: the ERROR behind it may say more (InspIRCd's throttle comes as a ban), or may not come. */

#include <string.h>

#include "base/text.h"
#include "irc/client-private.h"
#include "irc/closing.h"

static const char *last_param(const IrcInput *input)
{
        gsize n = input->message->n_params;

        return n > 0 ? input->message->params[n - 1] : "";
}

static char *quote(const char *text)
{
        return ic_text_quote(text, IRC_CLIENT_QUOTE_MAX);
}

/* A throttle is worth waiting for, whatever the numeric calls it. */
static void set_hint(IrcClient *client, IcError class, const char *text)
{
        g_autofree char *quoted = quote(text);
        IcError said;

        if (irc_closing_classify(text, &said) && said == IC_ERROR_THROTTLED)
                class = said;
        client->has_closing_hint = true;
        client->closing_class = class;
        g_free(client->closing_text);
        client->closing_text = g_strdup_printf("the server said: \"%s\"", quoted);
}

void irc_client_handle_bad_password(IrcClient *client, const IrcInput *input)
{
        g_autofree char *quoted = quote(last_param(input));
        g_autofree char *text = g_strdup_printf("the server refused its password: \"%s\"", quoted);

        if (client->state == IRC_CLIENT_REGISTERED)
                irc_client_handle_refusal(client, input);
        else
                irc_client_close(client, IC_ERROR_CREDENTIALS, text, input->effects);
}

/* 465, 466 */
void irc_client_handle_banned(IrcClient *client, const IrcInput *input)
{
        set_hint(client, IC_ERROR_BANNED, last_param(input));
}

/* 463 */
void irc_client_handle_host_refused(IrcClient *client, const IrcInput *input)
{
        set_hint(client, IC_ERROR_REGISTRATION, last_param(input));
}

/* KILL <nick> :<reason>; the ERROR comes behind. */
void irc_client_handle_kill(IrcClient *client, const IrcInput *input)
{
        if (irc_client_is_self(client, input->message->params[0]))
                set_hint(client, IC_ERROR_KILLED, last_param(input));
}

/* 461 <nick> <command> :text, 468 <nick> :text; before the welcome one of them is the end of it. */
void irc_client_handle_bad_introduction(IrcClient *client, const IrcInput *input)
{
        static const char *const introducing[] = {"NICK", "PASS", "USER", NULL};
        const char *command = irc_message_get_param(input->message, 1);
        g_autofree char *quoted = NULL, *text = NULL;

        if (client->state == IRC_CLIENT_REGISTERED) {
                irc_client_handle_refusal(client, input);
                return;
        }
        if (irc_message_has_verb(input->message, "461") &&
                (!command || !g_strv_contains(introducing, command)))
                return;
        quoted = quote(last_param(input));
        text = g_strdup_printf(
                "the server does not take our user name, real name or password: \"%s\"", quoted);
        irc_client_close(client, IC_ERROR_BAD_CONFIGURATION, text, input->effects);
}

/* 010 <nick> <host> <port> :text, or 005 with a sentence (RFC 2812): a server may not send us where
 * our owner did not. */
void irc_client_handle_bounce(IrcClient *client, const IrcInput *input)
{
        const char **params = input->message->params;
        g_autoptr(GString) words = g_string_new(NULL);
        g_autofree char *quoted = NULL, *text = NULL;

        if (client->state == IRC_CLIENT_REGISTERED)
                return;
        for (gsize i = 1; i < input->message->n_params; i++)
                g_string_append_printf(words, "%s%s", i > 1 ? " " : "", params[i]);
        quoted = quote(words->str);
        text = g_strdup_printf("the server sends us to another: \"%s\"", quoted);
        irc_client_close(client, IC_ERROR_REGISTRATION, text, input->effects);
}

static IcError class_of_end(const IrcClient *client, const char *text)
{
        IcError said;
        bool is_said = irc_closing_classify(text, &said);

        if (client->is_quitting)
                return IC_ERROR_LINK_CLOSED;
        if (is_said && said == IC_ERROR_THROTTLED)
                return said;
        if (client->has_closing_hint)
                return client->closing_class;
        if (is_said)
                return said;
        return client->state == IRC_CLIENT_REGISTERED ? IC_ERROR_LINK_CLOSED
                                                      : IC_ERROR_REGISTRATION;
}

void irc_client_handle_error(IrcClient *client, const IrcInput *input)
{
        const char *said = last_param(input);
        g_autofree char *quoted = quote(said);
        g_autofree char *text = g_strdup_printf("the server closed the link: \"%s\"", quoted);

        irc_client_close(client, class_of_end(client, said), text, input->effects);
}

void irc_client_link_closed(IrcClient *client, IrcEffects *effects)
{
        g_autofree char *text = NULL;

        if (client->state == IRC_CLIENT_CLOSED)
                return;
        irc_client_end_of_read(client, effects);
        if (client->has_closing_hint)
                text = g_strdup_printf("the link was closed; %s", client->closing_text);
        else
                text = g_strdup("the server closed the link without a reason");
        irc_client_close(client, class_of_end(client, ""), text, effects);
}

static void add_reply(IrcClient *client, const IrcInput *input, IrcEffectType type,
        const char *code, const char *command, const char *context)
{
        const IrcRequest *request = irc_client_find_request(client, input);
        const char *label = request ? irc_effects_strdup(input->effects, request->label) : NULL;
        const char *codes = irc_effects_strdup(input->effects, code);
        const char *commands = irc_effects_strdup(input->effects, command);
        const char *contexts = irc_effects_strdup(input->effects, context);
        const char *text = irc_effects_strdup(input->effects, last_param(input));
        IrcEffect *effect = irc_effects_add(input->effects, type);

        effect->reply.label = label;
        effect->reply.code = codes;
        effect->reply.command = commands;
        effect->reply.context = contexts;
        effect->reply.text = text;
}

static void add_reply_error(IrcClient *client, const IrcInput *input, const char *code,
        const char *command, const char *context)
{
        irc_client_refuse_request(client, input, code, last_param(input));
        add_reply(client, input, IRC_EFFECT_REPLY_ERROR, code, command, context);
}

/* WARN and NOTE, in the form of FAIL. */
void irc_client_handle_note(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        const char *command = message->params[0];
        g_autofree char *code =
                g_strdup_printf("%s %s %s", message->verb, command, message->params[1]);

        add_reply(client, input, IRC_EFFECT_REPLY_NOTE, code,
                g_str_equal(command, "*") ? NULL : command,
                message->n_params > 3 ? message->params[2] : NULL);
}

/* FAIL <command or *> <code> [<context>...] :<text> (IRCv3 standard-replies) */
void irc_client_handle_fail(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        const char *command = message->params[0];
        g_autofree char *code = g_strdup_printf("FAIL %s %s", command, message->params[1]);

        if (client->state == IRC_CLIENT_REGISTERED && irc_client_fail_history(client, input))
                return;
        if (client->state == IRC_CLIENT_REGISTERED)
                add_reply_error(client, input, code, g_str_equal(command, "*") ? NULL : command,
                        message->n_params > 3 ? message->params[2] : NULL);
        else if (g_str_has_prefix(message->params[1], "ACCOUNT_REQUIRED"))
                set_hint(client, IC_ERROR_CREDENTIALS, last_param(input));
}

/* Which command a numeric is the refusal of, where only one can be. */
static const struct {
        const char *code;
        const char *command;
} refused_commands[] = {
        {"403", "JOIN"},
        {"404", "PRIVMSG"},
        {"405", "JOIN"},
        {"431", "NICK"},
        {"432", "NICK"},
        {"433", "NICK"},
        {"435", "NICK"},
        {"436", "NICK"},
        {"438", "NICK"},
        {"441", "KICK"},
        {"443", "INVITE"},
        {"447", "NICK"},
        {"464", "OPER"},
        {"467", "MODE"},
        {"470", "JOIN"},
        {"471", "JOIN"},
        {"472", "MODE"},
        {"473", "JOIN"},
        {"474", "JOIN"},
        {"475", "JOIN"},
        {"476", "JOIN"},
        {"477", "JOIN"},
        {"478", "MODE"},
        {"479", "JOIN"},
        {"480", "JOIN"},
        {"489", "JOIN"},
        {"495", "JOIN"},
        {"500", "JOIN"},
        {"501", "MODE"},
        {"502", "MODE"},
        {"519", "JOIN"},
        {"520", "JOIN"},
};

static const char *refused_command(const IrcClient *client, const IrcMessage *message)
{
        static const char *const naming[] = {"263", "421", "461", NULL};

        /* Try again, unknown, too few parameters: these name the command themselves. */
        if (g_strv_contains(naming, message->verb))
                return irc_message_get_param(message, 1);
        /* A nickname or a channel is not to be had for the moment. */
        if (irc_message_has_verb(message, "437") && message->n_params > 2)
                return irc_isupport_is_channel(client->isupport, message->params[1]) ? "JOIN"
                                                                                     : "NICK";
        if (irc_message_has_verb(message, "407") && message->n_params > 2 &&
                irc_isupport_is_channel(client->isupport, message->params[1]))
                return "JOIN";
        for (gsize i = 0; i < G_N_ELEMENTS(refused_commands); i++)
                if (g_str_equal(refused_commands[i].code, message->verb))
                        return refused_commands[i].command;
        return NULL;
}

/* 484 is our link's being restricted, or on other servers a person's being protected. */
static bool refuses_nick(const IrcMessage *message, const char *command)
{
        return (command && g_str_equal(command, "NICK")) || irc_message_has_verb(message, "484");
}

/* <numeric> <nick> [<context>...] :<text> */
void irc_client_handle_refusal(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        const char *command = refused_command(client, message);
        const char *context = message->n_params > 2 ? message->params[1] : NULL;

        if (irc_message_has_verb(message, "263") &&
                (irc_client_put_off_question(client, input) ||
                        irc_client_put_off_history(client, input)))
                return;
        if (irc_message_has_verb(message, "477"))
                irc_client_await_login(client, context);
        if (context &&
                (irc_message_has_verb(message, "403") || irc_message_has_verb(message, "442"))) {
                irc_client_end_question(client, IRC_QUESTION_MODES, input);
                irc_client_end_question(client, IRC_QUESTION_ACCOUNTS, input);
        }
        if (refuses_nick(message, command) && irc_client_regain_refused(client, input))
                return;
        add_reply_error(client, input, message->verb, command, context == command ? NULL : context);
}
