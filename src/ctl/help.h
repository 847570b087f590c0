/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What `ircctl help` says. */

#pragma once

#include "ctl/verbs.h"

/* Verbs, a NULL name at their end, and options. */
void ctl_help(const CtlVerb *verbs);

/* The keys of `add` and `set`. */
void ctl_help_keys(void);
