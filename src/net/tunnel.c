/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The dialogue with a proxy. What it answers is peeked and consumed to the byte: the server may
 * speak right behind it. */

#include "net/tunnel.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>

#include "base/descriptor.h"

struct IcTunnel {
        IcFd fd;
        IcProxyDialogue *dialogue;
        bool is_write_broken; /* the proxy may have said why, which is read first */
        GSource *source;
        GIOCondition events;
        IcTunnelFunc done;
        gpointer user_data;
};

static void unwatch(IcTunnel *tunnel)
{
        if (!tunnel->source)
                return;
        g_source_destroy(tunnel->source);
        g_clear_pointer(&tunnel->source, g_source_unref);
}

static void finish(IcTunnel *tunnel, const GError *error)
{
        unwatch(tunnel);
        tunnel->done(error ? -1 : ic_fd_steal(&tunnel->fd), error, tunnel->user_data);
}

static void send_output(IcTunnel *tunnel)
{
        const GByteArray *output = ic_proxy_dialogue_get_output(tunnel->dialogue);
        gssize n;

        if (output->len == 0 || tunnel->is_write_broken)
                return;
        do
                n = send(tunnel->fd, output->data, output->len, MSG_NOSIGNAL | MSG_DONTWAIT);
        while (n < 0 && errno == EINTR);
        if (n > 0)
                ic_proxy_dialogue_note_sent(tunnel->dialogue, (gsize) n);
        else if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
                tunnel->is_write_broken = true;
}

/* Takes the bytes from the socket that were the proxy's. 0 or errno. */
static int consume(IcTunnel *tunnel, gsize len)
{
        while (len > 0) {
                /* MSG_TRUNC: discarded in the kernel, not copied (tcp(7)). */
                gssize n = recv(tunnel->fd, NULL, len, MSG_TRUNC | MSG_DONTWAIT);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? errno : ECONNRESET;
                len -= (gsize) n;
        }
        return 0;
}

/* One look at what has arrived. */
static IcProxyResult receive(IcTunnel *tunnel, GError **error)
{
        guint8 block[IC_PROXY_ANSWER_MAX];
        IcProxyResult result;
        gsize used;
        gssize n;
        int code;

        do
                n = recv(tunnel->fd, block, sizeof(block), MSG_PEEK | MSG_DONTWAIT);
        while (n < 0 && errno == EINTR);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
                return IC_PROXY_MORE;
        if (n <= 0) {
                ic_proxy_dialogue_end(tunnel->dialogue, n < 0 ? errno : 0, error);
                return IC_PROXY_REFUSED;
        }
        result = ic_proxy_dialogue_feed(tunnel->dialogue, block, (gsize) n, &used, error);
        code = result == IC_PROXY_REFUSED ? 0 : consume(tunnel, used);
        if (code) {
                ic_proxy_dialogue_end(tunnel->dialogue, code, error);
                return IC_PROXY_REFUSED;
        }
        return result;
}

static gboolean step(int fd, GIOCondition events, gpointer user_data);

static void watch(IcTunnel *tunnel)
{
        bool has_output = ic_proxy_dialogue_get_output(tunnel->dialogue)->len > 0;
        GIOCondition events = G_IO_IN | (has_output && !tunnel->is_write_broken ? G_IO_OUT : 0);

        if (tunnel->source && events == tunnel->events)
                return;
        unwatch(tunnel);
        tunnel->events = events;
        tunnel->source = g_unix_fd_source_new(tunnel->fd, events);
        g_source_set_callback(tunnel->source, G_SOURCE_FUNC(step), tunnel, NULL);
        g_source_attach(tunnel->source, g_main_context_get_thread_default());
}

static gboolean step(int fd, GIOCondition events, gpointer user_data)
{
        IcTunnel *tunnel = user_data;
        g_autoptr(GError) error = NULL;

        if (receive(tunnel, &error) == IC_PROXY_MORE) {
                send_output(tunnel);
                watch(tunnel);
        } else
                finish(tunnel, error);
        /* The tunnel may be freed by now; a source that was replaced or removed is destroyed. */
        return G_SOURCE_CONTINUE;
}

IcTunnel *ic_tunnel_start(int fd, IcProxyDialogue *dialogue, IcTunnelFunc done, gpointer user_data)
{
        IcTunnel *tunnel = g_new0(IcTunnel, 1);

        tunnel->fd = fd;
        tunnel->dialogue = dialogue;
        tunnel->done = done;
        tunnel->user_data = user_data;
        watch(tunnel);
        return tunnel;
}

void ic_tunnel_free(IcTunnel *tunnel)
{
        if (!tunnel)
                return;
        unwatch(tunnel);
        g_clear_pointer(&tunnel->dialogue, ic_proxy_dialogue_free);
        ic_fd_clear(&tunnel->fd);
        g_free(tunnel);
}
