/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What all kinds of links have in common: their life, their facts, and their GSource. */

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/link-private.h"

typedef struct {
        GSource source;
        IcLink *link;
        gpointer tag; /* NULL while nothing is wanted: poll() tells of a hang-up even unasked */
        GIOCondition events;
        IcLinkReadyFunc ready;
        gpointer user_data;
} LinkSource;

static bool has_unsent(const IcLink *link)
{
        return link->ops->has_unsent && link->ops->has_unsent(link);
}

static bool is_pending(const IcLink *link)
{
        return link->wants_read && link->ops->has_pending && link->ops->has_pending(link);
}

static void update_events(IcLink *link)
{
        LinkSource *source = (LinkSource *) link->source;
        GIOCondition events = 0;

        if (!source)
                return;
        if (link->wants_read)
                events |= G_IO_IN;
        if (link->wants_write || has_unsent(link))
                events |= G_IO_OUT;
        if (events == source->events)
                return;
        if (!events)
                g_source_remove_unix_fd(link->source, g_steal_pointer(&source->tag));
        else if (source->tag)
                g_source_modify_unix_fd(link->source, source->tag, events);
        else
                source->tag = g_source_add_unix_fd(link->source, link->fd, events);
        source->events = events;
}

static gboolean link_source_prepare(GSource *base, int *timeout)
{
        *timeout = -1;
        return is_pending(((LinkSource *) base)->link);
}

static gboolean link_source_check(GSource *base)
{
        LinkSource *source = (LinkSource *) base;

        return is_pending(source->link) ||
               (source->tag && g_source_query_unix_fd(base, source->tag));
}

static gboolean link_source_dispatch(GSource *base, GSourceFunc callback, gpointer user_data)
{
        LinkSource *source = (LinkSource *) base;
        IcLink *link = source->link;
        GIOCondition seen = source->tag ? g_source_query_unix_fd(base, source->tag) : 0;
        bool is_over = seen & (G_IO_HUP | G_IO_ERR);
        bool is_readable = link->wants_read && (is_over || (seen & G_IO_IN));
        bool is_writable = link->wants_write && (is_over || (seen & G_IO_OUT));

        if (has_unsent(link) && (is_over || (seen & G_IO_OUT))) {
                link->ops->flush(link);
                is_writable = is_writable && !has_unsent(link);
                update_events(link);
        }
        is_readable = is_readable || is_pending(link);
        /* The link may be freed in there. */
        if (is_readable || is_writable)
                source->ready(link, is_readable, is_writable, source->user_data);
        return G_SOURCE_CONTINUE;
}

static GSourceFuncs link_source_funcs = {
        .prepare = link_source_prepare,
        .check = link_source_check,
        .dispatch = link_source_dispatch,
};

static void unwatch(IcLink *link)
{
        if (!link->source)
                return;
        g_source_destroy(link->source);
        g_clear_pointer(&link->source, g_source_unref);
}

void ic_link_init(IcLink *link, const IcLinkOps *ops, int fd, char *description)
{
        g_assert(fd >= 0);

        link->ops = ops;
        link->fd = fd;
        link->description = description;
        link->peer = ic_address_of_peer(fd);
        (void) g_unix_set_fd_nonblocking(fd, TRUE, NULL);
        (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void ic_link_free(IcLink *link)
{
        if (!link)
                return;
        unwatch(link);
        g_free(link->description);
        g_free(link->peer);
        close(link->fd);
        link->ops->free(link);
}

void ic_link_watch(IcLink *link, IcLinkReadyFunc ready, gpointer user_data)
{
        LinkSource *source;

        unwatch(link);
        link->source = g_source_new(&link_source_funcs, sizeof(LinkSource));
        g_source_set_static_name(link->source, "irc-link");
        source = (LinkSource *) link->source;
        source->link = link;
        source->ready = ready;
        source->user_data = user_data;
        update_events(link);
        g_source_attach(link->source, g_main_context_get_thread_default());
}

void ic_link_want(IcLink *link, bool read, bool write)
{
        link->wants_read = read;
        link->wants_write = write;
        update_events(link);
}

IcLinkResult ic_link_peek(IcLink *link, const guint8 **ret_data, gsize *ret_len, GError **error)
{
        *ret_data = NULL;
        *ret_len = 0;
        return link->ops->peek(link, ret_data, ret_len, error);
}

bool ic_link_consume(IcLink *link, gsize len, GError **error)
{
        return link->ops->consume(link, len, error);
}

gssize ic_link_write(IcLink *link, const void *data, gsize len, GError **error)
{
        gssize taken = link->ops->write(link, data, len, error);

        update_events(link);
        return taken;
}

void ic_link_shutdown(IcLink *link)
{
        link->ops->shutdown(link);
        update_events(link);
}

bool ic_link_is_tls(const IcLink *link)
{
        return link->ops->is_tls;
}

const char *ic_link_describe(const IcLink *link)
{
        return link->description;
}

const char *ic_link_get_peer(const IcLink *link)
{
        return link->peer;
}

bool ic_link_is_survivable(const IcLink *link)
{
        return !link->ops->is_tls;
}

int ic_link_get_fd(const IcLink *link)
{
        return link->fd;
}

guint64 ic_link_get_cookie(const IcLink *link)
{
        guint64 cookie = 0;
        socklen_t len = sizeof(cookie);

        if (getsockopt(link->fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) < 0)
                return 0;
        return cookie;
}

void ic_link_set_broken(const IcLink *link, int code, GError **error)
{
        if (code == ETIMEDOUT)
                g_set_error(error, IC_ERROR, IC_ERROR_PING_TIMEOUT,
                        "The link to %s is dead: nothing that we send gets there", link->peer);
        else
                g_set_error(error, IC_ERROR, IC_ERROR_LINK_CLOSED, "The link to %s broke: %s",
                        link->peer, g_strerror(code));
}
