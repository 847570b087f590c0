/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What the protocol core wants done: a list of plain data, filled by IrcClient, carried out by the
 * session in one transaction and told to subscribers afterwards.
 *
 * All strings of a list live in its arena until irc_effects_clear(). They are valid UTF-8 unless
 * said otherwise: the client converts a server's text before it comes here. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

typedef enum {
        IRC_EFFECT_SEND,           /* .send: a line for the server */
        IRC_EFFECT_MESSAGE,        /* .message: a row of `messages` and a MessageReceived */
        IRC_EFFECT_REGISTERED,     /* .self: the welcome (001); the nickname that the server gave */
        IRC_EFFECT_SELF_RENAMED,   /* .self: own nickname is now another */
        IRC_EFFECT_NETWORK,        /* .network: the network's name became known */
        IRC_EFFECT_CHANNEL_JOINED, /* .channel: we are in; its list of members starts empty */
        IRC_EFFECT_CHANNEL_LEFT,   /* .channel: we are out, for whatever cause; members are void */
        IRC_EFFECT_TOPIC,          /* .channel: topic is `text`, "" for none */
        IRC_EFFECT_MEMBER, /* .member: is in the channel with these facts (new or changed) */
        IRC_EFFECT_MEMBER_RENAMED, /* .member: `nickname` is now `new_nickname` */
        IRC_EFFECT_MEMBER_GONE,    /* .member: is no longer in the channel */
        IRC_EFFECT_USERS_CHANGED,  /* .channel: members changed (once a burst; for subscribers) */
        IRC_EFFECT_KICKED,      /* .channel: we were kicked, `by`, `text`; CHANNEL_LEFT comes too */
        IRC_EFFECT_INVITED,     /* .channel: `by` invites us */
        IRC_EFFECT_REPLY_ERROR, /* .reply: the server refused something that we asked for */
        IRC_EFFECT_REPLY_NOTE,  /* .reply: the server warns or remarks (WARN, NOTE) */
        IRC_EFFECT_ANSWERED,    /* .answer: a command that the caller gave a label is answered */
        IRC_EFFECT_READ_MARKER, /* .read: the messages of a target up to a time were read */
        IRC_EFFECT_REDACTED,    /* .redaction: a message is taken back; its row stays, marked */
        IRC_EFFECT_CHANNEL_RENAMED, /* .rename: we and all members are in it under another name */
        IRC_EFFECT_SELF_AWAY,       /* .away: the server marks us as away, or no longer */
        IRC_EFFECT_STS,             /* .sts: the server's policy about TLS */
        IRC_EFFECT_HISTORY, /* .history: what was missing of a target is fetched, or is not */
        IRC_EFFECT_HISTORY_TARGET, /* .read: something was said to or by a target at that time */
        IRC_EFFECT_PONG,           /* .pong: the answer to irc_client_ping() */
        IRC_EFFECT_CLOSE,          /* .close: this link is over, or must be closed by us */
} IrcEffectType;

/* The order in which queued lines leave. */
typedef enum {
        IRC_PRIORITY_LIVENESS,     /* PING, PONG: never delayed by flood control */
        IRC_PRIORITY_REGISTRATION, /* likewise; also QUIT */
        IRC_PRIORITY_CONTROL,      /* JOIN, PART, MODE, NICK, … */
        IRC_PRIORITY_USER,         /* PRIVMSG, NOTICE */
        IRC_PRIORITY_BULK,         /* WHO, MODE lists, CHATHISTORY */
        _IRC_PRIORITY_MAX,
} IrcPriority;

typedef enum {
        IRC_MESSAGE_PRIVMSG,
        IRC_MESSAGE_NOTICE,
        IRC_MESSAGE_ACTION,
        IRC_MESSAGE_JOIN,
        IRC_MESSAGE_PART,
        IRC_MESSAGE_QUIT,
        IRC_MESSAGE_NICK,
        IRC_MESSAGE_KICK,
        IRC_MESSAGE_TOPIC,
        IRC_MESSAGE_MODE,
        IRC_MESSAGE_INVITE,
        IRC_MESSAGE_NETSPLIT, /* many left at once, since two servers lost each other */
        IRC_MESSAGE_NETJOIN,  /* they are back */
        IRC_MESSAGE_RENAME,   /* the channel has another name; in both of them */
        _IRC_MESSAGE_TYPE_MAX,
} IrcMessageType;

/* "privmsg", "action", …: the names in `messages`.message_type. */
const char *irc_message_type_name(IrcMessageType type);

