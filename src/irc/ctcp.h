/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* CTCP in a PRIVMSG or NOTICE (modern.ircdocs.horse/ctcp). */

#pragma once

#include <glib.h>
#include <stdbool.h>

/* Whether the whole of `text` is a CTCP of this name; then what is inside, behind the name. The
 * \x01 at the end may be missing. */
bool irc_ctcp_parse(const char *text, const char *name, const char **ret_inside, gsize *ret_len);
