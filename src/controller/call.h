/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A method call that is answered later. */

#pragma once

#include "controller/controller.h"

typedef struct {
        IcController *controller;
        sd_bus_message *message; /* NULL: work of the controller's own, nobody is answered */
        uid_t caller;
        uint32_t id;
        uid_t owner;
} IcCall;

/* Takes a call about server `id` whose caller may manage it. 1: *ret is it. 0: polkit is being
 * asked; return 1 from the handler. Negative: refused, `ret_error` is set. */
int ic_call_admit(IcController *controller, sd_bus_message *message, uint32_t id, IcCall **ret,
        sd_bus_error *ret_error);
/* The same without a server: `owner` as in ic_callers_check(). */
int ic_call_admit_for(IcController *controller, sd_bus_message *message, uid_t owner,
        const char *action, IcCall **ret, sd_bus_error *ret_error);
/* One that everybody may make; `message` NULL: work of the controller's own. */
IcCall *ic_call_new(IcController *controller, sd_bus_message *message);
void ic_call_free(IcCall *call);

void ic_call_return(IcCall *call);
void ic_call_fail(IcCall *call, const GError *error);
/* For an answer with content: fill, then send. */
int ic_call_begin_reply(IcCall *call, sd_bus_message **ret);
void ic_call_send_reply(IcCall *call, sd_bus_message *reply, int filled);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcCall, ic_call_free)
