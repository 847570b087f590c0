/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Whole sessions as text: README.md has the format. */

#pragma once

#include <glib.h>

#include "irc/client.h"

typedef struct {
        char *path;
        GStrv lines;
        /* options, from the lines with '@' */
        GHashTable *options;
        GPtrArray *alt_nicknames;
        GPtrArray *mechanisms;
        GPtrArray *channels;
} Script;

#define SCRIPT_NOW G_GINT64_CONSTANT(1000000)

Script *script_load(const char *path);
void script_free(Script *script);
/* All paths of the folder's scripts, sorted. */
GStrv script_list(const char *folder);

IrcClient *script_client_new(const Script *script);
/* The bytes of an input line, or NULL if this line is none. */
GBytes *script_input(const char *line);
/* An effect as a script has it: "> NICK me" or "= joined #a". */
char *script_render(const IrcEffect *effect);
/* Runs it, with every expectation held. */
void script_run(const Script *script);

/* The main() of a test that has a case for each script of $IRC_SCRIPTS. */
int script_main(int argc, char *argv[], const char *prefix, GTestDataFunc test);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Script, script_free)
