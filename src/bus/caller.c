/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Senders of method calls. A caller goes through these states:
 *
 *   unknown --- uid told by the bus ---> known <--- polkit answered --- asking
 *      |                                   |                              ^
 *      |                                   +--- a handler asks polkit ----+
 *      +--- no such name on the bus ---> forgotten (also from every other state)
 *
 * In `unknown` and `asking` its calls are held; when it becomes `known` they are put back into the
 * bus's queue in their order, the one that polkit decided about first, and go through the filter
 * again. What arrives meanwhile stands behind them in that queue, so that the order is kept. */

#include "bus/caller.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "bus/polkit.h"
#include "bus/source.h"

#define DRIVER "org.freedesktop.DBus"
#define DRIVER_PATH "/org/freedesktop/DBus"

struct IcCallers {
        sd_bus *bus;
        IcScope scope;
        sd_bus_slot *filter_slot;
        GHashTable *callers; /* unique name -> Caller */
        guint n_held;
        IcCallerGoneFunc gone;
        gpointer gone_data;
};

typedef struct {
        IcCallers *callers;
        char *name;
        uid_t uid;
        bool is_known;
        bool is_watched;
        gint64 last_call;
        GQueue held;           /* sd_bus_message */
        sd_bus_message *asked; /* polkit is to decide about this call */
        char *asked_action;
        sd_bus_message *granted_for; /* the call that the grants are for */
        GPtrArray *granted;          /* actions */
        sd_bus_slot *gone_slot;
        sd_bus_slot *uid_slot;
        sd_bus_slot *polkit_slot;
} Caller;

static void caller_free(Caller *caller)
{
        sd_bus_message *call;

        while ((call = g_queue_pop_head(&caller->held))) {
                caller->callers->n_held--;
                sd_bus_message_unref(call);
        }
        sd_bus_slot_unref(caller->gone_slot);
        sd_bus_slot_unref(caller->uid_slot);
        sd_bus_slot_unref(caller->polkit_slot);
        sd_bus_message_unref(caller->asked);
        sd_bus_message_unref(caller->granted_for);
        g_ptr_array_unref(caller->granted);
        g_free(caller->asked_action);
        g_free(caller->name);
        g_free(caller);
}

static void caller_forget(Caller *caller)
{
        IcCallers *callers = caller->callers;
        g_autofree char *name = g_strdup(caller->name);

        g_hash_table_remove(callers->callers, name);
        if (callers->gone)
                callers->gone(name, callers->gone_data);
}

static void caller_forget_grants(Caller *caller)
{
        caller->granted_for = sd_bus_message_unref(caller->granted_for);
        g_ptr_array_set_size(caller->granted, 0);
}

static int refuse(sd_bus_message *call, IcError code, const char *text)
{
        sd_bus_reply_method_errorf(call, ic_error_bus_name(code), "%s", text);
        return 1;
}

static void put_back(Caller *caller, sd_bus_message *call)
{
        int r = sd_bus_message_rewind(call, true);

        if (r >= 0)
                r = sd_bus_enqueue_for_read(caller->callers->bus, call);
        if (r < 0)
                refuse(call, IC_ERROR_QUEUE_FULL, "Too many calls wait for an answer");
}

static void caller_release(Caller *caller)
{
        sd_bus_message *call;

        while ((call = g_queue_pop_head(&caller->held))) {
                caller->callers->n_held--;
                put_back(caller, call);
                sd_bus_message_unref(call);
        }
}

static void caller_refuse_held(Caller *caller, const char *text)
{
        for (GList *l = caller->held.head; l; l = l->next)
                refuse(l->data, IC_ERROR_ACCESS_DENIED, text);
}

static int on_gone(sd_bus_message *signal, void *user_data, sd_bus_error *ret_error)
{
        Caller *caller = user_data;
        const char *name, *old_owner, *new_owner;

        if (sd_bus_message_read(signal, "sss", &name, &old_owner, &new_owner) < 0)
                return 0;
        if (g_str_equal(name, caller->name) && *new_owner == '\0')
                caller_forget(caller);
        return 0;
}

static int on_gone_installed(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        Caller *caller = user_data;

        if (sd_bus_message_is_method_error(reply, NULL)) {
                caller_refuse_held(caller, "The bus does not let us watch who calls");
                caller_forget(caller);
        }
        return 1;
}

