/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* irc-controller: the options. */

#include <locale.h>
#include <stdlib.h>

#include "base/log.h"
#include "build-config.h"
#include "controller/controller.h"

static gboolean arg_user;
static gboolean arg_system;
static gboolean arg_version;
static int arg_idle_exit = IC_CONTROLLER_IDLE_SECONDS;

static const GOptionEntry options[] = {
        {"system", 0, 0, G_OPTION_ARG_NONE, &arg_system,
                "Serve the machine's connections on the system bus (default)", NULL},
        {"user", 0, 0, G_OPTION_ARG_NONE, &arg_user,
                "Serve the user's connections on the session bus", NULL},
        {"idle-exit", 0, 0, G_OPTION_ARG_INT, &arg_idle_exit,
                "Leave when nobody needed it for so long (default 300)", "SECONDS"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &arg_version, "Print the version", NULL},
        {NULL},
};

static bool parse_options(int *argc, char ***argv, GError **error)
{
        g_autoptr(GOptionContext) context = g_option_context_new(NULL);

        g_option_context_set_summary(context, "The controller of IRC connections, org.ircconn1 on "
                                              "D-Bus. It is started on demand.");
        g_option_context_add_main_entries(context, options, NULL);
        if (!g_option_context_parse(context, argc, argv, error))
                return false;
        if (*argc > 1) {
                g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "Unknown argument %s",
                        (*argv)[1]);
                return false;
        }
        if (arg_user && arg_system) {
                g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                        "--system and --user exclude each other");
                return false;
        }
        if (arg_idle_exit < 1 || arg_idle_exit > 86400) {
                g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                        "--idle-exit takes 1 to 86400 seconds");
                return false;
        }
        return true;
}

int main(int argc, char **argv)
{
        g_autoptr(GError) error = NULL;

        setlocale(LC_ALL, "");
        if (!parse_options(&argc, &argv, &error)) {
                g_printerr("%s. Try --help.\n", error->message);
                return EXIT_FAILURE;
        }
        if (arg_version) {
                g_print("irc-controller %s\n", IC_VERSION);
                return EXIT_SUCCESS;
        }
        ic_log_init("irc-controller", IC_LOG_INFO);
        return ic_controller_run(arg_user ? IC_SCOPE_USER : IC_SCOPE_SYSTEM, (guint) arg_idle_exit)
                       ? EXIT_SUCCESS
                       : EXIT_FAILURE;
}
