/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What can be asked of a client, and its snapshot: the same facts for the next process. */

#include <string.h>

#include "base/error.h"
#include "irc/client-private.h"

/* Version 1: the keys below. */
#define SNAPSHOT_VERSION 1
#define SNAPSHOT_STRING_MAX 1024

IrcClientState irc_client_get_state(const IrcClient *client)
{
        return client->state;
}

bool irc_client_is_burst_over(const IrcClient *client)
{
        return client->is_burst_over;
}

const char *irc_client_get_nickname(const IrcClient *client)
{
        return client->nickname;
}

const char *irc_client_get_network(const IrcClient *client)
{
        const char *network = irc_isupport_get(client->isupport, "NETWORK");

        return network && *network ? network : NULL;
}

const char *irc_client_get_account(const IrcClient *client)
{
        return client->account;
}

const IrcIsupport *irc_client_get_isupport(const IrcClient *client)
{
        return client->isupport;
}

bool irc_client_is_away(const IrcClient *client)
{
        return client->is_away;
}

bool irc_client_has_safe_rate(const IrcClient *client)
{
        return irc_isupport_has(client->isupport, "soju.im/SAFERATE");
}

bool irc_client_has_cap(const IrcClient *client, const char *name)
{
        return irc_caps_has(client->caps, name);
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

GStrv irc_client_get_channels(const IrcClient *client)
{
        guint n = g_hash_table_size(client->channels.by_name), i = 0;
        GStrv names = g_new0(char *, n + 1);
        GHashTableIter iter;
        gpointer channel;

        g_hash_table_iter_init(&iter, client->channels.by_name);
        while (g_hash_table_iter_next(&iter, NULL, &channel))
                names[i++] = g_strdup(((IrcChannel *) channel)->name);
        qsort(names, n, sizeof(char *), compare_names);
        return names;
}

bool irc_client_is_in_channel(const IrcClient *client, const char *channel)
{
        return irc_channels_find(&client->channels, channel) != NULL;
}

const char *irc_client_get_topic(const IrcClient *client, const char *channel)
{
        const IrcChannel *found = irc_channels_find(&client->channels, channel);

        return found ? found->topic : NULL;
}

bool irc_client_foreach_member(
        const IrcClient *client, const char *channel, IrcMemberFunc func, gpointer user_data)
{
        const IrcChannel *found = irc_channels_find(&client->channels, channel);
        GHashTableIter iter;
        gpointer value;

        if (!found)
                return false;
        g_hash_table_iter_init(&iter, found->members);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const IrcChannelMember *member = value;
                const IrcMember shown = {
                        .nickname = member->nickname,
                        .account = member->account,
                        .prefixes = member->prefixes,
                        .is_away = member->is_away,
                        .address = member->address,
                        .realname = member->realname,
                };

                func(&shown, user_data);
        }
        return true;
}

bool irc_client_take_changed(IrcClient *client)
{
        bool was_changed = client->is_changed;

        client->is_changed = false;
        return was_changed;
}

static void add_string(GVariantBuilder *builder, const char *key, const char *value)
{
        if (value)
                g_variant_builder_add(builder, "{sv}", key, g_variant_new_string(value));
}

