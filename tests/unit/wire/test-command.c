/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Requests of the command socket: what is understood, and how the rest is refused. */

#include <string.h>

#include "wire/command.h"

#define NO_ERROR _IC_ERROR_MAX

typedef struct {
        const char *line;
        IcError code;        /* NO_ERROR: it is a command */
        const char *mention; /* what the error's words must hold; or NULL */
        const char *id;      /* or NULL */
} RefusedCase;

static const RefusedCase refused[] = {
        {"", IC_ERROR_BAD_REQUEST, "object"},
        {"   ", IC_ERROR_BAD_REQUEST, "object"},
        {"hello", IC_ERROR_BAD_REQUEST, "byte 1"},
        {"[]", IC_ERROR_BAD_REQUEST},
        {"\"join\"", IC_ERROR_BAD_REQUEST},
        {"{", IC_ERROR_BAD_REQUEST},
        {"{}", IC_ERROR_MISSING_KEY, "\"command\""},
        {"{} {}", IC_ERROR_BAD_REQUEST, "more text"},
        {"{\"command\":\"status\",}", IC_ERROR_BAD_REQUEST},
        {"{\"command\":\"status\"} // done", IC_ERROR_BAD_REQUEST},
        {"/* x */{\"command\":\"status\"}", IC_ERROR_BAD_REQUEST},
        {"{'command':'status'}", IC_ERROR_BAD_REQUEST},
        {"{command:\"status\"}", IC_ERROR_BAD_REQUEST},
        {"var a = {\"command\":\"status\"}", IC_ERROR_BAD_REQUEST},
        {"{\"command\":\"sta\ttus\"}", IC_ERROR_BAD_REQUEST, "control character"},
        {"{\"command\":\"status", IC_ERROR_BAD_REQUEST, "without its end"},
        {"{\"command\":\"status\\", IC_ERROR_BAD_REQUEST},
        {"{\"command\":\"\\x\"}", IC_ERROR_BAD_REQUEST, "escape"},
        {"{\"command\":\"\\u12\"}", IC_ERROR_BAD_REQUEST, "four"},
        {"{\"command\":\"\\ud83d\"}", IC_ERROR_BAD_REQUEST, "surrogate"},
        {"{\"command\":\"\\ude00\\ud83d\"}", IC_ERROR_BAD_REQUEST, "surrogate"},
        {"{\"command\":\"\\ud83d\\ud83d\"}", IC_ERROR_BAD_REQUEST, "surrogate"},
        {"{\"a\\u0000\":1}", IC_ERROR_BAD_REQUEST, "NUL"},
        {"{\"id\":01}", IC_ERROR_BAD_REQUEST},
        {"{\"id\":1.}", IC_ERROR_BAD_REQUEST, "decimal"},
        {"{\"id\":.5}", IC_ERROR_BAD_REQUEST},
        {"{\"id\":1e}", IC_ERROR_BAD_REQUEST, "exponent"},
        {"{\"id\":+1}", IC_ERROR_BAD_REQUEST},
        {"{\"id\":0x10}", IC_ERROR_BAD_REQUEST},
        {"{\"id\":NaN}", IC_ERROR_BAD_REQUEST},
        {"{\"a\":[[[[[[[[1]]]]]]]]}", IC_ERROR_BAD_REQUEST, "nesting"},
        {"{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{}}}}}}}}}", IC_ERROR_BAD_REQUEST,
                "nesting"},
        {"{\"command\":\"status\",\"a\":[1,2}", IC_ERROR_BAD_REQUEST},
        {"{\"command\":\"nick\" \"nickname\":\"a\"}", IC_ERROR_BAD_REQUEST},

        {"{\"command\":\"dance\"}", IC_ERROR_UNKNOWN_COMMAND, "dance"},
        {"{\"command\":\"STATUS\"}", IC_ERROR_UNKNOWN_COMMAND, "STATUS"},
        {"{\"command\":\"sta\\u0000tus\"}", IC_ERROR_UNKNOWN_COMMAND},
        {"{\"command\":\"\\u001b[31m\"}", IC_ERROR_UNKNOWN_COMMAND, "\\x1b[31m"},
        {"{\"command\":7}", IC_ERROR_INVALID_VALUE, "\"command\""},
        {"{\"command\":null}", IC_ERROR_INVALID_VALUE, "\"command\""},

        {"{\"command\":\"join\"}", IC_ERROR_MISSING_KEY, "\"channel\""},
        {"{\"command\":\"privmsg\",\"target\":\"a\"}", IC_ERROR_MISSING_KEY, "\"message\""},
        {"{\"command\":\"kick\",\"channel\":\"#a\"}", IC_ERROR_MISSING_KEY, "\"nickname\""},
        {"{\"command\":\"raw\"}", IC_ERROR_MISSING_KEY, "\"line\""},
        {"{\"command\":\"topic\",\"channel\":\"#a\"}", IC_ERROR_MISSING_KEY, "\"topic\""},
        {"{\"command\":\"refresh\"}", IC_ERROR_MISSING_KEY, "\"what\""},

        {"{\"command\":\"status\",\"colour\":1}", IC_ERROR_INVALID_VALUE, "\"colour\""},
        {"{\"command\":\"nick\",\"nickname\":\"a\",\"channel\":\"#a\"}", IC_ERROR_INVALID_VALUE,
                "\"channel\""},
        {"{\"command\":\"raw\",\"message\":\"WHO\"}", IC_ERROR_INVALID_VALUE, "\"message\""},
        {"{\"command\":\"nick\",\"nickname\":\"a\",\"nickname\":\"b\"}", IC_ERROR_INVALID_VALUE,
                "\"nickname\" is given twice"},
        {"{\"command\":\"nick\",\"nickname\":\"a\",\"nickn\\u0061me\":\"b\"}",
                IC_ERROR_INVALID_VALUE, "\"nickname\" is given twice"},
        {"{\"command\":\"nick\",\"nickname\":7}", IC_ERROR_INVALID_VALUE, "\"nickname\""},
        {"{\"command\":\"nick\",\"nickname\":null}", IC_ERROR_INVALID_VALUE, "\"nickname\""},
        {"{\"command\":\"nick\",\"nickname\":[\"a\"]}", IC_ERROR_INVALID_VALUE, "\"nickname\""},
        {"{\"command\":\"nick\",\"nickname\":\"\"}", IC_ERROR_INVALID_VALUE, "empty"},
        {"{\"command\":\"nick\",\"nickname\":\"a b\"}", IC_ERROR_INVALID_VALUE, "one word"},
        {"{\"command\":\"nick\",\"nickname\":\":a\"}", IC_ERROR_INVALID_VALUE, "one word"},
        {"{\"command\":\"nick\",\"nickname\":\"a\\r\\nQUIT\"}", IC_ERROR_INVALID_VALUE,
                "\"nickname\""},
        {"{\"command\":\"nick\",\"nickname\":\"a\\u0000\"}", IC_ERROR_INVALID_VALUE, "NUL"},
        {"{\"command\":\"join\",\"channel\":\"0\"}", IC_ERROR_INVALID_VALUE, "\"channel\""},
        {"{\"command\":\"join\",\"channel\":\"#a,#b\"}", IC_ERROR_INVALID_VALUE, "\"channel\""},
        {"{\"command\":\"join\",\"channel\":\"#a\",\"key\":\"x y\"}", IC_ERROR_INVALID_VALUE,
                "\"key\""},
        {"{\"command\":\"raw\",\"line\":\"WHO\\rQUIT\"}", IC_ERROR_INVALID_VALUE, "\"line\""},
        {"{\"command\":\"raw\",\"line\":\"WHO\\nQUIT\"}", IC_ERROR_INVALID_VALUE, "\"line\""},
        {"{\"command\":\"raw\",\"line\":\"WHO\\u0000\"}", IC_ERROR_INVALID_VALUE, "\"line\""},
        {"{\"command\":\"raw\",\"line\":\"\"}", IC_ERROR_INVALID_VALUE, "\"line\""},
        {"{\"command\":\"part\",\"channel\":\"#a\",\"message\":\"a\\nb\"}", IC_ERROR_INVALID_VALUE,
                "\"message\""},
        {"{\"command\":\"privmsg\",\"target\":\"#a\",\"message\":\"\"}", IC_ERROR_INVALID_VALUE,
                "\"message\""},
        {"{\"command\":\"privmsg\",\"target\":\"#a\",\"message\":\"\\n\\r\\n\"}",
                IC_ERROR_INVALID_VALUE, "\"message\""},
        {"{\"command\":\"privmsg\",\"target\":\"#a\",\"message\":\"a\\u0000b\"}",
                IC_ERROR_INVALID_VALUE, "\"message\""},
        {"{\"command\":\"mode\",\"target\":\"#a\",\"modes\":\"+o\",\"arguments\":\"x\"}",
                IC_ERROR_INVALID_VALUE, "\"arguments\" must be a list"},
        {"{\"command\":\"mode\",\"target\":\"#a\",\"modes\":\"+o\",\"arguments\":[1]}",
                IC_ERROR_INVALID_VALUE, "\"arguments\""},
        {"{\"command\":\"mode\",\"target\":\"#a\",\"modes\":\"+o\",\"arguments\":[\"a b\"]}",
                IC_ERROR_INVALID_VALUE, "\"arguments\""},
        {"{\"command\":\"redact\",\"target\":\"#a\"}", IC_ERROR_MISSING_KEY, "\"msgid\""},
        {"{\"command\":\"mark_read\",\"target\":\"#a\",\"time\":\"1\"}", IC_ERROR_INVALID_VALUE,
                "\"time\""},
        {"{\"command\":\"mark_read\",\"target\":\"#a\",\"time\":1.5}", IC_ERROR_INVALID_VALUE,
                "\"time\""},
        {"{\"command\":\"mark_read\",\"target\":\"#a\",\"time\":-1}", IC_ERROR_INVALID_VALUE,
                "\"time\""},
        {"{\"command\":\"mark_read\",\"target\":\"#a\",\"time\":253402300800000000}",
                IC_ERROR_INVALID_VALUE, "\"time\""},
        {"{\"command\":\"refresh\",\"what\":\"weather\"}", IC_ERROR_INVALID_VALUE, "\"what\""},

        /* The id is repeated whatever else is wrong, if it could be read. */
        {"{\"id\":\"x\",\"command\":\"dance\"}", IC_ERROR_UNKNOWN_COMMAND, NULL, "\"x\""},
        {"{\"id\":7,\"command\":\"join\"", IC_ERROR_BAD_REQUEST, NULL, "7"},
        {"{\"command\":\"join\",\"id\" : -1.50e+3 }", IC_ERROR_MISSING_KEY, NULL, "-1.50e+3"},
        {"{\"command\":\"join\",\"id\":123456789012345678901234567890}", IC_ERROR_MISSING_KEY, NULL,
                "123456789012345678901234567890"},
        {"{\"command\":\"join\",\"id\":\"\\u0061\\n\"}", IC_ERROR_MISSING_KEY, NULL,
                "\"\\u0061\\n\""},
        {"{\"command\":\"status\",\"id\":true}", IC_ERROR_INVALID_VALUE, "\"id\""},
        {"{\"command\":\"status\",\"id\":[1]}", IC_ERROR_INVALID_VALUE, "\"id\""},
        {"{\"command\":\"status\",\"id\":1,\"id\":2}", IC_ERROR_INVALID_VALUE, "\"id\"", "1"},
};

