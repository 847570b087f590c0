/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The table of requests. */

#include "irc/request.h"

#include <string.h>

#define VARIANT_TYPE "(ta(sbsss))"
#define RESTORED_LABEL_MAX 1024

IrcRequest *irc_request_new(const char *label)
{
        IrcRequest *request = g_new0(IrcRequest, 1);

        request->label = g_strdup(label);
        request->n_refs = 1;
        return request;
}

IrcRequest *irc_request_ref(IrcRequest *request)
{
        request->n_refs++;
        return request;
}

void irc_request_unref(IrcRequest *request)
{
        if (!request || --request->n_refs > 0)
                return;
        g_free(request->label);
        g_free(request->command);
        g_free(request->target);
        g_free(request->code);
        g_free(request->text);
        g_free(request->msgid);
        g_free(request);
}

static void unref(gpointer data)
{
        irc_request_unref(data);
}

void irc_requests_init(IrcRequests *requests)
{
        requests->by_wire = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref);
        requests->last = 0;
}

void irc_requests_clear(IrcRequests *requests)
{
        g_hash_table_unref(requests->by_wire);
}

static void add_as(IrcRequests *requests, IrcRequest *request, char *wire)
{
        g_hash_table_insert(requests->by_wire, wire, irc_request_ref(request));
        request->n_open++;
}

const char *irc_requests_add(IrcRequests *requests, IrcRequest *request)
{
        char *wire;

        if (g_hash_table_size(requests->by_wire) >= IRC_REQUESTS_MAX)
                irc_requests_forget(requests, NULL);
        if (g_hash_table_size(requests->by_wire) >= IRC_REQUESTS_MAX)
                return NULL;
        wire = g_strdup_printf("%" G_GUINT64_FORMAT, ++requests->last);
        add_as(requests, request, wire);
        return wire;
}

IrcRequest *irc_requests_find(const IrcRequests *requests, const char *wire)
{
        return wire ? g_hash_table_lookup(requests->by_wire, wire) : NULL;
}

IrcRequest *irc_requests_take(IrcRequests *requests, const char *wire)
{
        IrcRequest *request = irc_requests_find(requests, wire);

        if (!request)
                return NULL;
        irc_request_ref(request);
        g_hash_table_remove(requests->by_wire, wire);
        request->n_open--;
        return request;
}

static gboolean has_label(gpointer wire, gpointer request, gpointer label)
{
        return g_strcmp0(((const IrcRequest *) request)->label, label) == 0;
}

void irc_requests_forget(IrcRequests *requests, const char *label)
{
        g_hash_table_foreach_remove(requests->by_wire, has_label, (gpointer) label);
}

GVariant *irc_requests_to_variant(const IrcRequests *requests)
{
        GVariantBuilder builder;
        GHashTableIter iter;
        gpointer wire, data;

        g_variant_builder_init(&builder, G_VARIANT_TYPE(VARIANT_TYPE));
        g_variant_builder_add(&builder, "t", requests->last);
        g_variant_builder_open(&builder, G_VARIANT_TYPE("a(sbsss)"));
        g_hash_table_iter_init(&iter, requests->by_wire);
        while (g_hash_table_iter_next(&iter, &wire, &data)) {
                const IrcRequest *request = data;

                g_variant_builder_add(&builder, "(sbsss)", wire, request->label != NULL,
                        request->label ?: "", request->command ?: "", request->target ?: "");
        }
        g_variant_builder_close(&builder);
        return g_variant_builder_end(&builder);
}

/* Lines of one label are one request again. */
static IrcRequest *find_label(const IrcRequests *requests, const char *label)
{
        GHashTableIter iter;
        gpointer request;

        g_hash_table_iter_init(&iter, requests->by_wire);
        while (g_hash_table_iter_next(&iter, NULL, &request))
                if (has_label(NULL, request, (gpointer) label))
                        return irc_request_ref(request);
        return NULL;
}

void irc_requests_restore(IrcRequests *requests, GVariant *variant)
{
        g_autoptr(GVariantIter) iter = NULL;
        const char *wire, *label, *command, *target;
        gboolean is_labelled;

        if (!g_variant_is_of_type(variant, G_VARIANT_TYPE(VARIANT_TYPE)))
                return;
        g_variant_get(variant, "(ta(sbsss))", &requests->last, &iter);
        while (g_variant_iter_next(
                iter, "(&sb&s&s&s)", &wire, &is_labelled, &label, &command, &target)) {
                g_autoptr(IrcRequest) request = is_labelled ? find_label(requests, label) : NULL;

                if (g_hash_table_size(requests->by_wire) >= IRC_REQUESTS_MAX ||
                        irc_requests_find(requests, wire) || strlen(label) > RESTORED_LABEL_MAX)
                        continue;
                if (!request)
                        request = irc_request_new(is_labelled ? label : NULL);
                if (!request->command)
                        request->command = *command ? g_strdup(command) : NULL;
                if (!request->target)
                        request->target = *target ? g_strdup(target) : NULL;
                add_as(requests, request, g_strdup(wire));
        }
}
