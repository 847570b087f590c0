/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A notify socket for tests. */

#include "manager.h"

#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define DEADLINE_MSEC 20000
#define MESSAGE_SIZE_MAX 8192

void manager_init(Manager *manager)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        manager->folder = g_dir_make_tmp("unit-service-XXXXXX", NULL);
        g_assert_nonnull(manager->folder);
        manager->path = g_build_filename(manager->folder, "notify", NULL);
        g_assert_cmpuint(g_strlcpy(address.sun_path, manager->path, sizeof(address.sun_path)), <,
                sizeof(address.sun_path));
        manager->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(
                bind(manager->socket, (struct sockaddr *) &address, sizeof(address)), ==, 0);
        g_setenv("NOTIFY_SOCKET", manager->path, true);
}

void manager_clear(Manager *manager)
{
        g_unsetenv("NOTIFY_SOCKET");
        ic_fd_clear(&manager->socket);
        g_assert_cmpint(g_unlink(manager->path), ==, 0);
        g_assert_cmpint(g_rmdir(manager->folder), ==, 0);
        g_clear_pointer(&manager->path, g_free);
        g_clear_pointer(&manager->folder, g_free);
}

char *manager_receive(Manager *manager, IcFd *ret_fd)
{
        union {
                struct cmsghdr header;
                char room[CMSG_SPACE(sizeof(int))];
        } control;
        char text[MESSAGE_SIZE_MAX];
        struct iovec iov = {.iov_base = text, .iov_len = sizeof(text)};
        struct msghdr message = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };
        struct pollfd p = {.fd = manager->socket, .events = POLLIN};
        struct cmsghdr *cmsg;
        gssize n;

        *ret_fd = -1;
        g_assert_cmpint(poll(&p, 1, DEADLINE_MSEC), ==, 1);
        n = recvmsg(manager->socket, &message, MSG_CMSG_CLOEXEC);
        g_assert_cmpint(n, >=, 0);
        g_assert_cmpint(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC), ==, 0);
        for (cmsg = CMSG_FIRSTHDR(&message); cmsg; cmsg = CMSG_NXTHDR(&message, cmsg))
                if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
                        memcpy(ret_fd, CMSG_DATA(cmsg), sizeof(*ret_fd));
        return g_strchomp(g_strndup(text, n));
}

void manager_assert_message(Manager *manager, const char *expected)
{
        g_auto(IcFd) fd = -1;
        g_autofree char *text = manager_receive(manager, &fd);

        g_assert_cmpstr(text, ==, expected);
        g_assert_cmpint(fd, ==, -1);
}

void manager_assert_silence(Manager *manager)
{
        struct pollfd p = {.fd = manager->socket, .events = POLLIN};

        g_assert_cmpint(poll(&p, 1, 0), ==, 0);
}
