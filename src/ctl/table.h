/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Text in columns, and colour where a person looks. Cells are what ic_text_quote() makes: a
 * server's text must go through it first. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

typedef enum {
        CTL_STYLE_PLAIN,
        CTL_STYLE_HEADER,
        CTL_STYLE_GOOD,
        CTL_STYLE_WARNING,
        CTL_STYLE_BAD,
        CTL_STYLE_DIM,
        _CTL_STYLE_MAX,
} CtlStyle;

/* Whether `file` is a terminal that shows colours, and nobody objects ($NO_COLOR, $TERM=dumb). */
bool ctl_is_colourful(FILE *file);

/* The columns that `text` takes on a terminal. */
gsize ctl_text_width(const char *text);

void ctl_print_styled(FILE *file, CtlStyle style, bool has_colour, const char *text);

typedef struct CtlTable CtlTable;

/* `headings`: n_columns strings, copied; NULL for a table without a heading. */
CtlTable *ctl_table_new(gsize n_columns, const char *const *headings);
void ctl_table_free(CtlTable *table);

/* The next cell, row by row. NULL is shown as "-". */
void ctl_table_add(CtlTable *table, CtlStyle style, const char *text);
void ctl_table_addf(CtlTable *table, CtlStyle style, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Text is flush right in this column (numbers, names of fields). */
void ctl_table_align_right(CtlTable *table, gsize column);

void ctl_table_print(const CtlTable *table, FILE *file, bool has_colour);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CtlTable, ctl_table_free)
