/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* ircctl: the command line of irc-conn. */

#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build-config.h"
#include "config/time-span.h"
#include "ctl/help.h"
#include "ctl/polkit-agent.h"
#include "ctl/verbs.h"
#include "store/messages.h"

#define GETTEXT_DOMAIN "irc-conn"
#define LINES_DEFAULT 50u

static Ctl arg_ctl = {.may_ask_password = true, .lines = LINES_DEFAULT};
static bool arg_is_help, arg_is_version;

static const CtlVerb verbs[] = {
        {"list", NULL, 0, 0, verb_list, false, N_("List the connections")},
        {"status", "[ID…]", 0, CTL_ANY_NUMBER, verb_status, false,
                N_("Show counts, or all about these connections")},
        {"health", "[ID…]", 0, CTL_ANY_NUMBER, verb_health, false,
                N_("Say what is wrong and what to do; succeeds if nothing is")},
        {"add", "ADDRESS[:PORT] [KEY=VALUE…]", 1, CTL_ANY_NUMBER, verb_add, true,
                N_("Add a connection, print its number")},
        {"set", "ID KEY=VALUE…", 2, CTL_ANY_NUMBER, verb_set, true,
                N_("Change a connection's settings ('help keys')")},
        {"remove", "ID…", 1, CTL_ANY_NUMBER, verb_remove, true,
                N_("Remove connections and their history")},
        {"set-credential", "ID NAME", 2, 2, verb_set_credential, true,
                N_("Store a secret, read from standard input")},
        {"remove-credential", "ID NAME", 2, 2, verb_remove_credential, true, N_("Forget a secret")},
        {"connect", "ID…", 1, CTL_ANY_NUMBER, verb_connect, true,
                N_("Bring connections up and keep them up")},
        {"disconnect", "ID…", 1, CTL_ANY_NUMBER, verb_disconnect, true,
                N_("Say QUIT and stay away (--message)")},
        {"restart", "ID…", 1, CTL_ANY_NUMBER, verb_restart, true,
                N_("Restart the program of connections")},
        {"blocked", NULL, 0, 0, verb_blocked, false, N_("List what is blocked")},
        {"block", "ID [CHANNEL]", 1, 2, verb_block, true,
                N_("Stay away from a server or channel (--for, --reason)")},
        {"unblock", "ID [CHANNEL]", 1, 2, verb_unblock, true, N_("Lift a block")},
        {"join", "ID CHANNEL [KEY]", 2, 3, verb_join, true, N_("Join a channel")},
        {"part", "ID CHANNEL [MESSAGE…]", 2, CTL_ANY_NUMBER, verb_part, true,
                N_("Leave a channel")},
        {"say", "ID TARGET TEXT…", 3, CTL_ANY_NUMBER, verb_say, true,
                N_("Say something; \"-\": what standard input says")},
        {"notice", "ID TARGET TEXT…", 3, CTL_ANY_NUMBER, verb_notice, true,
                N_("The same as a notice")},
        {"nick", "ID NICKNAME", 2, 2, verb_nick, true, N_("Change the nickname")},
        {"follow", "[ID…]", 0, CTL_ANY_NUMBER, verb_follow, false,
                N_("Show what happens as it happens")},
        {"history", "ID [TARGET]", 1, 2, verb_history, true,
                N_("Show the last messages (-n, --before)")},
        {"search", "ID WORDS…", 2, CTL_ANY_NUMBER, verb_search, true,
                N_("Search the messages (-n)")},
        {"config", NULL, 0, 0, verb_config, false,
                N_("Show the settings in force and where they come from"), .is_local = true},
        {"help", "[keys]", 0, 1, NULL, false, N_("Show this help, or the keys of add and set")},
        {NULL},
};

enum {
        OPTION_VERSION = 256,
        OPTION_JSON,
        OPTION_SYSTEM,
        OPTION_USER,
        OPTION_NO_ASK_PASSWORD,
        OPTION_MESSAGE,
        OPTION_OWNER,
        OPTION_BEFORE,
        OPTION_FOR,
        OPTION_REASON,
        OPTION_SAMPLE,
};

static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, OPTION_VERSION},
        {"json", no_argument, NULL, OPTION_JSON},
        {"system", no_argument, NULL, OPTION_SYSTEM},
        {"user", no_argument, NULL, OPTION_USER},
        {"host", required_argument, NULL, 'H'},
        {"machine", required_argument, NULL, 'M'},
        {"lines", required_argument, NULL, 'n'},
        {"yes", no_argument, NULL, 'y'},
        {"no-ask-password", no_argument, NULL, OPTION_NO_ASK_PASSWORD},
        {"message", required_argument, NULL, OPTION_MESSAGE},
        {"owner", required_argument, NULL, OPTION_OWNER},
        {"before", required_argument, NULL, OPTION_BEFORE},
        {"for", required_argument, NULL, OPTION_FOR},
        {"reason", required_argument, NULL, OPTION_REASON},
        {"sample", no_argument, NULL, OPTION_SAMPLE},
        {NULL},
};

G_GNUC_PRINTF(2, 3)
static bool usage_error(GError **error, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        if (error)
                *error = g_error_new_valist(CTL_ERROR, CTL_ERROR_USAGE, format, arguments);
        va_end(arguments);
        return false;
}

static bool parse_number(
        const char *option, const char *text, guint64 max, guint64 *ret, GError **error)
{
        g_autofree char *limit = g_strdup_printf("%" G_GUINT64_FORMAT, max);

        if (g_ascii_string_to_unsigned(text, 10, 1, max, ret, NULL))
                return true;
        return usage_error(error, _("%s takes a number from 1 to %s"), option, limit);
}

