/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Messages of several lines as one (draft/multiline). A line that was cut to fit is marked, so that
 * the other side puts it together again; line breaks are what is between the others. */

#include <string.h>

#include "irc/client-private.h"
#include "irc/split.h"

#define CONCAT_TAG "draft/multiline-concat"

typedef struct {
        guint max_bytes;
        guint max_lines;
} Limits;

typedef struct {
        char *text;
        bool is_concat; /* goes on where the one before was cut */
} Piece;

static void piece_clear(gpointer data)
{
        g_free(((Piece *) data)->text);
}

/* "max-bytes=4096,max-lines=24"; false where there is no such thing here. */
static bool get_limits(const IrcClient *client, Limits *ret_limits)
{
        const char *value = irc_caps_get_value(client->caps, "draft/multiline");
        g_auto(GStrv) items = NULL;

        *ret_limits = (Limits){.max_lines = G_MAXUINT};
        if (!value || !irc_caps_has(client->caps, "draft/multiline"))
                return false;
        items = g_strsplit(value, ",", -1);
        for (gsize i = 0; items[i]; i++) {
                guint64 number = 0;
                const char *equals = strchr(items[i], '=');

                if (!equals ||
                        !g_ascii_string_to_unsigned(equals + 1, 10, 1, G_MAXUINT, &number, NULL))
                        continue;
                if (g_str_has_prefix(items[i], "max-bytes="))
                        ret_limits->max_bytes = (guint) number;
                else if (g_str_has_prefix(items[i], "max-lines="))
                        ret_limits->max_lines = (guint) number;
        }
        return ret_limits->max_bytes > 0;
}

static void add_pieces(const char *line, gsize len, gsize budget, GArray *pieces)
{
        bool is_concat = false;

        do {
                gsize n = irc_split_length(line, len, budget);
                Piece piece = {g_strndup(line, n), is_concat};

                g_array_append_val(pieces, piece);
                is_concat = true;
                line += n;
                len -= n;
        } while (len > 0 && pieces->len <= IRC_SAY_LINES_MAX);
}

/* Blank lines between others are kept, those around are not. */
static GArray *cut(const char *text, gsize budget)
{
        GArray *pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
        g_autofree char *unix_text = NULL;
        g_auto(GStrv) parts = g_strsplit(text + strspn(text, "\r\n"), "\r\n", -1);
        const char *line;

        g_array_set_clear_func(pieces, piece_clear);
        unix_text = g_strdelimit(g_strjoinv("\n", parts), "\r", '\n');
        for (gsize len = strlen(unix_text); len > 0 && unix_text[len - 1] == '\n';)
                unix_text[--len] = '\0';
        for (line = unix_text; *line && pieces->len <= IRC_SAY_LINES_MAX;) {
                gsize len = strcspn(line, "\n");

                add_pieces(line, len, budget, pieces);
                line += len + (line[len] == '\n');
        }
        return pieces;
}

static void send_part(IrcClient *client, const char *line, bool is_last, IrcEffects *effects)
{
        irc_client_send_line(effects, IRC_PRIORITY_USER, line, false);
        irc_effects_get(effects, irc_effects_count(effects) - 1)->send.keeps_next = !is_last;
}

/* One batch of the pieces from `first` to before `end`. */
static void send_batch(IrcClient *client, IrcMessageType type, const char *target,
        const GArray *pieces, guint first, guint end, const char *reply_to, gint64 now,
        IrcEffects *effects)
{
        const char *verb = irc_client_speech_verb(type);
        guint ref = ++client->multiline_ref;
        g_autoptr(GString) content = g_string_new(NULL);
        g_autoptr(GString) line = g_string_new(NULL);

        client->is_changed = true;
        if (!irc_client_add_reply_tag(client, reply_to, line))
                reply_to = NULL;
        g_string_append_printf(line, "BATCH +m%u draft/multiline %s", ref, target);
        irc_client_send_request(client, IRC_PRIORITY_USER, verb, target, line->str, false, effects);
        irc_effects_get(effects, irc_effects_count(effects) - 1)->send.keeps_next = true;
        for (guint i = first; i < end; i++) {
                const Piece *piece = &g_array_index(pieces, Piece, i);
                bool is_concat = piece->is_concat && i > first;

                g_string_printf(line, "@batch=m%u%s %s %s :%s", ref,
                        is_concat ? ";" CONCAT_TAG : "", verb, target, piece->text);
                send_part(client, line->str, false, effects);
                g_string_append_printf(
                        content, "%s%s", i > first && !is_concat ? "\n" : "", piece->text);
        }
        g_string_printf(line, "BATCH -m%u", ref);
        send_part(client, line->str, true, effects);
        if (!irc_client_is_self(client, target) && !irc_client_echoes(client))
                irc_client_add_own_row(client, type, target, content->str, reply_to, now, effects);
}

