/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Bytes become request lines; one above the bound is told once and passed over up to its LF. */

#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
        IC_LINE_NONE,     /* more bytes are needed */
        IC_LINE_READY,    /* a whole line, without its LF */
        IC_LINE_TOO_LONG, /* told as soon as it is known */
} IcLineResult;

typedef struct {
        GByteArray *bytes;
        gsize start;   /* of the next line */
        gsize scanned; /* no LF before this place */
        bool is_skipping;
} IcLines;

void ic_lines_init(IcLines *lines);
void ic_lines_clear(IcLines *lines);

void ic_lines_add(IcLines *lines, const void *bytes, gsize len);

/* The line is valid until the next call of any of these. */
IcLineResult ic_lines_next(IcLines *lines, const char **ret_line, gsize *ret_len);

/* For the end of the input, when there is no next line: takes what follows the last LF. False when
 * that is nothing but white space. */
bool ic_lines_take_rest(IcLines *lines, const char **ret_line, gsize *ret_len);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IcLines, ic_lines_clear)
