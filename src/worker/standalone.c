/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The foreground program: session after session on one loop.
 *
 *   prepare ─> session ─ finished ─┬─ as asked, or no more wanted ──────────> leave
 *                 ^                ├─ 65, 70, 77, or reconnect=false ───────> leave
 *                 └──── next ──────┘
 *
 *   TERM, INT   the session says QUIT, at most STOP_USEC; again: leave at once
 *
 * The wait before a new attempt is the session's own. Nothing here lifts a block by itself, so
 * failures in a row only make waits longer; who starts the program anew wants the connection, and
 * lifts a block by it. */

#include "worker/standalone.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/log.h"
#include "base/text.h"
#include "session/session.h"
#include "store/blocklist.h"
#include "store/servers.h"
#include "worker/queue.h"
#include "worker/standalone-config.h"
#include "worker/streams.h"
#include "worker/trace.h"

/* The connection's number in its database. */
#define ID 1u
#define LOCK_FILE "irc-conn.lock"

/* From TERM to the end, whatever the server does. */
#define STOP_USEC (5 * IC_USEC_PER_SEC)
/* For so long output may take to reach its reader when the process ends. */
#define DRAIN_USEC (1 * IC_USEC_PER_SEC)
/* A database that cannot be used is tried again so much later. */
#define STORE_RETRY_USEC (5 * IC_USEC_PER_SEC)

typedef struct {
        const StandaloneOptions *options;
        StandaloneConfig *config;
        IcFd lock;
        GMainLoop *loop;
        Streams *streams;
        StandaloneQueue *queue;
        IcSession *session;
        GPtrArray *secrets; /* of GBytes, NULL at its end: all that the file ever held */
        guint next_timer, leave_timer;
        bool is_stopping; /* TERM or INT came */
        bool is_leaving;
        int exit_status;
} Standalone;

static void clear_timer(guint *slot)
{
        if (*slot != 0)
                g_source_remove(*slot);
        *slot = 0;
}

static void standalone_clear(Standalone *standalone)
{
        clear_timer(&standalone->next_timer);
        clear_timer(&standalone->leave_timer);
        /* The queue's commands are answered by both of those after it. */
        ic_session_free(standalone->session);
        standalone_queue_free(standalone->queue);
        streams_free(standalone->streams);
        standalone_config_free(standalone->config);
        g_clear_pointer(&standalone->secrets, g_ptr_array_unref);
        g_clear_pointer(&standalone->loop, g_main_loop_unref);
        ic_fd_clear(&standalone->lock);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Standalone, standalone_clear)

/* --- leaving --------------------------------------------------------------------------------- */

static void quit_loop(gpointer user_data)
{
        Standalone *standalone = user_data;

        g_main_loop_quit(standalone->loop);
}

static gboolean on_leave_timeout(gpointer user_data)
{
        Standalone *standalone = user_data;

        standalone->leave_timer = 0;
        quit_loop(standalone);
        return G_SOURCE_REMOVE;
}

static void set_leave_timer(Standalone *standalone, gint64 usec)
{
        clear_timer(&standalone->leave_timer);
        standalone->leave_timer =
                g_timeout_add((guint) (usec / IC_USEC_PER_MSEC), on_leave_timeout, standalone);
}

/* Lets what is to be said on standard output be read, then ends the loop. */
static void leave(Standalone *standalone, int exit_status, const GError *refusal)
{
        if (standalone->is_leaving)
                return;

        standalone->is_leaving = true;
        standalone->exit_status = exit_status;
        clear_timer(&standalone->next_timer);
        set_leave_timer(standalone, DRAIN_USEC);
        standalone_queue_refuse(standalone->queue, refusal);
        streams_finish(standalone->streams, quit_loop, standalone);
}

/* --- the session's host ---------------------------------------------------------------------- */

static void on_status_changed(const IcStatus *status, gpointer user_data)
{
        Standalone *standalone = user_data;

        standalone_queue_set_connected(standalone->queue, status->state == IC_STATE_CONNECTED);
}

