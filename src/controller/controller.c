/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The controller's life: on the bus, off the bus. */

#include "controller/controller.h"

#include <glib-unix.h>
#include <signal.h>

#include "base/clock.h"
#include "base/log.h"
#include "bus/reply.h"
#include "controller/health.h"
#include "controller/manager-interface.h"
#include "controller/objects.h"
#include "controller/settings.h"
#include "controller/units.h"
#include "store/tenants.h"

/* How often idleness is looked at, in parts of the idle time. */
#define IDLE_LOOKS 5

static void poll_later(IcController *controller);

static void controller_clear(IcController *controller)
{
        g_clear_handle_id(&controller->idle_timer, g_source_remove);
        g_clear_handle_id(&controller->poll_timer, g_source_remove);
        g_clear_pointer(&controller->looks, ic_health_looks_free);
        g_clear_pointer(&controller->units, ic_units_free);
        sd_bus_slot_unref(controller->manager_slot);
        g_clear_pointer(&controller->objects, ic_objects_free);
        g_clear_pointer(&controller->callers, ic_callers_free);
        g_clear_pointer(&controller->source, ic_bus_detach);
        sd_bus_flush_close_unref(controller->bus);
        g_clear_pointer(&controller->loop, g_main_loop_unref);
        g_clear_pointer(&controller->settings, ic_settings_cache_free);
        g_clear_pointer(&controller->limited, g_hash_table_unref);
        g_free(controller->state_dir);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IcController, controller_clear)

static void on_bus_lost(sd_bus *bus, gpointer user_data)
{
        IcController *controller = user_data;

        ic_log(IC_LOG_ERROR, NULL, "The connection to the bus is lost");
        controller->is_failed = true;
        g_main_loop_quit(controller->loop);
}

static gboolean on_signal(gpointer user_data)
{
        IcController *controller = user_data;

        g_main_loop_quit(controller->loop);
        return G_SOURCE_CONTINUE;
}

static bool is_busy(IcController *controller)
{
        return controller->n_pending > 0 || ic_callers_count(controller->callers) > 0;
}

static int on_name_back(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        IcController *controller = user_data;

        /* Somebody else serves already. */
        if (sd_bus_message_is_method_error(reply, NULL))
                g_main_loop_quit(controller->loop);
        return 1;
}

/* All calls that were sent to the name have come in by now. */
static int on_name_released(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        IcController *controller = user_data;

        controller->is_leaving = false;
        if (!is_busy(controller))
                g_main_loop_quit(controller->loop);
        else if (sd_bus_request_name_async(
                         controller->bus, NULL, IC_BUS_NAME, 0, on_name_back, controller) < 0)
                g_main_loop_quit(controller->loop);
        return 1;
}

/* Gives the name up first, so that a call is either ours or starts another controller. */
static gboolean on_idle_look(gpointer user_data)
{
        IcController *controller = user_data;
        gint64 now = ic_now_monotonic();

        if (is_busy(controller))
                controller->busy_until = now;
        if (now - controller->busy_until < controller->idle_usec || controller->is_leaving)
                return G_SOURCE_CONTINUE;
        controller->is_leaving = sd_bus_release_name_async(controller->bus, NULL, IC_BUS_NAME,
                                         on_name_released, controller) >= 0;
        return G_SOURCE_CONTINUE;
}

static void on_unit_changed(uint32_t id, gpointer user_data)
{
        IcController *controller = user_data;
        uid_t owner;

        if (ic_tenants_owner(controller->state_dir, id, &owner, NULL))
                ic_health_look(controller, id, owner, false);
}

/* As often as the settings say now. */
static gboolean on_poll(gpointer user_data)
{
        IcController *controller = user_data;

        controller->poll_timer = 0;
        ic_health_check_own(controller);
        poll_later(controller);
        return G_SOURCE_REMOVE;
}

static void poll_later(IcController *controller)
{
        const IcSettings *settings = ic_settings_cache_get(controller->settings);

        controller->poll_timer = g_timeout_add(
                (guint) (settings->status_poll_interval / IC_USEC_PER_MSEC), on_poll, controller);
}

/* Objects first, the name last: who finds the name finds the objects. */
static bool export(IcController *controller, GError **error)
{
        int r;

        if (!ic_objects_new(controller, &controller->objects, error))
                return false;
        r = sd_bus_add_object_vtable(controller->bus, &controller->manager_slot, IC_MANAGER_PATH,
                IC_MANAGER_INTERFACE, ic_manager_vtable, controller);
        if (r < 0) {
                ic_bus_errno(r, "cannot export " IC_MANAGER_PATH, error);
                return false;
        }
        r = sd_bus_request_name(controller->bus, IC_BUS_NAME, 0);
        if (r < 0) {
                ic_bus_errno(r, "cannot own the bus name " IC_BUS_NAME, error);
                return false;
        }
        return true;
}

static bool controller_init(
        IcController *controller, IcScope scope, guint idle_seconds, GError **error)
{
        controller->scope = scope;
        controller->state_dir = ic_state_dir(scope);
        controller->loop = g_main_loop_new(NULL, FALSE);
        controller->idle_usec = idle_seconds * IC_USEC_PER_SEC;
        controller->busy_until = ic_now_monotonic();
        if (!ic_bus_open(scope, &controller->bus, error))
                return false;
        controller->callers = ic_callers_new(controller->bus, scope);
        controller->settings = ic_settings_cache_new(scope);
        controller->limited = g_hash_table_new(NULL, NULL);
        controller->looks = ic_health_looks_new(controller);
        controller->units = ic_units_new(controller->bus, on_unit_changed, controller);
        if (!export(controller, error))
                return false;
        controller->source = ic_bus_attach(controller->bus, on_bus_lost, controller);
        controller->idle_timer =
                g_timeout_add(idle_seconds * 1000 / IDLE_LOOKS, on_idle_look, controller);
        return true;
}

bool ic_controller_run(IcScope scope, guint idle_seconds)
{
        g_auto(IcController) controller = {0};
        g_autoptr(GError) error = NULL;
        guint on_term, on_int;

        if (!controller_init(&controller, scope, idle_seconds, &error)) {
                IcLogFields fields = {.error_code = ic_error_code(ic_error_of(error))};

                ic_log(IC_LOG_ERROR, &fields, "Cannot start: %s", error->message);
                return false;
        }
        on_term = g_unix_signal_add(SIGTERM, on_signal, &controller);
        on_int = g_unix_signal_add(SIGINT, on_signal, &controller);
        ic_health_check_own(&controller);
        poll_later(&controller);
        g_main_loop_run(controller.loop);
        g_source_remove(on_term);
        g_source_remove(on_int);
        return !controller.is_failed;
}
