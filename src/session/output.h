/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What is on its way to the server: lines that wait, ordered by priority and paced (flood control),
 * and the bytes that were released to the stream.
 *
 * It is made to outlive its process. The order in which lines leave depends on the queue alone, and
 * every line is committed to the database before the first byte of it is sent; so the queue as it
 * was last saved and the kernel's count of sent bytes tell exactly where the stream stands. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "irc/effects.h"

/* Bytes that may wait; what a user wants to send beyond it is refused. */
#define IC_OUTPUT_MAX (256 * 1024)
#define IC_OUTPUT_CHOKED (4 * IC_OUTPUT_MAX)
/* Lines that may be sent at once, and the time that earns the next one (RFC 1459, 8.10). */
#define IC_OUTPUT_BURST 8
#define IC_OUTPUT_PACE_USEC (2 * G_USEC_PER_SEC)

typedef struct IcOutput IcOutput;

IcOutput *ic_output_new(void);
void ic_output_free(IcOutput *output);

/* Of a new queue: so many bytes went over the link before it, to a proxy. 0 by default. */
void ic_output_begin_at(IcOutput *output, guint64 position);

/* `line` without its CR LF. Changes the queue: it must be saved before anything is released.
 * `ticket` (0: none) is told to the function below when the kernel has taken the whole line. */
void ic_output_push(IcOutput *output, IrcPriority priority, const char *line, guint64 ticket);
/* Likewise lines that leave one right behind the other, with nothing in between: one ticket is told
 * for all. `lines` is a NULL-terminated list. */
void ic_output_push_together(
        IcOutput *output, IrcPriority priority, const char *const *lines, guint64 ticket);
typedef void (*IcOutputSentFunc)(guint64 ticket, gpointer user_data);
void ic_output_on_sent(IcOutput *output, IcOutputSentFunc func, gpointer user_data);
bool ic_output_is_full(const IcOutput *output);
/* So much waits, released or not, that nothing may be done that adds to it: a server that does not
 * read what it asks for is not listened to either. */
bool ic_output_is_choked(const IcOutput *output);
bool ic_output_is_empty(const IcOutput *output);

/* Whether lines are paced, which they are at first: not where the server paces them itself. */
void ic_output_set_paced(IcOutput *output, bool is_paced);

/* Releases the lines whose time has come. `now` in µs, monotonic. Answers when to call again, or -1
 * when nothing is held back. */
gint64 ic_output_release(IcOutput *output, gint64 now);
/* Released bytes that the kernel has not taken; borrowed until the next call. */
const guint8 *ic_output_peek(IcOutput *output, gsize *ret_len);
void ic_output_taken(IcOutput *output, gsize len);

/* The queue as bytes for the database, and back. `sent` is the kernel's count of bytes that were
 * handed to it since the link was made. LINK_CLOSED when the two do not fit: the link must be given
 * up; FAILED when the bytes are not a queue. */
GBytes *ic_output_save(const IcOutput *output);
bool ic_output_restore(
        IcOutput *output, GBytes *saved, guint64 sent, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcOutput, ic_output_free)
