/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What is done on IRC: join, part, say, notice, nick. These go to the connection's own process. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/servers.h"
#include "ctl/verbs.h"
#include "wire/command.h"

bool verb_join(Ctl *ctl, char **arguments, GError **error)
{
        uint32_t id;

        return ctl_server_find(ctl, arguments[0], &id, error) &&
               ctl_call_worker(ctl, id, error, "Join", "ss", arguments[1],
                       arguments[2] ? arguments[2] : "");
}

bool verb_part(Ctl *ctl, char **arguments, GError **error)
{
        g_autofree char *message = g_strjoinv(" ", arguments + 2);
        uint32_t id;

        return ctl_server_find(ctl, arguments[0], &id, error) &&
               ctl_call_worker(ctl, id, error, "Part", "ss", arguments[1], message);
}

bool verb_nick(Ctl *ctl, char **arguments, GError **error)
{
        uint32_t id;

        return ctl_server_find(ctl, arguments[0], &id, error) &&
               ctl_call_worker(ctl, id, error, "Nick", "s", arguments[1]);
}

static bool send_text(Ctl *ctl, uint32_t id, const char *method, const char *target,
        const char *text, GError **error)
{
        if (strlen(text) > IC_COMMAND_LINE_MAX) {
                g_set_error(error, IC_ERROR, IC_ERROR_TOO_LONG,
                        _("the text is longer than %d bytes"), IC_COMMAND_LINE_MAX);
                return false;
        }
        return ctl_call_worker(ctl, id, error, method, "ss", target, text);
}

/* Line by line as they come, so that a program that goes on for days can be piped in. */
static bool send_input(
        Ctl *ctl, uint32_t id, const char *method, const char *target, GError **error)
{
        g_autofree char *line = NULL;
        size_t size = 0;
        ssize_t len;

        while ((len = getline(&line, &size, stdin)) >= 0) {
                g_autofree char *text = NULL;

                line[strcspn(line, "\r\n")] = '\0';
                text = ic_text_to_utf8(line, -1);
                if (*text != '\0' && !send_text(ctl, id, method, target, text, error))
                        return false;
        }
        if (ferror(stdin)) {
                g_set_error(error, IC_ERROR, IC_ERROR_FAILED, _("cannot read the text: %s"),
                        g_strerror(errno));
                return false;
        }
        return true;
}

static bool talk(Ctl *ctl, char **arguments, const char *method, GError **error)
{
        g_autofree char *text = g_strjoinv(" ", arguments + 2);
        uint32_t id;

        if (!ctl_server_find(ctl, arguments[0], &id, error))
                return false;
        if (strcmp(text, "-") == 0)
                return send_input(ctl, id, method, arguments[1], error);
        return send_text(ctl, id, method, arguments[1], text, error);
}

bool verb_say(Ctl *ctl, char **arguments, GError **error)
{
        return talk(ctl, arguments, "Privmsg", error);
}

bool verb_notice(Ctl *ctl, char **arguments, GError **error)
{
        return talk(ctl, arguments, "Notice", error);
}
