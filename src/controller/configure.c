/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Servers come, change and go. */

#include "controller/configure.h"

#include "base/log.h"
#include "bus/reply.h"
#include "controller/access.h"
#include "controller/blocklist.h"
#include "controller/call.h"
#include "controller/dictionary.h"
#include "controller/health.h"
#include "controller/objects.h"
#include "controller/units.h"
#include "store/tenants.h"

static bool insert(IcController *controller, uid_t owner, uint32_t id, const IcServerConfig *config,
        GError **error)
{
        g_autoptr(IcStore) store = NULL;

        return ic_access_open(controller, owner, IC_STORE_CREATE, &store, error) &&
               ic_store_server_add(store, id, config, error);
}

/* The number is given back when the row cannot be written. */
static bool add(IcController *controller, uid_t owner, const IcServerConfig *config,
        uint32_t *ret_id, GError **error)
{
        uint32_t id;

        if (!ic_tenants_ensure(controller->state_dir, owner, error) ||
                !ic_tenants_allot(controller->state_dir, owner, &id, error))
                return false;
        if (!insert(controller, owner, id, config, error)) {
                g_autoptr(GError) ignored = NULL; /* the first failure is the one to tell */

                if (!ic_tenants_release(controller->state_dir, id, &ignored))
                        g_prefix_error(error, "number %u is lost (%s): ", id, ignored->message);
                return false;
        }
        *ret_id = id;
        return true;
}