static int on_uid(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        Caller *caller = user_data;
        guint32 uid;

        if (sd_bus_message_is_method_error(reply, NULL) ||
                sd_bus_message_read(reply, "u", &uid) < 0) {
                caller_refuse_held(caller, "The bus does not say who calls");
                caller_forget(caller);
                return 1;
        }
        caller->uid = uid;
        caller->is_known = true;
        caller->uid_slot = sd_bus_slot_unref(caller->uid_slot);
        caller_release(caller);
        return 1;
}

/* Asks the bus for its uid, and to be told when it leaves: first the latter, so that it cannot
 * leave unnoticed in between. */
static int caller_ask_bus(Caller *caller)
{
        g_autofree char *match = NULL;
        sd_bus *bus = caller->callers->bus;
        int r;

        match = g_strdup_printf("type='signal',sender='" DRIVER "',path='" DRIVER_PATH
                                "',interface='" DRIVER "',member='NameOwnerChanged',arg0='%s'",
                caller->name);
        r = sd_bus_add_match_async(
                bus, &caller->gone_slot, match, on_gone, on_gone_installed, caller);
        if (r >= 0)
                r = sd_bus_call_method_async(bus, &caller->uid_slot, DRIVER, DRIVER_PATH, DRIVER,
                        "GetConnectionUnixUser", on_uid, caller, "s", caller->name);
        return r;
}

/* Makes room for one more by forgetting the quietest that nothing is held for. */
static bool make_room(IcCallers *callers)
{
        GHashTableIter iter;
        gpointer value;
        Caller *quietest = NULL;

        if (g_hash_table_size(callers->callers) < IC_CALLERS_MAX)
                return true;
        g_hash_table_iter_init(&iter, callers->callers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                Caller *caller = value;

                if (!caller->is_known || caller->is_watched || caller->asked ||
                        !g_queue_is_empty(&caller->held))
                        continue;
                if (!quietest || caller->last_call < quietest->last_call)
                        quietest = caller;
        }
        return quietest && g_hash_table_remove(callers->callers, quietest->name);
}

static Caller *caller_add(IcCallers *callers, const char *name)
{
        Caller *caller;

        if (!make_room(callers))
                return NULL;
        caller = g_new0(Caller, 1);
        caller->callers = callers;
        caller->name = g_strdup(name);
        caller->uid = (uid_t) -1;
        caller->granted = g_ptr_array_new_with_free_func(g_free);
        g_queue_init(&caller->held);
        g_hash_table_insert(callers->callers, caller->name, caller);
        if (caller_ask_bus(caller) < 0) {
                g_hash_table_remove(callers->callers, name);
                return NULL;
        }
        return caller;
}

static int caller_hold(Caller *caller, sd_bus_message *call)
{
        if (g_queue_get_length(&caller->held) >= IC_CALLER_HELD_MAX ||
                caller->callers->n_held >= IC_CALLERS_HELD_MAX)
                return refuse(call, IC_ERROR_QUEUE_FULL, "Too many calls wait for an answer");

        /* It may carry a secret, and may never reach the handler that would say so. */
        sd_bus_message_sensitive(call);
        g_queue_push_tail(&caller->held, sd_bus_message_ref(call));
        caller->callers->n_held++;
        return 1;
}

static int on_message(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        IcCallers *callers = user_data;
        const char *sender;
        Caller *caller;

        if (sd_bus_message_is_method_call(message, NULL, NULL) <= 0)
                return 0;
        sender = sd_bus_message_get_sender(message);
        if (!sender)
                return refuse(message, IC_ERROR_ACCESS_DENIED, "A call without a sender");

        caller = g_hash_table_lookup(callers->callers, sender);
        if (!caller)
                caller = caller_add(callers, sender);
        if (!caller)
                return refuse(message, IC_ERROR_QUEUE_FULL, "Too many callers at once");

        caller->last_call = g_get_monotonic_time();
        if (!caller->is_known || caller->asked)
                return caller_hold(caller, message);
        if (caller->granted_for != message)
                caller_forget_grants(caller);
        return 0;
}

IcCallers *ic_callers_new(sd_bus *bus, IcScope scope)
{
        IcCallers *callers = g_new0(IcCallers, 1);
        int r;

        callers->bus = sd_bus_ref(bus);
        callers->scope = scope;
        callers->callers =
                g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) caller_free);
        r = sd_bus_add_filter(bus, &callers->filter_slot, on_message, callers);
        g_assert(r >= 0); /* nothing but memory is needed */
        return callers;
}

