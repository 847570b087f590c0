/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Rows of `blocklist` on the bus.
 *
 * Block of a server: the row -> is its unit up? -> stop it -> state "blocked" -> answer. Whether it
 * is wanted stays as it is, so that it comes back when the block is over. */

#include "controller/blocklist.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "bus/reply.h"
#include "config/server-values.h"
#include "controller/access.h"
#include "controller/call.h"
#include "controller/health.h"
#include "controller/objects.h"
#include "controller/units.h"
#include "store/tenants.h"

/* --- what a block means ----------------------------------------------------------------------- */

/* Local time: "14:05:10" today, "2026-11-21 14:05" on any other day. */
static char *format_time(gint64 usec)
{
        g_autoptr(GDateTime) then = g_date_time_new_from_unix_local(usec / IC_USEC_PER_SEC);
        g_autoptr(GDateTime) now = g_date_time_new_now_local();
        bool is_today = g_date_time_get_year(then) == g_date_time_get_year(now) &&
                        g_date_time_get_day_of_year(then) == g_date_time_get_day_of_year(now);

        return g_date_time_format(then, is_today ? "%H:%M:%S" : "%Y-%m-%d %H:%M");
}

static bool is_for_credentials(const IcBlock *block, const IcServerRow *row)
{
        return block->is_permanent && row->last_error_code &&
               ic_error_from_code(row->last_error_code) == IC_ERROR_CREDENTIALS;
}

GError *ic_blocklist_error(const IcBlock *block, const IcServerRow *row)
{
        g_autofree char *time = block->is_permanent ? NULL : format_time(block->blocked_until);
        g_autofree char *reason = ic_text_quote(block->reason, IC_BLOCK_REASON_MAX);
        g_autoptr(GString) text = g_string_new("it is blocked ");

        if (block->is_permanent)
                g_string_append(text, "for good");
        else
                g_string_append_printf(text, "until %s", time);
        if (*reason)
                g_string_append_printf(text, ": %s", reason);
        if (block->attempts > 1)
                g_string_append_printf(text, " (%u failed attempts)", block->attempts);
        if (is_for_credentials(block, row))
                g_string_append_printf(text,
                        ". A new password ('ircctl set-credential %u NAME') or 'ircctl unblock "
                        "%u' lifts it",
                        row->id, row->id);
        else
                g_string_append_printf(text, ". 'ircctl unblock %u' lifts it", row->id);
        return g_error_new_literal(IC_ERROR, IC_ERROR_BLOCKED, text->str);
}

bool ic_blocklist_forgive(IcStore *store, uint32_t id, bool *ret_is_lifted, GError **error)
{
        g_autoptr(IcServerRow) row = NULL;
        g_autoptr(IcBlock) block = NULL;

        *ret_is_lifted = false;
        if (!ic_store_server_read(store, id, &row, error) ||
                !ic_store_block_find(store, id, NULL, ic_now_real(), &block, error))
                return false;
        if (!block || !is_for_credentials(block, row))
                return true;
        return ic_store_unblock(store, id, NULL, ret_is_lifted, error);
}

/* --- ListBlocked ------------------------------------------------------------------------------ */

static int append_block(sd_bus_message *reply, const IcBlock *block)
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}{sv}{sv}", "server", "u",
                        block->server_id, "channel", "s", block->channel ? block->channel : "",
                        "reason", "s", block->reason ? block->reason : "", "attempts", "u",
                        block->attempts, "permanent", "b", (int) block->is_permanent, "since", "x",
                        (int64_t) block->blocked_at);
        if (r >= 0 && !block->is_permanent)
                r = sd_bus_message_append(
                        reply, "{sv}", "until", "x", (int64_t) block->blocked_until);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* Those of one tenant that have not expired. */
