/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The classes of failures, in one table. */

#include "session/failure.h"

typedef struct {
        gint64 factor; /* how many times the policy's first wait the wait begins with */
        bool is_counted;
        bool blocks_for_good;
} Rule;

/* What a server did on purpose (throttling, going down, holding a nickname back) is waited out and
 * not counted: to come back in vain would be counted by the server, too. */
static Rule rule_of(IcError error)
{
        switch (error) {
        case IC_ERROR_BANNED:
        case IC_ERROR_CREDENTIALS:
                return (Rule){1, true, true};
        case IC_ERROR_THROTTLED:
                return (Rule){24, false, false};
        case IC_ERROR_NICKNAME:
                return (Rule){12, false, false};
        case IC_ERROR_SHUTTING_DOWN:
                return (Rule){6, false, false};
        case IC_ERROR_KILLED:
                return (Rule){24, true, false};
        case IC_ERROR_TLS:
                return (Rule){12, true, false};
        case IC_ERROR_REGISTRATION:
                return (Rule){6, true, false};
        case IC_ERROR_STORE_UNWRITABLE:
        case IC_ERROR_STORE_FULL:
        case IC_ERROR_STORE_BUSY:
        case IC_ERROR_NETWORK_DOWN:
                return (Rule){1, false, false};
        case IC_ERROR_FAILED:
        case IC_ERROR_NO_SUCH_SERVER:
        case IC_ERROR_BAD_CONFIGURATION:
        case IC_ERROR_BAD_REQUEST:
        case IC_ERROR_TOO_LONG:
        case IC_ERROR_UNKNOWN_COMMAND:
        case IC_ERROR_MISSING_KEY:
        case IC_ERROR_INVALID_VALUE:
        case IC_ERROR_NOT_CONNECTED:
        case IC_ERROR_SOCKET_NOT_FOUND:
        case IC_ERROR_NOT_IN_CHANNEL:
        case IC_ERROR_REFUSED:
        case IC_ERROR_QUEUE_FULL:
        case IC_ERROR_ACCESS_DENIED:
        case IC_ERROR_TIMED_OUT:
        case IC_ERROR_UNRESOLVABLE:
        case IC_ERROR_UNREACHABLE:
        case IC_ERROR_LINK_CLOSED:
        case IC_ERROR_PING_TIMEOUT:
        case IC_ERROR_BLOCKED:
        case IC_ERROR_STORE_CORRUPT:
        case IC_ERROR_STORE_SCHEMA:
        case IC_ERROR_LIMIT:
        case IC_ERROR_UNIT:
        case _IC_ERROR_MAX:
                break;
        }

        return (Rule){1, true, false};
}

IcFailurePlan ic_failure_plan(
        IcError error, uint32_t attempts, bool was_connected, const IcFailurePolicy *policy)
{
        Rule rule = rule_of(error);
        uint32_t in_a_row = attempts + rule.is_counted;
        uint32_t limit = was_connected ? policy->max_restarts : policy->max_attempts;
        IcFailurePlan plan = {
                .is_counted = rule.is_counted,
                .wait = rule.factor * policy->first_wait,
        };

        if (rule.is_counted)
                for (uint32_t i = 1; i < in_a_row && plan.wait < policy->max_wait; i++)
                        plan.wait *= 2;
        if (!policy->is_max_strict)
                plan.wait = MIN(plan.wait, MAX(policy->max_wait, rule.factor * policy->first_wait));
        else
                plan.wait = MIN(plan.wait, policy->max_wait);

        if (rule.blocks_for_good) {
                plan.is_blocked = true;
        } else if (rule.is_counted && limit > 0 && in_a_row >= limit) {
                plan.is_blocked = true;
                plan.block = policy->block_duration;
        }
        return plan;
}

gint64 ic_failure_longest_wait(const IcFailurePolicy *policy)
{
        gint64 longest = policy->max_wait;

        for (int error = 0; error < _IC_ERROR_MAX; error++)
                longest = MAX(longest, rule_of((IcError) error).factor * policy->first_wait);
        return longest;
}
