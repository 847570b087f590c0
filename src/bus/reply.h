/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Our structs as D-Bus messages. */

#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

#include "base/error.h"
#include "wire/status.h"

/* Sets `ret` from a GError (name by the table of base/error.h, message with the remedy appended
 * when there is one) and answers the negative errno that a handler returns. */
int ic_bus_error_set(sd_bus_error *ret, const GError *error);
/* The other way: the reply's error with its code, or a generic one. */
void ic_bus_error_get(const sd_bus_error *from, GError **ret);
/* errno of libsystemd to a GError: "PREFIX: strerror". */
void ic_bus_errno(int negative_errno, const char *prefix, GError **ret);

/* Appends an a{sv} with the keys of ic_status_to_json(); times x, counts u, channels as. */
int ic_bus_append_status(sd_bus_message *message, const IcStatus *status);
/* Reads such an a{sv}; unknown keys are passed over. */
int ic_bus_read_status(sd_bus_message *message, IcStatus *ret);
