/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The state folder: numbers are allotted once, and no link leads out of it. */

#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/name.h"
#include "fixture.h"
#include "store/tenants.h"

#define PROCESSES 4
#define ALLOTS 50

static char *new_state(void)
{
        g_autofree char *folder = fixture_new_folder();

        return g_build_filename(folder, "state", "irc-conn", NULL);
}

static void remove_state(const char *state)
{
        g_autofree char *parent = g_path_get_dirname(state);
        g_autofree char *folder = g_path_get_dirname(parent);

        fixture_remove_tree(folder);
}

static void test_ensure(void)
{
        g_autofree char *state = new_state();
        g_autofree char *folder = ic_tenants_folder(state, 1000);
        g_autofree char *servers = g_build_filename(state, "servers", NULL);
        const char *const folders[] = {state, servers, folder};
        g_autoptr(GError) error = NULL;
        mode_t mask = umask(0027);

        for (int i = 0; i < 2; i++)
                assert_ok(error, ic_tenants_ensure(state, 1000, &error));
        umask(mask);
        for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
                struct stat st;
                g_assert_cmpint(g_lstat(folders[i], &st), ==, 0);
                g_assert_cmpint(st.st_mode, ==, S_IFDIR | S_ISGID | 0750);
        }
        remove_state(state);
}

static void test_ensure_in_the_way(void)
{
        g_autofree char *state = new_state();
        g_autofree char *folder = ic_tenants_folder(state, 1000);
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_tenants_ensure(state, 1000, &error));
        g_assert_cmpint(g_rmdir(folder), ==, 0);
        g_assert_cmpint(symlink("/etc", folder), ==, 0);
        assert_fails(error, ic_tenants_ensure(state, 1000, &error), IC_ERROR_STORE_UNWRITABLE);
        g_assert_cmpint(g_unlink(folder), ==, 0);
        g_assert_true(g_file_set_contents(folder, "", 0, NULL));
        assert_fails(error, ic_tenants_ensure(state, 1000, &error), IC_ERROR_STORE_UNWRITABLE);
        remove_state(state);
}

static uint32_t allot(const char *state, uid_t owner)
{
        g_autoptr(GError) error = NULL;
        uint32_t id = 0;

        assert_ok(error, ic_tenants_allot(state, owner, &id, &error));
        return id;
}

static void test_allot(void)
{
        g_autofree char *state = new_state();
        g_autofree char *link = ic_tenants_link(state, 2);
        g_autofree char *target = NULL;
        g_autoptr(GError) error = NULL;
        uid_t owner = 0;

        g_assert_cmpuint(allot(state, 1000), ==, 1);
        g_assert_cmpuint(allot(state, 1001), ==, 2);
        g_assert_cmpuint(allot(state, 1000), ==, 3);
        target = g_file_read_link(link, NULL);
        g_assert_cmpstr(target, ==, "../tenants/1001");
        assert_ok(error, ic_tenants_owner(state, 2, &owner, &error));
        g_assert_cmpuint(owner, ==, 1001);

        /* What is free again is the lowest. */
        assert_ok(error, ic_tenants_release(state, 2, &error));
        assert_fails(error, ic_tenants_owner(state, 2, &owner, &error), IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_tenants_release(state, 2, &error), IC_ERROR_NO_SUCH_SERVER);
        g_assert_cmpuint(allot(state, 0), ==, 2);
        assert_ok(error, ic_tenants_owner(state, 2, &owner, &error));
        g_assert_cmpuint(owner, ==, 0);
        remove_state(state);
}

static void test_list(void)
{
        g_autofree char *state = new_state();
        g_autofree char *stray = g_build_filename(state, "servers", "notes", NULL);
        g_autofree char *outside = ic_tenants_link(state, 5);
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) none = ic_tenants_list(state, &error);
        g_autoptr(GArray) list = NULL;

        g_assert_no_error(error);
        g_assert_cmpuint(none->len, ==, 0);
        for (uint32_t i = 0; i < 12; i++)
                allot(state, 1000 + i % 2);
        assert_ok(error, ic_tenants_release(state, 5, &error));
        g_assert_cmpint(symlink("/etc", outside), ==, 0);
        g_assert_true(g_file_set_contents(stray, "", 0, NULL));

        list = ic_tenants_list(state, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(list->len, ==, 11);
        for (guint i = 0; i < list->len; i++) {
                const IcTenantServer *server = &g_array_index(list, IcTenantServer, i);
                g_assert_cmpuint(server->id, ==, i + (i < 4 ? 1 : 2));
                g_assert_cmpuint(server->owner, ==, 1000 + (server->id - 1) % 2);
        }
        remove_state(state);
}

