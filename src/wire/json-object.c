/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The strict reader of one JSON object: recursive descent with a bound on its depth. */

#include "wire/json-object.h"

#include <string.h>

#include "base/error.h"

typedef struct {
        const char *start;
        const char *at;
        const char *end;
        unsigned depth;
        bool has_nul; /* a \u0000 was met since this was last cleared */
} Reader;

static bool read_value(Reader *reader, IcJsonMember *ret, GError **error);

static bool fail(const Reader *reader, GError **error, const char *what)
{
        g_set_error(error, IC_ERROR, IC_ERROR_BAD_REQUEST, "not valid JSON: %s at byte %zu", what,
                (gsize) (reader->at - reader->start) + 1);
        return false;
}

static void skip_space(Reader *reader)
{
        while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) && *reader->at != '\0')
                reader->at++;
}

static bool take(Reader *reader, char c)
{
        if (reader->at >= reader->end || *reader->at != c)
                return false;
        reader->at++;
        return true;
}

static unsigned take_digits(Reader *reader)
{
        unsigned count = 0;

        for (; reader->at < reader->end && g_ascii_isdigit(*reader->at); reader->at++)
                count++;
        return count;
}

/* The four digits after "\u". */
static bool read_unit(Reader *reader, gunichar *ret)
{
        gunichar unit = 0;

        if (reader->end - reader->at < 4)
                return false;
        for (unsigned i = 0; i < 4; i++) {
                int digit = g_ascii_xdigit_value(reader->at[i]);

                if (digit < 0)
                        return false;
                unit = unit << 4 | (gunichar) digit;
        }
        reader->at += 4;
        *ret = unit;
        return true;
}

