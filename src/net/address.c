/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Internet addresses: their text, and the order in which they are tried. */

#include "net/address.h"

#include <sys/socket.h>

char *ic_address_to_text(GInetAddress *address, guint16 port)
{
        g_autofree char *text = g_inet_address_to_string(address);

        return g_strdup_printf("%s port %u", text, port);
}

char *ic_address_of_peer(int fd)
{
        struct sockaddr_storage storage;
        socklen_t len = sizeof(storage);
        g_autoptr(GSocketAddress) address = NULL;
        GInetSocketAddress *inet;

        if (getpeername(fd, (struct sockaddr *) &storage, &len) == 0)
                address = g_socket_address_new_from_native(&storage, len);
        if (!address || !G_IS_INET_SOCKET_ADDRESS(address))
                return g_strdup("an unknown peer");
        inet = G_INET_SOCKET_ADDRESS(address);
        return ic_address_to_text(
                g_inet_socket_address_get_address(inet), g_inet_socket_address_get_port(inet));
}

/* The next element of that family, or of any other; NULL at the end. */
static GList *find_family(GList *from, GSocketFamily family, bool is_wanted)
{
        while (from && (g_inet_address_get_family(from->data) == family) != is_wanted)
                from = from->next;
        return from;
}

GPtrArray *ic_address_interleave(GList *addresses)
{
        GPtrArray *order = g_ptr_array_new_with_free_func(g_object_unref);
        GList *turn[2];
        GSocketFamily first;

        if (!addresses)
                return order;
        first = g_inet_address_get_family(addresses->data);
        turn[0] = addresses;
        turn[1] = find_family(addresses, first, false);
        for (guint i = 0; turn[0] || turn[1]; i ^= 1) {
                if (!turn[i])
                        continue;
                g_ptr_array_add(order, g_object_ref(turn[i]->data));
                turn[i] = find_family(turn[i]->next, first, i == 0);
        }
        return order;
}

GInetAddress *ic_address_of_family(GPtrArray *addresses, GSocketFamily family)
{
        for (guint i = 0; i < addresses->len; i++)
                if (g_inet_address_get_family(g_ptr_array_index(addresses, i)) == family)
                        return g_ptr_array_index(addresses, i);
        return NULL;
}

void ic_address_keep_families(GPtrArray *addresses, GPtrArray *wanted)
{
        for (guint i = addresses->len; i-- > 0;) {
                GInetAddress *address = g_ptr_array_index(addresses, i);

                if (!ic_address_of_family(wanted, g_inet_address_get_family(address)))
                        g_ptr_array_remove_index(addresses, i);
        }
}
