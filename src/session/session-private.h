/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The inside of a session, shared by its files and nobody else.
 *
 *   session.c   life cycle, state, status
 *   connect.c   waiting, dialling
 *   login.c     secrets, and who we are to the server
 *   keep.c      taking a kept link up, giving it to the descriptor store
 *   end.c       the one way out: what failed, what follows from it, the blocklist
 *   ingest.c    the data path: read, commit, consume; and sending
 *   record.c    what committed effects mean for the link's facts, and for links to come
 *   history.c   fetching what was said while we were away
 *   work.c      what the protocol core does by itself
 *   facts.c     the live facts in the database, kept true
 *   tell.c      what committed effects mean to listeners, the journal and the state
 *   rejoin.c    channels that are joined once more, later
 *   submit.c    commands: their queue, and what each does
 *   answers.c   what the server answers to them (labeled-response)
 *   liveness.c  deadlines, PING and PONG
 *
 * States, and what leads out of them:
 *
 *   WAITING      the wait is over -> CONNECTING
 *   CONNECTING   link up -> REGISTERING; dial failed -> end
 *   REGISTERING  welcome -> CONNECTED; refused, deadline, link lost -> end
 *   CONNECTED    link lost, silence, store broken -> end
 *   any          ic_session_stop() -> CLOSING (with a link; else end) -> end
 *
 * Every end goes through session_end(). */

#pragma once

#include "base/log.h"
#include "irc/client.h"
#include "irc/framer.h"
#include "net/dial.h"
#include "net/ecdsa.h"
#include "session/output.h"
#include "session/session.h"
#include "store/ingest.h"

/* How long a store may be busy before people are told. */
#define STORE_BUSY_PATIENCE_USEC (5 * G_USEC_PER_SEC)
#define STORE_BUSY_RETRY_MSEC 50
#define STORE_STUCK_RETRY_MSEC 1000

/* One thing on the way to the database, carried out whole or tried again: a read of the link, or
 * commands. Exists while it is not committed. */
typedef struct {
        bool is_open;
        gint64 now;    /* µs since the epoch: when it was read */
        gsize consume; /* bytes of the link to discard once it is committed */
        bool has_read;
        bool saves_link;     /* the link's whole state goes along: it is about to be kept */
        bool has_snapshot;   /* the client's state changed */
        bool changes_output; /* lines were queued */
} SessionBatch;

/* A command that was handed in: waiting -> carried (in the open batch) -> sent (committed) -> done.
 */
typedef struct {
        IcCommand command;
        IcCommandDoneFunc done;
        gpointer user_data;
        guint64 ticket;     /* of its lines in the output queue, and of its label */
        gsize lines_left;   /* times that the ticket is still to be told */
        bool awaits_answer; /* the server will say what came of it */
        gint64 answer_due;  /* monotonic; once its lines have left */
        gsize first, end;   /* its effects in the open batch */
        GArray *rows;       /* of gint64: what it said, unconfirmed; NULL: nothing */
        GError *error;
} SessionCommand;

typedef struct {
        IcEventFunc func;
        gpointer user_data;
} SessionListener;

struct IcSession {
        IcSessionHost host;
        uint32_t id;
        char *folder;
        char *socket_path;
        uid_t owner;
        int kept_link; /* until it is taken up, or -1 */

        IcStore *store;
        IcServerRow *row;
        IcSettings *settings;
        char *pace_folder;

        IcState state;
        gint64 state_since;
        char *waiting_for;
        char *last_error;
        gint64 connected_at;
        gint64 linked_at; /* µs since the epoch: since when the server speaks to us */
        gint64 lag;       /* µs, or -1 */
        bool is_ended;
        IcEcdsaKey *ecdsa_key; /* for SASL, or NULL */
        bool has_certificate;  /* the link's TLS shows one of ours */
        bool is_start_counted;
        bool has_progress;  /* something of this link was stored by this process */
        bool is_restarting; /* ends in order to be started again: no failure */
        bool is_offline;    /* waits for a network of this machine */
        guint network_polls;