static void test_refused(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
                g_auto(IcCommand) command = {0};
                g_autoptr(GError) error = NULL;
                g_autofree char *id = NULL;

                g_test_message("%s", refused[i].line);
                g_assert_false(ic_command_parse(
                        refused[i].line, strlen(refused[i].line), &command, &id, &error));
                g_assert_error(error, IC_ERROR, (gint) refused[i].code);
                if (refused[i].mention)
                        g_assert_nonnull(strstr(error->message, refused[i].mention));
                g_assert_cmpstr(id, ==, refused[i].id);
                g_assert_null(command.channel);
        }
}

typedef struct {
        const char *line;
        IcCommandType type;
        const char *channel, *target, *nickname, *message, *key, *modes, *msgid;
        gint64 time;
        const char *arguments; /* joined by "|" */
        const char *id;
} UnderstoodCase;

static const UnderstoodCase understood[] = {
        {.line = "{\"command\":\"join\",\"channel\":\"#ruby\"}",
                .type = IC_COMMAND_JOIN,
                .channel = "#ruby"},
        {.line = " { \"channel\" : \"#ruby\" ,\t\"key\":\"k\", \"command\" : \"join\" } \r",
                .type = IC_COMMAND_JOIN,
                .channel = "#ruby",
                .key = "k"},
        {.line = "{\"command\":\"part\",\"channel\":\"&a\",\"message\":\"\"}",
                .type = IC_COMMAND_PART,
                .channel = "&a",
                .message = ""},
        {.line = "{\"command\":\"privmsg\",\"target\":\"#ruby\",\"message\":\"Hello\"}",
                .type = IC_COMMAND_PRIVMSG,
                .target = "#ruby",
                .message = "Hello"},
        {.line = "{\"command\":\"privmsg\",\"target\":\"#a\",\"message\":\"b\",\"reply_to\":"
                 "\"m1\"}",
                .type = IC_COMMAND_PRIVMSG,
                .target = "#a",
                .message = "b",
                .msgid = "m1"},
        {.line = "{\"command\":\"notice\",\"target\":\"ada\",\"message\":\"a\\r\\nb\\n\"}",
                .type = IC_COMMAND_NOTICE,
                .target = "ada",
                .message = "a\r\nb\n"},
        {.line = "{\"command\":\"privmsg\",\"target\":\"ada\","
                 "\"message\":\"\\ud83d\\ude00 \\u00e9\\\"\\\\\\/\\b\\f\\t é\"}",
                .type = IC_COMMAND_PRIVMSG,
                .target = "ada",
                .message = "😀 é\"\\/\b\f\t é"},
        {.line = "{\"command\":\"nick\",\"nickname\":\"ada[]\"}",
                .type = IC_COMMAND_NICK,
                .nickname = "ada[]"},
        {.line = "{\"command\":\"quit\"}", .type = IC_COMMAND_QUIT},
        {.line = "{\"command\":\"quit\",\"message\":\"bye now\"}",
                .type = IC_COMMAND_QUIT,
                .message = "bye now"},
        {.line = "{\"command\":\"away\"}", .type = IC_COMMAND_AWAY},
        {.line = "{\"command\":\"topic\",\"channel\":\"#a\",\"topic\":\"\"}",
                .type = IC_COMMAND_TOPIC,
                .channel = "#a",
                .message = ""},
        {.line = "{\"command\":\"mode\",\"target\":\"#a\",\"modes\":\"+ov\","
                 "\"arguments\":[\"x\",\"*!*@2001:db8::1\"]}",
                .type = IC_COMMAND_MODE,
                .target = "#a",
                .modes = "+ov",
                .arguments = "x|*!*@2001:db8::1"},
        {.line = "{\"command\":\"mode\",\"target\":\"#a\",\"modes\":\"+m\",\"arguments\":[]}",
                .type = IC_COMMAND_MODE,
                .target = "#a",
                .modes = "+m",
                .arguments = ""},
        {.line = "{\"command\":\"kick\",\"channel\":\"#a\",\"nickname\":\"b\",\"message\":\"c d\"}",
                .type = IC_COMMAND_KICK,
                .channel = "#a",
                .nickname = "b",
                .message = "c d"},
        {.line = "{\"command\":\"invite\",\"channel\":\"#a\",\"nickname\":\"b\"}",
                .type = IC_COMMAND_INVITE,
                .channel = "#a",
                .nickname = "b"},
        {.line = "{\"command\":\"raw\",\"line\":\"WHO #a\",\"id\":0}",
                .type = IC_COMMAND_RAW,
                .message = "WHO #a",
                .id = "0"},
        {.line = "{\"command\":\"mark_read\",\"target\":\"#a\",\"time\":1790000000000000}",
                .type = IC_COMMAND_MARK_READ,
                .target = "#a",
                .time = 1790000000000000},
        {.line = "{\"command\":\"mark_read\",\"target\":\"#a\"}",
                .type = IC_COMMAND_MARK_READ,
                .target = "#a"},
        {.line = "{\"command\":\"redact\",\"target\":\"#a\",\"msgid\":\"x\",\"message\":\"a b\"}",
                .type = IC_COMMAND_REDACT,
                .target = "#a",
                .msgid = "x",
                .message = "a b"},
        {.line = "{\"command\":\"status\",\"id\":\"\"}", .type = IC_COMMAND_STATUS, .id = "\"\""},
        {.line = "{\"command\":\"restart_connection\",\"id\":1E400}",
                .type = IC_COMMAND_RESTART_CONNECTION,
                .id = "1E400"},
        {.line = "{\"command\":\"refresh\",\"what\":\"all\"}",
                .type = IC_COMMAND_REFRESH,
                .message = "all"},
};

