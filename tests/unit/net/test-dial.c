/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Dialling without TLS: the race of addresses, failures in words, time-outs, cancellation. */

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "base/descriptor.h"
#include "loopback.h"

#define TIMEOUT (10 * G_USEC_PER_SEC)
#define SHORT_TIMEOUT (G_USEC_PER_SEC / 5)
/* More connections than a backlog of 0 takes. */
#define FILL 4

/* A listener that answers no SYN any more. */
typedef struct {
        int listener;
        guint16 port;
        int fill[FILL];
} Wall;

static void wall_init(Wall *wall)
{
        struct sockaddr_in address = {.sin_family = AF_INET};

        wall->listener = listen_on_loopback(0, &wall->port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(wall->port);
        for (guint i = 0; i < FILL; i++) {
                wall->fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
                (void) connect(wall->fill[i], (struct sockaddr *) &address, sizeof(address));
        }
}

static void wall_clear(Wall *wall)
{
        close(wall->listener);
        for (guint i = 0; i < FILL; i++)
                close(wall->fill[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wall, wall_clear)

static int get_option(int fd, int level, int name)
{
        int value = 0;
        socklen_t len = sizeof(value);

        g_assert_cmpint(getsockopt(fd, level, name, &value, &len), ==, 0);
        return value;
}

/* tcp(7): an idle link ends at the first probe that is due after the user time-out, the former ones
 * unanswered; what was sent just before that has the whole user time-out. */
static void assert_notices_half_open_link(int fd)
{
        int idle = get_option(fd, IPPROTO_TCP, TCP_KEEPIDLE);
        int interval = get_option(fd, IPPROTO_TCP, TCP_KEEPINTVL);
        int timeout = get_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT) / 1000;
        int probes = 0;

        while (idle + probes * interval < timeout)
                probes++;
        g_assert_cmpint(probes, >=, 3); /* one lost packet is no dead link */
        g_assert_cmpint(idle + probes * interval + timeout, <, 120);
}

static void test_literal(void)
{
        guint16 port;
        G_GNUC_UNUSED g_auto(IcFd) listener = listen_on_loopback(1, &port);
        g_autofree char *peer = g_strdup_printf("127.0.0.1 port %u", port);
        g_auto(Outcome) outcome = {};
        int fd;

        outcome_run(&outcome,
                &(IcDialOptions){.address = "127.0.0.1", .port = port, .timeout = TIMEOUT});
        g_assert_no_error(outcome.error);
        g_assert_cmpuint(outcome.n_phases[IC_DIAL_RESOLVING], ==, 0);
        g_assert_cmpuint(outcome.n_phases[IC_DIAL_CONNECTING], ==, 1);
        g_assert_cmpuint(outcome.n_phases[IC_DIAL_HANDSHAKE], ==, 0);
        g_assert_cmpstr(outcome.last_what, ==, peer);
        g_assert_cmpstr(ic_link_get_peer(outcome.link), ==, peer);
        g_assert_cmpstr(ic_link_describe(outcome.link), ==, "plain");
        g_assert_false(ic_link_is_tls(outcome.link));
        g_assert_true(ic_link_is_survivable(outcome.link));
        g_assert_cmpuint(ic_link_get_cookie(outcome.link), !=, 0);

        fd = ic_link_get_fd(outcome.link);
        g_assert_cmpint(get_option(fd, IPPROTO_TCP, TCP_NODELAY), ==, 1);
        g_assert_cmpint(get_option(fd, SOL_SOCKET, SO_KEEPALIVE), ==, 1);
        assert_notices_half_open_link(fd);
        g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, !=, 0);
        g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, !=, 0);
}

/* Nobody listens on ::1: 127.0.0.1 is tried at once. */
static void test_race(void)
{
        guint16 port;
        G_GNUC_UNUSED g_auto(IcFd) listener = listen_on_loopback(1, &port);
        g_auto(Outcome) outcome = {};

        outcome_run(&outcome,
                &(IcDialOptions){.address = "localhost", .port = port, .timeout = TIMEOUT});
        g_assert_no_error(outcome.error);
        g_assert_cmpuint(outcome.n_phases[IC_DIAL_RESOLVING], ==, 1);
        g_assert_cmpuint(outcome.n_phases[IC_DIAL_CONNECTING], ==, 1);
        g_assert_true(g_str_has_prefix(ic_link_get_peer(outcome.link), "127.0.0.1 "));
}

static void test_all_refused(void)
{
        g_auto(Outcome) outcome = {};

        outcome_run(&outcome,
                &(IcDialOptions){
                        .address = "localhost", .port = unused_port(), .timeout = TIMEOUT});
        assert_error_says(outcome.error, IC_ERROR_UNREACHABLE, "localhost", "127.0.0.1 port ",
                "::1 port ", "Connection refused", NULL);
}

