/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Logging in where there is no SASL: by a message to the service. And what waits for a login. */

#include <string.h>

#include "irc/client-private.h"

#define IDENTIFY "IDENTIFY "
#define AWAITING_MAX 100

static const char *service(const IrcClient *client)
{
        return client->service_name ?: "NickServ";
}

void irc_client_identify(IrcClient *client, IrcEffects *effects)
{
        const char *password = client->service_password;
        const char *account = client->service_account;
        const char *const params[] = {service(client), NULL};
        g_autofree char *text = NULL;

        if (!password || client->account || !client->may_send_password)
                return;
        text = account ? g_strdup_printf(IDENTIFY "%s %s", account, password)
                       : g_strdup_printf(IDENTIFY "%s", password);
        /* A password that makes no line (it is too long, say) cannot be told. */
        if (irc_client_send(client, IRC_PRIORITY_REGISTRATION, "PRIVMSG", params, text, true,
                    effects, NULL))
                explicit_bzero(client->scratch->str, client->scratch->len);
        explicit_bzero(text, strlen(text));
}

/* The echo of the above holds the password: it is no message. */
bool irc_client_is_identification(
        const IrcClient *client, const IrcInput *input, const char *target, const char *text)
{
        return input->is_self &&
               irc_casemap_equal(client->isupport->casemap, target, service(client)) &&
               g_ascii_strncasecmp(text, IDENTIFY, strlen(IDENTIFY)) == 0;
}

/* 477: the channel is for those who are logged in. */
void irc_client_await_login(IrcClient *client, const char *channel)
{
        if (client->account || !channel || client->awaiting_login->len >= AWAITING_MAX)
                return;
        for (guint i = 0; i < client->awaiting_login->len; i++)
                if (irc_casemap_equal(
                            client->isupport->casemap, client->awaiting_login->pdata[i], channel))
                        return;
        g_ptr_array_add(client->awaiting_login, g_strdup(channel));
        client->is_changed = true;
}

static const char *key_of(const IrcClient *client, const char *channel)
{
        gsize len = strlen(channel);

        for (gsize i = 0; client->autojoin && client->autojoin[i]; i++)
                if (g_ascii_strncasecmp(client->autojoin[i], channel, len) == 0 &&
                        client->autojoin[i][len] == ' ')
                        return client->autojoin[i] + len + 1;
        return NULL;
}

/* We are logged in now. */
void irc_client_join_awaiting(IrcClient *client, IrcEffects *effects)
{
        g_autoptr(GPtrArray) channels = client->awaiting_login;

        client->awaiting_login = g_ptr_array_new_with_free_func(g_free);
        client->is_changed = true;
        for (guint i = 0; i < channels->len; i++) {
                const char *channel = channels->pdata[i];

                if (!irc_client_join(client, channel, key_of(client, channel), effects, NULL))
                        continue;
        }
}
