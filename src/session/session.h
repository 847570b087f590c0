/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* One connection from start to end: waits, dials, registers, ingests exactly once, carries out
 * commands, says QUIT. It runs in the default main context and knows neither systemd nor D-Bus: its
 * host (the worker) gives it what it needs and is told what happens. A session is over after one
 * link; who wants another one starts another process. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/settings.h"
#include "irc/client.h"
#include "session/event.h"
#include "store/servers.h"
#include "wire/command.h"
#include "wire/status.h"

typedef struct IcSession IcSession;

/* What the session asks of its host. All are called from the main loop. */
typedef struct {
        /* The status changed: for STATUS=, READY=1 and the like. */
        void (*status_changed)(const IcStatus *status, gpointer user_data);
        /* There was progress before the welcome: the start's time-out may be extended by so much.
         */
        void (*progress)(gint64 usec, gpointer user_data);
        /* Keep this descriptor for the next process, before true is answered; false: it cannot be
         * kept, and the session goes on without. NULL: links are never kept. */
        bool (*keep_link)(int fd, gpointer user_data);
        /* The kept descriptor is over and must not be handed to the next process. */
        void (*drop_link)(gpointer user_data);
        /* The session ended; NULL: as asked. Called once, last. The session may be freed in it. */
        void (*finished)(const GError *error, gpointer user_data);
        /* A secret that goes before the database's (systemd's credentials); NULL: none. */
        GBytes *(*read_credential)(const char *name, gpointer user_data);
        /* Each line, without its end: as it was received, or as it is queued for the server.
         * `is_secret`: it must not be shown. NULL: nobody looks. */
        void (*trace)(
                bool is_sent, const char *line, gsize len, bool is_secret, gpointer user_data);
        gpointer user_data;
} IcSessionHost;

typedef struct {
        uint32_t id;
        const char *folder;      /* the tenant's: where irc.db is */
        const char *socket_path; /* of the command socket; or NULL */
        uid_t owner;
        int kept_link;           /* a descriptor from an earlier process, or -1; given away */
        IcSettings *settings;    /* given away */
        const char *pace_folder; /* see net/pace.h; NULL: dials are not paced */
} IcSessionOptions;

/* Opens the store and reads the configuration; does not yet dial. Errors are final for this
 * process: see ic_error_exit_status(). */
bool ic_session_new(const IcSessionOptions *options, const IcSessionHost *host, IcSession **ret,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ic_session_free(IcSession *session);

/* Goes to work: takes the kept link up, or waits as long as earlier failures demand and dials. */
void ic_session_start(IcSession *session);

/* Says QUIT (`message` NULL: what the owner last asked for, else the configured one), waits for the
 * server to close, a little less than ic_session_stop_timeout(), then finished(NULL). In any state.
 */
void ic_session_stop(IcSession *session, const char *message);
/* The setting ShutdownTimeout=, µs. */
gint64 ic_session_stop_timeout(const IcSession *session);

/* Leaves the link to the next process: everything is committed already; nothing more is read,
 * written or said. True if the link is kept. */
bool ic_session_suspend(IcSession *session);

/* Carries a command out. `done` is called once, perhaps before this returns: `error` NULL when it
 * was done (a message is stored and handed to the server); `status` is set for IC_COMMAND_STATUS.
 * Before registration commands wait their turn, at most IC_SESSION_WAITING_MAX (QUEUE_FULL). */
typedef void (*IcCommandDoneFunc)(const GError *error, const IcStatus *status, gpointer user_data);
void ic_session_submit(
        IcSession *session, const IcCommand *command, IcCommandDoneFunc done, gpointer user_data);
#define IC_SESSION_WAITING_MAX 1024u

/* Listeners are called in the order in which they were added. */
void ic_session_listen(IcSession *session, IcEventFunc func, gpointer user_data);
void ic_session_unlisten(IcSession *session, IcEventFunc func, gpointer user_data);

/* The owner's will, as the database has it. */
bool ic_session_is_wanted(const IcSession *session);
/* Wanted down, and taken down only a moment ago. */
bool ic_session_is_just_down(const IcSession *session);
bool ic_session_set_wanted(
        IcSession *session, bool is_wanted, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the live facts again if somebody has cleared them although the link is up; done every so
 * often in any case. */
void ic_session_check_facts(IcSession *session);

/* Who listens on the bus, for a next process that takes the link up: words without spaces. Both do
 * what they can; a list that is lost is asked for again by those who miss it. */
void ic_session_remember_listeners(IcSession *session, const char *const *names);
GStrv ic_session_recall_listeners(IcSession *session);

void ic_session_get_status(const IcSession *session, IcStatus *ret);

/* nickname, account or "", prefixes. False when we are not in the channel. */
typedef void (*IcUserFunc)(
        const char *nickname, const char *account, const char *prefixes, gpointer user_data);
bool ic_session_foreach_user(
        const IcSession *session, const char *channel, IcUserFunc func, gpointer user_data);

/* What the server told of a channel. False when we are not in it. The strings of *ret_facts live
 * until the loop turns; *ret_modes ("+nt") is the caller's, or NULL. */
bool ic_session_get_channel(const IcSession *session, const char *channel,
        IrcChannelFacts *ret_facts, char **ret_modes);

/* Whether the loop's work goes on: false while the store has been stuck for so long that only a
 * restart could help. A full disk is waited out and is not stuck. */
bool ic_session_is_alive(const IcSession *session);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcSession, ic_session_free)
