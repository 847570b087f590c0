/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* SASLprep: map, normalise, and refuse what RFC 4013 section 2.3 prohibits. */

#include "irc/saslprep.h"

#include <glib.h>
#include <stdbool.h>

/* RFC 3454 table B.1: mapped to nothing. */
static bool is_mapped_to_nothing(gunichar c)
{
        return c == 0x00AD || c == 0x034F || c == 0x1806 || (c >= 0x180B && c <= 0x180D) ||
               (c >= 0x200B && c <= 0x200D) || c == 0x2060 || (c >= 0xFE00 && c <= 0xFE0F) ||
               c == 0xFEFF;
}

static bool is_prohibited(gunichar c)
{
        GUnicodeType type = g_unichar_type(c);

        if (type == G_UNICODE_CONTROL || type == G_UNICODE_PRIVATE_USE ||
                type == G_UNICODE_SURROGATE || type == G_UNICODE_LINE_SEPARATOR ||
                type == G_UNICODE_PARAGRAPH_SEPARATOR)
                return true;
        /* Tables C.6 to C.9: not for plain text, ideographic description, display and tagging. */
        return (c >= 0xFFF9 && c <= 0xFFFD) || (c >= 0x2FF0 && c <= 0x2FFB) || c == 0x0340 ||
               c == 0x0341 || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
               (c >= 0x206A && c <= 0x206F) || (c & 0xFFFE) == 0xFFFE ||
               (c >= 0xFDD0 && c <= 0xFDEF) || (c >= 0xE0001 && c <= 0xE007F);
}

char *irc_saslprep(const char *text)
{
        g_autoptr(GString) mapped = g_string_new(NULL);
        g_autofree char *prepared = NULL;

        for (const char *at = text; *at; at = g_utf8_next_char(at)) {
                gunichar c = g_utf8_get_char(at);

                if (g_unichar_type(c) == G_UNICODE_SPACE_SEPARATOR)
                        g_string_append_c(mapped, ' ');
                else if (!is_mapped_to_nothing(c))
                        g_string_append_unichar(mapped, c);
        }
        prepared = g_utf8_normalize(mapped->str, (gssize) mapped->len, G_NORMALIZE_NFKC);
        for (const char *at = prepared; at && *at; at = g_utf8_next_char(at))
                if (is_prohibited(g_utf8_get_char(at)))
                        return NULL;
        return g_steal_pointer(&prepared);
}
