/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* SASLprep (RFC 4013): a password typed in two ways is one password. */

#pragma once

/* `text` (valid UTF-8) prepared; NULL if it has characters that no name or password may have, or
 * mixes text from right to left with other text as RFC 4013 forbids. Characters that are new since
 * Unicode 3.2 are taken as they are. To be freed by the caller. */
char *irc_saslprep(const char *text);
