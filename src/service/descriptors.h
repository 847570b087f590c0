/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Descriptors that the manager hands to the service (sd_listen_fds(3)), and the one that it keeps
 * for the next process (the descriptor store, sd_notify(3)). */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/descriptor.h"

/* Each -1 when there is none. */
typedef struct {
        IcFd control; /* the listening command socket */
        IcFd link;    /* the socket to the IRC server that an earlier process left */
} IcDescriptors;

/* Takes over what was handed down; anything unforeseen is closed. They come in no certain order.
 * With more than one kept link it is unknown which is the right one: none is taken, and all are
 * dropped from the store. Call once, early. */
void ic_descriptors_take(IcDescriptors *ret);
void ic_descriptors_clear(IcDescriptors *descriptors);

/* Stores a duplicate of the socket for the next process. True when the manager has it; it does not
 * say whether its FileDescriptorStoreMax= leaves room. The manager does not watch it: what the
 * server says last stays readable. Blocks for a moment, at most IC_DESCRIPTORS_BARRIER_USEC. */
bool ic_descriptors_store_link(int fd);
/* To be called before exiting when the link is over: the next process must not take it up. */
bool ic_descriptors_remove_link(void);
#define IC_DESCRIPTORS_BARRIER_USEC (5 * G_USEC_PER_SEC)

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IcDescriptors, ic_descriptors_clear)
