/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The commands: one table of keys, one of commands with the keys that each takes, and what a value
 * may be. */

#include "wire/command.h"

#include <string.h>

#include "base/text.h"
#include "wire/command-key.h"

enum {
        KEY_CHANNEL,
        KEY_TARGET,
        KEY_NICKNAME,
        KEY_KEY,
        KEY_MODES,
        KEY_ARGUMENTS,
        KEY_MESSAGE,
        KEY_LINES, /* "message", where it may have several lines */
        KEY_TOPIC,
        KEY_LINE,
        KEY_WHAT,
        KEY_MSGID,
        KEY_REPLY_TO,
        KEY_TIME,
        _KEY_MAX,
};

#define KEY(name) (1u << KEY_##name)

static const IcCommandKeyInfo keys[_KEY_MAX] = {
        [KEY_CHANNEL] = {"channel", IC_VALUE_CHANNEL, G_STRUCT_OFFSET(IcCommand, channel)},
        [KEY_TARGET] = {"target", IC_VALUE_WORD, G_STRUCT_OFFSET(IcCommand, target)},
        [KEY_NICKNAME] = {"nickname", IC_VALUE_WORD, G_STRUCT_OFFSET(IcCommand, nickname)},
        [KEY_KEY] = {"key", IC_VALUE_WORD, G_STRUCT_OFFSET(IcCommand, key)},
        [KEY_MODES] = {"modes", IC_VALUE_WORD, G_STRUCT_OFFSET(IcCommand, modes)},
        [KEY_ARGUMENTS] = {"arguments", IC_VALUE_WORDS, G_STRUCT_OFFSET(IcCommand, arguments)},
        [KEY_MESSAGE] = {"message", IC_VALUE_LINE, G_STRUCT_OFFSET(IcCommand, message)},
        [KEY_LINES] = {"message", IC_VALUE_LINES, G_STRUCT_OFFSET(IcCommand, message)},
        [KEY_TOPIC] = {"topic", IC_VALUE_LINE, G_STRUCT_OFFSET(IcCommand, message)},
        [KEY_LINE] = {"line", IC_VALUE_RAW, G_STRUCT_OFFSET(IcCommand, message)},
        [KEY_WHAT] = {"what", IC_VALUE_WHAT, G_STRUCT_OFFSET(IcCommand, message)},
        [KEY_MSGID] = {"msgid", IC_VALUE_WORD, G_STRUCT_OFFSET(IcCommand, msgid)},
        [KEY_REPLY_TO] = {"reply_to", IC_VALUE_WORD, G_STRUCT_OFFSET(IcCommand, msgid)},
        [KEY_TIME] = {"time", IC_VALUE_TIME, G_STRUCT_OFFSET(IcCommand, time)},
};

static const struct {
        const char *name;
        unsigned required, optional; /* sets of KEY() */
} commands[_IC_COMMAND_MAX] = {
        [IC_COMMAND_JOIN] = {"join", KEY(CHANNEL), KEY(KEY)},
        [IC_COMMAND_PART] = {"part", KEY(CHANNEL), KEY(MESSAGE)},
        [IC_COMMAND_PRIVMSG] = {"privmsg", KEY(TARGET) | KEY(LINES), KEY(REPLY_TO)},
        [IC_COMMAND_NOTICE] = {"notice", KEY(TARGET) | KEY(LINES), KEY(REPLY_TO)},
        [IC_COMMAND_NICK] = {"nick", KEY(NICKNAME)},
        [IC_COMMAND_QUIT] = {"quit", 0, KEY(MESSAGE)},
        [IC_COMMAND_AWAY] = {"away", 0, KEY(MESSAGE)},
        [IC_COMMAND_TOPIC] = {"topic", KEY(CHANNEL) | KEY(TOPIC)},
        [IC_COMMAND_MODE] = {"mode", KEY(TARGET) | KEY(MODES), KEY(ARGUMENTS)},
        [IC_COMMAND_KICK] = {"kick", KEY(CHANNEL) | KEY(NICKNAME), KEY(MESSAGE)},
        [IC_COMMAND_INVITE] = {"invite", KEY(NICKNAME) | KEY(CHANNEL)},
        [IC_COMMAND_RAW] = {"raw", KEY(LINE)},
        [IC_COMMAND_MARK_READ] = {"mark_read", KEY(TARGET), KEY(TIME)},
        [IC_COMMAND_REDACT] = {"redact", KEY(TARGET) | KEY(MSGID), KEY(MESSAGE)},
        [IC_COMMAND_STATUS] = {"status"},
        [IC_COMMAND_RESTART_CONNECTION] = {"restart_connection"},
        [IC_COMMAND_REFRESH] = {"refresh", KEY(WHAT)},
};

