/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Expired blocks first, then the claims, then what is wanted (wanted.c). A claim is a row whose
 * connected_at is set. What systemd says of its unit decides:
 *
 *   down, not loaded, without a job   stale
 *   down, with a job                  not stale: it is being restarted, the link is kept
 *   active, reloading                 stale if it has no main process
 *   activating (auto-restart, too)    not stale: the next process takes the link up or clears it
 *   deactivating                      not stale: stopping clears it
 *   systemd does not answer           stale, if it still does not some moments later: while it
 *                                     re-executes itself every link is kept */

#include "controller/health.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "controller/access.h"
#include "controller/call.h"
#include "controller/objects.h"
#include "controller/units.h"
#include "controller/wanted.h"
#include "store/blocklist.h"
#include "store/tenants.h"

/* systemd tells of one change in several signals. */
#define LOOK_DELAY_MS 10
/* For systemd that does not answer. */
#define RETRIES 2
#define RETRY_DELAY_MS 1000

typedef struct {
        uint32_t id;
        uid_t owner;
        gint64 connected_at;
} Claim;

/* Shared by the questions that are under way; the last one to let go answers. */
typedef struct {
        IcCall *call;
        GArray *servers; /* IcTenantServer */
        GArray *claims;
        GArray *cleared;      /* uint32_t */
        GHashTable *released; /* set of numbers, see wanted.h */
        bool is_look;         /* starts those in `released` only, and needs systemd's answer */
        guint n_retries;
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
        g_array_unref(check->servers);
        g_array_unref(check->claims);
        g_array_unref(check->cleared);
        g_hash_table_unref(check->released);
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
        if (!check->is_look)
                g_hash_table_add(check->released, GUINT_TO_POINTER(claim->id));
        ic_objects_state_changed(controller->objects, claim->id, IC_STATE_DISCONNECTED,
                "no process holds the link any more");
}

