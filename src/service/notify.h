/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What a service tells its manager (sd_notify(3)). Nothing happens where there is no manager. */

#pragma once

#include <glib.h>
#include <stdbool.h>

/* STATUS= is cut after so many characters. */
#define IC_STATUS_CHARS_MAX 400

void ic_notify_ready(void);
void ic_notify_stopping(void);

/* STATUS=: any text, made one line that is fit for people. */
void ic_notify_status(const char *sentence);

/* STATUS= together with ERRNO=, the errno of a failure. */
void ic_notify_failure(const char *sentence, int code);

/* From now on, the start (or the stop) may take `usec` µs more. */
void ic_notify_extend_timeout(gint64 usec);

/* Feeds the manager's watchdog in the thread-default main context, three times in each of its
 * periods, as long as `is_alive` says so. NULL when the manager keeps no watchdog over us. */
typedef struct IcWatchdog IcWatchdog;
typedef bool (*IcWatchdogFunc)(gpointer user_data);
IcWatchdog *ic_watchdog_new(IcWatchdogFunc is_alive, gpointer user_data);
void ic_watchdog_free(IcWatchdog *watchdog);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcWatchdog, ic_watchdog_free)
