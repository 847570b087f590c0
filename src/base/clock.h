/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Time: microseconds everywhere. */

#pragma once

#include <glib.h>

#define IC_USEC_PER_SEC G_GINT64_CONSTANT(1000000)
#define IC_USEC_PER_MSEC G_GINT64_CONSTANT(1000)

/* Since the epoch, UTC: for what is stored and shown. */
static inline gint64 ic_now_real(void)
{
        return g_get_real_time();
}

/* CLOCK_MONOTONIC: for time-outs. */
static inline gint64 ic_now_monotonic(void)
{
        return g_get_monotonic_time();
}
