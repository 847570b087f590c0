/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Questions by CTCP, answered where the owner wants it: to the one who asks in private, never to a
 * channel, never to a NOTICE (two programs would answer each other for ever), and so often that
 * nobody can make us flood. All else, DCC above all, is a message like others. */

#include <string.h>

#include "irc/client-private.h"
#include "irc/ctcp.h"

#define WINDOW (10 * G_USEC_PER_SEC)
#define KNOWN "ACTION CLIENTINFO PING TIME VERSION"

/* The oldest of the last answers must be out of the window. */
static bool take_turn(IrcClient *client, gint64 now)
{
        gint64 *oldest = &client->ctcp_answers[client->ctcp_next];

        if (*oldest != 0 && now - *oldest < WINDOW && now >= *oldest)
                return false;
        *oldest = now;
        client->ctcp_next = (client->ctcp_next + 1) % G_N_ELEMENTS(client->ctcp_answers);
        client->is_changed = true;
        return true;
}

static char *time_text(gint64 now)
{
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(now / G_USEC_PER_SEC);

        return time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

/* "PING 123" for an answer, or NULL where there is none. */
static char *answer_to(const IrcClient *client, const char *text, gint64 now)
{
        g_autofree char *given = NULL, *time = NULL;
        const char *inside;
        gsize len;

        if (irc_ctcp_parse(text, "VERSION", &inside, &len))
                return g_strdup_printf("VERSION %s", client->ctcp_version);
        if (irc_ctcp_parse(text, "CLIENTINFO", &inside, &len))
                return g_strdup("CLIENTINFO " KNOWN);
        if (irc_ctcp_parse(text, "TIME", &inside, &len)) {
                time = time_text(now);
                return time ? g_strdup_printf("TIME %s", time) : NULL;
        }
        if (!irc_ctcp_parse(text, "PING", &inside, &len))
                return NULL;
        given = g_strndup(inside, len);
        return g_strdup_printf("PING %s", given);
}

void irc_client_answer_ctcp(IrcClient *client, const IrcInput *input)
{
        const char *target = input->message->params[0];
        const char *const params[] = {input->sender, NULL};
        g_autofree char *answer = NULL, *text = NULL;

        if (!client->ctcp_version || input->message->params[1][0] != '\001' || input->is_self ||
                input->is_replay || !input->message->nick ||
                client->state != IRC_CLIENT_REGISTERED || !irc_client_is_self(client, target))
                return;
        answer = answer_to(client, input->message->params[1], input->now);
        if (!answer || !take_turn(client, input->now))
                return;
        text = g_strdup_printf("\001%s\001", answer);
        /* One that does not fit, or would be two lines, is not answered. */
        if (!irc_client_send(
                    client, IRC_PRIORITY_USER, "NOTICE", params, text, false, input->effects, NULL))
                return;
}