static void test_bad_links(void)
{
        /* NULL: a file in place of a link. */
        static const struct {
                const char *target;
                bool is_removable; /* right in form, only the folder is missing */
        } cases[] = {
                {"../../etc", false}, {"/etc", false}, {"../tenants", false},
                {"../tenants/", false}, {"../tenants/..", false}, {"../tenants/1000/", false},
                {"../tenants/1000/../../..", false}, {"../tenants/01000", false},
                {"../tenants/-1", false}, {"../tenants/4294967295", false},
                {"../tenants/1000x", false},
                {"../tenants/1000000000000000000000000000000000000000000000000000000000000", false},
                {"1000", false}, {NULL, false}, {"../tenants/4242", true}, /* dangling */
                {"../tenants/7", true},                                    /* a link to a file */
                {"../tenants/8", true},                                    /* a link to a link */
        };
        g_autofree char *state = new_state();
        g_autofree char *link = ic_tenants_link(state, 1);
        g_autofree char *file = ic_tenants_folder(state, 7);
        g_autofree char *way_out = ic_tenants_folder(state, 8);
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_tenants_ensure(state, 1000, &error));
        g_assert_true(g_file_set_contents(file, "", 0, NULL));
        g_assert_cmpint(symlink("/etc", way_out), ==, 0);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                uid_t owner = 0;

                if (cases[i].target)
                        g_assert_cmpint(symlink(cases[i].target, link), ==, 0);
                else
                        g_assert_true(g_file_set_contents(link, "", 0, NULL));
                assert_fails(
                        error, ic_tenants_owner(state, 1, &owner, &error), IC_ERROR_NO_SUCH_SERVER);
                g_assert_cmpuint(owner, ==, 0);
                if (cases[i].is_removable) {
                        assert_ok(error, ic_tenants_release(state, 1, &error));
                } else {
                        assert_fails(error, ic_tenants_release(state, 1, &error),
                                IC_ERROR_NO_SUCH_SERVER);
                        g_assert_cmpint(g_unlink(link), ==, 0);
                }
        }
        remove_state(state);
}

static void test_missing_state(void)
{
        g_autofree char *state = new_state();
        g_autoptr(GError) error = NULL;
        uid_t owner = 0;

        assert_fails(error, ic_tenants_owner(state, 1, &owner, &error), IC_ERROR_NO_SUCH_SERVER);
        assert_fails(error, ic_tenants_release(state, 1, &error), IC_ERROR_NO_SUCH_SERVER);
        remove_state(state);
}

/* Several processes at once; each writes the numbers that it got into a pipe. */
static void test_concurrent_allot(void)
{
        g_autofree char *state = new_state();
        g_autofree bool *is_taken = g_new0(bool, PROCESSES *ALLOTS + 1);
        int fds[2];
        uint32_t id;
        int count = 0;

        g_assert_cmpint(pipe(fds), ==, 0);
        for (int i = 0; i < PROCESSES; i++) {
                pid_t pid = fork();

                g_assert_cmpint(pid, >=, 0);
                if (pid != 0)
                        continue;
                for (int k = 0; k < ALLOTS; k++) {
                        id = allot(state, 1000 + (uid_t) i);
                        g_assert_cmpint(write(fds[1], &id, sizeof(id)), ==, sizeof(id));
                }
                _exit(EXIT_SUCCESS);
        }
        close(fds[1]);
        while (read(fds[0], &id, sizeof(id)) == sizeof(id)) {
                g_assert_cmpuint(id, >=, 1);
                g_assert_cmpuint(id, <=, PROCESSES * ALLOTS);
                g_assert_false(is_taken[id]);
                is_taken[id] = true;
                count++;
        }
        close(fds[0]);
        g_assert_cmpint(count, ==, PROCESSES * ALLOTS);
        for (int i = 0; i < PROCESSES; i++) {
                int status = 0;
                g_assert_cmpint(wait(&status), >, 0);
                g_assert_cmpint(status, ==, 0);
        }
        remove_state(state);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/store/tenants/ensure", test_ensure);
        g_test_add_func("/store/tenants/ensure-in-the-way", test_ensure_in_the_way);
        g_test_add_func("/store/tenants/allot", test_allot);
        g_test_add_func("/store/tenants/list", test_list);
        g_test_add_func("/store/tenants/bad-links", test_bad_links);
        g_test_add_func("/store/tenants/missing-state", test_missing_state);
        g_test_add_func("/store/tenants/concurrent-allot", test_concurrent_allot);
        return g_test_run();
}
