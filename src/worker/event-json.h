/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* An event of the session as one line of JSON: the signals of org.ircconn1.Connection, their names
 * in small letters and their arguments by name. dbus/org.ircconn1.Connection.xml documents both. */

#pragma once

#include <glib.h>

#include "session/event.h"

/* {"event":"message_received",…} with its LF. */
char *event_to_json(const IcEvent *event);

/* {"event":"events_dropped","count":N}: so many events before it were not told. */
char *event_dropped_to_json(guint64 count);
