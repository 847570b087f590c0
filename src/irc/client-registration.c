/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Registration: CAP, SASL, the nickname, the welcome, and what the server says about itself and us.
 *
 *   CAP LS 302, PASS, NICK, USER  ->  capabilities  ->  SASL  ->  CAP END  ->  001  ->  376 or 422
 *
 * NICK and USER do not wait for the capabilities: the server holds the welcome back until CAP END,
 * and one that does not know CAP welcomes us at once. */

#include <string.h>

#include "base/text.h"
#include "irc/client-private.h"

/* How long a login that is no part of registration (that has a deadline of its own) may take. */
#define LOGIN_TIMEOUT (60 * G_USEC_PER_SEC)

/* What is appended to the wanted nickname when no alternative is free. */
static const char *const nick_suffixes[] = {
        "_",
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
};

static void send_lines(IrcClient *client, bool is_secret, IrcEffects *effects)
{
        for (guint i = 0; i < client->lines->len; i++)
                irc_client_send_line(
                        effects, IRC_PRIORITY_REGISTRATION, client->lines->pdata[i], is_secret);
        g_ptr_array_set_size(client->lines, 0);
}

static bool send_introduction(IrcClient *client, IrcEffects *effects, GError **error)
{
        const char *const none[] = {NULL};
        const char *const nick[] = {client->nickname, NULL};
        const char *const user[] = {client->username, "0", "*", NULL};

        if (client->password && !irc_client_send(client, IRC_PRIORITY_REGISTRATION, "PASS", none,
                                        client->password, true, effects, error))
                return false;
        return irc_client_send(client, IRC_PRIORITY_REGISTRATION, "NICK", nick, NULL, false,
                       effects, error) &&
               irc_client_send(client, IRC_PRIORITY_REGISTRATION, "USER", user, client->realname,
                       false, effects, error);
}

void irc_client_start(IrcClient *client, IrcEffects *effects)
{
        g_autoptr(GError) error = NULL;

        g_assert(client->state == IRC_CLIENT_NEW);
        client->state = IRC_CLIENT_REGISTERING;

        irc_caps_start(client->caps, client->lines);
        send_lines(client, false, effects);
        if (!send_introduction(client, effects, &error))
                irc_client_close(client, IC_ERROR_BAD_CONFIGURATION, error->message, effects);
}

/* Why there was no success; where no mechanism suits us, starting says why. */
static const char *sasl_failure(IrcClient *client)
{
        if (!irc_sasl_is_wanted(client->sasl))
                irc_sasl_start(client->sasl, NULL, client->lines);
        return irc_sasl_get_failure(client->sasl) ?: "the server does not offer it to us";
}

/* Closes if SASL is required and did not succeed. A server that has none at the moment (its
 * services are away) refused nothing: that is worth another try later (sasl 3.2). */
static bool check_sasl(IrcClient *client, IrcEffects *effects)
{
        bool is_missing =
                irc_sasl_is_wanted(client->sasl) && !irc_caps_is_offered(client->caps, "sasl");
        g_autofree char *text = NULL;

        if (!client->is_sasl_required || irc_sasl_get_state(client->sasl) == IRC_SASL_SUCCEEDED)
                return true;
        text = g_strdup_printf("SASL is required, but %s", sasl_failure(client));
        irc_client_close(
                client, is_missing ? IC_ERROR_REGISTRATION : IC_ERROR_CREDENTIALS, text, effects);
        return false;
}

static void start_sasl(IrcClient *client, IrcEffects *effects)
{
        irc_sasl_start(client->sasl, irc_caps_get_value(client->caps, "sasl"), client->lines);
        send_lines(client, true, effects);
}

static void say_away(IrcClient *client, IrcPriority priority, IrcEffects *effects)
{
        const char *text = client->away_message;
        const char *const star[] = {"*", NULL};
        bool is_star = g_str_equal(text, "*");

        client->is_away_said = irc_client_send(client, priority, "AWAY", is_star ? star : star + 1,
                is_star ? NULL : text, false, effects, NULL);
}

/* What the server takes before the welcome, so that the welcome is true at once. */
static void send_early(IrcClient *client, IrcEffects *effects)
{
        if (irc_caps_has(client->caps, "draft/extended-isupport"))
                irc_client_send_line(effects, IRC_PRIORITY_REGISTRATION, "ISUPPORT", false);
        if (client->away_message && irc_caps_has(client->caps, "draft/pre-away"))
                say_away(client, IRC_PRIORITY_REGISTRATION, effects);
}

