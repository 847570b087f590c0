/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Bytes to lines. A line ends with LF or CR LF; empty ones are left out; one longer than
 * IRC_LINE_MAX (its CR counts, its LF does not) is dropped up to its LF and counted, and the stream
 * goes on (modern.ircdocs.horse, "Message Format"; message-tags allows 8191 + 512 bytes). */

#pragma once

#include <glib.h>
#include <stdbool.h>

#define IRC_LINE_MAX 16384

typedef struct IrcFramer IrcFramer;

IrcFramer *irc_framer_new(void);
void irc_framer_free(IrcFramer *framer);

/* Gives bytes; call irc_framer_next() until it says false before giving more. `data` is borrowed
 * until then. */
void irc_framer_push(IrcFramer *framer, const void *data, gsize len);
/* The next whole line, without its end; valid until the next call. */
bool irc_framer_next(IrcFramer *framer, const char **ret_line, gsize *ret_len);

/* The stream's partial line after the last next(): what another process needs in order to go on
 * (irc_framer_restore() into a new framer). At most IRC_LINE_MAX bytes; `ret_is_dropping` says that
 * the rest of an overlong line is being dropped. Borrowed until the next push(). */
void irc_framer_get_carry(
        const IrcFramer *framer, const void **ret_data, gsize *ret_len, bool *ret_is_dropping);
void irc_framer_restore(IrcFramer *framer, const void *data, gsize len, bool is_dropping);

/* How many overlong lines were dropped. */
guint64 irc_framer_get_dropped(const IrcFramer *framer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IrcFramer, irc_framer_free)
