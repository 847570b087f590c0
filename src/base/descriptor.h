/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A file descriptor that closes itself: `g_auto(IcFd) fd = -1;`. */

#pragma once

#include <errno.h>
#include <glib.h>
#include <unistd.h>

typedef int IcFd;

/* Closes `*fd` unless it is negative; errno is kept. */
static inline void ic_fd_clear(IcFd *fd)
{
        int saved = errno;

        if (*fd >= 0)
                close(*fd);
        *fd = -1;
        errno = saved;
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IcFd, ic_fd_clear)

/* Gives the descriptor away: answers it and leaves -1 behind. */
static inline int ic_fd_steal(IcFd *fd)
{
        int given = *fd;

        *fd = -1;
        return given;
}
