/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* ISUPPORT tokens, and MODE as they say it is to be read. */

#include <string.h>

#include "irc/isupport.h"
#include "irc/mode.h"

static IrcIsupport *isupport_of(const char *tokens)
{
        g_auto(GStrv) list = g_strsplit(tokens, " ", -1);
        IrcIsupport *isupport = irc_isupport_new();

        for (gsize i = 0; list[i]; i++)
                irc_isupport_take(isupport, list[i]);
        return isupport;
}

static void test_defaults(void)
{
        g_autoptr(IrcIsupport) isupport = irc_isupport_new();

        g_assert_cmpint(isupport->casemap, ==, IRC_CASEMAP_RFC1459);
        g_assert_cmpstr(isupport->chantypes, ==, "#&");
        g_assert_cmpstr(isupport->prefix_modes, ==, "ov");
        g_assert_cmpstr(isupport->prefix_symbols, ==, "@+");
        g_assert_cmpstr(isupport->statusmsg, ==, "");
        g_assert_null(irc_isupport_get(isupport, "NETWORK"));
        g_assert_cmpuint(irc_isupport_get_number(isupport, "NICKLEN", 9), ==, 9);
        g_assert_cmpuint(irc_isupport_get_targets(isupport, "JOIN"), ==, G_MAXUINT);
        g_assert_cmpuint(irc_isupport_get_targets(isupport, "PRIVMSG"), ==, 1);
        g_assert_cmpuint(irc_isupport_get_limit(isupport, "CHANLIMIT", '#'), ==, G_MAXUINT);
        g_assert_cmpint(irc_isupport_get_letter(isupport, "EXCEPTS"), ==, '\0');
        g_assert_false(irc_isupport_is_tag_denied(isupport, "typing"));
}

