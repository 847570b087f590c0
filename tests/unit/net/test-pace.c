/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Places in the queue of a host, taken by one process and by many at once. */

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/pace.h"

#define SECOND G_USEC_PER_SEC
#define NOW ((gint64) 1000 * SECOND)

static char *folder;

static void empty_folder(void)
{
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        const char *name;

        while ((name = g_dir_read_name(dir)) != NULL) {
                g_autofree char *path = g_build_filename(folder, name, NULL);

                g_assert_cmpint(g_unlink(path), ==, 0);
        }
}

static gint64 take(const char *host, guint burst, gint64 now)
{
        IcPace pace = {.folder = folder, .host = host, .interval = SECOND, .burst = burst};
        g_autoptr(GError) error = NULL;
        gint64 wait = -1;

        g_assert_true(ic_pace_take(&pace, now, &wait, &error));
        g_assert_no_error(error);
        return wait;
}

static void test_places(void)
{
        static const gint64 waits[] = {0, 0, 0, 1, 2, 3};

        empty_folder();
        for (gsize i = 0; i < G_N_ELEMENTS(waits); i++)
                g_assert_cmpint(take("irc.example.org", 3, NOW), ==, waits[i] * SECOND);
        /* Another host has a queue of its own, another spelling has not. */
        g_assert_cmpint(take("other", 3, NOW), ==, 0);
        g_assert_cmpint(take("IRC.Example.ORG", 3, NOW), ==, 4 * SECOND);
        /* Time empties it. */
        g_assert_cmpint(take("irc.example.org", 3, NOW + 4 * SECOND), ==, 1 * SECOND);
        g_assert_cmpint(take("irc.example.org", 3, NOW + 100 * SECOND), ==, 0);
}

static void test_no_pacing(void)
{
        IcPace pace = {.folder = "/nonexistent", .host = "h"};
        gint64 wait = -1;

        g_assert_true(ic_pace_take(&pace, NOW, &wait, NULL));
        g_assert_cmpint(wait, ==, 0);
}

static void test_no_folder(void)
{
        IcPace pace = {.folder = "/nonexistent", .host = "h", .interval = SECOND, .burst = 1};
        g_autoptr(GError) error = NULL;
        gint64 wait = -1;

        g_assert_false(ic_pace_take(&pace, NOW, &wait, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_UNREACHABLE);
        g_assert_cmpint(wait, ==, 0);
}

static void test_damage(void)
{
        static const char *const contents[] = {
                "", "nonsense", "-5", "99999999999999999999999", "9000000000000000000"};

        for (gsize i = 0; i < G_N_ELEMENTS(contents); i++) {
                g_autoptr(GDir) dir = NULL;
                g_autofree char *path = NULL;

                empty_folder();
                (void) take("h", 1, NOW);
                dir = g_dir_open(folder, 0, NULL);
                path = g_build_filename(folder, g_dir_read_name(dir), NULL);
                g_assert_true(g_file_set_contents(path, contents[i], -1, NULL));
                g_assert_cmpint(take("h", 1, NOW), ==, 0);
                g_assert_cmpint(take("h", 1, NOW), ==, SECOND);
        }
}

/* Many processes at once: every place is taken once. */
static void test_many_processes(void)
{
        enum { PROCESSES = 4, EACH = 50 };
        int pipe_fds[2];
        gboolean seen[PROCESSES * EACH] = {FALSE};
        gint64 wait;

        empty_folder();
        g_assert_cmpint(pipe(pipe_fds), ==, 0);
        for (int i = 0; i < PROCESSES; i++) {
                if (fork() != 0)
                        continue;
                for (int n = 0; n < EACH; n++) {
                        wait = take("h", 1, NOW);
                        if (write(pipe_fds[1], &wait, sizeof wait) != sizeof wait)
                                _exit(1);
                }
                _exit(0);
        }
        close(pipe_fds[1]);
        while (read(pipe_fds[0], &wait, sizeof wait) == sizeof wait) {
                g_assert_cmpint(wait % SECOND, ==, 0);
                g_assert_cmpint(wait / SECOND, <, PROCESSES * EACH);
                g_assert_false(seen[wait / SECOND]);
                seen[wait / SECOND] = TRUE;
        }
        close(pipe_fds[0]);
        for (int i = 0; i < PROCESSES; i++) {
                int status;

                g_assert_cmpint(wait4(-1, &status, 0, NULL), >, 0);
                g_assert_cmpint(status, ==, 0);
        }
        for (int i = 0; i < PROCESSES * EACH; i++)
                g_assert_true(seen[i]);
}

/* A process that was stopped while it had the lock stops nobody else. */
static void test_held_lock(void)
{
        const IcPace pace = {.folder = folder, .host = "h", .interval = SECOND, .burst = 1};
        g_autoptr(GError) error = NULL;
        g_autoptr(GDir) dir = NULL;
        g_autofree char *path = NULL;
        gint64 wait = -1;
        int fd;

        empty_folder();
        g_assert_cmpint(take("h", 1, NOW), ==, 0);
        dir = g_dir_open(folder, 0, NULL);
        path = g_build_filename(folder, g_dir_read_name(dir), NULL);
        fd = open(path, O_RDWR | O_CLOEXEC);
        g_assert_cmpint(flock(fd, LOCK_EX), ==, 0);
        g_assert_false(ic_pace_take(&pace, NOW, &wait, &error));
        g_assert_error(error, IC_ERROR, IC_ERROR_UNREACHABLE);
        g_assert_cmpint(wait, ==, 0);
        close(fd);
        g_assert_cmpint(take("h", 1, NOW), ==, SECOND);
}

int main(int argc, char **argv)
{
        int result;

        g_test_init(&argc, &argv, NULL);
        folder = g_dir_make_tmp("irc-conn-pace-XXXXXX", NULL);
        g_test_add_func("/net/pace/places", test_places);
        g_test_add_func("/net/pace/none", test_no_pacing);
        g_test_add_func("/net/pace/no-folder", test_no_folder);
        g_test_add_func("/net/pace/damage", test_damage);
        g_test_add_func("/net/pace/many-processes", test_many_processes);
        g_test_add_func("/net/pace/held-lock", test_held_lock);
        result = g_test_run();
        empty_folder();
        g_rmdir(folder);
        g_free(folder);
        return result;
}
