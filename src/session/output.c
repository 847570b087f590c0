/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The queue to the server. Saved as a GVariant (t position, ay released bytes, a(yay) the lines
 * that wait, with their priority). */

#include "session/output.h"

#include <string.h>

#include "base/error.h"

#define SAVED_TYPE "(taya(yay))"

/* A line that waits, or several that leave together, each with its CR LF. */
typedef struct {
        GBytes *bytes;
        guint64 ticket;
} WaitingLine;

/* A released line with a ticket: due when the stream has passed its end. */
typedef struct {
        guint64 end;
        guint64 ticket;
} ReleasedLine;

struct IcOutput {
        GQueue waiting[_IRC_PRIORITY_MAX]; /* of WaitingLine */
        gsize waiting_bytes;
        GByteArray *released;
        guint64 position;  /* in the stream, of the first released byte */
        GQueue tickets;    /* of ReleasedLine */
        gint64 paid_until; /* up to when lines have used the pace up */
        bool is_paced;
        IcOutputSentFunc sent;
        gpointer sent_data;
};

static void waiting_line_free(WaitingLine *line)
{
        g_bytes_unref(line->bytes);
        g_free(line);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WaitingLine, waiting_line_free)

IcOutput *ic_output_new(void)
{
        IcOutput *output = g_new0(IcOutput, 1);

        output->released = g_byte_array_new();
        output->is_paced = true;
        g_queue_init(&output->tickets);
        for (int i = 0; i < _IRC_PRIORITY_MAX; i++)
                g_queue_init(&output->waiting[i]);

        return output;
}

static void clear(IcOutput *output)
{
        for (int i = 0; i < _IRC_PRIORITY_MAX; i++)
                g_queue_clear_full(&output->waiting[i], (GDestroyNotify) waiting_line_free);
        g_queue_clear_full(&output->tickets, g_free);
        g_byte_array_set_size(output->released, 0);
        output->waiting_bytes = 0;
}

void ic_output_free(IcOutput *output)
{
        if (!output)
                return;

        clear(output);
        g_byte_array_unref(output->released);
        g_free(output);
}

void ic_output_begin_at(IcOutput *output, guint64 position)
{
        g_assert(output->position == 0 && output->released->len == 0);

        output->position = position;
}

static void push_bytes(IcOutput *output, IrcPriority priority, GBytes *bytes, guint64 ticket)
{
        WaitingLine *line = g_new(WaitingLine, 1);

        *line = (WaitingLine){bytes, ticket};
        g_queue_push_tail(&output->waiting[priority], line);
        output->waiting_bytes += g_bytes_get_size(bytes);
}

void ic_output_on_sent(IcOutput *output, IcOutputSentFunc func, gpointer user_data)
{
        output->sent = func;
        output->sent_data = user_data;
}

void ic_output_push_together(
        IcOutput *output, IrcPriority priority, const char *const *lines, guint64 ticket)
{
        GByteArray *bytes = g_byte_array_new();

        for (gsize i = 0; lines[i]; i++) {
                g_byte_array_append(bytes, (const guint8 *) lines[i], (guint) strlen(lines[i]));
                g_byte_array_append(bytes, (const guint8 *) "\r\n", 2);
        }
        push_bytes(output, priority, g_byte_array_free_to_bytes(bytes), ticket);
}

void ic_output_push(IcOutput *output, IrcPriority priority, const char *line, guint64 ticket)
{
        ic_output_push_together(output, priority, (const char *const[]){line, NULL}, ticket);
}

void ic_output_set_paced(IcOutput *output, bool is_paced)
{
        output->is_paced = is_paced;
}

bool ic_output_is_full(const IcOutput *output)
{
        return output->waiting_bytes >= IC_OUTPUT_MAX;
}

bool ic_output_is_choked(const IcOutput *output)
{
        return output->waiting_bytes + output->released->len >= IC_OUTPUT_CHOKED;
}

bool ic_output_is_empty(const IcOutput *output)
{
        return output->waiting_bytes == 0 && output->released->len == 0;
}

static void note_ticket(IcOutput *output, guint64 ticket)
{
        ReleasedLine *line = g_new(ReleasedLine, 1);

        *line = (ReleasedLine){output->position + output->released->len, ticket};
        g_queue_push_tail(&output->tickets, line);
}

static gsize count_lines(const guint8 *bytes, gsize len)
{
        gsize n = 0;

        for (gsize i = 0; i < len; i++)
                n += bytes[i] == '\n';
        return n;
}

/* What is first by priority and age goes to the stream. Answers how many lines that were. */
static gsize release_first(IcOutput *output, IrcPriority lowest)
{
        for (int i = 0; i <= (int) lowest; i++) {
                g_autoptr(WaitingLine) line = g_queue_pop_head(&output->waiting[i]);
                gsize len;
                const guint8 *bytes;

                if (!line)
                        continue;
                bytes = g_bytes_get_data(line->bytes, &len);
                g_byte_array_append(output->released, bytes, (guint) len);
                output->waiting_bytes -= len;
                if (line->ticket != 0)
                        note_ticket(output, line->ticket);
                return count_lines(bytes, len);
        }

        return 0;
}