static const char *const refreshable[] = {
        "admins", "permissions", "credentials", "configuration", "all", NULL};

const char *ic_command_name(IcCommandType type)
{
        g_assert(type < _IC_COMMAND_MAX);
        return commands[type].name;
}

IcCommandType ic_command_type_from_name(const char *name)
{
        unsigned type = 0;

        while (type < _IC_COMMAND_MAX && strcmp(commands[type].name, name) != 0)
                type++;
        return (IcCommandType) type;
}

const IcCommandKeyInfo *ic_command_key_find(IcCommandType type, const char *name)
{
        unsigned taken = commands[type].required | commands[type].optional;

        for (unsigned i = 0; i < _KEY_MAX; i++)
                if ((taken & 1u << i) && strcmp(keys[i].name, name) == 0)
                        return &keys[i];
        return NULL;
}

void ic_command_clear(IcCommand *command)
{
        g_clear_pointer(&command->channel, g_free);
        g_clear_pointer(&command->target, g_free);
        g_clear_pointer(&command->nickname, g_free);
        g_clear_pointer(&command->message, g_free);
        g_clear_pointer(&command->key, g_free);
        g_clear_pointer(&command->modes, g_free);
        g_clear_pointer(&command->msgid, g_free);
        g_clear_pointer(&command->arguments, g_strfreev);
}

void ic_command_copy(const IcCommand *command, IcCommand *ret)
{
        *ret = (IcCommand){
                .type = command->type,
                .channel = g_strdup(command->channel),
                .target = g_strdup(command->target),
                .nickname = g_strdup(command->nickname),
                .message = g_strdup(command->message),
                .key = g_strdup(command->key),
                .modes = g_strdup(command->modes),
                .msgid = g_strdup(command->msgid),
                .time = command->time,
                .arguments = g_strdupv(command->arguments),
        };
}

static bool refuse(const char *key, IcError code, GError **error, const char *what)
{
        g_set_error(error, IC_ERROR, code, "\"%s\" %s", key, what);
        return false;
}

static bool check_length(const char *key, const char *value, gsize max, GError **error)
{
        if (*value == '\0')
                return refuse(key, IC_ERROR_INVALID_VALUE, error, "must not be empty");
        if (strlen(value) <= max)
                return true;
        g_set_error(
                error, IC_ERROR, IC_ERROR_TOO_LONG, "\"%s\" is longer than %zu bytes", key, max);
        return false;
}

/* One line of text, which may be empty. */
static bool check_line(const char *key, const char *value, GError **error)
{
        if (!ic_text_is_one_line(value, -1))
                return refuse(key, IC_ERROR_INVALID_VALUE, error,
                        "must be one line: CR and LF are not allowed");
        return true;
}

/* What can stand as a parameter in the middle of an IRC line: a space or comma would make two of
 * it, and a colon in front would swallow the parameters that follow. */
static bool check_word(const char *key, const char *value, GError **error)
{
        if (!check_length(key, value, IC_COMMAND_WORD_MAX, error) || !check_line(key, value, error))
                return false;
        if (strpbrk(value, " ,") || *value == ':')
                return refuse(key, IC_ERROR_INVALID_VALUE, error,
                        "must be one word, without space or comma and not beginning with \":\"");
        return true;
}

