/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Lines that wait for a descriptor's reader. The descriptor is shared with whoever started us, so
 * it is not made non-blocking: poll() promises room for PIPE_BUF bytes in a pipe. */

#include "worker/line-writer.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <limits.h>
#include <sys/socket.h>

#include "base/descriptor.h"

/* Bytes already written are taken out of the buffer when there are so many of them. */
#define COMPACT_SIZE (256 * 1024)
/* A reader who keeps up is given what has come together so often, within one turn of the loop. */
#define ATTEMPT_SIZE (16 * 1024)
/* A pipe is made so large, if that may be: what comes in one turn has room then. */
#define PIPE_SIZE (1024 * 1024)

struct LineWriter {
        IcFd fd;
        bool is_socket;
        bool is_broken;
        GString *waiting;
        gsize written;   /* of `waiting` */
        gsize attempted; /* length of `waiting` at the last attempt to write */
        GSource *source;
        LineWriterFunc moved;
        gpointer user_data;
};

static bool has_room(const LineWriter *writer)
{
        GPollFD poll_fd = {.fd = writer->fd, .events = G_IO_OUT};

        return g_poll(&poll_fd, 1, 0) > 0;
}

/* How many bytes went; 0: no room, -1: nobody reads. */
static gssize write_some(LineWriter *writer)
{
        const char *data = writer->waiting->str + writer->written;
        gsize len = writer->waiting->len - writer->written;
        gssize n;

        if (writer->is_socket)
                n = send(writer->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        else if (has_room(writer))
                n = write(writer->fd, data, MIN(len, PIPE_BUF));
        else
                return 0;
        return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
}

static void forget(LineWriter *writer)
{
        g_string_truncate(writer->waiting, 0);
        writer->written = 0;
}

static void write_waiting(LineWriter *writer)
{
        gssize n = 1;

        while (n > 0 && writer->written < writer->waiting->len) {
                n = write_some(writer);
                if (n > 0)
                        writer->written += (gsize) n;
        }
        writer->is_broken |= n < 0;
        if (writer->is_broken || writer->written == writer->waiting->len) {
                forget(writer);
        } else if (writer->written > COMPACT_SIZE) {
                g_string_erase(writer->waiting, 0, (gssize) writer->written);
                writer->written = 0;
        }
        writer->attempted = writer->waiting->len;
}

static void unwatch(LineWriter *writer)
{
        if (!writer->source)
                return;
        g_source_destroy(writer->source);
        g_clear_pointer(&writer->source, g_source_unref);
}

static gboolean on_room(gint fd, GIOCondition condition, gpointer user_data)
{
        LineWriter *writer = user_data;

        write_waiting(writer);
        if (writer->waiting->len == 0)
                unwatch(writer);
        writer->moved(writer->user_data);
        return G_SOURCE_CONTINUE; /* a source that was taken down is destroyed */
}

LineWriter *line_writer_new(int fd, LineWriterFunc moved, gpointer user_data)
{
        LineWriter *writer = g_new0(LineWriter, 1);
        int type;

        writer->fd = fd;
        writer->is_socket =
                getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof(type)}) == 0;
        if (!writer->is_socket)
                (void) fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
        writer->waiting = g_string_new(NULL);
        writer->moved = moved;
        writer->user_data = user_data;
        return writer;
}

void line_writer_free(LineWriter *writer)
{
        if (!writer)
                return;
        unwatch(writer);
        ic_fd_clear(&writer->fd);
        g_string_free(writer->waiting, TRUE);
        g_free(writer);
}

void line_writer_push(LineWriter *writer, const char *line, gsize len)
{
        if (writer->is_broken)
                return;
        g_string_append_len(writer->waiting, line, (gssize) len);
        if (writer->source && writer->waiting->len < writer->attempted + ATTEMPT_SIZE)
                return;
        write_waiting(writer);
        if (writer->source || (writer->waiting->len == 0 && !writer->is_broken))
                return;
        /* A descriptor that is broken is ready as well: then `moved` tells it. */
        writer->source = g_unix_fd_source_new(writer->fd, G_IO_OUT);
        g_source_set_callback(writer->source, G_SOURCE_FUNC(on_room), writer, NULL);
        g_source_attach(writer->source, g_main_context_get_thread_default());
}

gsize line_writer_get_waiting(const LineWriter *writer)
{
        return writer->waiting->len - writer->written;
}

bool line_writer_is_broken(const LineWriter *writer)
{
        return writer->is_broken;
}
