/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Configuration files: lines, groups, drop-ins, bounds, and what is told of files that are wrong.
 */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "config/conf-file.h"
#include "folder.h"

/* Writes down "LINE key=value;", and refuses the key "Bad". */
static bool record(
        const char *key, const char *value, const char *source, gpointer user_data, GError **error)
{
        GString *record = user_data;

        if (g_str_equal(key, "Bad")) {
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE, "it is bad. Write Good");
                return false;
        }
        g_string_append_printf(record, "%s %s=%s;", strrchr(source, ':') + 1, key, value);
        return true;
}

static char *read_all(const Folder *folder, GPtrArray **ret_problems)
{
        g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
        GString *text = g_string_new(NULL);

        ic_conf_read(folder->path, "main.conf", "Ours", record, text, problems);
        *ret_problems = g_steal_pointer(&problems);
        return g_string_free(text, FALSE);
}

static void assert_read(const Folder *folder, const char *expected, guint problems_count)
{
        g_autoptr(GPtrArray) problems = NULL;
        g_autofree char *text = read_all(folder, &problems);

        for (guint i = 0; i < problems->len; i++)
                g_test_message("%s", (const char *) problems->pdata[i]);
        g_assert_cmpstr(text, ==, expected);
        g_assert_cmpuint(problems->len, ==, problems_count);
}

/* The one problem is about NAME (and line) and has this advice. */
static void assert_problem(const Folder *folder, const char *where, const char *advice)
{
        g_autoptr(GPtrArray) problems = NULL;
        g_autofree char *path = folder_path(folder, where);
        g_autofree char *prefix = g_strconcat(path, ": ", NULL);

        g_free(read_all(folder, &problems));
        g_assert_cmpuint(problems->len, ==, 1);
        g_test_message("%s", (const char *) problems->pdata[0]);
        g_assert_true(g_str_has_prefix(problems->pdata[0], prefix));
        g_assert_true(g_str_has_suffix(problems->pdata[0], "."));
        g_assert_nonnull(strstr(problems->pdata[0], advice));
}

