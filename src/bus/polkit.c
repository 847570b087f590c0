/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* org.freedesktop.PolicyKit1.Authority.CheckAuthorization. */

#include "bus/polkit.h"

#include "bus/source.h"

#define CHECK_ALLOW_USER_INTERACTION 1u

int ic_polkit_ask(sd_bus *bus, const char *subject, const char *action, bool interactive,
        sd_bus_message_handler_t answered, void *user_data, sd_bus_slot **ret_slot)
{
        g_autoptr(sd_bus_message) question = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &question, "org.freedesktop.PolicyKit1",
                "/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1.Authority",
                "CheckAuthorization");
        if (r >= 0)
                r = sd_bus_message_append(question, "(sa{sv})sa{ss}us", "system-bus-name", 1,
                        "name", "s", subject, action, 0,
                        interactive ? CHECK_ALLOW_USER_INTERACTION : 0u, "");
        if (r >= 0)
                r = sd_bus_call_async(
                        bus, ret_slot, question, answered, user_data, IC_POLKIT_TIMEOUT_USEC);
        return r;
}

IcPolkitAnswer ic_polkit_read(sd_bus_message *reply)
{
        int is_authorized, is_challenge;

        if (sd_bus_message_is_method_error(reply, NULL))
                return IC_POLKIT_UNAVAILABLE;
        if (sd_bus_message_enter_container(reply, 'r', "bba{ss}") < 0 ||
                sd_bus_message_read(reply, "bb", &is_authorized, &is_challenge) < 0)
                return IC_POLKIT_UNAVAILABLE;
        if (is_authorized)
                return IC_POLKIT_AUTHORIZED;
        return is_challenge ? IC_POLKIT_CHALLENGE : IC_POLKIT_REFUSED;
}
