/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* One line of IRC, taken apart and put together (RFC 1459 section 2.3.1, IRCv3 message-tags,
 * modern.ircdocs.horse "Message Format"). */

#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
        IRC_PARSE_OK,
        IRC_PARSE_EMPTY,    /* nothing, or only spaces */
        IRC_PARSE_NO_VERB,  /* tags or a source, and nothing after them */
        IRC_PARSE_NUL,      /* a NUL byte, which no line may hold */
        IRC_PARSE_TOO_LONG, /* more than IRC_LINE_MAX bytes */
} IrcParseResult;

/* What is wrong with the line, in words; NULL for IRC_PARSE_OK. */
const char *irc_parse_result_text(IrcParseResult result);

typedef struct {
        const char *key;   /* opaque and case-sensitive, valid UTF-8, never empty */
        const char *value; /* unescaped, valid UTF-8, never NULL: `key` and `key=` are the same */
} IrcTag;

/* A line's parts, all NUL-terminated. The strings live in the struct's own buffer until the next
 * parse: one struct takes line after line without an allocation. Only tags are sure to be UTF-8. */
typedef struct {
        const IrcTag *tags; /* as they came: where a key is there twice, the last one counts */
        gsize n_tags;
        const char *source;  /* without the colon, or NULL */
        const char *nick;    /* of the source: nickname or server name; NULL without a source */
        const char *user;    /* or NULL */
        const char *host;    /* or NULL */
        const char *verb;    /* as spelt; compare without regard to case */
        const char **params; /* any number; that the last one came with a colon is of no meaning */
        gsize n_params;

        /* private */
        char *buffer;
        gsize buffer_size;
        IrcTag *tag_room;
        gsize tag_room_size;
        gsize param_room_size;
} IrcMessage;

void irc_message_init(IrcMessage *message);
void irc_message_clear(IrcMessage *message);

/* `line` without its end. After anything but IRC_PARSE_OK the message has no parts. */
IrcParseResult irc_message_parse(IrcMessage *message, const char *line, gsize len);

/* The value of the last tag of this key, or NULL. */
const char *irc_message_get_tag(const IrcMessage *message, const char *key);
/* The parameter, or NULL if there are not so many. */
const char *irc_message_get_param(const IrcMessage *message, gsize index);
bool irc_message_has_verb(const IrcMessage *message, const char *verb);

typedef enum {
        IRC_FORMAT_OK,
        IRC_FORMAT_LINE_BREAK, /* CR or LF somewhere: it would be a second line */
        IRC_FORMAT_BAD_VERB,   /* verb, source or tag key empty or with a space */
        IRC_FORMAT_BAD_PARAM, /* a middle parameter that is empty, has a space or begins with ':' */
} IrcFormatResult;

/* "@a=1;b " with the values escaped; nothing for no tags. The keys must be keys. */
void irc_message_append_tags(GString *line, const IrcTag *tags, gsize n_tags);

/* Appends a line without its end to `line`, which stays as it was unless IRC_FORMAT_OK. `source`,
 * `params` (NULL-terminated) and `trailing` may be NULL; `trailing` is the last parameter, may hold
 * anything but a line break, and gets its colon always. */
IrcFormatResult irc_message_format(GString *line, const IrcTag *tags, gsize n_tags,
        const char *source, const char *verb, const char *const *params, const char *trailing);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IrcMessage, irc_message_clear)
