/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A controller and the worker of connection 3 with answers that are always the same, for tests of
 * ircctl: "fake-bus BUS-ADDRESS ROLE", where the role is controller or worker. Each call is told on
 * standard output, a line each. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/reply.h"
#include "bus/source.h"

#define WORKER_NAME "org.ircconn1.Connection.N3"
#define WORKER_PATH "/org/ircconn1/connection/3"

/* Each argument of the call, with its type's letter, as in "s:hello ay:5". */
static int print_arguments(sd_bus_message *message)
{
        const char *contents, *text;
        const void *bytes;
        uint32_t number;
        int64_t time;
        uint64_t span;
        size_t size;
        char type;
        int r;

        while ((r = sd_bus_message_peek_type(message, &type, &contents)) > 0) {
                if (type == 's' && (r = sd_bus_message_read(message, "s", &text)) >= 0)
                        printf(" s:%s", text);
                else if (type == 'u' && (r = sd_bus_message_read(message, "u", &number)) >= 0)
                        printf(" u:%u", number);
                else if (type == 't' && (r = sd_bus_message_read(message, "t", &span)) >= 0)
                        printf(" t:%llu", (unsigned long long) span);
                else if (type == 'x' && (r = sd_bus_message_read(message, "x", &time)) >= 0)
                        printf(" x:%lld", (long long) time);
                else if (type == 'a' && strcmp(contents, "y") == 0 &&
                         (r = sd_bus_message_read_array(message, 'y', &bytes, &size)) >= 0)
                        printf(" ay:%.*s", (int) size, (const char *) bytes);
                else if (strchr("aev", type) &&
                         (r = sd_bus_message_enter_container(message, type, contents)) >= 0) {
                        r = print_arguments(message);
                        if (r >= 0)
                                r = sd_bus_message_exit_container(message);
                }
                if (r < 0)
                        return r;
        }
        return r;
}

static int tell(sd_bus_message *message)
{
        int r;

        printf("%s", sd_bus_message_get_member(message));
        r = print_arguments(message);
        putchar('\n');
        fflush(stdout);
        return r < 0 ? r : sd_bus_message_rewind(message, true);
}

static int method_plain(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        uint32_t id;
        int r = tell(message);

        if (r >= 0)
                r = sd_bus_message_read(message, "u", &id);
        if (r >= 0 && id > 3)
                return sd_bus_error_setf(ret_error, "org.ircconn1.Error.NoSuchServer",
                        "There is no connection %u.", id);
        return r < 0 ? r : sd_bus_reply_method_return(message, NULL);
}

static int method_add(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        int r = tell(message);

        return r < 0 ? r : sd_bus_reply_method_return(message, "u", 7u);
}

static int method_status(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        return sd_bus_reply_method_return(message, "a{sv}", 3, "connections", "au", 1, 3u, "total",
                "u", 3u, "connected", "u", 1u);
}

