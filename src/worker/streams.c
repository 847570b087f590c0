/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Answers and events share standard output. The control client writes its answers into a socket of
 * our own, from where whole lines of them join the events:
 *
 *   standard input -> control client -> answers ─┐
 *                              events ───────────┴─> line writer -> standard output */

#include "worker/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>

#include "base/descriptor.h"
#include "base/log.h"
#include "worker/event-json.h"
#include "worker/line-writer.h"

#define READ_SIZE 65536

struct Streams {
        StreamsOptions options;
        LineWriter *writer;
        guint64 dropped; /* events, since the last one that was told */
        bool was_broken_told;

        IcControlClient *client;
        IcFd answers; /* our end, or -1 */
        GString *partial;
        GSource *answers_source;

        StreamsFunc done; /* set: finishing */
        gpointer done_data;
        guint done_idle;
};

/* --- finishing ------------------------------------------------------------------------------- */

static gboolean on_done(gpointer user_data)
{
        Streams *streams = user_data;

        streams->done_idle = 0;
        streams->done(streams->done_data);
        return G_SOURCE_REMOVE;
}

static bool is_output_over(const Streams *streams)
{
        return line_writer_is_broken(streams->writer) ||
               (!streams->client && streams->answers < 0 && streams->dropped == 0 &&
                       line_writer_get_waiting(streams->writer) == 0);
}

static void check_done(Streams *streams)
{
        if (streams->done && streams->done_idle == 0 && is_output_over(streams))
                streams->done_idle = g_idle_add(on_done, streams);
}

/* --- events ---------------------------------------------------------------------------------- */

/* Once events were dropped, half of the room must be there before the next is told. */
static bool has_room(const Streams *streams)
{
        gsize max = streams->dropped > 0 ? STREAMS_EVENTS_MAX / 2 : STREAMS_EVENTS_MAX;

        return line_writer_get_waiting(streams->writer) < max;
}

static void push(Streams *streams, const char *line)
{
        line_writer_push(streams->writer, line, strlen(line));
}

static void tell_dropped(Streams *streams)
{
        g_autofree char *line = NULL;

        if (streams->dropped == 0 || !has_room(streams))
                return;
        line = event_dropped_to_json(streams->dropped);
        streams->dropped = 0;
        push(streams, line);
}

void streams_tell(const IcEvent *event, gpointer user_data)
{
        Streams *streams = user_data;
        g_autofree char *line = NULL;

        if (!streams->options.has_events || line_writer_is_broken(streams->writer))
                return;
        if (!has_room(streams)) {
                streams->dropped++;
                return;
        }
        tell_dropped(streams);
        line = event_to_json(event);
        push(streams, line);
}

/* --- answers --------------------------------------------------------------------------------- */

static void unwatch_answers(Streams *streams)
{
        if (!streams->answers_source)
                return;
        g_source_destroy(streams->answers_source);
        g_clear_pointer(&streams->answers_source, g_source_unref);
}

static bool may_read_answers(const Streams *streams)
{
        return streams->answers >= 0 &&
               line_writer_get_waiting(streams->writer) < STREAMS_EVENTS_MAX + STREAMS_ANSWERS_MAX;
}

static void push_whole_lines(Streams *streams)
{
        const char *end = memrchr(streams->partial->str, '\n', streams->partial->len);
        gsize len = end ? (gsize) (end - streams->partial->str) + 1 : 0;

        if (len == 0)
                return;
        line_writer_push(streams->writer, streams->partial->str, len);
        g_string_erase(streams->partial, 0, (gssize) len);
}

static gboolean on_answers(gint fd, GIOCondition condition, gpointer user_data)
{
        Streams *streams = user_data;
        char buffer[READ_SIZE];
        ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

        if (n > 0) {
                g_string_append_len(streams->partial, buffer, n);
                push_whole_lines(streams);
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
                unwatch_answers(streams);
                ic_fd_clear(&streams->answers);
        }
        if (!may_read_answers(streams))
                unwatch_answers(streams);
        check_done(streams);
        return G_SOURCE_CONTINUE;
}

