/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The modes that are set on a channel, or on us: letters with their arguments, no lists and no
 * membership prefixes. */

#pragma once

#include <glib.h>
#include <stdbool.h>

/* A longer argument is not kept; its letter is. */
#define IRC_MODE_ARGUMENT_MAX 512

typedef struct {
        char *arguments['z' + 1]; /* by letter or digit; "" for none; NULL where not set */
} IrcModes;

/* NULL for no modes at all, here and below. */
void irc_modes_free(IrcModes *modes);
/* Whether anything changed by it. Only ASCII's letters and digits are modes. */
bool irc_modes_set(IrcModes **modes, char letter, const char *argument);
bool irc_modes_unset(IrcModes **modes, char letter);
/* "+klnt word 50": the letters, then their arguments in the same order; NULL for none. To be freed
 * by the caller. */
char *irc_modes_to_text(const IrcModes *modes);

/* a(ys), floating; what cannot be understood is left out. */
GVariant *irc_modes_to_variant(const IrcModes *modes);
IrcModes *irc_modes_from_variant(GVariant *variant);