static void test_lines(Folder *folder, gconstpointer unused)
{
        static const struct {
                const char *content, *read;
        } cases[] = {
                {"", ""},
                {"\n\n", ""},
                {"[Ours]", ""},
                {"[Ours]\nA=1\n", "2 A=1;"},
                {"[Ours]\nA=1", "2 A=1;"},
                {"[Ours]\r\nA=1\r\n\r\nB=2\r\n", "2 A=1;4 B=2;"},
                {"\xef\xbb\xbf[Ours]\nA=1\n", "2 A=1;"},
                {"# c\n; c\n  # c\n[Ours]\n#A=1\nB=2 # no comment\n", "6 B=2 # no comment;"},
                {"  [Ours]  \n \tA \t= \t1 2\t \n", "2 A=1 2;"},
                {"[Ours]\nA=\nB= \nC==\n", "2 A=;3 B=;4 C==;"},
                {"[Ours]\nA=1\n[X-Note]\nB=2\njunk\n[Ours]\nA=ü\n", "2 A=1;7 A=ü;"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                folder_write(folder, "main.conf", cases[i].content, -1);
                assert_read(folder, cases[i].read, 0);
        }
}

static void test_problems(Folder *folder, gconstpointer unused)
{
        static const struct {
                const char *content;
                const char *where, *advice;
        } cases[] = {
                {"A=1\n", "main.conf:1", "[Ours]"},
                {"\n[Theirs]\nA=1\njunk\n", "main.conf:2", "[Ours]"},
                {"[Ours\n", "main.conf:1", "[Ours]"},
                {"[Ours]\njunk\n", "main.conf:2", "Key=value"},
                {"[Ours]\n=1\n", "main.conf:2", "Key=value"},
                {"[Ours]\n\n\nBad=1", "main.conf:4", "it is bad. Write Good"},
                {"[Ours]\r\n\xff=1\r\n", "main.conf:2", "UTF-8"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                folder_write(folder, "main.conf", cases[i].content, -1);
                assert_problem(folder, cases[i].where, cases[i].advice);
        }
        folder_write(folder, "main.conf", "[Ours]\nA=1\0B\n", 13);
        assert_problem(folder, "main.conf:2", "UTF-8");
}

/* What is right around a problem counts. */
static void test_goes_on(Folder *folder, gconstpointer unused)
{
        folder_write(folder, "main.conf", "[Ours]\nA=1\nBad=2\njunk\n\xff\nB=3\n", -1);
        assert_read(folder, "2 A=1;6 B=3;", 3);
}

static void test_missing_is_no_problem(Folder *folder, gconstpointer unused)
{
        Folder none = {.path = folder_path(folder, "none")};

        assert_read(folder, "", 0);
        assert_read(&none, "", 0);
        g_free(none.path);
}

static void test_drop_ins(Folder *folder, gconstpointer unused)
{
        folder_write(folder, "main.conf.d/20-b.conf", "[Ours]\nA=b\n", -1);
        folder_write(folder, "main.conf.d/10-a.conf", "[Ours]\nA=a\n", -1);
        folder_write(folder, "main.conf.d/9.conf", "[Ours]\nA=9\n", -1);
        folder_write(folder, "main.conf.d/.hidden.conf", "[Ours]\nA=hidden\n", -1);
        folder_write(folder, "main.conf.d/30.conf~", "[Ours]\nA=backup\n", -1);
        folder_write(folder, "other.conf", "[Ours]\nA=other\n", -1);
        assert_read(folder, "2 A=a;2 A=b;2 A=9;", 0);
        folder_write(folder, "main.conf", "[Ours]\nA=main\n", -1);
        assert_read(folder, "2 A=main;2 A=a;2 A=b;2 A=9;", 0);
}

static void test_links(Folder *folder, gconstpointer unused)
{
        g_autofree char *masked = folder_path(folder, "main.conf.d/10.conf");
        g_autofree char *dangling = folder_path(folder, "main.conf.d/20.conf");
        g_autofree char *loop = folder_path(folder, "main.conf.d/40.conf");

        folder_write(folder, "main.conf.d/30.conf", "[Ours]\nA=1\n", -1);
        g_assert_cmpint(symlink("/dev/null", masked), ==, 0);
        g_assert_cmpint(symlink("nowhere", dangling), ==, 0);
        assert_read(folder, "2 A=1;", 0);
        g_assert_cmpint(symlink("40.conf", loop), ==, 0);
        assert_problem(folder, "main.conf.d/40.conf", "cannot be read");
}

static void test_not_files(Folder *folder, gconstpointer unused)
{
        g_autofree char *path = folder_path(folder, "main.conf");
        g_autofree char *pipe_path = folder_path(folder, "main.conf.d/10.conf");

        g_assert_cmpint(mkdir(path, 0700), ==, 0);
        folder_write(folder, "main.conf.d/20.conf", "[Ours]\nA=1\n", -1);
        g_assert_cmpint(mkfifo(pipe_path, 0600), ==, 0);
        assert_problem(folder, "main.conf", "Make it a file");
        assert_read(folder, "2 A=1;", 1);
}

static void test_folder_is_a_file(Folder *folder, gconstpointer unused)
{
        folder_write(folder, "main.conf", "[Ours]\nA=1\n", -1);
        folder_write(folder, "main.conf.d", "[Ours]\nA=2\n", -1);
        assert_problem(folder, "main.conf.d", "Make it a folder");
        assert_read(folder, "2 A=1;", 1);
}

static void test_size_bound(Folder *folder, gconstpointer unused)
{
        g_autofree char *content = g_malloc(IC_CONF_SIZE_MAX + 1);

        memset(content, '#', IC_CONF_SIZE_MAX + 1);
        memcpy(content, "[Ours]\nA=1\n", 11);
        folder_write(folder, "main.conf", content, IC_CONF_SIZE_MAX);
        assert_read(folder, "2 A=1;", 0);
        folder_write(folder, "main.conf", content, IC_CONF_SIZE_MAX + 1);
        assert_problem(folder, "main.conf", "Shorten it");
        assert_read(folder, "", 1);
}

static void test_drop_ins_bound(Folder *folder, gconstpointer unused)
{
        g_autoptr(GString) expected = g_string_new(NULL);

        for (int i = 0; i <= IC_CONF_DROP_INS_MAX; i++) {
                g_autofree char *name = g_strdup_printf("main.conf.d/%03d.conf", i);
                g_autofree char *content = g_strdup_printf("[Ours]\nA=%d\n", i);

                if (i == IC_CONF_DROP_INS_MAX)
                        assert_read(folder, expected->str, 0);
                else
                        g_string_append_printf(expected, "2 A=%d;", i);
                folder_write(folder, name, content, -1);
        }
        assert_read(folder, expected->str, 1);
        assert_problem(folder, "main.conf.d", "fewer");
}

static void test_problems_bound(Folder *folder, gconstpointer unused)
{
        g_autoptr(GString) content = g_string_new("[Ours]\n");
        g_autoptr(GPtrArray) problems = NULL;
        g_autofree char *text = NULL;

        for (int i = 0; i < 3 * IC_CONF_PROBLEMS_MAX; i++)
                g_string_append(content, "junk\n");
        g_string_append(content, "A=1\n");
        folder_write(folder, "main.conf", content->str, -1);
        text = read_all(folder, &problems);
        g_assert_cmpstr(text, ==, "302 A=1;");
        g_assert_cmpuint(problems->len, ==, IC_CONF_PROBLEMS_MAX + 1);
        g_assert_nonnull(strstr(problems->pdata[IC_CONF_PROBLEMS_MAX], "main.conf:102: "));
        g_assert_nonnull(strstr(problems->pdata[IC_CONF_PROBLEMS_MAX], "more problems"));
}

/* Neither a file's name nor its text brings control characters before people. */
static void test_problems_are_fit(Folder *folder, gconstpointer unused)
{
        g_autoptr(GPtrArray) problems = NULL;
        g_autofree char *text = NULL;

        folder_write(folder, "main.conf.d/a\nb.conf", "[Ours]\n\x1b[31mjunk\n", -1);
        text = read_all(folder, &problems);
        g_assert_cmpuint(problems->len, ==, 1);
        g_assert_nonnull(strstr(problems->pdata[0], "a\\x0ab.conf:2: \"\\x1b[31mjunk\""));
}

/* One file that may hold secrets: it must be there, has no drop-ins, and no line of it is shown. */
static void test_single_file(Folder *folder, gconstpointer unused)
{
        g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *path = folder_path(folder, "main.conf");

        ic_conf_read_file(path, "Ours", record, text, problems);
        g_assert_cmpuint(problems->len, ==, 1);
        g_assert_nonnull(strstr(problems->pdata[0], "No such file"));

        g_ptr_array_set_size(problems, 0);
        folder_write(folder, "main.conf", "[Ours]\nA=1\nmysecret\n=mysecret\nB=2\n", -1);
        folder_write(folder, "main.conf.d/a.conf", "[Ours]\nC=3\n", -1);
        ic_conf_read_file(path, "Ours", record, text, problems);
        g_assert_cmpstr(text->str, ==, "2 A=1;5 B=2;");
        g_assert_cmpuint(problems->len, ==, 2);
        for (guint i = 0; i < problems->len; i++)
                g_assert_null(strstr(problems->pdata[i], "mysecret"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        folder_test("/config/conf-file/lines", test_lines);
        folder_test("/config/conf-file/problems", test_problems);
        folder_test("/config/conf-file/goes-on", test_goes_on);
        folder_test("/config/conf-file/missing-is-no-problem", test_missing_is_no_problem);
        folder_test("/config/conf-file/drop-ins", test_drop_ins);
        folder_test("/config/conf-file/links", test_links);
        folder_test("/config/conf-file/not-files", test_not_files);
        folder_test("/config/conf-file/folder-is-a-file", test_folder_is_a_file);
        folder_test("/config/conf-file/size-bound", test_size_bound);
        folder_test("/config/conf-file/drop-ins-bound", test_drop_ins_bound);
        folder_test("/config/conf-file/problems-bound", test_problems_bound);
        folder_test("/config/conf-file/problems-are-fit", test_problems_are_fit);
        folder_test("/config/conf-file/single-file", test_single_file);
        return g_test_run();
}
