/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A session under systemd.
 *
 * How a worker ends: session_end() -> on_finished() -> the exit status. TERM and INT ask systemd
 * for our unit's job first: a stop says QUIT, a restart leaves the link to the next process. Errors
 * after which systemd does not start us again are told to the clients that wait at the command
 * socket, so that they do not wait for ever (and start us again and again). */

#include "worker/worker.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/log.h"
#include "base/text.h"
#include "ipc/server.h"
#include "service/credentials.h"
#include "service/descriptors.h"
#include "service/job.h"
#include "service/notify.h"
#include "session/session.h"
#include "worker/bus-service.h"

/* For so long those who wait at the command socket are told that there is no connection. */
#define REFUSE_USEC (500 * IC_USEC_PER_MSEC)
/* For so long answers may take to reach their clients when the process ends. */
#define DRAIN_USEC (1 * IC_USEC_PER_SEC)
/* A database that cannot be used is tried again by the next process, so much later. */
#define STORE_RETRY_USEC (5 * IC_USEC_PER_SEC)
/* The start's time-out covers what a phase may take, and so much more. */
#define START_SLACK_USEC (10 * IC_USEC_PER_SEC)

typedef struct {
        const WorkerOptions *options;
        GMainLoop *loop;
        char *folder;
        char *socket_path;
        uid_t owner;
        int control_fd; /* the command socket until it is served, or -1 */

        IcSession *session;
        BusService *bus;
        IcControlServer *control;
        IcWatchdog *watchdog;
        bool is_ready;    /* READY=1 was said */
        bool is_stopping; /* TERM or INT came */
        bool has_ended;   /* nothing is left to do but to leave, perhaps in a while */
        int exit_status;
} Worker;

