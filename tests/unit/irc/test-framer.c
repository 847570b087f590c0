/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The framer, with the stream cut at every place. */

#include <string.h>

#include "irc/framer.h"

static void take_lines(IrcFramer *framer, GString *lines)
{
        const char *line;
        gsize len;

        while (irc_framer_next(framer, &line, &len)) {
                g_string_append_len(lines, line, (gssize) len);
                g_string_append_c(lines, '|');
        }
}

static void push(IrcFramer *framer, const char *data, gsize len, GString *lines)
{
        irc_framer_push(framer, data, len);
        take_lines(framer, lines);
}

/* The carry goes to another framer, as to another process. */
static IrcFramer *carry_over(IrcFramer *framer)
{
        IrcFramer *next = irc_framer_new();
        const void *data;
        gsize len;
        bool is_dropping;

        irc_framer_get_carry(framer, &data, &len, &is_dropping);
        g_assert_cmpuint(len, <=, IRC_LINE_MAX);
        irc_framer_restore(next, data, len, is_dropping);
        irc_framer_free(framer);
        return next;
}

static const struct {
        const char *stream;
        const char *expected;
} cases[] = {
        {"one\r\ntwo\r\n", "one|two|"},
        {"one\ntwo\n", "one|two|"},
        {"\r\n\r\none\n\n\r\ntwo\r\n", "one|two|"},
        {"one\r\ntw", "one|"},
        {"a\rb\r\n", "a\rb|"},
        {"a\r\r\n", "a\r|"},
        {"\r\r\n", "\r|"},
        {"unfinished\r", ""},
        {"", ""},
};

static void test_cut_everywhere(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                gsize len = strlen(cases[i].stream);

                for (gsize cut = 0; cut <= len; cut++) {
                        g_autoptr(GString) lines = g_string_new(NULL);
                        IrcFramer *framer = irc_framer_new();

                        push(framer, cases[i].stream, cut, lines);
                        framer = carry_over(framer);
                        push(framer, cases[i].stream + cut, len - cut, lines);
                        g_assert_cmpstr(lines->str, ==, cases[i].expected);
                        irc_framer_free(framer);
                }
        }
}

static void test_byte_by_byte(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GString) lines = g_string_new(NULL);
                g_autoptr(IrcFramer) framer = irc_framer_new();

                for (const char *byte = cases[i].stream; *byte; byte++)
                        push(framer, byte, 1, lines);
                g_assert_cmpstr(lines->str, ==, cases[i].expected);
        }
}

/* Lines around the bound, in pieces of various sizes; a short one behind must come through. */
static void test_overlong(void)
{
        static const struct {
                gsize length; /* without LF */
                bool is_kept;
        } lengths[] = {
                {IRC_LINE_MAX - 1, true},
                {IRC_LINE_MAX, true},
                {IRC_LINE_MAX + 1, false},
                {IRC_LINE_MAX + 2, false},
                {3 * IRC_LINE_MAX, false},
        };
        static const gsize pieces[] = {1, 1000, 4096, IRC_LINE_MAX, 100000};

        for (gsize i = 0; i < G_N_ELEMENTS(lengths) * G_N_ELEMENTS(pieces); i++) {
                gsize length = lengths[i / G_N_ELEMENTS(pieces)].length;
                bool is_kept = lengths[i / G_N_ELEMENTS(pieces)].is_kept;
                gsize piece = pieces[i % G_N_ELEMENTS(pieces)];
                g_autofree char *line = g_strnfill(length, 'x');
                g_autofree char *stream = g_strconcat("first\n", line, "\nlast\r\n", NULL);
                gsize total = strlen(stream);
                g_autoptr(GString) lines = g_string_new(NULL);
                g_autoptr(IrcFramer) framer = irc_framer_new();
                g_autofree char *expected = g_strconcat(
                        "first|", is_kept ? line : "", is_kept ? "|" : "", "last|", NULL);

                for (gsize at = 0; at < total; at += piece)
                        push(framer, stream + at, MIN(piece, total - at), lines);
                g_assert_cmpstr(lines->str, ==, expected);
                g_assert_cmpuint(irc_framer_get_dropped(framer), ==, is_kept ? 0 : 1);
        }
}

static void test_carry_while_dropping(void)
{
        g_autofree char *line = g_strnfill(IRC_LINE_MAX + 10, 'x');
        g_autoptr(GString) lines = g_string_new(NULL);
        IrcFramer *framer = irc_framer_new();
        const void *data;
        gsize len;
        bool is_dropping;

        push(framer, line, strlen(line), lines);
        irc_framer_get_carry(framer, &data, &len, &is_dropping);
        g_assert_true(is_dropping);
        g_assert_cmpuint(len, ==, 0);

        framer = carry_over(framer);
        push(framer, "rest\nnext\n", 10, lines);
        g_assert_cmpstr(lines->str, ==, "next|");
        irc_framer_free(framer);
}

static void test_restore_too_much(void)
{
        g_autofree char *line = g_strnfill(IRC_LINE_MAX + 1, 'x');
        g_autoptr(GString) lines = g_string_new(NULL);
        g_autoptr(IrcFramer) framer = irc_framer_new();

        irc_framer_restore(framer, line, strlen(line), false);
        push(framer, "rest\nnext\n", 10, lines);
        g_assert_cmpstr(lines->str, ==, "next|");
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/irc/framer/cut-everywhere", test_cut_everywhere);
        g_test_add_func("/irc/framer/byte-by-byte", test_byte_by_byte);
        g_test_add_func("/irc/framer/overlong", test_overlong);
        g_test_add_func("/irc/framer/carry-while-dropping", test_carry_while_dropping);
        g_test_add_func("/irc/framer/restore-too-much", test_restore_too_much);
        return g_test_run();
}
