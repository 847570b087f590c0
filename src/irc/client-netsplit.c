/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Many who leave or come at once, since two servers lost or found each other: one row a channel.
 * Servers with batches say so. Of others it is seen by the reason of a QUIT, which names the two
 * servers and nothing else, and by who comes back to where he was lost; such lines are gathered up
 * to the next line of another kind, or the end of a read. */

#include <string.h>

#include "irc/client-private.h"
#include "irc/mode.h"

/* The nicknames in a row, in bytes. */
#define NAMES_MAX 4096
/* Who was lost and where, and for how long a join is a return. */
#define LOST_MAX 20000
#define LOST_TIME (G_GINT64_CONSTANT(3600) * G_USEC_PER_SEC)

struct IrcCrowd {
        char *servers;
        IrcMessageType type;
        GHashTable *names; /* channel's name to GString */
        gint64 now;        /* of its first line */
        gint64 sent_at;
};

static void string_free(gpointer data)
{
        g_string_free(data, TRUE);
}

IrcCrowd *irc_crowd_new(IrcMessageType type, const char *servers, const IrcInput *input)
{
        IrcCrowd *crowd = g_new0(IrcCrowd, 1);

        crowd->type = type;
        crowd->servers = g_strdup(servers);
        crowd->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, string_free);
        crowd->now = input->now;
        crowd->sent_at = input->sent_at;
        return crowd;
}

void irc_crowd_free(IrcCrowd *crowd)
{
        if (!crowd)
                return;
        g_free(crowd->servers);
        g_hash_table_unref(crowd->names);
        g_free(crowd);
}

static void add_name(IrcCrowd *crowd, const char *channel, const char *nickname)
{
        GString *names = g_hash_table_lookup(crowd->names, channel);

        if (!names) {
                names = g_string_new(NULL);
                g_hash_table_insert(crowd->names, g_strdup(channel), names);
        }
        if (names->len + strlen(nickname) > NAMES_MAX) {
                if (!g_str_has_suffix(names->str, "…"))
                        g_string_append(names, " …");
                return;
        }
        g_string_append_printf(names, "%s%s", names->len > 0 ? " " : "", nickname);
}

/* Where somebody was, or is again: "#channel nickname", folded. */
static char *place(const IrcClient *client, const char *channel, const char *nickname)
{
        g_autoptr(GString) folded = g_string_new(NULL);
        g_autofree char *plain = g_strdup_printf("%s %s", channel, nickname);

        irc_casemap_fold(client->isupport->casemap, plain, folded);
        return g_strdup(folded->str);
}

/* Who is in which of our channels before the line is taken. */
void irc_client_crowd_note_quit(IrcClient *client, IrcCrowd *crowd, const IrcInput *input)
{
        GHashTableIter iter;
        gpointer value;

        if (input->now - client->lost_at > LOST_TIME)
                g_hash_table_remove_all(client->lost);
        client->lost_at = input->now;
        g_hash_table_iter_init(&iter, client->channels.by_name);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const IrcChannel *channel = value;

                if (!irc_channel_find_member(&client->channels, channel, input->sender))
                        continue;
                add_name(crowd, channel->name, input->sender);
                if (g_hash_table_size(client->lost) < LOST_MAX)
                        g_hash_table_insert(client->lost,
                                place(client, channel->name, input->sender),
                                g_ref_string_new_intern(crowd->servers));
        }
}

