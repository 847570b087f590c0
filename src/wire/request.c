/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A request line of the command socket becomes a command. */

#include <string.h>

#include "base/text.h"
#include "wire/command-key.h"
#include "wire/command.h"
#include "wire/json-object.h"

#define SHOWN_MAX 40 /* characters of a client's name for something, in an error */

static bool invalid(const char *key, GError **error, const char *what)
{
        g_autofree char *shown = ic_text_quote(key, SHOWN_MAX);

        g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE, "\"%s\" %s", shown, what);
        return false;
}

static bool check_bytes(const char *line, gsize len, GError **error)
{
        if (len > IC_COMMAND_LINE_MAX) {
                g_set_error(error, IC_ERROR, IC_ERROR_TOO_LONG, "the line is longer than %d bytes",
                        IC_COMMAND_LINE_MAX);
                return false;
        }
        if (memchr(line, '\0', len)) {
                g_set_error_literal(
                        error, IC_ERROR, IC_ERROR_BAD_REQUEST, "the line has a NUL byte");
                return false;
        }
        if (!g_utf8_validate_len(line, len, NULL)) {
                g_set_error_literal(error, IC_ERROR, IC_ERROR_BAD_REQUEST, "the line is not UTF-8");
                return false;
        }
        return true;
}

static const IcJsonMember *find(GArray *members, const char *key)
{
        for (guint i = 0; i < members->len; i++)
                if (strcmp(g_array_index(members, IcJsonMember, i).key, key) == 0)
                        return &g_array_index(members, IcJsonMember, i);
        return NULL;
}

/* Answers the text to repeat, or NULL when there is no usable id. */
static char *read_id(GArray *members, GError **error)
{
        const IcJsonMember *member = find(members, "id");

        if (!member)
                return NULL;
        if (member->type != IC_JSON_STRING && member->type != IC_JSON_NUMBER) {
                (void) invalid("id", error, "must be a string or a number");
                return NULL;
        }
        if (member->raw_len > IC_COMMAND_ID_MAX + (member->type == IC_JSON_STRING ? 2 : 0)) {
                g_set_error(error, IC_ERROR, IC_ERROR_TOO_LONG, "\"id\" is longer than %d bytes",
                        IC_COMMAND_ID_MAX);
                return NULL;
        }
        return g_strndup(member->raw, member->raw_len);
}

static bool check_duplicates(GArray *members, GError **error)
{
        for (guint i = 0; i < members->len; i++) {
                const IcJsonMember *member = &g_array_index(members, IcJsonMember, i);

                if (find(members, member->key) != member)
                        return invalid(member->key, error, "is given twice");
        }
        return true;
}

static bool read_type(GArray *members, IcCommandType *ret, GError **error)
{
        const IcJsonMember *member = find(members, "command");
        g_autofree char *shown = NULL;

        if (!member) {
                g_set_error_literal(
                        error, IC_ERROR, IC_ERROR_MISSING_KEY, "the key \"command\" is missing");
                return false;
        }
        if (member->type != IC_JSON_STRING)
                return invalid("command", error, "must be a string");
        *ret = member->has_nul ? _IC_COMMAND_MAX : ic_command_type_from_name(member->string);
        if (*ret != _IC_COMMAND_MAX)
                return true;
        shown = ic_text_quote(member->string, SHOWN_MAX);
        g_set_error(error, IC_ERROR, IC_ERROR_UNKNOWN_COMMAND, "there is no command \"%s\"", shown);
        return false;
}

static bool read_time(const IcJsonMember *member, gint64 *ret, GError **error)
{
        g_autofree char *text = g_strndup(member->raw, member->raw_len);

        if (member->type == IC_JSON_NUMBER &&
                g_ascii_string_to_signed(text, 10, 1, IC_COMMAND_TIME_MAX, ret, NULL))
                return true;
        return invalid(member->key, error,
                "must be a whole number of microseconds since the epoch, before the year 10000");
}

static bool read_key(IcJsonMember *member, IcCommand *command, GError **error)
{
        const IcCommandKeyInfo *key = ic_command_key_find(command->type, member->key);

        if (!key) {
                g_autofree char *shown = ic_text_quote(member->key, SHOWN_MAX);

                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "the command \"%s\" has no key \"%s\"", ic_command_name(command->type),
                        shown);
                return false;
        }
        if (member->has_nul)
                return invalid(member->key, error, "must not hold a NUL");
        if (key->kind == IC_VALUE_WORDS) {
                if (member->type != IC_JSON_STRINGS)
                        return invalid(member->key, error, "must be a list of strings");
                G_STRUCT_MEMBER(GStrv, command, key->offset) = g_steal_pointer(&member->strings);
                return true;
        }
        if (key->kind == IC_VALUE_TIME)
                return read_time(member, &G_STRUCT_MEMBER(gint64, command, key->offset), error);
        if (member->type != IC_JSON_STRING)
                return invalid(member->key, error, "must be a string");
        G_STRUCT_MEMBER(char *, command, key->offset) = g_steal_pointer(&member->string);
        return true;
}

static bool read_command(GArray *members, IcCommand *ret, GError **error)
{
        g_auto(IcCommand) command = {0};

        if (!check_duplicates(members, error) || !read_type(members, &command.type, error))
                return false;
        for (guint i = 0; i < members->len; i++) {
                IcJsonMember *member = &g_array_index(members, IcJsonMember, i);

                if (strcmp(member->key, "id") != 0 && strcmp(member->key, "command") != 0 &&
                        !read_key(member, &command, error))
                        return false;
        }
        if (!ic_command_validate(&command, error))
                return false;
        *ret = command;
        command = (IcCommand){0};
        return true;
}

bool ic_command_parse(const char *line, gsize len, IcCommand *ret, char **ret_id, GError **error)
{
        g_autoptr(GArray) members = ic_json_members_new();
        g_autoptr(GError) id_error = NULL;
        bool ok;

        *ret_id = NULL;
        *ret = (IcCommand){0};
        if (!check_bytes(line, len, error))
                return false;
        ok = ic_json_object_read(line, len, members, error);
        *ret_id = read_id(members, &id_error);
        if (!ok)
                return false;
        if (id_error) {
                g_propagate_error(error, g_steal_pointer(&id_error));
                return false;
        }
        return read_command(members, ret, error);
}