GVariant *irc_client_snapshot(const IrcClient *client)
{
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&builder, "{sv}", "version", g_variant_new_uint32(SNAPSHOT_VERSION));
        add_string(&builder, "nickname", client->nickname);
        add_string(&builder, "user", client->user);
        add_string(&builder, "host", client->host);
        add_string(&builder, "account", client->account);
        add_string(&builder, "server", client->server_name);
        g_variant_builder_add(
                &builder, "{sv}", "burst-over", g_variant_new_boolean(client->is_burst_over));
        g_variant_builder_add(&builder, "{sv}", "away", g_variant_new_boolean(client->is_away));
        add_string(&builder, "sts", client->sts);
        g_variant_builder_add(&builder, "{sv}", "user-modes", irc_modes_to_variant(client->modes));
        g_variant_builder_add(&builder, "{sv}", "channels", irc_client_channels_to_variant(client));
        g_variant_builder_add(
                &builder, "{sv}", "questions", irc_client_questions_to_variant(client));
        g_variant_builder_add(&builder, "{sv}", "awaiting-login",
                g_variant_new_strv((const char *const *) client->awaiting_login->pdata,
                        client->awaiting_login->len));
        g_variant_builder_add(&builder, "{sv}", "ctcp-answers",
                g_variant_new_fixed_array(G_VARIANT_TYPE_INT64, client->ctcp_answers,
                        G_N_ELEMENTS(client->ctcp_answers), sizeof(gint64)));
        g_variant_builder_add(&builder, "{sv}", "capabilities", irc_caps_to_variant(client->caps));
        g_variant_builder_add(
                &builder, "{sv}", "batches", irc_batches_to_variant(&client->batches));
        g_variant_builder_add(&builder, "{sv}", "regain",
                g_variant_new("(ubx)", (guint32) client->regain, client->is_monitoring,
                        client->regain_at));
        g_variant_builder_add(&builder, "{sv}", "login",
                g_variant_new("(bx)", client->is_reauth_wanted, client->login_deadline));
        g_variant_builder_add(
                &builder, "{sv}", "multiline-ref", g_variant_new_uint32(client->multiline_ref));
        g_variant_builder_add(&builder, "{sv}", "history", irc_client_history_to_variant(client));
        g_variant_builder_add(
                &builder, "{sv}", "requests", irc_requests_to_variant(&client->requests));
        g_variant_builder_add(
                &builder, "{sv}", "isupport", irc_isupport_to_variant(client->isupport));
        return g_variant_builder_end(&builder);
}

static void restore_string(GVariant *snapshot, const char *key, char **field)
{
        const char *value;

        if (g_variant_lookup(snapshot, key, "&s", &value) && *value &&
                strlen(value) <= SNAPSHOT_STRING_MAX) {
                g_free(*field);
                *field = g_strdup(value);
        }
}

static bool check_snapshot(GVariant *snapshot, GError **error)
{
        const char *nickname;
        guint32 version;

        if (g_variant_is_of_type(snapshot, G_VARIANT_TYPE_VARDICT) &&
                g_variant_lookup(snapshot, "version", "u", &version) &&
                version == SNAPSHOT_VERSION &&
                g_variant_lookup(snapshot, "nickname", "&s", &nickname) && *nickname &&
                strlen(nickname) <= SNAPSHOT_STRING_MAX)
                return true;
        g_set_error_literal(error, IC_ERROR, IC_ERROR_FAILED,
                "The stored state of the connection cannot be understood");
        return false;
}

static void restore_regain(IrcClient *client, GVariant *snapshot)
{
        gboolean is_monitoring;
        guint32 state;
        gint64 at;

        if (!client->is_regain_wanted ||
                !g_variant_lookup(snapshot, "regain", "(ubx)", &state, &is_monitoring, &at) ||
                state > IRC_REGAIN_ASKED)
                return;
        client->regain = (IrcRegainState) state;
        client->is_monitoring = is_monitoring;
        client->regain_at = at;
}

static void restore_login(IrcClient *client, GVariant *variant)
{
        gboolean is_wanted;

        if (!g_variant_is_of_type(variant, G_VARIANT_TYPE("(bx)")))
                return;
        g_variant_get(variant, "(bx)", &is_wanted, &client->login_deadline);
        client->is_reauth_wanted = is_wanted;
}

static void restore_answers(IrcClient *client, GVariant *variant)
{
        const gint64 *answers;
        gsize n;

        if (!g_variant_is_of_type(variant, G_VARIANT_TYPE("ax")))
                return;
        answers = g_variant_get_fixed_array(variant, &n, sizeof(gint64));
        /* The oldest is taken first, wherever it stands. */
        for (gsize i = 0; i < MIN(n, G_N_ELEMENTS(client->ctcp_answers)); i++) {
                client->ctcp_answers[i] = answers[i];
                if (answers[i] < client->ctcp_answers[client->ctcp_next])
                        client->ctcp_next = (guint) i;
        }
}

