/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The protocol core of one connection: registration, capabilities, SASL, own nickname, channels,
 * members. It has no descriptor, loop, clock or randomness. Lines and the time come in, IrcEffects
 * come out, and the same input gives the same output, so that a test is a text script.
 *
 * It lives as long as one link: a new link begins with a new IrcClient. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "irc/effects.h"
#include "irc/encoding.h"
#include "irc/isupport.h"
#include "irc/sasl.h"

typedef struct IrcClient IrcClient;

/* Who we are. Everything is copied. Strings may be NULL where not said otherwise. */
typedef struct {
        const char *nickname;               /* not NULL */
        const char *const *alt_nicknames;   /* tried in order when the nickname is taken */
        const char *username;               /* NULL: the nickname */
        const char *realname;               /* NULL: the nickname */
        const char *password;               /* PASS */
        const char *const *sasl_mechanisms; /* in order of preference; NULL or empty: all that the
                                             * below suffices for, the strongest first */
        const char *sasl_account;
        const char *sasl_password;
        bool sasl_required; /* without SASL success: IRC_EFFECT_CLOSE with IC_ERROR_CREDENTIALS */
        bool is_secure;     /* the link is verified TLS */
        bool sasl_plain_insecure;    /* PLAIN also where the link is not secure */
        const char *const *channels; /* joined after registration; "#name" or "#name key" */

        /* Each of these turns something on; without them nothing of it is said or done. */

        /* SCRAM: at least 16 bytes of randomness for this link, as printable ASCII without commas.
         * Who gives it also heeds irc_client_has_work(). */
        const char *sasl_nonce;
        bool has_client_certificate; /* EXTERNAL: the link's TLS shows one */
        IrcSignFunc sasl_sign;       /* ECDSA-NIST256P-CHALLENGE; called within receive() */
        gpointer sasl_sign_data;
        /* labeled-response and echo-message where the server has both: what is said becomes a row
         * when the server sends it back, and irc_client_say() gives none. */
        bool use_labels;
        /* The server's policy about TLS comes out as IRC_EFFECT_STS; on a plain link that has to be
         * TLS, nothing but CAP LS, PASS, NICK and USER is said, and the link closed. */
        bool follow_sts;
        bool fetch_history;     /* draft/chathistory and draft/event-playback: the server sends no
                                 * history by itself then, irc_client_fetch_history() asks for it */
        bool use_multiline;     /* draft/multiline: a text of several lines is one message, and one
                                 * row; who wants it heeds `keeps_next` of IRC_EFFECT_SEND */
        bool regain_nickname;   /* until we have `nickname`; needs irc_client_tick() */
        bool track_accounts;    /* WHOX after each join; likewise */
        bool track_modes;       /* MODE after each join; likewise */
        bool no_implicit_names; /* members are not told at a join: for those who only log */
        const char *ctcp_version; /* CTCP VERSION, PING, TIME and CLIENTINFO are answered, this to
                                   * the first: at most 3 in 10 s */
        IrcEncoding encoding;     /* of texts that are not UTF-8 */
        /* Where we are not logged in when the welcome is over: told to the service, as PLAIN is
         * only over a secure link. The name is NULL for NickServ. */
        const char *service_password;
        const char *service_name;
        bool is_bot; /* sets the server's mode for bots, if it has one */
        /* Away from the start: a text, or "*" for "nobody is there" (draft/pre-away only). */
        const char *away_message;
} IrcClientOptions;

typedef enum {
        IRC_CLIENT_NEW,
        IRC_CLIENT_REGISTERING, /* CAP, SASL, NICK and USER are under way */
        IRC_CLIENT_REGISTERED,  /* from 001 on */
        IRC_CLIENT_CLOSED,      /* an IRC_EFFECT_CLOSE was given: nothing more is taken or said */
} IrcClientState;

IrcClient *irc_client_new(const IrcClientOptions *options);
void irc_client_free(IrcClient *client);

/* The first lines: CAP LS 302, PASS, NICK, USER. Once, in state NEW. */
void irc_client_start(IrcClient *client, IrcEffects *effects);

/* One line of the server without its line end; at most IRC_LINE_MAX bytes of any value. `now` in µs
 * since the epoch. What the line means comes out as effects; no line is an error for the caller. */
void irc_client_receive(
        IrcClient *client, const char *line, gsize len, gint64 now, IrcEffects *effects);
/* To be called behind the lines of each read, before the snapshot is taken: lines that are one
 * event without the server's saying so, as those of a netsplit, are gathered from line to line and
 * become one row here at the latest. What is gathered is not in the snapshot. */
void irc_client_end_of_read(IrcClient *client, IrcEffects *effects);

