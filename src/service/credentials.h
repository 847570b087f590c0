/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Secrets that the manager hands to the service (systemd.exec(5), LoadCredential=), and those that
 * the foreground program is given. All are wiped from memory when they are freed. */

#pragma once

#include <glib.h>

#include "base/error.h"

/* The credential without one newline at its end; NULL when there is none of that name, or it is no
 * regular file of at most IC_CREDENTIAL_SIZE_MAX bytes. */
GBytes *ic_credential_read(const char *name);

/* What the file holds, without one newline at its end, or NULL: BAD_CONFIGURATION. A pipe is waited
 * for. */
GBytes *ic_credential_read_file(const char *path, GError **error);

/* A copy of `text`. */
GBytes *ic_credential_new(const char *text);
