/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What follows from each kind of failure, by table. */

#include "base/clock.h"
#include "session/failure.h"

#define HOUR (3600 * IC_USEC_PER_SEC)
#define FOR_GOOD (-1)

static const IcFailurePolicy policy = {
        .first_wait = 5 * IC_USEC_PER_SEC,
        .max_wait = 300 * IC_USEC_PER_SEC,
        .max_attempts = 3,
        .max_restarts = 5,
        .block_duration = HOUR,
};

static void test_plan(void)
{
        static const struct {
                IcError error;
                uint32_t attempts;
                bool was_connected;
                bool is_counted;
                gint64 wait;  /* seconds */
                gint64 block; /* seconds; 0: none */
        } cases[] = {
                {IC_ERROR_UNREACHABLE, 0, false, true, 5, 0},
                {IC_ERROR_UNREACHABLE, 1, false, true, 10, 0},
                {IC_ERROR_UNREACHABLE, 2, false, true, 20, 3600},
                {IC_ERROR_UNREACHABLE, 4000000000u, false, true, 300, 3600},
                {IC_ERROR_UNRESOLVABLE, 2, false, true, 20, 3600},
                {IC_ERROR_LINK_CLOSED, 2, true, true, 20, 0},
                {IC_ERROR_LINK_CLOSED, 4, true, true, 80, 3600},
                {IC_ERROR_PING_TIMEOUT, 0, true, true, 5, 0},
                {IC_ERROR_TLS, 0, false, true, 60, 0},
                {IC_ERROR_TLS, 2, false, true, 240, 3600},
                {IC_ERROR_REGISTRATION, 0, false, true, 30, 0},
                {IC_ERROR_KILLED, 0, true, true, 120, 0},
                {IC_ERROR_THROTTLED, 2, false, false, 120, 0},
                {IC_ERROR_NICKNAME, 2, false, false, 60, 0},
                {IC_ERROR_SHUTTING_DOWN, 2, true, false, 30, 0},
                {IC_ERROR_NETWORK_DOWN, 2, false, false, 5, 0},
                {IC_ERROR_STORE_FULL, 2, true, false, 5, 0},
                {IC_ERROR_BANNED, 0, true, true, 5, FOR_GOOD},
                {IC_ERROR_CREDENTIALS, 0, false, true, 5, FOR_GOOD},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                IcFailurePlan plan = ic_failure_plan(
                        cases[i].error, cases[i].attempts, cases[i].was_connected, &policy);

                g_assert_cmpint(plan.is_counted, ==, cases[i].is_counted);
                g_assert_cmpint(plan.wait, ==, cases[i].wait * IC_USEC_PER_SEC);
                g_assert_cmpint(plan.is_blocked, ==, cases[i].block != 0);
                g_assert_cmpint(plan.block, ==,
                        cases[i].block == FOR_GOOD ? 0 : cases[i].block * IC_USEC_PER_SEC);
        }
}

/* A limit of 0 never blocks for a time. */
static void test_no_limit(void)
{
        IcFailurePolicy none = policy;

        none.max_attempts = 0;
        g_assert_false(ic_failure_plan(IC_ERROR_UNREACHABLE, 100, false, &none).is_blocked);
        g_assert_true(ic_failure_plan(IC_ERROR_BANNED, 0, false, &none).is_blocked);
}

/* A maximum that is set beyond an hour holds; a small one is no less than what a class demands. */
static void test_longest_wait(void)
{
        IcFailurePolicy other = policy;

        g_assert_cmpint(ic_failure_longest_wait(&policy), ==, 300 * IC_USEC_PER_SEC);
        other.max_wait = 20 * HOUR;
        g_assert_cmpint(ic_failure_longest_wait(&other), ==, 20 * HOUR);
        other.max_wait = IC_USEC_PER_SEC;
        g_assert_cmpint(ic_failure_longest_wait(&other), ==, 120 * IC_USEC_PER_SEC);
}

/* But an owner's own maximum holds. */
static void test_strict_maximum(void)
{
        IcFailurePolicy strict = policy;

        strict.max_wait = IC_USEC_PER_SEC;
        strict.is_max_strict = true;
        for (int error = 0; error < _IC_ERROR_MAX; error++)
                g_assert_cmpint(ic_failure_plan((IcError) error, 3, false, &strict).wait, <=,
                        IC_USEC_PER_SEC);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/session/failure/plan", test_plan);
        g_test_add_func("/session/failure/no-limit", test_no_limit);
        g_test_add_func("/session/failure/longest-wait", test_longest_wait);
        g_test_add_func("/session/failure/strict-maximum", test_strict_maximum);
        return g_test_run();
}