        GArray *endpoints;   /* the addresses of the network; NULL: on a link taken up */
        guint endpoint;      /* the one that is dialled or linked */
        char *dial_failures; /* of those before it, in words */
        uint16_t dialled_port;
        uint16_t upgrade_port; /* TLS, as the server said on a plain link (STS); 0: it did not */
        IcDial *dial;
        IcLink *link;
        IrcClient *client;
        IrcFramer *framer;
        IcOutput *output;
        bool is_persisted; /* the link's state is in the database and follows every commit */
        bool is_kept;      /* the descriptor store has the link */
        bool write_failed; /* the link takes nothing any more; what is left to read says why */
        guint64 in_position;
        GByteArray *tail; /* the last bytes before in_position */

        IrcEffects *effects;
        SessionBatch batch;
        gint64 stuck_since; /* monotonic; 0: the store takes what it is given */
        bool stuck_was_told;

        GQueue waiting;   /* of SessionCommand: not yet carried out */
        GQueue carried;   /* of SessionCommand: in the open batch */
        GHashTable *sent; /* ticket -> SessionCommand: committed, not answered yet */
        GQueue answers;   /* of SessionCommand in `sent`: handed over, awaiting the answer */
        guint64 last_ticket;

        GPtrArray *gaps;     /* of the history: stored, to be asked for after the commit; or NULL */
        GHashTable *left;    /* channel -> gint64, µs since the epoch: when we left it */
        GHashTable *people;  /* whose history is being fetched */
        bool knows_people;   /* the server has told all who spoke to us */
        gint64 client_due;   /* µs since the epoch: when the core's timer fires; 0: never */
        gint64 last_heard;   /* monotonic */
        gint64 pinged_at;    /* monotonic; 0: no PING is out */
        gint64 choked_since; /* monotonic; 0: the link takes what we say, more or less */
        gint64 told_since;   /* monotonic: since when refusals are counted for the journal */
        guint n_told;
        gint64 tick_due; /* monotonic: when the liveness timer should fire */

        guint wait_timer, retry_timer, send_timer, liveness_timer, deadline_timer, index_timer,
                quit_timer, settle_timer, rejoin_timer, facts_timer, answer_timer, client_timer,
                work_idle, pump_idle;

        GHashTable *rejoins; /* of rejoin.c: channel -> how often it refused us, and
                                when again */

        GArray *listeners; /* of SessionListener */
};

/* A one-shot timer in `slot`, replacing the one that is there. */
void session_timer_set(guint *slot, gint64 usec, GSourceFunc func, IcSession *session);
void session_timer_clear(guint *slot);

/* session.c */
void session_set_state(IcSession *session, IcState state, const char *waiting_for, IcError *cause);
void session_emit(IcSession *session, const IcEvent *event);
void session_log(const IcSession *session, IcLogLevel level, const char *message_id,
        const char *channel, const char *format, ...) G_GNUC_PRINTF(5, 6);
/* A warning that names its cause: the field IRC_ERROR=. */
void session_log_error(const IcSession *session, const char *message_id, IcError code,
        const char *format, ...) G_GNUC_PRINTF(4, 5);
bool session_is_registered(const IcSession *session);

void session_clear_timers(IcSession *session);

/* end.c */
/* The one way out. `error` NULL: as asked. Takes a copy. The session may be gone afterwards. */
void session_end(IcSession *session, const GError *error);
void session_end_with(IcSession *session, IcError code, const char *text);
/* What no wait after a failure exceeds, µs. */
gint64 session_longest_wait(const IcSession *session);
/* True: the server is blocked, and the session has ended. */
bool session_end_if_blocked(IcSession *session);
/* To be called before the first attempt to do anything with a link. False: processes were started
 * too often without progress, the server is blocked for that, and the session has ended. */
bool session_count_start(IcSession *session);

/* connect.c */
void session_wait_and_dial(IcSession *session);
bool session_begin_link(IcSession *session, GError **error);
/* The address that is dialled or linked. */
const char *session_get_address(const IcSession *session);
/* The plain link is given up for one with TLS, on `upgrade_port`, within this attempt (IRCv3 sts).
 */
void session_upgrade(IcSession *session);

