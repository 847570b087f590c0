/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What we are asked to tell the server, but for speech. */

#include <string.h>

#include "base/text.h"
#include "irc/client-private.h"

/* A reason in QUIT is cut rather than refused: the QUIT must go out. */
#define QUIT_REASON_MAX 300

bool irc_client_check_registered(const IrcClient *client, GError **error)
{
        if (client->state == IRC_CLIENT_REGISTERED)
                return true;
        g_set_error_literal(error, IC_ERROR, IC_ERROR_NOT_CONNECTED, "Server not connected");
        return false;
}

G_GNUC_PRINTF(3, 4)
static bool invalid(GError **error, const char *parameter, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE, "%s: %s", parameter, text);
        return false;
}

static bool check_text(const char *parameter, const char *text, GError **error)
{
        if (text && !g_utf8_validate(text, -1, NULL))
                return invalid(error, parameter, "it is not valid UTF-8");
        if (text && !ic_text_is_one_line(text, -1))
                return invalid(error, parameter, "it has a line break, which IRC cannot carry");
        return true;
}

bool irc_client_check_target(const char *parameter, const char *target, GError **error)
{
        if (!target || *target == '\0')
                return invalid(error, parameter, "it is empty");
        if (!check_text(parameter, target, error))
                return false;
        if (*target == ':' || strpbrk(target, " ,\a"))
                return invalid(error, parameter,
                        "it begins with a colon, or has a space, comma or bell: that is no name");
        return true;
}

/* What is longer than the server takes would be cut, and become another name or half a sentence.
 * Some count characters and some bytes: what is too long either way is refused here. */
static bool check_length(const IrcClient *client, const char *parameter, const char *text,
        const char *token, GError **error)
{
        guint limit = irc_isupport_get_number(client->isupport, token, 0);

        if (limit == 0 || !text || g_utf8_strlen(text, -1) <= (glong) limit)
                return true;
        g_set_error(error, IC_ERROR, IC_ERROR_TOO_LONG,
                "%s: it is longer than the %u characters that the server takes (%s)", parameter,
                limit, token);
        return false;
}

static bool check_channel(const IrcClient *client, const char *channel, GError **error)
{
        if (!irc_client_check_registered(client, error) ||
                !irc_client_check_target("channel", channel, error))
                return false;
        if (!irc_isupport_is_channel(client->isupport, channel))
                return invalid(error, "channel",
                        "a name of a channel begins with one of \"%s\" on this server",
                        client->isupport->chantypes);
        return check_length(client, "channel", channel, "CHANNELLEN", error);
}

static bool send_control(IrcClient *client, const char *verb, const char *first, const char *second,
        const char *trailing, IrcEffects *effects, GError **error)
{
        const char *const params[] = {first, second, NULL};

        return irc_client_send(
                client, IRC_PRIORITY_CONTROL, verb, params, trailing, false, effects, error);
}

bool irc_client_join(IrcClient *client, const char *channel, const char *key, IrcEffects *effects,
        GError **error)
{
        if (!check_channel(client, channel, error))
                return false;
        if (key && *key == '\0')
                key = NULL;
        if (key && !irc_client_check_target("key", key, error))
                return false;
        return send_control(client, "JOIN", channel, key, NULL, effects, error);
}

bool irc_client_part(IrcClient *client, const char *channel, const char *reason,
        IrcEffects *effects, GError **error)
{
        if (!check_channel(client, channel, error) || !check_text("message", reason, error))
                return false;
        return send_control(
                client, "PART", channel, NULL, reason && *reason ? reason : NULL, effects, error);
}

bool irc_client_nick(IrcClient *client, const char *nickname, IrcEffects *effects, GError **error)
{
        if (!irc_client_check_registered(client, error) ||
                !irc_client_check_target("nickname", nickname, error))
                return false;
        if (strpbrk(nickname, "!@*?") || irc_isupport_is_channel(client->isupport, nickname))
                return invalid(error, "nickname",
                        "it is the name of a channel or has one of the characters !@*?");
        if (!check_length(client, "nickname", nickname, "NICKLEN", error) ||
                !send_control(client, "NICK", nickname, NULL, NULL, effects, error))
                return false;
        irc_client_end_regain(client, effects);
        return true;
}

bool irc_client_away(IrcClient *client, const char *message, IrcEffects *effects, GError **error)
{
        if (!irc_client_check_registered(client, error) || !check_text("message", message, error) ||
                !check_length(client, "message", message, "AWAYLEN", error))
                return false;
        return send_control(
                client, "AWAY", NULL, NULL, message && *message ? message : NULL, effects, error);
}

bool irc_client_topic(IrcClient *client, const char *channel, const char *topic,
        IrcEffects *effects, GError **error)
{
        if (!check_channel(client, channel, error) || !check_text("topic", topic, error) ||
                !check_length(client, "topic", topic, "TOPICLEN", error))
                return false;
        return send_control(client, "TOPIC", channel, NULL, topic ?: "", effects, error);
}

bool irc_client_mode(IrcClient *client, const char *target, const char *modes,
        const char *const *arguments, IrcEffects *effects, GError **error)
{
        g_autoptr(GPtrArray) params = g_ptr_array_new();

        if (!irc_client_check_registered(client, error) ||
                !irc_client_check_target("target", target, error) ||
                !irc_client_check_target("modes", modes, error))
                return false;
        g_ptr_array_add(params, (gpointer) target);
        g_ptr_array_add(params, (gpointer) modes);
        for (gsize i = 0; arguments && arguments[i]; i++) {
                if (!check_text("arguments", arguments[i], error))
                        return false;
                g_ptr_array_add(params, (gpointer) arguments[i]);
        }
        g_ptr_array_add(params, NULL);
        return irc_client_send_modes(
                client, (const char *const *) params->pdata, params->len - 1, effects, error);
}

