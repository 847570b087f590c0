/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The queue of a host is one number in a file: until when its places are taken. */

#include "net/pace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "base/descriptor.h"

/* The lock is tried so often, so long apart: half a second. */
#define LOCK_TRIES_MAX 500
#define LOCK_DELAY_USEC 1000

gint64 ic_pace_now(void)
{
        struct timespec now;

        clock_gettime(CLOCK_BOOTTIME, &now);
        return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* A name that is a file's whatever the host is called. */
static char *path_of(const IcPace *pace)
{
        g_autofree char *folded = g_ascii_strdown(pace->host, -1);
        g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, folded, -1);

        return g_build_filename(pace->folder, digest, NULL);
}

static bool fail(GError **error, const char *path, const char *what)
{
        g_set_error(
                error, IC_ERROR, IC_ERROR_UNREACHABLE, "%s: %s: %s", path, what, g_strerror(errno));
        return false;
}

/* Who holds it holds it for a write; one that was stopped there must not stop all others. */
static bool lock(int fd)
{
        for (guint i = 0; i < LOCK_TRIES_MAX; i++) {
                if (flock(fd, LOCK_EX | LOCK_NB) == 0)
                        return true;
                if (errno != EWOULDBLOCK && errno != EINTR)
                        return false;
                g_usleep(LOCK_DELAY_USEC);
        }
        return false;
}

/* Anything but a number is an empty queue. */
static gint64 read_taken(int fd)
{
        char text[32] = "";
        gint64 taken;

        if (pread(fd, text, sizeof text - 1, 0) <= 0)
                return 0;
        return g_ascii_string_to_signed(g_strchomp(text), 10, 0, G_MAXINT64 / 2, &taken, NULL)
                       ? taken
                       : 0;
}

static bool write_taken(int fd, gint64 taken)
{
        g_autofree char *text = g_strdup_printf("%020" G_GINT64_FORMAT "\n", taken);
        gsize len = strlen(text);

        return pwrite(fd, text, len, 0) == (gssize) len && ftruncate(fd, (off_t) len) == 0;
}

bool ic_pace_take(const IcPace *pace, gint64 now, gint64 *ret_wait, GError **error)
{
        g_autofree char *path = NULL;
        g_auto(IcFd) fd = -1;
        gint64 taken;

        *ret_wait = 0;
        if (pace->interval <= 0)
                return true;

        path = path_of(pace);
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
        if (fd < 0)
                return fail(error, path, "cannot be opened");
        if (!lock(fd))
                return fail(error, path, "cannot be locked");

        /* A queue that lies in the past is empty; one too long is damage, or of an earlier boot. */
        taken = MAX(read_taken(fd), now);
        if (taken > now + pace->interval * IC_PACE_PLACES_MAX)
                taken = now;
        *ret_wait = MAX(taken - now - (pace->burst > 0 ? pace->burst - 1 : 0) * pace->interval, 0);
        if (!write_taken(fd, taken + pace->interval))
                return fail(error, path, "cannot be written");
        return true;
}
