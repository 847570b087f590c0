/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The formatter: puts one line together, and refuses what would be more or other than that line. */

#include <string.h>

#include "irc/message.h"

static bool has_line_break(const char *text)
{
        return text && text[strcspn(text, "\r\n")] != '\0';
}

static bool is_word(const char *text)
{
        return *text && !strchr(text, ' ');
}

static bool is_tag_key(const char *key)
{
        return *key && key[strcspn(key, " ;=\r\n")] == '\0';
}

static bool is_middle_param(const char *param)
{
        return is_word(param) && *param != ':';
}

static IrcFormatResult check_parts(const IrcTag *tags, gsize n_tags, const char *source,
        const char *verb, const char *const *params, const char *trailing)
{
        if (has_line_break(source) || has_line_break(verb) || has_line_break(trailing))
                return IRC_FORMAT_LINE_BREAK;
        if (!is_middle_param(verb) || (verb[0] == '@') || (source && !is_word(source)))
                return IRC_FORMAT_BAD_VERB;
        for (gsize i = 0; i < n_tags; i++)
                if (!is_tag_key(tags[i].key))
                        return IRC_FORMAT_BAD_VERB;
        for (gsize i = 0; params && params[i]; i++) {
                if (has_line_break(params[i]))
                        return IRC_FORMAT_LINE_BREAK;
                if (!is_middle_param(params[i]))
                        return IRC_FORMAT_BAD_PARAM;
        }
        return IRC_FORMAT_OK;
}

static void append_tag_value(GString *line, const char *value)
{
        for (; *value; value++) {
                static const char plain[] = ";\\ \r\n";
                static const char *const escaped[] = {"\\:", "\\\\", "\\s", "\\r", "\\n"};
                const char *special = strchr(plain, *value);

                if (special)
                        g_string_append(line, escaped[special - plain]);
                else
                        g_string_append_c(line, *value);
        }
}

void irc_message_append_tags(GString *line, const IrcTag *tags, gsize n_tags)
{
        for (gsize i = 0; i < n_tags; i++) {
                g_string_append_c(line, i == 0 ? '@' : ';');
                g_string_append(line, tags[i].key);
                if (tags[i].value && *tags[i].value) {
                        g_string_append_c(line, '=');
                        append_tag_value(line, tags[i].value);
                }
        }
        if (n_tags > 0)
                g_string_append_c(line, ' ');
}

IrcFormatResult irc_message_format(GString *line, const IrcTag *tags, gsize n_tags,
        const char *source, const char *verb, const char *const *params, const char *trailing)
{
        IrcFormatResult result = check_parts(tags, n_tags, source, verb, params, trailing);

        if (result != IRC_FORMAT_OK)
                return result;

        irc_message_append_tags(line, tags, n_tags);
        if (source)
                g_string_append_printf(line, ":%s ", source);
        g_string_append(line, verb);
        for (gsize i = 0; params && params[i]; i++) {
                g_string_append_c(line, ' ');
                g_string_append(line, params[i]);
        }
        if (trailing) {
                g_string_append(line, " :");
                g_string_append(line, trailing);
        }
        return IRC_FORMAT_OK;
}
