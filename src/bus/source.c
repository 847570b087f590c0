/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* sd-bus in a GLib main context. The descriptor, its events and the time-out are asked of the bus
 * in every prepare(): all three change while a connection is set up, authenticates and is lost. */

#include "bus/source.h"

#include "base/error.h"
#include "bus/reply.h"

/* Messages handled before other sources of the loop have their turn. */
#define BATCH_MAX 16u

struct IcBusSource {
        GSource source;
        sd_bus *bus;
        GPollFD poll;
        guint64 deadline; /* µs of CLOCK_MONOTONIC; 0: at once */
        IcBusLostFunc lost;
        gpointer user_data;
};

static gint milliseconds_until(guint64 deadline)
{
        guint64 now = (guint64) g_get_monotonic_time();

        if (deadline == G_MAXUINT64)
                return -1;
        if (deadline <= now)
                return 0;
        return (gint) MIN((deadline - now + 999) / 1000, (guint64) G_MAXINT);
}

/* GLib keeps the descriptors of a context sorted, so one that changes must leave and come back.
 * That wakes the loop once, and so is not done without need. */
static void source_watch(IcBusSource *source, int fd)
{
        if (source->poll.fd == fd)
                return;
        if (source->poll.fd >= 0)
                g_source_remove_poll(&source->source, &source->poll);
        source->poll.fd = fd;
        if (fd >= 0)
                g_source_add_poll(&source->source, &source->poll);
}

static gboolean source_prepare(GSource *base, gint *ret_timeout)
{
        IcBusSource *source = (IcBusSource *) base;
        int fd, events, r;

        fd = sd_bus_get_fd(source->bus);
        events = sd_bus_get_events(source->bus);
        r = sd_bus_get_timeout(source->bus, &source->deadline);
        if (fd < 0 || events < 0 || r < 0) {
                /* The connection is gone; sd_bus_process() says so to dispatch(). */
                source_watch(source, -1);
                source->deadline = 0;
        } else {
                source_watch(source, fd);
                source->poll.events = (gushort) events;
        }
        source->poll.revents = 0;
        *ret_timeout = milliseconds_until(source->deadline);
        return *ret_timeout == 0;
}

static gboolean source_check(GSource *base)
{
        IcBusSource *source = (IcBusSource *) base;

        return source->poll.revents != 0 || milliseconds_until(source->deadline) == 0;
}

static gboolean source_dispatch(GSource *base, GSourceFunc func, gpointer data)
{
        IcBusSource *source = (IcBusSource *) base;

        for (guint i = 0; i < BATCH_MAX && !g_source_is_destroyed(base); i++) {
                int r = sd_bus_process(source->bus, NULL);

                if (r == 0)
                        break;
                if (r < 0) {
                        sd_bus_close(source->bus);
                        if (source->lost && !g_source_is_destroyed(base))
                                source->lost(source->bus, source->user_data);
                        return G_SOURCE_REMOVE;
                }
        }
        return G_SOURCE_CONTINUE;
}

static void source_finalize(GSource *base)
{
        IcBusSource *source = (IcBusSource *) base;

        sd_bus_unref(source->bus);
}

static GSourceFuncs source_funcs = {
        .prepare = source_prepare,
        .check = source_check,
        .dispatch = source_dispatch,
        .finalize = source_finalize,
};

bool ic_bus_open(IcScope scope, sd_bus **ret, GError **error)
{
        g_autoptr(sd_bus) bus = NULL;
        int r;

        r = scope == IC_SCOPE_SYSTEM ? sd_bus_open_system(&bus) : sd_bus_open_user(&bus);
        if (r < 0) {
                ic_bus_errno(r,
                        scope == IC_SCOPE_SYSTEM ? "cannot connect to the system bus"
                                                 : "cannot connect to the session bus",
                        error);
                return false;
        }
        *ret = g_steal_pointer(&bus);
        return true;
}

IcBusSource *ic_bus_attach(sd_bus *bus, IcBusLostFunc lost, gpointer user_data)
{
        GSource *base = g_source_new(&source_funcs, sizeof(IcBusSource));
        IcBusSource *source = (IcBusSource *) base;

        source->bus = sd_bus_ref(bus);
        source->lost = lost;
        source->user_data = user_data;
        source->poll.fd = -1;
        g_source_set_static_name(base, "sd-bus");
        g_source_attach(base, g_main_context_get_thread_default());
        return source;
}

void ic_bus_detach(IcBusSource *source)
{
        if (!source)
                return;
        g_source_destroy(&source->source);
        g_source_unref(&source->source);
}

bool ic_bus_is_congested(sd_bus *bus)
{
        uint64_t queued = 0;

        return sd_bus_get_n_queued_write(bus, &queued) >= 0 && queued >= IC_BUS_QUEUE_MAX;
}
