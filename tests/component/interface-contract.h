/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Holds a live object against the documentation of its interface: every method, argument, property,
 * signal and annotation of the one must be in the other. */

#pragma once

#include <gio/gio.h>

/* Fails the test with the first difference. `introspection` is what Introspect() answered,
 * `file_name` one of $IRC_CONN_DBUS_DIR. */
void assert_interface_is_as_documented(
        const char *introspection, const char *interface, const char *file_name);
