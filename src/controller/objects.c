/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Server objects exist only in the answer to a call: they are read from the database when
 * libsystemd looks for them, and let go when the loop is idle again, or with the next call. */

#include "controller/objects.h"

#include <stdlib.h>
#include <string.h>

#include "bus/reply.h"
#include "controller/access.h"
#include "controller/server-interface.h"
#include "controller/status.h"
#include "store/tenants.h"

struct IcObjects {
        IcController *controller;
        sd_bus_slot *manager_slot;
        sd_bus_slot *vtable_slot;
        sd_bus_slot *enumerator_slot;
        sd_bus_slot *state_slot;

        sd_bus_message *lent_for; /* the call that the objects below are for */
        GHashTable *lent;         /* number -> IcServerObject */
        IcStore *store;           /* the database that was last read for it */
        uid_t store_owner;
        guint return_source;

        GHashTable *changed; /* set of numbers that PropertiesChanged is due for */
        guint changed_source;
};

static void object_free(gpointer data)
{
        IcServerObject *object = data;

        ic_status_clear(&object->status);
        g_free(object);
}

static void return_all(IcObjects *objects)
{
        g_hash_table_remove_all(objects->lent);
        objects->lent_for = sd_bus_message_unref(objects->lent_for);
        g_clear_pointer(&objects->store, ic_store_free);
        g_clear_handle_id(&objects->return_source, g_source_remove);
}

static gboolean on_idle_return(gpointer user_data)
{
        IcObjects *objects = user_data;

        objects->return_source = 0;
        return_all(objects);
        return G_SOURCE_REMOVE;
}

static bool read_status(IcObjects *objects, uid_t owner, uint32_t id, IcStatus *ret, GError **error)
{
        if (objects->store && objects->store_owner != owner)
                g_clear_pointer(&objects->store, ic_store_free);
        if (!objects->store &&
                !ic_access_open(objects->controller, owner, 0, &objects->store, error))
                return false;
        objects->store_owner = owner;
        return ic_status_read(ret, objects->store, id, owner, true, error);
}

/* A server whose row cannot be read is shown with the reason. NULL: there is none. */
static IcServerObject *read_object(IcObjects *objects, uint32_t id, uid_t owner)
{
        g_autoptr(GError) error = NULL;
        g_auto(IcStatus) status = {0};
        IcServerObject *object;

        if (!read_status(objects, owner, id, &status, &error)) {
                if (g_error_matches(error, IC_ERROR, IC_ERROR_NO_SUCH_SERVER))
                        return NULL;
                status = (IcStatus){.id = id,
                        .owner = owner,
                        .lag = -1,
                        .last_error = g_strdup(error->message)};
        }
        object = g_new0(IcServerObject, 1);
        object->controller = objects->controller;
        object->status = status;
        status = (IcStatus){0}; /* given away */
        return object;
}

static IcServerObject *lend(IcObjects *objects, uint32_t id, uid_t owner)
{
        sd_bus_message *call = sd_bus_get_current_message(objects->controller->bus);
        IcServerObject *object;

        if (objects->lent_for != call) {
                return_all(objects);
                objects->lent_for = sd_bus_message_ref(call);
                objects->return_source = g_idle_add(on_idle_return, objects);
        }
        object = g_hash_table_lookup(objects->lent, GUINT_TO_POINTER(id));
        if (!object) {
                object = read_object(objects, id, owner);
                if (object)
                        g_hash_table_insert(objects->lent, GUINT_TO_POINTER(id), object);
        }
        return object;
}

static int find_server(sd_bus *bus, const char *path, const char *interface, void *user_data,
        void **ret_found, sd_bus_error *ret_error)
{
        IcObjects *objects = user_data;
        IcController *controller = objects->controller;
        IcServerObject *object;
        uint32_t id;
        uid_t owner;

        if (!ic_server_path_parse(path, &id) ||
                !ic_tenants_owner(controller->state_dir, id, &owner, NULL) ||
                !ic_access_is_visible(controller, ic_access_current_caller(controller), owner))
                return 0;
        object = lend(objects, id, owner);
        if (!object)
                return 0;
        *ret_found = object;
        return 1;
}

static int enumerate_servers(sd_bus *bus, const char *prefix, void *user_data, char ***ret_nodes,
        sd_bus_error *ret_error)
{
        IcObjects *objects = user_data;
        IcController *controller = objects->controller;
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) servers = NULL;
        GStrv nodes;

        servers = ic_access_list(controller, ic_access_current_caller(controller), &error);
        if (!servers)
                return ic_bus_error_set(ret_error, error);
        nodes = g_new0(char *, servers->len + 1);
        for (guint i = 0; i < servers->len; i++)
                nodes[i] = ic_server_path(g_array_index(servers, IcTenantServer, i).id);
        *ret_nodes = nodes;
        return 1;
}

static int new_server_signal(IcObjects *objects, uint32_t id, const char *interface,
        const char *member, sd_bus_message **ret)
{
        g_autofree char *path = ic_server_path(id);

        return sd_bus_message_new_signal(objects->controller->bus, ret, path, interface, member);
}

static void send_signal(IcObjects *objects, sd_bus_message *signal, int filled)
{
        if (filled >= 0 && !ic_bus_is_congested(objects->controller->bus))
                sd_bus_send(objects->controller->bus, signal, NULL);
}

/* libsystemd's own InterfacesAdded and PropertiesChanged would look the object up as the caller of
 * the moment sees it, and the former would tell everybody its properties. */
