/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A dbus-daemon in a temporary folder. */

#include "private-bus.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_SECONDS 20

static const char configuration[] =
        "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN'\n"
        " 'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'>\n"
        "<busconfig>\n"
        "  <type>session</type>\n"
        "  <listen>unix:path=%s/bus</listen>\n"
        "  <auth>EXTERNAL</auth>\n"
        "  <policy context='default'>\n"
        "    <allow user='*'/>\n"
        "    <allow own='*'/>\n"
        "    <allow send_destination='*'/>\n"
        "    <allow receive_sender='*'/>\n"
        "  </policy>\n"
        "  <limit name='max_replies_per_connection'>10000</limit>\n"
        "</busconfig>\n";

/* The daemon prints its address when it listens. */
static char *read_line(int fd)
{
        g_autoptr(GString) line = g_string_new(NULL);
        char c;

        while (read(fd, &c, 1) == 1 && c != '\n')
                g_string_append_c(line, c);
        return g_strdup(line->str);
}

void end_with_parent(gpointer unused)
{
        prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static GPid spawn_daemon(const char *config_file, int *ret_output)
{
        g_autofree char *config_argument = g_strconcat("--config-file=", config_file, NULL);
        const char *argv[] = {"dbus-daemon", config_argument, "--nofork", "--nopidfile",
                "--nosyslog", "--print-address=1", NULL};
        g_autoptr(GError) error = NULL;
        GPid pid;

        g_spawn_async_with_pipes(NULL, (char **) argv, NULL,
                G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL,
                end_with_parent, NULL, &pid, NULL, ret_output, NULL, &error);
        g_assert_no_error(error);
        return pid;
}

PrivateBus *private_bus_new(void)
{
        PrivateBus *bus = g_new0(PrivateBus, 1);
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL, *file = NULL;
        int output;

        bus->folder = g_dir_make_tmp("irc-conn-bus-XXXXXX", &error);
        g_assert_no_error(error);
        g_assert_cmpint(chmod(bus->folder, 0755), ==, 0); /* for other users */
        text = g_strdup_printf(configuration, bus->folder);
        file = g_build_filename(bus->folder, "bus.conf", NULL);
        g_file_set_contents(file, text, -1, &error);
        g_assert_no_error(error);

        bus->pid = spawn_daemon(file, &output);
        bus->address = read_line(output);
        close(output);
        g_assert_true(g_str_has_prefix(bus->address, "unix:"));
        return bus;
}

void private_bus_end(PrivateBus *bus)
{
        if (bus->pid == 0)
                return;
        kill(bus->pid, SIGKILL);
        waitpid(bus->pid, NULL, 0);
        bus->pid = 0;
}

void private_bus_free(PrivateBus *bus)
{
        g_autofree char *file = NULL, *socket = NULL;

        if (!bus)
                return;
        private_bus_end(bus);
        file = g_build_filename(bus->folder, "bus.conf", NULL);
        socket = g_build_filename(bus->folder, "bus", NULL);
        g_unlink(file);
        g_unlink(socket);
        g_rmdir(bus->folder);
        g_free(bus->folder);
        g_free(bus->address);
        g_free(bus);
}

sd_bus *private_bus_connect(PrivateBus *bus)
{
        sd_bus *connection = NULL;

        g_assert_cmpint(sd_bus_new(&connection), >=, 0);
        g_assert_cmpint(sd_bus_set_address(connection, bus->address), >=, 0);
        g_assert_cmpint(sd_bus_set_bus_client(connection, true), >=, 0);
        g_assert_cmpint(sd_bus_start(connection), >=, 0);
        return connection;
}

static gboolean on_deadline(gpointer user_data)
{
        g_error("the event did not come within %d s", DEADLINE_SECONDS);
        return G_SOURCE_REMOVE;
}

void wait_for(Condition condition, gpointer user_data)
{
        guint deadline = g_timeout_add_seconds(DEADLINE_SECONDS, on_deadline, NULL);

        while (!condition(user_data))
                g_main_context_iteration(NULL, TRUE);
        g_source_remove(deadline);
}

static bool is_set(gpointer user_data)
{
        return *(const bool *) user_data;
}

void wait_for_flag(const bool *flag)
{
        wait_for(is_set, (gpointer) flag);
}
