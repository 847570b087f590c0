/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The journal: one entry for each notable event, with its MESSAGE_ID (explained in the catalog) and
 * the fields IRC_SERVER=, IRC_CHANNEL=, IRC_NICK=. Without a journal the same goes to standard
 * error, in words. Only who stops passing an error on logs it; libraries below `session` never do.
 */

#pragma once

#include <glib.h>
#include <stdint.h>

/* Each has its text in data/irc-conn.catalog; a test holds the two together. */
#define IC_MESSAGE_CONNECTING "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d01"
#define IC_MESSAGE_CONNECTED "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d02"
#define IC_MESSAGE_DISCONNECTED "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d03"
#define IC_MESSAGE_CONNECTION_FAILED "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d04"
#define IC_MESSAGE_RESUMED "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d05"
#define IC_MESSAGE_JOINED "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d06"
#define IC_MESSAGE_PARTED "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d07"
#define IC_MESSAGE_KICKED "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d08"
#define IC_MESSAGE_NICK_CHANGED "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d09"
#define IC_MESSAGE_STORE_STUCK "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d0a"
#define IC_MESSAGE_STORE_RECOVERED "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d0b"
#define IC_MESSAGE_CONFIGURATION_UNUSABLE "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d0c"
#define IC_MESSAGE_SERVER_ADDED "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d0d"
#define IC_MESSAGE_SERVER_REMOVED "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d0e"
#define IC_MESSAGE_STALE_CLEARED "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d0f"
#define IC_MESSAGE_STOPPING "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d10"

typedef enum {
        IC_LOG_ERROR = 3, /* the priorities of syslog(3) */
        IC_LOG_WARNING = 4,
        IC_LOG_NOTICE = 5,
        IC_LOG_INFO = 6,
        IC_LOG_DEBUG = 7,
} IcLogLevel;

/* What an entry is about; fields that are NULL or 0 are left out. Strings are borrowed. */
typedef struct {
        uint32_t server;
        const char *channel;
        const char *nick;
        const char *message_id; /* one of IC_MESSAGE_*, or NULL */
        const char *error_code; /* ic_error_code(), as IRC_ERROR= */
} IcLogFields;

/* Chooses the journal when standard error is connected to it ($JOURNAL_STREAM), else standard
 * error. Entries above `max_level` are dropped; $IRC_CONN_LOG_LEVEL (a number or name of syslog)
 * goes before it. Call once, first thing in main(). */
void ic_log_init(const char *identifier, IcLogLevel max_level);

/* The whole message must fit for people: a server's or a user's text goes through ic_text_quote().
 */
void ic_log(IcLogLevel level, const IcLogFields *fields, const char *format, ...)
        G_GNUC_PRINTF(3, 4);
