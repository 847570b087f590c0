/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Starting, calling and ending a controller. */

#include "controller-host.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/name.h"

static void on_signal(GDBusConnection *connection, const char *sender, const char *path,
        const char *interface, const char *member, GVariant *parameters, gpointer user_data)
{
        ControllerHost *host = user_data;
        g_autofree char *text = g_variant_print(parameters, FALSE);

        if (g_str_has_prefix(path, IC_MANAGER_PATH))
                g_string_append_printf(host->heard, "%s %s%s\n", path, member, text);
}

static void on_name(
        GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
        ((ControllerHost *) user_data)->is_there = true;
}

static void on_no_name(GDBusConnection *connection, const char *name, gpointer user_data)
{
        ((ControllerHost *) user_data)->is_there = false;
}

static void on_end(GPid pid, gint status, gpointer user_data)
{
        ControllerHost *host = user_data;

        host->pid = 0;
        host->exit_status = status;
        host->is_over = true;
}

void controller_host_set_up(ControllerHost *host, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;

        host->daemon = private_bus_new();
        host->state_dir = g_build_filename(host->daemon->folder, "state", NULL);
        host->config_dir = g_build_filename(host->daemon->folder, "config", NULL);
        host->log_file = g_build_filename(host->daemon->folder, "log", NULL);
        g_assert_cmpint(g_mkdir(host->config_dir, 0700), ==, 0);
        host->heard = g_string_new(NULL);
        host->client = g_dbus_connection_new_for_address_sync(host->daemon->address,
                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                NULL, NULL, &error);
        g_assert_no_error(error);
        g_dbus_connection_signal_subscribe(host->client, NULL, NULL, NULL, NULL, NULL,
                G_DBUS_SIGNAL_FLAGS_NONE, on_signal, host, NULL);
        g_bus_watch_name_on_connection(host->client, IC_BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                on_name, on_no_name, host, NULL);
}

void controller_host_start(ControllerHost *host, const char *idle_seconds)
{
        const char *argv[] = {g_getenv("IRC_CONTROLLER"), "--user",
                idle_seconds ? "--idle-exit" : NULL, idle_seconds, NULL};
        g_auto(GStrv) environment = g_get_environ();
        g_autoptr(GError) error = NULL;
        int log = open(host->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

        g_assert_cmpint(log, >=, 0);
        environment = g_environ_setenv(
                environment, "DBUS_SESSION_BUS_ADDRESS", host->daemon->address, TRUE);
        environment = g_environ_setenv(environment, "IRC_CONN_STATE_DIR", host->state_dir, TRUE);
        environment = g_environ_setenv(environment, "IRC_CONN_CONFIG_DIR", host->config_dir, TRUE);
        host->is_over = false;
        g_spawn_async_with_fds(NULL, (char **) argv, environment, G_SPAWN_DO_NOT_REAP_CHILD,
                end_with_parent, NULL, &host->pid, -1, -1, log, &error);
        close(log);
        g_assert_no_error(error);
        g_child_watch_add(host->pid, on_end, host);
        wait_for_flag(&host->is_there);
}

void controller_host_stop(ControllerHost *host, int signal)
{
        if (host->pid == 0)
                return;
        kill(host->pid, signal);
        wait_for_flag(&host->is_over);
}

static void remove_tree(const char *path)
{
        g_autoptr(GDir) folder = NULL;
        const char *name;

        if (!g_file_test(path, G_FILE_TEST_IS_SYMLINK))
                folder = g_dir_open(path, 0, NULL);
        while (folder && (name = g_dir_read_name(folder))) {
                g_autofree char *child = g_build_filename(path, name, NULL);

                remove_tree(child);
        }
        g_remove(path);
}

void controller_host_tear_down(ControllerHost *host, gconstpointer unused)
{
        if (host->pid != 0) {
                controller_host_stop(host, SIGTERM);
                g_assert_true(g_spawn_check_wait_status(host->exit_status, NULL));
        }
        g_dbus_connection_close_sync(host->client, NULL, NULL);
        g_clear_object(&host->client);
        remove_tree(host->state_dir);
        remove_tree(host->config_dir);
        remove_tree(host->log_file);
        private_bus_free(host->daemon);
        g_free(host->state_dir);
        g_free(host->config_dir);
        g_free(host->log_file);
        g_string_free(host->heard, TRUE);
        g_clear_pointer(&host->answer, g_variant_unref);
        g_clear_error(&host->error);
        while (g_main_context_iteration(NULL, FALSE))
                ;
}

void controller_host_call_on(ControllerHost *host, const char *path, const char *interface,
        const char *member, const char *parameters)
{
        g_autoptr(GError) error = NULL;
        GVariant *variant = NULL;

        if (parameters)
                variant = g_variant_parse(NULL, parameters, NULL, NULL, &error);
        g_assert_no_error(error);
        g_clear_pointer(&host->answer, g_variant_unref);
        g_clear_error(&host->error);
        host->answer = g_dbus_connection_call_sync(host->client, IC_BUS_NAME, path, interface,
                member, variant, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &host->error);
        if (variant)
                g_variant_unref(variant);
}

void controller_host_call(ControllerHost *host, const char *member, const char *parameters)
{
        controller_host_call_on(host, IC_MANAGER_PATH, IC_MANAGER_INTERFACE, member, parameters);
}

void controller_host_expect(ControllerHost *host, const char *answer)
{
        g_autofree char *text = NULL;

        g_assert_no_error(host->error);
        text = g_variant_print(host->answer, FALSE);
        g_assert_cmpstr(text, ==, answer);
}

void controller_host_expect_error(ControllerHost *host, IcError code, const char *words)
{
        g_autofree char *name = NULL;

        g_assert_nonnull(host->error);
        name = g_dbus_error_get_remote_error(host->error);
        g_assert_cmpstr(name, ==, ic_error_bus_name(code));
        if (!strstr(host->error->message, words))
                g_error("\"%s\" is not in: %s", words, host->error->message);
}

GVariant *controller_host_lookup(ControllerHost *host, const char *key)
{
        g_autoptr(GVariant) dictionary = NULL;

        g_assert_no_error(host->error);
        dictionary = g_variant_get_child_value(host->answer, 0);
        return g_variant_lookup_value(dictionary, key, NULL);
}
