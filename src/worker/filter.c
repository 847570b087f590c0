/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Lines in, lines out. */

#include "worker/filter.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "ipc/lines.h"
#include "irc/mask.h"
#include "irc/message.h"
#include "wire/json-object.h"

#define READ_SIZE 65536
#define SHOWN_MAX 40 /* characters of a key that an error shows */

/* --- answers --------------------------------------------------------------------------------- */

static char *to_text(JsonBuilder *builder)
{
        g_autoptr(JsonNode) root = NULL;

        json_builder_end_object(builder);
        root = json_builder_get_root(builder);
        return json_to_string(root, FALSE);
}

static JsonBuilder *new_object(void)
{
        JsonBuilder *builder = json_builder_new();

        json_builder_begin_object(builder);
        return builder;
}

/* Somebody's bytes as a value; NULL is null. */
static void add_value(JsonBuilder *builder, const char *text)
{
        g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL;

        if (valid)
                json_builder_add_string_value(builder, valid);
        else
                json_builder_add_null_value(builder);
}

static void add_text(JsonBuilder *builder, const char *key, const char *text)
{
        json_builder_set_member_name(builder, key);
        add_value(builder, text);
}

static char *error_answer(const char *words)
{
        g_autoptr(JsonBuilder) builder = new_object();

        add_text(builder, "error", words);
        return to_text(builder);
}

/* --- parse ----------------------------------------------------------------------------------- */

static void add_tags(JsonBuilder *builder, const IrcMessage *message)
{
        json_builder_set_member_name(builder, "tags");
        json_builder_begin_object(builder);
        /* A key that is there twice keeps its first place, and gets its last value. */
        for (gsize i = 0; i < message->n_tags; i++)
                add_text(builder, message->tags[i].key, message->tags[i].value);
        json_builder_end_object(builder);
}

static char *parse(const char *line, gsize len)
{
        g_auto(IrcMessage) message;
        g_autoptr(JsonBuilder) builder = new_object();
        IrcParseResult result;

        if (len > 0 && line[len - 1] == '\r')
                len--;
        irc_message_init(&message);
        result = irc_message_parse(&message, line, len);
        if (result != IRC_PARSE_OK)
                return error_answer(irc_parse_result_text(result));

        add_tags(builder, &message);
        add_text(builder, "source", message.source);
        add_text(builder, "verb", message.verb);
        json_builder_set_member_name(builder, "params");
        json_builder_begin_array(builder);
        for (gsize i = 0; i < message.n_params; i++)
                add_value(builder, message.params[i]);
        json_builder_end_array(builder);
        if (!g_utf8_validate_len(line, len, NULL)) {
                json_builder_set_member_name(builder, "is_utf8");
                json_builder_add_boolean_value(builder, FALSE);
        }
        return to_text(builder);
}

/* --- objects in ------------------------------------------------------------------------------ */

static bool invalid(const char *key, const char *what, GError **error)
{
        g_autofree char *shown = ic_text_quote(key, SHOWN_MAX);

        g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE, "\"%s\" %s", shown, what);
        return false;
}

/* An object with these keys and no other (NULL-terminated), each once. */
static GArray *read_object(const char *line, gsize len, const char *const *keys, GError **error)
{
        g_autoptr(GArray) members = ic_json_members_new();

        if (!g_utf8_validate_len(line, len, NULL)) {
                g_set_error_literal(error, IC_ERROR, IC_ERROR_BAD_REQUEST, "the line is not UTF-8");
                return NULL;
        }
        if (!ic_json_object_read(line, len, members, error))
                return NULL;
        for (guint i = 0; i < members->len; i++) {
                const IcJsonMember *member = &g_array_index(members, IcJsonMember, i);

                if (keys && !g_strv_contains(keys, member->key))
                        return invalid(member->key, "is no key that is known here", error), NULL;
                if (member->has_nul)
                        return invalid(member->key, "holds a NUL", error), NULL;
                for (guint j = 0; j < i; j++)
                        if (g_str_equal(g_array_index(members, IcJsonMember, j).key, member->key))
                                return invalid(member->key, "is given twice", error), NULL;
        }
        return g_steal_pointer(&members);
}

