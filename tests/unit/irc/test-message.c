/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The parser and the formatter. */

#include <string.h>

#include "irc/framer.h"
#include "irc/message.h"

/* A message as text: tags "k=v;k=v", source parts, verb and params separated by '|'. */
static char *render(const IrcMessage *message)
{
        GString *text = g_string_new(NULL);

        for (gsize i = 0; i < message->n_tags; i++)
                g_string_append_printf(text, "%s%s=%s", i == 0 ? "@" : ";", message->tags[i].key,
                        message->tags[i].value);
        if (message->source)
                g_string_append_printf(text, "<%s>", message->source);
        g_string_append(text, message->verb);
        for (gsize i = 0; i < message->n_params; i++)
                g_string_append_printf(text, "|%s", message->params[i]);
        return g_string_free(text, FALSE);
}

static void test_parse(void)
{
        static const struct {
                const char *line;
                const char *expected;
        } cases[] = {
                {"VERB", "VERB"},
                {"verb one two three", "verb|one|two|three"},
                {"verb one two :three four", "verb|one|two|three four"},
                {"verb one :", "verb|one|"},
                {"verb ::", "verb|:"},
                {"verb one ::two", "verb|one|:two"},
                {"verb :  spaces stay ", "verb|  spaces stay "},
                {"verb   many    spaces  ", "verb|many|spaces"},
                {"verb a:b c:", "verb|a:b|c:"},
                {"verb\twith\ttab x", "verb\twith\ttab|x"},
                {":src verb", "<src>verb"},
                {":src verb ", "<src>verb"},
                {":src   verb  a  :b", "<src>verb|a|b"},
                {":src JOIN #chan", "<src>JOIN|#chan"},
                {":src JOIN :#chan", "<src>JOIN|#chan"},
                {":t\tab verb", "<t\tab>verb"},
                {":n!u@h\x03"
                 "5x PRIVMSG foo :b",
                        "<n!u@h\x03"
                        "5x>PRIVMSG|foo|b"},
                {":server 432  #a :Erroneous Nickname: Illegal",
                        "<server>432|#a|Erroneous Nickname: Illegal"},
                {":server MODE #a +n ", "<server>MODE|#a|+n"},
                {": verb", "verb"},
                {"  verb", "verb"},
                {"@a verb", "@a=verb"},
                {"@a= verb", "@a=verb"},
                {"@a=b;c=32;k;rt=ql7 verb", "@a=b;c=32;k=;rt=ql7verb"},
                {"@c;h=;a=b :quux ab cd", "@c=;h=;a=b<quux>ab|cd"},
                {"@a=b :src verb", "@a=b<src>verb"},
                {"@a=b   :src   verb", "@a=b<src>verb"},
                {"@a=1=2 verb", "@a=1=2verb"},
                {"@;;a=1;; verb", "@a=1verb"},
                {"@=v;a=1 verb", "@a=1verb"},
                {"@a=\\\\\\:\\s\\r\\n verb", "@a=\\; \r\nverb"},
                {"@a=\\b\\1 verb", "@a=b1verb"},
                {"@a=x\\ verb", "@a=xverb"},
                {"@a=\\ verb", "@a=verb"},
                {"@a=1;a=2;b=3;a=4 verb", "@a=1;a=2;b=3;a=4verb"},
                {"@+client/tag.x=y verb", "@+client/tag.x=yverb"},
                {"@a=\xff;b=\xc3\xa9;\xff=c verb", "@a=;b=\xc3\xa9verb"},
                {"@ verb", "verb"},
                {"verb 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18",
                        "verb|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18"},
        };
        g_auto(IrcMessage) message = {};

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = NULL;
                const char *line = cases[i].line;

                g_assert_cmpint(irc_message_parse(&message, line, strlen(line)), ==, IRC_PARSE_OK);
                text = render(&message);
                g_assert_cmpstr(text, ==, cases[i].expected);
        }
}