/* Goes on with registration as far as the answers that came allow. */
static void proceed(IrcClient *client, IrcEffects *effects)
{
        bool has_sasl = irc_caps_has(client->caps, "sasl");

        if (client->state != IRC_CLIENT_REGISTERING || client->is_cap_ended)
                return;
        if (irc_caps_get_state(client->caps) == IRC_CAPS_ABSENT) {
                check_sasl(client, effects);
                return;
        }
        if (irc_caps_get_state(client->caps) != IRC_CAPS_SETTLED)
                return;
        if (has_sasl && irc_sasl_get_state(client->sasl) == IRC_SASL_IDLE)
                start_sasl(client, effects);
        if (irc_sasl_get_state(client->sasl) == IRC_SASL_RUNNING)
                return;
        if (!check_sasl(client, effects))
                return;
        client->is_cap_ended = true;
        send_early(client, effects);
        irc_client_send_line(effects, IRC_PRIORITY_REGISTRATION, "CAP END", false);
}

/* Services that come back offer SASL anew (sasl 3.2): log in if we are not. */
static void reauthenticate(IrcClient *client, gint64 now, IrcEffects *effects)
{
        if (!client->is_reauth_wanted || !irc_caps_has(client->caps, "sasl") ||
                irc_caps_get_state(client->caps) != IRC_CAPS_SETTLED)
                return;
        client->is_reauth_wanted = false;
        if (client->account || irc_sasl_get_state(client->sasl) == IRC_SASL_RUNNING)
                return;
        start_sasl(client, effects);
        client->login_deadline = now + LOGIN_TIMEOUT;
}

/* What an earlier process had begun, and was not answered: nobody knows any more where it stood. */
static void reauthenticate_anew(IrcClient *client, gint64 now, IrcEffects *effects)
{
        if (client->account || !irc_caps_has(client->caps, "sasl"))
                return;
        irc_sasl_start_over(client->sasl, irc_caps_get_value(client->caps, "sasl"), client->lines);
        send_lines(client, true, effects);
        client->login_deadline = now + LOGIN_TIMEOUT;
}

static void end_login(IrcClient *client)
{
        if (client->login_deadline == 0)
                return;
        client->login_deadline = 0;
        client->is_changed = true;
}

static void tell_login_failure(IrcClient *client, const char *verb, IrcEffects *effects)
{
        const char *text = irc_effects_strdup(effects, irc_sasl_get_failure(client->sasl));
        const char *code = irc_effects_strdup(effects, verb);
        IrcEffect *effect = irc_effects_add(effects, IRC_EFFECT_REPLY_ERROR);

        effect->reply.code = code;
        effect->reply.command = "AUTHENTICATE";
        effect->reply.text = text;
}

gint64 irc_client_get_login_deadline(const IrcClient *client)
{
        return client->login_deadline;
}

void irc_client_tick_login(IrcClient *client, gint64 now, IrcEffects *effects)
{
        gint64 deadline = irc_client_get_login_deadline(client);

        if (deadline == 0 || now < deadline)
                return;
        end_login(client);
        if (irc_sasl_get_state(client->sasl) != IRC_SASL_RUNNING) {
                reauthenticate_anew(client, now, effects);
                return;
        }
        irc_sasl_give_up(client->sasl, client->lines);
        send_lines(client, false, effects);
        tell_login_failure(client, "906", effects);
}

/* CAP NEW with this capability, which may have another value. */
static bool offers_anew(const IrcMessage *message, const char *name)
{
        g_auto(GStrv) items = NULL;
        gsize len = strlen(name);

        if (g_ascii_strcasecmp(message->params[1], "NEW") != 0)
                return false;
        items = g_strsplit(message->params[message->n_params - 1], " ", -1);
        for (gsize i = 0; items[i]; i++)
                if (strncmp(items[i], name, len) == 0 &&
                        (items[i][len] == '\0' || items[i][len] == '='))
                        return true;
        return false;
}

void irc_client_handle_cap(IrcClient *client, const IrcInput *input)
{
        irc_caps_receive(client->caps, input->message, client->lines);
        /* A policy counts from when it was told last. */
        if (offers_anew(input->message, "sts"))
                g_clear_pointer(&client->sts, g_free);
        if (!irc_client_heed_sts(client, input->effects)) {
                g_ptr_array_set_size(client->lines, 0);
                return;
        }
        send_lines(client, false, input->effects);
        client->is_changed = true;
        if (!irc_caps_has(client->caps, "sasl")) {
                irc_sasl_withdraw(client->sasl);
                end_login(client);
        }

        if (client->state == IRC_CLIENT_REGISTERED) {
                if (offers_anew(input->message, "sasl") && irc_sasl_is_wanted(client->sasl))
                        client->is_reauth_wanted = true;
                reauthenticate(client, input->now, input->effects);
        } else {
                proceed(client, input->effects);
        }
}

