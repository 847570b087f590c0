/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The program `irc-conn`: its options. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/name.h"
#include "build-config.h"
#include "worker/standalone.h"
#include "worker/worker.h"

/* EX_USAGE of sysexits.h: a command line that cannot be understood. */
#define EXIT_USAGE 64

static const char usage[] =
        "irc-conn [OPTIONS…] ID\n"
        "irc-conn --standalone --config=FILE --state-dir=DIR [OPTIONS…]\n"
        "\n"
        "One connection to an IRC server. irc-conn@ID.service runs it; use\n"
        "'systemctl start irc-conn@ID', or 'ircctl'. With --standalone it runs in the\n"
        "foreground, without systemd and D-Bus.\n"
        "\n"
        "      --system         serve the system bus (default for root and system users)\n"
        "      --user           serve the session bus of the calling user\n"
        "      --tenant=DIR     the folder with the owner's irc.db\n"
        "      --standalone     one connection in the foreground, logs on standard error\n"
        "      --config=FILE    its key file\n"
        "      --state-dir=DIR  where its irc.db is; made when it is missing\n"
        "      --control=-      commands on standard input, answers on standard output\n"
        "      --events=-       events on standard output\n"
        "      --trace          lines of IRC on standard error\n"
        "  -h, --help           show this text\n"
        "      --version        show the version\n";

enum {
        OPTION_SYSTEM = 256,
        OPTION_USER,
        OPTION_TENANT,
        OPTION_STANDALONE,
        OPTION_CONFIG,
        OPTION_STATE_DIR,
        OPTION_CONTROL,
        OPTION_EVENTS,
        OPTION_TRACE,
        OPTION_VERSION,
};

static const struct option long_options[] = {
        {"system", no_argument, NULL, OPTION_SYSTEM},
        {"user", no_argument, NULL, OPTION_USER},
        {"tenant", required_argument, NULL, OPTION_TENANT},
        {"standalone", no_argument, NULL, OPTION_STANDALONE},
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"state-dir", required_argument, NULL, OPTION_STATE_DIR},
        {"control", required_argument, NULL, OPTION_CONTROL},
        {"events", required_argument, NULL, OPTION_EVENTS},
        {"trace", no_argument, NULL, OPTION_TRACE},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, OPTION_VERSION},
        {NULL, 0, NULL, 0},
};

typedef struct {
        WorkerOptions worker;
        StandaloneOptions standalone;
        bool is_standalone;
} Options;

static bool is_dash(const char *option, const char *value)
{
        if (strcmp(value, "-") == 0)
                return true;
        fprintf(stderr, "irc-conn: %s: only \"-\", the standard streams, can be given\n", option);
        return false;
}

/* False: nothing is to be run, with the exit status. */
static bool take_option(int c, Options *options, int *ret_status)
{
        StandaloneOptions *standalone = &options->standalone;

        *ret_status = EXIT_SUCCESS;
        switch (c) {
        case OPTION_SYSTEM:
                options->worker.scope = IC_SCOPE_SYSTEM;
                return true;
        case OPTION_USER:
                options->worker.scope = IC_SCOPE_USER;
                return true;
        case OPTION_TENANT:
                options->worker.tenant = optarg;
                return true;
        case OPTION_STANDALONE:
                options->is_standalone = true;
                return true;
        case OPTION_CONFIG:
                standalone->config = optarg;
                return true;
        case OPTION_STATE_DIR:
                standalone->state_dir = optarg;
                return true;
        case OPTION_CONTROL:
                standalone->has_control = true;
                *ret_status = EXIT_USAGE;
                return is_dash("--control", optarg);
        case OPTION_EVENTS:
                standalone->has_events = true;
                *ret_status = EXIT_USAGE;
                return is_dash("--events", optarg);
        case OPTION_TRACE:
                standalone->has_trace = true;
                return true;
        case OPTION_VERSION:
                puts("irc-conn " IC_VERSION);
                return false;
        case 'h':
                fputs(usage, stdout);
                return false;
        default:
                *ret_status = EXIT_USAGE;
                return false;
        }
}

static int run_standalone(const StandaloneOptions *options, int n_arguments)
{
        if (!options->config || !options->state_dir || n_arguments > 0) {
                fputs("irc-conn: --standalone needs --config=FILE and --state-dir=DIR, and nothing "
                      "else; 'irc-conn --help' says more\n",
                        stderr);
                return EXIT_USAGE;
        }
        /* The log is for standard error, wherever that leads. */
        g_unsetenv("JOURNAL_STREAM");
        ic_log_init("irc-conn", IC_LOG_INFO);
        return standalone_run(options);
}

int main(int argc, char **argv)
{
        Options options = {.worker.scope = IC_SCOPE_SYSTEM};
        int c, status;

        while ((c = getopt_long(argc, argv, "h", long_options, NULL)) >= 0)
                if (!take_option(c, &options, &status))
                        return status;

        if (options.is_standalone)
                return run_standalone(&options.standalone, argc - optind);
        if (argc - optind != 1 || !ic_id_parse(argv[optind], &options.worker.id)) {
                fprintf(stderr,
                        "irc-conn: the number of one connection is needed, 1 to %u; 'irc-conn "
                        "--help' says more\n",
                        IC_ID_MAX);
                return EXIT_USAGE;
        }

        ic_log_init("irc-conn", IC_LOG_INFO);
        return worker_run(&options.worker);
}
