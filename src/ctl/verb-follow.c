/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* follow: prints what happens as it happens.
 *
 * It needs the connections' own processes only. One that goes away is waited for; when it is back,
 * what was stored in between is fetched from the controller, if there is one. Every user of the bus
 * can send signals that look like ours, so a signal counts only if it comes from the owner of the
 * connection's bus name. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus/reply.h"
#include "ctl/event.h"
#include "ctl/json.h"
#include "ctl/servers.h"
#include "ctl/table.h"
#include "ctl/verbs.h"

#define SUBSCRIBE_TIMEOUT_USEC (30 * IC_USEC_PER_SEC)
#define CATCH_UP_TIMEOUT_USEC (5 * IC_USEC_PER_SEC)
#define CATCH_UP_MAX 1000u
#define PENDING_MAX 10000u

typedef struct Follow Follow;

typedef struct {
        Follow *follow;
        uint32_t id;
        char *owner;        /* unique bus name, NULL while there is none */
        sd_bus_slot *slot;  /* of the Subscribe under way */
        GPtrArray *pending; /* of JsonObject: events that came while it is */
        gint64 last_id;     /* of the last message shown; 0: none yet */
} Followed;

struct Follow {
        Ctl *ctl;
        GHashTable *followed; /* id -> Followed */
        bool is_all;          /* also those that come up later */
        bool has_colour;
        GError *error; /* ends it all */
};

static void followed_free(gpointer user_data)
{
        Followed *followed = user_data;

        sd_bus_slot_unref(followed->slot);
        g_ptr_array_unref(followed->pending);
        g_free(followed->owner);
        g_free(followed);
}

static Followed *follow_id(Follow *follow, uint32_t id)
{
        Followed *followed = g_new0(Followed, 1);

        followed->follow = follow;
        followed->id = id;
        followed->pending = g_ptr_array_new_with_free_func((GDestroyNotify) json_object_unref);
        g_hash_table_insert(follow->followed, GUINT_TO_POINTER(id), followed);
        return followed;
}

static bool name_to_id(const char *name, uint32_t *ret)
{
        static const char prefix[] = IC_CONNECTION_INTERFACE ".N";

        return g_str_has_prefix(name, prefix) && ic_id_parse(name + strlen(prefix), ret);
}

/* The one of that name that is to be followed, or NULL. */
static Followed *find_by_name(Follow *follow, const char *name)
{
        Followed *followed;
        uint32_t id;

        if (!name_to_id(name, &id))
                return NULL;
        followed = g_hash_table_lookup(follow->followed, GUINT_TO_POINTER(id));
        return followed || !follow->is_all ? followed : follow_id(follow, id);
}

static Followed *find_by_sender(Follow *follow, const char *sender)
{
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, follow->followed);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                if (g_strcmp0(((Followed *) value)->owner, sender) == 0)
                        return value;
        return NULL;
}

static void show(Followed *followed, JsonObject *event)
{
        const Follow *follow = followed->follow;

        if (g_str_equal(ctl_json_text(event, "event"), "MessageReceived")) {
                gint64 id = ctl_json_number(event, "id");

                if (id <= followed->last_id)
                        return; /* shown when we caught up */
                followed->last_id = id;
        }
        if (follow->ctl->is_json)
                ctl_print_json_object(event);
        else
                ctl_event_print(event, follow->has_colour);
        fflush(stdout);
}

/* What was stored while we had no subscription. */
static void catch_up(Followed *followed)
{
        g_autoptr(sd_bus_message) reply = NULL;
        g_autoptr(JsonArray) rows = json_array_new();

        if (followed->last_id == 0 ||
                !ctl_call_manager(followed->follow->ctl, CATCH_UP_TIMEOUT_USEC, &reply, NULL,
                        "GetMessages", "usxu", followed->id, "", (int64_t) 0, CATCH_UP_MAX) ||
                ctl_read_dicts(reply, rows) < 0)
                return;
        for (guint i = 0; i < json_array_get_length(rows); i++) {
                JsonObject *row = json_array_get_object_element(rows, i);

                json_object_set_string_member(row, "event", "MessageReceived");
                json_object_set_int_member(row, "server", followed->id);
                show(followed, row);
        }
}

/* Another user's, which we may not see: what it broadcasts is not for us either. */
static void ignore(Followed *followed)
{
        g_clear_pointer(&followed->owner, g_free);
        g_ptr_array_set_size(followed->pending, 0);
}

static int on_subscribed(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        Followed *followed = user_data;
        Follow *follow = followed->follow;
        const sd_bus_error *failure = sd_bus_message_get_error(reply);

        followed->slot = sd_bus_slot_unref(followed->slot);
        if (failure && ic_error_from_bus_name(failure->name) == IC_ERROR_ACCESS_DENIED) {
                if (!follow->is_all)
                        ic_bus_error_get(failure, &follow->error);
                ignore(followed);
        } else if (!failure) {
                catch_up(followed);
        }
        for (guint i = 0; i < followed->pending->len; i++)
                show(followed, g_ptr_array_index(followed->pending, i));
        g_ptr_array_set_size(followed->pending, 0);
        return 0;
}