static void test_understood(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(understood); i++) {
                const UnderstoodCase *expected = &understood[i];
                g_auto(IcCommand) command = {0};
                g_autoptr(GError) error = NULL;
                g_autofree char *id = NULL, *arguments = NULL;
                bool ok;

                g_test_message("%s", expected->line);
                ok = ic_command_parse(
                        expected->line, strlen(expected->line), &command, &id, &error);
                g_assert_no_error(error);
                g_assert_true(ok);
                g_assert_cmpuint(command.type, ==, expected->type);
                g_assert_cmpstr(command.channel, ==, expected->channel);
                g_assert_cmpstr(command.target, ==, expected->target);
                g_assert_cmpstr(command.nickname, ==, expected->nickname);
                g_assert_cmpstr(command.message, ==, expected->message);
                g_assert_cmpstr(command.key, ==, expected->key);
                g_assert_cmpstr(command.msgid, ==, expected->msgid);
                g_assert_cmpint(command.time, ==, expected->time);
                g_assert_cmpstr(command.modes, ==, expected->modes);
                arguments = command.arguments ? g_strjoinv("|", command.arguments) : NULL;
                g_assert_cmpstr(arguments, ==, expected->arguments);
                g_assert_cmpstr(id, ==, expected->id);
        }
}

static IcError parse_error(const char *line, gsize len)
{
        g_auto(IcCommand) command = {0};
        g_autoptr(GError) error = NULL;
        g_autofree char *id = NULL;

        if (ic_command_parse(line, len, &command, &id, &error))
                return NO_ERROR;
        g_assert_nonnull(error);
        return ic_error_of(error);
}

