/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Readiness, status and the watchdog. A manager that cannot be told is no reason to fail: it sees
 * the process itself, and time-outs of its own. */

#include "service/notify.h"

#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/text.h"

struct IcWatchdog {
        GSource *timer;
        IcWatchdogFunc is_alive;
        gpointer user_data;
};

void ic_notify_ready(void)
{
        (void) sd_notify(0, "READY=1");
}

void ic_notify_stopping(void)
{
        (void) sd_notify(0, "STOPPING=1");
}

void ic_notify_status(const char *sentence)
{
        g_autofree char *line = ic_text_quote(sentence, IC_STATUS_CHARS_MAX);

        (void) sd_notifyf(0, "STATUS=%s", line);
}

void ic_notify_failure(const char *sentence, int code)
{
        g_autofree char *line = ic_text_quote(sentence, IC_STATUS_CHARS_MAX);

        (void) sd_notifyf(0, "STATUS=%s\nERRNO=%i", line, code);
}

void ic_notify_extend_timeout(gint64 usec)
{
        (void) sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" G_GINT64_FORMAT, MAX(usec, 0));
}

static gboolean feed(gpointer user_data)
{
        IcWatchdog *watchdog = user_data;

        if (watchdog->is_alive(watchdog->user_data))
                (void) sd_notify(0, "WATCHDOG=1");
        return G_SOURCE_CONTINUE;
}

IcWatchdog *ic_watchdog_new(IcWatchdogFunc is_alive, gpointer user_data)
{
        IcWatchdog *watchdog;
        guint64 period;

        if (sd_watchdog_enabled(0, &period) <= 0)
                return NULL;
        watchdog = g_new0(IcWatchdog, 1);
        watchdog->is_alive = is_alive;
        watchdog->user_data = user_data;
        watchdog->timer = g_timeout_source_new(CLAMP(period / 3 / IC_USEC_PER_MSEC, 1, G_MAXINT));
        g_source_set_static_name(watchdog->timer, "irc-watchdog");
        g_source_set_callback(watchdog->timer, feed, watchdog, NULL);
        g_source_attach(watchdog->timer, g_main_context_get_thread_default());
        return watchdog;
}

void ic_watchdog_free(IcWatchdog *watchdog)
{
        if (!watchdog)
                return;
        g_source_destroy(watchdog->timer);
        g_source_unref(watchdog->timer);
        g_free(watchdog);
}
