/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Names, errors and texts by table. */

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/name.h"
#include "base/text.h"

static void test_errors_are_complete(void)
{
        for (int i = 0; i < _IC_ERROR_MAX; i++) {
                const char *code = ic_error_code((IcError) i);
                const char *name = ic_error_bus_name((IcError) i);

                g_assert_nonnull(code);
                g_assert_true(g_str_has_prefix(name, "org.ircconn1.Error."));
                g_assert_cmpint(ic_error_from_code(code), ==, i);
                g_assert_cmpint(ic_error_from_bus_name(name), ==, i);
                g_assert_cmpint(ic_error_exit_status((IcError) i), !=, 0);
        }
        g_assert_cmpint(ic_error_from_code("nonsense"), ==, IC_ERROR_FAILED);
        g_assert_cmpint(ic_error_exit_status(IC_ERROR_BANNED), ==, 77);
        g_assert_cmpint(ic_error_exit_status(IC_ERROR_STORE_SCHEMA), ==, 65);
        g_assert_cmpint(ic_error_exit_status(IC_ERROR_STORE_FULL), ==, 74);
        g_assert_cmpint(ic_error_exit_status(IC_ERROR_THROTTLED), ==, 75);
        g_assert_cmpint(ic_error_exit_status(IC_ERROR_UNREACHABLE), ==, 69);
}

static void test_words(void)
{
        g_autoptr(GError) bare = g_error_new_literal(IC_ERROR, IC_ERROR_STORE_FULL, "No room");
        g_autoptr(GError) full = NULL;
        g_autoptr(GError) other = g_error_new_literal(G_FILE_ERROR, 0, "Odd");
        g_autofree char *first = ic_error_words(bare), *again = NULL, *plain = NULL;

        g_assert_cmpstr(first, ==, "No room. Make room on the disk.");
        full = g_error_new_literal(IC_ERROR, IC_ERROR_STORE_FULL, first);
        again = ic_error_words(full);
        g_assert_cmpstr(again, ==, first);
        plain = ic_error_words(other);
        g_assert_cmpstr(plain, ==, "Odd");
        g_assert_cmpstr(g_quark_to_string(IC_ERROR), ==, "ic-error-quark");
}

static void test_ids(void)
{
        static const struct {
                const char *text;
                uint32_t id; /* 0: refused */
        } cases[] = {
                {"1", 1},
                {"25", 25},
                {"999999", 999999},
                {"1000000", 0},
                {"0", 0},
                {"01", 0},
                {"-1", 0},
                {"+1", 0},
                {"1 ", 0},
                {" 1", 0},
                {"", 0},
                {"x", 0},
                {NULL, 0},
                {"99999999999999999999", 0},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                uint32_t id = 0;

                g_assert_cmpint(ic_id_parse(cases[i].text, &id), ==, cases[i].id != 0);
                g_assert_cmpuint(id, ==, cases[i].id);
        }
}

static void test_names(void)
{
        g_autofree char *unit = ic_unit_name(3), *socket_unit = ic_socket_unit_name(3),
                        *bus = ic_connection_bus_name(3), *path = ic_connection_path(3),
                        *server = ic_server_path(3);
        uint32_t id;

        g_assert_cmpstr(unit, ==, "irc-conn@3.service");
        g_assert_cmpstr(socket_unit, ==, "irc-conn@3.socket");
        g_assert_cmpstr(bus, ==, "org.ircconn1.Connection.N3");
        g_assert_cmpstr(path, ==, "/org/ircconn1/connection/3");
        g_assert_cmpstr(server, ==, "/org/ircconn1/server/3");
        g_assert_true(ic_unit_name_parse(unit, &id) && id == 3);
        g_assert_false(ic_unit_name_parse(socket_unit, &id));
        g_assert_false(ic_unit_name_parse("irc-conn@.service", &id));
        g_assert_true(ic_server_path_parse(server, &id) && id == 3);
        g_assert_false(ic_server_path_parse(path, &id));
        g_assert_false(ic_server_path_parse("/org/ircconn1/server/3/x", &id));
}

