/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Secrets from the folder that the manager names, from any file, and from text. */

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "config/server-config.h"
#include "service/credentials.h"

static void assert_read(const char *name, const char *secret, gsize len)
{
        g_autoptr(GBytes) bytes = ic_credential_read(name);

        if (!secret) {
                g_assert_null(bytes);
                return;
        }
        g_assert_nonnull(bytes);
        g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), secret, len);
}

static void test_contents(void)
{
        g_autofree char *longest = g_strnfill(IC_CREDENTIAL_SIZE_MAX + 1, 'x');
        g_autofree char *folder = g_dir_make_tmp("unit-service-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(folder, "sasl-password", NULL);
        const struct {
                const char *content;
                gsize size;
                const char *secret; /* NULL: none */
                gsize len;
        } cases[] = {
                {"secret", 6, "secret", 6},
                {"secret\n", 7, "secret", 6},
                {"secret\n\n", 8, "secret\n", 7},
                {"\n", 1, "", 0},
                {"", 0, "", 0},
                {"a\0b\n", 4, "a\0b", 3},
                {longest, IC_CREDENTIAL_SIZE_MAX, longest, IC_CREDENTIAL_SIZE_MAX},
                {longest, IC_CREDENTIAL_SIZE_MAX + 1, NULL, 0},
        };

        g_setenv("CREDENTIALS_DIRECTORY", folder, true);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_assert_true(g_file_set_contents(path, cases[i].content, cases[i].size, NULL));
                assert_read("sasl-password", cases[i].secret, cases[i].len);
        }
        assert_read("server-password", NULL, 0);
        assert_read("../sasl-password", NULL, 0);
        assert_read("..", NULL, 0);
        assert_read(".", NULL, 0);
        assert_read("", NULL, 0);
        g_assert_cmpint(g_unlink(path), ==, 0);

        g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
        assert_read("sasl-password", NULL, 0);
        g_assert_cmpint(g_rmdir(path), ==, 0);
        g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void test_without_folder(void)
{
        g_unsetenv("CREDENTIALS_DIRECTORY");
        assert_read("sasl-password", NULL, 0);
        g_setenv("CREDENTIALS_DIRECTORY", "", true);
        assert_read("sasl-password", NULL, 0);
        g_setenv("CREDENTIALS_DIRECTORY", "/nonexistent", true);
        assert_read("sasl-password", NULL, 0);
}

static void test_file(void)
{
        g_autofree char *longest = g_strnfill(IC_CREDENTIAL_SIZE_MAX + 1, 'x');
        g_autofree char *path = NULL;
        const struct {
                const char *content;
                gsize size;
                gssize len; /* -1: refused */
        } cases[] = {
                {"secret\n", 7, 6},
                {"secret\n\n", 8, 7},
                {"", 0, 0},
                {"a\0b", 3, 3},
                {longest, IC_CREDENTIAL_SIZE_MAX, IC_CREDENTIAL_SIZE_MAX},
                {longest, IC_CREDENTIAL_SIZE_MAX + 1, -1},
        };
        g_autoptr(GError) error = NULL;
        int fd = g_file_open_tmp("unit-service-XXXXXX", &path, NULL);

        g_assert_cmpint(fd, >=, 0);
        close(fd);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GBytes) secret = NULL;

                g_assert_true(g_file_set_contents(path, cases[i].content, cases[i].size, NULL));
                secret = ic_credential_read_file(path, &error);
                if (cases[i].len < 0) {
                        g_assert_null(secret);
                        g_assert_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION);
                        g_clear_error(&error);
                        continue;
                }
                g_assert_no_error(error);
                g_assert_cmpmem(g_bytes_get_data(secret, NULL), g_bytes_get_size(secret),
                        cases[i].content, (gsize) cases[i].len);
        }
        g_assert_cmpint(g_unlink(path), ==, 0);
        g_assert_null(ic_credential_read_file(path, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION);
}

static void test_text(void)
{
        g_autoptr(GBytes) secret = ic_credential_new("secret\n"), empty = ic_credential_new("");

        g_assert_cmpmem(g_bytes_get_data(secret, NULL), g_bytes_get_size(secret), "secret\n", 7);
        g_assert_cmpuint(g_bytes_get_size(empty), ==, 0);
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/service/credentials/contents", test_contents);
        g_test_add_func("/service/credentials/without-folder", test_without_folder);
        g_test_add_func("/service/credentials/file", test_file);
        g_test_add_func("/service/credentials/text", test_text);
        return g_test_run();
}