/* NULL when it is not there, or null. */
static const IcJsonMember *find(GArray *members, const char *key)
{
        for (guint i = 0; i < members->len; i++) {
                const IcJsonMember *member = &g_array_index(members, IcJsonMember, i);

                if (g_str_equal(member->key, key))
                        return strncmp(member->raw, "null", 4) == 0 ? NULL : member;
        }
        return NULL;
}

static bool get_string(
        GArray *members, const char *key, bool is_needed, const char **ret, GError **error)
{
        const IcJsonMember *member = find(members, key);

        *ret = member && member->type == IC_JSON_STRING ? member->string : NULL;
        if (member && !*ret)
                return invalid(key, "must be a string", error);
        return member || !is_needed || invalid(key, "is missing", error);
}

/* --- format ---------------------------------------------------------------------------------- */

static bool read_tags(GArray *members, GArray **ret_values, GArray *tags, GError **error)
{
        const IcJsonMember *member = find(members, "tags");

        if (!member)
                return true;
        if (member->raw_len == 0 || *member->raw != '{')
                return invalid("tags", "must be an object", error);
        *ret_values = read_object(member->raw, member->raw_len, NULL, error);
        if (!*ret_values)
                return false;
        for (guint i = 0; i < (*ret_values)->len; i++) {
                IrcTag tag = {.key = g_array_index(*ret_values, IcJsonMember, i).key};

                if (!get_string(*ret_values, tag.key, false, &tag.value, error))
                        return false;
                g_array_append_val(tags, tag);
        }
        return true;
}

static bool is_letters_or_digits(const char *verb)
{
        for (const char *at = verb; *at; at++)
                if (!g_ascii_isalnum(*at))
                        return false;
        return *verb != '\0';
}

static const char *format_error(IrcFormatResult result)
{
        switch (result) {
        case IRC_FORMAT_OK:
                return NULL;
        case IRC_FORMAT_LINE_BREAK:
                return "a CR or LF would end the line";
        case IRC_FORMAT_BAD_VERB:
                return "the source or the key of a tag is empty, or has in it what would end it";
        case IRC_FORMAT_BAD_PARAM:
                return "only the last parameter may be empty, have a space or begin with \":\"";
        }
        g_return_val_if_reached("it makes no line");
}

/* A last parameter that needs no colon gets none. */
static char *format_parts(GArray *tags, const char *source, const char *verb, GStrv params)
{
        const guint count = params ? g_strv_length(params) : 0;
        const char *last = count > 0 ? params[count - 1] : NULL;
        bool is_trailing = last && (*last == '\0' || *last == ':' || strchr(last, ' '));
        g_autoptr(GString) line = g_string_new(NULL);
        g_autofree const char **middle = g_new0(const char *, count + 1);
        IrcFormatResult result;

        for (guint i = 0; i + is_trailing < count; i++)
                middle[i] = params[i];
        result = irc_message_format(line, (const IrcTag *) tags->data, tags->len, source, verb,
                middle, is_trailing ? last : NULL);
        if (result != IRC_FORMAT_OK)
                return error_answer(format_error(result));
        return g_string_free(g_steal_pointer(&line), FALSE);
}

static char *format(const char *line, gsize len, GError **error)
{
        static const char *const keys[] = {"tags", "source", "verb", "params", NULL};
        g_autoptr(GArray) members = read_object(line, len, keys, error), values = NULL;
        g_autoptr(GArray) tags = g_array_new(FALSE, FALSE, sizeof(IrcTag));
        const IcJsonMember *params;
        const char *source, *verb;

        if (!members || !read_tags(members, &values, tags, error) ||
                !get_string(members, "source", false, &source, error) ||
                !get_string(members, "verb", true, &verb, error))
                return NULL;
        params = find(members, "params");
        if (params && params->type != IC_JSON_STRINGS)
                return invalid("params", "must be a list of strings", error), NULL;
        if (!is_letters_or_digits(verb))
                return invalid("verb", "must be letters or digits", error), NULL;
        return format_parts(tags, source, verb, params ? params->strings : NULL);
}

