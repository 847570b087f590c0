/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The modes and lists of a channel, and the modes of ourselves: as far as the server told. */

#include "irc/client-private.h"
#include "irc/mode.h"

/* Seconds since the epoch as µs; 0 for what is none. */
static gint64 parse_time(const char *text)
{
        guint64 seconds;

        if (!text || !g_ascii_string_to_unsigned(
                             text, 10, 1, G_MAXINT64 / G_USEC_PER_SEC, &seconds, NULL))
                return 0;
        return (gint64) seconds * G_USEC_PER_SEC;
}

static IrcChannel *channel_of(const IrcClient *client, const IrcInput *input)
{
        return irc_channels_find(&client->channels, input->message->params[1]);
}

/* Whether a member changed. */
static bool change_prefix(
        IrcClient *client, const IrcInput *input, IrcChannel *channel, const IrcModeChange *change)
{
        IrcChannelMember *member =
                irc_channel_find_member(&client->channels, channel, change->argument);

        if (!member ||
                !irc_channel_member_set_prefix(member, client->isupport,
                        irc_isupport_prefix_of(client->isupport, change->mode), change->is_set))
                return false;
        irc_client_add_member_effect(input, IRC_EFFECT_MEMBER, channel, member);
        return true;
}

static void change_list(const IrcInput *input, IrcChannel *channel, const IrcModeChange *change)
{
        const IrcMessage *message = input->message;

        if (change->is_set)
                irc_channel_lists_add(&channel->lists, change->mode, change->argument,
                        message->source, input->sent_at ?: input->now);
        else
                irc_channel_lists_remove(&channel->lists, change->mode, change->argument);
}

static void change_mode(IrcClient *client, IrcChannel *channel, const IrcModeChange *change)
{
        if (change->is_set ? irc_modes_set(&channel->modes, change->mode, change->argument)
                           : irc_modes_unset(&channel->modes, change->mode))
                client->is_changed = true;
}

void irc_client_change_modes(
        IrcClient *client, const IrcInput *input, IrcChannel *channel, gsize first)
{
        const IrcMessage *message = input->message;
        IrcModeIter iter;
        IrcModeChange change;
        bool are_members_changed = false;

        irc_mode_iter_init(
                &iter, client->isupport, message->params + first, message->n_params - first);
        while (irc_mode_iter_next(&iter, &change)) {
                if (change.kind == IRC_MODE_PREFIX && change.argument)
                        are_members_changed |= change_prefix(client, input, channel, &change);
                else if (change.kind == IRC_MODE_LIST && change.argument)
                        change_list(input, channel, &change);
                else if (change.kind != IRC_MODE_PREFIX && change.kind != IRC_MODE_LIST)
                        change_mode(client, channel, &change);
        }
        if (are_members_changed)
                irc_effects_add_users_changed(input->effects, channel->name);
}

/* 324 <nick> <channel> <modes> [<argument>...] */
void irc_client_handle_channel_modes(IrcClient *client, const IrcInput *input)
{
        IrcChannel *channel = channel_of(client, input);

        irc_client_end_question(client, IRC_QUESTION_MODES, input);
        if (!channel)
                return;
        g_clear_pointer(&channel->modes, irc_modes_free);
        channel->has_modes = true;
        client->is_changed = true;
        irc_client_change_modes(client, input, channel, 2);
}

/* 329 <nick> <channel> <seconds> */
void irc_client_handle_channel_created(IrcClient *client, const IrcInput *input)
{
        IrcChannel *channel = channel_of(client, input);

        if (!channel)
                return;
        channel->created_at = parse_time(input->message->params[2]);
        client->is_changed = true;
}

/* 333 <nick> <channel> <who> [<seconds>]; behind 332. */
void irc_client_handle_topic_setter(IrcClient *client, const IrcInput *input)
{
        IrcChannel *channel = channel_of(client, input);

        if (!channel || !channel->topic)
                return;
        irc_client_set_string(client, &channel->topic_by, input->message->params[2]);
        channel->topic_at = parse_time(irc_message_get_param(input->message, 3));
        client->is_changed = true;
}

/* The list that a numeric is of; 728 and 729 name it. */
static char list_of(const IrcClient *client, const IrcMessage *message)
{
        char letter;

        switch (g_ascii_strtoll(message->verb, NULL, 10)) {
        case 346:
        case 347:
                letter = irc_isupport_get_letter(client->isupport, "INVEX");
                return letter ? letter : 'I';
        case 348:
        case 349:
                letter = irc_isupport_get_letter(client->isupport, "EXCEPTS");
                return letter ? letter : 'e';
        case 367:
        case 368:
                return 'b';
        default:
                return message->params[2][0];
        }
}

/* 346, 348, 367 <nick> <channel> <mask> [<by> <seconds>]; 728 has its letter before the mask. */
void irc_client_handle_listed(IrcClient *client, const IrcInput *input)
{
        const IrcMessage *message = input->message;
        IrcChannel *channel = channel_of(client, input);
        gsize at = irc_message_has_verb(message, "728") ? 3 : 2;

        if (!channel || message->n_params <= at)
                return;
        irc_channel_lists_fill(&channel->lists, list_of(client, message), message->params[at],
                irc_message_get_param(message, at + 1),
                parse_time(irc_message_get_param(message, at + 2)));
}

