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
        return script_main(argc, argv, "/irc/script", test_script);
}