static bool read_unicode_escape(Reader *reader, GString *into, GError **error)
{
        gunichar c, low;

        if (!read_unit(reader, &c))
                return fail(reader, error, "\\u needs four hexadecimal digits");
        if (c >= 0xd800 && c <= 0xdfff) {
                if (c >= 0xdc00 || !take(reader, '\\') || !take(reader, 'u') ||
                        !read_unit(reader, &low) || low < 0xdc00 || low > 0xdfff)
                        return fail(reader, error, "half of a surrogate pair");
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
        if (c == 0)
                reader->has_nul = true;
        else
                g_string_append_unichar(into, c);
        return true;
}

static bool read_escape(Reader *reader, GString *into, GError **error)
{
        static const char escapes[] = "\"\\/bfnrt";
        static const char meanings[] = "\"\\/\b\f\n\r\t";
        const char *escape;

        if (take(reader, 'u'))
                return read_unicode_escape(reader, into, error);
        escape =
                reader->at < reader->end ? memchr(escapes, *reader->at, sizeof(escapes) - 1) : NULL;
        if (!escape)
                return fail(reader, error, "unknown escape");
        g_string_append_c(into, meanings[escape - escapes]);
        reader->at++;
        return true;
}

static char *read_string(Reader *reader, GError **error)
{
        g_autoptr(GString) into = g_string_new(NULL);

        if (!take(reader, '"'))
                return fail(reader, error, "no string"), NULL;
        while (!take(reader, '"')) {
                const char *plain = reader->at;

                while (reader->at < reader->end && (guchar) *reader->at >= 0x20 &&
                        *reader->at != '"' && *reader->at != '\\')
                        reader->at++;
                g_string_append_len(into, plain, reader->at - plain);
                if (reader->at >= reader->end)
                        return fail(reader, error, "a string without its end"), NULL;
                if ((guchar) *reader->at < 0x20)
                        return fail(reader, error, "a control character that is not escaped"), NULL;
                if (take(reader, '\\') && !read_escape(reader, into, error))
                        return NULL;
        }
        return g_string_free(g_steal_pointer(&into), false);
}

static bool read_number(Reader *reader, GError **error)
{
        (void) take(reader, '-');
        if (!take(reader, '0') && take_digits(reader) == 0)
                return fail(reader, error, "no value");
        if (take(reader, '.') && take_digits(reader) == 0)
                return fail(reader, error, "no digit after the decimal point");
        if (take(reader, 'e') || take(reader, 'E')) {
                if (!take(reader, '+'))
                        (void) take(reader, '-');
                if (take_digits(reader) == 0)
                        return fail(reader, error, "no digit in the exponent");
        }
        return true;
}

static bool take_literal(Reader *reader)
{
        static const char *const literals[] = {"true", "false", "null"};

        for (gsize i = 0; i < G_N_ELEMENTS(literals); i++) {
                gsize len = strlen(literals[i]);

                if ((gsize) (reader->end - reader->at) >= len &&
                        memcmp(reader->at, literals[i], len) == 0) {
                        reader->at += len;
                        return true;
                }
        }
        return false;
}

static bool enter(Reader *reader, GError **error)
{
        if (++reader->depth > IC_JSON_DEPTH_MAX)
                return fail(reader, error, "too many levels of nesting");
        skip_space(reader);
        return true;
}

/* After "[": the rest of the list, collected as long as it holds strings only. */
static bool read_list(Reader *reader, IcJsonMember *ret, GError **error)
{
        g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
        bool is_strings = true;

        if (!enter(reader, error))
                return false;
        if (!take(reader, ']')) {
                do {
                        g_auto(IcJsonMember) item = {0};

                        if (!read_value(reader, &item, error))
                                return false;
                        if (item.type == IC_JSON_STRING)
                                g_ptr_array_add(strings, g_steal_pointer(&item.string));
                        else
                                is_strings = false;
                } while (take(reader, ','));
                if (!take(reader, ']'))
                        return fail(reader, error, "neither \",\" nor \"]\"");
        }
        reader->depth--;
        ret->type = is_strings ? IC_JSON_STRINGS : IC_JSON_OTHER;
        g_ptr_array_add(strings, NULL);
        if (is_strings)
                ret->strings = (GStrv) g_ptr_array_steal(strings, NULL);
        return true;
}

static bool read_member(Reader *reader, GArray *members, GError **error)
{
        g_auto(IcJsonMember) member = {0};

        skip_space(reader);
        reader->has_nul = false;
        member.key = read_string(reader, error);
        if (!member.key)
                return false;
        if (reader->has_nul)
                return fail(reader, error, "a NUL in a key");
        skip_space(reader);
        if (!take(reader, ':'))
                return fail(reader, error, "no \":\" after a key");
        if (!read_value(reader, &member, error))
                return false;
        if (reader->at >= reader->end || (*reader->at != ',' && *reader->at != '}'))
                return fail(reader, error, "neither \",\" nor \"}\"");
        member.has_nul = reader->has_nul;
        if (!members)
                return true;
        if (members->len >= IC_JSON_MEMBERS_MAX)
                return fail(reader, error, "too many members");
        g_array_append_val(members, member);
        member = (IcJsonMember){0};
        return true;
}

/* After "{": the rest of the object. `members` NULL: it is only checked. */
static bool read_object(Reader *reader, GArray *members, GError **error)
{
        if (!enter(reader, error))
                return false;
        if (!take(reader, '}')) {
                do {
                        if (!read_member(reader, members, error))
                                return false;
                } while (take(reader, ','));
                (void) take(reader, '}'); /* read_member() saw to it */
        }
        reader->depth--;
        return true;
}

/* A value with the space around it. */
static bool read_value(Reader *reader, IcJsonMember *ret, GError **error)
{
        bool ok = true;

        skip_space(reader);
        ret->raw = reader->at;
        ret->type = IC_JSON_OTHER;
        if (reader->at < reader->end && *reader->at == '"') {
                ret->type = IC_JSON_STRING;
                ret->string = read_string(reader, error);
                ok = ret->string != NULL;
        } else if (take(reader, '{')) {
                ok = read_object(reader, NULL, error);
        } else if (take(reader, '[')) {
                ok = read_list(reader, ret, error);
        } else if (!take_literal(reader)) {
                ret->type = IC_JSON_NUMBER;
                ok = read_number(reader, error);
        }
        ret->raw_len = (gsize) (reader->at - ret->raw);
        skip_space(reader);
        return ok;
}

bool ic_json_object_read(const char *text, gsize len, GArray *members, GError **error)
{
        Reader reader = {.start = text, .at = text, .end = text + len};

        skip_space(&reader);
        if (!take(&reader, '{'))
                return fail(&reader, error, "no object (\"{\")");
        if (!read_object(&reader, members, error))
                return false;
        skip_space(&reader);
        if (reader.at < reader.end)
                return fail(&reader, error, "more text after the object");
        return true;
}

void ic_json_member_clear(IcJsonMember *member)
{
        g_clear_pointer(&member->key, g_free);
        g_clear_pointer(&member->string, g_free);
        g_clear_pointer(&member->strings, g_strfreev);
}

GArray *ic_json_members_new(void)
{
        GArray *members = g_array_new(false, false, sizeof(IcJsonMember));

        g_array_set_clear_func(members, (GDestroyNotify) ic_json_member_clear);
        return members;
}
