/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A row of the history, or a MessageReceived, as a line for people. */

#pragma once

#include <json-glib/json-glib.h>
#include <stdbool.h>

/* Local time of `usec` (µs since the epoch): with the date, or without. */
char *ctl_format_time(gint64 usec, bool has_date);

/* "<ada> hello", "* ada waves", "ada is now known as ada_", … from the keys sender, message_type
 * and content, fit for a terminal. */
char *ctl_format_message(JsonObject *message);

/* The whole line: time, where, and what ctl_format_message() says. */
void ctl_print_message(JsonObject *message, bool has_date, bool has_colour);
