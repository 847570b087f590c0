/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Asking the kernel's routing table, by connecting a UDP socket to addresses that nobody has (RFC
 * 5737, RFC 3849). */

#include "net/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/descriptor.h"

static bool can_connect(int family, const struct sockaddr *address, socklen_t len)
{
        g_auto(IcFd) fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        return fd >= 0 && connect(fd, address, len) == 0;
}

bool ic_network_has_route(void)
{
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(9)};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)};

        inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);
        inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
        return can_connect(AF_INET, (const struct sockaddr *) &v4, sizeof v4) ||
               can_connect(AF_INET6, (const struct sockaddr *) &v6, sizeof v6);
}