void ic_callers_free(IcCallers *callers)
{
        if (!callers)
                return;
        sd_bus_slot_unref(callers->filter_slot);
        g_hash_table_unref(callers->callers);
        sd_bus_unref(callers->bus);
        g_free(callers);
}

static Caller *caller_of(IcCallers *callers, sd_bus_message *message)
{
        const char *sender = message ? sd_bus_message_get_sender(message) : NULL;

        return sender ? g_hash_table_lookup(callers->callers, sender) : NULL;
}

uid_t ic_callers_uid(IcCallers *callers, sd_bus_message *message)
{
        const Caller *caller = caller_of(callers, message);

        return caller ? caller->uid : (uid_t) -1;
}

static int deny(sd_bus_error *ret_error, const char *action, IcPolkitAnswer answer)
{
        const char *why = "only its owner and root may";

        switch (answer) {
        case IC_POLKIT_AUTHORIZED:
        case IC_POLKIT_REFUSED:
                break;
        case IC_POLKIT_CHALLENGE:
                why = "authentication is needed, and the call did not allow to ask for it";
                break;
        case IC_POLKIT_UNAVAILABLE:
                why = "polkit, which could allow it, does not answer";
                break;
        }
        return sd_bus_error_setf(ret_error, ic_error_bus_name(IC_ERROR_ACCESS_DENIED),
                "Access denied: %s (%s)", why, action);
}

static void caller_decide(Caller *caller, IcPolkitAnswer answer)
{
        g_autoptr(sd_bus_message) call = g_steal_pointer(&caller->asked);
        g_autofree char *action = g_steal_pointer(&caller->asked_action);
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;

        if (answer == IC_POLKIT_AUTHORIZED) {
                if (caller->granted_for != call) {
                        caller_forget_grants(caller);
                        caller->granted_for = sd_bus_message_ref(call);
                }
                g_ptr_array_add(caller->granted, g_steal_pointer(&action));
                put_back(caller, call);
        } else {
                deny(&error, action, answer);
                sd_bus_reply_method_error(call, &error);
        }
        caller_release(caller);
}

static int on_polkit(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        Caller *caller = user_data;

        caller->polkit_slot = sd_bus_slot_unref(caller->polkit_slot);
        caller_decide(caller, ic_polkit_read(reply));
        return 1;
}

static int caller_ask_polkit(
        Caller *caller, sd_bus_message *call, const char *action, sd_bus_error *ret_error)
{
        bool interactive = sd_bus_message_get_allow_interactive_authorization(call) > 0;
        int r;

        r = ic_polkit_ask(caller->callers->bus, caller->name, action, interactive, on_polkit,
                caller, &caller->polkit_slot);
        if (r < 0)
                return deny(ret_error, action, IC_POLKIT_UNAVAILABLE);
        caller->asked = sd_bus_message_ref(call);
        caller->asked_action = g_strdup(action);
        return 0;
}

int ic_callers_check(IcCallers *callers, sd_bus_message *message, uid_t owner, const char *action,
        sd_bus_error *ret_error)
{
        Caller *caller = caller_of(callers, message);

        if (!caller || !caller->is_known)
                return deny(ret_error, action, IC_POLKIT_REFUSED);
        if (caller->uid == 0 || (owner != (uid_t) -1 && caller->uid == owner))
                return 1;
        if (callers->scope == IC_SCOPE_USER)
                return caller->uid == getuid() ? 1 : deny(ret_error, action, IC_POLKIT_REFUSED);
        if (caller->granted_for == message &&
                g_ptr_array_find_with_equal_func(caller->granted, action, g_str_equal, NULL))
                return 1;
        return caller_ask_polkit(caller, message, action, ret_error);
}

void ic_callers_on_gone(IcCallers *callers, IcCallerGoneFunc gone, gpointer user_data)
{
        callers->gone = gone;
        callers->gone_data = user_data;
}

int ic_callers_watch(IcCallers *callers, const char *unique_name)
{
        Caller *caller = g_hash_table_lookup(callers->callers, unique_name);

        if (!caller)
                caller = caller_add(callers, unique_name);
        if (!caller)
                return -ENOBUFS;
        caller->is_watched = true;
        return 0;
}

void ic_callers_unwatch(IcCallers *callers, const char *unique_name)
{
        Caller *caller = g_hash_table_lookup(callers->callers, unique_name);

        if (caller)
                caller->is_watched = false;
}

guint ic_callers_count(IcCallers *callers)
{
        return g_hash_table_size(callers->callers);
}