static GBytes *on_read_credential(const char *name, gpointer user_data)
{
        Standalone *standalone = user_data;
        GBytes *secret = g_hash_table_lookup(standalone->config->secrets, name);

        return secret ? g_bytes_ref(secret) : NULL;
}

static void on_trace(bool is_sent, const char *line, gsize len, bool is_secret, gpointer user_data)
{
        Standalone *standalone = user_data;
        const TraceOptions options = {
                .service = standalone->config->server->nickserv,
                .secrets = (const GBytes *const *) standalone->secrets->pdata,
        };
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%f");
        g_autofree char *text = trace_line(&options, is_sent, line, len, is_secret);

        fprintf(stderr, "%sZ %s\n", time, text);
}

static void remember_secrets(Standalone *standalone)
{
        GHashTableIter iter;
        gpointer secret;

        g_hash_table_iter_init(&iter, standalone->config->secrets);
        while (g_hash_table_iter_next(&iter, NULL, &secret))
                if (!g_ptr_array_find_with_equal_func(
                            standalone->secrets, secret, g_bytes_equal, NULL))
                        g_ptr_array_add(standalone->secrets, g_bytes_ref(secret));
}

static gboolean on_next(gpointer user_data);

static void next_session(Standalone *standalone, gint64 usec)
{
        clear_timer(&standalone->next_timer);
        standalone->next_timer =
                g_timeout_add((guint) (usec / IC_USEC_PER_MSEC), on_next, standalone);
}

/* What a new attempt cannot mend. */
static bool is_final(int status)
{
        return status == IC_EXIT_CONFIGURATION || status == IC_EXIT_BUG ||
               status == IC_EXIT_REFUSED;
}

static void go_on_after(Standalone *standalone, const GError *error)
{
        int status = (int) ic_error_exit_status(ic_error_of(error));
        bool is_restarting = standalone_queue_take_restart(standalone->queue);

        if (is_final(status) || (!standalone->config->reconnect && !is_restarting)) {
                g_autoptr(GError) refusal = g_error_new(IC_ERROR, IC_ERROR_NOT_CONNECTED,
                        "Server not connected: %s", error->message);

                leave(standalone, status, refusal);
                return;
        }
        next_session(standalone, status == IC_EXIT_STORE ? STORE_RETRY_USEC : 0);
}

static void on_finished(const GError *error, gpointer user_data)
{
        Standalone *standalone = user_data;
        g_autoptr(GError) refusal = g_error_new_literal(IC_ERROR, IC_ERROR_NOT_CONNECTED,
                "Server not connected: it was disconnected as asked");

        standalone_queue_set_session(standalone->queue, NULL);
        if (error && !standalone->is_stopping)
                go_on_after(standalone, error);
        else
                leave(standalone, IC_EXIT_STOPPED, refusal);
}

/* --- sessions -------------------------------------------------------------------------------- */

/* The defaults, but for what only makes sense where something else lifts a block again. */
static IcSettings *make_settings(void)
{
        IcSettings *settings = ic_settings_new();

        settings->max_connection_attempts = 0;
        settings->restart_limit = 0;
        settings->shutdown_timeout = STOP_USEC;
        return settings;
}

static bool start_session(Standalone *standalone, GError **error)
{
        const IcSessionHost host = {
                .status_changed = on_status_changed,
                .finished = on_finished,
                .read_credential = on_read_credential,
                .trace = standalone->options->has_trace ? on_trace : NULL,
                .user_data = standalone,
        };

        g_clear_pointer(&standalone->session, ic_session_free);
        if (!ic_session_new(
                    &(IcSessionOptions){
                            .id = ID,
                            .folder = standalone->options->state_dir,
                            .owner = geteuid(),
                            .kept_link = -1,
                            .settings = make_settings(),
                    },
                    &host, &standalone->session, error))
                return false;

        ic_session_listen(standalone->session, streams_tell, standalone->streams);
        standalone_queue_set_session(standalone->queue, standalone->session);
        ic_session_start(standalone->session);
        return true;
}

