/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* org.ircconn1.Server: IcStatus as properties, and Connect and Disconnect. What systemd alone knows
 * (restarts) and what only the worker knows (lag) cannot be answered without waiting for them, and
 * is not among the properties: Manager.ServerStatus() has it. */

#include "controller/server-interface.h"

#include "controller/connect.h"

#define OFFSET(member) offsetof(IcServerObject, status.member)
#define CONST SD_BUS_VTABLE_PROPERTY_CONST
#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION
#define ANYBODY SD_BUS_VTABLE_UNPRIVILEGED /* who may is decided in the handler */

static int get_bool(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *value, sd_bus_error *ret_error)
{
        return sd_bus_message_append(reply, "b", *(const bool *) value);
}

static int get_state(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *value, sd_bus_error *ret_error)
{
        return sd_bus_message_append(reply, "s", ic_state_name(*(const IcState *) value));
}

static int method_connect(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        IcServerObject *object = user_data;

        return ic_connect(object->controller, message, object->status.id, ret_error);
}

static int method_disconnect(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        IcServerObject *object = user_data;
        const char *quit;
        int r = sd_bus_message_read(message, "s", &quit);

        if (r < 0)
                return r;
        return ic_disconnect(object->controller, message, object->status.id, quit, ret_error);
}

const char *const ic_server_changing_properties[] = {"Name", "Address", "Port", "Tls", "State",
        "WaitingFor", "Healthy", "Wanted", "Since", "ConnectedAt", "Nickname", "Network",
        "Channels", "Pid", "Socket", "Attempts", "NextAttemptAt", "BlockedUntil", "BlockReason",
        "LastError", "LastErrorCode", NULL};

const sd_bus_vtable ic_server_vtable[] = {
        SD_BUS_VTABLE_START(0),

        SD_BUS_METHOD_WITH_ARGS(
                "Connect", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_connect, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("Disconnect", SD_BUS_ARGS("s", message), SD_BUS_NO_RESULT,
                method_disconnect, ANYBODY),

        SD_BUS_SIGNAL_WITH_ARGS("StateChanged", SD_BUS_ARGS("s", state, "s", reason), 0),

        SD_BUS_PROPERTY("Id", "u", NULL, OFFSET(id), CONST),
        SD_BUS_PROPERTY("Owner", "u", NULL, OFFSET(owner), CONST),
        SD_BUS_PROPERTY("Name", "s", NULL, OFFSET(name), CHANGES),
        SD_BUS_PROPERTY("Address", "s", NULL, OFFSET(address), CHANGES),
        SD_BUS_PROPERTY("Port", "q", NULL, OFFSET(port), CHANGES),
        SD_BUS_PROPERTY("Tls", "b", get_bool, OFFSET(is_tls), CHANGES),
        SD_BUS_PROPERTY("State", "s", get_state, OFFSET(state), CHANGES),
        SD_BUS_PROPERTY("WaitingFor", "s", NULL, OFFSET(waiting_for), CHANGES),
        SD_BUS_PROPERTY("Healthy", "b", get_bool, OFFSET(is_healthy), CHANGES),
        SD_BUS_PROPERTY("Wanted", "b", get_bool, OFFSET(is_wanted), CHANGES),
        SD_BUS_PROPERTY("Since", "x", NULL, OFFSET(since), CHANGES),
        SD_BUS_PROPERTY("ConnectedAt", "x", NULL, OFFSET(connected_at), CHANGES),
        SD_BUS_PROPERTY("Nickname", "s", NULL, OFFSET(nickname), CHANGES),
        SD_BUS_PROPERTY("Network", "s", NULL, OFFSET(network), CHANGES),
        SD_BUS_PROPERTY("Channels", "as", NULL, OFFSET(channels), CHANGES),
        SD_BUS_PROPERTY("Pid", "u", NULL, OFFSET(pid), CHANGES),
        SD_BUS_PROPERTY("Socket", "s", NULL, OFFSET(socket), CHANGES),
        SD_BUS_PROPERTY("Attempts", "u", NULL, OFFSET(attempts), CHANGES),
        SD_BUS_PROPERTY("NextAttemptAt", "x", NULL, OFFSET(next_attempt_at), CHANGES),
        SD_BUS_PROPERTY("BlockedUntil", "x", NULL, OFFSET(blocked_until), CHANGES),
        SD_BUS_PROPERTY("BlockReason", "s", NULL, OFFSET(block_reason), CHANGES),
        SD_BUS_PROPERTY("LastError", "s", NULL, OFFSET(last_error), CHANGES),
        SD_BUS_PROPERTY("LastErrorCode", "s", NULL, OFFSET(last_error_code), CHANGES),

        SD_BUS_VTABLE_END,
};
