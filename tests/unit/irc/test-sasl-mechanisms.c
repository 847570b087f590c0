/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The mechanisms beyond PLAIN: SCRAM with the vectors of its RFCs, and what a server that cheats
 * gets; EXTERNAL and ECDSA-NIST256P-CHALLENGE; what SCRAM is made of. */

#include <string.h>

#include "irc/pbkdf2.h"
#include "irc/sasl.h"
#include "irc/saslprep.h"
#include "sasl-dialogue.h"

#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define BOTH_NONCES "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SERVER_FIRST "r=" BOTH_NONCES ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"

static char *to_hex(const guint8 *data, gsize len)
{
        GString *text = g_string_new(NULL);

        for (gsize i = 0; i < len; i++)
                g_string_append_printf(text, "%02x", data[i]);
        return g_string_free(text, FALSE);
}

/* RFC 7914 section 11 (cut to one block); the others were computed with Python's hashlib. */
static void test_pbkdf2(void)
{
        static const struct {
                GChecksumType hash;
                const char *password;
                int repeat; /* of the password: one that is longer than a block is hashed */
                const char *salt;
                guint iterations;
                const char *key;
        } cases[] = {
                {G_CHECKSUM_SHA256, "passwd", 1, "salt", 1,
                        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"},
                {G_CHECKSUM_SHA256, "Password", 1, "NaCl", 80000,
                        "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"},
                {G_CHECKSUM_SHA256, "Password", 30, "NaCl", 1000,
                        "4c967e630994ea18bf371c82c90d592b2b5276397c868238739377b5fffb3c9a"},
                {G_CHECKSUM_SHA512, "passwd", 1, "salt", 1,
                        "c74319d99499fc3e9013acff597c23c5baf0a0bec5634c46b8352b793e324723"
                        "d55caa76b2b25c43402dcfdc06cdcf66f95b7d0429420b39520006749c51a04e"},
                {G_CHECKSUM_SHA512, "Password", 30, "NaCl", 1000,
                        "f779ec36be26ea1213f5f6faa34b95ba4788ad949020ea06141f84b228017538"
                        "bb8dcb10321a4be884a4e2e01b88dabbfa65c4e301e8049866095e7ee88dad89"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GString) password = g_string_new(NULL);
                g_autoptr(IrcPbkdf2) kdf = NULL;
                g_autofree char *key = NULL;

                for (int n = 0; n < cases[i].repeat; n++)
                        g_string_append(password, cases[i].password);
                kdf = irc_pbkdf2_new(cases[i].hash, password->str, (const guint8 *) cases[i].salt,
                        strlen(cases[i].salt), cases[i].iterations);
                while (!irc_pbkdf2_run(kdf, 777))
                        ;
                key = to_hex(irc_pbkdf2_get_key(kdf), strlen(cases[i].key) / 2);
                g_assert_cmpstr(key, ==, cases[i].key);
        }
}

/* A slice of work must not be felt: measured, and held to a bound that a busy machine keeps. */
static void test_slice_time(void)
{
        g_autoptr(IrcPbkdf2) kdf =
                irc_pbkdf2_new(G_CHECKSUM_SHA512, "pencil", (const guint8 *) "salt", 4, 1000000);
        gint64 start = g_get_monotonic_time(), end;

        g_assert_false(irc_pbkdf2_run(kdf, 4096));
        end = g_get_monotonic_time();
        g_test_message("4096 rounds of SHA-512 took %" G_GINT64_FORMAT " µs", end - start);
        g_assert_cmpint(end - start, <, G_USEC_PER_SEC);
}

/* RFC 4013 section 3. */
static void test_saslprep(void)
{
        static const struct {
                const char *text;
                const char *prepared;
        } cases[] = {
                {"I\u00ADX", "IX"},
                {"user", "user"},
                {"USER", "USER"},
                {"\u00AA", "a"},
                {"\u2168", "IX"},
                {"\x07", NULL},
                {"\u06271", NULL}, /* from right to left must begin and end so */
                {"\u0627a\u0628", NULL},
                {"\u06271\u0628", "\u06271\u0628"},
                {"\u2060a\u1806", "a"},
                {"\U0001F44D", "\U0001F44D"}, /* newer than Unicode 3.2 */
                {"a\u00A0b\u3000c", "a b c"},
                {"pa\u0301ss", "p\u00E1ss"},
                {"\uE000", NULL},
                {"\u202E", NULL},
                {"", ""},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *prepared = irc_saslprep(cases[i].text);

                g_assert_cmpstr(prepared, ==, cases[i].prepared);
        }
}

/* A challenge in the clear; the answer in the clear, with "<empty>" for "+", or the line itself. */
static char *challenge(IrcSasl *sasl, const char *text)
{
        const char *prefix = "AUTHENTICATE ";
        g_autofree char *coded = g_base64_encode((const guint8 *) text, strlen(text));
        g_autofree char *line = g_strconcat(prefix, *coded ? coded : "+", NULL);
        g_autofree char *sent = receive(sasl, line);
        g_autofree guint8 *answer = NULL;
        gsize len = 0;

        if (g_str_equal(sent, "AUTHENTICATE +"))
                return g_strdup("<empty>");
        if (!g_str_has_prefix(sent, prefix))
                return g_steal_pointer(&sent);
        answer = irc_sasl_base64_decode(sent + strlen(prefix), &len);
        return answer ? g_strndup((const char *) answer, len) : g_steal_pointer(&sent);
}

static IrcSasl *scram_new(const char *const *mechanisms, const char *account)
{
        const IrcSaslCredentials credentials = {
                .account = account,
                .password = "pencil",
                .may_send_password = true,
                .nonce = NONCE,
        };

        return irc_sasl_new(mechanisms, &credentials);
}

/* RFC 7677 section 3, and the same with SHA-512 (computed with Python's hashlib). */
static void test_scram(void)
{
        static const struct {
                const char *mechanism;
                const char *client_final;
                const char *server_final;
        } cases[] = {
                {"SCRAM-SHA-256",
                        "c=biws,r=" BOTH_NONCES ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
                {"SCRAM-SHA-512",
                        "c=biws,r=" BOTH_NONCES ",p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+"
                        "3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
                        "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+"
                        "5ZxXnJq199RVG2rR7N7Zw=="},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                const char *const mechanisms[] = {cases[i].mechanism, NULL};
                g_autoptr(IrcSasl) sasl = scram_new(mechanisms, "user");
                g_autofree char *begun = start(sasl, "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512");
                g_autofree char *first = challenge(sasl, "");
                g_autofree char *final = challenge(sasl, SERVER_FIRST);
                g_autofree char *end = challenge(sasl, cases[i].server_final);
                g_autofree char *none = receive(sasl, ":s 903 me :Success");

                g_assert_true(g_str_has_suffix(begun, cases[i].mechanism));
                g_assert_cmpstr(first, ==, "n,,n=user,r=" NONCE);
                g_assert_cmpstr(final, ==, cases[i].client_final);
                g_assert_cmpstr(end, ==, "<empty>");
                g_assert_cmpstr(none, ==, "");
                g_assert_cmpint(irc_sasl_get_state(sasl), ==, IRC_SASL_SUCCEEDED);
        }
}

/* What a server says first that we do not go along with. */
static void test_scram_bad_first(void)
{
        static const struct {
                const char *challenge;
                const char *failure;
        } cases[] = {
                {"", "the server's challenge cannot be understood"},
                {"r=" BOTH_NONCES, "the server's challenge cannot be understood"},
                {"m=x," SERVER_FIRST, "the server's challenge cannot be understood"},
                {"r=" NONCE ",s=W22Z,i=4096", "the server answered another nonce than ours"},
                {"r=other,s=W22Z,i=4096", "the server answered another nonce than ours"},
                {"r=" BOTH_NONCES ",s=?,i=4096", "the server's salt cannot be understood"},
                {"r=" BOTH_NONCES ",s=,i=4096", "the server's salt cannot be understood"},
                {"r=" BOTH_NONCES ",s=W22Z,i=4095", NULL},
                {"r=" BOTH_NONCES ",s=W22Z,i=1000001", NULL},
                {"r=" BOTH_NONCES ",s=W22Z,i=-1", NULL},
                {"r=" BOTH_NONCES ",s=W22Z,i=99999999999999999999", NULL},
                {"r=" BOTH_NONCES ",s=W22Z,i=", NULL},
                {"\xff", "the server's challenge cannot be understood"},
        };
        static const char *const mechanisms[] = {"SCRAM-SHA-256", NULL};

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(IrcSasl) sasl = scram_new(mechanisms, "user");
                g_autofree char *aborted = NULL;

                g_free(start(sasl, NULL));
                g_free(challenge(sasl, ""));
                aborted = challenge(sasl, cases[i].challenge);
                g_assert_cmpstr(aborted, ==, "AUTHENTICATE *");
                g_free(receive(sasl, ":s 906 me :Aborted"));
                g_assert_cmpint(irc_sasl_get_state(sasl), ==, IRC_SASL_FAILED);
                g_assert_cmpstr(irc_sasl_get_failure(sasl), ==,
                        cases[i].failure
                                ?: "the server wants fewer than 4096 or more than "
                                   "1000000 iterations");
        }
}

/* A server that does not know the password is not told it by PLAIN afterwards. */
static void test_scram_impostor(void)
{
        static const char *const finals[] = {
                "v=AAAA", "v=", "x=y", "", "v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="};
        static const char *const mechanisms[] = {"SCRAM-SHA-256", "PLAIN", NULL};

        for (gsize i = 0; i < G_N_ELEMENTS(finals); i++) {
                g_autoptr(IrcSasl) sasl = scram_new(mechanisms, "user");
                g_autofree char *aborted = NULL, *next = NULL;

                g_free(start(sasl, NULL));
                g_free(challenge(sasl, ""));
                g_free(challenge(sasl, SERVER_FIRST));
                aborted = challenge(sasl, finals[i]);
                g_assert_cmpstr(aborted, ==, "AUTHENTICATE *");
                next = receive(sasl, i % 2 ? ":s 906 me :Aborted" : ":s 903 me :Success");
                g_assert_cmpstr(next, ==, "");
                g_assert_cmpint(irc_sasl_get_state(sasl), ==, IRC_SASL_FAILED);
                g_assert_cmpstr(irc_sasl_get_failure(sasl), ==,
                        "the server could not prove that it knows the password");
        }
}

/* Success without the signature is none; a refusal goes on to the next mechanism. */
static void test_scram_ends(void)
{
        static const char *const mechanisms[] = {"SCRAM-SHA-256", "PLAIN", NULL};
        g_autoptr(IrcSasl) early = scram_new(mechanisms, "user");
        g_autoptr(IrcSasl) refused = scram_new(mechanisms, "us=e,r");
        g_autofree char *first = NULL, *aborted = NULL, *next = NULL;

        g_free(start(early, NULL));
        g_free(challenge(early, ""));
        g_free(challenge(early, SERVER_FIRST));
        g_free(receive(early, ":s 903 me :Success"));
        g_assert_cmpint(irc_sasl_get_state(early), ==, IRC_SASL_FAILED);
        g_assert_cmpstr(irc_sasl_get_failure(early), ==,
                "the server did not prove that it knows the password");

        g_free(start(refused, NULL));
        first = challenge(refused, "");
        g_assert_cmpstr(first, ==, "n,,n=us=3De=2Cr,r=" NONCE);
        g_free(challenge(refused, SERVER_FIRST));
        aborted = challenge(refused, "e=invalid-proof");
        g_assert_cmpstr(aborted, ==, "AUTHENTICATE *");
        next = receive(refused, ":s 904 me :Failed");
        g_assert_cmpstr(next, ==, "AUTHENTICATE PLAIN");
}

/* Many rounds are done in slices, while other lines may come; each attempt has its own nonce. */
static void test_scram_work(void)
{
        static const char *const mechanisms[] = {"SCRAM-SHA-512", "SCRAM-SHA-256", NULL};
        g_autoptr(IrcSasl) sasl = scram_new(mechanisms, "user");
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *nothing = NULL, *next = NULL, *first = NULL;
        guint n = 0;

        g_free(start(sasl, NULL));
        g_free(challenge(sasl, ""));
        nothing = challenge(sasl, "r=" BOTH_NONCES ",s=W22Z,i=20000");
        g_assert_cmpstr(nothing, ==, "");
        for (; irc_sasl_has_work(sasl); n++) {
                g_assert_cmpuint(lines->len, ==, 0);
                irc_sasl_work(sasl, lines);
        }
        g_assert_cmpuint(n, ==, 4);
        g_assert_cmpuint(lines->len, ==, 1);

        next = receive(sasl, ":s 904 me :Failed");
        g_assert_cmpstr(next, ==, "AUTHENTICATE SCRAM-SHA-256");
        first = challenge(sasl, "");
        g_assert_cmpstr(first, ==, "n,,n=user,r=" NONCE "-2");

        /* A server that gives up while we compute ends the computation. */
        g_free(challenge(sasl, "r=" NONCE "-2x,s=W22Z,i=1000000"));
        g_assert_true(irc_sasl_has_work(sasl));
        g_free(receive(sasl, ":s 904 me :Failed"));
        g_assert_false(irc_sasl_has_work(sasl));
}

static GBytes *sign_reversed(const guint8 *data, gsize len, gpointer user_data)
{
        guint8 *reversed = g_malloc(len);

        g_assert_cmpstr(user_data, ==, "key");
        for (gsize i = 0; i < len; i++)
                reversed[i] = data[len - 1 - i];
        return g_bytes_new_take(reversed, len);
}

static GBytes *cannot_sign(const guint8 *data, gsize len, gpointer user_data)
{
        return NULL;
}

static void test_keys(void)
{
        const IrcSaslCredentials credentials = {
                .account = "acc",
                .has_certificate = true,
                .sign = sign_reversed,
                .sign_data = (gpointer) "key",
        };
        const IrcSaslCredentials broken = {.account = "acc", .sign = cannot_sign};
        const char *const text = "0123456789abcdef0123456789ABCDEF";
        g_autoptr(IrcSasl) sasl = irc_sasl_new(NULL, &credentials);
        g_autoptr(IrcSasl) unable = irc_sasl_new(NULL, &broken);
        g_autofree char *external = start(sasl, NULL), *empty = challenge(sasl, "");
        g_autofree char *second = challenge(sasl, "");
        g_autofree char *ecdsa = receive(sasl, ":s 904 me :No"), *names = NULL, *signature = NULL;

        g_assert_cmpstr(external, ==, "AUTHENTICATE EXTERNAL");
        g_assert_cmpstr(empty, ==, "<empty>");
        g_assert_cmpstr(second, ==, "AUTHENTICATE *");
        g_assert_cmpstr(ecdsa, ==, "AUTHENTICATE ECDSA-NIST256P-CHALLENGE");
        names = receive(sasl, "AUTHENTICATE +");
        g_assert_cmpstr(names, ==, "AUTHENTICATE YWNjAGFjYw==");
        signature = challenge(sasl, text);
        g_assert_cmpstr(signature, ==, "FEDCBA9876543210fedcba9876543210");
        g_free(receive(sasl, ":s 903 me :Success"));
        g_assert_cmpint(irc_sasl_get_state(sasl), ==, IRC_SASL_SUCCEEDED);

        for (int short_one = 0; short_one < 2; short_one++) {
                g_autofree char *aborted = NULL;

                g_free(start(unable, NULL));
                g_free(challenge(unable, ""));
                aborted = challenge(unable, text + short_one);
                g_assert_cmpstr(aborted, ==, "AUTHENTICATE *");
                g_free(receive(unable, ":s 904 me :No"));
                g_assert_cmpint(irc_sasl_get_state(unable), ==, IRC_SASL_FAILED);
        }
}

/* Without preferences, the strongest that the credentials suffice for. */
static void test_preference(void)
{
        static const struct {
                IrcSaslCredentials credentials;
                const char *offered;
                const char *tried;
        } cases[] = {
                {{.account = "a", .password = "p", .nonce = "n", .may_send_password = true}, NULL,
                        "AUTHENTICATE SCRAM-SHA-512"},
                {{.account = "a", .password = "p", .nonce = "n"}, "PLAIN,SCRAM-SHA-256",
                        "AUTHENTICATE SCRAM-SHA-256"},
                {{.account = "a", .password = "p", .may_send_password = true}, NULL,
                        "AUTHENTICATE PLAIN"},
                {{.account = "a", .password = "p\x01", .nonce = "n", .may_send_password = true},
                        NULL, "AUTHENTICATE PLAIN"},
                {{.account = "a", .password = "p", .nonce = "n"}, "PLAIN", ""},
                {{.has_certificate = true}, "EXTERNAL", "AUTHENTICATE EXTERNAL"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(IrcSasl) sasl = irc_sasl_new(NULL, &cases[i].credentials);
                g_autofree char *tried = start(sasl, cases[i].offered);

                g_assert_cmpstr(tried, ==, cases[i].tried);
        }
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/irc/sasl/pbkdf2", test_pbkdf2);
        g_test_add_func("/irc/sasl/slice-time", test_slice_time);
        g_test_add_func("/irc/sasl/saslprep", test_saslprep);
        g_test_add_func("/irc/sasl/scram", test_scram);
        g_test_add_func("/irc/sasl/scram-bad-first", test_scram_bad_first);
        g_test_add_func("/irc/sasl/scram-impostor", test_scram_impostor);
        g_test_add_func("/irc/sasl/scram-ends", test_scram_ends);
        g_test_add_func("/irc/sasl/scram-work", test_scram_work);
        g_test_add_func("/irc/sasl/keys", test_keys);
        g_test_add_func("/irc/sasl/preference", test_preference);
        return g_test_run();
}
