/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* org.ircconn1.Manager: unpacks and calls. dbus/org.ircconn1.Manager.xml documents it, and a test
 * holds the two together. */

#include "controller/manager-interface.h"

#include "controller/blocklist.h"
#include "controller/configure.h"
#include "controller/connect.h"
#include "controller/health.h"
#include "controller/history.h"
#include "controller/status.h"

#define ANYBODY SD_BUS_VTABLE_UNPRIVILEGED /* who may is decided in the handler */

static int method_connect(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        uint32_t id;
        int r = sd_bus_message_read(message, "u", &id);

        return r < 0 ? r : ic_connect(user_data, message, id, ret_error);
}

static int method_disconnect(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        const char *quit;
        uint32_t id;
        int r = sd_bus_message_read(message, "us", &id, &quit);

        return r < 0 ? r : ic_disconnect(user_data, message, id, quit, ret_error);
}

static int method_restart(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        uint32_t id;
        int r = sd_bus_message_read(message, "u", &id);

        return r < 0 ? r : ic_restart(user_data, message, id, ret_error);
}

static int method_status(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        return ic_status_all(user_data, message, ret_error);
}

static int method_server_status(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        uint32_t id;
        int r = sd_bus_message_read(message, "u", &id);

        return r < 0 ? r : ic_status_one(user_data, message, id, ret_error);
}

static int method_health_check(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        return ic_health_check(user_data, message, ret_error);
}

static int method_add_server(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        return ic_configure_add(user_data, message, ret_error);
}

static int method_update_server(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        return ic_configure_update(user_data, message, ret_error);
}

static int method_remove_server(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        return ic_configure_remove(user_data, message, ret_error);
}

static int method_set_credential(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        return ic_configure_set_credential(user_data, message, ret_error);
}

static int method_list_blocked(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        return ic_blocklist_list(user_data, message, ret_error);
}

static int method_block(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        return ic_blocklist_block(user_data, message, ret_error);
}

static int method_unblock(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        return ic_blocklist_unblock(user_data, message, ret_error);
}

static int method_get_messages(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        return ic_history_get(user_data, message, ret_error);
}

static int method_search(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        return ic_history_search(user_data, message, ret_error);
}

const sd_bus_vtable ic_manager_vtable[] = {
        SD_BUS_VTABLE_START(0),

        SD_BUS_METHOD_WITH_ARGS(
                "Connect", SD_BUS_ARGS("u", id), SD_BUS_NO_RESULT, method_connect, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("Disconnect", SD_BUS_ARGS("u", id, "s", message), SD_BUS_NO_RESULT,
                method_disconnect, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS(
                "Restart", SD_BUS_ARGS("u", id), SD_BUS_NO_RESULT, method_restart, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS(
                "Status", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sv}", status), method_status, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("ServerStatus", SD_BUS_ARGS("u", id),
                SD_BUS_RESULT("a{sv}", status), method_server_status, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("HealthCheck", SD_BUS_NO_ARGS, SD_BUS_RESULT("au", cleared),
                method_health_check, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("AddServer", SD_BUS_ARGS("a{sv}", settings), SD_BUS_RESULT("u", id),
                method_add_server, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("UpdateServer", SD_BUS_ARGS("u", id, "a{sv}", settings),
                SD_BUS_NO_RESULT, method_update_server, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("RemoveServer", SD_BUS_ARGS("u", id), SD_BUS_NO_RESULT,
                method_remove_server, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("SetCredential", SD_BUS_ARGS("u", id, "s", name, "ay", secret),
                SD_BUS_NO_RESULT, method_set_credential, ANYBODY | SD_BUS_VTABLE_SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("ListBlocked", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", blocked),
                method_list_blocked, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("Block",
                SD_BUS_ARGS("u", id, "s", channel, "t", seconds, "s", reason), SD_BUS_NO_RESULT,
                method_block, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("Unblock", SD_BUS_ARGS("u", id, "s", channel), SD_BUS_NO_RESULT,
                method_unblock, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("GetMessages",
                SD_BUS_ARGS("u", id, "s", target, "x", before_id, "u", limit),
                SD_BUS_RESULT("aa{sv}", messages), method_get_messages, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("Search", SD_BUS_ARGS("u", id, "s", query, "u", limit),
                SD_BUS_RESULT("aa{sv}", messages), method_search, ANYBODY),

        SD_BUS_VTABLE_END,
};
