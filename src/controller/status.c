/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Status and ServerStatus. */

#include "controller/status.h"

#include "base/clock.h"
#include "bus/reply.h"
#include "controller/access.h"
#include "controller/call.h"
#include "controller/quota.h"
#include "store/blocklist.h"
#include "store/ingest.h"
#include "store/tenants.h"

static void on_channel(const char *channel, const char *topic, gpointer user_data)
{
        g_strv_builder_add(user_data, channel);
}

static void on_member(const char *channel, const char *nickname, const char *account,
        const char *prefixes, gpointer user_data)
{
}

static GStrv joined_channels(IcStore *store, uint32_t id)
{
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

        if (!ic_store_foreach_joined(store, id, on_channel, on_member, builder, NULL))
                return NULL;
        return g_strv_builder_end(builder);
}

/* The state that the row tells of; only the blocklist says what is blocked. */
static IcState state_of(const IcServerRow *row)
{
        IcState state = row->status ? ic_state_from_name(row->status) : IC_STATE_DISCONNECTED;

        return state == _IC_STATE_MAX || state == IC_STATE_BLOCKED ? IC_STATE_DISCONNECTED : state;
}

static void fill_from_row(IcStatus *ret, const IcServerRow *row)
{
        const IcServerConfig *config = row->config;
        IcState state = state_of(row);

        *ret = (IcStatus){
                .id = row->id,
                .name = g_strdup(config->name),
                .address = g_strdup(config->address),
                .port = (uint16_t) config->port,
                .is_tls = config->tls,
                .state = state,
                .is_healthy = row->connected_at != 0 && state == IC_STATE_CONNECTED,
                .is_wanted = row->is_wanted,
                .since = row->status_since,
                .connected_at = row->connected_at,
                .nickname = g_strdup(row->live_nickname ? row->live_nickname : config->nickname),
                .network = g_strdup(row->live_network),
                .lag = -1,
                .pid = row->process_pid,
                .socket = g_strdup(row->socket_path),
                .attempts = row->failed_attempts,
                .last_error = g_strdup(row->last_error),
                .last_error_code = g_strdup(row->last_error_code),
        };
}

/* A link that is up when the block comes is up until it is closed. */
static void apply_block(IcStatus *status, const IcBlock *block)
{
        status->blocked_until = block->blocked_until;
        status->block_reason = g_strdup(block->reason);
        if (status->connected_at != 0)
                return;
        status->state = IC_STATE_BLOCKED;
        status->since = block->blocked_at;
}

bool ic_status_read(
        IcStatus *ret, IcStore *store, uint32_t id, uid_t owner, bool with_channels, GError **error)
{
        g_autoptr(IcServerRow) row = NULL;
        g_autoptr(IcBlock) block = NULL;
        gint64 now = ic_now_real();

        if (!ic_store_server_read(store, id, &row, error) ||
                !ic_store_block_find(store, id, NULL, now, &block, error))
                return false;
        fill_from_row(ret, row);
        ret->owner = owner;
        if (with_channels && ret->connected_at != 0)
                ret->channels = joined_channels(store, id);
        if (block)
                apply_block(ret, block);
        else if (ret->is_wanted && ret->connected_at == 0 && row->next_attempt_at > now)
                ret->next_attempt_at = row->next_attempt_at;
        return true;
}

bool ic_status_is_stopped(const IcServerRow *row)
{
        return g_strcmp0(row->status, ic_state_name(IC_STATE_DISCONNECTED)) == 0;
}

bool ic_status_mark_waiting(IcStore *store, const IcServerRow *row, GError **error)
{
        return !ic_status_is_stopped(row) ||
               ic_store_server_set_status(
                       store, row->id, ic_state_name(IC_STATE_WAITING), ic_now_real(), NULL, error);
}

static void apply_down(IcStatus *status)
{
        if (status->state != IC_STATE_BLOCKED)
                status->state = IC_STATE_DISCONNECTED;
        status->is_healthy = false;
        status->connected_at = 0;
        status->pid = 0;
        g_clear_pointer(&status->network, g_free);
        g_clear_pointer(&status->socket, g_free);
        g_clear_pointer(&status->channels, g_strfreev);
}

/* The row may still tell of the process before. */
static void apply_activating(IcStatus *status)
{
        switch (status->state) {
        case IC_STATE_DISCONNECTED:
        case IC_STATE_CONNECTED:
        case IC_STATE_CLOSING:
        case _IC_STATE_MAX:
                status->state = IC_STATE_CONNECTING;
                return;
        case IC_STATE_WAITING:
        case IC_STATE_CONNECTING:
        case IC_STATE_REGISTERING:
        case IC_STATE_BLOCKED:
                return;
        }
}

