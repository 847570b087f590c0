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
#include "worker/filter.h"
#include "worker/help.h"
#include "worker/standalone.h"
#include "worker/worker.h"

/* EX_USAGE of sysexits.h: a command line that cannot be understood. */
#define EXIT_USAGE 64

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
        OPTION_PARSE,
        OPTION_FORMAT,
        OPTION_MATCH,
        OPTION_SPLIT_SOURCE,
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
        {"parse", no_argument, NULL, OPTION_PARSE},
        {"format", no_argument, NULL, OPTION_FORMAT},
        {"match", no_argument, NULL, OPTION_MATCH},
        {"split-source", no_argument, NULL, OPTION_SPLIT_SOURCE},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, OPTION_VERSION},
        {NULL, 0, NULL, 0},
};

typedef struct {
        WorkerOptions worker;
        StandaloneOptions standalone;
        FilterMode filter;
        bool is_standalone;
        bool is_filter;
} Options;

static bool set_filter(Options *options, FilterMode mode)
{
        options->is_filter = true;
        options->filter = mode;
        return true;
}

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
        case OPTION_PARSE:
                return set_filter(options, FILTER_PARSE);
        case OPTION_FORMAT:
                return set_filter(options, FILTER_FORMAT);
        case OPTION_MATCH:
                return set_filter(options, FILTER_MATCH);
        case OPTION_SPLIT_SOURCE:
                return set_filter(options, FILTER_SPLIT_SOURCE);
        case OPTION_VERSION:
                puts("irc-conn " IC_VERSION);
                return false;
        case 'h':
                help_print();
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

        if (options.is_filter)
                return filter_run(options.filter);
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
