/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* SASLprep (RFC 4013): a password typed in two ways is one password. */

#pragma once

/* `text` (valid UTF-8) prepared; NULL if it has characters that no name or password may have. To be
 * freed by the caller. Characters that are new since Unicode 3.2 are taken as they are, and the
 * rules for text from right to left are left to whoever set the password. */
char *irc_saslprep(const char *text);