/* 347, 349, 368 <nick> <channel> :End of list; 729 has its letter before the text. */
void irc_client_handle_list_end(IrcClient *client, const IrcInput *input)
{
        IrcChannel *channel = channel_of(client, input);

        if (channel)
                irc_channel_lists_finish(&channel->lists, list_of(client, input->message));
}

/* Modes of users are flags; where one has an argument (a server's notices), it is not kept. */
void irc_client_change_user_modes(IrcClient *client, const char *letters)
{
        bool is_set = true;

        for (; *letters; letters++) {
                if (*letters == '+' || *letters == '-')
                        is_set = *letters == '+';
                else if (is_set ? irc_modes_set(&client->modes, *letters, NULL)
                                : irc_modes_unset(&client->modes, *letters))
                        client->is_changed = true;
        }
}

/* 221 <nick> <modes> */
void irc_client_handle_user_modes(IrcClient *client, const IrcInput *input)
{
        g_clear_pointer(&client->modes, irc_modes_free);
        client->is_changed = true;
        irc_client_change_user_modes(client, input->message->params[1]);
}

char *irc_client_get_user_modes(const IrcClient *client)
{
        return irc_modes_to_text(client->modes);
}

char *irc_client_get_channel_modes(const IrcClient *client, const char *channel)
{
        const IrcChannel *found = irc_channels_find(&client->channels, channel);

        return found ? irc_modes_to_text(found->modes) : NULL;
}

bool irc_client_get_channel_facts(
        const IrcClient *client, const char *channel, IrcChannelFacts *ret_facts)
{
        const IrcChannel *found = irc_channels_find(&client->channels, channel);

        if (!found)
                return false;
        *ret_facts = (IrcChannelFacts){
                .topic = found->topic,
                .topic_by = found->topic_by,
                .topic_at = found->topic_at,
                .created_at = found->created_at,
                .has_modes = found->has_modes,
        };
        return true;
}

bool irc_client_foreach_list_entry(const IrcClient *client, const char *channel, char mode,
        IrcListEntryFunc func, gpointer user_data)
{
        const IrcChannel *found = irc_channels_find(&client->channels, channel);

        for (guint i = 0; found && i < found->lists.entries->len; i++) {
                const IrcListed *listed = found->lists.entries->pdata[i];
                const IrcListEntry entry = {listed->mask, listed->by, listed->at};

                if (listed->mode == mode)
                        func(&entry, user_data);
        }
        return found && irc_channel_lists_is_whole(&found->lists, mode);
}

/* a(sa(ys)bxsx): name, modes and whether they are all, when it was made, who set the topic, when */
#define VARIANT_TYPE "a(sa(ys)bxsx)"

GVariant *irc_client_channels_to_variant(const IrcClient *client)
{
        GVariantBuilder builder;
        GHashTableIter iter;
        gpointer value;

        g_variant_builder_init(&builder, G_VARIANT_TYPE(VARIANT_TYPE));
        g_hash_table_iter_init(&iter, client->channels.by_name);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const IrcChannel *channel = value;

                g_variant_builder_add(&builder, "(s@a(ys)bxsx)", channel->name,
                        irc_modes_to_variant(channel->modes), channel->has_modes,
                        channel->created_at, channel->topic_by ?: "", channel->topic_at);
        }
        return g_variant_builder_end(&builder);
}

void irc_client_keep_carried_channels(IrcClient *client, GVariant *variant)
{
        GVariantIter iter;
        GVariant *item;

        if (!g_variant_is_of_type(variant, G_VARIANT_TYPE(VARIANT_TYPE)))
                return;
        client->carried_channels = g_hash_table_new_full(
                g_str_hash, g_str_equal, g_free, (GDestroyNotify) (void (*)(void)) g_variant_unref);
        g_variant_iter_init(&iter, variant);
        while ((item = g_variant_iter_next_value(&iter))) {
                char *name;

                g_variant_get_child(item, 0, "s", &name);
                g_hash_table_replace(client->carried_channels, name, item);
        }
}

void irc_client_restore_channel(IrcClient *client, const char *channel, const char *topic)
{
        IrcChannel *added = irc_channels_add(&client->channels, channel);
        GVariant *carried = added && client->carried_channels
                                    ? g_hash_table_lookup(client->carried_channels, channel)
                                    : NULL;
        g_autoptr(GVariant) modes = NULL;
        const char *by;
        gboolean has_modes;

        if (added && topic && *topic)
                added->topic = g_strdup(topic);
        if (!carried)
                return;
        g_variant_get(carried, "(&s@a(ys)bx&sx)", NULL, &modes, &has_modes, &added->created_at, &by,
                &added->topic_at);
        added->modes = irc_modes_from_variant(modes);
        added->has_modes = has_modes;
        added->topic_by = *by ? g_strdup(by) : NULL;
}