static int append_tenant(IcController *controller, uid_t owner, sd_bus_message *reply)
{
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GPtrArray) blocks = NULL;
        g_autoptr(GError) error = NULL;
        gint64 now = ic_now_real();
        int r = 0;

        /* A database that cannot be read hides its own blocks only; Status counts it. */
        if (!ic_access_open(controller, owner, IC_STORE_READ_ONLY, &store, &error) ||
                !ic_store_blocks(store, &blocks, &error)) {
                ic_log(IC_LOG_WARNING, NULL, "Cannot list the blocks of user %u: %s", owner,
                        error->message);
                return 0;
        }
        for (guint i = 0; r >= 0 && i < blocks->len; i++) {
                const IcBlock *block = g_ptr_array_index(blocks, i);

                if (block->is_permanent || block->blocked_until > now)
                        r = append_block(reply, block);
        }
        return r;
}

static int append_blocks(IcController *controller, const GArray *servers, sd_bus_message *reply)
{
        g_autoptr(GHashTable) owners = g_hash_table_new(NULL, NULL);
        int r = sd_bus_message_open_container(reply, 'a', "a{sv}");

        for (guint i = 0; r >= 0 && i < servers->len; i++) {
                uid_t owner = g_array_index(servers, IcTenantServer, i).owner;

                if (g_hash_table_add(owners, GUINT_TO_POINTER(owner)))
                        r = append_tenant(controller, owner, reply);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int ic_blocklist_list(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) servers = NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        int r;

        servers = ic_access_list(controller, ic_callers_uid(controller->callers, message), &error);
        if (!servers)
                return ic_bus_error_set(ret_error, error);
        r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = append_blocks(controller, servers, reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* --- Block ------------------------------------------------------------------------------------ */

static bool check_channel(const char *channel, GError **error)
{
        g_autofree char *valid = NULL;

        if (*channel == '\0')
                return true;
        if (strchr(channel, ' ')) {
                g_set_error_literal(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "The name of a channel has no space");
                return false;
        }
        valid = ic_value_channel(channel, error);
        return valid != NULL;
}

static bool check_span(uint64_t seconds, GError **error)
{
        if (seconds <= IC_BLOCK_SECONDS_MAX)
                return true;
        g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                "A block lasts %u seconds at most; 0 blocks for good", IC_BLOCK_SECONDS_MAX);
        return false;
}

static bool store_block(IcController *controller, const IcCall *call, const char *channel,
        uint64_t seconds, const char *reason, GError **error)
{
        g_autoptr(IcStore) store = NULL;
        gint64 until = seconds > 0 ? ic_now_real() + (gint64) seconds * IC_USEC_PER_SEC : 0;

        return ic_access_open(controller, call->owner, 0, &store, error) &&
               ic_store_block(store, call->id, channel, *reason ? reason : "blocked by hand", until,
                       0, error);
}

/* A block under way. */
typedef struct {
        IcCall *call;
        bool is_wanted; /* before the stop, which its process takes for the owner's will */
        bool has_link;
} Blocking;

static void blocking_free(gpointer data)
{
        Blocking *blocking = data;

        ic_call_free(blocking->call);
        g_free(blocking);
}

static Blocking *blocking_new(IcCall *call)
{
        Blocking *blocking = g_new0(Blocking, 1);
        g_autoptr(IcServerRow) row = NULL;

        blocking->call = call;
        if (ic_access_read(call->controller, call->owner, call->id, &row, NULL)) {
                blocking->is_wanted = row->is_wanted;
                blocking->has_link = row->connected_at != 0;
        }
        return blocking;
}

/* No process is left. */
static void finish(Blocking *blocking)
{
        IcCall *call = blocking->call;
        IcController *controller = call->controller;
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GError) error = NULL;

        if (!ic_access_open(controller, call->owner, 0, &store, &error) ||
                !ic_store_begin(store, &error) ||
                !ic_store_server_clear_live(store, call->id, NULL, &error) ||
                !ic_store_server_set_wanted(store, call->id, blocking->is_wanted, &error) ||
                !ic_store_server_set_status(store, call->id, ic_state_name(IC_STATE_BLOCKED),
                        ic_now_real(), NULL, &error) ||
                !ic_store_commit(store, &error)) {
                ic_call_fail(call, error);
                return;
        }
        ic_objects_state_changed(
                controller->objects, call->id, IC_STATE_BLOCKED, "blocked by hand");
        ic_call_return(call);
}

static void fail_to_stop(IcCall *call, const char *cause)
{
        g_autoptr(GError) error = g_error_new(IC_ERROR, IC_ERROR_UNIT,
                "Server %u is blocked, but could not be disconnected: %s. 'systemctl stop "
                "irc-conn@%u' may do it",
                call->id, cause, call->id);

        ic_call_fail(call, error);
        ic_objects_changed(call->controller->objects, call->id);
}

static void on_stopped(const char *result, const GError *error, gpointer user_data)
{
        Blocking *blocking = user_data;

        if (g_strcmp0(result, "done") == 0)
                finish(blocking);
        else
                fail_to_stop(blocking->call, result ? result : error->message);
}

/* The next step has a closure of its own: a question frees the one that it was given. */
static void stop(Blocking *blocking)
{
        Blocking *next = g_new0(Blocking, 1);

        *next = *blocking;
        blocking->call = NULL;
        ic_units_run(next->call->controller->units, next->call->id, IC_JOB_STOP, on_stopped, next,
                blocking_free);
}

static void on_facts_before_stop(const IcUnitFacts *facts, const GError *error, gpointer user_data)
{
        Blocking *blocking = user_data;

        if (facts && ic_unit_facts_is_up(facts))
                stop(blocking);
        else if (!facts && blocking->has_link)
                fail_to_stop(blocking->call, error->message);
        else
                finish(blocking);
}

static void log_block(const IcCall *call, const char *channel, const char *what)
{
        IcLogFields fields = {.server = call->id, .channel = *channel ? channel : NULL};
        g_autofree char *shown = ic_text_quote(channel, IC_BLOCK_REASON_MAX);

        ic_log(IC_LOG_NOTICE, &fields, "Server %u%s%s %s by user %u", call->id,
                *shown ? ", channel " : "", shown, what, call->caller);
}

int ic_blocklist_block(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error)
{
        g_autoptr(IcCall) call = NULL;
        g_autoptr(GError) error = NULL;
        const char *channel, *reason;
        uint64_t seconds;
        uint32_t id;
        int r;

        r = sd_bus_message_read(message, "usts", &id, &channel, &seconds, &reason);
        if (r < 0)
                return r;
        if (!check_channel(channel, &error) || !check_span(seconds, &error))
                return ic_bus_error_set(ret_error, error);
        r = ic_call_admit(controller, message, id, &call, ret_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        if (!store_block(controller, call, channel, seconds, reason, &error))
                return ic_bus_error_set(ret_error, error);
        log_block(call, channel, "blocked");
        if (*channel) {
                ic_call_return(call);
                return 1;
        }
        ic_units_query(controller->units, id, on_facts_before_stop,
                blocking_new(g_steal_pointer(&call)), blocking_free);
        return 1;
}

/* --- Unblock ---------------------------------------------------------------------------------- */

static bool unblock(IcController *controller, const IcCall *call, const char *channel,
        bool *ret_was_blocked, GError **error)
{
        g_autoptr(IcStore) store = NULL;

        return ic_access_open(controller, call->owner, 0, &store, error) &&
               ic_store_unblock(store, call->id, channel, ret_was_blocked, error);
}

int ic_blocklist_unblock(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error)
{
        g_autoptr(IcCall) call = NULL;
        g_autoptr(GError) error = NULL;
        const char *channel;
        bool was_blocked;
        uint32_t id;
        int r = sd_bus_message_read(message, "us", &id, &channel);

        if (r < 0)
                return r;
        if (!check_channel(channel, &error))
                return ic_bus_error_set(ret_error, error);
        r = ic_call_admit(controller, message, id, &call, ret_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        if (!unblock(controller, call, channel, &was_blocked, &error))
                return ic_bus_error_set(ret_error, error);
        if (was_blocked)
                log_block(call, channel, "unblocked");
        if (was_blocked && *channel == '\0') {
                ic_objects_state_changed(
                        controller->objects, id, IC_STATE_DISCONNECTED, "unblocked by hand");
                ic_health_look(controller, id, call->owner, true);
        }
        ic_call_return(call);
        return 1;
}