static void send_object_signal(
        IcObjects *objects, const char *member, uint32_t id, const char *types)
{
        g_autoptr(sd_bus_message) signal = NULL;
        g_autofree char *path = ic_server_path(id);
        int r;

        r = sd_bus_message_new_signal(objects->controller->bus, &signal, IC_MANAGER_PATH,
                "org.freedesktop.DBus.ObjectManager", member);
        if (r >= 0)
                r = sd_bus_message_append(signal, types, path, 1, IC_SERVER_INTERFACE, 0);
        send_signal(objects, signal, r);
}

void ic_objects_added(IcObjects *objects, uint32_t id)
{
        send_object_signal(objects, "InterfacesAdded", id, "oa{sa{sv}}");
}

void ic_objects_removed(IcObjects *objects, uint32_t id)
{
        g_hash_table_remove(objects->changed, GUINT_TO_POINTER(id));
        send_object_signal(objects, "InterfacesRemoved", id, "oas");
}

static void send_properties_changed(IcObjects *objects, uint32_t id)
{
        g_autoptr(sd_bus_message) signal = NULL;
        int r = new_server_signal(
                objects, id, "org.freedesktop.DBus.Properties", "PropertiesChanged", &signal);

        if (r >= 0)
                r = sd_bus_message_append(signal, "sa{sv}", IC_SERVER_INTERFACE, 0);
        if (r >= 0)
                r = sd_bus_message_append_strv(signal, (char **) ic_server_changing_properties);
        send_signal(objects, signal, r);
}

static gboolean on_idle_changed(gpointer user_data)
{
        IcObjects *objects = user_data;
        GHashTableIter iter;
        gpointer id;

        objects->changed_source = 0;
        g_hash_table_iter_init(&iter, objects->changed);
        while (g_hash_table_iter_next(&iter, &id, NULL)) {
                send_properties_changed(objects, GPOINTER_TO_UINT(id));
                g_hash_table_iter_remove(&iter);
        }
        return G_SOURCE_REMOVE;
}

void ic_objects_changed(IcObjects *objects, uint32_t id)
{
        g_hash_table_add(objects->changed, GUINT_TO_POINTER(id));
        if (!objects->changed_source)
                objects->changed_source = g_idle_add(on_idle_changed, objects);
}

void ic_objects_state_changed(IcObjects *objects, uint32_t id, IcState state, const char *reason)
{
        g_autoptr(sd_bus_message) signal = NULL;
        int r = new_server_signal(objects, id, IC_SERVER_INTERFACE, "StateChanged", &signal);

        if (r >= 0)
                r = sd_bus_message_append(signal, "ss", ic_state_name(state), reason);
        send_signal(objects, signal, r);
        ic_objects_changed(objects, id);
}

/* A worker's StateChanged. Anybody could send one, so nothing is taken from it but that a look at
 * the server may be worth while. */
static int on_worker_state(sd_bus_message *signal, void *user_data, sd_bus_error *ret_error)
{
        IcObjects *objects = user_data;
        const char *path = sd_bus_message_get_path(signal);
        const char *number = path ? strrchr(path, '/') : NULL;
        g_autofree char *expected = NULL;
        uint32_t id;
        uid_t owner;

        if (!number || !ic_id_parse(number + 1, &id))
                return 0;
        expected = ic_connection_path(id);
        if (g_str_equal(path, expected) &&
                ic_tenants_owner(objects->controller->state_dir, id, &owner, NULL))
                ic_objects_changed(objects, id);
        return 0;
}

bool ic_objects_new(IcController *controller, IcObjects **ret, GError **error)
{
        g_autoptr(IcObjects) objects = g_new0(IcObjects, 1);
        sd_bus *bus = controller->bus;
        int r;

        objects->controller = controller;
        objects->lent = g_hash_table_new_full(NULL, NULL, NULL, object_free);
        objects->changed = g_hash_table_new(NULL, NULL);
        r = sd_bus_add_object_manager(bus, &objects->manager_slot, IC_MANAGER_PATH);
        if (r >= 0)
                r = sd_bus_add_fallback_vtable(bus, &objects->vtable_slot, IC_SERVER_PATH_PREFIX,
                        IC_SERVER_INTERFACE, ic_server_vtable, find_server, objects);
        if (r >= 0)
                r = sd_bus_add_node_enumerator(bus, &objects->enumerator_slot,
                        IC_SERVER_PATH_PREFIX, enumerate_servers, objects);
        if (r >= 0)
                r = sd_bus_add_match_async(bus, &objects->state_slot,
                        "type='signal',interface='" IC_CONNECTION_INTERFACE "',"
                        "member='StateChanged',path_namespace='" IC_CONNECTION_PATH_PREFIX "'",
                        on_worker_state, NULL, objects);
        if (r < 0) {
                ic_bus_errno(r, "cannot export the servers on the bus", error);
                return false;
        }
        *ret = g_steal_pointer(&objects);
        return true;
}

void ic_objects_free(IcObjects *objects)
{
        if (!objects)
                return;
        return_all(objects);
        g_clear_handle_id(&objects->changed_source, g_source_remove);
        sd_bus_slot_unref(objects->state_slot);
        sd_bus_slot_unref(objects->enumerator_slot);
        sd_bus_slot_unref(objects->vtable_slot);
        sd_bus_slot_unref(objects->manager_slot);
        g_hash_table_unref(objects->lent);
        g_hash_table_unref(objects->changed);
        g_free(objects);
}