static void watch_answers(Streams *streams)
{
        if (streams->answers_source || !may_read_answers(streams))
                return;
        streams->answers_source = g_unix_fd_source_new(streams->answers, G_IO_IN);
        g_source_set_callback(streams->answers_source, G_SOURCE_FUNC(on_answers), streams, NULL);
        g_source_attach(streams->answers_source, g_main_context_get_thread_default());
}

static void on_moved(gpointer user_data)
{
        Streams *streams = user_data;

        if (line_writer_is_broken(streams->writer) && !streams->was_broken_told) {
                streams->was_broken_told = true;
                ic_log(IC_LOG_NOTICE, NULL,
                        "Nobody reads standard output any more; the connection goes on");
        }
        tell_dropped(streams);
        watch_answers(streams);
        check_done(streams);
}

static void submit(
        const IcCommand *command, IcCommandDoneFunc done, gpointer done_data, gpointer user_data)
{
        Streams *streams = user_data;

        streams->options.submit(command, done, done_data, streams->options.user_data);
}

static void on_control_closed(IcControlClient *client, gpointer user_data)
{
        Streams *streams = user_data;

        /* Its end of the answers goes with it. */
        g_clear_pointer(&streams->client, ic_control_client_free);
        check_done(streams);
}

/* --- life cycle ------------------------------------------------------------------------------ */

/* The stream, out of the way of what might be opened or printed in its place. -1 with errno. */
static int take_stream(int fd, int flags)
{
        g_auto(IcFd) null = open("/dev/null", flags | O_CLOEXEC);
        g_auto(IcFd) taken = fcntl(fd, F_DUPFD_CLOEXEC, 3);

        if (taken < 0 || null < 0 || dup2(null, fd) < 0)
                return -1;
        return ic_fd_steal(&taken);
}

static bool fail(const char *what, GError **error)
{
        g_set_error(
                error, IC_ERROR, IC_ERROR_FAILED, "%s cannot be used: %s", what, g_strerror(errno));
        return false;
}

static bool start_control(Streams *streams, GError **error)
{
        g_auto(IcFd) in_fd = take_stream(0, O_RDONLY);
        int pair[2];

        if (in_fd < 0)
                return fail("Standard input", error);
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return fail("A socket", error);

        streams->answers = pair[0];
        streams->client = ic_control_client_new(ic_fd_steal(&in_fd), pair[1],
                &(IcControlHandler){
                        .submit = submit,
                        .closed = on_control_closed,
                        .user_data = streams,
                });
        watch_answers(streams);
        return true;
}

Streams *streams_new(const StreamsOptions *options, GError **error)
{
        g_autoptr(Streams) streams = g_new0(Streams, 1);
        g_auto(IcFd) out_fd = -1;

        streams->options = *options;
        streams->answers = -1;
        streams->partial = g_string_new(NULL);
        out_fd = take_stream(1, O_WRONLY);
        if (out_fd < 0) {
                (void) fail("Standard output", error);
                return NULL;
        }
        streams->writer = line_writer_new(ic_fd_steal(&out_fd), on_moved, streams);
        if (options->has_control && !start_control(streams, error))
                return NULL;
        return g_steal_pointer(&streams);
}

void streams_finish(Streams *streams, StreamsFunc done, gpointer user_data)
{
        streams->done = done;
        streams->done_data = user_data;
        if (streams->client)
                ic_control_client_finish(streams->client);
        check_done(streams);
}

void streams_free(Streams *streams)
{
        if (!streams)
                return;
        if (streams->done_idle != 0)
                g_source_remove(streams->done_idle);
        unwatch_answers(streams);
        ic_control_client_free(streams->client);
        ic_fd_clear(&streams->answers);
        line_writer_free(streams->writer);
        g_string_free(streams->partial, TRUE);
        g_free(streams);
}
