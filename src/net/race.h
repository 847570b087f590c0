/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Connecting to the addresses of a host, side by side (Happy Eyeballs, RFC 8305, section 5). */

#pragma once

#include <gio/gio.h>

#include "base/error.h"

/* More addresses than this are not tried. */
#define IC_RACE_ADDRESSES_MAX 16
/* The next attempt begins so long after the last one, or as soon as that one failed. */
#define IC_RACE_DELAY_USEC (250 * G_GINT64_CONSTANT(1000))

typedef struct IcRace IcRace;

/* `fd` is given away, -1 with `error`: NETWORK_DOWN (no address is routable from here, or this
 * machine does not have the local ones), UNREACHABLE. */
typedef void (*IcRaceFunc)(int fd, const GError *error, gpointer user_data);

typedef struct {
        GPtrArray *addresses; /* of GInetAddress, at least one, in the order in which to try them */
        guint16 port;
        const char *host;           /* for people */
        GPtrArray *local_addresses; /* of GInetAddress: the local end of attempts of the same
                                     * family; a family that has none is not bound */
} IcRaceOptions;

/* Copies the options. `done` is called once, from the main context, unless the race is freed
 * before; it may free it. */
IcRace *ic_race_start(const IcRaceOptions *options, IcRaceFunc done, gpointer user_data);
void ic_race_free(IcRace *race);

/* How far each attempt came, "192.0.2.1 port 6697: no answer; …": for who gives up on it. */
char *ic_race_describe(const IcRace *race);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcRace, ic_race_free)