/* Whole seconds, rounded up: 0 would be for good. */
static bool parse_span(const char *option, const char *text, uint64_t *ret, GError **error)
{
        gint64 usec;

        if (!ic_time_span_parse(text, &usec, NULL) || usec <= 0)
                return usage_error(
                        error, _("%s takes a time span, such as 30min or \"1d 12h\""), option);
        *ret = (uint64_t) ((usec - 1) / IC_USEC_PER_SEC + 1);
        return true;
}

static bool parse_option(int option, GError **error)
{
        guint64 number;

        switch (option) {
        case 'h':
                arg_is_help = true;
                return true;
        case OPTION_VERSION:
                arg_is_version = true;
                return true;
        case OPTION_JSON:
                arg_ctl.is_json = true;
                return true;
        case OPTION_SYSTEM:
                arg_ctl.scope = IC_SCOPE_SYSTEM;
                return true;
        case OPTION_USER:
                arg_ctl.scope = IC_SCOPE_USER;
                return true;
        case 'H':
                arg_ctl.host = optarg;
                return true;
        case 'M':
                arg_ctl.machine = optarg;
                return true;
        case 'y':
                arg_ctl.is_sure = true;
                return true;
        case OPTION_NO_ASK_PASSWORD:
                arg_ctl.may_ask_password = false;
                return true;
        case OPTION_MESSAGE:
                arg_ctl.message = optarg;
                return true;
        case OPTION_OWNER:
                arg_ctl.owner = optarg;
                return true;
        case OPTION_FOR:
                return parse_span("--for", optarg, &arg_ctl.block_seconds, error);
        case OPTION_REASON:
                arg_ctl.reason = optarg;
                return true;
        case OPTION_SAMPLE:
                arg_ctl.is_sample = true;
                return true;
        case 'n':
                if (!parse_number("--lines", optarg, IC_HISTORY_LIMIT_MAX, &number, error))
                        return false;
                arg_ctl.lines = (uint32_t) number;
                return true;
        case OPTION_BEFORE:
                if (!parse_number("--before", optarg, G_MAXINT64, &number, error))
                        return false;
                arg_ctl.before = (gint64) number;
                return true;
        default: /* getopt has said what is wrong */
                return usage_error(error, _("'ircctl help' shows the options"));
        }
}

static bool parse_command_line(int argc, char **argv, GError **error)
{
        int option;

        for (int i = 1; i < argc; i++)
                if (!g_utf8_validate(argv[i], -1, NULL))
                        return usage_error(error, _("argument %d is not UTF-8"), i);
        while ((option = getopt_long(argc, argv, "hH:M:n:y", long_options, NULL)) >= 0)
                if (!parse_option(option, error))
                        return false;
        if (arg_ctl.host && arg_ctl.machine)
                return usage_error(error, _("--host and --machine exclude each other"));
        return true;
}

static const CtlVerb *find_verb(const char *name, GError **error)
{
        for (const CtlVerb *verb = verbs; verb->name; verb++)
                if (strcmp(verb->name, name) == 0)
                        return verb;
        (void) usage_error(error, _("there is no verb \"%s\"; 'ircctl help' lists all"), name);
        return NULL;
}

static bool run_help(char **arguments, GError **error)
{
        if (*arguments && strcmp(*arguments, "keys") != 0)
                return usage_error(error, _("there is help without a topic, and on \"keys\""));
        if (*arguments)
                ctl_help_keys();
        else
                ctl_help(verbs);
        return true;
}

static bool run_verb(const CtlVerb *verb, char **arguments, GError **error)
{
        unsigned count = g_strv_length(arguments);
        g_autoptr(CtlPolkitAgent) agent = NULL;

        if (count < verb->min || count > verb->max)
                return usage_error(error, _("usage: ircctl %s %s"), verb->name,
                        verb->arguments ? verb->arguments : "");
        if (!verb->run)
                return run_help(arguments, error);
        if (!verb->is_local && !ctl_open_bus(&arg_ctl, error))
                return false;
        if (verb->may_need_password)
                agent = ctl_polkit_agent_start(&arg_ctl);
        return verb->run(&arg_ctl, arguments, error);
}

static bool run(int argc, char **argv, GError **error)
{
        const CtlVerb *verb;

        if (!parse_command_line(argc, argv, error))
                return false;
        if (arg_is_version) {
                puts("ircctl (irc-conn) " IC_VERSION);
                return true;
        }
        if (arg_is_help)
                return run_help((char *[]){NULL}, error);
        if (optind >= argc)
                return usage_error(error, _("a verb is missing; 'ircctl help' lists all"));
        verb = find_verb(argv[optind], error);
        return verb && run_verb(verb, argv + optind + 1, error);
}

/* What was to be shown must have got there: a full disk behind ">" is a failure. */
static bool flush(GError **error)
{
        if (fflush(stdout) == 0 && !ferror(stdout))
                return true;
        g_set_error_literal(error, IC_ERROR, IC_ERROR_FAILED, _("cannot write the output"));
        return false;
}

int main(int argc, char **argv)
{
        g_autoptr(GError) error = NULL;
        bool ok;

        setlocale(LC_ALL, "");
        bindtextdomain(GETTEXT_DOMAIN, IC_LOCALE_DIR);
        bind_textdomain_codeset(GETTEXT_DOMAIN, "UTF-8");
        textdomain(GETTEXT_DOMAIN);

        ok = run(argc, argv, &error) && flush(&error);
        sd_bus_flush_close_unref(arg_ctl.bus);
        if (ok)
                return EXIT_SUCCESS;
        fprintf(stderr, "ircctl: %s\n", error->message);
        return g_error_matches(error, CTL_ERROR, CTL_ERROR_USAGE) ? CTL_EXIT_USAGE
                                                                  : CTL_EXIT_FAILED;
}