static void test_parse_errors(void)
{
        static const struct {
                const char *line;
                gsize len;
                IrcParseResult expected;
        } cases[] = {
                {"", 0, IRC_PARSE_EMPTY},
                {"   ", 3, IRC_PARSE_EMPTY},
                {"@a=b", 4, IRC_PARSE_NO_VERB},
                {":src", 4, IRC_PARSE_NO_VERB},
                {"@a=b :src ", 10, IRC_PARSE_NO_VERB},
                {"a\0b", 3, IRC_PARSE_NUL},
        };
        g_auto(IrcMessage) message = {};
        g_autofree char *whole = g_strnfill(IRC_LINE_MAX, 'a');
        g_autofree char *longer = g_strnfill(IRC_LINE_MAX + 1, 'a');

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_assert_cmpint(irc_message_parse(&message, cases[i].line, cases[i].len), ==,
                        cases[i].expected);
                g_assert_null(message.verb);
                g_assert_cmpuint(message.n_params, ==, 0);
                g_assert_nonnull(irc_parse_result_text(cases[i].expected));
        }
        g_assert_cmpint(irc_message_parse(&message, whole, IRC_LINE_MAX), ==, IRC_PARSE_OK);
        g_assert_cmpint(
                irc_message_parse(&message, longer, IRC_LINE_MAX + 1), ==, IRC_PARSE_TOO_LONG);
}

static void test_source(void)
{
        static const struct {
                const char *source, *nick, *user, *host;
        } cases[] = {
                {"nick", "nick", NULL, NULL},
                {"irc.example.org", "irc.example.org", NULL, NULL},
                {"nick!user@host", "nick", "user", "host"},
                {"nick!user", "nick", "user", NULL},
                {"nick@host", "nick", NULL, "host"},
                {"nick!~user@host/cloak:1", "nick", "~user", "host/cloak:1"},
                {"nick!us!er@host", "nick", "us!er", "host"},
                {"nick@host!x", "nick", NULL, "host!x"},
                {"nick!@", "nick", "", ""},
                {"!u@h", "", "u", "h"},
                {"n!u@h\x02\x03"
                 "7x",
                        "n", "u",
                        "h\x02\x03"
                        "7x"},
        };
        g_auto(IrcMessage) message = {};

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *line = g_strdup_printf(":%s VERB", cases[i].source);

                g_assert_cmpint(irc_message_parse(&message, line, strlen(line)), ==, IRC_PARSE_OK);
                g_assert_cmpstr(message.source, ==, cases[i].source);
                g_assert_cmpstr(message.nick, ==, cases[i].nick);
                g_assert_cmpstr(message.user, ==, cases[i].user);
                g_assert_cmpstr(message.host, ==, cases[i].host);
        }
}

static void test_lookups(void)
{
        static const char line[] = "@a=1;b;a=2 privmsg #c :text";
        g_auto(IrcMessage) message = {};

        g_assert_cmpint(irc_message_parse(&message, line, strlen(line)), ==, IRC_PARSE_OK);
        g_assert_cmpstr(irc_message_get_tag(&message, "a"), ==, "2");
        g_assert_cmpstr(irc_message_get_tag(&message, "b"), ==, "");
        g_assert_null(irc_message_get_tag(&message, "A"));
        g_assert_cmpstr(irc_message_get_param(&message, 1), ==, "text");
        g_assert_null(irc_message_get_param(&message, 2));
        g_assert_true(irc_message_has_verb(&message, "PRIVMSG"));
        g_assert_false(irc_message_has_verb(&message, "PRIV"));
}

