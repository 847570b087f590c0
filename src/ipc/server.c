/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Accepting the clients of the command socket. */

#include "ipc/server.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>

#include "base/descriptor.h"
#include "base/error.h"

/* After accept() failed for want of descriptors or memory. */
#define ACCEPT_PAUSE_MSEC 1000

struct IcControlServer {
        IcFd listen_fd;
        uid_t owner;
        IcControlSubmitFunc submit;
        gint64 patience;
        gpointer user_data;
        GPtrArray *clients; /* of IcControlClient */
        GError *refusal;
        GSource *accept_source;
        GSource *pause_source;
        bool is_draining;
        IcControlDrainedFunc drained;
        gpointer drained_data;
};

static void watch(IcControlServer *server);

static void drop_source(GSource **source)
{
        if (!*source)
                return;
        g_source_destroy(*source);
        g_clear_pointer(source, g_source_unref);
}

static void submit(
        const IcCommand *command, IcCommandDoneFunc done, gpointer done_data, gpointer user_data)
{
        IcControlServer *server = user_data;

        if (server->refusal)
                done(server->refusal, NULL, done_data);
        else
                server->submit(command, done, done_data, server->user_data);
}

static void check_drained(IcControlServer *server)
{
        IcControlDrainedFunc drained = server->drained;

        if (!server->is_draining || server->clients->len > 0)
                return;
        server->drained = NULL;
        if (drained)
                drained(server->drained_data);
}

static void on_closed(IcControlClient *client, gpointer user_data)
{
        IcControlServer *server = user_data;

        g_ptr_array_remove_fast(server->clients, client);
        watch(server);
        check_drained(server);
}

static bool is_welcome(const IcControlServer *server, int fd)
{
        struct ucred peer;
        socklen_t len = sizeof(peer);

        return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
               (peer.uid == server->owner || peer.uid == 0 || peer.uid == geteuid());
}

static void turn_away(int fd)
{
        g_autoptr(GError) error = g_error_new_literal(IC_ERROR, IC_ERROR_ACCESS_DENIED,
                "only the owner of this connection and root may command it");
        g_autofree char *answer = ic_answer_error(NULL, error);

        (void) send(fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void serve(IcControlServer *server, int fd)
{
        IcControlHandler handler = {
                .submit = submit,
                .closed = on_closed,
                .patience = server->patience,
                .user_data = server,
        };

        g_ptr_array_add(server->clients, ic_control_client_new(fd, fd, &handler));
}

static gboolean on_pause_over(gpointer user_data)
{
        IcControlServer *server = user_data;

        drop_source(&server->pause_source);
        watch(server);
        return G_SOURCE_REMOVE;
}

static void pause_accepting(IcControlServer *server)
{
        server->pause_source = g_timeout_source_new(ACCEPT_PAUSE_MSEC);
        g_source_set_callback(server->pause_source, on_pause_over, server, NULL);
        g_source_attach(server->pause_source, g_main_context_get_thread_default());
}

static gboolean on_client(gint listen_fd, GIOCondition condition, gpointer user_data)
{
        IcControlServer *server = user_data;
        g_auto(IcFd) fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd < 0) {
                if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
                        pause_accepting(server);
        } else if (is_welcome(server, fd)) {
                serve(server, ic_fd_steal(&fd));
        } else {
                turn_away(fd);
        }
        watch(server);
        return G_SOURCE_CONTINUE;
}

/* Waits for the next client if it can be served. */
static void watch(IcControlServer *server)
{
        if (server->is_draining || server->pause_source ||
                server->clients->len >= IC_CONTROL_CLIENTS_MAX) {
                drop_source(&server->accept_source);
                return;
        }
        if (server->accept_source)
                return;
        server->accept_source = g_unix_fd_source_new(server->listen_fd, G_IO_IN);
        g_source_set_callback(server->accept_source, G_SOURCE_FUNC(on_client), server, NULL);
        g_source_attach(server->accept_source, g_main_context_get_thread_default());
}

IcControlServer *ic_control_server_new(const IcControlServerOptions *options)
{
        IcControlServer *server = g_new0(IcControlServer, 1);

        server->listen_fd = options->listen_fd;
        server->owner = options->owner;
        server->submit = options->submit;
        server->patience = options->patience;
        server->user_data = options->user_data;
        server->clients = g_ptr_array_new_with_free_func((GDestroyNotify) ic_control_client_free);
        /* Another process may be quicker to accept, or the client may be gone again. */
        (void) g_unix_set_fd_nonblocking(server->listen_fd, true, NULL);
        watch(server);
        return server;
}

void ic_control_server_free(IcControlServer *server)
{
        if (!server)
                return;
        drop_source(&server->accept_source);
        drop_source(&server->pause_source);
        g_ptr_array_unref(server->clients);
        g_clear_error(&server->refusal);
        ic_fd_clear(&server->listen_fd);
        g_free(server);
}

void ic_control_server_refuse(IcControlServer *server, const GError *error)
{
        g_clear_error(&server->refusal);
        server->refusal = error ? g_error_copy(error) : NULL;
}

void ic_control_server_drain(IcControlServer *server, IcControlDrainedFunc done, gpointer user_data)
{
        /* One client's command may complete another's, and with it that other client. */
        g_autoptr(GPtrArray) clients = g_ptr_array_new();

        g_ptr_array_extend(clients, server->clients, NULL, NULL);
        server->is_draining = true;
        watch(server);
        for (guint i = 0; i < clients->len; i++)
                if (g_ptr_array_find(server->clients, g_ptr_array_index(clients, i), NULL))
                        ic_control_client_finish(g_ptr_array_index(clients, i));
        server->drained = done;
        server->drained_data = user_data;
        check_drained(server);
}
