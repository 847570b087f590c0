/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The table of open batches. */

#include "irc/batch.h"

#include <string.h>

#define VARIANT_TYPE "a(ayxba(ayx))"

static const struct {
        const char *name;
        IrcBatchKind kind;
} kinds[] = {
        {"chathistory", IRC_BATCH_HISTORY},
        {"draft/chathistory", IRC_BATCH_HISTORY},
        {"draft/chathistory-targets", IRC_BATCH_TARGETS},
        {"draft/multiline", IRC_BATCH_MULTILINE},
        {"labeled-response", IRC_BATCH_LABELED},
        {"netjoin", IRC_BATCH_NETJOIN},
        {"netsplit", IRC_BATCH_NETSPLIT},
        {"soju.im/search", IRC_BATCH_HISTORY},
        {"znc.in/playback", IRC_BATCH_HISTORY},
};

void irc_batch_free(IrcBatch *batch)
{
        if (!batch)
                return;
        g_free(batch->ref);
        g_strfreev(batch->params);
        g_free(batch->label);
        g_bytes_unref(batch->opening);
        g_ptr_array_unref(batch->lines);
        g_free(batch);
}

static void batch_destroy(gpointer data)
{
        irc_batch_free(data);
}

void irc_batches_init(IrcBatches *batches)
{
        batches->by_ref = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, batch_destroy);
        batches->in_order = g_ptr_array_new();
        batches->n_lines = batches->n_bytes = 0;
}

void irc_batches_clear(IrcBatches *batches)
{
        g_hash_table_unref(batches->by_ref);
        g_ptr_array_unref(batches->in_order);
}

static IrcBatchKind kind_of(const char *type)
{
        for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
                if (g_str_equal(kinds[i].name, type))
                        return kinds[i].kind;
        return IRC_BATCH_OTHER;
}

static bool keeps_lines(const IrcBatch *batch)
{
        return (batch->kind == IRC_BATCH_NETSPLIT || batch->kind == IRC_BATCH_NETJOIN ||
                       batch->kind == IRC_BATCH_MULTILINE) &&
               !batch->is_overflown;
}

static char *valid(const char *text)
{
        return text ? g_utf8_make_valid(text, -1) : NULL;
}

static GStrv copy_params(const IrcMessage *message)
{
        GStrvBuilder *builder = g_strv_builder_new();
        GStrv params;

        for (gsize i = 2; i < message->n_params; i++) {
                g_autofree char *param = valid(message->params[i]);

                g_strv_builder_add(builder, param);
        }
        params = g_strv_builder_end(builder);
        g_strv_builder_unref(builder);
        return params;
}

const IrcBatch *irc_batches_open(
        IrcBatches *batches, const IrcMessage *message, const char *line, gsize len, gint64 now)
{
        const char *mark = irc_message_get_param(message, 0);
        const char *type = irc_message_get_param(message, 1);
        const char *around = irc_message_get_tag(message, "batch");
        const char *label = irc_message_get_tag(message, "label");
        const IrcBatch *parent = around ? irc_batches_find(batches, around) : NULL;
        IrcBatch *batch;

        if (!mark || *mark != '+' || mark[1] == '\0' || !type ||
                irc_batches_find(batches, mark + 1) ||
                batches->in_order->len >= IRC_BATCHES_OPEN_MAX)
                return NULL;
        batch = g_new0(IrcBatch, 1);
        batch->ref = g_strdup(mark + 1);
        batch->kind = kind_of(type);
        batch->params = copy_params(message);
        batch->parent = parent;
        batch->is_replay = batch->kind == IRC_BATCH_HISTORY || (parent && parent->is_replay);
        batch->is_own_label = label && *label;
        batch->label = g_strdup(batch->is_own_label ? label : parent ? parent->label : NULL);
        batch->opening = g_bytes_new(line, len);
        batch->opened_at = now;
        batch->lines = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(batches->by_ref, batch->ref, batch);
        g_ptr_array_add(batches->in_order, batch);
        return batch;
}

IrcBatch *irc_batches_find(const IrcBatches *batches, const char *ref)
{
        return g_hash_table_lookup(batches->by_ref, ref);
}

IrcBatch *irc_batches_keeper(const IrcBatches *batches, const char *ref)
{
        IrcBatch *batch = irc_batches_find(batches, ref);

        while (batch && !keeps_lines(batch))
                batch = batch->parent ? irc_batches_find(batches, batch->parent->ref) : NULL;
        return batch;
}

