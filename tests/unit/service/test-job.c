/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Stop or restart? Asked of a small systemd at the other end of a direct bus connection. */

#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "bus/source.h"
#include "service/job.h"

#define UNIT_PATH "/org/freedesktop/systemd1/unit/irc_2dconn_403_2eservice"
#define TARGET_PATH "/org/freedesktop/systemd1/unit/irc_2dconn_2etarget"
#define JOB_PATH "/org/freedesktop/systemd1/job/42"
#define DEADLINE_SEC 20

typedef struct {
        const char *job_type; /* NULL: no job */
        const char *target;   /* ActiveState of irc-conn.target; NULL: it is unknown */
        sd_bus *manager;
        sd_bus *client;
        IcBusSource *manager_source;
        IcBusSource *client_source;

        guint n_answers;
        IcJob job;
        GError *error;
} Stage;

static int get_job(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        const Stage *stage = user_data;

        return stage->job_type ? sd_bus_message_append(reply, "(uo)", 42, JOB_PATH)
                               : sd_bus_message_append(reply, "(uo)", 0, "/");
}

static int get_job_type(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        return sd_bus_message_append(reply, "s", ((Stage *) user_data)->job_type);
}

static int get_target(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        return sd_bus_message_append(reply, "s", ((Stage *) user_data)->target);
}

static const sd_bus_vtable target_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("ActiveState", "s", get_target, 0, 0),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable unit_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Job", "(uo)", get_job, 0, 0),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable job_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("JobType", "s", get_job_type, 0, 0),
        SD_BUS_VTABLE_END,
};