/* When irc_client_tick() has something to do, in µs since the epoch; 0: nothing. It may change with
 * every line and command. */
gint64 irc_client_get_deadline(const IrcClient *client);
/* Time has passed: to be called at the deadline. Earlier it does nothing. */
void irc_client_tick(IrcClient *client, gint64 now, IrcEffects *effects);

/* Whether there is something to compute that would hold up a caller if it were done at once (a
 * SCRAM key of many rounds). irc_client_work() does a slice of some milliseconds; call it from an
 * idle source, until there is none. */
bool irc_client_has_work(const IrcClient *client);
void irc_client_work(IrcClient *client, IrcEffects *effects);

/* What the server says when it closes the link is in an ERROR line before; this tells the client
 * that the link ended without more. Gives IRC_EFFECT_CLOSE unless one was given. */
void irc_client_link_closed(IrcClient *client, IrcEffects *effects);

/* Things to say. All need REGISTERED (IC_ERROR_NOT_CONNECTED else); all refuse CR, LF and NUL and
 * empty or malformed targets with IC_ERROR_INVALID_VALUE, in words that name the parameter. Effects
 * are added only when they succeed. Own messages that the server will not echo are
 * IRC_EFFECT_MESSAGE with is_self. `now` in µs since the epoch. */
bool irc_client_join(IrcClient *client, const char *channel, const char *key, IrcEffects *effects,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool irc_client_part(IrcClient *client, const char *channel, const char *reason,
        IrcEffects *effects, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* PRIVMSG, NOTICE or ACTION. `text` may have newlines (one message a line, empty lines are left
 * out; with draft/multiline one message) and any length: it is split so that what others receive
 * fits 512 bytes (or LINELEN) with our prefix, between UTF-8 characters, at a space where there is
 * one. At most IRC_SAY_LINES_MAX lines (IC_ERROR_TOO_LONG). `reply_to` is the msgid of what it
 * replies to, or NULL; a server that takes no such tag (+reply) gets the text alone. */
bool irc_client_say(IrcClient *client, IrcMessageType type, const char *target, const char *text,
        const char *reply_to, gint64 now, IrcEffects *effects,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool irc_client_nick(IrcClient *client, const char *nickname, IrcEffects *effects,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool irc_client_away(IrcClient *client, const char *message, IrcEffects *effects,
        GError **error) G_GNUC_WARN_UNUSED_RESULT; /* NULL or "": back */
bool irc_client_topic(IrcClient *client, const char *channel, const char *topic,
        IrcEffects *effects, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* `modes` is "+o-v", `arguments` a NULL-terminated list or NULL; in as many lines as the server
 * needs (MODES). */
bool irc_client_mode(IrcClient *client, const char *target, const char *modes,
        const char *const *arguments, IrcEffects *effects,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool irc_client_kick(IrcClient *client, const char *channel, const char *nickname,
        const char *reason, IrcEffects *effects, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool irc_client_invite(IrcClient *client, const char *nickname, const char *channel,
        IrcEffects *effects, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool irc_client_raw(IrcClient *client, const char *line, IrcEffects *effects,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* In any state but CLOSED. The client stays as it is until the server closes. */
void irc_client_quit(IrcClient *client, const char *reason, IrcEffects *effects);
/* A PING of our own, in state REGISTERED; its answer comes as IRC_EFFECT_PONG. `token` has no
 * spaces. */
void irc_client_ping(IrcClient *client, const char *token, IrcEffects *effects);

/* Ties commands to their answers: all lines that go out between the two are one request. The
 * latter says whether IRC_EFFECT_ANSWERED with this label will come; it does not where the server
 * has no labeled-response, or nothing went out. A server may forget to answer: the time-out is the
 * caller's, who then forgets the request. */
void irc_client_begin_request(IrcClient *client, const char *label);
bool irc_client_end_request(IrcClient *client);
void irc_client_forget_request(IrcClient *client, const char *label);

/* Up to this time (µs since the epoch) all was read. IC_ERROR_REFUSED without draft/read-marker;
 * likewise the next, without draft/message-redaction. `reason` may be NULL. */
bool irc_client_mark_read(IrcClient *client, const char *target, gint64 time, IrcEffects *effects,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool irc_client_redact(IrcClient *client, const char *target, const char *msgid, const char *reason,
        IrcEffects *effects, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What was said to `target` after the message with this id, or after this time (µs since the
 * epoch); give both if known. With NULL and 0 the last page. The lines come as messages with
 * is_replay, some of them perhaps known, then IRC_EFFECT_HISTORY; targets are fetched one after the
 * other. IC_ERROR_REFUSED where the server has no history (or the option is off). Ask for a channel
 * when it was joined. */
bool irc_client_fetch_history(IrcClient *client, const char *target, const char *after_msgid,
        gint64 after_time, gint64 now, IrcEffects *effects,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Who spoke, or was spoken to, between two times: an IRC_EFFECT_HISTORY_TARGET for each (one may
 * come twice), then IRC_EFFECT_HISTORY of "*". It takes its turn with the above. */
bool irc_client_fetch_targets(IrcClient *client, gint64 after, gint64 before, gint64 now,
        IrcEffects *effects, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#define IRC_SAY_LINES_MAX 100

IrcClientState irc_client_get_state(const IrcClient *client);
/* Whether the welcome is over (376 or 422) and the channels' JOINs were given: what is sent from
 * now on comes after them. */
bool irc_client_is_burst_over(const IrcClient *client);
const char *irc_client_get_nickname(const IrcClient *client); /* the present one; never NULL */
const char *irc_client_get_network(const IrcClient *client);  /* NETWORK of ISUPPORT, or NULL */
const char *irc_client_get_account(const IrcClient *client); /* logged in to services as, or NULL */
const IrcIsupport *irc_client_get_isupport(const IrcClient *client);
bool irc_client_is_away(const IrcClient *client);
/* The server does its own flood control: ours is not needed (soju.im/SAFERATE). */
bool irc_client_has_safe_rate(const IrcClient *client);
bool irc_client_has_cap(const IrcClient *client, const char *name);
/* What registration waits for, in words: "capabilities", "SASL PLAIN", "the welcome". */
const char *irc_client_get_waiting_for(const IrcClient *client);

/* The names of the channels that we are in, sorted; to be freed by the caller. */
GStrv irc_client_get_channels(const IrcClient *client);
bool irc_client_is_in_channel(const IrcClient *client, const char *channel);
const char *irc_client_get_topic(const IrcClient *client, const char *channel); /* or NULL */

/* What the server told of a channel that we are in. Times are µs since the epoch, 0: not known. */
typedef struct {
        const char *topic;    /* or NULL */
        const char *topic_by; /* who set it: a nickname or nick!user@host, or NULL */
        gint64 topic_at;
        gint64 created_at;
        bool has_modes; /* it told all modes, since it was asked (track_modes) or by itself */
} IrcChannelFacts;
/* False if we are not in the channel. The strings are valid until the next line. */
bool irc_client_get_channel_facts(
        const IrcClient *client, const char *channel, IrcChannelFacts *ret_facts);
/* "+klnt word 50", with the key if the server tells it; NULL for none. The same for ourselves. To
 * be freed by the caller. */
char *irc_client_get_channel_modes(const IrcClient *client, const char *channel);
char *irc_client_get_user_modes(const IrcClient *client);

typedef struct {
        const char *mask;
        const char *by; /* or NULL */
        gint64 at;      /* µs since the epoch; 0: not known */
} IrcListEntry;
typedef void (*IrcListEntryFunc)(const IrcListEntry *entry, gpointer user_data);
/* The list of a mode ('b' for bans), as far as the server told it: who wants all of it says MODE #a
 * b first. True if it is whole. It is not carried to another process. */
bool irc_client_foreach_list_entry(const IrcClient *client, const char *channel, char mode,
        IrcListEntryFunc func, gpointer user_data);

typedef struct {
        const char *nickname;
        const char *account;  /* or NULL */
        const char *prefixes; /* "@+" */
        bool is_away;         /* as far as the server tells (away-notify) */
        const char *address;  /* "user@host", or NULL: not known; likewise the next */
        const char *realname;
} IrcMember;
typedef void (*IrcMemberFunc)(const IrcMember *member, gpointer user_data);
/* In no particular order. False if we are not in the channel. */
bool irc_client_foreach_member(
        const IrcClient *client, const char *channel, IrcMemberFunc func, gpointer user_data);

/* Carrying a registered client over to another process. The snapshot (type a{sv}, small: no
 * members) holds nickname, user and host, account, capabilities, ISUPPORT, modes and the like;
 * topics and members come from the database. It changes only when irc_client_take_changed() says
 * so: true once after each change. Restoring goes into a client in state NEW, which is REGISTERED
 * then; a snapshot that cannot be understood is IC_ERROR_FAILED, and the caller reconnects. */
GVariant *irc_client_snapshot(const IrcClient *client); /* floating */
bool irc_client_take_changed(IrcClient *client);
bool irc_client_restore(
        IrcClient *client, GVariant *snapshot, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void irc_client_restore_channel(IrcClient *client, const char *channel, const char *topic);
void irc_client_restore_member(IrcClient *client, const char *channel, const IrcMember *member);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IrcClient, irc_client_free)
