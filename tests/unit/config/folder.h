/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A folder of configuration files that goes when the test does. */

#pragma once

#include <glib.h>

typedef struct {
        char *path;
} Folder;

void folder_setup(Folder *folder, gconstpointer unused);
void folder_teardown(Folder *folder, gconstpointer unused);
/* g_test_add() with the above. */
#define folder_test(path, func) g_test_add(path, Folder, NULL, folder_setup, func, folder_teardown)

/* Writes a file below it, with the folders on the way; `len` -1: up to NUL. */
void folder_write(const Folder *folder, const char *name, const char *content, gssize len);
char *folder_path(const Folder *folder, const char *name);