gint64 ic_output_release(IcOutput *output, gint64 now)
{
        const gint64 credit = (gint64) IC_OUTPUT_BURST * IC_OUTPUT_PACE_USEC;

        const IrcPriority unpaced =
                output->is_paced ? IRC_PRIORITY_REGISTRATION : _IRC_PRIORITY_MAX - 1;

        while (release_first(output, unpaced) > 0)
                ;

        /* Lines that leave together go when there is time for the first, and are all paid for. */
        while (output->waiting_bytes > 0) {
                gint64 paid = MAX(output->paid_until, now);

                if (paid + IC_OUTPUT_PACE_USEC > now + credit)
                        return paid + IC_OUTPUT_PACE_USEC - credit;
                output->paid_until = paid + (gint64) release_first(output, _IRC_PRIORITY_MAX - 1) *
                                                    IC_OUTPUT_PACE_USEC;
        }

        return -1;
}

const guint8 *ic_output_peek(IcOutput *output, gsize *ret_len)
{
        *ret_len = output->released->len;
        return output->released->data;
}

void ic_output_taken(IcOutput *output, gsize len)
{
        g_assert(len <= output->released->len);

        g_byte_array_remove_range(output->released, 0, (guint) len);
        output->position += len;

        for (;;) {
                ReleasedLine *first = g_queue_peek_head(&output->tickets);
                g_autofree ReleasedLine *line = NULL;

                if (!first || first->end > output->position)
                        break;
                line = g_queue_pop_head(&output->tickets);
                if (output->sent)
                        output->sent(line->ticket, output->sent_data);
        }
}

static GVariant *bytes_variant(const void *data, gsize len)
{
        return g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, data, len, 1);
}

GBytes *ic_output_save(const IcOutput *output)
{
        g_autoptr(GVariant) saved = NULL;
        GVariantBuilder lines;

        g_variant_builder_init(&lines, G_VARIANT_TYPE("a(yay)"));
        for (int i = 0; i < _IRC_PRIORITY_MAX; i++)
                for (GList *l = output->waiting[i].head; l; l = l->next) {
                        gsize len;
                        const void *bytes =
                                g_bytes_get_data(((WaitingLine *) l->data)->bytes, &len);

                        g_variant_builder_add(
                                &lines, "(y@ay)", (guchar) i, bytes_variant(bytes, len));
                }

        saved = g_variant_ref_sink(g_variant_new("(t@aya(yay))", output->position,
                bytes_variant(output->released->data, output->released->len), &lines));
        return g_variant_get_data_as_bytes(saved);
}

/* Reads the saved queue into an empty one; what is not a queue is refused whole. */
static bool load(IcOutput *output, GBytes *saved, GError **error)
{
        g_autoptr(GVariant) variant = g_variant_ref_sink(
                g_variant_new_from_bytes(G_VARIANT_TYPE(SAVED_TYPE), saved, FALSE));
        g_autoptr(GVariant) released = NULL, lines = NULL;
        const void *data;
        gsize len;

        if (!g_variant_is_normal_form(variant)) {
                g_set_error_literal(
                        error, IC_ERROR, IC_ERROR_FAILED, "The saved output queue is damaged");
                return false;
        }

        g_variant_get(variant, "(t@ay@a(yay))", &output->position, &released, &lines);
        data = g_variant_get_fixed_array(released, &len, 1);
        g_byte_array_append(output->released, data, (guint) len);

        for (gsize i = 0; i < g_variant_n_children(lines); i++) {
                g_autoptr(GVariant) bytes = NULL;
                guchar priority;

                g_variant_get_child(lines, i, "(y@ay)", &priority, &bytes);
                if (priority >= _IRC_PRIORITY_MAX) {
                        g_set_error(error, IC_ERROR, IC_ERROR_FAILED,
                                "The saved output queue has an unknown priority: %u", priority);
                        return false;
                }
                data = g_variant_get_fixed_array(bytes, &len, 1);
                push_bytes(output, (IrcPriority) priority, g_bytes_new(data, len), 0);
        }

        return true;
}

bool ic_output_restore(IcOutput *output, GBytes *saved, guint64 sent, GError **error)
{
        clear(output);
        if (!load(output, saved, error)) {
                clear(output);
                return false;
        }

        /* What the kernel took after the queue was saved left in the one possible order. */
        while (output->position + output->released->len < sent)
                if (release_first(output, _IRC_PRIORITY_MAX - 1) == 0)
                        break;

        if (sent < output->position || sent > output->position + output->released->len) {
                g_set_error(error, IC_ERROR, IC_ERROR_LINK_CLOSED,
                        "The kept link does not fit its saved output: %" G_GUINT64_FORMAT
                        " bytes were sent, %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                        " are known",
                        sent, output->position, output->position + output->released->len);
                clear(output);
                return false;
        }

        ic_output_taken(output, (gsize) (sent - output->position));
        return true;
}
