/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Calls that wait for systemd. */

#include "controller/call.h"

#include "bus/reply.h"
#include "store/tenants.h"

IcCall *ic_call_new(IcController *controller, sd_bus_message *message)
{
        IcCall *call = g_new0(IcCall, 1);

        call->controller = controller;
        call->message = sd_bus_message_ref(message);
        call->caller = ic_callers_uid(controller->callers, message);
        call->owner = (uid_t) -1;
        controller->n_pending++;
        return call;
}

int ic_call_admit_for(IcController *controller, sd_bus_message *message, uid_t owner,
        const char *action, IcCall **ret, sd_bus_error *ret_error)
{
        int r = ic_callers_check(controller->callers, message, owner, action, ret_error);

        if (r > 0)
                *ret = ic_call_new(controller, message);
        return r;
}

int ic_call_admit(IcController *controller, sd_bus_message *message, uint32_t id, IcCall **ret,
        sd_bus_error *ret_error)
{
        g_autoptr(GError) error = NULL;
        uid_t owner;
        int r;

        if (!ic_tenants_owner(controller->state_dir, id, &owner, &error))
                return ic_bus_error_set(ret_error, error);
        r = ic_call_admit_for(controller, message, owner, IC_ACTION_MANAGE, ret, ret_error);
        if (r > 0) {
                (*ret)->id = id;
                (*ret)->owner = owner;
        }
        return r;
}

void ic_call_free(IcCall *call)
{
        if (!call)
                return;
        call->controller->n_pending--;
        sd_bus_message_unref(call->message);
        g_free(call);
}

void ic_call_return(IcCall *call)
{
        if (call->message)
                sd_bus_reply_method_return(call->message, NULL);
}

void ic_call_fail(IcCall *call, const GError *error)
{
        g_auto(sd_bus_error) bus_error = SD_BUS_ERROR_NULL;

        if (!call->message)
                return;
        ic_bus_error_set(&bus_error, error);
        sd_bus_reply_method_error(call->message, &bus_error);
}

int ic_call_begin_reply(IcCall *call, sd_bus_message **ret)
{
        return sd_bus_message_new_method_return(call->message, ret);
}

void ic_call_send_reply(IcCall *call, sd_bus_message *reply, int filled)
{
        if (filled >= 0)
                sd_bus_send(call->controller->bus, reply, NULL);
        else
                sd_bus_reply_method_errno(call->message, filled, NULL);
}