static void test_timeout(void)
{
        g_auto(Wall) wall;
        g_auto(Outcome) outcome = {};

        wall_init(&wall);
        outcome_run(&outcome,
                &(IcDialOptions){
                        .address = "127.0.0.1", .port = wall.port, .timeout = SHORT_TIMEOUT});
        assert_error_says(
                outcome.error, IC_ERROR_TIMED_OUT, "127.0.0.1 port ", "no answer yet", NULL);
}

static void test_unusable(void)
{
        static const struct {
                const char *address;
                guint16 port;
        } cases[] = {
                {"", 6667},
                {"127.0.0.1", 0},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(Outcome) outcome = {};

                outcome_run(&outcome, &(IcDialOptions){.address = cases[i].address,
                                              .port = cases[i].port,
                                              .timeout = TIMEOUT});
                assert_error_says(outcome.error, IC_ERROR_BAD_CONFIGURATION, NULL);
        }
}

static bool is_resolving(gpointer user_data)
{
        return ((Outcome *) user_data)->n_phases[IC_DIAL_RESOLVING] > 0;
}

static bool is_connecting(gpointer user_data)
{
        return ((Outcome *) user_data)->n_phases[IC_DIAL_CONNECTING] > 0;
}

static bool is_started(gpointer user_data)
{
        return true;
}

static void test_cancel(void)
{
        static bool (*const moments[])(gpointer) = {is_started, is_resolving, is_connecting};
        g_auto(Wall) wall;
        guint n_fds;

        wall_init(&wall);
        settle();
        n_fds = count_fds();
        for (gsize i = 0; i < G_N_ELEMENTS(moments); i++) {
                g_auto(Outcome) outcome = {};

                outcome_start(&outcome,
                        &(IcDialOptions){
                                .address = "localhost", .port = wall.port, .timeout = TIMEOUT});
                wait_until(moments[i], &outcome);
                g_clear_pointer(&outcome.dial, ic_dial_free);
                settle();
                g_assert_cmpuint(outcome.n_done, ==, 0);
                g_assert_cmpuint(count_fds(), ==, n_fds);
        }
}

/* A dial is a thread of the resolver's and sockets, not a set of plug-ins. */
static void test_no_modules(void)
{
        g_autofree char *maps = NULL;

        test_all_refused();
        g_assert_true(g_file_get_contents("/proc/self/maps", &maps, NULL, NULL));
        g_assert_null(strstr(maps, "/gio/modules/"));
}

/* A network of one's own without any interface up: no address leads anywhere, no name server
 * answers. Run in a process of its own. */
typedef struct {
        const char *address;
        const char *proxy;
        IcError code;
        const char *word;
} OfflineCase;

static const OfflineCase offline_address = {
        "192.0.2.1", NULL, IC_ERROR_NETWORK_DOWN, "unreachable"};
static const OfflineCase offline_name = {"name.invalid", NULL, IC_ERROR_UNRESOLVABLE, ""};
static const OfflineCase offline_proxy = {
        "name.invalid", "socks5://192.0.2.1", IC_ERROR_NETWORK_DOWN, "192.0.2.1 port 1080: "};
static const OfflineCase offline_proxy_name = {
        "name.invalid", "http://proxy.invalid", IC_ERROR_UNRESOLVABLE, "\"proxy.invalid\""};

static void test_without_network(gconstpointer user_data)
{
        const OfflineCase *c = user_data;

        if (g_test_subprocess()) {
                g_auto(Outcome) outcome = {};

                if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
                        exit(77);
                outcome_run(&outcome, &(IcDialOptions){
                                              .address = c->address,
                                              .port = 6667,
                                              .timeout = TIMEOUT,
                                              .proxy = c->proxy,
                                      });
                assert_error_says(outcome.error, c->code, c->address, c->word, NULL);
                return;
        }
        g_test_trap_subprocess(NULL, 30 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_INHERIT_STDERR);
        g_test_trap_assert_passed();
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/net/dial/literal", test_literal);
        g_test_add_func("/net/dial/race", test_race);
        g_test_add_func("/net/dial/all-refused", test_all_refused);
        g_test_add_func("/net/dial/timeout", test_timeout);
        g_test_add_func("/net/dial/unusable", test_unusable);
        g_test_add_func("/net/dial/cancel", test_cancel);
        g_test_add_func("/net/dial/no-modules", test_no_modules);
        g_test_add_data_func(
                "/net/dial/without-network/address", &offline_address, test_without_network);
        g_test_add_data_func("/net/dial/without-network/name", &offline_name, test_without_network);
        g_test_add_data_func(
                "/net/dial/without-network/proxy", &offline_proxy, test_without_network);
        g_test_add_data_func(
                "/net/dial/without-network/proxy-name", &offline_proxy_name, test_without_network);
        return g_test_run();
}
