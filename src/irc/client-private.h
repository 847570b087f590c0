/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The inside of IrcClient, for the client-*.c files only. */

#pragma once

#include "irc/batch.h"
#include "irc/cap.h"
#include "irc/channel.h"
#include "irc/client.h"
#include "irc/message.h"
#include "irc/request.h"
#include "irc/sasl.h"

/* How much of a server's text goes into an error for people, in characters. */
#define IRC_CLIENT_QUOTE_MAX 200
/* Bytes of a client-only tag's value that is kept or sent. */
#define IRC_CLIENT_TAG_MAX 512

typedef enum {
        IRC_REGAIN_OFF,
        IRC_REGAIN_WATCHING, /* MONITOR will tell */
        IRC_REGAIN_WAITING,  /* until regain_at */
        IRC_REGAIN_ASKED,    /* a NICK of our own has no answer yet */
} IrcRegainState;

/* What is asked about a channel that we are in; the values are in the snapshot. */
typedef enum {
        IRC_QUESTION_MODES = 'm',
        IRC_QUESTION_ACCOUNTS = 'w',
} IrcQuestion;

typedef struct IrcCrowd IrcCrowd;

struct IrcClient {
        IrcClientState state;

        /* options */
        GStrv nicknames; /* the one wanted, then the alternatives */
        char *username;
        char *realname;
        char *password;
        GStrv autojoin;
        bool is_sasl_required;
        bool is_secure;
        bool is_sts_followed;
        bool is_bot;
        char *away_message;
        bool is_regain_wanted;
        char *ctcp_version;
        IrcEncoding encoding;
        char *service_password;
        char *service_name;
        char *service_account;
        bool may_send_password;
        bool is_who_wanted;
        bool are_modes_wanted;

        /* who we are now */
        char *nickname;
        char *user; /* or NULL; likewise below */
        char *host;
        char *account;
        char *server_name;
        bool is_away;
        IrcModes *modes; /* or NULL */
        char *sts;       /* the policy that was last heard, or NULL */

        IrcIsupport *isupport;
        IrcCaps *caps;
        IrcSasl *sasl;
        IrcChannels channels;
        IrcBatches batches;
        IrcRequests requests;
        guint multiline_ref; /* the last one that we used */
        IrcRequest *request; /* between begin and end of one; or NULL */

        /* registration */
        guint nick_attempts;     /* how many nicknames were refused */
        gsize nick_length_limit; /* learnt from refusals; 0: not known */
        bool is_nick_acceptable; /* one was refused for another reason than being malformed */
        bool is_cap_ended;
        bool is_away_said;
        gint64 login_deadline; /* of one after registration; 0: none is under way */
        bool is_reauth_wanted; /* CAP NEW said that there is SASL again */
        bool is_burst_over;    /* 376 or 422: the channels were joined */

        GPtrArray *awaiting_login; /* channels that let us in only then */
        gint64 ctcp_answers[3];    /* when the last ones were given */
        guint ctcp_next;           /* the oldest of them */

        /* the wanted nickname */
        IrcRegainState regain;
        gint64 regain_at; /* µs since the epoch, likewise below; 0: never */
        bool is_monitoring;

        /* what is asked one after the other: the head is being asked for */
        GQueue questions; /* of client-question.c */
        gint64 question_asked_at;
        gint64 question_retry_at;
        GQueue history; /* of client-history.c */

        /* a netsplit or netjoin, as far as it came */
        IrcCrowd *crowd;  /* or NULL: none is under way */
        GHashTable *lost; /* who was lost where, to the two servers */
        gint64 lost_at;

        GHashTable *carried_channels; /* name to what the snapshot has of it; or NULL */

        /* the end */
        bool is_quitting;
        bool has_closing_hint; /* a numeric or KILL told why the server is about to close */
        IcError closing_class;
        char *closing_text;

        bool is_changed; /* since the last irc_client_take_changed() */

        IrcMessage message; /* reused for each line */
        GPtrArray *lines;   /* likewise: what IrcCaps and IrcSasl want sent */
        GString *scratch;
};

/* One line on its way through a handler. All its strings are valid UTF-8. */
typedef struct {
        const IrcMessage *message;
        IrcEffects *effects;
        const char *sender;   /* nickname or server name, never NULL */
        bool is_self;         /* the sender is us */
        const char *raw_last; /* the last parameter as it came, if that was not UTF-8 */
        const char *msgid;
        const char *account_tag;
        gint64 sent_at;
        gint64 now;
        const IrcBatch *batch; /* the one that it is in, or NULL */
        bool is_replay;        /* of the past */
        const char *reply_to;  /* of the tag +reply, or NULL */
        const char *context;   /* of the tag +channel-context, or NULL */
        bool is_bot;
        bool is_quiet; /* state changes, but no row is to be made of it */
} IrcInput;