static int method_server_status(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        const char *const channels[] = {"#ruby", "#c", NULL};
        IcStatus status = {.name = (char *) "home",
                .address = (char *) "irc.example.org",
                .port = 6697,
                .is_tls = true,
                .lag = -1};
        g_autoptr(sd_bus_message) reply = NULL;
        int r = sd_bus_message_read(message, "u", &status.id);

        if (r < 0)
                return r;
        if (status.id > 3)
                return sd_bus_error_setf(ret_error, "org.ircconn1.Error.NoSuchServer",
                        "There is no connection %u.", status.id);
        if (status.id == 2) {
                status.state = IC_STATE_BLOCKED;
                status.is_wanted = true;
                status.attempts = 3;
                status.blocked_until = 1700000000000000;
                status.block_reason = (char *) "wrong\033 password";
                status.last_error = (char *) "904";
                status.last_error_code = (char *) "credentials";
        }
        if (status.id == 3) {
                status.name = (char *) "work";
                status.state = IC_STATE_CONNECTED;
                status.is_healthy = true;
                status.nickname = (char *) "ada\033[31m";
                status.network = (char *) "Exämple";
                status.channels = (GStrv) channels;
                status.connected_at = status.since = 1700000000000000;
        }
        r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = ic_bus_append_status(reply, &status);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_blocked(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        return sd_bus_reply_method_return(message, "aa{sv}", 2, 7, "server", "u", 2u, "channel",
                "s", "", "reason", "s", "wrong\033 password", "attempts", "u", 3u, "permanent", "b",
                0, "since", "x", (int64_t) 1699996400000000, "until", "x",
                (int64_t) 1700000000000000, 5, "server", "u", 3u, "channel", "s", "#ruby",
                "attempts", "u", 0u, "permanent", "b", 1, "since", "x", (int64_t) 1700000000000000);
}

static int method_objects(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        /* Called for all that is sent to the path, before the vtables are. */
        if (!sd_bus_message_is_method_call(
                    message, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"))
                return 0;
        return sd_bus_reply_method_return(message, "a{oa{sa{sv}}}", 3, "/org/ircconn1/server/3", 1,
                "org.ircconn1.Server", 1, "Name", "s", "work", "/org/ircconn1/server/1", 0,
                "/org/ircconn1/server/2", 0);
}

static int append_row(sd_bus_message *reply, int64_t id, const char *type, const char *content)
{
        return sd_bus_message_append(reply, "a{sv}", 6, "id", "x", id, "target", "s", "#ruby",
                "sender", "s", "bob", "message_type", "s", type, "content", "s", content, "sent_at",
                "x", (int64_t) 1700000000000000);
}

static int method_messages(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        g_autoptr(sd_bus_message) reply = NULL;
        int r = tell(message);

        if (r >= 0)
                r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        if (r >= 0)
                r = append_row(reply, 10, "privmsg", "one");
        if (r >= 0)
                r = append_row(reply, 11, "action", "waves\033]0;x\a\n<eve> twice");
        if (r >= 0)
                r = append_row(reply, 12, "join", "");
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_command(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        int r = tell(message);

        return r < 0 ? r : sd_bus_reply_method_return(message, NULL);
}

static int signal_message(sd_bus *bus, const char *to, int64_t id, const char *content)
{
        g_autoptr(sd_bus_message) signal = NULL;
        int r = sd_bus_message_new_signal(
                bus, &signal, WORKER_PATH, IC_CONNECTION_INTERFACE, "MessageReceived");

        if (r >= 0)
                r = sd_bus_message_set_destination(signal, to);
        if (r >= 0)
                r = sd_bus_message_append(signal, "xssssxa{sv}", id, "#ruby", "bob", "privmsg",
                        content, (int64_t) 1700000000000000, 1, "account", "s", "bobby");
        return r < 0 ? r : sd_bus_send(bus, signal, NULL);
}

/* Row 10 for the first subscriber, row 13 for the one that is back; the history has 10 to 12. */
static int method_subscribe(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        sd_bus *bus = sd_bus_message_get_bus(message);
        const char *to = sd_bus_message_get_sender(message);
        int64_t id = *(int64_t *) user_data;
        int r = tell(message);

        if (r >= 0)
                r = sd_bus_reply_method_return(message, NULL);
        if (r >= 0)
                r = signal_message(bus, to, id, id == 10 ? "one" : "thirteen");
        return r < 0 ? r
                     : sd_bus_emit_signal(bus, WORKER_PATH, IC_CONNECTION_INTERFACE, "Kicked",
                               "sss", "#c", "eve", "");
}

static const sd_bus_vtable manager[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Connect", "u", NULL, method_plain, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Disconnect", "us", NULL, method_plain, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Restart", "u", NULL, method_plain, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("RemoveServer", "u", NULL, method_plain, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("UpdateServer", "ua{sv}", NULL, method_plain, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("SetCredential", "usay", NULL, method_plain, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("ListBlocked", NULL, "aa{sv}", method_blocked, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Block", "usts", NULL, method_plain, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Unblock", "us", NULL, method_plain, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("AddServer", "a{sv}", "u", method_add, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Status", NULL, "a{sv}", method_status, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD(
                "ServerStatus", "u", "a{sv}", method_server_status, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("GetMessages", "usxu", "aa{sv}", method_messages, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Search", "usu", "aa{sv}", method_messages, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable connection[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Join", "ss", NULL, method_command, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Part", "ss", NULL, method_command, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Privmsg", "ss", NULL, method_command, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Notice", "ss", NULL, method_command, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Nick", "s", NULL, method_command, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Subscribe", NULL, NULL, method_subscribe, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static int take_role(sd_bus *bus, const char *role, int64_t *first_id)
{
        int r;

        if (strcmp(role, "controller") == 0) {
                r = sd_bus_add_object_vtable(
                        bus, NULL, IC_MANAGER_PATH, IC_MANAGER_INTERFACE, manager, NULL);
                if (r >= 0)
                        r = sd_bus_add_object(bus, NULL, IC_MANAGER_PATH, method_objects, NULL);
                return r < 0 ? r : sd_bus_request_name(bus, IC_BUS_NAME, 0);
        }
        *first_id = strcmp(role, "worker") == 0 ? 10 : 13;
        r = sd_bus_add_object_vtable(
                bus, NULL, WORKER_PATH, IC_CONNECTION_INTERFACE, connection, first_id);
        return r < 0 ? r : sd_bus_request_name(bus, WORKER_NAME, 0);
}

int main(int argc, char **argv)
{
        g_autoptr(sd_bus) bus = NULL;
        int64_t first_id = 0;
        int r;

        if (argc != 3)
                return EXIT_FAILURE;
        r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_bus_set_address(bus, argv[1]);
        if (r >= 0)
                r = sd_bus_set_bus_client(bus, true);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r >= 0)
                r = take_role(bus, argv[2], &first_id);
        if (r >= 0) {
                puts("ready");
                fflush(stdout);
        }
        while (r >= 0) {
                r = sd_bus_process(bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(bus, UINT64_MAX);
        }
        fprintf(stderr, "fake-bus: %s\n", strerror(-r));
        return EXIT_FAILURE;
}
