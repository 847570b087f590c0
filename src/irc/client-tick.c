/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What the client does when time has passed. */

#include "irc/client-private.h"

static gint64 earlier(gint64 a, gint64 b)
{
        if (a == 0 || b == 0)
                return MAX(a, b);
        return MIN(a, b);
}

gint64 irc_client_get_deadline(const IrcClient *client)
{
        if (client->state != IRC_CLIENT_REGISTERED)
                return 0;
        return earlier(earlier(client->regain_at, irc_client_get_login_deadline(client)),
                earlier(irc_client_get_question_deadline(client),
                        irc_client_get_history_deadline(client)));
}

void irc_client_tick(IrcClient *client, gint64 now, IrcEffects *effects)
{
        gint64 deadline = irc_client_get_deadline(client);

        if (deadline == 0 || now < deadline || client->is_quitting)
                return;
        irc_client_tick_login(client, now, effects);
        irc_client_tick_regain(client, now, effects);
        irc_client_tick_questions(client, now, effects);
        irc_client_tick_history(client, now, effects);
}
