/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Speech: split so that what others receive, with our source in front, fits a line. */

#include <string.h>

#include "irc/client-private.h"
#include "irc/split.h"

/* What ours may grow to where the server has not told (multiline specification), and a reserve for
 * a host that changes without our knowledge. */
#define USER_WORST 20
#define HOST_WORST 63
#define RESERVE 10
/* A target that leaves less than this for the text is refused. */
#define BUDGET_MIN 32

#define ACTION_START "\001ACTION "
#define ACTION_END "\001"

const char *irc_client_speech_verb(IrcMessageType type)
{
        return type == IRC_MESSAGE_NOTICE ? "NOTICE" : "PRIVMSG";
}

/* The bytes of text that fit ":nick!user@host PRIVMSG target :text". */
static gsize text_budget(const IrcClient *client, IrcMessageType type, const char *target)
{
        const IrcIsupport *isupport = client->isupport;
        gsize user = client->user ? strlen(client->user)
                                  : irc_isupport_get_number(isupport, "USERLEN", USER_WORST) + 1;
        gsize host = client->host ? strlen(client->host)
                                  : irc_isupport_get_number(isupport, "HOSTLEN", HOST_WORST);
        gsize around = strlen(":!@ ") + strlen(client->nickname) + user + host +
                       strlen(irc_client_speech_verb(type)) + strlen(" ") + strlen(target) +
                       strlen(" :") + RESERVE;
        gsize limit = irc_client_get_line_limit(client);

        if (type == IRC_MESSAGE_ACTION)
                around += strlen(ACTION_START ACTION_END);
        return limit > around ? limit - around : 0;
}

/* Adds the pieces of one line of the text. */
static void split_line(const char *line, gsize len, gsize budget, GPtrArray *pieces)
{
        while (len > 0 && pieces->len <= IRC_SAY_LINES_MAX) {
                gsize n = irc_split_length(line, len, budget);

                g_ptr_array_add(pieces, g_strndup(line, n));
                line += n;
                len -= n;
        }
}

static GPtrArray *split_text(const char *text, gsize budget)
{
        GPtrArray *pieces = g_ptr_array_new_with_free_func(g_free);

        while (*text) {
                gsize len = strcspn(text, "\r\n");

                split_line(text, len, budget, pieces);
                text += len;
                text += strspn(text, "\r\n");
        }
        return pieces;
}

static bool check(const IrcClient *client, const char *target, const char *text, gsize *ret_budget,
        IrcMessageType type, GError **error)
{
        if (!irc_client_check_registered(client, error) ||
                !irc_client_check_target("target", target, error))
                return false;
        if (!text || !g_utf8_validate(text, -1, NULL)) {
                g_set_error_literal(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "message: it is missing or not valid UTF-8");
                return false;
        }
        *ret_budget = text_budget(client, type, target);
        if (*ret_budget >= BUDGET_MIN)
                return true;
        g_set_error_literal(error, IC_ERROR, IC_ERROR_TOO_LONG,
                "target: it is so long that no text fits the line");
        return false;
}

/* The tags of a line have a bound of their own, which the text's does not keep. */
static bool check_reply(const char *reply_to, GError **error)
{
        if (!reply_to)
                return true;
        if (!irc_client_check_target("reply_to", reply_to, error))
                return false;
        if (strlen(reply_to) <= IRC_CLIENT_TAG_MAX)
                return true;
        g_set_error(error, IC_ERROR, IC_ERROR_TOO_LONG,
                "reply_to: it is longer than %d bytes, which no id of a message is",
                IRC_CLIENT_TAG_MAX);
        return false;
}

void irc_client_add_own_row(const IrcClient *client, IrcMessageType type, const char *target,
        const char *content, const char *reply_to, gint64 now, IrcEffects *effects)
{
        g_autofree char *source =
                client->user && client->host
                        ? g_strdup_printf("%s!%s@%s", client->nickname, client->user, client->host)
                        : NULL;
        IrcEffect row = {};

        row.message.type = type;
        row.message.channel =
                irc_effects_strdup(effects, irc_client_channel_of_target(client, target));
        row.message.target = irc_effects_strdup(effects, target);
        row.message.sender = irc_effects_strdup(effects, client->nickname);
        row.message.source = irc_effects_strdup(effects, source);
        row.message.account = irc_effects_strdup(effects, client->account);
        row.message.content = irc_effects_strdup(effects, content);
        row.message.reply_to = irc_effects_strdup(effects, reply_to);
        row.message.received_at = now;
        row.message.is_self = true;
        row.message.is_unconfirmed = true;
        irc_effects_add(effects, IRC_EFFECT_MESSAGE)->message = row.message;
}

bool irc_client_add_reply_tag(const IrcClient *client, const char *reply_to, GString *line)
{
        const IrcTag tag = {"+reply", (char *) reply_to};

        if (!reply_to || !irc_caps_has(client->caps, "message-tags") ||
                irc_isupport_is_tag_denied(client->isupport, "reply"))
                return false;
        irc_message_append_tags(line, &tag, 1);
        return true;
}

static void say_piece(IrcClient *client, IrcMessageType type, const char *target, const char *piece,
        const char *reply_to, gint64 now, IrcEffects *effects)
{
        bool is_action = type == IRC_MESSAGE_ACTION;

        g_string_truncate(client->scratch, 0);
        if (!irc_client_add_reply_tag(client, reply_to, client->scratch))
                reply_to = NULL;
        g_string_append_printf(client->scratch, "%s %s :%s%s%s", irc_client_speech_verb(type),
                target, is_action ? ACTION_START : "", piece, is_action ? ACTION_END : "");
        irc_client_send_request(client, IRC_PRIORITY_USER, irc_client_speech_verb(type), target,
                client->scratch->str, false, effects);
        if (!irc_client_is_self(client, target) && !irc_client_echoes(client))
                irc_client_add_own_row(client, type, target, piece, reply_to, now, effects);
}

bool irc_client_say(IrcClient *client, IrcMessageType type, const char *target, const char *text,
        const char *reply_to, gint64 now, IrcEffects *effects, GError **error)
{
        g_autoptr(GPtrArray) pieces = NULL;
        gsize budget;

        g_assert(type == IRC_MESSAGE_PRIVMSG || type == IRC_MESSAGE_NOTICE ||
                 type == IRC_MESSAGE_ACTION);
        if (!check(client, target, text, &budget, type, error) || !check_reply(reply_to, error))
                return false;
        if (irc_client_say_multiline(client, type, target, text, reply_to, budget, now, effects))
                return true;
        pieces = split_text(text, budget);
        if (pieces->len == 0) {
                g_set_error_literal(
                        error, IC_ERROR, IC_ERROR_INVALID_VALUE, "message: it is empty");
                return false;
        }
        if (pieces->len > IRC_SAY_LINES_MAX) {
                g_set_error(error, IC_ERROR, IC_ERROR_TOO_LONG,
                        "message: it would be more than %d lines", IRC_SAY_LINES_MAX);
                return false;
        }
        for (guint i = 0; i < pieces->len; i++)
                say_piece(client, type, target, pieces->pdata[i], i == 0 ? reply_to : NULL, now,
                        effects);
        return true;
}