typedef void (*IrcHandler)(IrcClient *client, const IrcInput *input);

/* client.c */
bool irc_client_is_self(const IrcClient *client, const char *nickname);
void irc_client_set_string(IrcClient *client, char **field, const char *value);
/* Queues a line that is known to be one. */
void irc_client_send_line(
        IrcEffects *effects, IrcPriority priority, const char *line, bool is_secret);
/* Formats and queues; for parts that came from outside of this folder. The last of `params` is
 * NULL, `trailing` may be. */
bool irc_client_send(IrcClient *client, IrcPriority priority, const char *verb,
        const char *const *params, const char *trailing, bool is_secret, IrcEffects *effects,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The bytes that a line to the server may have, without its end. */
gsize irc_client_get_line_limit(const IrcClient *client);
/* Gives IRC_EFFECT_CLOSE and ends the client. */
void irc_client_close(IrcClient *client, IcError class, const char *text, IrcEffects *effects);

/* Reads a line into `message` and `input`, whose effects, now and batch are set; false if it is
 * none. Then its handler. */
bool irc_client_read(
        IrcClient *client, IrcMessage *message, const char *line, gsize len, IrcInput *input);
void irc_client_dispatch(IrcClient *client, const IrcInput *input);

/* client-batch.c */
void irc_client_handle_batch(IrcClient *client, const IrcInput *input);
/* Whether the line, which is in `input` too, is of a batch that takes it for now. */
bool irc_client_take_into_batch(IrcClient *client, const char *line, gsize len, IrcInput *input);

/* client-label.c */
bool irc_client_echoes(const IrcClient *client);
bool irc_client_labels(const IrcClient *client);
/* Queues a line of a command, with a label if one is wanted. */
void irc_client_send_request(IrcClient *client, IrcPriority priority, const char *command,
        const char *target, const char *line, bool is_secret, IrcEffects *effects);
/* The request that the line is an answer to, or NULL. */
IrcRequest *irc_client_find_request(const IrcClient *client, const IrcInput *input);
/* The line is all that the server says to a command that it would repeat if it obeyed. */
bool irc_client_is_lone_answer(const IrcClient *client, const IrcInput *input);
/* The line says that the server will not do what it answers. */
void irc_client_refuse_request(
        IrcClient *client, const IrcInput *input, const char *code, const char *text);
/* The line with this label on the wire is answered. */
void irc_client_answer(IrcClient *client, const char *wire, IrcEffects *effects);
void irc_client_answer_line(IrcClient *client, const IrcInput *input);
bool irc_client_is_second_copy(const IrcClient *client, const IrcInput *input, const char *target);

/* client-sts.c: whether registration may go on */
bool irc_client_heed_sts(IrcClient *client, IrcEffects *effects);

/* client-afterwards.c */
void irc_client_handle_markread(IrcClient *client, const IrcInput *input);
void irc_client_handle_redact(IrcClient *client, const IrcInput *input);

/* client-mode.c: target, letters, arguments; NULL behind them */
bool irc_client_send_modes(IrcClient *client, const char *const *params, gsize n_params,
        IrcEffects *effects, GError **error);

/* client-ctcp.c: a PRIVMSG with two parameters */
void irc_client_answer_ctcp(IrcClient *client, const IrcInput *input);

/* client-services.c */
void irc_client_identify(IrcClient *client, IrcEffects *effects);
bool irc_client_is_identification(
        const IrcClient *client, const IrcInput *input, const char *target, const char *text);
void irc_client_await_login(IrcClient *client, const char *channel);
void irc_client_join_awaiting(IrcClient *client, IrcEffects *effects);

/* client-history.c */
void irc_client_clear_history(IrcClient *client);
void irc_client_count_past(IrcClient *client, const IrcInput *input);
void irc_client_end_history_page(IrcClient *client, const IrcInput *input, const IrcBatch *batch);
void irc_client_end_targets_page(IrcClient *client, const IrcInput *input);
/* 263; whether it was of ours, which is asked again a while later. */
bool irc_client_put_off_history(IrcClient *client, const IrcInput *input);
bool irc_client_fail_history(IrcClient *client, const IrcInput *input);
void irc_client_handle_history_target(IrcClient *client, const IrcInput *input);
gint64 irc_client_get_history_deadline(const IrcClient *client);
void irc_client_tick_history(IrcClient *client, gint64 now, IrcEffects *effects);
GVariant *irc_client_history_to_variant(const IrcClient *client);
void irc_client_restore_history(IrcClient *client, GVariant *variant);

/* client-regain.c */
void irc_client_begin_regain(IrcClient *client, gint64 now, IrcEffects *effects);
void irc_client_end_regain(IrcClient *client, IrcEffects *effects);
void irc_client_note_free_nick(
        IrcClient *client, const char *nickname, gint64 now, IrcEffects *effects);
bool irc_client_regain_refused(IrcClient *client, const IrcInput *input);
void irc_client_handle_monitor_offline(IrcClient *client, const IrcInput *input);
void irc_client_handle_monitor_full(IrcClient *client, const IrcInput *input);
void irc_client_tick_regain(IrcClient *client, gint64 now, IrcEffects *effects);

/* client-question.c */
/* Asks, if that is wanted, once the questions before it are answered. */
void irc_client_ask(
        IrcClient *client, IrcQuestion kind, const char *channel, const IrcInput *input);
/* The server answered what was asked about the channel that is the line's second parameter, or will
 * not. */
void irc_client_end_question(IrcClient *client, IrcQuestion kind, const IrcInput *input);
/* 263 <nick> <command> :Please wait; whether it was ours, which is asked again a while later. */
bool irc_client_put_off_question(IrcClient *client, const IrcInput *input);
void irc_client_handle_who(IrcClient *client, const IrcInput *input);
void irc_client_handle_who_end(IrcClient *client, const IrcInput *input);
gint64 irc_client_get_question_deadline(const IrcClient *client);
void irc_client_tick_questions(IrcClient *client, gint64 now, IrcEffects *effects);
GVariant *irc_client_questions_to_variant(const IrcClient *client);
void irc_client_restore_questions(IrcClient *client, GVariant *variant);

/* client-channel-mode.c */
/* The changes from the parameter with the letters on. */
void irc_client_change_modes(
        IrcClient *client, const IrcInput *input, IrcChannel *channel, gsize first);
void irc_client_change_user_modes(IrcClient *client, const char *letters);
void irc_client_handle_channel_modes(IrcClient *client, const IrcInput *input);
void irc_client_handle_channel_created(IrcClient *client, const IrcInput *input);
void irc_client_handle_topic_setter(IrcClient *client, const IrcInput *input);
void irc_client_handle_listed(IrcClient *client, const IrcInput *input);
void irc_client_handle_list_end(IrcClient *client, const IrcInput *input);
void irc_client_handle_user_modes(IrcClient *client, const IrcInput *input);
GVariant *irc_client_channels_to_variant(const IrcClient *client);
void irc_client_keep_carried_channels(IrcClient *client, GVariant *variant);

/* client-netsplit.c */
IrcCrowd *irc_crowd_new(IrcMessageType type, const char *servers, const IrcInput *input);
void irc_crowd_free(IrcCrowd *crowd);
/* The sender leaves all channels, or joins one; before the line is taken. */
void irc_client_crowd_note_quit(IrcClient *client, IrcCrowd *crowd, const IrcInput *input);
void irc_client_crowd_note_join(IrcClient *client, IrcCrowd *crowd, const IrcInput *input);
/* A row in each channel: the two servers, a colon, and who is gone or back. */
void irc_client_add_crowd_rows(IrcClient *client, const IrcCrowd *crowd, const IrcInput *input);
/* Whether the line is part of a netsplit or netjoin: then no row is to be made of it. */
bool irc_client_gather_quit(IrcClient *client, const IrcInput *input, const char *reason);
bool irc_client_gather_join(IrcClient *client, const IrcInput *input, const char *channel);
bool irc_client_is_mode_of_crowd(const IrcClient *client, const IrcInput *input);
/* Makes the rows of what was gathered, unless this line may belong to it. */
void irc_client_settle_crowd(IrcClient *client, const IrcInput *input);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IrcCrowd, irc_crowd_free)

