/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Policies of hosts that are to be reached by TLS only. */

#include "fixture.h"
#include "store/sts.h"

#define NOW G_GINT64_CONSTANT(1700000000000000)
#define SECOND G_GINT64_CONSTANT(1000000)

static void put(Fixture *fixture, const char *host, uint16_t port, gint64 duration, gint64 now)
{
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_store_sts_put(fixture->store, host, port, duration, now, &error));
}

/* Port 0: there is none. */
static void assert_policy(
        Fixture *fixture, const char *host, gint64 now, uint16_t port, gint64 expires_at)
{
        IcStsPolicy policy = {.port = 1};
        bool is_found = false;
        g_autoptr(GError) error = NULL;

        assert_ok(error, ic_store_sts_get(fixture->store, host, now, &policy, &is_found, &error));
        g_assert_cmpint(is_found, ==, port != 0);
        g_assert_cmpuint(policy.port, ==, port);
        g_assert_cmpint(policy.expires_at, ==, expires_at);
}

static void test_policy(Fixture *fixture, gconstpointer unused)
{
        assert_policy(fixture, "irc.example.org", NOW, 0, 0);
        put(fixture, "irc.example.org", 6697, 10, NOW);
        put(fixture, "other.example.org", 7000, 20, NOW);
        assert_policy(fixture, "irc.example.org", NOW, 6697, NOW + 10 * SECOND);
        assert_policy(fixture, "IRC.example.ORG.", NOW, 6697, NOW + 10 * SECOND);
        assert_policy(fixture, "example.org", NOW, 0, 0);

        /* Until it expires. */
        assert_policy(fixture, "irc.example.org", NOW + 10 * SECOND - 1, 6697, NOW + 10 * SECOND);
        assert_policy(fixture, "irc.example.org", NOW + 10 * SECOND, 0, 0);

        /* Another one takes its place. */
        put(fixture, "Irc.Example.org", 6698, 5, NOW + SECOND);
        assert_policy(fixture, "irc.example.org", NOW, 6698, NOW + 6 * SECOND);
        assert_sql(fixture->folder, "SELECT count(*) FROM sts_policies", "2");

        /* A duration of 0 forgets it, and that one alone. */
        put(fixture, "irc.example.org", 6698, 0, NOW);
        assert_policy(fixture, "irc.example.org", NOW, 0, 0);
        assert_policy(fixture, "other.example.org", NOW, 7000, NOW + 20 * SECOND);
}

static void test_refresh(Fixture *fixture, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;

        put(fixture, "h", 6697, 10, NOW);
        assert_ok(error, ic_store_sts_refresh(fixture->store, "H", NOW + 9 * SECOND, &error));
        assert_policy(fixture, "h", NOW, 6697, NOW + 19 * SECOND);

        /* What has expired does not come back, and what is not there does not come. */
        assert_ok(error, ic_store_sts_refresh(fixture->store, "h", NOW + 19 * SECOND, &error));
        assert_policy(fixture, "h", NOW + 19 * SECOND, 0, 0);
        assert_ok(error, ic_store_sts_refresh(fixture->store, "g", NOW, &error));
        assert_policy(fixture, "g", NOW, 0, 0);
}

/* What a server may say of the duration. */
static void test_durations(Fixture *fixture, gconstpointer unused)
{
        static const struct {
                gint64 duration, kept;
        } cases[] = {
                {G_MAXINT64, IC_STS_DURATION_MAX},
                {IC_STS_DURATION_MAX + 1, IC_STS_DURATION_MAX},
                {IC_STS_DURATION_MAX, IC_STS_DURATION_MAX},
                {1, 1},
                {0, 0},
                {-1, 0},
                {G_MININT64, 0},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                gint64 expires_at = cases[i].kept ? NOW + cases[i].kept * SECOND : 0;

                put(fixture, "h", 6697, 100, NOW);
                put(fixture, "h", 6697, cases[i].duration, NOW);
                assert_policy(fixture, "h", NOW, cases[i].kept ? 6697 : 0, expires_at);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        fixture_test("/store/sts/policy", test_policy);
        fixture_test("/store/sts/refresh", test_refresh);
        fixture_test("/store/sts/durations", test_durations);
        return g_test_run();
}