static void on_facts(const IcUnitFacts *facts, const GError *error, gpointer user_data)
{
        Doubt *doubt = user_data;

        /* The list has just said that it is up. */
        if (!facts)
                return;
        if (ic_unit_facts_is_up(facts) &&
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

static void check_claim(Check *check, GHashTable *units, const Claim *claim)
{
        const IcUnitFacts *facts = g_hash_table_lookup(units, GUINT_TO_POINTER(claim->id));

        if (!facts || (!ic_unit_facts_is_up(facts) && !facts->has_job))
                mark_stale(check, claim);
        else if (g_str_equal(facts->active_state, "active") ||
                 g_str_equal(facts->active_state, "reloading"))
                ask_again(check, claim);
}

/* What systemd has just told of is not started at once: something that ends again and again would
 * keep us busy. */
static void bring_up(Check *check, GHashTable *units)
{
        for (guint i = check->is_look ? check->servers->len : 0; i > 0; i--) {
                uint32_t id = g_array_index(check->servers, IcTenantServer, i - 1).id;

                if (!g_hash_table_contains(check->released, GUINT_TO_POINTER(id)))
                        g_array_remove_index(check->servers, i - 1);
        }
        ic_wanted_bring_up(check->call->controller, check->servers, units, check->released,
                g_rc_box_acquire(check), check_unref);
}

static void on_list(GHashTable *units, const GError *error, gpointer user_data);

static gboolean on_retry(gpointer user_data)
{
        Check *check = user_data;

        ic_units_list(
                check->call->controller->units, on_list, g_rc_box_acquire(check), check_unref);
        return G_SOURCE_REMOVE;
}

static void on_no_answer(Check *check)
{
        if (check->is_look || check->claims->len == 0)
                return;
        if (check->n_retries++ < RETRIES) {
                g_timeout_add_full(G_PRIORITY_DEFAULT, RETRY_DELAY_MS, on_retry,
                        g_rc_box_acquire(check), check_unref);
                return;
        }
        for (guint i = 0; i < check->claims->len; i++)
                mark_stale(check, &g_array_index(check->claims, Claim, i));
}

static void on_list(GHashTable *units, const GError *error, gpointer user_data)
{
        Check *check = user_data;

        if (!units) {
                on_no_answer(check);
                return;
        }
        for (guint i = 0; i < check->claims->len; i++)
                check_claim(check, units, &g_array_index(check->claims, Claim, i));
        bring_up(check, units);
}

/* The servers of one tenant share a database, which is looked at once. */
static void lift_expired(Check *check, uid_t owner)
{
        IcController *controller = check->call->controller;
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GArray) lifted = NULL;
        g_autoptr(GError) error = NULL;

        if (!ic_access_open(controller, owner, 0, &store, &error) ||
                !ic_store_expire_blocks(store, ic_now_real(), &lifted, &error)) {
                ic_log(IC_LOG_WARNING, NULL,
                        "Health check: cannot lift the expired blocks of user %u: %s", owner,
                        error->message);
                return;
        }
        for (guint i = 0; i < lifted->len; i++) {
                IcLogFields fields = {.server = g_array_index(lifted, uint32_t, i)};

                ic_log(IC_LOG_NOTICE, &fields, "The block of server %u is over", fields.server);
                g_hash_table_add(check->released, GUINT_TO_POINTER(fields.server));
                ic_objects_state_changed(controller->objects, fields.server, IC_STATE_DISCONNECTED,
                        "the block is over");
        }
}

static void lift_all_expired(Check *check)
{
        g_autoptr(GHashTable) owners = g_hash_table_new(NULL, NULL);

        for (guint i = 0; i < check->servers->len; i++) {
                uid_t owner = g_array_index(check->servers, IcTenantServer, i).owner;

                if (g_hash_table_add(owners, GUINT_TO_POINTER(owner)))
                        lift_expired(check, owner);
        }
}

static void collect_claim(Check *check, const IcTenantServer *server)
{
        g_autoptr(IcServerRow) row = NULL;
        g_autoptr(GError) error = NULL;
        Claim claim = {.id = server->id, .owner = server->owner};

        if (!ic_access_read(check->call->controller, server->owner, server->id, &row, &error)) {
                log_failure(server->id, error);
                return;
        }
        claim.connected_at = row->connected_at;
        if (claim.connected_at)
                g_array_append_val(check->claims, claim);
}

/* Takes all three; `released` NULL: a look at everything. */
static void check_start(IcCall *call, GArray *servers, GHashTable *released)
{
        Check *check = g_rc_box_new0(Check);

        check->call = call;
        check->servers = servers;
        check->claims = g_array_new(FALSE, FALSE, sizeof(Claim));
        check->cleared = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        check->is_look = released != NULL;
        check->released = released ? released : g_hash_table_new(NULL, NULL);
        lift_all_expired(check);
        for (guint i = 0; i < servers->len; i++)
                collect_claim(check, &g_array_index(servers, IcTenantServer, i));
        if (servers->len > 0)
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
        check_start(g_steal_pointer(&call), g_steal_pointer(&servers), NULL);
        return 1;
}

void ic_health_check_own(IcController *controller)
{
        g_autoptr(GError) error = NULL;
        GArray *servers = ic_tenants_list(controller->state_dir, &error);

        if (servers)
                check_start(ic_call_new(controller, NULL), servers, NULL);
        else
                ic_log(IC_LOG_WARNING, NULL, "Health check failed: %s", error->message);
}

/* --- one server ------------------------------------------------------------------------------- */

struct IcHealthLooks {
        IcController *controller;
        guint timer;
        GArray *servers; /* IcTenantServer */
        GHashTable *released;
};

static void looks_reset(IcHealthLooks *looks)
{
        looks->servers = g_array_new(FALSE, FALSE, sizeof(IcTenantServer));
        looks->released = g_hash_table_new(NULL, NULL);
}

IcHealthLooks *ic_health_looks_new(IcController *controller)
{
        IcHealthLooks *looks = g_new0(IcHealthLooks, 1);

        looks->controller = controller;
        looks_reset(looks);
        return looks;
}

void ic_health_looks_free(IcHealthLooks *looks)
{
        if (!looks)
                return;
        g_clear_handle_id(&looks->timer, g_source_remove);
        g_array_unref(looks->servers);
        g_hash_table_unref(looks->released);
        g_free(looks);
}

static gboolean on_look(gpointer user_data)
{
        IcHealthLooks *looks = user_data;
        GArray *servers = looks->servers;
        GHashTable *released = looks->released;

        looks->timer = 0;
        looks_reset(looks);
        check_start(ic_call_new(looks->controller, NULL), servers, released);
        return G_SOURCE_REMOVE;
}

static bool is_listed(const IcHealthLooks *looks, uint32_t id)
{
        for (guint i = 0; i < looks->servers->len; i++)
                if (g_array_index(looks->servers, IcTenantServer, i).id == id)
                        return true;
        return false;
}

void ic_health_look(IcController *controller, uint32_t id, uid_t owner, bool is_released)
{
        IcHealthLooks *looks = controller->looks;
        IcTenantServer server = {.id = id, .owner = owner};

        if (is_released)
                g_hash_table_add(looks->released, GUINT_TO_POINTER(id));
        if (!is_listed(looks, id))
                g_array_append_val(looks->servers, server);
        if (!looks->timer)
                looks->timer = g_timeout_add(LOOK_DELAY_MS, on_look, looks);
}
