/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* MODE with more parameters than the server takes in one line (MODES): several lines, each with the
 * sign that belongs to its letters. */

#include <string.h>

#include "irc/client-private.h"
#include "irc/mode.h"

/* What servers take that do not say (RFC 2812 section 3.2.3). */
#define MODES_DEFAULT 3

typedef struct {
        GString *letters;
        GPtrArray *params; /* target, room for the letters, arguments */
        char sign;
} Line;

static guint modes_limit(const IrcClient *client)
{
        const char *value = irc_isupport_get(client->isupport, "MODES");

        if (value && *value == '\0')
                return G_MAXUINT;
        return MAX(irc_isupport_get_number(client->isupport, "MODES", MODES_DEFAULT), 1);
}

static bool flush(IrcClient *client, Line *line, IrcEffects *effects, GError **error)
{
        bool is_sent;

        if (line->letters->len == 0)
                return true;
        line->params->pdata[1] = line->letters->str;
        g_ptr_array_add(line->params, NULL);
        is_sent = irc_client_send(client, IRC_PRIORITY_CONTROL, "MODE",
                (const char *const *) line->params->pdata, NULL, false, effects, error);
        g_ptr_array_set_size(line->params, 2);
        g_string_truncate(line->letters, 0);
        line->sign = '\0';
        return is_sent;
}

static void add(Line *line, const IrcModeChange *change)
{
        char sign = change->is_set ? '+' : '-';

        if (line->sign != sign)
                g_string_append_c(line->letters, sign);
        line->sign = sign;
        g_string_append_c(line->letters, change->mode);
        if (change->argument)
                g_ptr_array_add(line->params, (gpointer) change->argument);
}

/* Whether CHANMODES and PREFIX account for all letters and arguments; if not, the server has to. */
static bool is_understood(const IrcClient *client, const char *const *params, gsize n_params)
{
        IrcModeIter iter;
        IrcModeChange change;

        if (strspn(params[0], "+-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") !=
                strlen(params[0]))
                return false;
        irc_mode_iter_init(&iter, client->isupport, params, n_params);
        while (irc_mode_iter_next(&iter, &change))
                ;
        return iter.n_arguments == 0;
}

bool irc_client_send_modes(IrcClient *client, const char *const *params, gsize n_params,
        IrcEffects *effects, GError **error)
{
        guint limit = modes_limit(client);
        IrcModeIter iter;
        IrcModeChange change;
        Line line;
        bool is_sent = true;

        if (!irc_isupport_is_channel(client->isupport, params[0]) || n_params <= limit + 2 ||
                !is_understood(client, params + 1, n_params - 1))
                return irc_client_send(
                        client, IRC_PRIORITY_CONTROL, "MODE", params, NULL, false, effects, error);

        line = (Line){g_string_new(NULL), g_ptr_array_new(), '\0'};
        g_ptr_array_add(line.params, (gpointer) params[0]);
        g_ptr_array_add(line.params, NULL);
        irc_mode_iter_init(&iter, client->isupport, params + 1, n_params - 1);
        while (is_sent && irc_mode_iter_next(&iter, &change)) {
                if (change.argument && line.params->len - 2 >= limit)
                        is_sent = flush(client, &line, effects, error);
                add(&line, &change);
        }
        is_sent = is_sent && flush(client, &line, effects, error);
        g_string_free(line.letters, TRUE);
        g_ptr_array_unref(line.params);
        return is_sent;
}
