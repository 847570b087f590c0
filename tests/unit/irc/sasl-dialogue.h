/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* One side of a SASL dialogue: what the server says, and what is sent for it. */

#pragma once

#include "irc/sasl.h"

/* The lines that are sent, with "|" between them; to be freed. */
char *start(IrcSasl *sasl, const char *offered);
/* Asserts that the line parses and that the state answered is the state that the dialogue has. */
char *receive(IrcSasl *sasl, const char *line);