int ic_configure_add(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error)
{
        g_autoptr(IcServerConfig) config = ic_server_config_new();
        g_autoptr(GError) error = NULL;
        uid_t caller = ic_callers_uid(controller->callers, message);
        uid_t owner = caller;
        IcLogFields fields = {.message_id = IC_MESSAGE_SERVER_ADDED};
        int r;

        if (!ic_dictionary_read(message, config, &owner, &error) ||
                !ic_server_config_complete(config, &error))
                return ic_bus_error_set(ret_error, error);
        r = ic_callers_check(controller->callers, message, (uid_t) -1,
                owner == caller ? IC_ACTION_ADD : IC_ACTION_MANAGE, ret_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        if (!add(controller, owner, config, &fields.server, &error))
                return ic_bus_error_set(ret_error, error);

        ic_log(IC_LOG_NOTICE, &fields, "Server %u added for user %u", fields.server, owner);
        ic_objects_added(controller->objects, fields.server);
        return sd_bus_reply_method_return(message, "u", fields.server);
}

/* A name that is the address, and the port of with or without TLS, go along with what they came
 * from, unless they are given as well. */
static bool unset_derived(IcServerConfig *config, GError **error)
{
        g_autoptr(IcServerConfig) plain = ic_server_config_new();

        plain->tls = config->tls;
        plain->address = g_strdup(config->address);
        if (!ic_server_config_complete(plain, error))
                return false;
        if (g_strcmp0(config->name, plain->name) == 0 &&
                !ic_server_config_set(config, "name", "", error))
                return false;
        return config->port != plain->port || ic_server_config_set(config, "port", "", error);
}

/* --- what a change makes good ----------------------------------------------------------------- */

typedef struct {
        IcController *controller;
        uint32_t id;
        uid_t owner;
} Correction;

static void on_facts_after_change(const IcUnitFacts *facts, const GError *error, gpointer user_data)
{
        Correction *correction = user_data;
        IcController *controller = correction->controller;

        if (!facts || !ic_unit_facts_has_failed_with(facts, IC_EXIT_CONFIGURATION))
                return;
        ic_units_reset_failed(controller->units, correction->id);
        ic_health_look(controller, correction->id, correction->owner, true);
}

/* What only a person could put right may be right now: it is started if it is wanted. */
static void start_if_due(const IcCall *call, bool is_lifted)
{
        IcController *controller = call->controller;
        Correction *correction;

        if (is_lifted) {
                ic_objects_state_changed(controller->objects, call->id, IC_STATE_DISCONNECTED,
                        "unblocked, as its configuration is another one");
                ic_health_look(controller, call->id, call->owner, true);
                return;
        }
        correction = g_new(Correction, 1);
        *correction = (Correction){controller, call->id, call->owner};
        ic_units_query(controller->units, call->id, on_facts_after_change, correction, g_free);
}

/* --- UpdateServer ----------------------------------------------------------------------------- */

/* Reads, changes and writes in one transaction: what is not given stays. */
static bool update(IcController *controller, const IcCall *call, sd_bus_message *message,
        bool *ret_is_lifted, GError **error)
{
        g_autoptr(IcStore) store = NULL;
        g_autoptr(IcServerRow) row = NULL;

        return ic_access_open(controller, call->owner, 0, &store, error) &&
               ic_store_begin(store, error) && ic_store_server_read(store, call->id, &row, error) &&
               unset_derived(row->config, error) &&
               ic_dictionary_read(message, row->config, NULL, error) &&
               ic_server_config_complete(row->config, error) &&
               ic_store_server_update(store, call->id, row->config, error) &&
               ic_blocklist_forgive(store, call->id, ret_is_lifted, error) &&
               ic_store_commit(store, error);
}

int ic_configure_update(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error)
{
        g_autoptr(IcCall) call = NULL;
        g_autoptr(GError) error = NULL;
        bool is_lifted;
        uint32_t id;
        int r = sd_bus_message_read(message, "u", &id);

        if (r < 0)
                return r;
        r = ic_call_admit(controller, message, id, &call, ret_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        if (!update(controller, call, message, &is_lifted, &error))
                return ic_bus_error_set(ret_error, error);
        ic_objects_changed(controller->objects, id);
        start_if_due(call, is_lifted);
        return sd_bus_reply_method_return(message, NULL);
}

static bool remove_now(IcController *controller, const IcCall *call, GError **error)
{
        g_autoptr(IcStore) store = NULL;

        /* The number last: until then nobody else can be given it. */
        return ic_access_open(controller, call->owner, 0, &store, error) &&
               ic_store_server_remove(store, call->id, error) &&
               ic_tenants_release(controller->state_dir, call->id, error);
}

/* Whether a worker may be at it. Without systemd there is none, but for one that says so itself. */
static bool is_in_use(const IcCall *call, const IcUnitFacts *facts)
{
        g_autoptr(IcServerRow) row = NULL;

        if (facts)
                return ic_unit_facts_is_up(facts);
        return ic_access_read(call->controller, call->owner, call->id, &row, NULL) &&
               row->connected_at != 0;
}

static void on_facts_before_removal(
        const IcUnitFacts *facts, const GError *unused, gpointer user_data)
{
        IcCall *call = user_data;
        IcController *controller = call->controller;
        IcLogFields fields = {.server = call->id, .message_id = IC_MESSAGE_SERVER_REMOVED};
        g_autoptr(GError) error = NULL;

        if (is_in_use(call, facts)) {
                g_set_error(&error, IC_ERROR, IC_ERROR_UNIT,
                        "Server %u is in use: disconnect it first, with 'ircctl disconnect %u'",
                        call->id, call->id);
                ic_call_fail(call, error);
                return;
        }
        if (!remove_now(controller, call, &error)) {
                ic_call_fail(call, error);
                return;
        }
        if (facts) /* else the next client of the socket would start a worker without a server */
                ic_units_stop_socket(controller->units, call->id);
        ic_log(IC_LOG_NOTICE, &fields, "Server %u of user %u removed", call->id, call->owner);
        ic_objects_removed(controller->objects, call->id);
        ic_call_return(call);
}

int ic_configure_remove(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error)
{
        IcCall *call = NULL;
        uint32_t id;
        int r = sd_bus_message_read(message, "u", &id);

        if (r < 0)
                return r;
        r = ic_call_admit(controller, message, id, &call, ret_error);
        if (r > 0)
                ic_units_query(controller->units, id, on_facts_before_removal, call,
                        (GDestroyNotify) ic_call_free);
        return r < 0 ? r : 1;
}

static bool check_credential(const char *name, gsize size, GError **error)
{
        if (!ic_credential_name_is_valid(name)) {
                g_autofree char *names = ic_credential_names();
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "There is no credential of that name; there are %s", names);
                return false;
        }
        if (size > IC_CREDENTIAL_SIZE_MAX) {
                g_set_error(error, IC_ERROR, IC_ERROR_TOO_LONG,
                        "The credential is longer than %u bytes", IC_CREDENTIAL_SIZE_MAX);
                return false;
        }
        return true;
}

static bool set_credential(const IcCall *call, const char *name, const void *secret, gsize size,
        bool *ret_is_lifted, GError **error)
{
        /* Not a copy: the bytes are erased with the message. */
        g_autoptr(GBytes) bytes = g_bytes_new_static(secret, size);
        g_autoptr(IcStore) store = NULL;

        return ic_access_open(call->controller, call->owner, 0, &store, error) &&
               ic_store_begin(store, error) &&
               ic_store_credential_set(store, call->id, name, bytes, error) &&
               ic_blocklist_forgive(store, call->id, ret_is_lifted, error) &&
               ic_store_commit(store, error);
}

int ic_configure_set_credential(
        IcController *controller, sd_bus_message *message, sd_bus_error *ret_error)
{
        g_autoptr(IcCall) call = NULL;
        g_autoptr(GError) error = NULL;
        const char *name;
        const void *secret;
        bool is_lifted;
        gsize size;
        uint32_t id;
        int r;

        r = sd_bus_message_read(message, "us", &id, &name);
        if (r >= 0)
                r = sd_bus_message_read_array(message, 'y', &secret, &size);
        if (r < 0)
                return r;
        if (!check_credential(name, size, &error))
                return ic_bus_error_set(ret_error, error);
        r = ic_call_admit(controller, message, id, &call, ret_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        if (!set_credential(call, name, secret, size, &is_lifted, &error))
                return ic_bus_error_set(ret_error, error);
        start_if_due(call, is_lifted);
        return sd_bus_reply_method_return(message, NULL);
}
