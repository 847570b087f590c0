/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The service manager's end of the notify socket (sd_notify(3)), for tests. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/descriptor.h"

typedef struct {
        char *folder;
        char *path;
        IcFd socket;
} Manager;

/* Makes the socket and sets $NOTIFY_SOCKET. */
void manager_init(Manager *manager);
void manager_clear(Manager *manager);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Manager, manager_clear)

/* The next message, waiting for it, and the descriptor that came with it or -1. */
char *manager_receive(Manager *manager, IcFd *ret_fd);
void manager_assert_message(Manager *manager, const char *expected);
void manager_assert_silence(Manager *manager);
