/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What happens to messages after they were said: they are read (draft/read-marker) and taken back
 * (draft/message-redaction). */

#include <string.h>

#include "irc/client-private.h"
#include "irc/server-time.h"

#define TIMESTAMP "timestamp="

/* MARKREAD <target> timestamp=<time>, or "*" for none */
void irc_client_handle_markread(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        const char *target = irc_effects_strdup(input->effects, message->params[0]);
        IrcEffect *effect;
        gint64 time = 0;

        if (g_str_has_prefix(message->params[1], TIMESTAMP) &&
                !irc_server_time_parse(message->params[1] + strlen(TIMESTAMP), &time))
                return;
        effect = irc_effects_add(input->effects, IRC_EFFECT_READ_MARKER);
        effect->read.target = target;
        effect->read.time = time;
}

/* REDACT <target> <msgid> [:<reason>] */
void irc_client_handle_redact(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        const char *target = message->params[0];
        const char *targets = irc_effects_strdup(input->effects, target);
        const char *channel =
                irc_effects_strdup(input->effects, irc_client_channel_of_target(client, target));
        const char *msgid = irc_effects_strdup(input->effects, message->params[1]);
        const char *by = irc_effects_strdup(input->effects, input->sender);
        const char *text = irc_effects_strdup(input->effects, irc_message_get_param(message, 2));
        IrcEffect *effect = irc_effects_add(input->effects, IRC_EFFECT_REDACTED);

        effect->redaction.channel = channel;
        effect->redaction.target = targets;
        effect->redaction.msgid = msgid;
        effect->redaction.by = by;
        effect->redaction.text = text;
        effect->redaction.time = input->sent_at ?: input->now;
}

static bool check_cap(const IrcClient *client, const char *name, GError **error)
{
        if (!irc_client_check_registered(client, error))
                return false;
        if (irc_caps_has(client->caps, name))
                return true;
        g_set_error(error, IC_ERROR, IC_ERROR_REFUSED,
                "the server has no %s, which is needed for this", name);
        return false;
}

bool irc_client_mark_read(
        IrcClient *client, const char *target, gint64 time, IrcEffects *effects, GError **error)
{
        g_autofree char *stamp = irc_server_time_format(time);
        g_autofree char *marker = g_strconcat(TIMESTAMP, stamp, NULL);
        const char *const params[] = {target, marker, NULL};

        return check_cap(client, "draft/read-marker", error) &&
               irc_client_check_target("target", target, error) &&
               irc_client_send(client, IRC_PRIORITY_CONTROL, "MARKREAD", params, NULL, false,
                       effects, error);
}

bool irc_client_redact(IrcClient *client, const char *target, const char *msgid, const char *reason,
        IrcEffects *effects, GError **error)
{
        const char *const params[] = {target, msgid, NULL};

        return check_cap(client, "draft/message-redaction", error) &&
               irc_client_check_target("target", target, error) &&
               irc_client_check_target("msgid", msgid, error) &&
               irc_client_send(client, IRC_PRIORITY_CONTROL, "REDACT", params,
                       reason && *reason ? reason : NULL, false, effects, error);
}
