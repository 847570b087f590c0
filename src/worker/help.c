/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What the program says about itself; the keys are drawn from their table. */

#include "worker/help.h"

#include <stdio.h>

#include "config/server-config.h"

static const char options[] =
        "irc-conn [OPTIONS…] ID\n"
        "irc-conn --standalone --config=FILE --state-dir=DIR [OPTIONS…]\n"
        "irc-conn --parse | --format | --match | --split-source\n"
        "\n"
        "One connection to an IRC server. irc-conn@ID.service runs it; use\n"
        "'systemctl start irc-conn@ID', or 'ircctl'.\n"
        "\n"
        "      --system         serve the system bus (default for root and system users)\n"
        "      --user           serve the session bus of the calling user\n"
        "      --tenant=DIR     the folder with the owner's irc.db\n"
        "  -h, --help           show this text\n"
        "      --version        show the version\n"
        "\n"
        "In the foreground, without systemd and D-Bus, logs on standard error:\n"
        "      --standalone     one connection, until TERM, INT or the command quit\n"
        "      --config=FILE    its key file\n"
        "      --state-dir=DIR  where its irc.db is; made when it is missing, used by one\n"
        "                       process at a time\n"
        "      --control=-      commands on standard input, answers on standard output:\n"
        "                       the lines of JSON of the command socket\n"
        "      --events=-       events on standard output, a JSON object a line: the\n"
        "                       signals of org.ircconn1.Connection, as message_received\n"
        "      --trace          lines of IRC on standard error, secrets hidden\n"
        "\n"
        "As a filter, a line of answer or {\"error\":…} for each line of standard input:\n"
        "      --parse          raw lines of IRC become\n"
        "                       {\"tags\":{…},\"source\":…,\"verb\":…,\"params\":[…]}\n"
        "      --format         the reverse\n"
        "      --match          {\"mask\":…,\"source\":…,\"casemapping\":…} becomes\n"
        "                       {\"matches\":true} or false; casemapping: rfc1459 unless given\n"
        "      --split-source   {\"source\":\"nick!user@host\"} becomes\n"
        "                       {\"nick\":…,\"user\":…,\"host\":…}\n"
        "\n"
        "TERM says QUIT and ends it within 5 seconds, whatever the server does; a second\n"
        "one at once. When the link is lost it connects anew, after a wait that grows, unless\n"
        "reconnect=false. Exit statuses: 0 asked to stop; 64 a command line that makes no\n"
        "sense; 65 FILE or database unusable; 69 server not reachable or link lost; 70 a bug;\n"
        "74 the database cannot be written, or another process uses it; 75 come back later;\n"
        "77 banned or wrong credentials. 65, 70 and 77 end it also with reconnect=true.\n"
        "\n"
        "Who does not read standard output fast enough misses events, never messages: those are\n"
        "in irc.db. {\"event\":\"events_dropped\",\"count\":N} says how many.\n"
        "\n"
        "FILE has one group, [connection], and lines of key=value; lists are separated by \";\",\n"
        "nothing is escaped, lines that begin with \"#\" or \";\" are comments. Its keys:\n";

static void print_key(const char *key, const char *description, const char *default_text)
{
        printf("  %-22s %s", key, description);
        if (default_text)
                printf(" (%s)", default_text);
        putchar('\n');
}

void help_print(void)
{
        gsize count;
        const IcServerKey *keys = ic_server_keys(&count);

        fputs(options, stdout);
        for (gsize i = 0; i < count; i++)
                print_key(keys[i].name, keys[i].description, keys[i].default_text);
        print_key("reconnect", "Connect anew when the link is lost or not to be had", "true");
        print_key("password", "The server's password", NULL);
        print_key("sasl_password", "Password of sasl_account", NULL);
        print_key("nickserv_password", "What is said to nickserv where there is no SASL", NULL);
        print_key("proxy_password", "Password of the proxy's user", NULL);
        puts("Each of the four secrets also as KEY_file, the name of a file that holds it.");
}
