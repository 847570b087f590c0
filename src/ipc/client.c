/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Reading requests, keeping their order, writing answers: all of it in turn(), which runs whenever
 * there is something to read, room to write or a command done. A client that hangs up is only deaf:
 * what it wrote before is still served. */

#include "ipc/client.h"

#include <errno.h>
#include <glib-unix.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/descriptor.h"
#include "ipc/lines.h"

#define READ_SIZE 16384

typedef struct {
        IcControlClient *client; /* NULL: gone */
        char *id;
        char *answer; /* NULL: not yet done */
} Request;

struct IcControlClient {
        IcFd in_fd, out_fd;
        bool is_socket; /* of out_fd */
        IcControlHandler handler;
        GSource *in_source, *out_source, *patience_source;
        IcLines lines;
        GQueue requests; /* of Request, in their order */
        GString *unread; /* answers not yet taken from us */
        bool is_input_over;
        bool is_finishing; /* the input is over after… */
        gsize left;        /* …so many bytes */
        bool is_deaf;      /* nobody reads the answers */
        bool is_blocked;   /* no room to write before out_source says so */
        bool is_cut_off;
        bool is_closed;  /* and said so */
        bool is_turning; /* turn() is on the stack… */
        bool is_doomed;  /* …and frees the client at its end */
};

static void turn(IcControlClient *client);

static void request_free(Request *request)
{
        g_free(request->id);
        g_free(request->answer);
        g_free(request);
}

static Request *request_push(IcControlClient *client, char *id)
{
        Request *request = g_new0(Request, 1);

        request->client = client;
        request->id = id;
        g_queue_push_tail(&client->requests, request);
        return request;
}

static void request_done(const GError *error, const IcStatus *status, gpointer user_data)
{
        Request *request = user_data;

        if (!request->client) {
                request_free(request);
                return;
        }
        request->answer = error    ? ic_answer_error(request->id, error)
                          : status ? ic_answer_status(request->id, status)
                                   : ic_answer_ok(request->id);
        turn(request->client);
}

static void serve_line(IcControlClient *client, const char *line, gsize len)
{
        g_auto(IcCommand) command = {0};
        g_autoptr(GError) error = NULL;
        char *id = NULL;
        bool ok = ic_command_parse(line, len, &command, &id, &error);
        Request *request = request_push(client, id);

        if (ok)
                client->handler.submit(&command, request_done, request, client->handler.user_data);
        else
                request->answer = ic_answer_error(request->id, error);
}

static void refuse_long_line(IcControlClient *client)
{
        g_autoptr(GError) error = g_error_new(IC_ERROR, IC_ERROR_TOO_LONG,
                "the line is longer than %d bytes", IC_COMMAND_LINE_MAX);

        request_push(client, NULL)->answer = ic_answer_error(NULL, error);
}

static void read_input(IcControlClient *client)
{
        char buffer[READ_SIZE];
        gsize size = client->is_finishing ? MIN(client->left, sizeof(buffer)) : sizeof(buffer);
        ssize_t n = size > 0 ? read(client->in_fd, buffer, size) : 0;

        if (n > 0) {
                ic_lines_add(&client->lines, buffer, (gsize) n);
                client->left -= client->is_finishing ? (gsize) n : 0;
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
                client->is_input_over = true;
        }
}

/* Serves one line, if there is one; false when there is nothing more to do. */
static bool serve_next(IcControlClient *client)
{
        const char *line;
        gsize len;

        switch (ic_lines_next(&client->lines, &line, &len)) {
        case IC_LINE_READY:
                serve_line(client, line, len);
                return true;
        case IC_LINE_TOO_LONG:
                refuse_long_line(client);
                return true;
        case IC_LINE_NONE:
                break;
        }
        if (client->is_input_over) {
                if (!ic_lines_take_rest(&client->lines, &line, &len))
                        return false;
                serve_line(client, line, len);
                return true;
        }
        if (client->is_finishing)
                read_input(client);
        return client->is_finishing;
}

/* The answers that are due, up to the first request that is not yet done. */
static void collect_answers(IcControlClient *client)
{
        Request *request;

        while ((request = g_queue_peek_head(&client->requests)) && request->answer) {
                if (!client->is_deaf)
                        g_string_append(client->unread, request->answer);
                request_free(g_queue_pop_head(&client->requests));
        }
}

static ssize_t write_some(IcControlClient *client)
{
        const GString *unread = client->unread;

        if (client->is_socket)
                return send(client->out_fd, unread->str, unread->len, MSG_DONTWAIT | MSG_NOSIGNAL);
        /* poll() promises room for so much in a pipe that may block. */
        return write(client->out_fd, unread->str, MIN(unread->len, PIPE_BUF));
}

static void write_answers(IcControlClient *client)
{
        while (client->unread->len > 0 && !client->is_blocked) {
                ssize_t n = write_some(client);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && errno != EAGAIN) {
                        client->is_deaf = true;
                        g_string_truncate(client->unread, 0);
                        return;
                }
                client->is_blocked = n < 0 || !client->is_socket;
                if (n > 0) {
                        g_string_erase(client->unread, 0, n);
                        if (client->patience_source)
                                g_source_set_ready_time(client->patience_source,
                                        ic_now_monotonic() + client->handler.patience);
                }
        }
        if (client->unread->len > IC_CONTROL_UNREAD_MAX)
                client->is_cut_off = true;
}

