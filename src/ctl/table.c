/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Text in columns. */

#include "ctl/table.h"

#include <stdarg.h>
#include <unistd.h>

#define GAP 2 /* spaces between columns */

typedef struct {
        CtlStyle style;
        char *text;
} Cell;

struct CtlTable {
        gsize n_columns;
        bool *is_right; /* by column */
        GArray *cells;
};

bool ctl_is_colourful(FILE *file)
{
        const char *objection = g_getenv("NO_COLOR");

        return isatty(fileno(file)) && (!objection || *objection == '\0') &&
               g_strcmp0(g_getenv("TERM"), "dumb") != 0;
}

gsize ctl_text_width(const char *text)
{
        gsize width = 0;

        for (; *text != '\0'; text = g_utf8_next_char(text)) {
                gunichar c = g_utf8_get_char(text);

                if (!g_unichar_iszerowidth(c))
                        width += g_unichar_iswide(c) ? 2 : 1;
        }
        return width;
}

void ctl_print_styled(FILE *file, CtlStyle style, bool has_colour, const char *text)
{
        static const char *const sequences[_CTL_STYLE_MAX] = {
                [CTL_STYLE_HEADER] = "\033[4m",
                [CTL_STYLE_GOOD] = "\033[32m",
                [CTL_STYLE_WARNING] = "\033[33m",
                [CTL_STYLE_BAD] = "\033[31m",
                [CTL_STYLE_DIM] = "\033[2m",
        };
        const char *sequence = has_colour ? sequences[style] : NULL;

        if (sequence)
                fprintf(file, "%s%s\033[0m", sequence, text);
        else
                fputs(text, file);
}

static void cell_clear(Cell *cell)
{
        g_free(cell->text);
}

CtlTable *ctl_table_new(gsize n_columns, const char *const *headings)
{
        CtlTable *table = g_new0(CtlTable, 1);

        table->n_columns = n_columns;
        table->is_right = g_new0(bool, n_columns);
        table->cells = g_array_new(false, false, sizeof(Cell));
        g_array_set_clear_func(table->cells, (GDestroyNotify) cell_clear);
        for (gsize i = 0; headings && i < n_columns; i++)
                ctl_table_add(table, CTL_STYLE_HEADER, headings[i]);
        return table;
}

void ctl_table_free(CtlTable *table)
{
        if (!table)
                return;
        g_array_unref(table->cells);
        g_free(table->is_right);
        g_free(table);
}

void ctl_table_add(CtlTable *table, CtlStyle style, const char *text)
{
        Cell cell = {style, g_strdup(text && *text != '\0' ? text : "-")};

        g_array_append_val(table->cells, cell);
}

void ctl_table_addf(CtlTable *table, CtlStyle style, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        ctl_table_add(table, style, text);
}

void ctl_table_align_right(CtlTable *table, gsize column)
{
        g_assert(column < table->n_columns);
        table->is_right[column] = true;
}

static gsize *measure(const CtlTable *table)
{
        gsize *widths = g_new0(gsize, table->n_columns);

        for (guint i = 0; i < table->cells->len; i++) {
                gsize width = ctl_text_width(g_array_index(table->cells, Cell, i).text);

                widths[i % table->n_columns] = MAX(widths[i % table->n_columns], width);
        }
        return widths;
}

void ctl_table_print(const CtlTable *table, FILE *file, bool has_colour)
{
        g_autofree gsize *widths = measure(table);

        for (guint i = 0; i < table->cells->len; i++) {
                const Cell *cell = &g_array_index(table->cells, Cell, i);
                gsize column = i % table->n_columns;
                bool is_last = column + 1 == table->n_columns;
                int padding = (int) (widths[column] - ctl_text_width(cell->text));

                if (table->is_right[column])
                        fprintf(file, "%*s", padding, "");
                ctl_print_styled(file, cell->style, has_colour, cell->text);
                if (is_last)
                        fputc('\n', file);
                else
                        fprintf(file, "%*s", (table->is_right[column] ? 0 : padding) + GAP, "");
        }
}