bool irc_batches_keep(IrcBatches *batches, IrcBatch *batch, const char *line, gsize len, gint64 now)
{
        IrcKeptLine *kept;

        if (batches->n_lines >= IRC_BATCHES_LINES_MAX ||
                batches->n_bytes + len > IRC_BATCHES_BYTES_MAX) {
                batch->is_overflown = true;
                return false;
        }
        kept = g_malloc(sizeof(IrcKeptLine) + len + 1);
        kept->now = now;
        kept->len = len;
        memcpy(kept->data, line, len);
        kept->data[len] = '\0';
        g_ptr_array_add(batch->lines, kept);
        batches->n_lines++;
        batches->n_bytes += len;
        return true;
}

static void uncount_lines(IrcBatches *batches, const IrcBatch *batch)
{
        batches->n_lines -= batch->lines->len;
        for (guint i = 0; i < batch->lines->len; i++)
                batches->n_bytes -= ((const IrcKeptLine *) batch->lines->pdata[i])->len;
}

void irc_batches_drop_lines(IrcBatches *batches, IrcBatch *batch)
{
        uncount_lines(batches, batch);
        g_ptr_array_set_size(batch->lines, 0);
}

IrcBatch *irc_batches_close(IrcBatches *batches, const char *ref)
{
        IrcBatch *batch = irc_batches_find(batches, ref);

        if (!batch)
                return NULL;
        g_hash_table_steal(batches->by_ref, ref);
        g_ptr_array_remove(batches->in_order, batch);
        for (guint i = 0; i < batches->in_order->len; i++) {
                IrcBatch *other = batches->in_order->pdata[i];

                if (other->parent == batch)
                        other->parent = batch->parent;
        }
        uncount_lines(batches, batch);
        return batch;
}

static GVariant *bytes_variant(const void *data, gsize len)
{
        return g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, data, len, 1);
}

GVariant *irc_batches_to_variant(const IrcBatches *batches)
{
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE(VARIANT_TYPE));
        for (guint i = 0; i < batches->in_order->len; i++) {
                const IrcBatch *batch = batches->in_order->pdata[i];
                gsize len;
                const void *opening = g_bytes_get_data(batch->opening, &len);

                g_variant_builder_open(&builder, G_VARIANT_TYPE("(ayxba(ayx))"));
                g_variant_builder_add_value(&builder, bytes_variant(opening, len));
                g_variant_builder_add(&builder, "x", batch->opened_at);
                g_variant_builder_add(&builder, "b", batch->is_overflown);
                g_variant_builder_open(&builder, G_VARIANT_TYPE("a(ayx)"));
                for (guint n = 0; n < batch->lines->len; n++) {
                        const IrcKeptLine *line = batch->lines->pdata[n];

                        g_variant_builder_add(&builder, "(@ayx)",
                                bytes_variant(line->data, line->len), line->now);
                }
                g_variant_builder_close(&builder);
                g_variant_builder_close(&builder);
        }
        return g_variant_builder_end(&builder);
}

static IrcBatch *restore_one(IrcBatches *batches, GVariant *opening, gint64 now)
{
        g_auto(IrcMessage) message = {};
        gsize len;
        const char *line = g_variant_get_fixed_array(opening, &len, 1);
        const IrcBatch *batch;

        if (!line || irc_message_parse(&message, line, len) != IRC_PARSE_OK)
                return NULL;
        batch = irc_batches_open(batches, &message, line, len, now);
        return batch ? irc_batches_find(batches, batch->ref) : NULL;
}

void irc_batches_restore(IrcBatches *batches, GVariant *variant)
{
        GVariantIter iter;
        GVariant *opening, *lines;
        gint64 now;
        gboolean is_overflown;

        if (!g_variant_is_of_type(variant, G_VARIANT_TYPE(VARIANT_TYPE)))
                return;
        g_variant_iter_init(&iter, variant);
        while (g_variant_iter_next(
                &iter, "(@ayxb@a(ayx))", &opening, &now, &is_overflown, &lines)) {
                IrcBatch *batch = restore_one(batches, opening, now);
                GVariantIter line_iter;
                GVariant *line;

                g_variant_iter_init(&line_iter, lines);
                while (batch && g_variant_iter_next(&line_iter, "(@ayx)", &line, &now)) {
                        gsize len;
                        const char *data = g_variant_get_fixed_array(line, &len, 1);

                        if (data)
                                irc_batches_keep(batches, batch, data, len, now);
                        g_variant_unref(line);
                }
                if (batch)
                        batch->is_overflown = is_overflown;
                g_variant_unref(opening);
                g_variant_unref(lines);
        }
}
