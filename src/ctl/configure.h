/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* KEY=VALUE arguments and addresses, as `add` and `set` take them. */

#pragma once

#include <glib.h>
#include <stdbool.h>

/* "irc.example.org", "irc.example.org:6697", "::1", "[::1]:6697". `ret_port` is NULL when none is
 * given. */
bool ctl_split_address(const char *text, char **ret_address, char **ret_port,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "nickname=ada": the key must exist, and the value must suit it. */
bool ctl_split_setting(const char *text, char **ret_key, char **ret_value,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