/* How many pieces from `first` on one batch takes. Blank ones alone make none. */
static guint batch_length(const GArray *pieces, guint first, Limits limits)
{
        gsize bytes = 0;
        guint n = 0;

        for (; first + n < pieces->len && n < limits.max_lines; n++) {
                bytes += strlen(g_array_index(pieces, Piece, first + n).text) + 1;
                if (n > 0 && bytes > limits.max_bytes)
                        break;
        }
        return n;
}

bool irc_client_say_multiline(IrcClient *client, IrcMessageType type, const char *target,
        const char *text, const char *reply_to, gsize budget, gint64 now, IrcEffects *effects)
{
        g_autoptr(GArray) pieces = NULL;
        Limits limits;

        if (type == IRC_MESSAGE_ACTION || !get_limits(client, &limits))
                return false;
        pieces = cut(text, MIN(budget, limits.max_bytes));
        if (pieces->len < 2 || pieces->len > IRC_SAY_LINES_MAX)
                return false;
        for (guint first = 0, n; first < pieces->len; first += n) {
                n = batch_length(pieces, first, limits);
                while (n > 1 && *g_array_index(pieces, Piece, first).text == '\0') {
                        first++;
                        n--;
                }
                if (*g_array_index(pieces, Piece, first).text != '\0')
                        send_batch(client, type, target, pieces, first, first + n,
                                first == 0 ? reply_to : NULL, now, effects);
        }
        return true;
}

/* The lines of a batch as one text; the verb is that of the first. False if there is none. `raw`
 * gets the bytes as they came, if they were not all UTF-8, else nothing. */
static bool join_lines(IrcClient *client, const IrcBatch *batch, IrcEffects *effects,
        GString *content, GString *raw, IrcMessageType *ret_type)
{
        bool is_any = false, is_other = false;

        for (guint i = 0; i < batch->lines->len; i++) {
                const IrcKeptLine *line = batch->lines->pdata[i];
                g_auto(IrcMessage) message = {};
                IrcInput input = {.effects = effects, .now = line->now, .batch = batch};
                bool is_notice, is_new_line;
                const char *text;

                if (!irc_client_read(client, &message, line->data, line->len, &input) ||
                        message.n_params < 2)
                        continue;
                is_notice = irc_message_has_verb(&message, "NOTICE");
                if (!is_notice && !irc_message_has_verb(&message, "PRIVMSG"))
                        continue;
                if (!is_any)
                        *ret_type = is_notice ? IRC_MESSAGE_NOTICE : IRC_MESSAGE_PRIVMSG;
                is_new_line = is_any && !irc_message_get_tag(&message, CONCAT_TAG);
                text = message.params[message.n_params - 1];
                g_string_append_printf(content, "%s%s", is_new_line ? "\n" : "", text);
                g_string_append_printf(
                        raw, "%s%s", is_new_line ? "\n" : "", input.raw_last ?: text);
                is_other |= input.raw_last != NULL;
                is_any = true;
        }
        if (!is_other)
                g_string_truncate(raw, 0);
        return is_any;
}

/* Who said it, when, and its id are those of the line that began the batch. */
void irc_client_finish_multiline(IrcClient *client, const IrcInput *end, const IrcBatch *batch)
{
        g_auto(IrcMessage) opening = {};
        g_autoptr(GString) content = g_string_new(NULL), raw = g_string_new(NULL);
        IrcEffect *row;
        IrcInput input = {.effects = end->effects, .now = batch->opened_at, .batch = batch};
        const char *target = batch->params[0];
        IrcMessageType type = IRC_MESSAGE_PRIVMSG;
        gsize len;
        const char *line = g_bytes_get_data(batch->opening, &len);

        if (!target || !irc_client_read(client, &opening, line, len, &input) ||
                !join_lines(client, batch, end->effects, content, raw, &type) ||
                irc_client_is_second_copy(client, &input, target))
                return;
        input.is_self |= irc_client_is_own_past(client, &input, target);
        row = irc_client_add_message(client, &input, type,
                irc_client_channel_of_target(client, target), target, content->str);
        if (row && raw->len > 0) {
                row->message.raw = irc_effects_memdup(end->effects, raw->str, raw->len);
                row->message.raw_len = raw->len;
        }
        if (batch->is_replay)
                irc_client_count_past(client, &input);
}
