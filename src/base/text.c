/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Text that came from somebody else, made fit for people, JSON and D-Bus. */

#include "base/text.h"

#include <string.h>

#include "base/clock.h"

static bool is_harmful(gunichar c)
{
        return c < 0x20 || (c >= 0x7f && c < 0xa0) || /* C0, DEL, C1 */
               c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
               (c >= 0x2066 && c <= 0x2069) || /* direction */
               c == 0x2028 || c == 0x2029 || c == 0xfeff;
}

char *ic_text_quote(const char *text, gsize max_chars)
{
        g_autofree char *valid = ic_text_to_utf8(text ? text : "", -1);
        g_autoptr(GString) out = g_string_new(NULL);
        gsize n = 0;

        for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p), n++) {
                gunichar c = g_utf8_get_char(p);

                if (n == max_chars) {
                        g_string_append(out, "…");
                        break;
                }
                if (!is_harmful(c))
                        g_string_append_unichar(out, c);
                else if (c < 0x100)
                        g_string_append_printf(out, "\\x%02x", c);
                else
                        g_string_append_printf(out, "\\u{%x}", c);
        }

        return g_string_free(g_steal_pointer(&out), FALSE);
}

/* The characters of CP1252 from 0x80 to 0x9f; where it has none, those of Latin-1. */
static const guint16 cp1252[32] = {0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
        0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c,
        0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e,
        0x0178};

static gunichar decode_cp1252(guint8 byte)
{
        return byte >= 0x80 && byte < 0xa0 ? cp1252[byte - 0x80] : byte;
}

char *ic_text_to_utf8(const char *text, gssize len)
{
        gsize left = len < 0 ? strlen(text) : (gsize) len;
        g_autoptr(GString) out = NULL;
        const char *end;

        if (g_utf8_validate_len(text, left, &end))
                return g_strndup(text, left);

        out = g_string_sized_new(left + left / 4);
        while (left > 0) {
                g_utf8_validate_len(text, left, &end);
                g_string_append_len(out, text, end - text);
                left -= (gsize) (end - text);
                text = end;
                if (left == 0)
                        break;
                if (*text != '\0') /* NUL has no place in a text: left out */
                        g_string_append_unichar(out, decode_cp1252((guint8) *text));
                text++;
                left--;
        }

        return g_string_free(g_steal_pointer(&out), FALSE);
}

bool ic_text_is_one_line(const char *text, gssize len)
{
        gsize size = len < 0 ? strlen(text) : (gsize) len;

        return !memchr(text, '\r', size) && !memchr(text, '\n', size) && !memchr(text, '\0', size);
}

char *ic_text_duration(gint64 usec)
{
        static const struct {
                gint64 sec;
                const char *one, *many;
        } units[] = {
                {24 * 3600, "day", "days"},
                {3600, "h", "h"},
                {60, "min", "min"},
                {1, "s", "s"},
        };
        gint64 sec = MAX(usec, 0) / IC_USEC_PER_SEC;

        for (unsigned int i = 0; i < G_N_ELEMENTS(units); i++) {
                gint64 n = sec / units[i].sec;

                if (n > 0)
                        return g_strdup_printf("%" G_GINT64_FORMAT " %s", n,
                                n == 1 ? units[i].one : units[i].many);
        }

        return g_strdup("0 s");
}