void irc_client_handle_sasl(IrcClient *client, const IrcInput *input)
{
        bool was_running = irc_sasl_get_state(client->sasl) == IRC_SASL_RUNNING;
        IrcSaslState state = irc_sasl_receive(client->sasl, input->message, client->lines);
        bool is_success = irc_message_has_verb(input->message, "903") ||
                          irc_message_has_verb(input->message, "907");

        send_lines(client, true, input->effects);
        if (state != IRC_SASL_RUNNING && (was_running || is_success))
                end_login(client);
        if (client->state != IRC_CLIENT_REGISTERED) {
                proceed(client, input->effects);
        } else if (was_running && state == IRC_SASL_FAILED) {
                tell_login_failure(client, input->message->verb, input->effects);
        }
}

bool irc_client_has_work(const IrcClient *client)
{
        return client->state != IRC_CLIENT_CLOSED && irc_sasl_has_work(client->sasl);
}

void irc_client_work(IrcClient *client, IrcEffects *effects)
{
        if (!irc_client_has_work(client))
                return;
        irc_sasl_work(client->sasl, client->lines);
        send_lines(client, true, effects);
}

/* 410, 421 and 451 while we wait for an answer to CAP: none will come. */
void irc_client_handle_no_cap(IrcClient *client, const IrcInput *input)
{
        const char *about = irc_message_get_param(input->message, 1);
        bool is_unknown_command = irc_message_has_verb(input->message, "421");

        if (client->state == IRC_CLIENT_REGISTERED) {
                irc_client_handle_refusal(client, input);
                return;
        }
        if (is_unknown_command && about && g_ascii_strcasecmp(about, "CAP") != 0)
                return;
        irc_caps_give_up(client->caps);
        proceed(client, input->effects);
}

/* The alternatives first, then the wanted one with something appended; NULL when all are tried. */
static char *next_nickname(IrcClient *client)
{
        guint n_given = g_strv_length(client->nicknames);
        const char *wanted = client->nicknames[0];
        gsize len = strlen(wanted);

        client->nick_attempts++;
        if (client->nick_attempts < n_given)
                return g_strdup(client->nicknames[client->nick_attempts]);
        if (client->nick_attempts - n_given >= G_N_ELEMENTS(nick_suffixes) ||
                !client->is_nick_acceptable)
                return NULL;
        if (client->nick_length_limit > 0)
                len = MIN(len, client->nick_length_limit - 1);
        while (((guint8) wanted[len] & 0xC0) == 0x80)
                len--;
        return g_strdup_printf(
                "%.*s%s", (int) len, wanted, nick_suffixes[client->nick_attempts - n_given]);
}

/* 432 for a nickname with something appended means that it is too long: others are kept as short
 * as the wanted one. */
static void learn_from_refusal(IrcClient *client, const IrcInput *input)
{
        if (!irc_message_has_verb(input->message, "431") &&
                !irc_message_has_verb(input->message, "432"))
                client->is_nick_acceptable = true;
        else if (client->nick_attempts >= g_strv_length(client->nicknames))
                client->nick_length_limit = strlen(client->nicknames[0]);
}

void irc_client_handle_nick_refused(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        g_autofree char *next = NULL, *quoted = NULL, *text = NULL;
        const char *params[] = {NULL, NULL};

        if (client->state == IRC_CLIENT_REGISTERED) {
                if (!irc_client_regain_refused(client, input))
                        irc_client_handle_refusal(client, input);
                return;
        }
        learn_from_refusal(client, input);
        next = next_nickname(client);
        params[0] = next;
        if (next && irc_client_send(client, IRC_PRIORITY_REGISTRATION, "NICK", params, NULL, false,
                            input->effects, NULL)) {
                irc_client_set_string(client, &client->nickname, next);
                return;
        }
        quoted = ic_text_quote(
                irc_message_get_param(message, message->n_params - 1), IRC_CLIENT_QUOTE_MAX);
        text = g_strdup_printf(
                "no nickname is free or acceptable, the last one tried was %s: \"%s\"",
                client->nickname, quoted);
        irc_client_close(client, IC_ERROR_NICKNAME, text, input->effects);
}

