/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Time spans: what is taken, what is refused, and that what is shown can be read again. */

#include <string.h>

#include "base/clock.h"
#include "config/time-span.h"

#define MINUTE (60 * IC_USEC_PER_SEC)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static void test_accepted(void)
{
        static const struct {
                const char *text;
                gint64 usec;
        } cases[] = {
                {"0", 0},
                {"5", 5 * IC_USEC_PER_SEC},
                {"007", 7 * IC_USEC_PER_SEC},
                {"5s", 5 * IC_USEC_PER_SEC},
                {"5 s", 5 * IC_USEC_PER_SEC},
                {" 5\ts ", 5 * IC_USEC_PER_SEC},
                {"500ms", 500 * IC_USEC_PER_MSEC},
                {"3msec", 3 * IC_USEC_PER_MSEC},
                {"7us", 7},
                {"7usec", 7},
                {"7\u00b5s", 7},
                {"7\u03bcs", 7},
                {"1second", IC_USEC_PER_SEC},
                {"2seconds", 2 * IC_USEC_PER_SEC},
                {"2sec", 2 * IC_USEC_PER_SEC},
                {"1m", MINUTE},
                {"1min", MINUTE},
                {"1minute", MINUTE},
                {"2minutes", 2 * MINUTE},
                {"2 h", 2 * HOUR},
                {"2hours", 2 * HOUR},
                {"1hour", HOUR},
                {"48hr", 48 * HOUR},
                {"1d", DAY},
                {"1day", DAY},
                {"2days", 2 * DAY},
                {"1w", 7 * DAY},
                {"1week", 7 * DAY},
                {"2weeks", 14 * DAY},
                {"1M", 2629800 * IC_USEC_PER_SEC},
                {"1month", 2629800 * IC_USEC_PER_SEC},
                {"2months", 2 * 2629800 * IC_USEC_PER_SEC},
                {"1y", 31557600 * IC_USEC_PER_SEC},
                {"1y 12month", 2 * 31557600 * IC_USEC_PER_SEC},
                {"1year", 31557600 * IC_USEC_PER_SEC},
                {"2years", 2 * 31557600 * IC_USEC_PER_SEC},
                {"1h 30min", 90 * MINUTE},
                {"1h30min", 90 * MINUTE},
                {"1 h 30", HOUR + 30 * IC_USEC_PER_SEC},
                {"55s500ms", 55500 * IC_USEC_PER_MSEC},
                {"300ms20s 5day", 5 * DAY + 20300 * IC_USEC_PER_MSEC},
                {"1.5h", 90 * MINUTE},
                {"0.25 s", 250 * IC_USEC_PER_MSEC},
                {"0.0000001s", 0},
                {"0.99999999999999999999999999s", 999999},
                {"9223372036854775807us", G_MAXINT64},
                {"9223372036854s 775807us", G_MAXINT64},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                gint64 usec = -1;
                bool is_span = ic_time_span_parse(cases[i].text, &usec, &error);

                g_assert_no_error(error);
                g_assert_true(is_span);
                g_assert_cmpint(usec, ==, cases[i].usec);
        }
}

static void test_refused(void)
{
        static const struct {
                const char *text, *advice;
        } cases[] = {
                {"", "such as"},
                {" ", "such as"},
                {"s", "such as"},
                {"-5s", "such as"},
                {"+5s", "such as"},
                {".5s", "such as"},
                {"1.s", "such as"},
                {"1..5s", "such as"},
                {"5 fortnights", "such as"},
                {"5S", "such as"},
                {"5s,", "such as"},
                {"5s 4x", "such as"},
                {"5s h", "such as"},
                {"0x10", "such as"},
                {"1e3", "such as"},
                {"infinity", "such as"},
                {"5\xce", "such as"},
                {"9223372036854775808us", "shorter"},
                {"18446744073709551616us", "shorter"},
                {"99999999999999999999999999999", "shorter"},
                {"9223372036854775807us 1us", "shorter"},
                {"9223372036854.775808s", "shorter"},
                {"300000y", "shorter"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                gint64 usec = -1;

                g_assert_false(ic_time_span_parse(cases[i].text, &usec, &error));
                g_assert_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE);
                g_assert_nonnull(strstr(error->message, cases[i].advice));
                g_assert_cmpint(usec, ==, -1);
        }
}

static void test_format(void)
{
        static const struct {
                gint64 usec;
                const char *text;
        } cases[] = {
                {0, "0"},
                {1, "1us"},
                {500 * IC_USEC_PER_MSEC, "500ms"},
                {5 * IC_USEC_PER_SEC, "5s"},
                {60 * IC_USEC_PER_SEC, "1min"},
                {90 * MINUTE, "1h 30min"},
                {8 * DAY + 1, "8d 1us"},
                {G_MAXINT64, "106751991d 4h 54s 775ms 807us"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = ic_time_span_format(cases[i].usec);
                gint64 usec = -1;

                g_assert_cmpstr(text, ==, cases[i].text);
                g_assert_true(ic_time_span_parse(text, &usec, NULL));
                g_assert_cmpint(usec, ==, cases[i].usec);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/time-span/accepted", test_accepted);
        g_test_add_func("/config/time-span/refused", test_refused);
        g_test_add_func("/config/time-span/format", test_format);
        return g_test_run();
}
