/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* How a session ends: what failed, when the next attempt may come, and whether the server goes on
 * the blocklist. The decision is ic_failure_plan()'s; here it is stored and told. */

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "session/failure.h"
#include "session/session-private.h"
#include "store/blocklist.h"
#include "store/sts.h"

/* Waits are longer or shorter than computed by up to this part, so that connections which failed
 * together do not come back together. */
#define JITTER 0.2

/* "14:05" today, "2026-11-21 14:05" on any other day; local time. */
static char *clock_time(gint64 usec)
{
        g_autoptr(GDateTime) then = g_date_time_new_from_unix_local(usec / IC_USEC_PER_SEC);
        g_autoptr(GDateTime) now = g_date_time_new_now_local();
        bool is_today = g_date_time_get_year(then) == g_date_time_get_year(now) &&
                        g_date_time_get_day_of_year(then) == g_date_time_get_day_of_year(now);

        return g_date_time_format(then, is_today ? "%H:%M:%S" : "%Y-%m-%d %H:%M");
}

static IcFailurePolicy policy_of(const IcSession *session)
{
        const IcServerConfig *config = session->row->config;
        const IcSettings *settings = session->settings;

        return (IcFailurePolicy){
                .first_wait = config->reconnect_delay_ms > 0
                                      ? config->reconnect_delay_ms * IC_USEC_PER_MSEC
                                      : settings->restart_delay,
                .max_wait = config->reconnect_max_ms > 0
                                    ? config->reconnect_max_ms * IC_USEC_PER_MSEC
                                    : settings->restart_delay_max,
                .is_max_strict = config->reconnect_max_ms > 0,
                .max_attempts = settings->max_connection_attempts,
                .max_restarts = settings->restart_limit,
                .block_duration = settings->block_duration,
        };
}

gint64 session_longest_wait(const IcSession *session)
{
        IcFailurePolicy policy = policy_of(session);

        return (gint64) ((double) ic_failure_longest_wait(&policy) * (1 + JITTER));
}

static GError *blocked_error(const IcSession *session, gint64 until, const char *reason)
{
        g_autofree char *time = until > 0 ? clock_time(until) : NULL;

        if (time)
                return g_error_new(IC_ERROR, IC_ERROR_BLOCKED,
                        "Blocked until %s: %s. 'ircctl unblock %u' lifts it", time, reason,
                        session->id);
        return g_error_new(IC_ERROR, IC_ERROR_BLOCKED,
                "Blocked for good: %s. 'ircctl unblock %u' lifts it", reason, session->id);
}

/* --- the blocklist --------------------------------------------------------------------------- */

static bool is_blocked(IcSession *session, GError **error)
{
        g_autoptr(IcBlock) block = NULL;

        if (!ic_store_block_find(session->store, session->id, NULL, ic_now_real(), &block, error))
                return true;
        if (!block)
                return false;

        g_propagate_error(error, blocked_error(session, block->blocked_until,
                                         block->reason ? block->reason : "as somebody wanted"));
        return true;
}

bool session_end_if_blocked(IcSession *session)
{
        g_autoptr(GError) error = NULL;

        if (!is_blocked(session, &error))
                return false;

        session_end(session, error);
        return true;
}

/* A process that dies again and again before anything of the link is stored must not do so for
 * ever. False: the session has ended. */
bool session_count_start(IcSession *session)
{
        const uint32_t limit = session->settings->restart_limit;
        gint64 until = ic_now_real() + session->settings->block_duration;
        g_autoptr(GError) error = NULL;
        g_autofree char *reason = NULL;
        uint32_t starts;

        if (session->is_start_counted)
                return true;
        session->is_start_counted = true;
        if (ic_store_server_count_start(session->store, session->id, &starts, &error) &&
                (limit == 0 || starts <= limit))
                return true;

        reason = g_strdup_printf("started %u times in a row without progress", limit);
        if (!error &&
                ic_store_block(session->store, session->id, NULL, reason, until, limit, &error) &&
                ic_store_server_note_progress(session->store, session->id, &error))
                error = blocked_error(session, until, reason);
        session_end(session, error);
        return false;
}

/* --- the end --------------------------------------------------------------------------------- */

/* A failure whose consequences are still to be drawn: a block that is in force has none. */
static bool is_failure(const IcSession *session, const GError *error)
{
        return error && !session->is_restarting &&
               !g_error_matches(error, IC_ERROR, IC_ERROR_BLOCKED);
}

static bool store_failure(
        IcSession *session, const GError *failure, const IcFailurePlan *plan, GError **error)
{
        gint64 now = ic_now_real();
        double jitter = g_random_double_range(1 - JITTER, 1 + JITTER);
        gint64 wait = (gint64) ((double) plan->wait * jitter);
        IcFailurePolicy policy = policy_of(session);
        uint32_t attempts = 0;

        if (policy.is_max_strict)
                wait = MIN(wait, policy.max_wait);
        if (!ic_store_server_add_failure(session->store, session->id, failure, plan->is_counted,
                    now + wait, &attempts, error))
                return false;

        session->row->failed_attempts = attempts;
        return !plan->is_blocked ||
               ic_store_block(session->store, session->id, NULL, failure->message,
                       plan->block > 0 ? now + plan->block : 0, attempts, error);
}

/* What the server said about TLS holds for so long from the end of the link on. */
static bool refresh_sts(IcSession *session, GError **error)
{
        if (!session->row->config->sts || !session->link || !ic_link_is_tls(session->link))
                return true;
        return ic_store_sts_refresh(
                session->store, session_get_address(session), ic_now_real(), error);
}

