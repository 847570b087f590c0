/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The worker's connection to the bus, for as long as there is one. */

#include "worker/bus-service.h"

#include "base/log.h"
#include "bus/caller.h"
#include "bus/reply.h"
#include "bus/source.h"
#include "worker/connection-interface.h"

/* A bus that is gone is looked for every so often. */
#define RETRY_SEC 2

struct BusService {
        IcScope scope;
        IcSession *session;
        uint32_t id;
        uid_t owner;

        sd_bus *bus;
        IcBusSource *source;
        IcCallers *callers;
        IcConnectionInterface *interface;
        guint retry_timer;
        bool was_told; /* that the bus cannot be reached */
};

static void look_for_bus(BusService *service);

static void disconnect(BusService *service)
{
        g_clear_pointer(&service->interface, ic_connection_interface_free);
        g_clear_pointer(&service->callers, ic_callers_free);
        g_clear_pointer(&service->source, ic_bus_detach);
        g_clear_pointer(&service->bus, sd_bus_flush_close_unref);
}

static gboolean on_retry(gpointer user_data)
{
        BusService *service = user_data;

        service->retry_timer = 0;
        look_for_bus(service);
        return G_SOURCE_REMOVE;
}

static void retry_later(BusService *service, const char *reason)
{
        if (!service->was_told)
                ic_log(IC_LOG_WARNING, &(IcLogFields){.server = service->id},
                        "Not on D-Bus, trying again: %s", reason);
        service->was_told = true;
        if (service->retry_timer == 0)
                service->retry_timer = g_timeout_add_seconds(RETRY_SEC, on_retry, service);
}

/* Called from within the dispatch of the bus's source: taking it down waits for the timer. */
static void on_lost(sd_bus *bus, gpointer user_data)
{
        retry_later(user_data, "the bus closed the connection");
}

static int on_name(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        BusService *service = user_data;
        const sd_bus_error *error = sd_bus_message_get_error(reply);

        if (error)
                ic_log(IC_LOG_WARNING, &(IcLogFields){.server = service->id},
                        "The bus refused the name of connection %u: %s", service->id,
                        error->message);
        return 0;
}

static bool connect_to_bus(BusService *service, GError **error)
{
        g_autofree char *name = ic_connection_bus_name(service->id);
        int r;

        if (!ic_bus_open(service->scope, &service->bus, error))
                return false;

        service->source = ic_bus_attach(service->bus, on_lost, service);
        service->callers = ic_callers_new(service->bus, service->scope);
        service->interface = ic_connection_interface_new(service->bus, service->callers,
                service->session, service->id, service->owner, error);
        if (!service->interface)
                return false;

        r = sd_bus_request_name_async(service->bus, NULL, name, 0, on_name, service);
        if (r < 0) {
                ic_bus_errno(r, "Requesting the connection's name", error);
                return false;
        }
        return true;
}

static void look_for_bus(BusService *service)
{
        g_autoptr(GError) error = NULL;

        disconnect(service);
        if (connect_to_bus(service, &error)) {
                service->was_told = false;
                return;
        }

        disconnect(service);
        retry_later(service, error->message);
}

BusService *bus_service_new(IcScope scope, IcSession *session, uint32_t id, uid_t owner)
{
        BusService *service = g_new0(BusService, 1);

        service->scope = scope;
        service->session = session;
        service->id = id;
        service->owner = owner;
        look_for_bus(service);
        return service;
}

void bus_service_free(BusService *service)
{
        if (!service)
                return;

        if (service->retry_timer != 0)
                g_source_remove(service->retry_timer);
        disconnect(service);
        g_free(service);
}

sd_bus *bus_service_get_bus(const BusService *service)
{
        return service->source && !service->was_told ? service->bus : NULL;
}
