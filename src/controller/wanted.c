/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A server is a candidate when it is wanted, not blocked, and its unit is down without a job. A
 * connection that is stopped alone is not wanted any more; one that goes down with irc-conn.target
 * still is, and comes back with it. So a candidate is due when
 *
 *   irc-conn.target is up
 *   it was kept down by a block or by a lost process alone
 *   its row's status is not "disconnected": the last that its process did was not a stop
 *   it was stopped before the machine came up (for a user's manager: before that began)
 *
 * but not when its configuration could not be used since the target, or the machine, came up: a
 * person must act, and what he does (UpdateServer, SetCredential, Connect) makes it due.
 *
 * A process that was ended by force, because a stop took too long, could not write that it is not
 * wanted: that is made up for. */

#include "controller/wanted.h"

#include "base/clock.h"
#include "base/log.h"
#include "controller/access.h"
#include "controller/objects.h"
#include "controller/quota.h"
#include "controller/status.h"
#include "controller/units.h"
#include "store/blocklist.h"
#include "store/tenants.h"

#define TARGET "irc-conn.target"
/* Active since the manager has brought itself up. */
#define BASE "basic.target"

/* Shared by the questions that are under way. */
typedef struct {
        IcController *controller;
        GHashTable *units;
        GHashTable *released;
        GArray *candidates; /* IcTenantServer */
        bool is_target_up;
        gint64 started_at; /* the target, or, where that is down, the machine */
        gpointer hold;
        GDestroyNotify release;
} Round;

typedef struct {
        Round *round; /* a reference */
        IcTenantServer server;
} Candidate;

static void round_clear(gpointer data)
{
        Round *round = data;

        g_hash_table_unref(round->units);
        g_hash_table_unref(round->released);
        g_array_unref(round->candidates);
        round->release(round->hold);
}

static void round_unref(gpointer round)
{
        g_rc_box_release_full(round, round_clear);
}

static void candidate_free(gpointer data)
{
        Candidate *candidate = data;

        round_unref(candidate->round);
        g_free(candidate);
}

static void log_failure(const IcTenantServer *server, const GError *error)
{
        IcLogFields fields = {
                .server = server->id, .error_code = ic_error_code(ic_error_of(error))};

        ic_log(IC_LOG_WARNING, &fields, "Server %u is wanted but cannot be started: %s", server->id,
                error->message);
}

/* --- which ------------------------------------------------------------------------------------ */

static bool is_down(GHashTable *units, uint32_t id)
{
        const IcUnitFacts *facts = g_hash_table_lookup(units, GUINT_TO_POINTER(id));

        return !facts || (!ic_unit_facts_is_up(facts) && !facts->has_job);
}

static bool is_candidate(Round *round, const IcTenantServer *server)
{
        g_autoptr(IcStore) store = NULL;
        g_autoptr(IcServerRow) row = NULL;
        g_autoptr(IcBlock) block = NULL;

        return is_down(round->units, server->id) &&
               !ic_units_is_starting(round->controller->units, server->id) &&
               ic_access_open(round->controller, server->owner, 0, &store, NULL) &&
               ic_store_server_read(store, server->id, &row, NULL) && row->is_wanted &&
               ic_store_block_find(store, server->id, NULL, ic_now_real(), &block, NULL) && !block;
}

/* Since the target came up. Only a stop's time-out leaves a unit like this: after one of another
 * kind it is started again. */
static bool is_stopped_by_force(
        const Round *round, const IcServerRow *row, const IcUnitFacts *facts)
{
        return facts && g_str_equal(facts->active_state, "failed") &&
               g_str_equal(facts->result, "timeout") && ic_status_is_stopped(row) &&
               row->status_since >= round->started_at;
}

/* `facts` NULL: the unit is not even loaded. */
static bool is_due(const Round *round, const IcServerRow *row, const IcUnitFacts *facts)
{
        if (g_hash_table_contains(round->released, GUINT_TO_POINTER(row->id)))
                return true;
        if (facts && ic_unit_facts_has_failed_with(facts, IC_EXIT_CONFIGURATION) &&
                facts->down_since > round->started_at)
                return false;
        return round->is_target_up || !ic_status_is_stopped(row) ||
               row->status_since < round->started_at;
}

/* --- starting --------------------------------------------------------------------------------- */

/* Outlives the round, which does not wait for it. */
typedef struct {
        IcController *controller;
        IcTenantServer server;
} Start;

static void on_started(const char *result, const GError *error, gpointer user_data)
{
        Start *job = user_data;

        /* What fails afterwards the connection tells itself. */
        if (!result)
                log_failure(&job->server, error);
        ic_objects_changed(job->controller->objects, job->server.id);
}

static void start(const Round *round, const IcTenantServer *server)
{
        IcController *controller = round->controller;
        IcLogFields fields = {.server = server->id};
        g_autoptr(GError) error = NULL;
        Start *job;

        if (!ic_quota_check(controller, round->units, server->id, server->owner, &error)) {
                if (g_hash_table_add(controller->limited, GUINT_TO_POINTER(server->id)))
                        log_failure(server, error);
                return;
        }
        g_hash_table_remove(controller->limited, GUINT_TO_POINTER(server->id));
        ic_log(IC_LOG_INFO, &fields, "Server %u is wanted and down: starting it", server->id);
        job = g_new0(Start, 1);
        job->controller = controller;
        job->server = *server;
        ic_units_run(controller->units, server->id, IC_JOB_START, on_started, job, g_free);
}

/* Reads the row only now, so that row and unit are of one time. */
static void judge(const Round *round, const IcTenantServer *server, const IcUnitFacts *facts)
{
        g_autoptr(IcStore) store = NULL;
        g_autoptr(IcServerRow) row = NULL;
        g_autoptr(GError) error = NULL;

        if (!ic_access_open(round->controller, server->owner, 0, &store, &error) ||
                !ic_store_server_read(store, server->id, &row, &error)) {
                log_failure(server, error);
                return;
        }
        if (is_stopped_by_force(round, row, facts)) {
                if (round->is_target_up &&
                        !ic_store_server_set_wanted(store, server->id, false, &error))
                        log_failure(server, error);
                return;
        }
        if (!row->is_wanted || !is_due(round, row, facts))
                return;
        /* Whatever keeps it from being started now, the next look finds that it was not stopped. */
        if (ic_status_mark_waiting(store, row, &error))
                start(round, server);
        else
                log_failure(server, error);
}

static Candidate *candidate_new(Round *round, const IcTenantServer *server)
{
        Candidate *candidate = g_new0(Candidate, 1);

        candidate->round = g_rc_box_acquire(round);
        candidate->server = *server;
        return candidate;
}

static void on_facts(const IcUnitFacts *facts, const GError *error, gpointer user_data)
{
        Candidate *candidate = user_data;

        if (facts && !ic_unit_facts_is_up(facts) && !facts->has_job)
                judge(candidate->round, &candidate->server, facts);
}

/* A unit that is not loaded has nothing to tell, and is not loaded in order to be asked. */
static void judge_all(Round *round)
{
        for (guint i = 0; i < round->candidates->len; i++) {
                const IcTenantServer *server = &g_array_index(round->candidates, IcTenantServer, i);

                if (g_hash_table_contains(round->units, GUINT_TO_POINTER(server->id)))
                        ic_units_query(round->controller->units, server->id, on_facts,
                                candidate_new(round, server), candidate_free);
                else
                        judge(round, server, NULL);
        }
}

static void on_base(const IcUnitFacts *facts, const GError *error, gpointer user_data)
{
        Round *round = user_data;

        if (!facts)
                return;
        round->started_at = facts->up_since;
        judge_all(round);
}

static void on_target(const IcUnitFacts *facts, const GError *error, gpointer user_data)
{
        Round *round = user_data;

        if (!facts)
                return;
        round->is_target_up = g_str_equal(facts->active_state, "active");
        if (round->is_target_up)
                on_base(facts, error, user_data);
        else
                ic_units_query_named(round->controller->units, BASE, on_base,
                        g_rc_box_acquire(round), round_unref);
}

void ic_wanted_bring_up(IcController *controller, const GArray *servers, GHashTable *units,
        GHashTable *released, gpointer hold, GDestroyNotify release)
{
        Round *round = g_rc_box_new0(Round);

        *round = (Round){
                .controller = controller,
                .units = g_hash_table_ref(units),
                .released = g_hash_table_ref(released),
                .candidates = g_array_new(FALSE, FALSE, sizeof(IcTenantServer)),
                .hold = hold,
                .release = release,
        };
        for (guint i = 0; i < servers->len; i++) {
                const IcTenantServer *server = &g_array_index(servers, IcTenantServer, i);

                if (is_candidate(round, server))
                        g_array_append_val(round->candidates, *server);
        }
        if (round->candidates->len > 0)
                ic_units_query_named(controller->units, TARGET, on_target, round, round_unref);
        else
                round_unref(round);
}
