/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* MODE: the first line is CHANMODES, the second PREFIX, the third the parameters. Every change is
 * of a letter that was said, and no argument is given twice. */

#include <string.h>

#include "fuzz.h"
#include "irc/mode.h"

static void take(IrcIsupport *isupport, const char *name, const char *value)
{
        g_autofree char *token = g_strdup_printf("%s=%s", name, value);

        irc_isupport_take(isupport, token);
}

static void iterate(const IrcIsupport *isupport, const char *line)
{
        g_auto(GStrv) params = g_strsplit(line, " ", -1);
        gsize n = g_strv_length(params), n_arguments = 0;
        IrcModeIter iter;
        IrcModeChange change;

        irc_mode_iter_init(&iter, isupport, (const char *const *) params, n);
        while (irc_mode_iter_next(&iter, &change)) {
                g_assert_nonnull(strchr(params[0], change.mode));
                if (change.argument)
                        g_assert_true(change.argument == params[++n_arguments]);
        }
        g_assert_cmpuint(n_arguments, <=, n > 0 ? n - 1 : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *text = g_strndup((const char *) data, size);
        g_auto(GStrv) lines = g_strsplit(text, "\n", 4);
        g_autoptr(IrcIsupport) isupport = irc_isupport_new();

        if (g_strv_length(lines) < 3)
                return 0;
        take(isupport, "CHANMODES", lines[0]);
        take(isupport, "PREFIX", lines[1]);
        iterate(isupport, lines[2]);
        return 0;
}
