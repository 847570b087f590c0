/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What single values of a connection's configuration must look like. */

#pragma once

#include <glib.h>

#include "base/error.h"

/* Each answers the value in the form that is kept, owned by the caller, or NULL with INVALID_VALUE:
 * what is wrong and what would be right, without the key. `value` is one line of valid UTF-8 within
 * IC_SERVER_STRING_MAX. */
char *ic_value_line(const char *value, GError **error);      /* anything on one line */
char *ic_value_printable(const char *value, GError **error); /* no control characters */
char *ic_value_address(const char *value, GError **error);   /* a host name or an IP address */
char *ic_value_nickname(const char *value, GError **error); /* RFC 2812 2.3.1, and not only ASCII */
char *ic_value_username(const char *value, GError **error); /* no space, no "@" */
char *ic_value_channel(const char *value, GError **error);  /* "#name" or "#name key" */
char *ic_value_pin(const char *value, GError **error); /* "sha256:" and 64 digits, lower case */
char *ic_value_mechanism(const char *value, GError **error); /* RFC 4422 3.1, upper case */