void irc_client_crowd_note_join(IrcClient *client, IrcCrowd *crowd, const IrcInput *input)
{
        const char *name = irc_message_get_param(input->message, 0);
        const IrcChannel *channel = name ? irc_channels_find(&client->channels, name) : NULL;
        g_autofree char *where = channel ? place(client, channel->name, input->sender) : NULL;

        if (!channel)
                return;
        add_name(crowd, channel->name, input->sender);
        g_hash_table_remove(client->lost, where);
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

void irc_client_add_crowd_rows(IrcClient *client, const IrcCrowd *crowd, const IrcInput *input)
{
        g_autofree const char **channels =
                (const char **) g_hash_table_get_keys_as_array(crowd->names, NULL);
        guint n = g_hash_table_size(crowd->names);

        qsort(channels, n, sizeof(char *), compare_names);
        for (guint i = 0; i < n; i++) {
                const GString *names = g_hash_table_lookup(crowd->names, channels[i]);
                g_autofree char *content = g_strdup_printf("%s: %s", crowd->servers, names->str);

                irc_client_add_message(
                        client, input, crowd->type, channels[i], channels[i], content);
        }
}

static bool is_server_name(const char *name, gsize len)
{
        const char *dot = memrchr(name, '.', len);
        gsize n_letters = 0;

        /* The last part is of letters only: an address is no name. */
        if (!dot || dot == name)
                return false;
        for (gsize i = 0; i < len; i++)
                if ((!g_ascii_isalnum(name[i]) && !strchr("*-._", name[i])) ||
                        (name[i] == '.' && i + 1 < len && name[i + 1] == '.'))
                        return false;
        for (const char *c = dot + 1; c < name + len; c++)
                n_letters += g_ascii_isalpha(*c);
        return n_letters >= 2 && dot + 1 + n_letters == name + len;
}

/* "one.example two.example": two names of servers, and nothing else. */
static bool is_split_reason(const char *reason)
{
        const char *space = strchr(reason, ' ');

        return space && is_server_name(reason, (gsize) (space - reason)) &&
               is_server_name(space + 1, strlen(space + 1)) &&
               g_ascii_strncasecmp(reason, space + 1, (gsize) (space + 1 - reason) - 1) != 0;
}

void irc_client_end_of_read(IrcClient *client, IrcEffects *effects)
{
        static const IrcMessage none = {};
        g_autoptr(IrcCrowd) crowd = g_steal_pointer(&client->crowd);
        IrcInput input = {
                .message = &none,
                .effects = effects,
                .sender = client->server_name ?: "*",
        };

        if (!crowd)
                return;
        input.now = crowd->now;
        input.sent_at = crowd->sent_at;
        irc_client_add_crowd_rows(client, crowd, &input);
}

static IrcCrowd *gather(
        IrcClient *client, const IrcInput *input, IrcMessageType type, const char *servers)
{
        if (client->crowd &&
                (client->crowd->type != type || !g_str_equal(client->crowd->servers, servers)))
                irc_client_end_of_read(client, input->effects);
        if (!client->crowd)
                client->crowd = irc_crowd_new(type, servers, input);
        return client->crowd;
}

bool irc_client_gather_quit(IrcClient *client, const IrcInput *input, const char *reason)
{
        if (input->is_quiet || input->is_self || !is_split_reason(reason))
                return false;
        irc_client_crowd_note_quit(
                client, gather(client, input, IRC_MESSAGE_NETSPLIT, reason), input);
        return true;
}

bool irc_client_gather_join(IrcClient *client, const IrcInput *input, const char *channel)
{
        g_autofree char *where = NULL;
        const char *servers;

        if (g_hash_table_size(client->lost) > 0 && input->now - client->lost_at > LOST_TIME)
                g_hash_table_remove_all(client->lost);
        if (input->is_quiet || input->is_self || g_hash_table_size(client->lost) == 0)
                return false;
        where = place(client, channel, input->sender);
        servers = g_hash_table_lookup(client->lost, where);
        if (!servers)
                return false;
        irc_client_crowd_note_join(
                client, gather(client, input, IRC_MESSAGE_NETJOIN, servers), input);
        return true;
}

/* A server gives those who come back what they had: that is part of their coming. */
static bool only_gives_prefixes(const IrcClient *client, const IrcMessage *message)
{
        IrcModeIter iter;
        IrcModeChange change;

        if (!message->nick || message->user || message->n_params < 3 || !strchr(message->nick, '.'))
                return false;
        irc_mode_iter_init(&iter, client->isupport, message->params + 1, message->n_params - 1);
        while (irc_mode_iter_next(&iter, &change))
                if (change.kind != IRC_MODE_PREFIX)
                        return false;
        return true;
}

bool irc_client_is_mode_of_crowd(const IrcClient *client, const IrcInput *input)
{
        return client->crowd && client->crowd->type == IRC_MESSAGE_NETJOIN &&
               only_gives_prefixes(client, input->message);
}

void irc_client_settle_crowd(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;

        if (!client->crowd || irc_message_has_verb(message, "QUIT") ||
                irc_message_has_verb(message, "JOIN") ||
                (irc_message_has_verb(message, "MODE") &&
                        irc_client_is_mode_of_crowd(client, input)))
                return;
        irc_client_end_of_read(client, input->effects);
}
