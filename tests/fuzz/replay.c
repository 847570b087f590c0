/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Runs a fuzzer over the files of its corpus, as a regression test: a TAP case for each file. */

#include <glib.h>

#include "fuzz.h"

static void test_file(gconstpointer path)
{
        g_autofree char *data = NULL;
        g_autoptr(GError) error = NULL;
        gsize size;

        g_file_get_contents(path, &data, &size, &error);
        g_assert_no_error(error);
        g_assert_cmpint(LLVMFuzzerTestOneInput((const uint8_t *) data, size), ==, 0);
}

static void test_nothing(void)
{
        g_assert_cmpint(LLVMFuzzerTestOneInput((const uint8_t *) "", 0), ==, 0);
}

int main(int argc, char *argv[])
{
        const char *folder = g_getenv("FUZZ_CORPUS");
        g_autofree char *corpus = g_path_get_basename(folder);
        g_autofree char *nothing = g_strdup_printf("/fuzz/%s/(nothing)", corpus);
        g_autoptr(GDir) dir = NULL;
        const char *name;
        guint n = 0;

        g_test_init(&argc, &argv, NULL);
        dir = g_dir_open(folder, 0, NULL);
        g_assert_nonnull(dir);
        g_test_add_func(nothing, test_nothing);
        for (; (name = g_dir_read_name(dir)); n++) {
                g_autofree char *test = g_strdup_printf("/fuzz/%s/%s", corpus, name);

                g_test_add_data_func_full(
                        test, g_build_filename(folder, name, NULL), test_file, g_free);
        }
        g_assert_cmpuint(n, >, 0);
        return g_test_run();
}
