/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Socket activation and the descriptor store. */

#include "service/descriptors.h"

#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#define LINK_NAME "link"

typedef enum {
        CONTROL,
        LINK,
        UNFORESEEN,
} Purpose;

static Purpose find_purpose(int fd, const char *name)
{
        if (strcmp(name, LINK_NAME) == 0)
                return sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 0) > 0 ? LINK : UNFORESEEN;
        return sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0 ? CONTROL : UNFORESEEN;
}

static void take(IcFd *place, int fd)
{
        ic_fd_clear(place);
        *place = fd;
}

void ic_descriptors_take(IcDescriptors *ret)
{
        g_auto(GStrv) names = NULL;
        int n = sd_listen_fds_with_names(true, &names);
        guint n_links = 0;

        *ret = (IcDescriptors){-1, -1};
        for (int i = 0; i < n; i++) {
                IcFd fd = SD_LISTEN_FDS_START + i;

                switch (find_purpose(fd, names[i])) {
                case CONTROL:
                        take(&ret->control, fd);
                        break;
                case LINK:
                        take(&ret->link, fd);
                        n_links++;
                        break;
                case UNFORESEEN:
                        ic_fd_clear(&fd);
                        break;
                }
        }
        if (n_links > 1) {
                ic_fd_clear(&ret->link);
                (void) ic_descriptors_remove_link();
        }
}

void ic_descriptors_clear(IcDescriptors *descriptors)
{
        ic_fd_clear(&descriptors->control);
        ic_fd_clear(&descriptors->link);
}

/* Only after the barrier has the manager done what was asked before it. */
static bool wait_for_manager(void)
{
        return sd_notify_barrier(0, IC_DESCRIPTORS_BARRIER_USEC) > 0;
}

bool ic_descriptors_store_link(int fd)
{
        return sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=" LINK_NAME "\nFDPOLL=0", &fd, 1) >
                       0 &&
               wait_for_manager();
}

bool ic_descriptors_remove_link(void)
{
        return sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=" LINK_NAME) > 0 && wait_for_manager();
}
