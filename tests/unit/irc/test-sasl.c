/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* SASL, from tables of lines in and lines out. */

#include <string.h>

#include "irc/framer.h"
#include "irc/sasl.h"
#include "sasl-dialogue.h"

typedef struct {
        const char *line;
        const char *sent;
        IrcSaslState state;
} Step;

static IrcSasl *sasl_new(const char *password)
{
        const IrcSaslCredentials credentials = {"acc", password, true};

        return irc_sasl_new(NULL, &credentials);
}

static void run_steps(const char *offered, const Step *steps, gsize n, const char *failure)
{
        g_autoptr(IrcSasl) sasl = sasl_new("p");
        g_autofree char *first = start(sasl, offered);

        g_assert_cmpstr(first, ==, "AUTHENTICATE PLAIN");
        g_assert_cmpstr(irc_sasl_get_title(sasl), ==, "SASL PLAIN");
        for (gsize i = 0; i < n; i++) {
                g_autofree char *sent = receive(sasl, steps[i].line);

                g_assert_cmpstr(sent, ==, steps[i].sent);
                g_assert_cmpint(irc_sasl_get_state(sasl), ==, steps[i].state);
        }
        g_assert_cmpstr(irc_sasl_get_failure(sasl), ==, failure);
}

#define RESPONSE "AUTHENTICATE YWNjAGFjYwBw"

static void test_steps(void)
{
        static const Step success[] = {
                {":s NOTICE * :other lines may come between", "", IRC_SASL_RUNNING},
                {"AUTHENTICATE +", RESPONSE, IRC_SASL_RUNNING},
                {":s 900 me n!u@h acc :Logged in", "", IRC_SASL_RUNNING},
                {":s 903 me :Success", "", IRC_SASL_SUCCEEDED},
                {":s 904 me :late", "", IRC_SASL_SUCCEEDED},
        };
        static const Step with_tags_and_source[] = {
                {"@a=b :s AUTHENTICATE :+", RESPONSE, IRC_SASL_RUNNING},
                {":s 907 me :Already", "", IRC_SASL_SUCCEEDED},
        };
        static const Step refused[] = {
                {"AUTHENTICATE +", RESPONSE, IRC_SASL_RUNNING},
                {":s 904 me :Wrong", "", IRC_SASL_FAILED},
        };
        static const Step locked[] = {
                {":s 902 me :Locked", "", IRC_SASL_FAILED},
        };
        static const Step too_long[] = {
                {":s 905 me :Too long", "", IRC_SASL_FAILED},
        };
        static const Step unknown_mechanism[] = {
                {":s 908 me EXTERNAL :are available", "", IRC_SASL_FAILED},
                {":s 904 me :Failed", "", IRC_SASL_FAILED},
        };
        static const Step second_challenge[] = {
                {"AUTHENTICATE +", RESPONSE, IRC_SASL_RUNNING},
                {"AUTHENTICATE +", "AUTHENTICATE *", IRC_SASL_RUNNING},
                {"AUTHENTICATE +", "", IRC_SASL_RUNNING},
                {":s 906 me :Aborted", "", IRC_SASL_FAILED},
        };
        static const Step not_base64[] = {
                {"AUTHENTICATE !!!!", "AUTHENTICATE *", IRC_SASL_RUNNING},
                {":s 906 me :Aborted", "", IRC_SASL_FAILED},
        };
        static const Step not_empty[] = {
                {"AUTHENTICATE YWJj", "AUTHENTICATE *", IRC_SASL_RUNNING},
                {":s 904 me :Failed", "", IRC_SASL_FAILED},
        };

        run_steps("PLAIN", success, G_N_ELEMENTS(success), NULL);
        run_steps("", with_tags_and_source, G_N_ELEMENTS(with_tags_and_source), NULL);
        run_steps("X,plain,Y", refused, G_N_ELEMENTS(refused),
                "the server refused PLAIN: \"Wrong\" (904)");
        run_steps(NULL, locked, G_N_ELEMENTS(locked), "the server refused PLAIN: \"Locked\" (902)");
        run_steps(NULL, too_long, G_N_ELEMENTS(too_long),
                "the server refused PLAIN: \"Too long\" (905)");
        run_steps("", unknown_mechanism, G_N_ELEMENTS(unknown_mechanism),
                "the server does not know PLAIN");
        run_steps("", second_challenge, G_N_ELEMENTS(second_challenge),
                "the server's challenge cannot be understood");
        run_steps("", not_base64, G_N_ELEMENTS(not_base64),
                "the server's challenge cannot be understood");
        run_steps("", not_empty, G_N_ELEMENTS(not_empty),
                "the server's challenge cannot be understood");
}

