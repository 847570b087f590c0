/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A server's unit up and down.
 *
 * Connect, Restart: blocked? -> ask for all units' states -> within the limits? -> wanted -> reset
 *                   the unit if it has failed -> job -> answer, or ask for its state and explain.
 * Disconnect:       not wanted, quit message -> job -> clear the live record -> answer. */

#include "controller/connect.h"

#include "base/clock.h"
#include "base/text.h"
#include "bus/reply.h"
#include "controller/access.h"
#include "controller/blocklist.h"
#include "controller/call.h"
#include "controller/objects.h"
#include "controller/quota.h"
#include "controller/status.h"
#include "controller/units.h"
#include "store/servers.h"

/* Characters of somebody's text in an error. */
#define REASON_MAX 300

typedef struct {
        IcCall *call;
        IcJobType job;
        char *result; /* of the job that was not done */
} Task;

static void task_free(Task *task)
{
        ic_call_free(task->call);
        g_free(task->result);
        g_free(task);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Task, task_free)

static Task *task_new(IcCall *call, IcJobType job)
{
        Task *task = g_new0(Task, 1);

        task->call = call;
        task->job = job;
        return task;
}

/* The next step has a closure of its own: a question frees the one that it was given. */
static Task *task_pass_on(Task *task)
{
        Task *next = task_new(g_steal_pointer(&task->call), task->job);

        next->result = g_steal_pointer(&task->result);
        return next;
}

/* Wanted down. `quit` NULL: the configured message. */
static bool want_down(IcCall *call, const char *quit, GError **error)
{
        g_autoptr(IcStore) store = NULL;

        return ic_access_open(call->controller, call->owner, 0, &store, error) &&
               ic_store_begin(store, error) &&
               ic_store_server_set_wanted(store, call->id, false, error) &&
               ic_store_server_set_pending_quit(store, call->id, quit, error) &&
               ic_store_commit(store, error); /* else closing rolls back */
}

static bool want_up(IcCall *call, GError **error)
{
        g_autoptr(IcStore) store = NULL;
        g_autoptr(IcServerRow) row = NULL;

        return ic_access_open(call->controller, call->owner, 0, &store, error) &&
               ic_store_begin(store, error) && ic_store_server_read(store, call->id, &row, error) &&
               ic_store_server_set_wanted(store, call->id, true, error) &&
               ic_store_server_set_pending_quit(store, call->id, NULL, error) &&
               ic_status_mark_waiting(store, row, error) && ic_store_commit(store, error);
}

/* What the database knows of a worker that has ended. */
typedef struct {
        IcServerRow *row; /* NULL: it cannot be read */
        IcBlock *block;   /* in force, or NULL */
        IcError code;     /* of the worker's last error */
} Ending;

static void ending_clear(Ending *ending)
{
        ic_server_row_free(ending->row);
        ic_block_free(ending->block);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ending, ending_clear)

static void ending_read(Ending *ending, IcCall *call)
{
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GError) error = NULL;

        if (!ic_access_open(call->controller, call->owner, 0, &store, &error) ||
                !ic_store_server_read(store, call->id, &ending->row, &error) ||
                !ic_store_block_find(store, call->id, NULL, ic_now_real(), &ending->block, &error))
                return; /* then systemd alone explains */
        ending->code = ic_error_from_code(ending->row->last_error_code);
}

/* An error that does not fit to the exit status is an older one's. Where the next worker runs
 * already, systemd has forgotten the status. */
static bool is_last_error(const Ending *ending, const IcUnitFacts *facts)
{
        return ending->row->last_error &&
               (!facts || facts->exit_status == IC_EXIT_STOPPED ||
                       facts->exit_status == (int) ic_error_exit_status(ending->code));
}

/* The cause in the worker's own words, with its own code; NULL when it left none. */
static GError *explain_ending(IcCall *call, const IcUnitFacts *facts)
{
        g_auto(Ending) ending = {0};
        g_autofree char *words = NULL;
        GError *error;

        ending_read(&ending, call);
        if (!ending.row || (!ending.block && !is_last_error(&ending, facts)))
                return NULL;
        if (!ending.block) {
                words = ic_text_quote(ending.row->last_error, REASON_MAX);
                return g_error_new_literal(IC_ERROR, (int) ending.code, words);
        }
        error = ic_blocklist_error(ending.block, ending.row);
        if (is_last_error(&ending, facts))
                error->code = (int) ending.code;
        return error;
}