/* client-say.c */
const char *irc_client_speech_verb(IrcMessageType type);
/* "@+reply=x " in front of a line. False, and nothing, where there is none or the server takes
 * none. */
bool irc_client_add_reply_tag(const IrcClient *client, const char *reply_to, GString *line);
/* The row of what was just queued, which the server will not repeat to us. */
void irc_client_add_own_row(const IrcClient *client, IrcMessageType type, const char *target,
        const char *content, const char *reply_to, gint64 now, IrcEffects *effects);

/* client-multiline.c */
/* False if it is not to be, or cannot be, one message of several lines: nothing was sent. */
bool irc_client_say_multiline(IrcClient *client, IrcMessageType type, const char *target,
        const char *text, const char *reply_to, gsize budget, gint64 now, IrcEffects *effects);
void irc_client_finish_multiline(IrcClient *client, const IrcInput *end, const IrcBatch *batch);

/* client-past.c */
void irc_client_handle_past(IrcClient *client, const IrcInput *input);
/* Whether a line of the past was said by us: in the history of a private conversation all that goes
 * to the other one was, also under another nickname than the present one. */
bool irc_client_is_own_past(const IrcClient *client, const IrcInput *input, const char *target);

/* client-registration.c */
void irc_client_handle_cap(IrcClient *client, const IrcInput *input);
void irc_client_handle_sasl(IrcClient *client, const IrcInput *input);
void irc_client_handle_no_cap(IrcClient *client, const IrcInput *input);
void irc_client_handle_welcome(IrcClient *client, const IrcInput *input);
void irc_client_handle_isupport(IrcClient *client, const IrcInput *input);
void irc_client_handle_burst_end(IrcClient *client, const IrcInput *input);
void irc_client_handle_nick_refused(IrcClient *client, const IrcInput *input);
void irc_client_handle_logged_in(IrcClient *client, const IrcInput *input);
void irc_client_handle_logged_out(IrcClient *client, const IrcInput *input);
gint64 irc_client_get_login_deadline(const IrcClient *client);
void irc_client_tick_login(IrcClient *client, gint64 now, IrcEffects *effects);
void irc_client_handle_visible_host(IrcClient *client, const IrcInput *input);