/* The second of two tries: a 904 that belongs to the first one's 908 is left out. */
static void test_next_mechanism(void)
{
        static const char *const mechanisms[] = {"X-ODD", "PLAIN", "plain", NULL};
        const IrcSaslCredentials credentials = {"acc", "p", true};
        g_autoptr(IrcSasl) sasl = irc_sasl_new(mechanisms, &credentials);
        g_autofree char *first = start(sasl, "PLAIN,X-ODD");
        g_autofree char *second = receive(sasl, ":s 908 me PLAIN :are available");
        g_autofree char *none = receive(sasl, ":s 904 me :Failed");
        g_autofree char *response = receive(sasl, "AUTHENTICATE +");
        g_autofree char *last = receive(sasl, ":s 904 me :Failed");

        g_assert_cmpstr(first, ==, "AUTHENTICATE PLAIN");
        g_assert_cmpstr(second, ==, "AUTHENTICATE PLAIN");
        g_assert_cmpstr(none, ==, "");
        g_assert_cmpstr(response, ==, RESPONSE);
        g_assert_cmpstr(last, ==, "");
        g_assert_cmpint(irc_sasl_get_state(sasl), ==, IRC_SASL_FAILED);
}

static void test_nothing_to_try(void)
{
        static const char *const odd[] = {"X-ODD", NULL};
        static const struct {
                const char *const *mechanisms;
                IrcSaslCredentials credentials;
                const char *offered;
                bool is_wanted;
                const char *failure;
        } cases[] = {
                {NULL, {"a", NULL, true}, "PLAIN", false, "PLAIN needs an account and a password"},
                {NULL, {NULL, "p", true}, "PLAIN", false, "PLAIN needs an account and a password"},
                {NULL, {"a", "p", false}, "PLAIN", false,
                        "PLAIN is not allowed over a link that is not verified TLS"},
                {NULL, {"a", "p", true}, "EXTERNAL", true, "the server does not offer PLAIN"},
                {odd, {"a", "p", true}, "X-ODD", false, "the mechanism X-ODD is not known"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(IrcSasl) sasl = irc_sasl_new(cases[i].mechanisms, &cases[i].credentials);
                g_autofree char *sent = NULL;

                g_assert_cmpint(irc_sasl_is_wanted(sasl), ==, cases[i].is_wanted);
                sent = start(sasl, cases[i].offered);
                g_assert_cmpstr(sent, ==, "");
                g_assert_cmpint(irc_sasl_get_state(sasl), ==, IRC_SASL_FAILED);
                g_assert_cmpstr(irc_sasl_get_failure(sasl), ==, cases[i].failure);
        }
}

/* Responses around the bound of a chunk; the last chunk of just 400 is followed by an empty one. */
static void test_response_chunks(void)
{
        static const struct {
                gsize base64_len;
                gsize chunks[4];
        } cases[] = {
                {396, {396}},
                {400, {400, 1}},
                {404, {400, 4}},
                {796, {400, 396}},
                {800, {400, 400, 1}},
                {804, {400, 400, 4}},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                /* "acc\0acc\0" and the password make three bytes for four of base64. */
                g_autofree char *password = g_strnfill(cases[i].base64_len / 4 * 3 - 8, 'p');
                g_autoptr(IrcSasl) sasl = sasl_new(password);
                g_autofree char *sent = NULL;
                g_auto(GStrv) lines = NULL;
                gsize n = 0;

                g_free(start(sasl, NULL));
                sent = receive(sasl, "AUTHENTICATE +");
                lines = g_strsplit(sent, "|", -1);
                for (; n < 4 && cases[i].chunks[n] > 0; n++) {
                        g_assert_nonnull(lines[n]);
                        g_assert_true(g_str_has_prefix(lines[n], "AUTHENTICATE "));
                        g_assert_cmpuint(
                                strlen(lines[n] + strlen("AUTHENTICATE ")), ==, cases[i].chunks[n]);
                        if (cases[i].chunks[n] == 1)
                                g_assert_cmpstr(lines[n], ==, "AUTHENTICATE +");
                }
                g_assert_null(lines[n]);
        }
}

/* Chunks of a challenge are joined: nothing is answered before the last. */
static void test_challenge_chunks(void)
{
        g_autofree char *chunk = g_strnfill(IRC_SASL_CHUNK, 'A');
        g_autofree char *whole = g_strconcat("AUTHENTICATE ", chunk, NULL);
        g_autoptr(IrcSasl) sasl = sasl_new("p");
        g_autoptr(IrcSasl) flooded = sasl_new("p");
        g_autofree char *second = NULL, *third = NULL;
        gsize n = 0;

        g_free(start(sasl, NULL));
        second = receive(sasl, whole);
        third = receive(sasl, "AUTHENTICATE +");
        g_assert_cmpstr(second, ==, "");
        g_assert_cmpstr(third, ==, "AUTHENTICATE *"); /* PLAIN expects an empty one */

        g_free(start(flooded, NULL));
        for (;;) {
                g_autofree char *sent = receive(flooded, whole);

                n += IRC_SASL_CHUNK;
                if (*sent == '\0')
                        continue;
                g_assert_cmpstr(sent, ==, "AUTHENTICATE *");
                break;
        }
        g_assert_cmpuint(n, >, IRC_SASL_CHALLENGE_MAX);
        g_assert_cmpuint(n, <, IRC_SASL_CHALLENGE_MAX + 2 * IRC_SASL_CHUNK);
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/irc/sasl/steps", test_steps);
        g_test_add_func("/irc/sasl/next-mechanism", test_next_mechanism);
        g_test_add_func("/irc/sasl/nothing-to-try", test_nothing_to_try);
        g_test_add_func("/irc/sasl/response-chunks", test_response_chunks);
        g_test_add_func("/irc/sasl/challenge-chunks", test_challenge_chunks);
        return g_test_run();
}
