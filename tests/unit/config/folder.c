/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A folder of configuration files that goes when the test does. */

#include "folder.h"

#include <glib/gstdio.h>

void folder_setup(Folder *folder, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;

        folder->path = g_dir_make_tmp("irc-conn-config-XXXXXX", &error);
        g_assert_no_error(error);
}

static void remove_tree(const char *path)
{
        if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
                g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
                const char *name;

                while (dir && (name = g_dir_read_name(dir))) {
                        g_autofree char *child = g_build_filename(path, name, NULL);
                        remove_tree(child);
                }
        }
        g_remove(path);
}

void folder_teardown(Folder *folder, gconstpointer unused)
{
        remove_tree(folder->path);
        g_free(folder->path);
}

char *folder_path(const Folder *folder, const char *name)
{
        return g_build_filename(folder->path, name, NULL);
}

void folder_write(const Folder *folder, const char *name, const char *content, gssize len)
{
        g_autofree char *path = folder_path(folder, name);
        g_autofree char *parent = g_path_get_dirname(path);
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
        g_file_set_contents(path, content, len, &error);
        g_assert_no_error(error);
}