/* login.c */
/* A secret: the host's (systemd's credentials) goes before the database's; NULL: there is none. */
bool session_read_secret(IcSession *session, const char *name, GBytes **ret, GError **error);
/* Likewise; it is one line, or BAD_CONFIGURATION. */
bool session_read_password(IcSession *session, const char *name, GBytes **ret, GError **error);
/* A credential, or else the file whose path the key `key` of the configuration gives; or NULL. */
bool session_read_pem(IcSession *session, const char *credential, const char *path, const char *key,
        GBytes **ret, GError **error);
IrcClient *session_new_client(IcSession *session, GError **error);

/* keep.c */
bool session_take_kept_link_up(IcSession *session);
void session_keep_link(IcSession *session);
void session_drop_link(IcSession *session);
/* Frees all that belongs to the link. */
void session_discard_link(IcSession *session);

/* ingest.c */
void session_watch_link(IcSession *session);
/* Lines among the effects from index `from` on join the output queue; answers how many times the
 * ticket will be told. */
gsize session_queue_lines(IcSession *session, gsize from, guint64 ticket);
/* Shows a line that is queued to the host, if that traces. */
void session_trace_sent(const IcSession *session, const IrcEffect *effect);
/* What `effects` hold becomes the open batch: with the client's state, if that changed. */
void session_open_batch(IcSession *session);
/* Commits the open batch, or keeps trying; everything else follows from there. */
void session_commit(IcSession *session);
void session_flush(IcSession *session);
/* After a commit, and when a link was taken up: what the core wants next. */
void session_go_on(IcSession *session);

/* record.c */
/* Within the transaction: what the effects mean beside rows, channels and members. */
bool session_record(IcSession *session, GError **error);

/* history.c */
/* For record.c: a gap that begins or is closed. */
bool session_record_gap(IcSession *session, const IrcEffect *effect, GError **error);
/* Those that an earlier process stored on the link that was taken up. */
void session_recall_gaps(IcSession *session);
void session_forget_gaps(IcSession *session);
/* After the commit. True: there is something to send. */
bool session_ask_for_gaps(IcSession *session, gint64 now);
void session_tell_history(const IcSession *session, const IrcEffect *effect);

/* work.c */
/* To be called after each commit: the core may have something to do, now or later. */
void session_schedule_work(IcSession *session);
/* What the core did of itself becomes a batch, and is committed. */
void session_carry_on(IcSession *session);

/* facts.c */
/* Looks at them every so often: to be called when the link is up. */
void session_start_facts(IcSession *session);

/* tell.c */
/* When the link has lasted, the failures before it are forgotten: to be called when it is up. */
void session_start_settling(IcSession *session);
void session_tell_effect(IcSession *session, const IrcEffect *effect);

/* rejoin.c */
GHashTable *session_rejoins_new(void);
void session_rejoin_kicked(IcSession *session, const char *channel);
void session_rejoin_refused(IcSession *session, const IrcEffect *effect);
void session_rejoin_joined(IcSession *session, const char *channel);

/* submit.c */
void session_pump(IcSession *session);
void session_pump_later(IcSession *session);
void session_commands_committed(IcSession *session);
void session_line_sent(guint64 ticket, gpointer user_data);
/* A command that nobody waits for. */
void session_enqueue_own(IcSession *session, const IcCommand *command);
void session_refuse_commands(IcSession *session);

void session_finish_command(IcSession *session, SessionCommand *command, const GError *error);

/* answers.c */
/* What the core calls a command; to be freed by the caller. */
char *session_make_label(guint64 ticket);
/* Its lines have left: the answer has so long to come. */
void session_await_answer(IcSession *session, SessionCommand *command);
/* For record.c: what was refused is marked. */
bool session_record_answer(IcSession *session, const IrcEffect *effect, GError **error);
void session_tell_answer(IcSession *session, const IrcEffect *effect);

/* liveness.c */
void session_heard(IcSession *session);
void session_got_pong(IcSession *session, const char *token);
void session_start_liveness(IcSession *session);
void session_start_deadline(IcSession *session);
/* Whether the link has something for us, its end included, that we have not looked at. */
bool session_has_unread(IcSession *session);