static gboolean on_next(gpointer user_data)
{
        Standalone *standalone = user_data;
        g_autoptr(GError) error = NULL;

        standalone->next_timer = 0;
        if (start_session(standalone, &error))
                return G_SOURCE_REMOVE;

        ic_log(IC_LOG_ERROR, &(IcLogFields){.error_code = ic_error_code(ic_error_of(error))},
                "The connection cannot go on: %s", error->message);
        go_on_after(standalone, error);
        return G_SOURCE_REMOVE;
}

/* --- commands -------------------------------------------------------------------------------- */

static void submit(
        const IcCommand *command, IcCommandDoneFunc done, gpointer done_data, gpointer user_data)
{
        Standalone *standalone = user_data;

        standalone_queue_push(standalone->queue, command, done, done_data);
}

/* `quit` where there is no session that could say it. */
static void on_quit(gpointer user_data)
{
        leave(user_data, IC_EXIT_STOPPED, NULL);
}

/* The file is read again; secrets count from the next link on. */
static bool on_refresh(gpointer user_data, GError **error)
{
        Standalone *standalone = user_data;
        g_autoptr(GPtrArray) problems = NULL;
        g_autoptr(StandaloneConfig) config =
                standalone_config_read(standalone->options->config, &problems);
        g_autoptr(IcStore) store = NULL;

        if (!config) {
                g_set_error_literal(
                        error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION, problems->pdata[0]);
                return false;
        }
        if (!ic_store_open(standalone->options->state_dir, 0, &store, error) ||
                !ic_store_server_update(store, ID, config->server, error))
                return false;
        standalone_config_free(standalone->config);
        standalone->config = g_steal_pointer(&config);
        remember_secrets(standalone);
        return true;
}

static gboolean on_terminate(gpointer user_data)
{
        Standalone *standalone = user_data;

        if (standalone->is_stopping) {
                standalone->exit_status = IC_EXIT_STOPPED;
                quit_loop(standalone);
                return G_SOURCE_CONTINUE;
        }

        standalone->is_stopping = true;
        if (standalone->is_leaving) {
                standalone->exit_status = IC_EXIT_STOPPED;
                return G_SOURCE_CONTINUE;
        }
        if (standalone->next_timer != 0) {
                on_finished(NULL, standalone);
                return G_SOURCE_CONTINUE;
        }
        set_leave_timer(standalone, STOP_USEC);
        ic_session_stop(standalone->session, NULL);
        return G_SOURCE_CONTINUE;
}

/* --- start ----------------------------------------------------------------------------------- */

static bool fail_errno(const char *path, IcError code, const char *what, GError **error)
{
        int number = errno;
        g_autofree char *shown = ic_text_quote(path, PATH_MAX);

        g_set_error(error, IC_ERROR, (int) code, "%s: %s: %s", shown, what, g_strerror(number));
        return false;
}

/* The folder is ours alone for as long as the process lives. */
static bool lock_folder(Standalone *standalone, GError **error)
{
        const char *folder = standalone->options->state_dir;
        g_autofree char *path = g_build_filename(folder, LOCK_FILE, NULL);

        if (g_mkdir_with_parents(folder, 0700) < 0)
                return fail_errno(folder, IC_ERROR_STORE_UNWRITABLE,
                        "the state folder cannot be made", error);
        standalone->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (standalone->lock < 0)
                return fail_errno(path, IC_ERROR_STORE_UNWRITABLE,
                        "the file that locks the state folder cannot be opened", error);
        if (flock(standalone->lock, LOCK_EX | LOCK_NB) == 0)
                return true;
        if (errno != EWOULDBLOCK)
                return fail_errno(path, IC_ERROR_STORE_UNWRITABLE,
                        "the state folder cannot be locked", error);
        g_autofree char *shown = ic_text_quote(folder, PATH_MAX);
        g_set_error(error, IC_ERROR, IC_ERROR_STORE_BUSY,
                "%s: another irc-conn uses this state folder. Give each connection a folder of its "
                "own",
                shown);
        return false;
}

