/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The bounded splitter of request lines: the same lines come out however the bytes come in. */

#include <string.h>

#include "ipc/lines.h"
#include "wire/command.h"

/* All lines, each in brackets; "!" for one that is too long; what follows the last LF in
 * parentheses. */
static char *split(const char *bytes, gsize len, gsize step)
{
        g_auto(IcLines) lines = {0};
        g_autoptr(GString) out = g_string_new(NULL);
        const char *line;
        gsize line_len;

        ic_lines_init(&lines);
        for (gsize at = 0; at < len; at += step) {
                IcLineResult result;

                ic_lines_add(&lines, bytes + at, MIN(step, len - at));
                while ((result = ic_lines_next(&lines, &line, &line_len)) != IC_LINE_NONE)
                        if (result == IC_LINE_TOO_LONG)
                                g_string_append_c(out, '!');
                        else
                                g_string_append_printf(out, "[%.*s]", (int) line_len, line);
        }
        if (ic_lines_take_rest(&lines, &line, &line_len))
                g_string_append_printf(out, "(%.*s)", (int) line_len, line);
        g_assert_false(ic_lines_take_rest(&lines, &line, &line_len));
        return g_string_free(g_steal_pointer(&out), false);
}

static void test_split(void)
{
        static const struct {
                const char *bytes, *expected;
        } cases[] = {
                {"", ""},
                {"a\n", "[a]"},
                {"a\r\nb\n", "[a\r][b]"},
                {"a\nb", "[a](b)"},
                {"\n\na\n", "[][][a]"},
                {"a\n \r", "[a]"},
        };
        static const gsize steps[] = {1, 2, 3, 100};

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
                for (gsize j = 0; j < G_N_ELEMENTS(steps); j++) {
                        g_autofree char *out =
                                split(cases[i].bytes, strlen(cases[i].bytes), steps[j]);

                        g_assert_cmpstr(out, ==, cases[i].expected);
                }
}

static void test_too_long(void)
{
        static const gsize steps[] = {
                1000, IC_COMMAND_LINE_MAX, IC_COMMAND_LINE_MAX + 1, 8 * IC_COMMAND_LINE_MAX};
        g_autofree char *longest = g_strnfill(IC_COMMAND_LINE_MAX, 'x');
        g_autofree char *longer = g_strnfill(3 * IC_COMMAND_LINE_MAX, 'y');
        g_autofree char *text =
                g_strconcat("a\n", longest, "x\nb\n", longer, "\nc\n", longer, NULL);
        g_autofree char *fits = g_strconcat(longest, "\nb\n", NULL);
        g_autofree char *fitted = g_strconcat("[", longest, "][b]", NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
                g_autofree char *out = split(text, strlen(text), steps[i]);
                g_autofree char *kept = split(fits, strlen(fits), steps[i]);

                g_assert_cmpstr(out, ==, "[a]![b]![c]!");
                g_assert_cmpstr(kept, ==, fitted);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ipc/lines/split", test_split);
        g_test_add_func("/ipc/lines/too-long", test_too_long);
        return g_test_run();
}
