/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Time spans as people write them, in the manner of systemd.time(7). */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

/* "5s", "1h 30min", "1.5h", "500ms"; a number without a unit is seconds. Microseconds.
 * INVALID_VALUE for what is no time span, or one of more than G_MAXINT64. */
bool ic_time_span_parse(const char *text, gint64 *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* As parse() takes it, without loss: "1h 30min". `usec` is not negative. */
char *ic_time_span_format(gint64 usec);