static bool is_stalled(const IcControlClient *client)
{
        return client->is_cut_off || client->requests.length >= IC_CONTROL_IN_FLIGHT_MAX ||
               client->unread->len > IC_CONTROL_UNREAD_PAUSE;
}

static void drop_source(GSource **source)
{
        if (!*source)
                return;
        g_source_destroy(*source);
        g_clear_pointer(source, g_source_unref);
}

static void drop_sources(IcControlClient *client)
{
        drop_source(&client->in_source);
        drop_source(&client->out_source);
        drop_source(&client->patience_source);
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer user_data)
{
        read_input(user_data);
        turn(user_data);
        return G_SOURCE_CONTINUE;
}

static gboolean on_room(gint fd, GIOCondition condition, gpointer user_data)
{
        IcControlClient *client = user_data;

        client->is_blocked = false;
        turn(client);
        return G_SOURCE_CONTINUE;
}

static gboolean on_patience_over(gpointer user_data)
{
        IcControlClient *client = user_data;

        client->is_cut_off = true;
        turn(client);
        return G_SOURCE_CONTINUE;
}

static void watch(GSource **source, bool is_wanted, int fd, GIOCondition condition,
        GUnixFDSourceFunc func, IcControlClient *client)
{
        if (!is_wanted)
                drop_source(source);
        if (!is_wanted || *source)
                return;
        *source = g_unix_fd_source_new(fd, condition);
        g_source_set_callback(*source, G_SOURCE_FUNC(func), client, NULL);
        g_source_attach(*source, g_main_context_get_thread_default());
}

static void watch_patience(IcControlClient *client)
{
        if (client->unread->len <= IC_CONTROL_UNREAD_PAUSE)
                drop_source(&client->patience_source);
        else if (!client->patience_source) {
                client->patience_source =
                        g_timeout_source_new((guint) (client->handler.patience / IC_USEC_PER_MSEC));
                g_source_set_callback(client->patience_source, on_patience_over, client, NULL);
                g_source_attach(client->patience_source, g_main_context_get_thread_default());
        }
}

static bool is_over(const IcControlClient *client)
{
        return client->is_cut_off ||
               (client->is_input_over && client->requests.length == 0 && client->unread->len == 0);
}

/* Does all that can be done now, and waits for what is lacking. The client may be gone after it. */
static void turn(IcControlClient *client)
{
        if (client->is_turning)
                return;
        client->is_turning = true;
        do {
                collect_answers(client);
                write_answers(client);
        } while (!client->is_doomed && !is_stalled(client) && serve_next(client));
        client->is_turning = false;

        if (client->is_doomed) {
                ic_control_client_free(client);
                return;
        }
        if (client->is_closed)
                return;
        watch(&client->in_source, !client->is_input_over && !is_stalled(client), client->in_fd,
                G_IO_IN, on_input, client);
        watch(&client->out_source, client->unread->len > 0, client->out_fd, G_IO_OUT, on_room,
                client);
        watch_patience(client);
        if (is_over(client)) {
                drop_sources(client);
                client->is_closed = true;
                client->handler.closed(client, client->handler.user_data);
        }
}

IcControlClient *ic_control_client_new(int in_fd, int out_fd, const IcControlHandler *handler)
{
        IcControlClient *client = g_new0(IcControlClient, 1);
        int type;

        client->in_fd = in_fd;
        client->out_fd = out_fd;
        client->is_socket =
                getsockopt(out_fd, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof(type)}) == 0;
        client->is_blocked = !client->is_socket;
        client->handler = *handler;
        if (client->handler.patience == 0)
                client->handler.patience = IC_CONTROL_PATIENCE_USEC;
        client->unread = g_string_new(NULL);
        g_queue_init(&client->requests);
        ic_lines_init(&client->lines);
        watch(&client->in_source, true, in_fd, G_IO_IN, on_input, client);
        return client;
}

void ic_control_client_finish(IcControlClient *client)
{
        int pending = 0;

        client->is_finishing = true;
        client->left = ioctl(client->in_fd, FIONREAD, &pending) == 0 ? (gsize) pending : 0;
        turn(client);
}

void ic_control_client_free(IcControlClient *client)
{
        Request *request;

        if (!client)
                return;
        if (client->is_turning) {
                client->is_doomed = true;
                return;
        }
        drop_sources(client);
        while ((request = g_queue_pop_head(&client->requests))) {
                if (request->answer)
                        request_free(request);
                else
                        request->client = NULL; /* freed by request_done() */
        }
        if (client->out_fd == client->in_fd)
                client->out_fd = -1;
        ic_fd_clear(&client->in_fd);
        ic_fd_clear(&client->out_fd);
        ic_lines_clear(&client->lines);
        g_string_free(client->unread, true);
        g_free(client);
}
