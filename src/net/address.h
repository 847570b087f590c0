/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Internet addresses as people read them. */

#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* "192.0.2.1 port 6697". */
char *ic_address_to_text(GInetAddress *address, guint16 port);

/* The same of the socket's other end; "an unknown peer" when it has none any more. */
char *ic_address_of_peer(int fd);

/* In the order in which to try them (RFC 8305, section 4): families alternate, beginning with that
 * of the first; the resolver's order is kept within a family. Borrows the elements' references: the
 * array owns its own. */
GPtrArray *ic_address_interleave(GList *addresses);

/* The first of a family, borrowed; NULL: none. */
GInetAddress *ic_address_of_family(GPtrArray *addresses, GSocketFamily family);
/* Leaves out what is of a family of which `wanted` has none. */
void ic_address_keep_families(GPtrArray *addresses, GPtrArray *wanted);
