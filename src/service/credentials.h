/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Secrets that the manager hands to the service (systemd.exec(5), LoadCredential=). */

#pragma once

#include <glib.h>

/* The credential without one newline at its end; NULL when there is none of that name, or it is no
 * regular file of at most IC_CREDENTIAL_SIZE_MAX bytes. It is wiped from memory when it is freed.
 */
GBytes *ic_credential_read(const char *name);
