/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Names and masks: case mapping and glob matching. */

#include "irc/casemap.h"
#include "irc/mask.h"

static void test_names(void)
{
        g_assert_cmpint(irc_casemap_from_name("ascii"), ==, IRC_CASEMAP_ASCII);
        g_assert_cmpint(irc_casemap_from_name("ASCII"), ==, IRC_CASEMAP_ASCII);
        g_assert_cmpint(irc_casemap_from_name("rfc1459"), ==, IRC_CASEMAP_RFC1459);
        g_assert_cmpint(irc_casemap_from_name("rfc1459-strict"), ==, IRC_CASEMAP_RFC1459_STRICT);
        g_assert_cmpint(irc_casemap_from_name("strict-rfc1459"), ==, IRC_CASEMAP_RFC1459_STRICT);
        g_assert_cmpint(irc_casemap_from_name("rfc7613"), ==, IRC_CASEMAP_ASCII);
        g_assert_cmpint(irc_casemap_from_name("klingon"), ==, IRC_CASEMAP_ASCII);
}

static void test_fold(void)
{
        static const struct {
                IrcCasemap casemap;
                const char *text, *folded;
        } cases[] = {
                {IRC_CASEMAP_ASCII, "AZaz09[]\\^~{}|", "azaz09[]\\^~{}|"},
                {IRC_CASEMAP_RFC1459, "AZaz09[]\\^~{}|", "azaz09{}|~~{}|"},
                {IRC_CASEMAP_RFC1459_STRICT, "AZaz09[]\\^~{}|", "azaz09{}|^~{}|"},
                {IRC_CASEMAP_RFC1459, "@_`", "@_`"},
                {IRC_CASEMAP_RFC1459, "Ä", "Ä"},
                {IRC_CASEMAP_ASCII, "", ""},
        };
        g_autoptr(GString) folded = g_string_new("before");

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                irc_casemap_fold(cases[i].casemap, cases[i].text, folded);
                g_assert_cmpstr(folded->str, ==, cases[i].folded);
                g_assert_true(irc_casemap_equal(cases[i].casemap, cases[i].text, cases[i].folded));
        }
        g_assert_false(irc_casemap_equal(IRC_CASEMAP_ASCII, "a[", "a{"));
        g_assert_false(irc_casemap_equal(IRC_CASEMAP_ASCII, "a", "ab"));
        g_assert_false(irc_casemap_equal(IRC_CASEMAP_ASCII, "ab", "a"));
}

static void test_mask(void)
{
        static const struct {
                const char *mask, *text;
                bool is_match;
        } cases[] = {
                {"*", "", true},
                {"*", "n!u@h", true},
                {"", "", true},
                {"", "a", false},
                {"?", "", false},
                {"*!*@*", "n!u@h", true},
                {"*@127.0.0.1", "cool!ag@127.0.0.1", true},
                {"*@127.0.0.1", "cool!ag@127.0.0.2", false},
                {"cool?!*", "cools!x@y", true},
                {"cool?!*", "cool!x@y", false},
                {"*cool*", "ablcool!x@y", true},
                {"*ab*ab*c", "abxabyabc", true},
                {"*ab*ab*c", "abxaby", false},
                {"a*b*c*d", "aXbXcXcXd", true},
                {"**a**", "xax", true},
                {"NICK!*@*", "nick!u@h", true},
                {"n[ck]*", "N{CK}!u@h", true},
                {"\\*x", "*x", true},
                {"\\*x", "yx", false},
                {"\\?x", "?x", true},
                {"\\?x", "yx", false},
                {"\\\\x", "\\x", true},
                {"*\\**", "a*b", true},
                {"*\\**", "ab", false},
                {"\\n", "\\n", true},
                {"?!u@h", "é!u@h", true},
                {"?\?!u@h", "é!u@h", false},
                {"*?!u@h", "é!u@h", true},
                {"*aaaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                bool is_match = irc_mask_match(IRC_CASEMAP_RFC1459, cases[i].mask, cases[i].text);

                if (is_match != cases[i].is_match)
                        g_error("%s against %s", cases[i].mask, cases[i].text);
        }
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/irc/casemap/names", test_names);
        g_test_add_func("/irc/casemap/fold", test_fold);
        g_test_add_func("/irc/mask/match", test_mask);
        return g_test_run();
}
