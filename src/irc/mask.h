/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Masks such as "*!*@*.example.org". */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "irc/casemap.h"

/* Whether `text` (nick!user@host) matches `mask`: '*' is any number of characters, '?' is one, a
 * backslash takes the meaning from the '*', '?' or backslash after it. The time is bounded by the
 * product of the lengths, whatever the mask. */
bool irc_mask_match(IrcCasemap casemap, const char *mask, const char *text);
