/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Text: where it is cut, CTCP, times, last words, and the arena that carries all of it. */

#include <string.h>

#include "irc/closing.h"
#include "irc/ctcp.h"
#include "irc/effects.h"
#include "irc/server-time.h"
#include "irc/split.h"

static void test_split(void)
{
        static const struct {
                const char *text;
                gsize budget;
                const char *pieces; /* separated by '|' */
        } cases[] = {
                {"short", 10, "short"},
                {"exactly ten", 11, "exactly ten"},
                {"two words", 6, "two |words"},
                {"two words", 4, "two |word|s"},
                {"nospaceatall", 5, "nospa|ceata|ll"},
                {"a bb ccc dddd", 6, "a bb |ccc |dddd"},
                {"  word", 4, "  wo|rd"},
                {"ééé", 3, "é|é|é"},
                {"ééé", 4, "éé|é"},
                {"ééé", 1, "é|é|é"},
                {"€€", 0, "€|€"},
                {"ae\xcc\x81o", 3, "a|e\xcc\x81|o"}, /* the accent stays with its letter */
                {"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xa7x", 11,
                        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xa7|x"},
                /* a skin tone stays with its hand, the letters of a flag together, and the parts of
                 * a syllable */
                {"x\U0001F44D\U0001F3FD", 8, "x|\U0001F44D\U0001F3FD"},
                {"\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7", 12,
                        "\U0001F1E9\U0001F1EA|\U0001F1EB\U0001F1F7"},
                {"x\U0001F1E9\U0001F1EA", 6, "x|\U0001F1E9|\U0001F1EA"},
                {"a\u1112\u1161\u11AB", 9, "a|\u1112\u1161\u11AB"},
                /* families, a letter with two signs of Devanagari, the flag of Wales, and what
                 * stands before a digit */
                {"\U0001F468\u200D\U0001F469\u200D\U0001F467y", 18,
                        "\U0001F468\u200D\U0001F469\u200D\U0001F467|y"},
                {"x\U0001F468\U0001F3FD\u200D\U0001F527", 15,
                        "x|\U0001F468\U0001F3FD\u200D\U0001F527"},
                {"x\u0915\u094D\u0937\u093F", 10, "x\u0915\u094D|\u0937\u093F"},
                {"x\u0e01\u0e33", 6, "x|\u0e01\u0e33"},
                {"x\u0600\u0661", 4, "x|\u0600\u0661"},
                {"\U0001F3F4\U000E0067\U000E007Fz", 12, "\U0001F3F4\U000E0067\U000E007F|z"},
                {"a\U0001F3FD\U0001F3FD\U0001F3FD", 6, "a\U0001F3FD|\U0001F3FD|\U0001F3FD"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GString) pieces = g_string_new(NULL);
                const char *rest = cases[i].text;

                while (*rest) {
                        gsize n = irc_split_length(rest, strlen(rest), cases[i].budget);

                        g_assert_true(g_utf8_validate(rest, (gssize) n, NULL));
                        g_string_append_len(pieces, rest, (gssize) n);
                        rest += n;
                        if (*rest)
                                g_string_append_c(pieces, '|');
                }
                g_assert_cmpstr(pieces->str, ==, cases[i].pieces);
        }
}

static void test_ctcp(void)
{
        static const struct {
                const char *text, *inside;
        } cases[] = {
                {"\001ACTION waves\001", "waves"},
                {"\001ACTION waves", "waves"},
                {"\001action waves\001", "waves"},
                {"\001ACTION\001", ""},
                {"\001ACTION \001", ""},
                {"\001ACTION", ""},
                {"\001ACTION  two\001", " two"},
                {"\001ACTIONS waves\001", NULL},
                {"\001VERSION\001", NULL},
                {"ACTION waves", NULL},
                {"\001", NULL},
                {"", NULL},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                const char *inside;
                gsize len;
                bool is_action = irc_ctcp_parse(cases[i].text, "ACTION", &inside, &len);
                g_autofree char *copy = is_action ? g_strndup(inside, len) : NULL;

                g_assert_cmpstr(copy, ==, cases[i].inside);
        }
}

static void test_server_time(void)
{
        static const struct {
                const char *text;
                gint64 usec; /* -1: refused */
        } cases[] = {
                {"1970-01-01T00:00:00.000Z", 0},
                {"1970-01-01T00:00:00Z", 0},
                {"2011-10-19T16:40:51.620Z", G_GINT64_CONSTANT(1319042451620000)},
                {"2000-02-29T00:00:00.5Z", G_GINT64_CONSTANT(951782400500000)},
                {"2024-02-29T23:59:59.123456789Z", G_GINT64_CONSTANT(1709251199123456)},
                {"2016-12-31T23:59:60.000Z", G_GINT64_CONSTANT(1483228800000000)},
                {"9999-12-31T23:59:59Z", G_GINT64_CONSTANT(253402300799000000)},
                {"2023-02-29T00:00:00Z", -1},
                {"2100-02-29T00:00:00Z", -1},
                {"1969-12-31T23:59:59Z", -1},
                {"2011-13-01T00:00:00Z", -1},
                {"2011-00-01T00:00:00Z", -1},
                {"2011-01-32T00:00:00Z", -1},
                {"2011-01-01T24:00:00Z", -1},
                {"2011-01-01T00:60:00Z", -1},
                {"2011-01-01T00:00:61Z", -1},
                {"2011-01-01T00:00:00", -1},
                {"2011-01-01T00:00:00.Z", -1},
                {"2011-01-01T00:00:00Zx", -1},
                {"2011-01-01 00:00:00Z", -1},
                {"2011-1-1T0:0:0Z", -1},
                {"-011-01-01T00:00:00Z", -1},
                {"", -1},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                gint64 usec = -1;

                g_assert_cmpint(
                        irc_server_time_parse(cases[i].text, &usec), ==, cases[i].usec >= 0);
                g_assert_cmpint(usec, ==, cases[i].usec);
        }
}

static void test_closing(void)
{
        static const struct {
                const char *text;
                int class; /* -1: the words say nothing */
        } cases[] = {
                {"Closing link: (u@h) [K-lined: why]", IC_ERROR_BANNED},
                {"K-Line by \"op\": \"why\"", IC_ERROR_BANNED},
                {"Closing connection: u[h] (K-Line by op: why)", IC_ERROR_BANNED},
                {"You have been banned from this server", IC_ERROR_BANNED},
                {"Access denied: \"why\" (K-Line)", IC_ERROR_BANNED},
                {"Closing link: (u@h) [Z-lined: Your IP range has been attempting to connect too "
                 "many times in too short]",
                        IC_ERROR_THROTTLED},
                {"Trying to reconnect too fast.", IC_ERROR_THROTTLED},
                {"Closing Link: 1.2.3.4 (Throttled: Reconnecting too fast)", IC_ERROR_THROTTLED},
                {"Connection refused, too many connections from your IP address",
                        IC_ERROR_THROTTLED},
                {"Closing link: (u@h) [No more connections allowed from your host via this connect "
                 "class (local)]",
                        IC_ERROR_THROTTLED},
                {"Access denied: Bad password?", IC_ERROR_CREDENTIALS},
                {"Closing link: (u@h) [Access denied by configuration]", IC_ERROR_CREDENTIALS},
                {"Closing Link: h (SASL access only)", IC_ERROR_CREDENTIALS},
                {"Closing link: (u@h) [Registration timeout]", IC_ERROR_REGISTRATION},
                {"Closing link: (u@h) [Ping timeout: 15 seconds]", IC_ERROR_PING_TIMEOUT},
                {"Ping timeout: 15 seconds", IC_ERROR_PING_TIMEOUT},
                {"Closing link: (u@h) [Killed (op (why))]", IC_ERROR_KILLED},
                {"Closing link: (u@h) [Excess Flood]", IC_ERROR_LINK_CLOSED},
                {"Closing link: (u@h) [Server shutting down]", IC_ERROR_SHUTTING_DOWN},
                {"Server going down", IC_ERROR_SHUTTING_DOWN},
                {"Closing Link: h (G-lined)", IC_ERROR_BANNED},
                {"Closing link: (u@h) [G-lined: why]", IC_ERROR_BANNED},
                {"Closing link: (h) [Z-lined: why]", IC_ERROR_BANNED},
                {"Closing Link: h (Banned (DNSBL))", IC_ERROR_BANNED},
                {"Too many host connections (local)", IC_ERROR_THROTTLED},
                {"Closing Link: h (Too many connections from your IP)", IC_ERROR_THROTTLED},
                {"Closing Link: h (Connection limit exceeded)", IC_ERROR_THROTTLED},
                {"Your host is trying to (re)connect too fast -- throttled", IC_ERROR_THROTTLED},
                {"Closing Link: h (Registration timed out)", IC_ERROR_REGISTRATION},
                {"Closing link: (u@h) [SendQ exceeded]", IC_ERROR_LINK_CLOSED},
                {"Closing Link: h (Server restarting)", IC_ERROR_SHUTTING_DOWN},
                {"Killed (op (why))", IC_ERROR_KILLED},
                {"Request too long", -1},
                {"Closing link: (u@h) [Quit: bye]", -1},
                {"", -1},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                IcError class = IC_ERROR_FAILED;

                g_assert_cmpint(
                        irc_closing_classify(cases[i].text, &class), ==, cases[i].class >= 0);
                if (cases[i].class >= 0)
                        g_assert_cmpint((int) class, ==, cases[i].class);
        }
}

static void test_effects(void)
{
        g_autoptr(IrcEffects) effects = irc_effects_new();
        g_autofree char *large = g_strnfill(100000, 'x');
        const guint8 *bytes;

        for (int round = 0; round < 3; round++) {
                for (guint i = 0; i < 1000; i++) {
                        g_autofree char *token = g_strdup_printf("token-%u", i);
                        const char *copy = irc_effects_strdup(effects, token);

                        irc_effects_add(effects, IRC_EFFECT_PONG)->pong.token = copy;
                }
                irc_effects_add(effects, IRC_EFFECT_SEND)->send.line =
                        irc_effects_strdup(effects, large);
                irc_effects_add_users_changed(effects, "#a");
                irc_effects_add_users_changed(effects, "#a");
                irc_effects_add_users_changed(effects, "#b");

                g_assert_cmpuint(irc_effects_count(effects), ==, 1003);
                g_assert_cmpstr(irc_effects_get(effects, 999)->pong.token, ==, "token-999");
                g_assert_cmpstr(irc_effects_get(effects, 1000)->send.line, ==, large);
                g_assert_false(irc_effects_get(effects, 1000)->send.is_secret);
                g_assert_cmpstr(irc_effects_get(effects, 1002)->channel.channel, ==, "#b");
                irc_effects_clear(effects);
                g_assert_cmpuint(irc_effects_count(effects), ==, 0);
        }
        g_assert_null(irc_effects_strdup(effects, NULL));
        bytes = irc_effects_memdup(effects, "a\0b", 3);
        g_assert_cmpmem(bytes, 3, "a\0b", 3);
        irc_effects_memdup(effects, NULL, 0);
}

static void test_message_types(void)
{
        for (int type = 0; type < _IRC_MESSAGE_TYPE_MAX; type++)
                g_assert_nonnull(irc_message_type_name((IrcMessageType) type));
        g_assert_cmpstr(irc_message_type_name(IRC_MESSAGE_ACTION), ==, "action");
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/irc/text/split", test_split);
        g_test_add_func("/irc/text/ctcp", test_ctcp);
        g_test_add_func("/irc/text/server-time", test_server_time);
        g_test_add_func("/irc/text/closing", test_closing);
        g_test_add_func("/irc/text/effects", test_effects);
        g_test_add_func("/irc/text/message-types", test_message_types);
        return g_test_run();
}