/* --- match and split-source ------------------------------------------------------------------- */

static char *match(const char *line, gsize len, GError **error)
{
        static const char *const keys[] = {"mask", "source", "casemapping", NULL};
        g_autoptr(GArray) members = read_object(line, len, keys, error);
        g_autoptr(JsonBuilder) builder = NULL;
        const char *mask, *source, *casemapping;

        if (!members || !get_string(members, "mask", true, &mask, error) ||
                !get_string(members, "source", true, &source, error) ||
                !get_string(members, "casemapping", false, &casemapping, error))
                return NULL;
        builder = new_object();
        json_builder_set_member_name(builder, "matches");
        json_builder_add_boolean_value(builder,
                irc_mask_match(irc_casemap_from_name(casemapping ? casemapping : "rfc1459"), mask,
                        source));
        return to_text(builder);
}

static char *split_source(const char *line, gsize len, GError **error)
{
        static const char *const keys[] = {"source", NULL};
        g_autoptr(GArray) members = read_object(line, len, keys, error);
        g_autoptr(JsonBuilder) builder = NULL;
        g_autofree char *whole = NULL;
        g_auto(IrcMessage) message;
        const char *source;

        irc_message_init(&message);
        if (!members || !get_string(members, "source", true, &source, error))
                return NULL;
        if (*source == '\0' || strpbrk(source, " \r\n"))
                return invalid("source", "is empty, or has a space or line break in it", error),
                       NULL;
        whole = g_strdup_printf(":%s X", source);
        if (irc_message_parse(&message, whole, strlen(whole)) != IRC_PARSE_OK)
                return invalid("source", "is too long", error), NULL;

        builder = new_object();
        add_text(builder, "nick", message.nick);
        add_text(builder, "user", message.user);
        add_text(builder, "host", message.host);
        return to_text(builder);
}

/* --- lines ----------------------------------------------------------------------------------- */

static char *serve(FilterMode mode, const char *line, gsize len, GError **error)
{
        switch (mode) {
        case FILTER_PARSE:
                return parse(line, len);
        case FILTER_FORMAT:
                return format(line, len, error);
        case FILTER_MATCH:
                return match(line, len, error);
        case FILTER_SPLIT_SOURCE:
                return split_source(line, len, error);
        }
        g_return_val_if_reached(NULL);
}

static void serve_line(FilterMode mode, const char *line, gsize len)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *answer = serve(mode, line, len, &error);

        if (!answer)
                answer = error_answer(error->message);
        puts(answer);
}

static void serve_lines(FilterMode mode, IcLines *lines)
{
        g_autofree char *too_long = error_answer(irc_parse_result_text(IRC_PARSE_TOO_LONG));
        const char *line;
        gsize len;

        for (;;)
                switch (ic_lines_next(lines, &line, &len)) {
                case IC_LINE_READY:
                        serve_line(mode, line, len);
                        break;
                case IC_LINE_TOO_LONG:
                        puts(too_long);
                        break;
                case IC_LINE_NONE:
                        return;
                }
}

static int fail(const char *what)
{
        fprintf(stderr, "irc-conn: %s: %s\n", what, g_strerror(errno));
        return IC_EXIT_STORE;
}

int filter_run(FilterMode mode)
{
        g_auto(IcLines) lines;
        char buffer[READ_SIZE];
        const char *line;
        gsize len;
        ssize_t n;

        ic_lines_init(&lines);
        while ((n = read(STDIN_FILENO, buffer, sizeof(buffer))) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return fail("Standard input cannot be read");
                ic_lines_add(&lines, buffer, (gsize) n);
                serve_lines(mode, &lines);
                if (fflush(stdout) != 0)
                        return fail("Standard output cannot be written");
        }
        if (ic_lines_take_rest(&lines, &line, &len))
                serve_line(mode, line, len);
        return fflush(stdout) != 0 ? fail("Standard output cannot be written") : IC_EXIT_STOPPED;
}
