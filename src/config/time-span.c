/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Time spans in the manner of systemd.time(7), by a table of units. */

#include "config/time-span.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define QUOTED_MAX 64 /* characters of a value that an error shows */
#define MINUTE (60 * IC_USEC_PER_SEC)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const struct {
        const char *name;
        gint64 usec;
} units[] = {
        {"", IC_USEC_PER_SEC},
        {"usec", 1},
        {"us", 1},
        {"\u03bcs", 1}, /* Greek mu */
        {"\u00b5s", 1}, /* the micro sign */
        {"msec", IC_USEC_PER_MSEC},
        {"ms", IC_USEC_PER_MSEC},
        {"seconds", IC_USEC_PER_SEC},
        {"second", IC_USEC_PER_SEC},
        {"sec", IC_USEC_PER_SEC},
        {"s", IC_USEC_PER_SEC},
        {"minutes", MINUTE},
        {"minute", MINUTE},
        {"min", MINUTE},
        {"m", MINUTE},
        {"hours", HOUR},
        {"hour", HOUR},
        {"hr", HOUR},
        {"h", HOUR},
        {"days", DAY},
        {"day", DAY},
        {"d", DAY},
        {"weeks", 7 * DAY},
        {"week", 7 * DAY},
        {"w", 7 * DAY},
        {"months", 2629800 * IC_USEC_PER_SEC}, /* 30.44 days */
        {"month", 2629800 * IC_USEC_PER_SEC},
        {"M", 2629800 * IC_USEC_PER_SEC},
        {"years", 31557600 * IC_USEC_PER_SEC}, /* 365.25 days */
        {"year", 31557600 * IC_USEC_PER_SEC},
        {"y", 31557600 * IC_USEC_PER_SEC},
};

/* What does not fit becomes, and stays, the highest number. */
static guint64 add(guint64 a, guint64 b)
{
        guint64 sum;

        return g_uint64_checked_add(&sum, a, b) ? sum : G_MAXUINT64;
}

static guint64 multiply(guint64 a, guint64 b)
{
        guint64 product;

        return g_uint64_checked_mul(&product, a, b) ? product : G_MAXUINT64;
}

static const char *skip_space(const char *p)
{
        return p + strspn(p, " \t");
}

/* The unit at *p, and *p behind it; 0 when there is no such unit. */
static gint64 take_unit(const char **p)
{
        const char *start = *p;
        gsize len = strcspn(start, "0123456789. \t");

        *p += len;
        for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
                if (strlen(units[i].name) == len && memcmp(units[i].name, start, len) == 0)
                        return units[i].usec;
        return 0;
}

/* A number with its unit at *p, and *p behind both and the space after them. */
static bool take_term(const char **p, guint64 *ret)
{
        const char *fraction = "";
        char *end;

        if (!g_ascii_isdigit(**p))
                return false;
        guint64 whole = g_ascii_strtoull(*p, &end, 10);
        if (*end == '.') {
                fraction = end + 1;
                end += 1 + strspn(fraction, "0123456789");
                if (end == fraction)
                        return false;
        }

        *p = skip_space(end);
        gint64 unit = take_unit(p);
        if (unit == 0)
                return false;
        *p = skip_space(*p);

        *ret = multiply(whole, (guint64) unit);
        for (gint64 step = unit / 10; g_ascii_isdigit(*fraction); fraction++, step /= 10)
                *ret = add(*ret, (guint64) (g_ascii_digit_value(*fraction) * step));
        return true;
}

bool ic_time_span_parse(const char *text, gint64 *ret, GError **error)
{
        const char *p = skip_space(text);
        guint64 sum = 0, term;
        bool is_span;

        do {
                is_span = take_term(&p, &term);
                if (is_span)
                        sum = add(sum, term);
        } while (is_span && *p != '\0');

        if (is_span && sum <= G_MAXINT64) {
                *ret = (gint64) sum;
                return true;
        }
        g_autofree char *quoted = ic_text_quote(text, QUOTED_MAX);
        g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE, "\"%s\" is %s", quoted,
                is_span ? "too long a time. Give a shorter one"
                        : "no time span. Give one such as 5s, 1h 30min or 500ms");
        return false;
}

char *ic_time_span_format(gint64 usec)
{
        static const struct {
                const char *name;
                gint64 usec;
        } shown[] = {
                {"d", DAY},
                {"h", HOUR},
                {"min", MINUTE},
                {"s", IC_USEC_PER_SEC},
                {"ms", IC_USEC_PER_MSEC},
                {"us", 1},
        };
        g_autoptr(GString) text = g_string_new(NULL);

        g_return_val_if_fail(usec >= 0, NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(shown); i++) {
                gint64 count = usec / shown[i].usec;

                usec %= shown[i].usec;
                if (count > 0)
                        g_string_append_printf(text, "%s%" G_GINT64_FORMAT "%s",
                                text->len > 0 ? " " : "", count, shown[i].name);
        }
        return text->len > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : g_strdup("0");
}
