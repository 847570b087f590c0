/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A set of unique names, kept true by the bus, which tells when one leaves. */

#include "bus/subscribers.h"

#include <string.h>

#include "bus/source.h"

struct IcSubscribers {
        sd_bus *bus;
        IcCallers *callers;
        GHashTable *names;
};

static void on_gone(const char *unique_name, gpointer user_data)
{
        IcSubscribers *subscribers = user_data;

        g_hash_table_remove(subscribers->names, unique_name);
}

IcSubscribers *ic_subscribers_new(sd_bus *bus, IcCallers *callers)
{
        IcSubscribers *subscribers = g_new0(IcSubscribers, 1);

        subscribers->bus = sd_bus_ref(bus);
        subscribers->callers = callers;
        subscribers->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        ic_callers_on_gone(callers, on_gone, subscribers);
        return subscribers;
}

void ic_subscribers_free(IcSubscribers *subscribers)
{
        if (!subscribers)
                return;
        ic_callers_on_gone(subscribers->callers, NULL, NULL);
        g_hash_table_unref(subscribers->names);
        sd_bus_unref(subscribers->bus);
        g_free(subscribers);
}

bool ic_subscribers_add(IcSubscribers *subscribers, const char *unique_name)
{
        if (g_hash_table_contains(subscribers->names, unique_name))
                return true;
        if (g_hash_table_size(subscribers->names) >= IC_SUBSCRIBERS_MAX ||
                ic_callers_watch(subscribers->callers, unique_name) < 0)
                return false;
        g_hash_table_add(subscribers->names, g_strdup(unique_name));
        return true;
}

void ic_subscribers_remove(IcSubscribers *subscribers, const char *unique_name)
{
        if (g_hash_table_remove(subscribers->names, unique_name))
                ic_callers_unwatch(subscribers->callers, unique_name);
}

bool ic_subscribers_is_empty(const IcSubscribers *subscribers)
{
        return g_hash_table_size(subscribers->names) == 0;
}

static void send_to(IcSubscribers *subscribers, const char *name, const char *path,
        const char *interface, const char *member, IcSignalFunc fill, gconstpointer data)
{
        g_autoptr(sd_bus_message) signal = NULL;

        if (sd_bus_message_new_signal(subscribers->bus, &signal, path, interface, member) < 0 ||
                sd_bus_message_set_destination(signal, name) < 0 ||
                (fill && fill(signal, data) < 0))
                return;
        sd_bus_send(subscribers->bus, signal, NULL);
}

void ic_subscribers_send(IcSubscribers *subscribers, const char *path, const char *interface,
        const char *member, IcSignalFunc fill, gconstpointer data)
{
        GHashTableIter iter;
        gpointer name;

        if (ic_bus_is_congested(subscribers->bus))
                return;
        g_hash_table_iter_init(&iter, subscribers->names);
        while (g_hash_table_iter_next(&iter, &name, NULL))
                send_to(subscribers, name, path, interface, member, fill, data);
}

/* Every bus has an id of its own, made when it starts. */
static bool bus_id(const IcSubscribers *subscribers, char ret[SD_ID128_STRING_MAX])
{
        sd_id128_t id;

        return sd_bus_get_bus_id(subscribers->bus, &id) >= 0 && sd_id128_to_string(id, ret);
}

GStrv ic_subscribers_export(const IcSubscribers *subscribers)
{
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        char id[SD_ID128_STRING_MAX];
        GHashTableIter iter;
        gpointer name;

        if (bus_id(subscribers, id)) {
                g_strv_builder_add(builder, id);
                g_hash_table_iter_init(&iter, subscribers->names);
                while (g_hash_table_iter_next(&iter, &name, NULL))
                        g_strv_builder_add(builder, name);
        }
        return g_strv_builder_end(builder);
}

void ic_subscribers_restore(IcSubscribers *subscribers, const char *const *exported)
{
        char id[SD_ID128_STRING_MAX];

        if (!exported || !exported[0] || !bus_id(subscribers, id) || strcmp(exported[0], id) != 0)
                return;
        for (const char *const *name = exported + 1; *name; name++)
                if (name[0][0] == ':' && sd_bus_service_name_is_valid(*name) > 0)
                        ic_subscribers_add(subscribers, *name);
}