static IcError parse_filled(const char *before, gsize fill, const char *after)
{
        g_autofree char *filling = g_strnfill(fill, 'x');
        g_autofree char *line = g_strconcat(before, filling, after, NULL);

        return parse_error(line, strlen(line));
}

static void test_bounds(void)
{
        static const char nick[] = "{\"command\":\"nick\",\"nickname\":\"";
        static const char say[] = "{\"command\":\"privmsg\",\"target\":\"a\",\"message\":\"";
        static const char raw[] = "{\"command\":\"raw\",\"line\":\"";
        static const char id[] = "{\"command\":\"status\",\"id\":\"";
        g_autoptr(GString) many = g_string_new("{\"command\":\"status\"");
        g_autofree char *deep = g_strnfill(60000, '[');
        const gsize room = IC_COMMAND_LINE_MAX - strlen(say) - 2;

        g_assert_cmpint(parse_filled(nick, IC_COMMAND_WORD_MAX, "\"}"), ==, NO_ERROR);
        g_assert_cmpint(parse_filled(nick, IC_COMMAND_WORD_MAX + 1, "\"}"), ==, IC_ERROR_TOO_LONG);
        g_assert_cmpint(parse_filled(raw, IC_COMMAND_RAW_MAX, "\"}"), ==, NO_ERROR);
        g_assert_cmpint(parse_filled(raw, IC_COMMAND_RAW_MAX + 1, "\"}"), ==, IC_ERROR_TOO_LONG);
        g_assert_cmpint(parse_filled(id, IC_COMMAND_ID_MAX, "\"}"), ==, NO_ERROR);
        g_assert_cmpint(parse_filled(id, IC_COMMAND_ID_MAX + 1, "\"}"), ==, IC_ERROR_TOO_LONG);
        g_assert_cmpint(parse_filled(say, room, "\"}"), ==, NO_ERROR);
        g_assert_cmpint(parse_filled(say, room + 1, "\"}"), ==, IC_ERROR_TOO_LONG);
        g_assert_cmpint(parse_filled("{\"a\":", 0, deep), ==, IC_ERROR_BAD_REQUEST);

        for (unsigned i = 0; i < 5000; i++)
                g_string_append_printf(many, ",\"k%u\":0", i);
        g_string_append_c(many, '}');
        g_assert_cmpint(parse_error(many->str, many->len), ==, IC_ERROR_BAD_REQUEST);
}

