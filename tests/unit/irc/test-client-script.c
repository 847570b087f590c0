/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Runs every session script, a test case each. */

#include "script.h"

static void test_script(gconstpointer data)
{
        g_autoptr(Script) script = script_load(data);

        script_run(script);
}

int main(int argc, char *argv[])
{
        g_auto(GStrv) paths = NULL;

        g_test_init(&argc, &argv, NULL);
        paths = script_list(g_getenv("IRC_SCRIPTS"));
        g_assert_nonnull(paths[0]);
        for (gsize i = 0; paths[i]; i++) {
                g_autofree char *name = g_path_get_basename(paths[i]);
                g_autofree char *test = g_strdup_printf("/irc/script/%s", name);

                g_test_add_data_func(test, paths[i], test_script);
        }
        return g_test_run();
}
