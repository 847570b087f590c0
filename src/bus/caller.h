/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Who calls us: every method call is held back until the bus has said who its sender is, and, where
 * a handler asks for it, until polkit has decided; then it is dispatched (again), so that handlers
 * are plain synchronous functions. Nothing blocks the loop. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "base/name.h"

typedef struct IcCallers IcCallers;

/* Hooks itself into `bus` as a filter; lives shorter than it. */
IcCallers *ic_callers_new(sd_bus *bus, IcScope scope);
void ic_callers_free(IcCallers *callers);

/* The uid of the sender of the call being dispatched; always known inside a handler. */
uid_t ic_callers_uid(IcCallers *callers, sd_bus_message *message);

/* For the start of a handler. 1: go on. 0: polkit is being asked; return 1 from the handler at
 * once, it is called again with the same message. Negative: refused, `ret_error` is set to
 * org.ircconn1.Error.AccessDenied; return it. Root, `owner` and, on the session bus, the bus's own
 * user need no asking. `owner` (uid_t) -1: no owner. `action` as in data/org.ircconn1.policy. */
int ic_callers_check(IcCallers *callers, sd_bus_message *message, uid_t owner, const char *action,
        sd_bus_error *ret_error);

/* Called when a name that made calls has left the bus. */
typedef void (*IcCallerGoneFunc)(const char *unique_name, gpointer user_data);
void ic_callers_on_gone(IcCallers *callers, IcCallerGoneFunc gone, gpointer user_data);
/* From now on `unique_name` is not forgotten before it leaves the bus, and when it does (or has
 * already) the function above is called, even if it never made a call. Negative errno. */
int ic_callers_watch(IcCallers *callers, const char *unique_name);
void ic_callers_unwatch(IcCallers *callers, const char *unique_name);

/* How many names that made calls are still on the bus, the quietest left out above
 * IC_CALLERS_MAX. */
guint ic_callers_count(IcCallers *callers);
#define IC_CALLERS_MAX 256u       /* below the 512 matches that dbus-daemon allows a connection */
#define IC_CALLER_HELD_MAX 128u   /* calls of one sender that wait for the bus or for polkit */
#define IC_CALLERS_HELD_MAX 1024u /* of all senders */

#define IC_ACTION_MANAGE "org.ircconn1.manage" /* another user's connections */
#define IC_ACTION_ADD "org.ircconn1.add"       /* a connection of one's own */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcCallers, ic_callers_free)
