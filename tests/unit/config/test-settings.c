/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The settings: defaults, what is taken and refused, where each comes from, and the sample file. */

#include <string.h>

#include "base/clock.h"
#include "config/settings.h"
#include "folder.h"

#define SEC IC_USEC_PER_SEC

static const char *const defaults[][2] = {
        {"MaxConnections", "0"},
        {"MaxConnectionsPerTenant", "0"},
        {"MaxConnectionAttempts", "3"},
        {"BlockDuration", "1h"},
        {"RestartDelay", "5s"},
        {"RestartDelayMax", "5min"},
        {"RestartLimit", "5"},
        {"ShutdownTimeout", "10s"},
        {"StatusPollInterval", "30s"},
        {"DiscoveryMode", "invited"},
        {"DiscoveryInterval", "1min"},
        {"CommandPrefix", "?"},
        {"OnKick", "block"},
        {"DialInterval", "500ms"},
        {"DialBurst", "5"},
};

typedef struct {
        const char *name;
        char *value, *source; /* found */
        guint count;          /* of all */
} Search;

static void on_setting(const char *name, const char *value, const char *source,
        const char *description, gpointer user_data)
{
        Search *search = user_data;

        g_assert_cmpstr(description, !=, "");
        g_assert_null(strchr(description, '\n'));
        search->count++;
        if (g_str_equal(name, search->name)) {
                g_assert_null(search->value);
                search->value = g_strdup(value);
                search->source = g_strdup(source);
        }
}

/* `source` is below the folder, or "default". */
static void assert_setting(const IcSettings *settings, const char *name, const char *value,
        const Folder *folder, const char *source)
{
        Search search = {.name = name};
        g_autofree char *path = folder ? folder_path(folder, source) : g_strdup(source);

        ic_settings_foreach(settings, on_setting, &search);
        g_assert_cmpuint(search.count, ==, G_N_ELEMENTS(defaults));
        g_assert_cmpstr(search.value, ==, value);
        g_assert_cmpstr(search.source, ==, path);
        g_free(search.value);
        g_free(search.source);
}

/* With the one setting in it. */
static IcSettings *load(const Folder *folder, const char *assignment, char **ret_problem)
{
        g_autofree char *content = g_strdup_printf("[Connections]\n%s\n", assignment);
        g_autoptr(GPtrArray) problems = NULL;
        IcSettings *settings = NULL;

        folder_write(folder, "irc-conn.conf", content, -1);
        ic_settings_load_from(folder->path, &settings, &problems);
        g_assert_cmpuint(problems->len, <=, 1);
        *ret_problem = problems->len ? g_strdup(problems->pdata[0]) : NULL;
        return settings;
}

static void test_defaults(void)
{
        g_autoptr(IcSettings) settings = ic_settings_new();

        for (gsize i = 0; i < G_N_ELEMENTS(defaults); i++)
                assert_setting(settings, defaults[i][0], defaults[i][1], NULL, "default");

        g_assert_cmpuint(settings->max_connections, ==, 0);
        g_assert_cmpuint(settings->max_connections_per_tenant, ==, 0);
        g_assert_cmpuint(settings->max_connection_attempts, ==, 3);
        g_assert_cmpint(settings->block_duration, ==, 3600 * SEC);
        g_assert_cmpint(settings->restart_delay, ==, 5 * SEC);
        g_assert_cmpint(settings->restart_delay_max, ==, 300 * SEC);
        g_assert_cmpuint(settings->restart_limit, ==, 5);
        g_assert_cmpint(settings->shutdown_timeout, ==, 10 * SEC);
        g_assert_cmpint(settings->status_poll_interval, ==, 30 * SEC);
        g_assert_cmpint(settings->discovery_mode, ==, IC_DISCOVERY_INVITED);
        g_assert_cmpint(settings->discovery_interval, ==, 60 * SEC);
        g_assert_cmpstr(settings->command_prefix, ==, "?");
        g_assert_cmpint(settings->on_kick, ==, IC_ON_KICK_BLOCK);
        g_assert_cmpint(settings->dial_interval, ==, SEC / 2);
        g_assert_cmpuint(settings->dial_burst, ==, 5);
}

