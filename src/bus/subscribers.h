/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Those who may see content: signals with names and texts are sent to them one by one, so that
 * nobody else on the bus sees them. */

#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

#include "bus/caller.h"

#define IC_SUBSCRIBERS_MAX 64u

typedef struct IcSubscribers IcSubscribers;

/* Uses the ic_callers_on_gone() of `callers`, and lives shorter than it. */
IcSubscribers *ic_subscribers_new(sd_bus *bus, IcCallers *callers);
void ic_subscribers_free(IcSubscribers *subscribers);

/* Of a caller that was allowed to; again is fine. False above IC_SUBSCRIBERS_MAX. */
bool ic_subscribers_add(IcSubscribers *subscribers, const char *unique_name);
void ic_subscribers_remove(IcSubscribers *subscribers, const char *unique_name);
bool ic_subscribers_is_empty(const IcSubscribers *subscribers);

/* Fills a signal with its arguments; negative errno: it is not sent. */
typedef int (*IcSignalFunc)(sd_bus_message *signal, gconstpointer data);
/* Sends a signal to each. A hint that the congested bus cannot take is dropped. */
void ic_subscribers_send(IcSubscribers *subscribers, const char *path, const char *interface,
        const char *member, IcSignalFunc fill, gconstpointer data);

/* For the next process on the same bus. What another bus gave out names for is not taken up: there
 * the same names are other people. */
GStrv ic_subscribers_export(const IcSubscribers *subscribers);
void ic_subscribers_restore(IcSubscribers *subscribers, const char *const *exported);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcSubscribers, ic_subscribers_free)
