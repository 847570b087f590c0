/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The keys that commands take, for the reader of requests; of no interest outside of this folder.
 */

#pragma once

#include <glib.h>

#include "wire/command.h"

typedef enum {
        IC_VALUE_WORD,    /* a parameter in the middle of an IRC line */
        IC_VALUE_CHANNEL, /* the same, a channel's name */
        IC_VALUE_WORDS,   /* a list of them */
        IC_VALUE_LINE,    /* text on one line */
        IC_VALUE_LINES,   /* text of one or more lines */
        IC_VALUE_RAW,     /* a line of IRC */
        IC_VALUE_WHAT,    /* of `refresh` */
        IC_VALUE_TIME,    /* µs since the epoch: a number */
} IcValueKind;

typedef struct {
        const char *name; /* in JSON */
        IcValueKind kind;
        gsize offset; /* in IcCommand, of a char *, a GStrv (IC_VALUE_WORDS) or a gint64
                         (IC_VALUE_TIME) */
} IcCommandKeyInfo;

/* The key of that name if the command takes it, else NULL. */
const IcCommandKeyInfo *ic_command_key_find(IcCommandType type, const char *name);

/* _IC_COMMAND_MAX if there is none of that name. */
IcCommandType ic_command_type_from_name(const char *name);
