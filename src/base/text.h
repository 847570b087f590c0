/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Text that came from somebody else, made fit for people, JSON and D-Bus. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* Somebody's text for a log line, STATUS= or a terminal: valid UTF-8 on one line, control
 * characters (C0, C1, DEL, bidi overrides) escaped as \xHH or \u{H}, cut with "…" after `max_chars`
 * characters. Never NULL; NULL gives "". */
char *ic_text_quote(const char *text, gsize max_chars);

/* `text` as valid UTF-8 without NUL: kept when it is, else every invalid byte read as CP1252 (the
 * default fallback encoding of IRC clients). `len` -1: up to NUL. */
char *ic_text_to_utf8(const char *text, gssize len);

/* Whether `text` has no NUL, CR or LF in its `len` bytes (-1: up to NUL): what a line of IRC may
 * hold. */
bool ic_text_is_one_line(const char *text, gssize len);

/* "12 s", "4 min", "3 h", "2 days": the largest whole unit, rounded down. */
char *ic_text_duration(gint64 usec);