static void worker_clear(Worker *worker)
{
        ic_watchdog_free(worker->watchdog);
        ic_control_server_free(worker->control);
        bus_service_free(worker->bus);
        ic_session_free(worker->session);
        g_clear_pointer(&worker->loop, g_main_loop_unref);
        ic_fd_clear(&worker->control_fd);
        g_free(worker->socket_path);
        g_free(worker->folder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Worker, worker_clear)

static gboolean quit_loop(gpointer user_data)
{
        Worker *worker = user_data;

        g_main_loop_quit(worker->loop);
        return G_SOURCE_REMOVE;
}

/* Also before the loop runs, when there is nothing that it could wait for. */
static void leave(gpointer user_data)
{
        g_idle_add(quit_loop, user_data);
}

/* --- the command socket ----------------------------------------------------------------------- */

static void submit(
        const IcCommand *command, IcCommandDoneFunc done, gpointer done_data, gpointer user_data)
{
        Worker *worker = user_data;

        ic_session_submit(worker->session, command, done, done_data);
}

/* Clients are accepted from the welcome on. Until then they wait in the socket's backlog, which is
 * systemd's: there they outlive this process if the attempt fails. */
static void serve_control(Worker *worker)
{
        if (worker->control || worker->control_fd < 0)
                return;

        worker->control = ic_control_server_new(&(IcControlServerOptions){
                .listen_fd = ic_fd_steal(&worker->control_fd),
                .owner = worker->owner,
                .submit = submit,
                .user_data = worker,
        });
}

/* Whether somebody waits at the command socket: then it may be him who started us. */
static bool is_client_waiting(const Worker *worker)
{
        GPollFD poll_fd = {.fd = worker->control_fd, .events = G_IO_IN};

        return worker->control_fd >= 0 && g_poll(&poll_fd, 1, 0) > 0;
}

/* Answers all who wait with `error`, then ends the loop. */
static void refuse_and_leave(Worker *worker, const GError *error)
{
        serve_control(worker);
        if (!worker->control) {
                leave(worker);
                return;
        }

        ic_control_server_refuse(worker->control, error);
        g_timeout_add(REFUSE_USEC / IC_USEC_PER_MSEC, quit_loop, worker);
}

/* Lets the answers that are under way reach their clients, then ends the loop. */
static void drain_and_leave(Worker *worker)
{
        if (!worker->control) {
                leave(worker);
                return;
        }

        g_timeout_add(DRAIN_USEC / IC_USEC_PER_MSEC, quit_loop, worker);
        ic_control_server_drain(worker->control, leave, worker);
}

/* --- the session's host ------------------------------------------------------------------------
 */

static void on_status_changed(const IcStatus *status, gpointer user_data)
{
        Worker *worker = user_data;
        g_autofree char *sentence = ic_status_sentence(status);

        ic_notify_status(sentence);
        if (status->state == IC_STATE_CONNECTED && !worker->is_ready) {
                worker->is_ready = true;
                ic_notify_ready();
                serve_control(worker);
        }
}

static void on_progress(gint64 usec, gpointer user_data)
{
        ic_notify_extend_timeout(usec + START_SLACK_USEC);
}

static bool on_keep_link(int fd, gpointer user_data)
{
        return ic_descriptors_store_link(fd);
}

static void on_drop_link(gpointer user_data)
{
        ic_descriptors_remove_link();
}

static GBytes *on_read_credential(const char *name, gpointer user_data)
{
        return ic_credential_read(name);
}

/* What is not started again would leave the waiting clients unanswered. */
static bool is_final(IcExit status)
{
        return status == IC_EXIT_CONFIGURATION || status == IC_EXIT_REFUSED;
}

static void end_with(Worker *worker, const GError *error)
{
        g_autofree char *words = ic_error_words(error);
        g_autoptr(GError) answer = g_error_new(
                IC_ERROR, IC_ERROR_NOT_CONNECTED, "Server not connected: %s", error->message);

        ic_notify_status(words);
        worker->has_ended = true;
        worker->exit_status = (int) ic_error_exit_status(ic_error_of(error));
        if (is_final((IcExit) worker->exit_status))
                refuse_and_leave(worker, answer);
        else if (worker->exit_status == IC_EXIT_STORE)
                g_timeout_add(STORE_RETRY_USEC / IC_USEC_PER_MSEC, quit_loop, worker);
        else
                drain_and_leave(worker);
}

static void on_finished(const GError *error, gpointer user_data)
{
        Worker *worker = user_data;

        ic_notify_stopping();
        if (error && !worker->is_stopping) {
                end_with(worker, error);
                return;
        }

        worker->exit_status = IC_EXIT_STOPPED;
        ic_notify_status("Disconnected, as asked");
        drain_and_leave(worker);
}

/* --- stop and restart --------------------------------------------------------------------------
 */

static void on_job(IcJob job, const GError *error, gpointer user_data)
{
        Worker *worker = user_data;
        g_autoptr(GError) store_error = NULL;

        if (!worker->session) {
                worker->exit_status = IC_EXIT_STOPPED;
                leave(worker);
                return;
        }
        if (error)
                ic_log(IC_LOG_NOTICE, &(IcLogFields){.server = worker->options->id},
                        "systemd did not say whether this is a stop or a restart, taking it for a "
                        "stop: %s",
                        error->message);

        if (job == IC_JOB_RESTART && ic_session_suspend(worker->session)) {
                ic_notify_status("Leaving the link to the next process");
                drain_and_leave(worker);
                return;
        }
        if (job == IC_JOB_STOP && !ic_session_set_wanted(worker->session, false, &store_error))
                ic_log(IC_LOG_WARNING, &(IcLogFields){.server = worker->options->id},
                        "That the connection is to stay down could not be stored: %s",
                        store_error->message);

        ic_notify_stopping();
        if (worker->has_ended) {
                worker->exit_status = IC_EXIT_STOPPED;
                leave(worker);
                return;
        }
        ic_notify_extend_timeout(ic_session_stop_timeout(worker->session));
        ic_session_stop(worker->session, NULL);
}

static gboolean on_terminate(gpointer user_data)
{
        Worker *worker = user_data;
        sd_bus *bus = worker->bus ? bus_service_get_bus(worker->bus) : NULL;

        if (worker->is_stopping)
                return G_SOURCE_CONTINUE;

        worker->is_stopping = true;
        if (bus)
                ic_job_ask(bus, worker->options->id, on_job, worker);
        else
                on_job(IC_JOB_STOP_ALL, NULL, worker);
        return G_SOURCE_CONTINUE;
}

static bool is_alive(gpointer user_data)
{
        Worker *worker = user_data;

        return ic_session_is_alive(worker->session);
}

/* --- start -------------------------------------------------------------------------------------
 */

/* The owner is whom the command socket belongs to: systemd gave it to him when it made it, and it
 * is the one thing about him that this sandbox shows. */
static uid_t find_owner(const char *socket_path)
{
        struct stat st;

        return stat(socket_path, &st) == 0 ? st.st_uid : geteuid();
}

/* The machine's settings; what is wrong in them is told, and does not stop a connection. */
static IcSettings *load_settings(const WorkerOptions *options)
{
        g_autoptr(GPtrArray) problems = NULL;
        IcSettings *settings;

        ic_settings_load(options->scope, &settings, &problems);
        for (guint i = 0; i < problems->len; i++)
                ic_log(IC_LOG_WARNING, &(IcLogFields){.server = options->id}, "%s",
                        (const char *) problems->pdata[i]);
        return settings;
}

static bool open_session(Worker *worker, int kept_link, GError **error)
{
        g_autofree char *runtime_dir = ic_runtime_dir(worker->options->scope);
        g_autofree char *pace_folder = g_build_filename(runtime_dir, "dial", NULL);

        /* The machine's is made by tmpfiles.d. */
        if (worker->options->scope == IC_SCOPE_USER)
                (void) g_mkdir_with_parents(pace_folder, 0700);

        const IcSessionHost host = {
                .status_changed = on_status_changed,
                .progress = on_progress,
                .keep_link = on_keep_link,
                .drop_link = on_drop_link,
                .finished = on_finished,
                .read_credential = on_read_credential,
                .user_data = worker,
        };

        return ic_session_new(
                &(IcSessionOptions){
                        .id = worker->options->id,
                        .folder = worker->folder,
                        .socket_path = worker->control_fd >= 0 ? worker->socket_path : NULL,
                        .owner = worker->owner,
                        .kept_link = kept_link,
                        .settings = load_settings(worker->options),
                        .pace_folder = pace_folder,
                },
                &host, &worker->session, error);
}

static void refuse_unwanted(Worker *worker)
{
        g_autoptr(GError) refusal = g_error_new(IC_ERROR, IC_ERROR_NOT_CONNECTED,
                "Server not connected: it was disconnected on purpose; 'ircctl connect %u' brings "
                "it up",
                worker->options->id);

        ic_notify_status("Down, as its owner wants; a command came and was refused");
        refuse_and_leave(worker, refusal);
}

static bool start(Worker *worker, int kept_link, GError **error)
{
        if (!open_session(worker, kept_link, error))
                return false;

        /* Who starts the unit wants the connection up. But a command that was on its way when it
         * was taken down must not bring it up again. */
        if (!ic_session_is_wanted(worker->session)) {
                if (ic_session_is_just_down(worker->session) && is_client_waiting(worker)) {
                        refuse_unwanted(worker);
                        return true;
                }
                if (!ic_session_set_wanted(worker->session, true, error))
                        return false;
        }

        worker->bus = bus_service_new(
                worker->options->scope, worker->session, worker->options->id, worker->owner);
        worker->watchdog = ic_watchdog_new(is_alive, worker);
        ic_session_start(worker->session);
        return true;
}

int worker_run(const WorkerOptions *options)
{
        g_auto(Worker) worker = {.options = options, .control_fd = -1};
        g_auto(IcDescriptors) descriptors = {-1, -1};
        g_autofree char *state_dir = ic_state_dir(options->scope);
        g_autoptr(GError) error = NULL;

        worker.loop = g_main_loop_new(NULL, FALSE);
        worker.socket_path = ic_control_socket_path(options->scope, options->id);
        worker.owner = find_owner(worker.socket_path);
        worker.folder = options->tenant ? g_strdup(options->tenant)
                                        : g_strdup_printf("%s/servers/%u", state_dir, options->id);

        ic_descriptors_take(&descriptors);
        worker.control_fd = ic_fd_steal(&descriptors.control);
        g_unix_signal_add(SIGTERM, on_terminate, &worker);
        g_unix_signal_add(SIGINT, on_terminate, &worker);

        if (!start(&worker, ic_fd_steal(&descriptors.link), &error)) {
                ic_log(IC_LOG_ERROR,
                        &(IcLogFields){
                                .server = options->id,
                                .message_id = IC_MESSAGE_CONFIGURATION_UNUSABLE,
                                .error_code = ic_error_code(ic_error_of(error)),
                        },
                        "Connection %u cannot start: %s", options->id, error->message);
                end_with(&worker, error);
        }
        g_main_loop_run(worker.loop);
        return worker.exit_status;
}
