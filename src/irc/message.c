/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The parser: the line is copied once into the message's buffer and cut up there. */

#include "irc/message.h"

#include <string.h>

#include "irc/framer.h"

const char *irc_parse_result_text(IrcParseResult result)
{
        switch (result) {
        case IRC_PARSE_OK:
                return NULL;
        case IRC_PARSE_EMPTY:
                return "the line is empty";
        case IRC_PARSE_NO_VERB:
                return "the line has no verb";
        case IRC_PARSE_NUL:
                return "the line holds a NUL byte";
        case IRC_PARSE_TOO_LONG:
                return "the line is too long";
        }
        g_assert_not_reached();
}

void irc_message_init(IrcMessage *message)
{
        *message = (IrcMessage){};
}

void irc_message_clear(IrcMessage *message)
{
        g_free(message->buffer);
        g_free(message->tag_room);
        g_free(message->params);
        irc_message_init(message);
}

static void message_reset(IrcMessage *message)
{
        message->tags = message->tag_room;
        message->n_tags = 0;
        message->source = message->nick = message->user = message->host = message->verb = NULL;
        message->n_params = 0;
}

/* Room for the line, and behind it for the source cut in parts. */
static char *message_copy_line(IrcMessage *message, const char *line, gsize len)
{
        gsize needed = 2 * (len + 1);

        if (message->buffer_size < needed) {
                g_free(message->buffer);
                message->buffer_size = MAX(needed, 1024);
                message->buffer = g_malloc(message->buffer_size);
        }
        memcpy(message->buffer, line, len);
        message->buffer[len] = '\0';
        return message->buffer;
}

static char *skip_spaces(char *at)
{
        while (*at == ' ')
                at++;
        return at;
}

/* Ends the word at `at` with NUL and answers what comes after it and its spaces. */
static char *cut_word(char *at)
{
        char *end = strchrnul(at, ' ');

        if (*end == '\0')
                return end;
        *end = '\0';
        return skip_spaces(end + 1);
}

/* In place: what an escape stands for is never longer. A lone backslash at the end is dropped. */
static void unescape_tag(char *value)
{
        char *to = strchr(value, '\\');

        if (!to)
                return;
        for (const char *from = to; *from; from++) {
                if (*from != '\\') {
                        *to++ = *from;
                        continue;
                }
                if (*++from == '\0')
                        break;
                switch (*from) {
                case ':':
                        *to++ = ';';
                        break;
                case 's':
                        *to++ = ' ';
                        break;
                case 'r':
                        *to++ = '\r';
                        break;
                case 'n':
                        *to++ = '\n';
                        break;
                default:
                        *to++ = *from;
                }
        }
        *to = '\0';
}

static void add_tag(IrcMessage *message, char *key)
{
        static char none[] = "";
        char *value = strchr(key, '=');

        if (value)
                *value++ = '\0';
        if (*key == '\0' || !g_utf8_validate(key, -1, NULL))
                return;
        if (value) {
                unescape_tag(value);
                if (!g_utf8_validate(value, -1, NULL))
                        *value = '\0';
        }

        if (message->n_tags == message->tag_room_size) {
                message->tag_room_size = MAX(8, message->tag_room_size * 2);
                message->tag_room = g_renew(IrcTag, message->tag_room, message->tag_room_size);
                message->tags = message->tag_room;
        }
        message->tag_room[message->n_tags++] = (IrcTag){key, value ?: none};
}

static void parse_tags(IrcMessage *message, char *text)
{
        while (text) {
                char *next = strchr(text, ';');

                if (next)
                        *next++ = '\0';
                add_tag(message, text);
                text = next;
        }
}

/* nick [ [ "!" user ] "@" host ], in a copy, since the whole is wanted as well. */
static void parse_source(IrcMessage *message, const char *source, char *room)
{
        char *mark;

        strcpy(room, source);
        message->source = source;
        message->nick = room;

        mark = strpbrk(room, "!@");
        if (mark && *mark == '!') {
                *mark++ = '\0';
                message->user = mark;
                mark = strchr(mark, '@');
        }
        if (mark) {
                *mark++ = '\0';
                message->host = mark;
        }
}

static void add_param(IrcMessage *message, const char *param)
{
        if (message->n_params == message->param_room_size) {
                message->param_room_size = MAX(16, message->param_room_size * 2);
                message->params = g_renew(const char *, message->params, message->param_room_size);
        }
        message->params[message->n_params++] = param;
}

static void parse_params(IrcMessage *message, char *at)
{
        while (*at) {
                char *param = at;

                if (*at == ':') {
                        add_param(message, at + 1);
                        return;
                }
                at = cut_word(at);
                add_param(message, param);
        }
}

IrcParseResult irc_message_parse(IrcMessage *message, const char *line, gsize len)
{
        char *at;
        bool has_prefix = false;

        message_reset(message);
        if (len > IRC_LINE_MAX)
                return IRC_PARSE_TOO_LONG;
        if (len > 0 && memchr(line, '\0', len))
                return IRC_PARSE_NUL;

        at = skip_spaces(message_copy_line(message, line, len));
        if (*at == '@') {
                char *tags = at + 1;

                at = cut_word(at);
                parse_tags(message, tags);
                has_prefix = true;
        }
        if (*at == ':') {
                char *source = at + 1;

                at = cut_word(at);
                if (*source)
                        parse_source(message, source, message->buffer + len + 1);
                has_prefix = true;
        }
        if (*at == '\0') {
                message_reset(message);
                return has_prefix ? IRC_PARSE_NO_VERB : IRC_PARSE_EMPTY;
        }
        message->verb = at;
        parse_params(message, cut_word(at));
        return IRC_PARSE_OK;
}

const char *irc_message_get_tag(const IrcMessage *message, const char *key)
{
        for (gsize i = message->n_tags; i > 0; i--)
                if (g_str_equal(message->tags[i - 1].key, key))
                        return message->tags[i - 1].value;
        return NULL;
}

const char *irc_message_get_param(const IrcMessage *message, gsize index)
{
        return index < message->n_params ? message->params[index] : NULL;
}

bool irc_message_has_verb(const IrcMessage *message, const char *verb)
{
        return message->verb && g_ascii_strcasecmp(message->verb, verb) == 0;
}
