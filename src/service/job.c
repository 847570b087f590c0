/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Questions to systemd, within one time-out: which job has our unit, of what type is it, and, when
 * it is a stop, whether all connections are being stopped. */

#include "service/job.h"

#include <errno.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/name.h"
#include "bus/source.h"

#define SYSTEMD_NAME "org.freedesktop.systemd1"
#define UNIT_PATH_PREFIX "/org/freedesktop/systemd1/unit"
#define UNIT_INTERFACE "org.freedesktop.systemd1.Unit"
#define JOB_INTERFACE "org.freedesktop.systemd1.Job"
#define PROPERTIES_INTERFACE "org.freedesktop.DBus.Properties"

/* Owned by the slot of the call under way. */
typedef struct {
        sd_bus *bus; /* borrowed: a slot does not outlive its bus */
        gint64 deadline;
        IcJobFunc done;
        gpointer user_data;
} Query;

static const struct {
        const char *type;
        IcJob job;
} job_types[] = {
        {"stop", IC_JOB_STOP},
        {"restart", IC_JOB_RESTART},
        {"try-restart", IC_JOB_RESTART},
};

static IcJob job_from_type(const char *type)
{
        for (gsize i = 0; i < G_N_ELEMENTS(job_types); i++)
                if (g_str_equal(job_types[i].type, type))
                        return job_types[i].job;
        return IC_JOB_NONE;
}

static void fail(const Query *query, int code, const char *why)
{
        g_autoptr(GError) error = g_error_new(IC_ERROR,
                code == ETIMEDOUT ? IC_ERROR_TIMED_OUT : IC_ERROR_UNIT,
                "systemd does not tell the job of this unit: %s", why ? why : g_strerror(code));

        query->done(IC_JOB_NONE, error, query->user_data);
}

/* Whether the answer is one; else the query fails. */
static bool check_reply(const Query *query, sd_bus_message *reply)
{
        const sd_bus_error *error = sd_bus_message_get_error(reply);

        if (!error)
                return true;
        fail(query, sd_bus_message_get_errno(reply), error->message);
        return false;
}

/* Asks for a property. The slot of the call owns the query from then on. */
static void get_property(Query *query, const char *path, const char *interface,
        const char *property, sd_bus_message_handler_t answered)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_slot) slot = NULL;
        gint64 left = query->deadline - ic_now_monotonic();
        int r;

        r = sd_bus_message_new_method_call(
                query->bus, &call, SYSTEMD_NAME, path, PROPERTIES_INTERFACE, "Get");
        if (r >= 0)
                r = sd_bus_message_append(call, "ss", interface, property);
        if (r >= 0)
                r = sd_bus_call_async(query->bus, &slot, call, answered, query, MAX(left, 1));
        if (r < 0) {
                fail(query, -r, NULL);
                g_free(query);
                return;
        }
        (void) sd_bus_slot_set_destroy_callback(slot, g_free);
        (void) sd_bus_slot_set_floating(slot, true);
}

/* The target is up for as long as connections are wanted at all: a stop of all, or of the machine,
 * takes it down first. */
static int target_answered(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        Query *query = user_data;
        const char *state;
        int r;

        if (!check_reply(query, reply))
                return 0;
        r = sd_bus_message_read(reply, "v", "s", &state);
        if (r < 0)
                fail(query, -r, NULL);
        else
                query->done(g_str_equal(state, "active") ? IC_JOB_STOP : IC_JOB_STOP_ALL, NULL,
                        query->user_data);
        return 0;
}

static void ask_target(const Query *query)
{
        char *path = NULL;
        int r = sd_bus_path_encode(UNIT_PATH_PREFIX, IC_TARGET_UNIT, &path);

        g_assert(r >= 0);
        /* The slot of each call frees its query. */
        get_property(g_memdup2(query, sizeof(*query)), path, UNIT_INTERFACE, "ActiveState",
                target_answered);
        free(path);
}

static int type_answered(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        Query *query = user_data;
        const char *type;
        int r;

        if (!check_reply(query, reply))
                return 0;
        r = sd_bus_message_read(reply, "v", "s", &type);
        if (r < 0)
                fail(query, -r, NULL);
        else if (job_from_type(type) == IC_JOB_STOP)
                ask_target(query);
        else
                query->done(job_from_type(type), NULL, query->user_data);
        return 0;
}

static int job_answered(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        Query *query = user_data;
        const char *path;
        uint32_t number;
        int r;

        if (!check_reply(query, reply))
                return 0;
        r = sd_bus_message_read(reply, "v", "(uo)", &number, &path);
        if (r < 0)
                fail(query, -r, NULL);
        else if (number == 0)
                query->done(IC_JOB_NONE, NULL, query->user_data);
        else
                /* The slot of this call frees its query. */
                get_property(g_memdup2(query, sizeof(*query)), path, JOB_INTERFACE, "JobType",
                        type_answered);
        return 0;
}

void ic_job_ask(sd_bus *bus, uint32_t id, IcJobFunc done, gpointer user_data)
{
        Query *query = g_new0(Query, 1);
        g_autofree char *unit = ic_unit_name(id);
        char *path = NULL;
        int r;

        query->bus = bus;
        query->deadline = ic_now_monotonic() + IC_JOB_TIMEOUT_USEC;
        query->done = done;
        query->user_data = user_data;
        /* Time-outs of calls count from then on only. */
        if (sd_bus_is_ready(bus) <= 0) {
                fail(query, ENOTCONN, "the bus is not connected");
                g_free(query);
                return;
        }
        r = sd_bus_path_encode(UNIT_PATH_PREFIX, unit, &path);
        g_assert(r >= 0);
        get_property(query, path, UNIT_INTERFACE, "Job", job_answered);
        free(path);
}
