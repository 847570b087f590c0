/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Whole lines to a descriptor that may be slow: what it does not take now waits, and the main loop
 * never does. */

#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct LineWriter LineWriter;

/* Takes `fd` over. `moved` is called from the main loop when some of what waited went, or nobody
 * reads any more. SIGPIPE must be ignored. */
typedef void (*LineWriterFunc)(gpointer user_data);
LineWriter *line_writer_new(int fd, LineWriterFunc moved, gpointer user_data);
void line_writer_free(LineWriter *writer); /* what waits is lost */

/* `line` with its LF. Always taken: who writes much asks for the bytes that wait before. */
void line_writer_push(LineWriter *writer, const char *line, gsize len);
gsize line_writer_get_waiting(const LineWriter *writer);
/* Nobody reads any more; what is pushed goes nowhere. */
bool line_writer_is_broken(const LineWriter *writer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LineWriter, line_writer_free)