static GError *explain_failed(IcCall *call, const IcUnitFacts *facts)
{
        GError *error = explain_ending(call, facts);

        if (error)
                return error;
        if (!facts || g_str_equal(facts->result, "success"))
                return g_error_new_literal(IC_ERROR, IC_ERROR_UNIT, "its process ended");
        return g_error_new(IC_ERROR,
                facts->exit_status == IC_EXIT_CONFIGURATION ? IC_ERROR_BAD_CONFIGURATION
                                                            : IC_ERROR_UNIT,
                "its process ended: %s, exit status %d", facts->result, facts->exit_status);
}

/* The cause in words: the worker's own for a worker that ended, systemd's for all else. */
static GError *explain(Task *task, const IcUnitFacts *facts)
{
        g_autofree char *status = facts ? ic_text_quote(facts->status_text, REASON_MAX) : NULL;

        if (g_strcmp0(task->result, "timeout") == 0)
                return g_error_new(IC_ERROR, IC_ERROR_TIMED_OUT,
                        "it was not up in time; it was at: %s",
                        status && *status ? status : "nothing that it told of");
        if (g_strcmp0(task->result, "failed") == 0)
                return explain_failed(task->call, facts);
        if (g_strcmp0(task->result, "canceled") == 0)
                return g_error_new_literal(
                        IC_ERROR, IC_ERROR_UNIT, "another job for it came in between");
        if (g_strcmp0(task->result, "dependency") == 0)
                return g_error_new_literal(IC_ERROR, IC_ERROR_UNIT,
                        "a unit that it needs, such as its socket, did not start");
        return g_error_new(IC_ERROR, IC_ERROR_UNIT, "systemd's job ended as \"%s\"", task->result);
}

static const char *job_in_words(IcJobType job)
{
        switch (job) {
        case IC_JOB_START:
                return "connect";
        case IC_JOB_STOP:
                return "disconnect";
        case IC_JOB_RESTART:
                return "restart";
        }
        g_return_val_if_reached("connect");
}

static void on_facts_after(const IcUnitFacts *facts, const GError *unused, gpointer user_data)
{
        Task *task = user_data;
        IcCall *call = task->call;
        g_autoptr(GError) cause = explain(task, facts);
        g_autofree char *unit = ic_unit_name(call->id);
        g_autoptr(GError) failure = NULL;
        bool goes_on = facts && g_str_equal(facts->active_state, "activating");

        g_set_error(&failure, IC_ERROR, cause->code,
                "Cannot %s server %u: %s%s. 'journalctl -u %s' tells more", job_in_words(task->job),
                call->id, cause->message, goes_on ? " (it is tried again by itself)" : "", unit);
        ic_call_fail(call, failure);
        ic_objects_changed(call->controller->objects, call->id);
}

/* The job is over and was not done. */
static void task_explain(Task *task, const char *result)
{
        Task *next;

        task->result = g_strdup(result);
        next = task_pass_on(task);
        ic_units_query(next->call->controller->units, next->call->id, on_facts_after, next,
                (GDestroyNotify) task_free);
}

static void task_fail(Task *task, const GError *error)
{
        g_autoptr(GError) failure = g_error_copy(error);

        g_prefix_error(&failure, "Cannot %s server %u: ", job_in_words(task->job), task->call->id);
        ic_call_fail(task->call, failure);
}

static void on_started(const char *result, const GError *error, gpointer user_data)
{
        Task *task = user_data;

        if (!result) {
                task_fail(task, error);
        } else if (g_str_equal(result, "done")) {
                ic_call_return(task->call);
                ic_objects_changed(task->call->controller->objects, task->call->id);
        } else {
                task_explain(task, result);
        }
}

static bool has_failed(GHashTable *units, uint32_t id)
{
        const IcUnitFacts *facts = g_hash_table_lookup(units, GUINT_TO_POINTER(id));

        return facts && g_str_equal(facts->active_state, "failed");
}