static void restore_awaiting(IrcClient *client, GVariant *variant)
{
        GVariantIter iter;
        const char *channel;

        if (!g_variant_is_of_type(variant, G_VARIANT_TYPE_STRING_ARRAY))
                return;
        g_variant_iter_init(&iter, variant);
        while (g_variant_iter_next(&iter, "&s", &channel))
                irc_client_await_login(client, channel);
}

static void restore_caps(IrcClient *client, GVariant *variant)
{
        irc_caps_restore(client->caps, variant);
}

static void restore_isupport(IrcClient *client, GVariant *variant)
{
        irc_isupport_restore(client->isupport, variant);
        irc_channels_set_casemap(&client->channels, client->isupport->casemap);
}

static void restore_batches(IrcClient *client, GVariant *variant)
{
        irc_batches_restore(&client->batches, variant);
}

static void restore_requests(IrcClient *client, GVariant *variant)
{
        irc_requests_restore(&client->requests, variant);
}

static void restore_user_modes(IrcClient *client, GVariant *variant)
{
        client->modes = irc_modes_from_variant(variant);
}

/* What has a form of its own; each leaves out what it cannot understand. */
static const struct {
        const char *key;
        void (*restore)(IrcClient *client, GVariant *variant);
} parts[] = {
        {"capabilities", restore_caps},
        {"isupport", restore_isupport},
        {"batches", restore_batches},
        {"requests", restore_requests},
        {"history", irc_client_restore_history},
        {"questions", irc_client_restore_questions},
        {"channels", irc_client_keep_carried_channels},
        {"user-modes", restore_user_modes},
        {"awaiting-login", restore_awaiting},
        {"ctcp-answers", restore_answers},
        {"login", restore_login},
};

bool irc_client_restore(IrcClient *client, GVariant *snapshot, GError **error)
{
        g_autoptr(GVariant) sound = NULL;
        gboolean is_burst_over = FALSE, is_away = FALSE;

        g_assert(client->state == IRC_CLIENT_NEW);
        sound = g_variant_get_normal_form(snapshot);
        if (!check_snapshot(sound, error))
                return false;

        restore_string(sound, "nickname", &client->nickname);
        restore_string(sound, "user", &client->user);
        restore_string(sound, "host", &client->host);
        restore_string(sound, "account", &client->account);
        restore_string(sound, "server", &client->server_name);
        g_variant_lookup(sound, "burst-over", "b", &is_burst_over);
        client->is_burst_over = is_burst_over;
        g_variant_lookup(sound, "away", "b", &is_away);
        client->is_away = is_away;
        restore_string(sound, "sts", &client->sts);
        restore_regain(client, sound);
        g_variant_lookup(sound, "multiline-ref", "u", &client->multiline_ref);
        for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
                g_autoptr(GVariant) part = g_variant_lookup_value(sound, parts[i].key, NULL);

                if (part)
                        parts[i].restore(client, part);
        }
        client->state = IRC_CLIENT_REGISTERED;
        return true;
}

void irc_client_restore_member(IrcClient *client, const char *channel, const IrcMember *member)
{
        IrcChannel *found = irc_channels_find(&client->channels, channel);
        IrcChannelMember *added =
                found ? irc_channel_add_member(&client->channels, found, member->nickname) : NULL;

        if (!added)
                return;
        irc_channel_member_set_account(added, member->account);
        irc_channel_member_set_prefixes(added, client->isupport, member->prefixes ?: "");
        irc_channel_member_set_realname(added, member->realname);
        if (member->address) {
                g_auto(GStrv) parts_of_address = g_strsplit(member->address, "@", 2);

                irc_channel_member_set_address(added, parts_of_address[0], parts_of_address[1]);
        }
        added->is_away = member->is_away;
}