static sd_bus *open_end(int fd, bool is_server)
{
        sd_bus *bus = NULL;
        sd_id128_t id =
                SD_ID128_MAKE(1a, b7, 4c, 5e, 2d, 3f, 48, 60, 91, a2, b3, c4, d5, e6, f7, 08);

        g_assert_cmpint(sd_bus_new(&bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(bus, fd, fd), >=, 0);
        if (is_server)
                g_assert_cmpint(sd_bus_set_server(bus, true, id), >=, 0);
        g_assert_cmpint(sd_bus_start(bus), >=, 0);
        return bus;
}

static void stage_init(Stage *stage, const char *job_type)
{
        int fds[2];

        stage->job_type = job_type;
        g_assert_cmpint(
                socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
        stage->manager = open_end(fds[0], true);
        stage->client = open_end(fds[1], false);
        stage->client_source = ic_bus_attach(stage->client, NULL, NULL);
        stage->manager_source = ic_bus_attach(stage->manager, NULL, NULL);
        g_assert_cmpint(sd_bus_add_object_vtable(stage->manager, NULL, JOB_PATH,
                                "org.freedesktop.systemd1.Job", job_vtable, stage),
                >=, 0);
}

static void wait_until_ready(Stage *stage)
{
        while (sd_bus_is_ready(stage->client) <= 0)
                g_main_context_iteration(NULL, TRUE);
}

static void stage_add_unit(Stage *stage)
{
        g_assert_cmpint(sd_bus_add_object_vtable(stage->manager, NULL, UNIT_PATH,
                                "org.freedesktop.systemd1.Unit", unit_vtable, stage),
                >=, 0);
        if (stage->target)
                g_assert_cmpint(sd_bus_add_object_vtable(stage->manager, NULL, TARGET_PATH,
                                        "org.freedesktop.systemd1.Unit", target_vtable, stage),
                        >=, 0);
}

static void stage_clear(Stage *stage)
{
        g_clear_pointer(&stage->client_source, ic_bus_detach);
        g_clear_pointer(&stage->manager_source, ic_bus_detach);
        g_clear_pointer(&stage->client, sd_bus_close_unref);
        g_clear_pointer(&stage->manager, sd_bus_close_unref);
        g_clear_error(&stage->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stage, stage_clear)

static void answered(IcJob job, const GError *error, gpointer user_data)
{
        Stage *stage = user_data;

        stage->n_answers++;
        stage->job = job;
        stage->error = error ? g_error_copy(error) : NULL;
}

static gboolean deadline_passed(gpointer user_data)
{
        g_error("No answer");
        return G_SOURCE_REMOVE;
}

static void wait_for_answer(Stage *stage)
{
        guint deadline = g_timeout_add_seconds(DEADLINE_SEC, deadline_passed, NULL);

        while (stage->n_answers == 0)
                g_main_context_iteration(NULL, TRUE);
        g_source_remove(deadline);
        while (g_main_context_iteration(NULL, FALSE))
                ;
        g_assert_cmpuint(stage->n_answers, ==, 1);
}

static void test_types(void)
{
        static const struct {
                const char *type;
                const char *target;
                IcJob job;
        } cases[] = {
                {"stop", "active", IC_JOB_STOP},
                {"stop", "inactive", IC_JOB_STOP_ALL},
                {"stop", "deactivating", IC_JOB_STOP_ALL},
                {"restart", "active", IC_JOB_RESTART},
                {"restart", NULL, IC_JOB_RESTART},
                {"try-restart", "active", IC_JOB_RESTART},
                {"start", "active", IC_JOB_NONE},
                {"nop", "active", IC_JOB_NONE},
                {NULL, "active", IC_JOB_NONE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(Stage) stage = {};

                stage_init(&stage, cases[i].type);
                stage.target = cases[i].target;
                stage_add_unit(&stage);
                wait_until_ready(&stage);
                ic_job_ask(stage.client, 3, answered, &stage);
                wait_for_answer(&stage);
                g_assert_no_error(stage.error);
                g_assert_cmpint(stage.job, ==, cases[i].job);
        }
}

static void test_unknown_unit(void)
{
        g_auto(Stage) stage = {};

        stage_init(&stage, "stop");
        wait_until_ready(&stage);
        ic_job_ask(stage.client, 3, answered, &stage);
        wait_for_answer(&stage);
        g_assert_error(stage.error, IC_ERROR, IC_ERROR_UNIT);
        g_assert_cmpint(stage.job, ==, IC_JOB_NONE);
}

static void test_silent_manager(void)
{
        g_auto(Stage) stage = {};
        gint64 begin = g_get_monotonic_time();

        stage_init(&stage, "stop");
        wait_until_ready(&stage);
        g_clear_pointer(&stage.manager_source, ic_bus_detach);
        ic_job_ask(stage.client, 3, answered, &stage);
        wait_for_answer(&stage);
        g_assert_error(stage.error, IC_ERROR, IC_ERROR_TIMED_OUT);
        g_assert_cmpint(g_get_monotonic_time() - begin, >=, IC_JOB_TIMEOUT_USEC);
}

static void test_lost_bus(void)
{
        g_auto(Stage) stage = {};

        stage_init(&stage, "stop");
        wait_until_ready(&stage);
        g_clear_pointer(&stage.manager_source, ic_bus_detach);
        ic_job_ask(stage.client, 3, answered, &stage);
        g_clear_pointer(&stage.manager, sd_bus_close_unref);
        wait_for_answer(&stage);
        g_assert_nonnull(stage.error);
}

static void test_unconnected_bus(void)
{
        g_auto(Stage) stage = {};

        stage_init(&stage, "stop");
        ic_job_ask(stage.client, 3, answered, &stage);
        g_assert_cmpuint(stage.n_answers, ==, 1);
        g_assert_error(stage.error, IC_ERROR, IC_ERROR_UNIT);
}

/* The question dies with its bus. */
static void test_freed_bus(void)
{
        g_auto(Stage) stage = {};

        stage_init(&stage, "stop");
        wait_until_ready(&stage);
        g_clear_pointer(&stage.manager_source, ic_bus_detach);
        ic_job_ask(stage.client, 3, answered, &stage);
        stage_clear(&stage);
        g_assert_cmpuint(stage.n_answers, ==, 0);
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/service/job/types", test_types);
        g_test_add_func("/service/job/unknown-unit", test_unknown_unit);
        g_test_add_func("/service/job/silent-manager", test_silent_manager);
        g_test_add_func("/service/job/lost-bus", test_lost_bus);
        g_test_add_func("/service/job/unconnected-bus", test_unconnected_bus);
        g_test_add_func("/service/job/freed-bus", test_freed_bus);
        return g_test_run();
}
