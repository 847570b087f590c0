/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A command to a connection, as it comes from the command socket (a line of JSON) or from D-Bus,
 * and the answers of the command socket. Pure: no descriptor, no loop. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"
#include "wire/status.h"

#define IC_COMMAND_LINE_MAX 65536 /* bytes of a request line, without its LF */
#define IC_COMMAND_ID_MAX 256     /* bytes of a request's `id` as written, without its quotes */
#define IC_COMMAND_WORD_MAX 400   /* bytes of a channel, nickname, key, … */
#define IC_COMMAND_RAW_MAX 4606   /* bytes of a raw line: the client's tags and 510 */
#define IC_COMMAND_ARGUMENTS_MAX 15u
#define IC_COMMAND_TIME_MAX G_GINT64_CONSTANT(253402300799999999) /* the end of 9999 */

typedef enum {
        IC_COMMAND_JOIN,      /* channel, key? */
        IC_COMMAND_PART,      /* channel, message? */
        IC_COMMAND_PRIVMSG,   /* target, message */
        IC_COMMAND_NOTICE,    /* target, message */
        IC_COMMAND_NICK,      /* nickname */
        IC_COMMAND_QUIT,      /* message? */
        IC_COMMAND_AWAY,      /* message? */
        IC_COMMAND_TOPIC,     /* channel, topic */
        IC_COMMAND_MODE,      /* target, modes, arguments? (list of strings) */
        IC_COMMAND_KICK,      /* channel, nickname, message? */
        IC_COMMAND_INVITE,    /* nickname, channel */
        IC_COMMAND_RAW,       /* line */
        IC_COMMAND_MARK_READ, /* target, time? (0: now): draft/read-marker */
        IC_COMMAND_REDACT,    /* target, msgid, message?: draft/message-redaction */
        IC_COMMAND_STATUS,
        IC_COMMAND_RESTART_CONNECTION,
        IC_COMMAND_REFRESH, /* what: admins, permissions, credentials, configuration, all */
        _IC_COMMAND_MAX,
} IcCommandType;

const char *ic_command_name(IcCommandType type); /* "privmsg", … */

/* Owned strings, valid UTF-8. Those that a type does not have are NULL. */
typedef struct {
        IcCommandType type;
        char *channel;
        char *target;
        char *nickname;
        char *message; /* also the topic, the raw line, and `what` of refresh */
        char *key;
        char *modes;
        char *msgid; /* also reply_to */
        gint64 time; /* µs since the epoch; 0: none */
        GStrv arguments;
} IcCommand;

void ic_command_clear(IcCommand *command);
/* A deep copy, into what holds nothing yet. */
void ic_command_copy(const IcCommand *command, IcCommand *ret);

/* Reads a line of JSON (without LF). `ret_id` is the request's `id` (any string or number; kept as
 * the JSON text that the answer repeats), NULL if it gave none; it is set even when the rest is
 * wrong, if it could be read. Errors: BAD_REQUEST, TOO_LONG, UNKNOWN_COMMAND, MISSING_KEY,
 * INVALID_VALUE, each with words that name the key. Keys that no command has are refused, too. */
bool ic_command_parse(const char *line, gsize len, IcCommand *ret, char **ret_id,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether the strings are there and in bounds: for commands that came over D-Bus. */
bool ic_command_validate(const IcCommand *command, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Answers: one line of JSON with its LF. `id` as ic_command_parse() gave it, or NULL. In the answer
 * to `status` the connection's number is "connection", since "id" is the request's. */
char *ic_answer_ok(const char *id);
char *ic_answer_status(const char *id, const IcStatus *status);
char *ic_answer_error(const char *id, const GError *error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IcCommand, ic_command_clear)