static int subscribe(Followed *followed, const char *owner)
{
        sd_bus *bus = followed->follow->ctl->bus;
        g_autofree char *path = ic_connection_path(followed->id);
        g_autoptr(sd_bus_message) call = NULL;
        int r;

        g_free(followed->owner);
        followed->owner = g_strdup(owner);
        followed->slot = sd_bus_slot_unref(followed->slot);
        r = sd_bus_message_new_method_call(
                bus, &call, owner, path, IC_CONNECTION_INTERFACE, "Subscribe");
        if (r >= 0)
                r = sd_bus_call_async(bus, &followed->slot, call, on_subscribed, followed,
                        SUBSCRIBE_TIMEOUT_USEC);
        return r;
}

/* An event of its own, or a signal: in order, after what is still to be caught up with. */
static void take(Followed *followed, JsonObject *event)
{
        if (!followed->slot)
                show(followed, event);
        else if (followed->pending->len < PENDING_MAX) /* the history has them all */
                g_ptr_array_add(followed->pending, json_object_ref(event));
}

static void tell(Followed *followed, const char *name)
{
        g_autoptr(JsonObject) event = ctl_event_new(name, followed->id);

        take(followed, event);
}

static int on_name_owner_changed(sd_bus_message *signal, void *user_data, sd_bus_error *ret_error)
{
        Follow *follow = user_data;
        const char *name, *old_owner, *new_owner;
        Followed *followed;
        int r = sd_bus_message_read(signal, "sss", &name, &old_owner, &new_owner);

        if (r < 0 || !(followed = find_by_name(follow, name)))
                return r;
        if (*new_owner == '\0') {
                if (followed->owner)
                        tell(followed, CTL_EVENT_ENDED);
                g_clear_pointer(&followed->owner, g_free);
                return 0;
        }
        r = subscribe(followed, new_owner);
        tell(followed, CTL_EVENT_STARTED);
        return r;
}

static int on_signal(sd_bus_message *signal, void *user_data, sd_bus_error *ret_error)
{
        Follow *follow = user_data;
        Followed *followed = find_by_sender(follow, sd_bus_message_get_sender(signal));
        g_autoptr(JsonObject) event = followed ? ctl_event_read(signal, followed->id) : NULL;

        if (event)
                take(followed, event);
        return 0;
}

static int match(Follow *follow)
{
        int r = sd_bus_add_match(follow->ctl->bus, NULL,
                "type='signal',interface='" IC_CONNECTION_INTERFACE "'", on_signal, follow);

        if (r < 0)
                return r;
        return sd_bus_add_match(follow->ctl->bus, NULL,
                "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
                "member='NameOwnerChanged',arg0namespace='" IC_CONNECTION_INTERFACE "'",
                on_name_owner_changed, follow);
}

static bool subscribe_by_name(Follow *follow, const char *name, GError **error)
{
        Followed *followed = find_by_name(follow, name);
        g_autoptr(sd_bus_message) reply = NULL;
        const char *owner;

        if (!followed || followed->owner)
                return true;
        /* Without an owner it has just gone: NameOwnerChanged will say when it is back. */
        if (sd_bus_call_method(follow->ctl->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                    "org.freedesktop.DBus", "GetNameOwner", NULL, &reply, "s", name) < 0 ||
                sd_bus_message_read(reply, "s", &owner) < 0)
                return true;
        return ctl_check(subscribe(followed, owner), error);
}

static bool subscribe_present(Follow *follow, GError **error)
{
        g_autoptr(sd_bus_message) reply = NULL;
        const char *name;
        int r = sd_bus_call_method(follow->ctl->bus, "org.freedesktop.DBus",
                "/org/freedesktop/DBus", "org.freedesktop.DBus", "ListNames", NULL, &reply, "");

        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "s");
        while (r >= 0 && (r = sd_bus_message_read_basic(reply, 's', &name)) > 0)
                if (!subscribe_by_name(follow, name, error))
                        return false;
        return ctl_check(r, error);
}

/* A connection that is down is no mistake, but whoever waits for it should know. */
static void warn_absent(Follow *follow)
{
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, follow->followed);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const Followed *followed = value;

                if (!followed->owner)
                        fprintf(stderr, _("ircctl: connection %u is down; waiting for it\n"),
                                followed->id);
        }
}

static bool run(Follow *follow, GError **error)
{
        while (!follow->error) {
                int r = sd_bus_process(follow->ctl->bus, NULL);

                if (r == 0)
                        r = sd_bus_wait(follow->ctl->bus, UINT64_MAX);
                if (r < 0 && r != -EINTR) {
                        ic_bus_errno(r, _("the bus is gone"), error);
                        return false;
                }
        }
        g_propagate_error(error, g_steal_pointer(&follow->error));
        return false;
}

static bool follow_arguments(Follow *follow, char **arguments, GError **error)
{
        g_autoptr(GArray) ids = ctl_servers_find(follow->ctl, arguments, error);

        for (guint i = 0; ids && i < ids->len; i++)
                (void) follow_id(follow, g_array_index(ids, uint32_t, i));
        return ids != NULL;
}

bool verb_follow(Ctl *ctl, char **arguments, GError **error)
{
        g_autoptr(GHashTable) followed =
                g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, followed_free);
        Follow follow = {
                .ctl = ctl,
                .followed = followed,
                .is_all = !*arguments,
                .has_colour = ctl_is_colourful(stdout),
        };

        /* Matches first: nothing must happen unseen between a look and a match. */
        if (!follow_arguments(&follow, arguments, error) || !ctl_check(match(&follow), error) ||
                !subscribe_present(&follow, error))
                return false;
        warn_absent(&follow);
        return run(&follow, error);
}