/* "JOIN 0" leaves all channels, and no kind of channel begins with a letter or digit. */
static bool check_channel(const char *key, const char *value, GError **error)
{
        if (!check_word(key, value, error))
                return false;
        if (g_ascii_isalnum(*value))
                return refuse(key, IC_ERROR_INVALID_VALUE, error,
                        "must be a channel's name, such as \"#ruby\"");
        return true;
}

static bool check_words(const char *key, GStrv values, GError **error)
{
        if (g_strv_length(values) > IC_COMMAND_ARGUMENTS_MAX) {
                g_set_error(error, IC_ERROR, IC_ERROR_TOO_LONG, "\"%s\" has more than %u items",
                        key, IC_COMMAND_ARGUMENTS_MAX);
                return false;
        }
        for (gsize i = 0; values[i]; i++)
                if (!check_word(key, values[i], error))
                        return false;
        return true;
}

static bool check_lines(const char *key, const char *value, GError **error)
{
        if (!check_length(key, value, IC_COMMAND_LINE_MAX, error))
                return false;
        if (value[strspn(value, "\r\n")] == '\0')
                return refuse(key, IC_ERROR_INVALID_VALUE, error, "has nothing but empty lines");
        return true;
}

static bool check_what(const char *key, const char *value, GError **error)
{
        if (g_strv_contains(refreshable, value))
                return true;
        return refuse(key, IC_ERROR_INVALID_VALUE, error,
                "must be \"admins\", \"permissions\", \"credentials\", \"configuration\" or "
                "\"all\"");
}

static bool check_value(const IcCommandKeyInfo *key, gpointer value, GError **error)
{
        switch (key->kind) {
        case IC_VALUE_WORD:
                return check_word(key->name, value, error);
        case IC_VALUE_CHANNEL:
                return check_channel(key->name, value, error);
        case IC_VALUE_WORDS:
                return check_words(key->name, value, error);
        case IC_VALUE_LINE:
                return check_line(key->name, value, error);
        case IC_VALUE_LINES:
                return check_lines(key->name, value, error);
        case IC_VALUE_RAW:
                return check_length(key->name, value, IC_COMMAND_RAW_MAX, error) &&
                       check_line(key->name, value, error);
        case IC_VALUE_WHAT:
                return check_what(key->name, value, error);
        case IC_VALUE_TIME:
                break; /* no pointer: see check_time() */
        }
        g_assert_not_reached();
}

static bool check_time(const char *key, gint64 time, GError **error)
{
        if (time < 0 || time > IC_COMMAND_TIME_MAX)
                return refuse(key, IC_ERROR_INVALID_VALUE, error,
                        "must be microseconds since the epoch, before the year 10000");
        return true;
}

bool ic_command_validate(const IcCommand *command, GError **error)
{
        unsigned required, optional;

        g_assert(command->type < _IC_COMMAND_MAX);
        required = commands[command->type].required;
        optional = commands[command->type].optional;
        for (unsigned i = 0; i < _KEY_MAX; i++) {
                const IcCommandKeyInfo *key = &keys[i];
                gpointer value;

                if (!((required | optional) & 1u << i))
                        continue;
                if (key->kind == IC_VALUE_TIME) {
                        if (!check_time(key->name, command->time, error))
                                return false;
                        continue;
                }
                value = G_STRUCT_MEMBER(gpointer, command, key->offset);
                if (!value && (required & 1u << i)) {
                        g_set_error(error, IC_ERROR, IC_ERROR_MISSING_KEY,
                                "the command \"%s\" needs the key \"%s\"",
                                commands[command->type].name, key->name);
                        return false;
                }
                if (value && !check_value(key, value, error))
                        return false;
        }
        return true;
}
