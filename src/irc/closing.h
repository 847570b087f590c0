/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What kind of failure it is when a server closes the link, by its own words. They have no common
 * form: the table was made from what real servers were seen to say. */

#pragma once

#include <stdbool.h>

#include "base/error.h"

/* The class of an ERROR's or a numeric's text; false if the words say nothing. */
bool irc_closing_classify(const char *text, IcError *ret_class);
