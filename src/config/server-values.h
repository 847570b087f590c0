/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What single values of a connection's configuration must look like. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"
#include "irc/encoding.h"

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
char *ic_value_endpoint(const char *value, GError **error);  /* "host", "host:port", "[v6]:port" */
char *ic_value_local_address(const char *value, GError **error); /* an IP address */
char *ic_value_proxy(const char *value, GError **error);    /* a URL without path or password */
char *ic_value_encoding(const char *value, GError **error); /* one of the two names */
char *ic_value_service(const char *value, GError **error);  /* "nickname" or "nickname@server" */

/* Of what ic_value_encoding() keeps. */
IrcEncoding ic_value_encoding_of(const char *value);

/* What they share: the value quoted and what is wrong with it; always NULL. */
char *ic_value_refuse(const char *value, const char *reason, GError **error);
bool ic_value_has_control(const char *value);