/* Writes into the database that there is no link any more, and what follows. */
static void store_end(IcSession *session, const GError *failure, const IcFailurePlan *plan)
{
        g_autoptr(GError) error = NULL;
        IcStore *store = session->store;
        IcState state = plan->is_blocked ? IC_STATE_BLOCKED : IC_STATE_DISCONNECTED;

        /* Who comes to an end in order is not the process that dies on its way: attempts that fail
         * have a count of their own. */
        ic_store_rollback(store);
        if (ic_store_begin(store, &error) &&
                ic_store_server_clear_live(store, session->id, NULL, &error) &&
                ic_store_link_forget(store, session->id, &error) &&
                ic_store_server_note_progress(store, session->id, &error) &&
                refresh_sts(session, &error) &&
                ic_store_server_set_status(
                        store, session->id, ic_state_name(state), ic_now_real(), NULL, &error) &&
                (!failure || store_failure(session, failure, plan, &error)) &&
                ic_store_commit(store, &error))
                return;

        ic_store_rollback(store);
        session_log(session, IC_LOG_ERROR, NULL, NULL,
                "The end of the connection could not be stored; the health check will do it: %s",
                error->message);
}

static void log_end(const IcSession *session, const GError *error, bool was_connected)
{
        const char *address = session->row->config->address;
        const IcLogFields fields = {
                .server = session->id,
                .message_id = was_connected ? IC_MESSAGE_DISCONNECTED
                              : error       ? IC_MESSAGE_CONNECTION_FAILED
                                            : NULL,
                .error_code = error ? ic_error_code(ic_error_of(error)) : NULL,
        };
        IcLogLevel level = error && !session->is_restarting ? IC_LOG_WARNING : IC_LOG_INFO;

        if (!error)
                ic_log(level, &fields, "Disconnected from %s, as asked", address);
        else if (was_connected)
                ic_log(level, &fields, "Connection to %s lost: %s", address, error->message);
        else
                ic_log(level, &fields, "Connection to %s failed: %s", address, error->message);
}

static void tell_end(IcSession *session, const GError *error, bool was_connected)
{
        IcError cause = error ? ic_error_of(error) : IC_ERROR_FAILED;
        const char *text = error ? error->message : "As asked";
        bool is_block = cause == IC_ERROR_BLOCKED || cause == IC_ERROR_BANNED ||
                        cause == IC_ERROR_CREDENTIALS;

        if (was_connected)
                session_emit(session, &(IcEvent){.type = IC_EVENT_DISCONNECTED, .text = text});
        else if (error)
                session_emit(session, &(IcEvent){.type = IC_EVENT_CONNECTION_FAILED,
                                              .attempt = session->row->failed_attempts,
                                              .text = text});

        session_set_state(session, is_block ? IC_STATE_BLOCKED : IC_STATE_DISCONNECTED,
                is_block ? text : NULL, error ? &cause : NULL);
}

/* What the process ends with: the failure itself, or the block that it led to. */
static GError *final_error(const IcSession *session, const GError *error, const IcFailurePlan *plan)
{
        g_autofree char *reason = NULL;

        if (!plan->is_blocked)
                return g_error_copy(error);
        if (plan->block == 0)
                return g_error_new(error->domain, error->code,
                        "%s. Blocked for good; 'ircctl unblock %u' lifts it", error->message,
                        session->id);

        reason = g_strdup_printf("%u failed attempts in a row, the last: %s",
                session->row->failed_attempts, error->message);
        return blocked_error(session, ic_now_real() + plan->block, reason);
}

/* A database that takes nothing for now is no reason to lose a kept link: it, and what was stored
 * of it, are left to the next process as they are. */
static bool leaves_link(const IcSession *session, const GError *error)
{
        return error && ic_error_exit_status(ic_error_of(error)) == IC_EXIT_STORE &&
               (session->is_kept || session->kept_link >= 0);
}

void session_end(IcSession *session, const GError *cause)
{
        bool was_connected = session->connected_at != 0;
        g_autoptr(GError) error = cause ? g_error_copy(cause) : NULL;
        IcFailurePolicy policy = policy_of(session);
        IcFailurePlan plan = {0};

        if (session->is_ended)
                return;
        if (!error && session->is_restarting)
                error = g_error_new_literal(
                        IC_ERROR, IC_ERROR_LINK_CLOSED, "Asked to connect anew");
        if (is_failure(session, error))
                plan = ic_failure_plan(
                        ic_error_of(error), session->row->failed_attempts, was_connected, &policy);
        else
                plan.is_blocked = g_error_matches(error, IC_ERROR, IC_ERROR_BLOCKED);

        session->is_ended = true;
        session->batch = (SessionBatch){0};
        session_clear_timers(session);
        g_clear_pointer(&session->dial, ic_dial_free);
        if (session->link)
                ic_link_want(session->link, false, false);
        if (!leaves_link(session, error)) {
                session_drop_link(session);
                store_end(session, is_failure(session, error) ? error : NULL, &plan);
        }
        if (is_failure(session, error)) {
                GError *final = final_error(session, error, &plan);

                g_free(session->last_error);
                session->last_error = g_strdup(final->message);
                g_error_free(error);
                error = final;
        }

        session_refuse_commands(session);
        log_end(session, error, was_connected);
        tell_end(session, error, was_connected);
        session->host.finished(error, session->host.user_data);
}

void session_end_with(IcSession *session, IcError code, const char *text)
{
        g_autoptr(GError) error = g_error_new_literal(IC_ERROR, (int) code, text);

        session_end(session, error);
}