typedef struct {
        IrcEffectType type;
        union {
                struct {
                        IrcPriority priority;
                        const char *line; /* bytes without CR LF; may be other than UTF-8 */
                        bool keeps_next;  /* the next of this priority goes out right behind it:
                                           * no other line may come between */
                        bool is_secret;   /* PASS, AUTHENTICATE: never shown in a log or trace */
                } send;
                struct {
                        IrcMessageType type;
                        const char *channel; /* the one it belongs to, as we spell it; or NULL */
                        const char *target;  /* as on the wire: channel, "@#channel", nickname */
                        const char *sender;  /* nickname or server name, never NULL */
                        const char *source;  /* nick!user@host, or NULL */
                        const char *account; /* services account, or NULL when not known or none */
                        /* Never NULL. The text, the new nick, the reason, the mode change, the
                         * invitation's channel (or, in a channel, who is invited); of a kick the
                         * nickname, a space and the reason; of a netsplit or netjoin
                         * "server server: nickname nickname"; of a renaming both names and the
                         * reason. */
                        const char *content;
                        const guint8 *raw; /* the bytes of `content` if not UTF-8, or NULL */
                        gsize raw_len;
                        const char *msgid; /* or NULL */
                        const char
                                *reply_to;   /* the msgid of what it replies to, or NULL (+reply) */
                        const char *context; /* the channel that a private message is about, or
                                              * NULL (+channel-context) */
                        gint64 sent_at; /* the server's time, µs since the epoch; 0: gave none */
                        gint64 received_at; /* µs since the epoch */
                        bool is_self;
                        bool is_unconfirmed; /* ours, recorded when it was said: this server echoes
                                              * nothing */
                        bool is_replay;    /* of the past: it starts no command and notifies nobody,
                                            * and may be known already */
                        bool is_bot;       /* the server says that a bot sent it (`bot` tag) */
                        const char *label; /* the caller's, where this is the echo of a command
                                            * that has one; or NULL */
                        gint64 row_id;     /* filled in by the store: the row's id, 0 before */
                        bool is_known;     /* likewise: a line of the past that was stored already;
                                            * it has no row_id */
                } message;
                struct {
                        const char *nickname;
                        const char *old_nickname; /* or NULL */
                } self;
                struct {
                        const char *name;
                } network;
                struct {
                        const char *channel;
                        const char *by;   /* nickname, or NULL */
                        const char *text; /* topic, reason; or NULL */
                } channel;
                struct {
                        const char *channel;
                        const char *nickname;
                        const char *new_nickname;
                        const char *account;  /* or NULL */
                        const char *prefixes; /* "@+" in the server's order, "" for none */
                } member;
                struct {
                        const char *code;    /* "404", "FAIL JOIN BANNED", … */
                        const char *command; /* what was refused, where it is known; or NULL */
                        const char *context; /* channel or nickname, or NULL */
                        const char *text;    /* the server's words */
                        const char *label;   /* the caller's, of the command; or NULL */
                } reply;
                struct {
                        const char *label;   /* the caller's */
                        const char *command; /* "PRIVMSG", "JOIN": the first line's verb, or NULL */
                        const char *target;  /* or NULL */
                        const char *code;    /* NULL: the server carried it out; else why not */
                        const char *text;    /* the server's words, with a code */
                        const char *msgid;   /* that the server gave what was said; or NULL */
                } answer;
                struct {
                        const char *target;
                        gint64 time; /* µs since the epoch; 0: the server knows of none */
                } read;
                struct {
                        const char *target;  /* "*": those of irc_client_fetch_targets() */
                        guint n_lines;       /* messages that came, known ones among them */
                        const char *failure; /* NULL: nothing is missing; else why, in words */
                } history;
                struct {
                        const char *channel; /* as we spell it, or NULL */
                        const char *target;
                        const char *msgid;
                        const char *by;
                        const char *text; /* the reason, or NULL */
                        gint64 time; /* µs since the epoch; of arrival when the server gave none */
                } redaction;
                struct {
                        const char *channel;
                        const char *new_channel;
                        const char *by;   /* nickname, or NULL */
                        const char *text; /* the reason */
                } rename;
                struct {
                        bool is_away;
                } away;
                struct {
                        bool is_upgrade; /* heard on a plain link: dial `port` with TLS now, store
                                          * nothing; CLOSE comes too */
                        guint16 port;
                        gint64 duration; /* on TLS: store it for the name that was dialled, for so
                                          * many seconds from now and from the link's end; 0:
                                          * forget it */
                        bool is_preload;
                } sts;
                struct {
                        const char *token;
                } pong;
                struct {
                        IcError error; /* the class of the failure; decides wait and exit status */
                        const char *text; /* in words, the server's quoted */
                } close;
        };
} IrcEffect;

typedef struct IrcEffects IrcEffects;

IrcEffects *irc_effects_new(void);
void irc_effects_free(IrcEffects *effects);
void irc_effects_clear(IrcEffects *effects);
gsize irc_effects_count(const IrcEffects *effects);
/* The effect at `index`; valid until the next one is added or the list is cleared. */
IrcEffect *irc_effects_get(IrcEffects *effects, gsize index);

/* Adds one, with its type set and all else zero. Valid until the next one is added. */
IrcEffect *irc_effects_add(IrcEffects *effects, IrcEffectType type);
/* Adds IRC_EFFECT_USERS_CHANGED of this channel unless the list has it already. */
void irc_effects_add_users_changed(IrcEffects *effects, const char *channel);
/* A copy in the arena; NULL gives NULL. */
const char *irc_effects_strdup(IrcEffects *effects, const char *text);
const char *irc_effects_strndup(IrcEffects *effects, const char *text, gsize len);
const guint8 *irc_effects_memdup(IrcEffects *effects, const void *data, gsize len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IrcEffects, irc_effects_free)
