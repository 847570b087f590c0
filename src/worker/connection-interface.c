/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Methods become commands of the session, which answers when they are done; events become signals.
 * All that carries a name or a text goes to subscribers only; what is broadcast, StateChanged and
 * PropertiesChanged, says that something changed, in words of our own. */

#include "worker/connection-interface.h"

#include <errno.h>

#include "base/name.h"
#include "bus/reply.h"
#include "bus/source.h"
#include "bus/subscribers.h"
#include "wire/command.h"

struct IcConnectionInterface {
        sd_bus *bus;
        IcCallers *callers;
        IcSession *session;
        uid_t owner;
        char *path;
        IcSubscribers *subscribers;
        sd_bus_slot *slot;
};

/* Which fields of IcCommand the arguments of a method fill, in their order. */
typedef struct {
        gsize offset;
        bool is_optional; /* "" is the same as none */
} Argument;

#define ARGUMENTS_MAX 3

typedef struct {
        const char *member;
        IcCommandType type;
        guint n_arguments; /* strings; a list after them goes to `arguments`, a number to `time` */
        Argument arguments[ARGUMENTS_MAX];
} Method;

#define NEEDED(field)                                                                              \
        {                                                                                          \
                G_STRUCT_OFFSET(IcCommand, field), false                                           \
        }
#define OPTIONAL(field)                                                                            \
        {                                                                                          \
                G_STRUCT_OFFSET(IcCommand, field), true                                            \
        }

static const Method methods[] = {
        {"Join", IC_COMMAND_JOIN, 2, {NEEDED(channel), OPTIONAL(key)}},
        {"Part", IC_COMMAND_PART, 2, {NEEDED(channel), OPTIONAL(message)}},
        {"Privmsg", IC_COMMAND_PRIVMSG, 2, {NEEDED(target), NEEDED(message)}},
        {"Notice", IC_COMMAND_NOTICE, 2, {NEEDED(target), NEEDED(message)}},
        {"Nick", IC_COMMAND_NICK, 1, {NEEDED(nickname)}},
        {"Quit", IC_COMMAND_QUIT, 1, {OPTIONAL(message)}},
        {"Away", IC_COMMAND_AWAY, 1, {OPTIONAL(message)}},
        {"Topic", IC_COMMAND_TOPIC, 2, {NEEDED(channel), NEEDED(message)}},
        {"Mode", IC_COMMAND_MODE, 2, {NEEDED(target), NEEDED(modes)}},
        {"Kick", IC_COMMAND_KICK, 3, {NEEDED(channel), NEEDED(nickname), OPTIONAL(message)}},
        {"Invite", IC_COMMAND_INVITE, 2, {NEEDED(nickname), NEEDED(channel)}},
        {"Raw", IC_COMMAND_RAW, 1, {NEEDED(message)}},
        {"MarkRead", IC_COMMAND_MARK_READ, 1, {NEEDED(target)}},
        {"Redact", IC_COMMAND_REDACT, 3, {NEEDED(target), NEEDED(msgid), OPTIONAL(message)}},
        {"RestartConnection", IC_COMMAND_RESTART_CONNECTION, 0, {{0}}},
        {"Refresh", IC_COMMAND_REFRESH, 1, {NEEDED(message)}},
};

static const Method *method_find(const char *member)
{
        for (gsize i = 0; i < G_N_ELEMENTS(methods); i++)
                if (g_str_equal(methods[i].member, member))
                        return &methods[i];
        g_return_val_if_reached(NULL);
}