static void test_folders(void)
{
        g_autofree char *state = NULL, *run = NULL, *given = NULL, *socket_path = NULL;
        g_autofree char *config = NULL, *user_config = NULL, *given_config = NULL;

        g_unsetenv("IRC_CONN_STATE_DIR");
        g_unsetenv("IRC_CONN_RUNTIME_DIR");
        run = ic_runtime_dir(IC_SCOPE_SYSTEM);
        g_assert_cmpstr(run, ==, "/run/irc-conn");
        socket_path = ic_control_socket_path(IC_SCOPE_SYSTEM, 7);
        g_assert_cmpstr(socket_path, ==, "/run/irc-conn/7.sock");
        state = ic_state_dir(IC_SCOPE_USER);
        g_assert_true(g_str_has_suffix(state, "/irc-conn"));
        g_setenv("IRC_CONN_STATE_DIR", "/elsewhere", TRUE);
        given = ic_state_dir(IC_SCOPE_SYSTEM);
        g_assert_cmpstr(given, ==, "/elsewhere");
        g_unsetenv("IRC_CONN_STATE_DIR");

        g_unsetenv("IRC_CONN_CONFIG_DIR");
        config = ic_config_dir(IC_SCOPE_SYSTEM);
        g_assert_true(g_str_has_suffix(config, "/etc/irc-conn"));
        user_config = ic_config_dir(IC_SCOPE_USER);
        g_assert_true(g_str_has_suffix(user_config, "/irc-conn"));
        g_setenv("IRC_CONN_CONFIG_DIR", "/elsewhere", TRUE);
        given_config = ic_config_dir(IC_SCOPE_USER);
        g_assert_cmpstr(given_config, ==, "/elsewhere");
        g_unsetenv("IRC_CONN_CONFIG_DIR");
}

static void test_quote(void)
{
        static const struct {
                const char *text;
                gsize max;
                const char *want;
        } cases[] = {
                {NULL, 10, ""},
                {"plain", 10, "plain"},
                {"plain", 5, "plain"},
                {"plain", 4, "plai…"},
                {"grüß dich", 4, "grüß…"},
                {"a\nb\r\x1b[31m", 40, "a\\x0ab\\x0d\\x1b[31m"},
                {"\xe2\x80\xae"
                 "evil",
                        40, "\\u{202e}evil"},
                {"caf\xe9", 40, "café"},
                {"\x80", 40, "€"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *got = ic_text_quote(cases[i].text, cases[i].max);

                g_assert_cmpstr(got, ==, cases[i].want);
                g_assert_true(g_utf8_validate(got, -1, NULL));
        }
}

static void test_utf8(void)
{
        g_autofree char *nul = ic_text_to_utf8("a\0b", 3), *all = NULL;
        char bytes[255];

        g_assert_cmpstr(nul, ==, "ab");
        for (int i = 0; i < 255; i++)
                bytes[i] = (char) (255 - i);
        all = ic_text_to_utf8(bytes, sizeof bytes);
        g_assert_true(g_utf8_validate(all, -1, NULL));
        g_assert_cmpint(g_utf8_strlen(all, -1), ==, 255);
}

static void test_one_line(void)
{
        g_assert_true(ic_text_is_one_line("a b", -1));
        g_assert_true(ic_text_is_one_line("", 0));
        g_assert_false(ic_text_is_one_line("a\nb", -1));
        g_assert_false(ic_text_is_one_line("a\rb", -1));
        g_assert_false(ic_text_is_one_line("a\0b", 3));
}

static void test_duration(void)
{
        static const struct {
                gint64 sec;
                const char *want;
        } cases[] = {
                {-5, "0 s"},
                {0, "0 s"},
                {59, "59 s"},
                {60, "1 min"},
                {3599, "59 min"},
                {7200, "2 h"},
                {86400, "1 day"},
                {3 * 86400 + 5, "3 days"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *got = ic_text_duration(cases[i].sec * IC_USEC_PER_SEC);

                g_assert_cmpstr(got, ==, cases[i].want);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/base/error/complete", test_errors_are_complete);
        g_test_add_func("/base/error/words", test_words);
        g_test_add_func("/base/name/ids", test_ids);
        g_test_add_func("/base/name/names", test_names);
        g_test_add_func("/base/name/folders", test_folders);
        g_test_add_func("/base/text/quote", test_quote);
        g_test_add_func("/base/text/utf8", test_utf8);
        g_test_add_func("/base/text/one-line", test_one_line);
        g_test_add_func("/base/text/duration", test_duration);
        return g_test_run();
}