void ic_status_apply_unit(IcStatus *status, const IcUnitFacts *facts)
{
        if (facts)
                status->restarts = facts->restarts;
        if (!facts || !ic_unit_facts_is_up(facts)) {
                apply_down(status);
                return;
        }
        if (facts->main_pid)
                status->pid = facts->main_pid;
        if (g_str_equal(facts->active_state, "deactivating"))
                status->state = IC_STATE_CLOSING;
        else if (g_str_equal(facts->sub_state, "auto-restart"))
                status->state = IC_STATE_WAITING;
        else if (g_str_equal(facts->active_state, "activating"))
                apply_activating(status);
        status->is_healthy = status->is_healthy && status->state == IC_STATE_CONNECTED;
        if (status->state != IC_STATE_CONNECTED && *facts->status_text) {
                g_free(status->waiting_for);
                status->waiting_for = g_strdup(facts->status_text);
        }
}

static void on_facts(const IcUnitFacts *facts, const GError *error, gpointer user_data)
{
        IcCall *call = user_data;
        g_autoptr(IcStore) store = NULL;
        g_auto(IcStatus) status = {0};
        g_autoptr(GError) failure = NULL;
        g_autoptr(sd_bus_message) reply = NULL;

        /* Read only now, so that row and unit are of one time. */
        if (!ic_access_open(call->controller, call->owner, 0, &store, &failure) ||
                !ic_status_read(&status, store, call->id, call->owner, true, &failure)) {
                ic_call_fail(call, failure);
                return;
        }
        /* Without systemd there is no worker either. */
        ic_status_apply_unit(&status, facts);
        if (ic_call_begin_reply(call, &reply) >= 0)
                ic_call_send_reply(call, reply, ic_bus_append_status(reply, &status));
}

int ic_status_one(
        IcController *controller, sd_bus_message *message, uint32_t id, sd_bus_error *ret_error)
{
        IcCall *call = NULL;
        int r = ic_call_admit(controller, message, id, &call, ret_error);

        if (r > 0)
                ic_units_query(
                        controller->units, id, on_facts, call, (GDestroyNotify) ic_call_free);
        return r < 0 ? r : 1;
}

typedef struct {
        GArray *connections; /* uint32_t */
        guint32 total, connecting, unhealthy, blocked;
} Counts;

static void count(Counts *counts, const IcStatus *status)
{
        switch (status->state) {
        case IC_STATE_CONNECTED:
                if (status->is_healthy)
                        g_array_append_val(counts->connections, status->id);
                else
                        counts->unhealthy++;
                return;
        case IC_STATE_WAITING:
        case IC_STATE_CONNECTING:
        case IC_STATE_REGISTERING:
                counts->connecting++;
                return;
        case IC_STATE_BLOCKED:
                counts->blocked++;
                return;
        case IC_STATE_DISCONNECTED:
                if (status->is_wanted)
                        counts->unhealthy++;
                return;
        case IC_STATE_CLOSING:
        case _IC_STATE_MAX:
                return;
        }
}

/* The servers of one tenant are neighbours only by chance, so each owner's database is kept open
 * until the count is over. */
static IcStore *open_once(IcController *controller, GHashTable *stores, uid_t owner)
{
        IcStore *store = g_hash_table_lookup(stores, GUINT_TO_POINTER(owner));

        if (!store && ic_access_open(controller, owner, 0, &store, NULL))
                g_hash_table_insert(stores, GUINT_TO_POINTER(owner), store);
        return store;
}

static void count_server(IcController *controller, GHashTable *stores, GHashTable *units,
        const IcTenantServer *server, Counts *counts)
{
        IcStore *store = open_once(controller, stores, server->owner);
        g_auto(IcStatus) status = {0};

        counts->total++;
        if (!store || !ic_status_read(&status, store, server->id, server->owner, false, NULL)) {
                counts->unhealthy++;
                return;
        }
        ic_status_apply_unit(
                &status, units ? g_hash_table_lookup(units, GUINT_TO_POINTER(server->id)) : NULL);
        count(counts, &status);
}

static int append_counts(sd_bus_message *reply, const Counts *counts, uint32_t limit)
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", "connections");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'v', "au");
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'u', counts->connections->data,
                        counts->connections->len * sizeof(uint32_t));
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}{sv}{sv}", "total", "u",
                        counts->total, "connected", "u", counts->connections->len, "connecting",
                        "u", counts->connecting, "unhealthy", "u", counts->unhealthy, "blocked",
                        "u", counts->blocked, "limit", "u", limit);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static void on_list(GHashTable *units, const GError *error, gpointer user_data)
{
        IcCall *call = user_data;
        g_autoptr(GHashTable) stores =
                g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) ic_store_free);
        g_autoptr(GArray) connections = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        g_autoptr(GError) failure = NULL;
        g_autoptr(GArray) servers = NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        Counts counts = {.connections = connections};

        servers = ic_access_list(call->controller, call->caller, &failure);
        if (!servers) {
                ic_call_fail(call, failure);
                return;
        }
        for (guint i = 0; i < servers->len; i++)
                count_server(call->controller, stores, units,
                        &g_array_index(servers, IcTenantServer, i), &counts);
        if (ic_call_begin_reply(call, &reply) >= 0)
                ic_call_send_reply(call, reply,
                        append_counts(reply, &counts, ic_quota_of(call->controller, call->caller)));
}

int ic_status_all(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error)
{
        ic_units_list(controller->units, on_list, ic_call_new(controller, message),
                (GDestroyNotify) ic_call_free);
        return 1;
}