static void test_format(void)
{
        static const struct {
                const char *tag, *value, *source, *verb;
                const char *params[4];
                const char *trailing;
                const char *expected;
        } cases[] = {
                {.verb = "VERB", .expected = "VERB"},
                {.verb = "VERB", .params = {"a", "b"}, .expected = "VERB a b"},
                {.verb = "VERB", .params = {"a"}, .trailing = "b", .expected = "VERB a :b"},
                {.verb = "VERB", .trailing = "", .expected = "VERB :"},
                {.verb = "VERB", .trailing = ":x y", .expected = "VERB ::x y"},
                {.source = "n!u@h",
                        .verb = "VERB",
                        .params = {"a:b"},
                        .expected = ":n!u@h VERB a:b"},
                {.tag = "a", .verb = "VERB", .expected = "@a VERB"},
                {.tag = "a", .value = "", .verb = "VERB", .expected = "@a VERB"},
                {.tag = "a",
                        .value = "; \\\r\n",
                        .verb = "VERB",
                        .expected = "@a=\\:\\s\\\\\\r\\n VERB"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                const IrcTag tag = {cases[i].tag, cases[i].value};
                g_autoptr(GString) line = g_string_new(NULL);

                g_assert_cmpint(irc_message_format(line, &tag, tag.key ? 1 : 0, cases[i].source,
                                        cases[i].verb, cases[i].params, cases[i].trailing),
                        ==, IRC_FORMAT_OK);
                g_assert_cmpstr(line->str, ==, cases[i].expected);
        }
}

static void test_format_refused(void)
{
        static const struct {
                const char *key, *source, *verb, *param, *trailing;
                IrcFormatResult expected;
        } cases[] = {
                {NULL, NULL, "VERB", "a", "b\r\nQUIT", IRC_FORMAT_LINE_BREAK},
                {NULL, NULL, "VERB", "a", "b\n", IRC_FORMAT_LINE_BREAK},
                {NULL, NULL, "VERB", "a", "\r", IRC_FORMAT_LINE_BREAK},
                {NULL, NULL, "VERB", "a\nb", NULL, IRC_FORMAT_LINE_BREAK},
                {NULL, NULL, "VE\rRB", "a", NULL, IRC_FORMAT_LINE_BREAK},
                {NULL, "s\n", "VERB", "a", NULL, IRC_FORMAT_LINE_BREAK},
                {NULL, NULL, "", "a", NULL, IRC_FORMAT_BAD_VERB},
                {NULL, NULL, "A B", "a", NULL, IRC_FORMAT_BAD_VERB},
                {NULL, NULL, ":A", "a", NULL, IRC_FORMAT_BAD_VERB},
                {NULL, NULL, "@A", "a", NULL, IRC_FORMAT_BAD_VERB},
                {NULL, "", "VERB", "a", NULL, IRC_FORMAT_BAD_VERB},
                {NULL, "a b", "VERB", "a", NULL, IRC_FORMAT_BAD_VERB},
                {"", NULL, "VERB", "a", NULL, IRC_FORMAT_BAD_VERB},
                {"a=", NULL, "VERB", "a", NULL, IRC_FORMAT_BAD_VERB},
                {"a;", NULL, "VERB", "a", NULL, IRC_FORMAT_BAD_VERB},
                {NULL, NULL, "VERB", "", NULL, IRC_FORMAT_BAD_PARAM},
                {NULL, NULL, "VERB", "a b", NULL, IRC_FORMAT_BAD_PARAM},
                {NULL, NULL, "VERB", ":a", NULL, IRC_FORMAT_BAD_PARAM},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                const IrcTag tag = {cases[i].key, "v"};
                const char *params[] = {cases[i].param, NULL};
                g_autoptr(GString) line = g_string_new("kept");

                g_assert_cmpint(irc_message_format(line, &tag, tag.key ? 1 : 0, cases[i].source,
                                        cases[i].verb, params, cases[i].trailing),
                        ==, cases[i].expected);
                g_assert_cmpstr(line->str, ==, "kept");
        }
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/irc/message/parse", test_parse);
        g_test_add_func("/irc/message/parse-errors", test_parse_errors);
        g_test_add_func("/irc/message/source", test_source);
        g_test_add_func("/irc/message/lookups", test_lookups);
        g_test_add_func("/irc/message/format", test_format);
        g_test_add_func("/irc/message/format-refused", test_format_refused);
        return g_test_run();
}
