/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A server's unit up and down.
 *
 * Connect, Restart: wanted -> ask for the unit's state -> reset it if failed -> job -> answer, or
 *                   ask for the state again and explain.
 * Disconnect:       not wanted, quit message -> job -> clear the live record -> answer. */

#include "controller/connect.h"

#include "base/text.h"
#include "bus/reply.h"
#include "controller/access.h"
#include "controller/call.h"
#include "controller/objects.h"
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

static bool set_will(IcCall *call, bool is_wanted, const char *quit, GError **error)
{
        g_autoptr(IcStore) store = NULL;

        if (!ic_access_open(call->controller, call->owner, 0, &store, error) ||
                !ic_store_begin(store, error))
                return false;
        if (!ic_store_server_set_wanted(store, call->id, is_wanted, error) ||
                !ic_store_server_set_pending_quit(store, call->id, quit, error))
                return false; /* closing rolls back */
        return ic_store_commit(store, error);
}

/* What the worker itself said last, or NULL. */
static char *read_last_error(IcCall *call)
{
        g_autoptr(IcServerRow) row = NULL;

        if (!ic_access_read(call->controller, call->owner, call->id, &row, NULL) ||
                !row->last_error)
                return NULL;
        return ic_text_quote(row->last_error, REASON_MAX);
}

/* The cause in words: the worker's own for a worker that ended, systemd's for all else. */
static char *explain(Task *task, const IcUnitFacts *facts)
{
        g_autofree char *status = facts ? ic_text_quote(facts->status_text, REASON_MAX) : NULL;

        if (g_strcmp0(task->result, "timeout") == 0)
                return g_strdup_printf("it was not up in time; it was at: %s",
                        status && *status ? status : "nothing that it told of");
        if (g_strcmp0(task->result, "failed") == 0) {
                char *last_error = read_last_error(task->call);

                if (last_error)
                        return last_error;
                if (facts && !g_str_equal(facts->result, "success"))
                        return g_strdup_printf("its process ended: %s, exit status %d",
                                facts->result, facts->exit_status);
                return g_strdup("its process ended");
        }
        if (g_strcmp0(task->result, "canceled") == 0)
                return g_strdup("another job for it came in between");
        if (g_strcmp0(task->result, "dependency") == 0)
                return g_strdup("a unit that it needs, such as its socket, did not start");
        return g_strdup_printf("systemd's job ended as \"%s\"", task->result);
}

static IcError error_code(Task *task, const IcUnitFacts *facts)
{
        if (g_strcmp0(task->result, "timeout") == 0)
                return IC_ERROR_TIMED_OUT;
        if (facts && g_strcmp0(task->result, "failed") == 0 &&
                facts->exit_status == IC_EXIT_CONFIGURATION)
                return IC_ERROR_BAD_CONFIGURATION;
        return IC_ERROR_UNIT;
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

static void on_facts_after(const IcUnitFacts *facts, const GError *error, gpointer user_data)
{
        Task *task = user_data;
        g_autofree char *cause = explain(task, facts);
        g_autofree char *unit = ic_unit_name(task->call->id);
        g_autoptr(GError) failure = NULL;
        bool goes_on = facts && g_str_equal(facts->sub_state, "auto-restart");

        g_set_error(&failure, IC_ERROR, error_code(task, facts),
                "Cannot %s server %u: %s%s. 'journalctl -u %s' tells more", job_in_words(task->job),
                task->call->id, cause, goes_on ? " (it is tried again by itself)" : "", unit);
        ic_call_fail(task->call, failure);
        ic_objects_changed(task->call->controller->objects, task->call->id);
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

static void on_facts_before(const IcUnitFacts *facts, const GError *error, gpointer user_data)
{
        Task *task = user_data;
        IcUnits *units = task->call->controller->units;
        Task *next;

        if (!facts) {
                task_fail(task, error);
                return;
        }
        if (g_str_equal(facts->active_state, "failed"))
                ic_units_reset_failed(units, task->call->id);
        next = task_pass_on(task);
        ic_units_run(
                units, next->call->id, next->job, on_started, next, (GDestroyNotify) task_free);
}

static int bring_up(IcController *controller, sd_bus_message *message, uint32_t id, IcJobType job,
        sd_bus_error *ret_error)
{
        g_autoptr(IcCall) call = NULL;
        g_autoptr(GError) error = NULL;
        int r = ic_call_admit(controller, message, id, &call, ret_error);

        if (r <= 0)
                return r < 0 ? r : 1;
        if (!set_will(call, true, NULL, &error))
                return ic_bus_error_set(ret_error, error);
        ic_objects_changed(controller->objects, id);
        ic_units_query(controller->units, id, on_facts_before,
                task_new(g_steal_pointer(&call), job), (GDestroyNotify) task_free);
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
        if (!set_will(call, false, *quit ? quit : NULL, &error))
                return ic_bus_error_set(ret_error, error);
        ic_units_run(controller->units, id, IC_JOB_STOP, on_stopped,
                task_new(g_steal_pointer(&call), IC_JOB_STOP), (GDestroyNotify) task_free);
        return 1;
}
