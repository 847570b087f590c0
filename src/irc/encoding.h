/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Text that is not UTF-8. */

#pragma once

#include <glib.h>

typedef enum {
        IRC_ENCODING_CP1252, /* the default: what most old clients write */
        IRC_ENCODING_LATIN1, /* ISO 8859-1 */
} IrcEncoding;

/* `text` with every byte that is no UTF-8 read in this encoding; to be freed by the caller. */
char *irc_encoding_to_utf8(IrcEncoding encoding, const char *text);
