/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Long text in pieces that fit a line. */

#pragma once

#include <glib.h>

/* The length of the first piece of `text` (valid UTF-8) that has at most `budget` bytes: all of it,
 * or up to behind the last space that fits, or else up to the last whole character. At least one
 * character, whatever the budget. */
gsize irc_split_length(const char *text, gsize len, gsize budget);