static void test_accepted(Folder *folder, gconstpointer unused)
{
        static const struct {
                const char *name, *value, *kept;
        } cases[] = {
                {"MaxConnections", "200", "200"},
                {"MaxConnections", "999999", "999999"},
                {"MaxConnectionsPerTenant", "20", "20"},
                {"MaxConnectionAttempts", "1", "1"},
                {"BlockDuration", "90", "1min 30s"},
                {"BlockDuration", "1h 30min", "1h 30min"},
                {"BlockDuration", "1ms", "1ms"},
                {"RestartDelay", "250ms", "250ms"},
                {"RestartDelayMax", "1h", "1h"},
                {"RestartLimit", "1000", "1000"},
                {"ShutdownTimeout", "2s", "2s"},
                {"StatusPollInterval", "1s", "1s"},
                {"DiscoveryMode", "all", "all"},
                {"DiscoveryMode", "off", "off"},
                {"DiscoveryInterval", "1d", "1d"},
                {"CommandPrefix", "bot:", "bot:"},
                {"CommandPrefix", "¡¿", "¡¿"},
                {"OnKick", "rejoin", "rejoin"},
                {"OnKick", "leave", "leave"},
                {"DialInterval", "0", "0"},
                {"DialBurst", "1", "1"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *line = g_strdup_printf("%s=%s", cases[i].name, cases[i].value);
                g_autofree char *problem = NULL;
                g_autoptr(IcSettings) settings = load(folder, line, &problem);

                g_assert_cmpstr(problem, ==, NULL);
                assert_setting(settings, cases[i].name, cases[i].kept, folder, "irc-conn.conf:2");
        }
}

static void test_refused(Folder *folder, gconstpointer unused)
{
        /* And a word of the advice. */
        static const struct {
                const char *name, *value, *advice;
        } cases[] = {
                {"MaxConnections", "many", "0 to 999999"},
                {"MaxConnections", "1000000", "0 to 999999"},
                {"MaxConnections", "-1", "0 to 999999"},
                {"MaxConnections", "99999999999999999999", "0 to 999999"},
                {"MaxConnectionAttempts", "0", "1 to 1000"},
                {"BlockDuration", "soon", "such as"},
                {"BlockDuration", "0", "from 1ms to 3650d"},
                {"BlockDuration", "11y", "from 1ms to 3650d"},
                {"ShutdownTimeout", "2h", "from 1ms to 1h"},
                {"StatusPollInterval", "10ms", "from 1s to 1d"},
                {"DiscoveryMode", "some", "invited, all, off"},
                {"DiscoveryMode", "All", "invited, all, off"},
                {"OnKick", "ban", "block, rejoin, leave"},
                {"CommandPrefix", "a b", "without spaces"},
                {"CommandPrefix", "\x02", "without spaces"},
                {"CommandPrefix", "123456789", "1 to 8"},
                {"DialBurst", "1.5", "1 to 1000"},
                {"maxconnections", "5", "Write it MaxConnections"},
                {"Surprise", "5", "ircctl config"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *line = g_strdup_printf("%s=%s", cases[i].name, cases[i].value);
                g_autofree char *where = folder_path(folder, "irc-conn.conf:2: ");
                g_autofree char *problem = NULL;
                g_autoptr(IcSettings) settings = load(folder, line, &problem);

                g_test_message("%s", problem);
                g_assert_true(g_str_has_prefix(problem, where));
                g_assert_true(g_str_has_suffix(problem, "."));
                g_assert_nonnull(strstr(problem, cases[i].name));
                g_assert_nonnull(strstr(problem, cases[i].advice));
                for (gsize k = 0; k < G_N_ELEMENTS(defaults); k++)
                        assert_setting(settings, defaults[k][0], defaults[k][1], NULL, "default");
        }
}

static void test_later_wins(Folder *folder, gconstpointer unused)
{
        g_autoptr(IcSettings) settings = NULL;
        g_autoptr(GPtrArray) problems = NULL;

        folder_write(folder, "irc-conn.conf",
                "[Connections]\nRestartLimit=6\nDialBurst=6\nOnKick=leave\nCommandPrefix=!\n", -1);
        folder_write(folder, "irc-conn.conf.d/50-b.conf",
                "[Connections]\n\nRestartLimit=8\nOnKick=\nDialBurst=none\n", -1);
        folder_write(folder, "irc-conn.conf.d/10-a.conf", "[Connections]\nRestartLimit=7\n", -1);
        ic_settings_load_from(folder->path, &settings, &problems);
        assert_setting(settings, "RestartLimit", "8", folder, "irc-conn.conf.d/50-b.conf:3");
        assert_setting(settings, "CommandPrefix", "!", folder, "irc-conn.conf:5");
        assert_setting(settings, "OnKick", "block", NULL, "default");
        /* Wrong in the later file: what the former says stays. */
        assert_setting(settings, "DialBurst", "6", folder, "irc-conn.conf:3");
        g_assert_cmpuint(problems->len, ==, 1);
}

static void test_restart_delays(Folder *folder, gconstpointer unused)
{
        static const struct {
                const char *content;
                const char *max, *source;
                const char *where; /* of the problem */
        } cases[] = {
                {"RestartDelay=10min", "10min", "irc-conn.conf:2", "irc-conn.conf:2"},
                {"RestartDelayMax=1s", "5s", NULL, "irc-conn.conf:2"},
                {"RestartDelay=8s\nRestartDelayMax=7s", "8s", "irc-conn.conf:2", "irc-conn.conf:3"},
                {"RestartDelay=7s\nRestartDelayMax=7s", "7s", "irc-conn.conf:3", NULL},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *problem = NULL;
                g_autoptr(IcSettings) settings = load(folder, cases[i].content, &problem);

                g_test_message("%s", problem);
                g_assert_cmpint(problem != NULL, ==, cases[i].where != NULL);
                if (problem)
                        g_assert_nonnull(strstr(problem, cases[i].where));
                g_assert_cmpint(settings->restart_delay_max, >=, settings->restart_delay);
                assert_setting(settings, "RestartDelayMax", cases[i].max,
                        cases[i].source ? folder : NULL,
                        cases[i].source ? cases[i].source : "default");
        }
}

static void test_folder_of_the_environment(Folder *folder, gconstpointer unused)
{
        folder_write(folder, "irc-conn.conf", "[Connections]\nDialBurst=9\n", -1);
        g_setenv("IRC_CONN_CONFIG_DIR", folder->path, TRUE);
        for (IcScope scope = IC_SCOPE_SYSTEM; scope <= IC_SCOPE_USER; scope++) {
                g_autoptr(IcSettings) settings = NULL;
                g_autoptr(GPtrArray) problems = NULL;

                ic_settings_load(scope, &settings, &problems);
                g_assert_cmpuint(problems->len, ==, 0);
                assert_setting(settings, "DialBurst", "9", folder, "irc-conn.conf:2");
        }
        g_unsetenv("IRC_CONN_CONFIG_DIR");
}

/* The sample changes nothing as it is; with its settings uncommented, it sets each to its default.
 */
static void test_sample(Folder *folder, gconstpointer unused)
{
        g_autofree char *sample = ic_settings_sample();
        g_auto(GStrv) lines = g_strsplit(sample, "\n", -1);
        g_autoptr(GString) uncommented = g_string_new(NULL);
        g_autoptr(IcSettings) plain = NULL, explicit_settings = NULL;
        g_autoptr(GPtrArray) no_problems = NULL, problems = NULL;
        guint found = 0, positions[G_N_ELEMENTS(defaults)] = {0};

        for (guint i = 0; lines[i]; i++) {
                bool is_setting = lines[i][0] == '#' && g_ascii_isalpha(lines[i][1]);

                g_assert_cmpint(g_utf8_strlen(lines[i], -1), <=, 120);
                g_string_append_printf(uncommented, "%s\n", lines[i] + (is_setting ? 1 : 0));
                if (is_setting) {
                        g_assert_cmpuint(found, <, G_N_ELEMENTS(defaults));
                        g_assert_true(g_str_has_prefix(lines[i - 1], "# "));
                        positions[found++] = i + 1;
                }
        }
        g_assert_cmpuint(found, ==, G_N_ELEMENTS(defaults));

        folder_write(folder, "irc-conn.conf", sample, -1);
        ic_settings_load_from(folder->path, &plain, &no_problems);
        g_assert_cmpuint(no_problems->len, ==, 0);
        folder_write(folder, "irc-conn.conf", uncommented->str, -1);
        ic_settings_load_from(folder->path, &explicit_settings, &problems);
        g_assert_cmpuint(problems->len, ==, 0);

        for (gsize i = 0; i < G_N_ELEMENTS(defaults); i++) {
                g_autofree char *source = g_strdup_printf("irc-conn.conf:%u", positions[i]);

                assert_setting(plain, defaults[i][0], defaults[i][1], NULL, "default");
                assert_setting(explicit_settings, defaults[i][0], defaults[i][1], folder, source);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/settings/defaults", test_defaults);
        folder_test("/config/settings/accepted", test_accepted);
        folder_test("/config/settings/refused", test_refused);
        folder_test("/config/settings/later-wins", test_later_wins);
        folder_test("/config/settings/restart-delays", test_restart_delays);
        folder_test("/config/settings/folder-of-the-environment", test_folder_of_the_environment);
        folder_test("/config/settings/sample", test_sample);
        return g_test_run();
}
