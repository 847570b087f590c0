/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The journal's native protocol, by GLib's own writer; standard error elsewhere. */

#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "build-config.h"

#define FIELDS_MAX 10

static IcLogLevel arg_max_level = IC_LOG_INFO;
static const char *arg_identifier = "irc-conn";
static bool arg_journal;

static IcLogLevel level_from_text(const char *text, IcLogLevel fallback)
{
        static const char *const names[] = {
                "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

        if (!text)
                return fallback;
        if (g_ascii_isdigit(text[0]) && !text[1] && text[0] <= '7')
                return (IcLogLevel) MAX(text[0] - '0', (int) IC_LOG_ERROR);
        for (unsigned int i = 0; i < G_N_ELEMENTS(names); i++)
                if (g_ascii_strcasecmp(text, names[i]) == 0)
                        return (IcLogLevel) MAX(i, (unsigned int) IC_LOG_ERROR);

        return fallback;
}

void ic_log_init(const char *identifier, IcLogLevel max_level)
{
        arg_identifier = identifier;
        arg_max_level = level_from_text(g_getenv("IRC_CONN_LOG_LEVEL"), max_level);
        arg_journal = g_log_writer_is_journald(STDERR_FILENO);
}

/* `server` holds the text of the number, which the fields borrow. */
static gsize collect(const IcLogFields *fields, char server[12], GLogField *ret)
{
        gsize n = 0;

        if (!fields)
                return 0;
        if (fields->server > 0) {
                g_snprintf(server, 12, "%u", fields->server);
                ret[n++] = (GLogField){"IRC_SERVER", server, -1};
        }
        if (fields->channel)
                ret[n++] = (GLogField){"IRC_CHANNEL", fields->channel, -1};
        if (fields->nick)
                ret[n++] = (GLogField){"IRC_NICK", fields->nick, -1};
        if (fields->message_id)
                ret[n++] = (GLogField){"MESSAGE_ID", fields->message_id, -1};
        if (fields->error_code)
                ret[n++] = (GLogField){"IRC_ERROR", fields->error_code, -1};

        return n;
}

static void write_plain(const char *server, const char *text)
{
        if (server[0] != '\0')
                fprintf(stderr, "%s[%s]: %s\n", arg_identifier, server, text);
        else
                fprintf(stderr, "%s: %s\n", arg_identifier, text);
}

void ic_log(IcLogLevel level, const IcLogFields *fields, const char *format, ...)
{
        g_autofree char *text = NULL;
        char server[12] = "", priority[2] = {(char) ('0' + level), '\0'};
        GLogField entry[FIELDS_MAX];
        va_list args;
        gsize n;

        if (level > arg_max_level)
                return;

        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);

        n = collect(fields, server, entry);
        entry[n++] = (GLogField){"MESSAGE", text, -1};
        entry[n++] = (GLogField){"PRIORITY", priority, -1};
        entry[n++] = (GLogField){"SYSLOG_IDENTIFIER", arg_identifier, -1};
        g_assert(n <= FIELDS_MAX);

        if (!arg_journal ||
                g_log_writer_journald(G_LOG_LEVEL_MESSAGE, entry, n, NULL) != G_LOG_WRITER_HANDLED)
                write_plain(server, text);
}