static int read_command(sd_bus_message *message, const Method *method, IcCommand *command)
{
        g_autoptr(GStrvBuilder) list = g_strv_builder_new();
        const char *text;
        int r = 0;

        command->type = method->type;
        for (guint i = 0; i < method->n_arguments; i++) {
                const Argument *argument = &method->arguments[i];

                r = sd_bus_message_read_basic(message, 's', &text);
                if (r < 0)
                        return r;
                if (*text || !argument->is_optional)
                        G_STRUCT_MEMBER(char *, command, argument->offset) = g_strdup(text);
        }
        if (method->type == IC_COMMAND_MARK_READ)
                return sd_bus_message_read_basic(message, 'x', &command->time);
        if (method->type != IC_COMMAND_MODE)
                return 0;
        r = sd_bus_message_enter_container(message, 'a', "s");
        while (r >= 0 && (r = sd_bus_message_read_basic(message, 's', &text)) > 0)
                g_strv_builder_add(list, text);
        if (r >= 0)
                command->arguments = g_strv_builder_end(list);
        return r;
}

/* `user_data` is the call, which is let go here: nothing else need live until then. */
static void on_done(const GError *error, const IcStatus *status, gpointer user_data)
{
        g_autoptr(sd_bus_message) call = user_data;
        g_auto(sd_bus_error) bus_error = SD_BUS_ERROR_NULL;

        if (error) {
                ic_bus_error_set(&bus_error, error);
                sd_bus_reply_method_error(call, &bus_error);
        } else {
                sd_bus_reply_method_return(call, NULL);
        }
}

