/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Dialling from chosen local addresses. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/descriptor.h"
#include "loopback.h"

#define TIMEOUT (10 * G_USEC_PER_SEC)
/* For documentation (RFC 5737, RFC 3849): no machine has them. */
#define ABSENT_IPV4 "192.0.2.7"
#define ABSENT_IPV6 "2001:db8::7"

static const char *const loopback2[] = {"127.0.0.2", NULL};
static const char *const both[] = {"::1", "127.0.0.3", NULL};
static const char *const ipv6[] = {"::1", NULL};
static const char *const absent_ipv4[] = {ABSENT_IPV4, NULL};
static const char *const absent_both[] = {ABSENT_IPV6, ABSENT_IPV4, NULL};
static const char *const garbage[] = {"127.0.0.1", "eth0\n", NULL};
static const char *const nothing[] = {NULL};

static void test_source(void)
{
        static const struct {
                const char *address;
                const char *const *bind_addresses;
                const char *source;
        } cases[] = {
                {"127.0.0.1", loopback2, "127.0.0.2"},
                {"localhost", loopback2, "127.0.0.2"},
                {"localhost", both, "127.0.0.3"},
                {"127.0.0.1", nothing, "127.0.0.1"},
                {"127.0.0.1", NULL, "127.0.0.1"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                guint16 port;
                g_auto(IcFd) listener = listen_on_loopback(1, &port);
                g_auto(IcFd) server = -1;
                g_auto(Outcome) outcome = {};
                struct sockaddr_in peer;
                socklen_t len = sizeof(peer);
                char text[INET_ADDRSTRLEN];

                outcome_run(&outcome, &(IcDialOptions){
                                              .address = cases[i].address,
                                              .port = port,
                                              .timeout = TIMEOUT,
                                              .bind_addresses = cases[i].bind_addresses,
                                      });
                g_assert_no_error(outcome.error);
                server = accept_one(listener);
                g_assert_cmpint(getpeername(server, (struct sockaddr *) &peer, &len), ==, 0);
                g_assert_nonnull(inet_ntop(AF_INET, &peer.sin_addr, text, sizeof(text)));
                g_assert_cmpstr(text, ==, cases[i].source);
        }
}

typedef struct {
        const char *name;
        const char *address;
        const char *const *bind_addresses;
        const char *proxy;
        IcError code;
        const char *word;
        const char *other_word;
        const char *absent; /* must not be in the text, or NULL */
} FailureCase;

static const FailureCase failure_cases[] = {
        {"refused", "localhost", loopback2, NULL, IC_ERROR_UNREACHABLE, "127.0.0.1 port ",
                " from 127.0.0.2: Connection refused", "::1"},
        {"refused-both", "localhost", both, NULL, IC_ERROR_UNREACHABLE,
                " from ::1: ", " from 127.0.0.3: Connection refused", NULL},
        {"absent", "127.0.0.1", absent_ipv4, NULL, IC_ERROR_NETWORK_DOWN, " from " ABSENT_IPV4,
                "this machine does not have that local address now", NULL},
        {"absent-both", "localhost", absent_both, NULL, IC_ERROR_NETWORK_DOWN, " from " ABSENT_IPV4,
                " from " ABSENT_IPV6, NULL},
        {"other-family", "127.0.0.1", ipv6, NULL, IC_ERROR_BAD_CONFIGURATION,
                "127.0.0.1 has no IPv6 address", "bind_address", NULL},
        {"other-family-6", "::1", loopback2, NULL, IC_ERROR_BAD_CONFIGURATION,
                "::1 has no IPv4 address", "bind_address", NULL},
        {"no-address", "127.0.0.1", garbage, NULL, IC_ERROR_BAD_CONFIGURATION, "bind_address",
                "\"eth0\\x0a\" is no IP address", "\n"},
        {"proxy", "name.invalid", absent_ipv4, "socks5://127.0.0.1:1", IC_ERROR_NETWORK_DOWN,
                "127.0.0.1 port 1 from " ABSENT_IPV4, "name.invalid port ", NULL},
        {"proxy-of-other-family", "name.invalid", ipv6, "http://127.0.0.1",
                IC_ERROR_BAD_CONFIGURATION, "127.0.0.1 has no IPv6 address", "name.invalid", NULL},
};

static void test_failure(gconstpointer user_data)
{
        const FailureCase *c = user_data;
        g_auto(Outcome) outcome = {};
        guint n_fds = count_fds();

        outcome_run(&outcome, &(IcDialOptions){
                                      .address = c->address,
                                      .port = unused_port(),
                                      .timeout = TIMEOUT,
                                      .bind_addresses = c->bind_addresses,
                                      .proxy = c->proxy,
                              });
        assert_error_says(outcome.error, c->code, c->word, c->other_word, NULL);
        if (c->absent)
                g_assert_null(strstr(outcome.error->message, c->absent));
        g_assert_cmpuint(count_fds(), ==, n_fds);
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/net/bind/source", test_source);
        for (gsize i = 0; i < G_N_ELEMENTS(failure_cases); i++) {
                g_autofree char *path =
                        g_strconcat("/net/bind/failure/", failure_cases[i].name, NULL);

                g_test_add_data_func(path, &failure_cases[i], test_failure);
        }
        return g_test_run();
}