static void test_bytes(void)
{
        static const char nul[] = "{\"command\":\"status\0\"}";
        static const char latin1[] = "{\"command\":\"caf\xe9\"}";
        static const char surrogate[] = "{\"command\":\"\xed\xa0\x80\"}";

        g_assert_cmpint(parse_error(nul, sizeof(nul) - 1), ==, IC_ERROR_BAD_REQUEST);
        g_assert_cmpint(parse_error(latin1, sizeof(latin1) - 1), ==, IC_ERROR_BAD_REQUEST);
        g_assert_cmpint(parse_error(surrogate, sizeof(surrogate) - 1), ==, IC_ERROR_BAD_REQUEST);
}

/* Every beginning of a good line is a bad one, and is read without looking past its end. */
static void test_truncated(void)
{
        static const char line[] = "{\"command\":\"mode\",\"target\":\"#a\",\"modes\":\"+o\","
                                   "\"arguments\":[\"\\ud83d\\ude00\"],\"id\":-1.5e+3}";

        for (gsize len = 0; len < sizeof(line) - 1; len++) {
                g_autofree char *exact = g_memdup2(line, MAX(len, 1));

                g_assert_cmpint(parse_error(exact, len), ==, IC_ERROR_BAD_REQUEST);
        }
        g_assert_cmpint(parse_error(line, sizeof(line) - 1), ==, NO_ERROR);
}