static bool has_row(IcStore *store, bool *ret, GError **error)
{
        g_autoptr(GArray) ids = ic_store_server_ids(store, error);

        if (!ids)
                return false;
        *ret = ids->len > 0;
        return true;
}

/* A block is lifted by whoever starts us anew; without one the failures in a row stay. */
static bool lift_block(IcStore *store, GError **error)
{
        g_autoptr(IcBlock) block = NULL;

        if (!ic_store_block_find(store, ID, NULL, ic_now_real(), &block, error))
                return false;
        return !block || ic_store_unblock(store, ID, NULL, NULL, error);
}

/* The file becomes the row: what it does not say any more is a default again. */
static bool write_row(const Standalone *standalone, GError **error)
{
        const IcServerConfig *server = standalone->config->server;
        g_autoptr(IcStore) store = NULL;
        bool is_there = false;

        return ic_store_open(standalone->options->state_dir, IC_STORE_CREATE, &store, error) &&
               ic_store_begin(store, error) && has_row(store, &is_there, error) &&
               (is_there ? ic_store_server_update(store, ID, server, error)
                         : ic_store_server_add(store, ID, server, error)) &&
               ic_store_server_set_wanted(store, ID, true, error) && lift_block(store, error) &&
               ic_store_commit(store, error);
}

static bool read_config(Standalone *standalone)
{
        g_autoptr(GPtrArray) problems = NULL;

        standalone->config = standalone_config_read(standalone->options->config, &problems);
        for (guint i = 0; i < problems->len; i++)
                ic_log(IC_LOG_ERROR, NULL, "%s", (const char *) problems->pdata[i]);
        if (!standalone->config)
                return false;

        standalone->secrets =
                g_ptr_array_new_null_terminated(0, (GDestroyNotify) g_bytes_unref, TRUE);
        remember_secrets(standalone);
        return true;
}

static bool start(Standalone *standalone, GError **error)
{
        const StreamsOptions streams = {
                .has_control = standalone->options->has_control,
                .has_events = standalone->options->has_events,
                .submit = submit,
                .user_data = standalone,
        };

        if (!lock_folder(standalone, error) || !write_row(standalone, error))
                return false;
        standalone->queue = standalone_queue_new(&(StandaloneQueueHost){
                .quit = on_quit,
                .refresh = on_refresh,
                .user_data = standalone,
        });
        standalone->streams = streams_new(&streams, error);
        return standalone->streams && start_session(standalone, error);
}

/* Nothing of ours must get the number of a standard stream that is closed. */
static void open_streams(void)
{
        for (int fd = 0; fd <= STDERR_FILENO; fd++)
                if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
                        return;
}

/* While the file is read: nothing is under way yet that would have to be ended in order. */
static void leave_at_once(int number)
{
        _exit(IC_EXIT_STOPPED);
}

int standalone_run(const StandaloneOptions *options)
{
        g_auto(Standalone) standalone = {.options = options, .lock = -1};
        g_autoptr(GError) error = NULL;

        open_streams();
        umask(S_IRWXG | S_IRWXO);
        signal(SIGPIPE, SIG_IGN);
        signal(SIGTERM, leave_at_once);
        signal(SIGINT, leave_at_once);
        if (!read_config(&standalone))
                return IC_EXIT_CONFIGURATION;

        standalone.loop = g_main_loop_new(NULL, FALSE);
        /* For good: without them a signal that comes late would change the exit status. */
        g_unix_signal_add(SIGTERM, on_terminate, &standalone);
        g_unix_signal_add(SIGINT, on_terminate, &standalone);
        if (!start(&standalone, &error)) {
                ic_log(IC_LOG_ERROR,
                        &(IcLogFields){.error_code = ic_error_code(ic_error_of(error))},
                        "The connection cannot start: %s", error->message);
                return (int) ic_error_exit_status(ic_error_of(error));
        }
        g_main_loop_run(standalone.loop);
        return standalone.exit_status;
}