/* client-autojoin.c */
void irc_client_autojoin(IrcClient *client, IrcEffects *effects);

/* client-command.c: each false sets the error */
bool irc_client_check_registered(const IrcClient *client, GError **error);
bool irc_client_check_target(const char *parameter, const char *target, GError **error);

/* client-closing.c */
void irc_client_handle_bad_password(IrcClient *client, const IrcInput *input);
void irc_client_handle_banned(IrcClient *client, const IrcInput *input);
void irc_client_handle_host_refused(IrcClient *client, const IrcInput *input);
void irc_client_handle_bad_introduction(IrcClient *client, const IrcInput *input);
void irc_client_handle_bounce(IrcClient *client, const IrcInput *input);
void irc_client_handle_kill(IrcClient *client, const IrcInput *input);
void irc_client_handle_error(IrcClient *client, const IrcInput *input);
void irc_client_handle_fail(IrcClient *client, const IrcInput *input);
void irc_client_handle_note(IrcClient *client, const IrcInput *input);
/* Any 4xx or 5xx. */
void irc_client_handle_refusal(IrcClient *client, const IrcInput *input);

/* client-channel.c */
void irc_client_handle_join(IrcClient *client, const IrcInput *input);
void irc_client_handle_part(IrcClient *client, const IrcInput *input);
void irc_client_handle_kick(IrcClient *client, const IrcInput *input);
void irc_client_handle_mode(IrcClient *client, const IrcInput *input);
void irc_client_handle_rename(IrcClient *client, const IrcInput *input);
void irc_client_handle_topic(IrcClient *client, const IrcInput *input);
void irc_client_handle_topic_reply(IrcClient *client, const IrcInput *input);
void irc_client_handle_no_topic(IrcClient *client, const IrcInput *input);
void irc_client_handle_names(IrcClient *client, const IrcInput *input);
void irc_client_handle_names_end(IrcClient *client, const IrcInput *input);
void irc_client_add_member_effect(const IrcInput *input, IrcEffectType type,
        const IrcChannel *channel, const IrcChannelMember *member);

/* client-user.c: what concerns a user in all channels at once */
void irc_client_handle_nick(IrcClient *client, const IrcInput *input);
void irc_client_handle_quit(IrcClient *client, const IrcInput *input);
void irc_client_handle_account(IrcClient *client, const IrcInput *input);
void irc_client_handle_away(IrcClient *client, const IrcInput *input);
void irc_client_handle_away_reply(IrcClient *client, const IrcInput *input);
void irc_client_handle_chghost(IrcClient *client, const IrcInput *input);
void irc_client_handle_setname(IrcClient *client, const IrcInput *input);
void irc_client_handle_userhost(IrcClient *client, const IrcInput *input);
void irc_client_handle_whois(IrcClient *client, const IrcInput *input);
void irc_client_handle_who_reply(IrcClient *client, const IrcInput *input);
/* What an answer says of our own address, where nothing better (our own JOIN) did. */
void irc_client_note_own_address(
        IrcClient *client, const char *nickname, const char *user, const char *host);

/* client-message.c */
void irc_client_handle_privmsg(IrcClient *client, const IrcInput *input);
void irc_client_handle_notice(IrcClient *client, const IrcInput *input);
void irc_client_handle_invite(IrcClient *client, const IrcInput *input);
void irc_client_handle_ping(IrcClient *client, const IrcInput *input);
void irc_client_handle_pong(IrcClient *client, const IrcInput *input);
/* A row; NULL if the input is quiet. `channel` may be NULL; `content` is a parameter of the message
 * or any other text. */
IrcEffect *irc_client_add_message(IrcClient *client, const IrcInput *input, IrcMessageType type,
        const char *channel, const char *target, const char *content);
/* The channel that a target belongs to, as we spell it, or NULL for a private one. */
const char *irc_client_channel_of_target(const IrcClient *client, const char *target);
