/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What comes over the bus, as JSON: for --json, and as the form in which rows and events of many
 * kinds are handed around before they are shown to people. */

#pragma once

#include <json-glib/json-glib.h>

#include "bus/source.h"

/* Reads an a{sv}; values of unusual types are left out. Negative: errno. */
int ctl_read_dict(sd_bus_message *message, JsonObject *into);

/* Reads an aa{sv} into an array of objects. */
int ctl_read_dicts(sd_bus_message *message, JsonArray *into);

/* A member as text, "" if there is none or it is not a text; and as a number, 0 likewise. */
const char *ctl_json_text(JsonObject *object, const char *key);
gint64 ctl_json_number(JsonObject *object, const char *key);

/* On standard output, with a newline. */
void ctl_print_json_object(JsonObject *object);
void ctl_print_json_array(JsonArray *array);
