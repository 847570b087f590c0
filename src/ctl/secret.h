/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A secret from standard input: typed without echo, or piped. */

#pragma once

#include <glib.h>
#include <stdbool.h>

/* `prompt` is for a terminal; without `may_ask` a terminal is an error. One newline at the end is
 * dropped; nothing at all is an error. The bytes are wiped when they are freed. */
GBytes *ctl_read_secret(const char *prompt, bool may_ask, gsize max, GError **error);