static void test_validate(void)
{
        const char *many[IC_COMMAND_ARGUMENTS_MAX + 2] = {NULL};
        IcCommand join = {.type = IC_COMMAND_JOIN};
        IcCommand mode = {.type = IC_COMMAND_MODE,
                .target = (char *) "#a",
                .modes = (char *) "+o",
                .arguments = (GStrv) many};
        g_autoptr(GError) error = NULL;

        g_assert_false(ic_command_validate(&join, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_MISSING_KEY);
        g_clear_error(&error);
        join.channel = (char *) "#a b";
        g_assert_false(ic_command_validate(&join, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE);
        g_clear_error(&error);
        join.channel = (char *) "#a";
        g_assert_true(ic_command_validate(&join, NULL));

        for (gsize i = 0; i < IC_COMMAND_ARGUMENTS_MAX; i++)
                many[i] = "x";
        g_assert_true(ic_command_validate(&mode, NULL));
        many[IC_COMMAND_ARGUMENTS_MAX] = "x";
        g_assert_false(ic_command_validate(&mode, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_TOO_LONG);
}

/* Each string is the copy's own. */
static void test_copy(void)
{
        static const char line[] = "{\"command\":\"mode\",\"target\":\"#a\",\"modes\":\"+k\","
                                   "\"arguments\":[\"x\",\"y\"]}";
        g_autofree char *id = NULL;
        g_auto(IcCommand) copy = {0};
        g_auto(IcCommand) command = {0};

        g_assert_true(ic_command_parse(line, strlen(line), &command, &id, NULL));
        ic_command_copy(&command, &copy);
        ic_command_clear(&command);
        g_assert_cmpint(copy.type, ==, IC_COMMAND_MODE);
        g_assert_cmpstr(copy.target, ==, "#a");
        g_assert_cmpstr(copy.modes, ==, "+k");
        g_assert_cmpuint(g_strv_length(copy.arguments), ==, 2);
        g_assert_cmpstr(copy.arguments[1], ==, "y");
        g_assert_null(copy.message);
        g_assert_true(ic_command_validate(&copy, NULL));
}

static void test_answers(void)
{
        g_autoptr(GError) error =
                g_error_new(IC_ERROR, IC_ERROR_NOT_CONNECTED, "Server \"x\" not\nconnected");
        g_autofree char *plain = ic_answer_ok(NULL);
        g_autofree char *with_id = ic_answer_ok("123456789012345678901");
        g_autofree char *refusal = ic_answer_error("\"a\\u0062\"", error);

        g_assert_cmpstr(plain, ==, "{\"ok\":true}\n");
        g_assert_cmpstr(with_id, ==, "{\"ok\":true,\"id\":123456789012345678901}\n");
        g_assert_cmpstr(refusal, ==,
                "{\"ok\":false,\"id\":\"a\\u0062\",\"error\":\"not-connected\","
                "\"message\":\"Server \\\"x\\\" not\\nconnected\"}\n");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/wire/command/refused", test_refused);
        g_test_add_func("/wire/command/understood", test_understood);
        g_test_add_func("/wire/command/bounds", test_bounds);
        g_test_add_func("/wire/command/bytes", test_bytes);
        g_test_add_func("/wire/command/truncated", test_truncated);
        g_test_add_func("/wire/command/validate", test_validate);
        g_test_add_func("/wire/command/copy", test_copy);
        g_test_add_func("/wire/answer", test_answers);
        return g_test_run();
}