static void test_take(void)
{
        static const struct {
                const char *tokens;
                const char *name;
                const char *value;
        } cases[] = {
                {"NETWORK=Example", "NETWORK", "Example"},
                {"NETWORK=Two\\x20Words\\x3D\\x5C", "NETWORK", "Two Words=\\"},
                {"NETWORK=a\\x0Ab\\x00c", "NETWORK", "abc"},
                {"NETWORK=a\\xZZ", "NETWORK", "a\\xZZ"},
                {"NETWORK=\\xff", "NETWORK", NULL},
                {"NETWORK=\xff", "NETWORK", NULL},
                {"NETWORK=a=b", "NETWORK", "a=b"},
                {"UTF8ONLY", "UTF8ONLY", ""},
                {"A=", "A", ""},
                {"A=1 A=2", "A", "2"},
                {"A=1 -A", "A", NULL},
                {"A=1 -A A=3", "A", "3"},
                {"-A", "A", NULL},
                {"=x", "", NULL},
                {"draft/ICON=https://x", "draft/ICON", "https://x"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(IrcIsupport) isupport = isupport_of(cases[i].tokens);

                g_assert_cmpstr(irc_isupport_get(isupport, cases[i].name), ==, cases[i].value);
                g_assert_cmpint(
                        irc_isupport_has(isupport, cases[i].name), ==, cases[i].value != NULL);
        }
}

static void test_prefix(void)
{
        static const struct {
                const char *token, *modes, *symbols;
        } cases[] = {
                {"PREFIX=(qaohv)~&@%+", "qaohv", "~&@%+"},
                {"PREFIX=", "", ""},
                {"PREFIX=()", "", ""},
                {"PREFIX", "", ""},
                {"PREFIX=(ov)@", "ov", "@+"},
                {"PREFIX=ov", "ov", "@+"},
                {"PREFIX=(o", "ov", "@+"},
                {"PREFIX=(o)\xc3\xa9", "ov", "@+"},
                {"PREFIX=(abcdefghijklmnopq)ABCDEFGHIJKLMNOPQ", "ov", "@+"},
                {"PREFIX=(q)~ -PREFIX", "ov", "@+"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(IrcIsupport) isupport = isupport_of(cases[i].token);

                g_assert_cmpstr(isupport->prefix_modes, ==, cases[i].modes);
                g_assert_cmpstr(isupport->prefix_symbols, ==, cases[i].symbols);
        }
}

/* Each change of it costs a look at every name that is known. */
static void test_casemapping_is_not_followed_for_ever(void)
{
        g_autoptr(IrcIsupport) isupport = irc_isupport_new();
        guint n_changes = 0;

        for (int i = 0; i < 1000; i++) {
                IrcCasemap before = isupport->casemap;

                irc_isupport_take(isupport, i % 2 ? "CASEMAPPING=rfc1459" : "CASEMAPPING=ascii");
                n_changes += isupport->casemap != before;
        }
        g_assert_cmpuint(n_changes, >, 2);
        g_assert_cmpuint(n_changes, <, 20);
}

static void test_decoded(void)
{
        g_autoptr(IrcIsupport) isupport = isupport_of(
                "CASEMAPPING=rfc7613 CHANTYPES= CHANMODES=beI,k,lH,imnpst,extra "
                "CHANLIMIT=#&:50,!:5,+: MAXLIST=b:60,eI:20 TARGMAX=JOIN:3,PRIVMSG:4,PART:,KICK:0 "
                "EXCEPTS INVEX=J BOT=B CLIENTTAGDENY=*,-typing,-reply MODES=6 LINELEN=x");

        g_assert_cmpint(isupport->casemap, ==, IRC_CASEMAP_ASCII);
        g_assert_cmpstr(irc_isupport_get(isupport, "CASEMAPPING"), ==, "rfc7613");
        g_assert_cmpstr(isupport->chantypes, ==, "");
        g_assert_false(irc_isupport_is_channel(isupport, "#a"));
        g_assert_cmpint(irc_isupport_mode_kind(isupport, 'b'), ==, IRC_MODE_LIST);
        g_assert_cmpint(irc_isupport_mode_kind(isupport, 'k'), ==, IRC_MODE_ALWAYS);
        g_assert_cmpint(irc_isupport_mode_kind(isupport, 'H'), ==, IRC_MODE_WHEN_SET);
        g_assert_cmpint(irc_isupport_mode_kind(isupport, 'i'), ==, IRC_MODE_FLAG);
        g_assert_cmpint(irc_isupport_mode_kind(isupport, 'o'), ==, IRC_MODE_PREFIX);
        g_assert_cmpint(irc_isupport_mode_kind(isupport, 'Z'), ==, IRC_MODE_FLAG);
        g_assert_cmpint(irc_isupport_mode_kind(isupport, '\0'), ==, IRC_MODE_FLAG);
        g_assert_cmpuint(irc_isupport_get_limit(isupport, "CHANLIMIT", '&'), ==, 50);
        g_assert_cmpuint(irc_isupport_get_limit(isupport, "CHANLIMIT", '!'), ==, 5);
        g_assert_cmpuint(irc_isupport_get_limit(isupport, "CHANLIMIT", '+'), ==, G_MAXUINT);
        g_assert_cmpuint(irc_isupport_get_limit(isupport, "MAXLIST", 'I'), ==, 20);
        g_assert_cmpuint(irc_isupport_get_targets(isupport, "JOIN"), ==, 3);
        g_assert_cmpuint(irc_isupport_get_targets(isupport, "privmsg"), ==, 4);
        g_assert_cmpuint(irc_isupport_get_targets(isupport, "PART"), ==, G_MAXUINT);
        g_assert_cmpuint(irc_isupport_get_targets(isupport, "KICK"), ==, 1);
        g_assert_cmpuint(irc_isupport_get_targets(isupport, "WHOIS"), ==, 1);
        g_assert_cmpint(irc_isupport_get_letter(isupport, "EXCEPTS"), ==, 'e');
        g_assert_cmpint(irc_isupport_get_letter(isupport, "INVEX"), ==, 'J');
        g_assert_cmpint(irc_isupport_get_letter(isupport, "BOT"), ==, 'B');
        g_assert_true(irc_isupport_is_tag_denied(isupport, "react"));
        g_assert_false(irc_isupport_is_tag_denied(isupport, "typing"));
        g_assert_cmpuint(irc_isupport_get_number(isupport, "MODES", 3), ==, 6);
        g_assert_cmpuint(irc_isupport_get_number(isupport, "LINELEN", 512), ==, 512);
        irc_isupport_take(isupport, "CLIENTTAGDENY=a,b");
        g_assert_true(irc_isupport_is_tag_denied(isupport, "b"));
        g_assert_false(irc_isupport_is_tag_denied(isupport, "c"));
}

static void test_channel_of(void)
{
        static const struct {
                const char *tokens, *target, *channel;
        } cases[] = {
                {"STATUSMSG=@+", "#a", "#a"},
                {"STATUSMSG=@+", "@#a", "#a"},
                {"STATUSMSG=@+", "@+#a", "#a"},
                {"STATUSMSG=@+", "@nick", NULL},
                {"STATUSMSG=@+", "nick", NULL},
                {"STATUSMSG=@+", "", NULL},
                {"STATUSMSG=@+", "%#a", NULL},
                {"", "@#a", NULL},
                {"STATUSMSG=@+ CHANTYPES=#+", "+a", "+a"},
                {"STATUSMSG=@+ CHANTYPES=#+", "+#a", "#a"},
                {"CHANTYPES=", "#a", NULL},
                {"STATUSMSG=\xc3\xa9", "\xc3\xa9#a", NULL},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(IrcIsupport) isupport = isupport_of(cases[i].tokens);

                g_assert_cmpstr(
                        irc_isupport_channel_of(isupport, cases[i].target), ==, cases[i].channel);
        }
}

static void test_bounds(void)
{
        g_autoptr(IrcIsupport) isupport = irc_isupport_new();
        g_autofree char *value = g_strnfill(IRC_ISUPPORT_VALUE_MAX + 1, 'x');
        g_autofree char *token = g_strconcat("LONG=", value, NULL);

        for (guint i = 0; i < 2 * IRC_ISUPPORT_TOKENS_MAX; i++) {
                g_autofree char *name = g_strdup_printf("T%u=1", i);

                g_assert_cmpint(irc_isupport_take(isupport, name), ==, i < IRC_ISUPPORT_TOKENS_MAX);
        }
        g_assert_true(irc_isupport_take(isupport, "T0=2"));
        g_assert_true(irc_isupport_take(isupport, "-T1"));
        g_assert_false(irc_isupport_take(isupport, token));
}

static void test_carry(void)
{
        g_autoptr(IrcIsupport) isupport = isupport_of("NETWORK=A\\x20B PREFIX=(q)~ UTF8ONLY");
        g_autoptr(IrcIsupport) next = irc_isupport_new();
        g_autoptr(GVariant) variant = g_variant_ref_sink(irc_isupport_to_variant(isupport));
        g_autoptr(GVariant) other = g_variant_ref_sink(g_variant_new_string("other"));

        irc_isupport_restore(next, other);
        irc_isupport_restore(next, variant);
        g_assert_cmpstr(irc_isupport_get(next, "NETWORK"), ==, "A B");
        g_assert_cmpstr(next->prefix_modes, ==, "q");
        g_assert_true(irc_isupport_has(next, "UTF8ONLY"));
}

/* Changes as "+o:bob -k:key". */
static char *render_modes(const IrcIsupport *isupport, const char *line)
{
        g_auto(GStrv) params = g_strsplit(line, " ", -1);
        GString *text = g_string_new(NULL);
        IrcModeIter iter;
        IrcModeChange change;

        irc_mode_iter_init(&iter, isupport, (const char *const *) params, g_strv_length(params));
        while (irc_mode_iter_next(&iter, &change))
                g_string_append_printf(text, "%s%c%c%s%s", text->len > 0 ? " " : "",
                        change.is_set ? '+' : '-', change.mode, change.argument ? ":" : "",
                        change.argument ?: "");
        return g_string_free(text, FALSE);
}

static void test_modes(void)
{
        static const struct {
                const char *params, *expected;
        } cases[] = {
                {"+o bob", "+o:bob"},
                {"+ov-b bob ann x!*@*", "+o:bob +v:ann -b:x!*@*"},
                {"-l+o bob", "-l +o:bob"},
                {"+l-k+n 5 key", "+l:5 -k:key +n"},
                {"+b", "+b"},
                {"+oo bob", "+o:bob +o"},
                {"o bob", "+o:bob"},
                {"+-+nt", "+n +t"},
                {"+n!\xc3\xa9t x", "+n +t"},
                {"+Zo bob", "+Z +o:bob"},
                {"", ""},
        };
        g_autoptr(IrcIsupport) isupport = isupport_of("CHANMODES=beI,k,l,imnpst");
        IrcModeIter iter;
        IrcModeChange change;

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = render_modes(isupport, cases[i].params);

                g_assert_cmpstr(text, ==, cases[i].expected);
        }
        irc_mode_iter_init(&iter, isupport, NULL, 0);
        g_assert_false(irc_mode_iter_next(&iter, &change));
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/irc/isupport/defaults", test_defaults);
        g_test_add_func("/irc/isupport/take", test_take);
        g_test_add_func("/irc/isupport/prefix", test_prefix);
        g_test_add_func(
                "/irc/isupport/casemapping-bound", test_casemapping_is_not_followed_for_ever);
        g_test_add_func("/irc/isupport/decoded", test_decoded);
        g_test_add_func("/irc/isupport/channel-of", test_channel_of);
        g_test_add_func("/irc/isupport/bounds", test_bounds);
        g_test_add_func("/irc/isupport/carry", test_carry);
        g_test_add_func("/irc/mode/changes", test_modes);
        return g_test_run();
}
