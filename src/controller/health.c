/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A claim is a row whose connected_at is set. What systemd says of its unit decides:
 *
 *   down, not loaded                  stale
 *   active, reloading                 stale if it has no main process
 *   activating (auto-restart, too)    not stale: the next process takes the link up or clears it
 *   deactivating                      not stale: stopping clears it
 *   systemd does not answer           stale */

#include "controller/health.h"

#include <unistd.h>

#include "base/log.h"
#include "controller/access.h"
#include "controller/call.h"
#include "controller/objects.h"
#include "controller/units.h"
#include "store/tenants.h"

typedef struct {
        uint32_t id;
        uid_t owner;
        gint64 connected_at;
} Claim;

/* Shared by the questions that are under way; the last one to let go answers. */
typedef struct {
        IcCall *call;
        GArray *claims;
        GArray *cleared; /* uint32_t */
} Check;

typedef struct {
        Check *check; /* a reference */
        Claim claim;
} Doubt;

static int compare_ids(gconstpointer a, gconstpointer b)
{
        uint32_t left = *(const uint32_t *) a, right = *(const uint32_t *) b;

        return left < right ? -1 : left > right;
}

static void answer(Check *check)
{
        g_autoptr(sd_bus_message) reply = NULL;

        if (!check->call->message || ic_call_begin_reply(check->call, &reply) < 0)
                return;
        g_array_sort(check->cleared, compare_ids);
        ic_call_send_reply(check->call, reply,
                sd_bus_message_append_array(
                        reply, 'u', check->cleared->data, check->cleared->len * sizeof(uint32_t)));
}

static void check_clear(gpointer data)
{
        Check *check = data;

        answer(check);
        ic_call_free(check->call);
        g_array_unref(check->claims);
        g_array_unref(check->cleared);
}

static void check_unref(gpointer check)
{
        g_rc_box_release_full(check, check_clear);
}

static void doubt_free(gpointer data)
{
        Doubt *doubt = data;

        check_unref(doubt->check);
        g_free(doubt);
}

/* Unless the claim is another one by now. */
static bool clear_claim(
        IcController *controller, const Claim *claim, bool *ret_was_live, GError **error)
{
        g_autoptr(IcStore) store = NULL;
        g_autoptr(IcServerRow) row = NULL;

        *ret_was_live = false;
        if (!ic_access_open(controller, claim->owner, 0, &store, error) ||
                !ic_store_begin(store, error) ||
                !ic_store_server_read(store, claim->id, &row, error))
                return false;
        if (row->connected_at != claim->connected_at)
                return true;
        return ic_store_server_clear_live(store, claim->id, ret_was_live, error) &&
               ic_store_commit(store, error);
}

static void log_failure(uint32_t id, const GError *error)
{
        IcLogFields fields = {.server = id, .error_code = ic_error_code(ic_error_of(error))};

        ic_log(IC_LOG_WARNING, &fields, "Health check of server %u failed: %s", id, error->message);
}

static void mark_stale(Check *check, const Claim *claim)
{
        IcController *controller = check->call->controller;
        g_autoptr(GError) error = NULL;
        IcLogFields fields = {.server = claim->id, .message_id = IC_MESSAGE_STALE_CLEARED};
        bool was_live;

        if (!clear_claim(controller, claim, &was_live, &error)) {
                log_failure(claim->id, error);
                return;
        }
        if (!was_live)
                return;
        ic_log(IC_LOG_NOTICE, &fields,
                "Server %u was recorded as connected, but no process holds its link: marked as "
                "disconnected",
                claim->id);
        g_array_append_val(check->cleared, claim->id);
        ic_objects_state_changed(controller->objects, claim->id, IC_STATE_DISCONNECTED,
                "no process holds the link any more");
}

static void on_facts(const IcUnitFacts *facts, const GError *error, gpointer user_data)
{
        Doubt *doubt = user_data;

        if (facts && ic_unit_facts_is_up(facts) &&
                (facts->main_pid > 0 || (!g_str_equal(facts->active_state, "active") &&
                                                !g_str_equal(facts->active_state, "reloading"))))
                return;
        mark_stale(doubt->check, &doubt->claim);
}

static void ask_again(Check *check, const Claim *claim)
{
        Doubt *doubt = g_new0(Doubt, 1);

        doubt->check = g_rc_box_acquire(check);
        doubt->claim = *claim;
        ic_units_query(check->call->controller->units, claim->id, on_facts, doubt, doubt_free);
}

static void on_list(GHashTable *units, const GError *error, gpointer user_data)
{
        Check *check = user_data;

        for (guint i = 0; i < check->claims->len; i++) {
                const Claim *claim = &g_array_index(check->claims, Claim, i);
                const IcUnitFacts *facts =
                        units ? g_hash_table_lookup(units, GUINT_TO_POINTER(claim->id)) : NULL;

                if (!facts || !ic_unit_facts_is_up(facts))
                        mark_stale(check, claim);
                else if (g_str_equal(facts->active_state, "active") ||
                         g_str_equal(facts->active_state, "reloading"))
                        ask_again(check, claim);
        }
}

static void collect_claim(IcController *controller, const IcTenantServer *server, GArray *claims)
{
        g_autoptr(IcServerRow) row = NULL;
        g_autoptr(GError) error = NULL;
        Claim claim = {.id = server->id, .owner = server->owner};

        if (!ic_access_read(controller, server->owner, server->id, &row, &error)) {
                log_failure(server->id, error);
                return;
        }
        claim.connected_at = row->connected_at;
        if (claim.connected_at)
                g_array_append_val(claims, claim);
}

/* Takes the call. */
static void check_start(IcCall *call, GArray *servers)
{
        Check *check = g_rc_box_new0(Check);

        check->call = call;
        check->claims = g_array_new(FALSE, FALSE, sizeof(Claim));
        check->cleared = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        for (guint i = 0; i < servers->len; i++)
                collect_claim(call->controller, &g_array_index(servers, IcTenantServer, i),
                        check->claims);
        if (check->claims->len > 0)
                ic_units_list(call->controller->units, on_list, check, check_unref);
        else
                check_unref(check);
}

int ic_health_check(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error)
{
        g_autoptr(IcCall) call = NULL;
        g_autoptr(GArray) servers = NULL;
        g_autoptr(GError) error = NULL;
        int r;

        /* The timer's service may run as the controller's own user. */
        r = ic_call_admit_for(controller, message, getuid(), IC_ACTION_MANAGE, &call, ret_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        servers = ic_tenants_list(controller->state_dir, &error);
        if (!servers) {
                ic_call_fail(call, error);
                return 1;
        }
        check_start(g_steal_pointer(&call), servers);
        return 1;
}

void ic_health_check_own(IcController *controller)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) servers = ic_tenants_list(controller->state_dir, &error);

        if (servers)
                check_start(ic_call_new(controller, NULL), servers);
        else
                ic_log(IC_LOG_WARNING, NULL, "Health check failed: %s", error->message);
}