static void on_list(GHashTable *listed, const GError *error, gpointer user_data)
{
        Task *task = user_data;
        IcCall *call = task->call;
        IcController *controller = call->controller;
        g_autoptr(GError) failure = NULL;
        Task *next;

        if ((listed && !ic_quota_check(controller, listed, call->id, call->owner, &failure)) ||
                !want_up(call, &failure)) {
                task_fail(task, failure);
                return;
        }
        ic_objects_changed(controller->objects, call->id);
        if (!listed) {
                task_fail(task, error);
                return;
        }
        if (has_failed(listed, call->id))
                ic_units_reset_failed(controller->units, call->id);
        next = task_pass_on(task);
        ic_units_run(controller->units, next->call->id, next->job, on_started, next,
                (GDestroyNotify) task_free);
}

/* Who connects a blocked server still wants it up: it is when the block is over. */
static bool check_block(IcCall *call, IcJobType job, GError **error)
{
        g_autoptr(IcStore) store = NULL;
        g_autoptr(IcServerRow) row = NULL;
        g_autoptr(IcBlock) block = NULL;

        if (!ic_access_open(call->controller, call->owner, 0, &store, error) ||
                !ic_store_server_read(store, call->id, &row, error) ||
                !ic_store_block_find(store, call->id, NULL, ic_now_real(), &block, error))
                return false;
        if (!block)
                return true;
        if (!want_up(call, error))
                return false;
        ic_objects_changed(call->controller->objects, call->id);
        g_propagate_prefixed_error(error, ic_blocklist_error(block, row),
                "Cannot %s server %u: ", job_in_words(job), call->id);
        return false;
}

static int bring_up(IcController *controller, sd_bus_message *message, uint32_t id, IcJobType job,
        sd_bus_error *ret_error)
{
        g_autoptr(IcCall) call = NULL;
        g_autoptr(GError) error = NULL;
        int r = ic_call_admit(controller, message, id, &call, ret_error);

        if (r <= 0)
                return r < 0 ? r : 1;
        if (!check_block(call, job, &error))
                return ic_bus_error_set(ret_error, error);
        ic_units_list(controller->units, on_list, task_new(g_steal_pointer(&call), job),
                (GDestroyNotify) task_free);
        return 1;
}

int ic_connect(
        IcController *controller, sd_bus_message *message, uint32_t id, sd_bus_error *ret_error)
{
        return bring_up(controller, message, id, IC_JOB_START, ret_error);
}

int ic_restart(
        IcController *controller, sd_bus_message *message, uint32_t id, sd_bus_error *ret_error)
{
        return bring_up(controller, message, id, IC_JOB_RESTART, ret_error);
}

static bool clear_record(IcCall *call, GError **error)
{
        g_autoptr(IcStore) store = NULL;

        return ic_access_open(call->controller, call->owner, 0, &store, error) &&
               ic_store_server_clear_live(store, call->id, NULL, error);
}

static void on_stopped(const char *result, const GError *error, gpointer user_data)
{
        Task *task = user_data;
        g_autoptr(GError) failure = NULL;

        if (!result) {
                task_fail(task, error);
                return;
        }
        if (!g_str_equal(result, "done")) {
                task_explain(task, result);
                return;
        }
        if (clear_record(task->call, &failure))
                ic_call_return(task->call);
        else
                task_fail(task, failure);
        ic_objects_changed(task->call->controller->objects, task->call->id);
}

int ic_disconnect(IcController *controller, sd_bus_message *message, uint32_t id, const char *quit,
        sd_bus_error *ret_error)
{
        g_autoptr(IcCall) call = NULL;
        g_autoptr(GError) error = NULL;
        int r;

        if (!ic_text_is_one_line(quit, -1)) {
                g_set_error_literal(&error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "The quit message must be one line");
                return ic_bus_error_set(ret_error, error);
        }
        r = ic_call_admit(controller, message, id, &call, ret_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        if (!want_down(call, *quit ? quit : NULL, &error))
                return ic_bus_error_set(ret_error, error);
        ic_units_run(controller->units, id, IC_JOB_STOP, on_stopped,
                task_new(g_steal_pointer(&call), IC_JOB_STOP), (GDestroyNotify) task_free);
        return 1;
}
