/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The program `irc-conn`: its options. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/name.h"
#include "build-config.h"
#include "worker/worker.h"

/* EX_USAGE of sysexits.h: a command line that cannot be understood. */
#define EXIT_USAGE 64

static const char usage[] =
        "irc-conn [OPTIONS…] ID\n"
        "\n"
        "One connection to an IRC server. irc-conn@ID.service runs it; use\n"
        "'systemctl start irc-conn@ID', or 'ircctl'.\n"
        "\n"
        "      --system      serve the system bus (default for root and system users)\n"
        "      --user        serve the session bus of the calling user\n"
        "      --tenant=DIR  the folder with the owner's irc.db\n"
        "  -h, --help        show this text\n"
        "      --version     show the version\n";

enum {
        OPTION_SYSTEM = 256,
        OPTION_USER,
        OPTION_TENANT,
        OPTION_VERSION,
};

static const struct option long_options[] = {
        {"system", no_argument, NULL, OPTION_SYSTEM},
        {"user", no_argument, NULL, OPTION_USER},
        {"tenant", required_argument, NULL, OPTION_TENANT},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, OPTION_VERSION},
        {NULL, 0, NULL, 0},
};

int main(int argc, char **argv)
{
        WorkerOptions options = {.scope = IC_SCOPE_SYSTEM};
        int c;

        while ((c = getopt_long(argc, argv, "h", long_options, NULL)) >= 0)
                switch (c) {
                case OPTION_SYSTEM:
                        options.scope = IC_SCOPE_SYSTEM;
                        break;
                case OPTION_USER:
                        options.scope = IC_SCOPE_USER;
                        break;
                case OPTION_TENANT:
                        options.tenant = optarg;
                        break;
                case OPTION_VERSION:
                        puts("irc-conn " IC_VERSION);
                        return EXIT_SUCCESS;
                case 'h':
                        fputs(usage, stdout);
                        return EXIT_SUCCESS;
                default:
                        return EXIT_USAGE;
                }

        if (argc - optind != 1 || !ic_id_parse(argv[optind], &options.id)) {
                fprintf(stderr,
                        "irc-conn: the number of one connection is needed, 1 to %u; 'irc-conn "
                        "--help' says more\n",
                        IC_ID_MAX);
                return EXIT_USAGE;
        }

        ic_log_init("irc-conn", IC_LOG_INFO);
        return worker_run(&options);
}
