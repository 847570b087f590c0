/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Configuration files with drop-ins, in systemd's manner: lines of Key=value below [Group],
 * comments after # or ;. Whatever is wrong in them is told and passed over. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#define IC_CONF_SIZE_MAX 65536   /* bytes of a file */
#define IC_CONF_DROP_INS_MAX 64  /* files of a folder */
#define IC_CONF_PROBLEMS_MAX 100 /* above it, one more line says that there are more */

/* Takes one assignment. `source` is "FILE:LINE"; `value` is UTF-8 on one line, without space around
 * it, and may be empty. An error's text says what is wrong and what would be right. */
typedef bool (*IcConfSetFunc)(
        const char *key, const char *value, const char *source, gpointer user_data, GError **error);

/* Reads FOLDER/NAME, then FOLDER/NAME.d/ *.conf in the order of their names. A missing file or
 * folder is no problem. Groups other than `group` are a problem each, "X-…" is passed over.
 * `problems`: of char *, each "FILE:LINE: what is wrong. What would be right." */
void ic_conf_read(const char *folder, const char *name, const char *group, IcConfSetFunc set,
        gpointer user_data, GPtrArray *problems);

/* Reads the one file PATH, which must be there, and no drop-ins. It may hold secrets: what is wrong
 * is told without showing the line. */
void ic_conf_read_file(const char *path, const char *group, IcConfSetFunc set, gpointer user_data,
        GPtrArray *problems);
