/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The bounded splitter of request lines. */

#include "ipc/lines.h"

#include <string.h>

#include "wire/command.h"

#define SIZE_FIRST 4096u /* bytes: more than most clients ever send */

void ic_lines_init(IcLines *lines)
{
        *lines = (IcLines){.bytes = g_byte_array_sized_new(SIZE_FIRST)};
}

void ic_lines_clear(IcLines *lines)
{
        g_clear_pointer(&lines->bytes, g_byte_array_unref);
}

static void forget(IcLines *lines)
{
        g_byte_array_set_size(lines->bytes, 0);
        lines->start = lines->scanned = 0;
}

void ic_lines_add(IcLines *lines, const void *bytes, gsize len)
{
        if (lines->start > 0) {
                g_byte_array_remove_range(lines->bytes, 0, (guint) lines->start);
                lines->scanned -= lines->start;
                lines->start = 0;
        }
        g_byte_array_append(lines->bytes, bytes, (guint) len);
}

/* The line at `start` if its LF is there. */
static bool cut_line(IcLines *lines, const char **ret_line, gsize *ret_len)
{
        const char *data = (const char *) lines->bytes->data;
        const char *end =
                lines->scanned < lines->bytes->len
                        ? memchr(data + lines->scanned, '\n', lines->bytes->len - lines->scanned)
                        : NULL;

        if (!end) {
                lines->scanned = lines->bytes->len;
                return false;
        }
        *ret_line = data + lines->start;
        *ret_len = (gsize) (end - *ret_line);
        lines->start = lines->scanned = (gsize) (end - data) + 1;
        return true;
}

IcLineResult ic_lines_next(IcLines *lines, const char **ret_line, gsize *ret_len)
{
        while (cut_line(lines, ret_line, ret_len)) {
                bool was_told = lines->is_skipping;

                lines->is_skipping = false;
                if (!was_told)
                        return *ret_len > IC_COMMAND_LINE_MAX ? IC_LINE_TOO_LONG : IC_LINE_READY;
        }
        if (lines->is_skipping) {
                forget(lines);
                return IC_LINE_NONE;
        }
        if (lines->bytes->len - lines->start <= IC_COMMAND_LINE_MAX)
                return IC_LINE_NONE;
        forget(lines);
        lines->is_skipping = true;
        return IC_LINE_TOO_LONG;
}

bool ic_lines_take_rest(IcLines *lines, const char **ret_line, gsize *ret_len)
{
        bool is_blank = true;

        *ret_line = (const char *) lines->bytes->data + lines->start;
        *ret_len = lines->is_skipping ? 0 : lines->bytes->len - lines->start;
        lines->start = lines->scanned = lines->bytes->len;
        for (gsize i = 0; i < *ret_len && is_blank; i++)
                is_blank = g_ascii_isspace((*ret_line)[i]);
        return !is_blank;
}
