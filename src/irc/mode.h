/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* MODE of a channel, change by change. Which letters take a parameter is known only by CHANMODES
 * and PREFIX; a wrong count would give every later letter somebody else's parameter. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "irc/isupport.h"

typedef struct {
        bool is_set; /* '+' */
        char mode;
        IrcModeKind kind;
        const char *argument; /* or NULL */
} IrcModeChange;

typedef struct {
        const IrcIsupport *isupport;
        const char *letters;
        const char *const *arguments;
        gsize n_arguments;
        bool is_set;
} IrcModeIter;

/* `params` are those of MODE behind its target: letters, then arguments. All is borrowed. */
void irc_mode_iter_init(
        IrcModeIter *iter, const IrcIsupport *isupport, const char *const *params, gsize n_params);
/* The next change; false at the end. Letters outside of ASCII's letters and digits are left out. */
bool irc_mode_iter_next(IrcModeIter *iter, IrcModeChange *ret_change);
