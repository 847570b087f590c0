/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The text of `irc-conn --help`. */

#pragma once

void help_print(void);