static int method_command(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        IcConnectionInterface *interface = user_data;
        g_auto(IcCommand) command = {0};
        g_autoptr(GError) error = NULL;
        int r;

        r = ic_callers_check(
                interface->callers, message, interface->owner, IC_ACTION_MANAGE, ret_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = read_command(message, method_find(sd_bus_message_get_member(message)), &command);
        if (r < 0)
                return r;
        if (!ic_command_validate(&command, &error))
                return ic_bus_error_set(ret_error, error);
        ic_session_submit(interface->session, &command, on_done, sd_bus_message_ref(message));
        return 1;
}

static int append_text(sd_bus_message *signal, const char *key, const char *text)
{
        return text ? sd_bus_message_append(signal, "{sv}", key, "s", text) : 0;
}

typedef struct {
        sd_bus_message *reply;
        int r;
} UserList;

static void append_user(
        const char *nickname, const char *account, const char *prefixes, gpointer user_data)
{
        UserList *list = user_data;

        if (list->r >= 0)
                list->r = sd_bus_message_append(list->reply, "(sss)", nickname, account, prefixes);
}

static int refuse_channel(sd_bus_error *ret_error)
{
        g_autoptr(GError) error = g_error_new_literal(
                IC_ERROR, IC_ERROR_NOT_IN_CHANNEL, "The connection is not in that channel");

        return ic_bus_error_set(ret_error, error);
}

static int method_get_users(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        IcConnectionInterface *interface = user_data;
        g_autoptr(sd_bus_message) reply = NULL;
        UserList list;
        const char *channel;
        int r;

        r = ic_callers_check(
                interface->callers, message, interface->owner, IC_ACTION_MANAGE, ret_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = sd_bus_message_read(message, "s", &channel);
        if (r >= 0)
                r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(sss)");
        if (r < 0)
                return r;
        list = (UserList){.reply = reply};
        if (!ic_session_foreach_user(interface->session, channel, append_user, &list))
                return refuse_channel(ret_error);
        r = list.r;
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(interface->bus, reply, NULL);
}

static int append_channel(sd_bus_message *reply, const IrcChannelFacts *facts, const char *modes)
{
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");

        if (r >= 0)
                r = append_text(reply, "topic", facts->topic);
        if (r >= 0)
                r = append_text(reply, "topic_by", facts->topic_by);
        if (r >= 0 && facts->topic_at != 0)
                r = sd_bus_message_append(reply, "{sv}", "topic_at", "x", facts->topic_at);
        if (r >= 0 && facts->created_at != 0)
                r = sd_bus_message_append(reply, "{sv}", "created_at", "x", facts->created_at);
        if (r >= 0 && facts->has_modes)
                r = append_text(reply, "modes", modes ? modes : "+");
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int method_get_channel(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        IcConnectionInterface *interface = user_data;
        g_autoptr(sd_bus_message) reply = NULL;
        g_autofree char *modes = NULL;
        IrcChannelFacts facts;
        const char *channel;
        int r;

        r = ic_callers_check(
                interface->callers, message, interface->owner, IC_ACTION_MANAGE, ret_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = sd_bus_message_read(message, "s", &channel);
        if (r < 0)
                return r;
        if (!ic_session_get_channel(interface->session, channel, &facts, &modes))
                return refuse_channel(ret_error);
        r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = append_channel(reply, &facts, modes);
        return r < 0 ? r : sd_bus_send(interface->bus, reply, NULL);
}

/* For a next process that takes the link up. Who has left in the meantime is found out then. */
static void remember_subscribers(IcConnectionInterface *interface)
{
        g_auto(GStrv) names = ic_subscribers_export(interface->subscribers);

        ic_session_remember_listeners(interface->session, (const char *const *) names);
}

static void recall_subscribers(IcConnectionInterface *interface)
{
        g_auto(GStrv) names = ic_session_recall_listeners(interface->session);

        ic_subscribers_restore(interface->subscribers, (const char *const *) names);
}

static int method_subscribe(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        IcConnectionInterface *interface = user_data;
        g_autoptr(GError) error = NULL;
        int r;

        r = ic_callers_check(
                interface->callers, message, interface->owner, IC_ACTION_MANAGE, ret_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        if (!ic_subscribers_add(interface->subscribers, sd_bus_message_get_sender(message))) {
                g_set_error(&error, IC_ERROR, IC_ERROR_LIMIT,
                        "A connection has at most %u subscribers", IC_SUBSCRIBERS_MAX);
                return ic_bus_error_set(ret_error, error);
        }
        remember_subscribers(interface);
        return sd_bus_reply_method_return(message, NULL);
}

static int method_unsubscribe(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        IcConnectionInterface *interface = user_data;

        ic_subscribers_remove(interface->subscribers, sd_bus_message_get_sender(message));
        remember_subscribers(interface);
        return sd_bus_reply_method_return(message, NULL);
}

/* A property cannot wait for polkit: the owner and root read them, and nobody else. */
static bool may_read(const IcConnectionInterface *interface, sd_bus_error *ret_error)
{
        sd_bus_message *call = sd_bus_get_current_message(interface->bus);
        uid_t uid = call ? ic_callers_uid(interface->callers, call) : (uid_t) -1;

        if (uid == 0 || uid == interface->owner)
                return true;
        sd_bus_error_set(ret_error, ic_error_bus_name(IC_ERROR_ACCESS_DENIED),
                "Only the owner of the connection and root may read this");
        return false;
}

static int get_state(sd_bus *bus, const char *path, const char *name, const char *property,
        sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        IcConnectionInterface *interface = user_data;
        g_auto(IcStatus) status = {0};

        ic_session_get_status(interface->session, &status);
        return sd_bus_message_append(reply, "s", ic_state_name(status.state));
}

static int get_fact(sd_bus *bus, const char *path, const char *name, const char *property,
        sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        IcConnectionInterface *interface = user_data;
        g_auto(IcStatus) status = {0};

        if (!may_read(interface, ret_error))
                return -EACCES;
        ic_session_get_status(interface->session, &status);
        if (g_str_equal(property, "Nickname"))
                return sd_bus_message_append(reply, "s", status.nickname ? status.nickname : "");
        if (g_str_equal(property, "Network"))
                return sd_bus_message_append(reply, "s", status.network ? status.network : "");
        if (g_str_equal(property, "Channels"))
                return sd_bus_message_append_strv(reply, status.channels);
        if (g_str_equal(property, "ConnectedAt"))
                return sd_bus_message_append(reply, "x", status.connected_at);
        return sd_bus_message_append(reply, "x", status.lag);
}

#define ANYBODY SD_BUS_VTABLE_UNPRIVILEGED /* who may is decided in the handler */
#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION
#define COMMAND(name, ...)                                                                         \
        SD_BUS_METHOD_WITH_ARGS(                                                                   \
                name, SD_BUS_ARGS(__VA_ARGS__), SD_BUS_NO_RESULT, method_command, ANYBODY)

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),

        COMMAND("Join", "s", channel, "s", key),
        COMMAND("Part", "s", channel, "s", message),
        COMMAND("Privmsg", "s", target, "s", message),
        COMMAND("Notice", "s", target, "s", message),
        COMMAND("Nick", "s", nickname),
        COMMAND("Quit", "s", message),
        COMMAND("Away", "s", message),
        COMMAND("Topic", "s", channel, "s", topic),
        COMMAND("Mode", "s", target, "s", modes, "as", arguments),
        COMMAND("Kick", "s", channel, "s", nickname, "s", message),
        COMMAND("Invite", "s", nickname, "s", channel),
        COMMAND("Raw", "s", line),
        COMMAND("MarkRead", "s", target, "x", time),
        COMMAND("Redact", "s", target, "s", msgid, "s", message),
        SD_BUS_METHOD_WITH_ARGS(
                "RestartConnection", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_command, ANYBODY),
        COMMAND("Refresh", "s", what),
        SD_BUS_METHOD_WITH_ARGS("GetUsers", SD_BUS_ARGS("s", channel),
                SD_BUS_RESULT("a(sss)", users), method_get_users, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("GetChannel", SD_BUS_ARGS("s", channel),
                SD_BUS_RESULT("a{sv}", facts), method_get_channel, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS(
                "Subscribe", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_subscribe, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS(
                "Unsubscribe", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_unsubscribe, ANYBODY),

        SD_BUS_PROPERTY("State", "s", get_state, 0, CHANGES),
        SD_BUS_PROPERTY("Nickname", "s", get_fact, 0, CHANGES),
        SD_BUS_PROPERTY("Network", "s", get_fact, 0, CHANGES),
        SD_BUS_PROPERTY("Channels", "as", get_fact, 0, CHANGES),
        SD_BUS_PROPERTY("ConnectedAt", "x", get_fact, 0, CHANGES),
        SD_BUS_PROPERTY("Lag", "x", get_fact, 0, 0),

        SD_BUS_SIGNAL_WITH_ARGS("StateChanged", SD_BUS_ARGS("s", state, "s", reason), 0),
        SD_BUS_SIGNAL_WITH_ARGS("Connected", SD_BUS_NO_ARGS, 0),
        SD_BUS_SIGNAL_WITH_ARGS("Ready", SD_BUS_ARGS("s", nickname), 0),
        SD_BUS_SIGNAL_WITH_ARGS("Disconnected", SD_BUS_ARGS("s", reason), 0),
        SD_BUS_SIGNAL_WITH_ARGS("ConnectionFailed", SD_BUS_ARGS("u", attempt, "s", reason), 0),
        SD_BUS_SIGNAL_WITH_ARGS("MessageReceived",
                SD_BUS_ARGS("x", id, "s", target, "s", sender, "s", message_type, "s", content, "x",
                        sent_at, "a{sv}", details),
                0),
        SD_BUS_SIGNAL_WITH_ARGS("Joined", SD_BUS_ARGS("s", channel), 0),
        SD_BUS_SIGNAL_WITH_ARGS("Parted", SD_BUS_ARGS("s", channel), 0),
        SD_BUS_SIGNAL_WITH_ARGS("Kicked", SD_BUS_ARGS("s", channel, "s", by, "s", reason), 0),
        SD_BUS_SIGNAL_WITH_ARGS("NickChanged", SD_BUS_ARGS("s", nickname), 0),
        SD_BUS_SIGNAL_WITH_ARGS("TopicChanged", SD_BUS_ARGS("s", channel, "s", by, "s", topic), 0),
        SD_BUS_SIGNAL_WITH_ARGS("UsersChanged", SD_BUS_ARGS("s", channel), 0),
        SD_BUS_SIGNAL_WITH_ARGS("Invited", SD_BUS_ARGS("s", channel, "s", by), 0),
        SD_BUS_SIGNAL_WITH_ARGS("Error", SD_BUS_ARGS("s", code, "s", message), 0),

        SD_BUS_VTABLE_END,
};

static int fill_message(sd_bus_message *signal, const IrcEffect *effect)
{
        const gint64 received_at = effect->message.received_at;
        const gint64 sent_at = effect->message.sent_at ? effect->message.sent_at : received_at;
        int r;

        r = sd_bus_message_append(signal, "xssssx", effect->message.row_id, effect->message.target,
                effect->message.sender, irc_message_type_name(effect->message.type),
                effect->message.content ? effect->message.content : "", sent_at);
        if (r >= 0)
                r = sd_bus_message_open_container(signal, 'a', "{sv}");
        if (r >= 0)
                r = append_text(signal, "channel", effect->message.channel);
        if (r >= 0)
                r = append_text(signal, "source", effect->message.source);
        if (r >= 0)
                r = append_text(signal, "account", effect->message.account);
        if (r >= 0)
                r = append_text(signal, "msgid", effect->message.msgid);
        if (r >= 0)
                r = append_text(signal, "reply_to", effect->message.reply_to);
        if (r >= 0)
                r = append_text(signal, "context", effect->message.context);
        if (r >= 0)
                r = sd_bus_message_append(signal, "{sv}{sv}{sv}", "is_self", "b",
                        (int) effect->message.is_self, "is_bot", "b", (int) effect->message.is_bot,
                        "received_at", "x", received_at);
        return r < 0 ? r : sd_bus_message_close_container(signal);
}

static int fill_event(sd_bus_message *signal, gconstpointer data)
{
        const IcEvent *event = data;

        switch (event->type) {
        case IC_EVENT_STATE_CHANGED:
                return sd_bus_message_append(
                        signal, "ss", ic_state_name(event->state), event->text);
        case IC_EVENT_CONNECTED:
                return 0;
        case IC_EVENT_READY:
        case IC_EVENT_NICK_CHANGED:
                return sd_bus_message_append(signal, "s", event->nickname);
        case IC_EVENT_DISCONNECTED:
                return sd_bus_message_append(signal, "s", event->text);
        case IC_EVENT_CONNECTION_FAILED:
                return sd_bus_message_append(signal, "us", event->attempt, event->text);
        case IC_EVENT_MESSAGE:
                return fill_message(signal, event->message);
        case IC_EVENT_JOINED:
        case IC_EVENT_PARTED:
        case IC_EVENT_USERS_CHANGED:
                return sd_bus_message_append(signal, "s", event->channel);
        case IC_EVENT_KICKED:
        case IC_EVENT_TOPIC_CHANGED:
                return sd_bus_message_append(
                        signal, "sss", event->channel, event->nickname, event->text);
        case IC_EVENT_INVITED:
                return sd_bus_message_append(signal, "ss", event->channel, event->nickname);
        case IC_EVENT_ERROR:
                return sd_bus_message_append(signal, "ss", event->code, event->text);
        }
        g_return_val_if_reached(-EINVAL);
}

static const char *signal_name(IcEventType type)
{
        switch (type) {
        case IC_EVENT_STATE_CHANGED:
                return "StateChanged";
        case IC_EVENT_CONNECTED:
                return "Connected";
        case IC_EVENT_READY:
                return "Ready";
        case IC_EVENT_DISCONNECTED:
                return "Disconnected";
        case IC_EVENT_CONNECTION_FAILED:
                return "ConnectionFailed";
        case IC_EVENT_MESSAGE:
                return "MessageReceived";
        case IC_EVENT_JOINED:
                return "Joined";
        case IC_EVENT_PARTED:
                return "Parted";
        case IC_EVENT_KICKED:
                return "Kicked";
        case IC_EVENT_NICK_CHANGED:
                return "NickChanged";
        case IC_EVENT_TOPIC_CHANGED:
                return "TopicChanged";
        case IC_EVENT_USERS_CHANGED:
                return "UsersChanged";
        case IC_EVENT_INVITED:
                return "Invited";
        case IC_EVENT_ERROR:
                return "Error";
        }
        g_return_val_if_reached("Error");
}

/* What an event makes old, or NULL. */
static const char *const *changed_properties(IcEventType type)
{
        static const char *const state[] = {"State", "ConnectedAt", NULL};
        static const char *const link[] = {
                "State", "Nickname", "Network", "Channels", "ConnectedAt", NULL};
        static const char *const nickname[] = {"Nickname", NULL};
        static const char *const channels[] = {"Channels", NULL};

        switch (type) {
        case IC_EVENT_STATE_CHANGED:
                return state;
        case IC_EVENT_READY:
        case IC_EVENT_DISCONNECTED:
                return link;
        case IC_EVENT_NICK_CHANGED:
                return nickname;
        case IC_EVENT_JOINED:
        case IC_EVENT_PARTED:
        case IC_EVENT_KICKED:
                return channels;
        case IC_EVENT_CONNECTED:
        case IC_EVENT_CONNECTION_FAILED:
        case IC_EVENT_MESSAGE:
        case IC_EVENT_TOPIC_CHANGED:
        case IC_EVENT_USERS_CHANGED:
        case IC_EVENT_INVITED:
        case IC_EVENT_ERROR:
                return NULL;
        }
        g_return_val_if_reached(NULL);
}

static void broadcast(IcConnectionInterface *interface, const IcEvent *event)
{
        g_autoptr(sd_bus_message) signal = NULL;

        if (sd_bus_message_new_signal(interface->bus, &signal, interface->path,
                    IC_CONNECTION_INTERFACE, signal_name(event->type)) >= 0 &&
                fill_event(signal, event) >= 0)
                sd_bus_send(interface->bus, signal, NULL);
}

static void on_event(const IcEvent *event, gpointer user_data)
{
        IcConnectionInterface *interface = user_data;
        const char *const *changed = changed_properties(event->type);

        if (event->type == IC_EVENT_READY)
                remember_subscribers(interface);
        if (event->type == IC_EVENT_STATE_CHANGED)
                broadcast(interface, event);
        else
                ic_subscribers_send(interface->subscribers, interface->path,
                        IC_CONNECTION_INTERFACE, signal_name(event->type), fill_event, event);
        if (changed && !ic_bus_is_congested(interface->bus))
                sd_bus_emit_properties_changed_strv(interface->bus, interface->path,
                        IC_CONNECTION_INTERFACE, (char **) changed);
}

IcConnectionInterface *ic_connection_interface_new(sd_bus *bus, IcCallers *callers,
        IcSession *session, uint32_t id, uid_t owner, GError **error)
{
        g_autoptr(IcConnectionInterface) interface = g_new0(IcConnectionInterface, 1);
        int r;

        interface->bus = sd_bus_ref(bus);
        interface->callers = callers;
        interface->session = session;
        interface->owner = owner;
        interface->path = ic_connection_path(id);
        interface->subscribers = ic_subscribers_new(bus, callers);
        ic_session_listen(session, on_event, interface);
        r = sd_bus_add_object_vtable(
                bus, &interface->slot, interface->path, IC_CONNECTION_INTERFACE, vtable, interface);
        if (r < 0) {
                ic_bus_errno(r, "cannot export the connection on the bus", error);
                return NULL;
        }
        recall_subscribers(interface);
        return g_steal_pointer(&interface);
}

void ic_connection_interface_free(IcConnectionInterface *interface)
{
        if (!interface)
                return;
        ic_session_unlisten(interface->session, on_event, interface);
        sd_bus_slot_unref(interface->slot);
        ic_subscribers_free(interface->subscribers);
        sd_bus_unref(interface->bus);
        g_free(interface->path);
        g_free(interface);
}
