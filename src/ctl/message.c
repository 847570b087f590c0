/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Messages as lines. */

#include "ctl/message.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/table.h"

#define NAME_MAX_CHARS 100
#define TEXT_MAX_CHARS 8192

char *ctl_format_time(gint64 usec, bool has_date)
{
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(usec / IC_USEC_PER_SEC);

        if (!time)
                return g_strdup("?");
        return g_date_time_format(time, has_date ? "%F %T" : "%T");
}

static char *with_reason(const char *sentence, const char *reason)
{
        return *reason == '\0' ? g_strdup(sentence) : g_strdup_printf("%s (%s)", sentence, reason);
}

/* A message may have several lines. Those after the first are set in, so that none of them passes
 * for a message of its own. */
static char *quote_lines(const char *text)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        for (gsize i = 0; lines[i]; i++) {
                g_autofree char *line = lines[i];

                lines[i] = ic_text_quote(line, TEXT_MAX_CHARS);
        }
        return g_strjoinv("\n    ", lines);
}

char *ctl_format_message(JsonObject *message)
{
        const char *type = ctl_json_text(message, "message_type");
        g_autofree char *who = ic_text_quote(ctl_json_text(message, "sender"), NAME_MAX_CHARS);
        g_autofree char *text = quote_lines(ctl_json_text(message, "content"));
        g_autofree char *kind = ic_text_quote(type, NAME_MAX_CHARS);
        g_autofree char *sentence = NULL;

        if (g_str_equal(type, "privmsg"))
                return g_strdup_printf("<%s> %s", who, text);
        if (g_str_equal(type, "action"))
                return g_strdup_printf("* %s %s", who, text);
        if (g_str_equal(type, "notice"))
                return g_strdup_printf("-%s- %s", who, text);
        if (g_str_equal(type, "join"))
                return g_strdup_printf(_("%s has joined"), who);
        if (g_str_equal(type, "part")) {
                sentence = g_strdup_printf(_("%s has left"), who);
                return with_reason(sentence, text);
        }
        if (g_str_equal(type, "quit")) {
                sentence = g_strdup_printf(_("%s has quit"), who);
                return with_reason(sentence, text);
        }
        if (g_str_equal(type, "nick"))
                return g_strdup_printf(_("%s is now known as %s"), who, text);
        if (g_str_equal(type, "topic"))
                return g_strdup_printf(_("%s has set the topic: %s"), who, text);
        if (g_str_equal(type, "mode"))
                return g_strdup_printf(_("%s sets mode %s"), who, text);
        if (g_str_equal(type, "kick"))
                return g_strdup_printf(_("%s has kicked %s"), who, text);
        if (g_str_equal(type, "rename"))
                return g_strdup_printf(_("%s has renamed the channel: %s"), who, text);
        if (g_str_equal(type, "netsplit"))
                return g_strdup_printf(_("Left, since servers lost each other: %s"), text);
        if (g_str_equal(type, "netjoin"))
                return g_strdup_printf(_("Back, since servers found each other: %s"), text);
        return g_strdup_printf("%s %s: %s", who, kind, text);
}

static bool is_talk(const char *type)
{
        return g_str_equal(type, "privmsg") || g_str_equal(type, "action") ||
               g_str_equal(type, "notice");
}

/* What became of it after it was said, or NULL. */
static const char *describe_fate(JsonObject *message)
{
        if (json_object_has_member(message, "redacted"))
                return _("(taken back)");
        if (g_str_equal(ctl_json_text(message, "delivery"), "failed"))
                return _("(not delivered)");
        return NULL;
}

void ctl_print_message(JsonObject *message, bool has_date, bool has_colour)
{
        const char *channel = ctl_json_text(message, "channel");
        const char *target = *channel != '\0' ? channel : ctl_json_text(message, "target");
        gint64 sent_at = ctl_json_number(message, "sent_at");
        gint64 at = sent_at != 0 ? sent_at : ctl_json_number(message, "received_at");
        g_autofree char *time = ctl_format_time(at, has_date);
        g_autofree char *where = ic_text_quote(target, NAME_MAX_CHARS);
        g_autofree char *what = ctl_format_message(message);
        const char *fate = describe_fate(message);
        CtlStyle style =
                is_talk(ctl_json_text(message, "message_type")) ? CTL_STYLE_PLAIN : CTL_STYLE_DIM;

        ctl_print_styled(stdout, CTL_STYLE_DIM, has_colour, time);
        printf(" %s ", where);
        ctl_print_styled(stdout, style, has_colour, what);
        if (fate) {
                putchar(' ');
                ctl_print_styled(stdout, CTL_STYLE_DIM, has_colour, fate);
        }
        putchar('\n');
}
