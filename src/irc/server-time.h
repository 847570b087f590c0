/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The `time` tag (IRCv3 server-time): ISO 8601 in UTC. */

#pragma once

#include <glib.h>
#include <stdbool.h>

/* "2026-04-01T12:34:56.789Z" in µs since the epoch. A leap second (":60") is the next minute's
 * first. False for anything else, and for years outside of 1970 to 9999. */
bool irc_server_time_parse(const char *text, gint64 *ret_usec);
/* The reverse, to the millisecond below; to be freed by the caller. */
char *irc_server_time_format(gint64 usec);
