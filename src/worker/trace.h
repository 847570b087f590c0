/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Lines of IRC as people may see them: "> NICK ada", "< :irc.example.org 001 ada :Welcome". Bytes
 * that are not printable are escaped, and secrets are "…". */

#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
        const char *service;          /* whom we log in to by a message; never NULL */
        const GBytes *const *secrets; /* what is never shown, wherever it stands; NULL-terminated */
} TraceOptions;

/* The line with its mark, without an end. `is_secret`: all that follows the verb and, of a message,
 * its target is hidden. So it is without that in PASS, AUTHENTICATE, OPER and what logs in to
 * services, whoever sent it: a server may echo it. */
char *trace_line(
        const TraceOptions *options, bool is_sent, const char *line, gsize len, bool is_secret);