/* 001: the first parameter is who we are from now on; it may be cut. */
void irc_client_handle_welcome(IrcClient *client, const IrcInput *input)
{
        const char *given = input->message->params[0];
        IrcEffect *effect;
        const char *nickname, *requested;

        if (client->state == IRC_CLIENT_REGISTERED)
                return;
        irc_caps_give_up(client->caps);
        if (!check_sasl(client, input->effects))
                return;

        requested = irc_effects_strdup(input->effects, client->nickname);
        if (*given && !g_str_equal(given, "*"))
                irc_client_set_string(client, &client->nickname, given);
        irc_client_set_string(client, &client->server_name, input->message->nick);
        client->state = IRC_CLIENT_REGISTERED;
        client->is_changed = true;

        nickname = irc_effects_strdup(input->effects, client->nickname);
        effect = irc_effects_add(input->effects, IRC_EFFECT_REGISTERED);
        effect->self.nickname = nickname;
        effect->self.old_nickname = g_str_equal(nickname, requested) ? NULL : requested;
}

/* 005 <nick> <token>... :are supported by this server */
void irc_client_handle_isupport(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        g_autofree char *old = g_strdup(irc_client_get_network(client));
        const char *network;

        if (message->n_params == 2 && g_str_has_prefix(message->params[1], "Try server ")) {
                irc_client_handle_bounce(client, input);
                return;
        }
        for (gsize i = 1; i + 1 < message->n_params; i++)
                if (irc_isupport_take(client->isupport, message->params[i]))
                        client->is_changed = true;
        irc_channels_set_casemap(&client->channels, client->isupport->casemap);

        network = irc_client_get_network(client);
        if (network && g_strcmp0(network, old) != 0) {
                const char *name = irc_effects_strdup(input->effects, network);

                irc_effects_add(input->effects, IRC_EFFECT_NETWORK)->network.name = name;
        }
}

/* What others are to know of us before we join anything. */
static void introduce(IrcClient *client, IrcEffects *effects)
{
        char letter = irc_isupport_get_letter(client->isupport, "BOT");
        char mode[] = {'+', letter, '\0'};
        const char *const params[] = {client->nickname, mode, NULL};

        if (client->is_bot && g_ascii_isalnum(letter) &&
                !irc_client_send(
                        client, IRC_PRIORITY_CONTROL, "MODE", params, NULL, false, effects, NULL))
                client->is_bot = false;
        if (client->away_message && !client->is_away_said &&
                !g_str_equal(client->away_message, "*"))
                say_away(client, IRC_PRIORITY_CONTROL, effects);
}

void irc_client_handle_burst_end(IrcClient *client, const IrcInput *input)
{
        if (client->is_burst_over)
                return;
        client->is_burst_over = true;
        client->is_changed = true;
        introduce(client, input->effects);
        irc_client_identify(client, input->effects);
        irc_client_begin_regain(client, input->now, input->effects);
        irc_client_autojoin(client, input->effects);
}

/* 900 <nick> <nick!user@host> <account> :text */
void irc_client_handle_logged_in(IrcClient *client, const IrcInput *input)
{
        irc_client_set_string(client, &client->account, input->message->params[2]);
        if (client->state == IRC_CLIENT_REGISTERED)
                irc_client_join_awaiting(client, input->effects);
}

void irc_client_handle_logged_out(IrcClient *client, const IrcInput *input)
{
        irc_client_set_string(client, &client->account, NULL);
}

/* 396 <nick> <host or user@host> :text */
void irc_client_handle_visible_host(IrcClient *client, const IrcInput *input)
{
        const char *host = input->message->params[1];
        const char *at = strchr(host, '@');
        g_autofree char *user = at ? g_strndup(host, (gsize) (at - host)) : NULL;

        if (user)
                irc_client_set_string(client, &client->user, user);
        irc_client_set_string(client, &client->host, at ? at + 1 : host);
}

const char *irc_client_get_waiting_for(const IrcClient *client)
{
        switch (client->state) {
        case IRC_CLIENT_NEW:
                return "the link";
        case IRC_CLIENT_REGISTERED:
        case IRC_CLIENT_CLOSED:
                return "nothing";
        case IRC_CLIENT_REGISTERING:
                break;
        }
        if (irc_sasl_get_state(client->sasl) == IRC_SASL_RUNNING)
                return irc_sasl_get_title(client->sasl);
        if (irc_caps_get_state(client->caps) == IRC_CAPS_LISTING ||
                irc_caps_get_state(client->caps) == IRC_CAPS_REQUESTING)
                return "capabilities";
        return client->nick_attempts > 0 ? "a free nickname" : "the welcome";
}
