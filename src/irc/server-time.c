/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The time of a line, by plain arithmetic: it is read for every line of a flood. */

#include "irc/server-time.h"

#define USEC_PER_SEC G_GINT64_CONSTANT(1000000)

/* Exactly `n` digits, then `end`. */
static bool take_number(const char **text, int n, char end, int *ret_number)
{
        int number = 0;

        for (; n > 0; n--, (*text)++) {
                if (!g_ascii_isdigit(**text))
                        return false;
                number = number * 10 + (**text - '0');
        }
        if (end && *(*text)++ != end)
                return false;
        *ret_number = number;
        return true;
}

/* An optional fraction of any length, then "Z" and the end. */
static bool take_fraction(const char *text, int *ret_usec)
{
        int scale = 100000, usec = 0;

        if (*text == '.') {
                text++;
                if (!g_ascii_isdigit(*text))
                        return false;
                for (; g_ascii_isdigit(*text); text++, scale /= 10)
                        usec += (*text - '0') * scale;
        }
        *ret_usec = usec;
        return text[0] == 'Z' && text[1] == '\0';
}

static int days_of_month(int year, int month)
{
        static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

        return days[month - 1] + (month == 2 && is_leap);
}

/* Days from 1970-01-01, counted in years that begin in March, so that the leap day is the last. */
static gint64 days_since_epoch(int year, int month, int day)
{
        gint64 y = month <= 2 ? year - 1 : year;
        gint64 m = month <= 2 ? month + 9 : month - 3;

        return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

bool irc_server_time_parse(const char *text, gint64 *ret_usec)
{
        int year, month, day, hour, minute, second, usec;
        gint64 seconds;

        if (!take_number(&text, 4, '-', &year) || !take_number(&text, 2, '-', &month) ||
                !take_number(&text, 2, 'T', &day) || !take_number(&text, 2, ':', &hour) ||
                !take_number(&text, 2, ':', &minute) || !take_number(&text, 2, '\0', &second) ||
                !take_fraction(text, &usec))
                return false;
        if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month) ||
                hour > 23 || minute > 59 || second > 60)
                return false;

        seconds = days_since_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
        *ret_usec = seconds * USEC_PER_SEC + usec;
        return true;
}

char *irc_server_time_format(gint64 usec)
{
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(usec / G_USEC_PER_SEC);
        g_autofree char *seconds = time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%S") : NULL;

        return g_strdup_printf(
                "%s.%03dZ", seconds ?: "1970-01-01T00:00:00", (int) (usec % G_USEC_PER_SEC / 1000));
}