bool irc_client_kick(IrcClient *client, const char *channel, const char *nickname,
        const char *reason, IrcEffects *effects, GError **error)
{
        if (!check_channel(client, channel, error) ||
                !irc_client_check_target("nickname", nickname, error) ||
                !check_text("message", reason, error) ||
                !check_length(client, "message", reason, "KICKLEN", error))
                return false;
        return send_control(client, "KICK", channel, nickname, reason && *reason ? reason : NULL,
                effects, error);
}

bool irc_client_invite(IrcClient *client, const char *nickname, const char *channel,
        IrcEffects *effects, GError **error)
{
        if (!check_channel(client, channel, error) ||
                !irc_client_check_target("nickname", nickname, error))
                return false;
        return send_control(client, "INVITE", nickname, channel, NULL, effects, error);
}

/* How lines of this verb leave: speech is paced, long answers come last. */
static IrcPriority priority_of(const IrcMessage *message)
{
        static const struct {
                const char *verb;
                IrcPriority priority;
        } verbs[] = {
                {"CHATHISTORY", IRC_PRIORITY_BULK},
                {"LIST", IRC_PRIORITY_BULK},
                {"NAMES", IRC_PRIORITY_BULK},
                {"NOTICE", IRC_PRIORITY_USER},
                {"PING", IRC_PRIORITY_LIVENESS},
                {"PONG", IRC_PRIORITY_LIVENESS},
                {"PRIVMSG", IRC_PRIORITY_USER},
                {"TAGMSG", IRC_PRIORITY_USER},
                {"WHO", IRC_PRIORITY_BULK},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
                if (irc_message_has_verb(message, verbs[i].verb))
                        return verbs[i].priority;
        return IRC_PRIORITY_CONTROL;
}

static bool is_secret_verb(const IrcMessage *message)
{
        return irc_message_has_verb(message, "PASS") || irc_message_has_verb(message, "OPER") ||
               irc_message_has_verb(message, "AUTHENTICATE");
}

/* Tags have a bound of their own (message-tags: 4096 bytes from a client). */
static bool check_raw_length(const IrcClient *client, const char *line, GError **error)
{
        const gsize tags_max = 4096;
        const char *rest = line;
        gsize tags;

        if (*line == '@')
                rest = strchrnul(line, ' ');
        tags = (gsize) (rest - line) + (*rest == ' ');
        if (tags <= tags_max && strlen(line) - tags <= irc_client_get_line_limit(client))
                return true;
        g_set_error(error, IC_ERROR, IC_ERROR_TOO_LONG,
                "line: it is longer than the %" G_GSIZE_FORMAT " bytes that the server takes",
                irc_client_get_line_limit(client));
        return false;
}

/* What the server would cut off or refuse anyway, said in words. */
static bool check_raw_content(
        const IrcClient *client, const IrcMessage *message, const char *line, GError **error)
{
        if (irc_isupport_has(client->isupport, "UTF8ONLY") && !g_utf8_validate(line, -1, NULL))
                return invalid(error, "line", "this server takes only UTF-8");
        for (gsize i = 0; i < message->n_tags; i++) {
                const char *key = message->tags[i].key;

                if (*key == '+' && irc_isupport_is_tag_denied(client->isupport, key + 1))
                        return invalid(error, "line", "this server takes no tag %s", key);
        }
        return true;
}

bool irc_client_raw(IrcClient *client, const char *line, IrcEffects *effects, GError **error)
{
        g_auto(IrcMessage) message = {};
        IrcParseResult result;

        if (!irc_client_check_registered(client, error))
                return false;
        if (!line || !ic_text_is_one_line(line, -1))
                return invalid(error, "line", "it has a line break, which IRC cannot carry");
        if (!check_raw_length(client, line, error))
                return false;
        result = irc_message_parse(&message, line, strlen(line));
        if (result != IRC_PARSE_OK)
                return invalid(error, "line", "%s", irc_parse_result_text(result));
        if (!check_raw_content(client, &message, line, error))
                return false;
        if (irc_message_get_tag(&message, "label"))
                irc_client_send_line(
                        effects, priority_of(&message), line, is_secret_verb(&message));
        else
                irc_client_send_request(client, priority_of(&message), message.verb,
                        irc_message_get_param(&message, 0), line, is_secret_verb(&message),
                        effects);
        return true;
}

void irc_client_quit(IrcClient *client, const char *reason, IrcEffects *effects)
{
        g_autofree char *valid = g_utf8_make_valid(reason ?: "", -1);
        gsize len = strlen(valid);

        if (client->state == IRC_CLIENT_CLOSED)
                return;
        client->is_quitting = true;
        g_strdelimit(valid, "\r\n", ' ');
        if (len > QUIT_REASON_MAX)
                *g_utf8_find_prev_char(valid, valid + QUIT_REASON_MAX + 1) = '\0';
        if (*valid)
                g_string_printf(client->scratch, "QUIT :%s", valid);
        else
                g_string_assign(client->scratch, "QUIT");
        irc_client_send_line(effects, IRC_PRIORITY_REGISTRATION, client->scratch->str, false);
}

void irc_client_ping(IrcClient *client, const char *token, IrcEffects *effects)
{
        if (client->state != IRC_CLIENT_REGISTERED)
                return;
        g_string_printf(client->scratch, "PING :%s", token);
        irc_client_send_line(effects, IRC_PRIORITY_LIVENESS, client->scratch->str, false);
}
