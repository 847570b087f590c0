/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The descriptor store, as a manager sees it, and what is handed down at the start. */

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "manager.h"
#include "service/descriptors.h"

#define FIRST_FD 3
#define N_FDS_MAX 3

static guint64 socket_cookie(int fd)
{
        guint64 cookie = 0;
        socklen_t len = sizeof(cookie);

        g_assert_cmpint(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len), ==, 0);
        return cookie;
}

/* Two messages: what to do, then the barrier, which is answered by closing its descriptor. */
typedef struct {
        Manager manager;
        char *order;
        guint64 cookie; /* of the descriptor that came with it; 0: none came */
        char *barrier;
} Exchange;

static gpointer play_manager(gpointer user_data)
{
        Exchange *exchange = user_data;
        g_auto(IcFd) fd = -1;
        g_auto(IcFd) barrier = -1;

        exchange->order = manager_receive(&exchange->manager, &fd);
        exchange->cookie = fd >= 0 ? socket_cookie(fd) : 0;
        exchange->barrier = manager_receive(&exchange->manager, &barrier);
        g_assert_cmpint(barrier, >=, 0);
        return NULL;
}

static void exchange_clear(Exchange *exchange)
{
        g_free(exchange->order);
        g_free(exchange->barrier);
        manager_clear(&exchange->manager);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Exchange, exchange_clear)

static void test_store(void)
{
        g_auto(Exchange) exchange = {};
        g_auto(IcFd) link = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        GThread *thread;

        manager_init(&exchange.manager);
        thread = g_thread_new("manager", play_manager, &exchange);
        g_assert_true(ic_descriptors_store_link(link));
        g_thread_join(thread);
        g_assert_cmpstr(exchange.order, ==, "FDSTORE=1\nFDNAME=link\nFDPOLL=0");
        g_assert_cmpuint(exchange.cookie, ==, socket_cookie(link));
        g_assert_cmpstr(exchange.barrier, ==, "BARRIER=1");
}

static void test_remove(void)
{
        g_auto(Exchange) exchange = {};
        GThread *thread;

        manager_init(&exchange.manager);
        thread = g_thread_new("manager", play_manager, &exchange);
        g_assert_true(ic_descriptors_remove_link());
        g_thread_join(thread);
        g_assert_cmpstr(exchange.order, ==, "FDSTOREREMOVE=1\nFDNAME=link");
        g_assert_cmpuint(exchange.cookie, ==, 0);
        g_assert_cmpstr(exchange.barrier, ==, "BARRIER=1");
}

static void test_without_manager(void)
{
        g_auto(IcFd) link = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_auto(IcDescriptors) descriptors = {};

        g_unsetenv("NOTIFY_SOCKET");
        g_unsetenv("LISTEN_FDS");
        g_assert_false(ic_descriptors_store_link(link));
        g_assert_false(ic_descriptors_remove_link());
        ic_descriptors_take(&descriptors);
        g_assert_cmpint(descriptors.control, ==, -1);
        g_assert_cmpint(descriptors.link, ==, -1);
}

/* What stands at a place of the descriptors that are handed down. */
typedef enum {
        NOTHING,
        LISTENING, /* a listening AF_UNIX socket */
        STREAM,    /* a TCP socket */
        PIPE,
} Thing;

typedef struct {
        const char *name;
        const char *fd_names;
        Thing things[N_FDS_MAX];
        int control; /* the place of what is taken, or -1 */
        int link;
        bool is_store_cleared;
} TakeCase;

static const TakeCase take_cases[] = {
        {"control", "control", {LISTENING}, 0, -1, false},
        {"by-unit-name", "irc-conn@3.socket", {LISTENING}, 0, -1, false},
        {"both", "control:link", {LISTENING, STREAM}, 0, 1, false},
        {"other-order", "link:control", {STREAM, LISTENING}, 1, 0, false},
        {"unforeseen", "stored:control:link", {PIPE, LISTENING, STREAM}, 1, 2, false},
        {"unforeseen-socket", "other:control", {STREAM, LISTENING}, 1, -1, false},
        {"no-socket", "link:control", {PIPE, LISTENING}, 1, -1, false},
        {"listening-link", "link", {LISTENING}, -1, -1, false},
        {"two-links", "link:control:link", {STREAM, LISTENING, STREAM}, 1, -1, true},
};

static int make_thing(Thing thing)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX}; /* autobind: no file */
        int ends[2];
        int fd;

        switch (thing) {
        case NOTHING:
                return -1;
        case LISTENING:
                fd = socket(AF_UNIX, SOCK_STREAM, 0);
                g_assert_cmpint(bind(fd, (struct sockaddr *) &address, sizeof(sa_family_t)), ==, 0);
                g_assert_cmpint(listen(fd, 1), ==, 0);
                return fd;
        case STREAM:
                return socket(AF_INET, SOCK_STREAM, 0);
        case PIPE:
                g_assert_cmpint(pipe(ends), ==, 0);
                close(ends[1]);
                return ends[0];
        }
        g_assert_not_reached();
}

/* Above the places, lest one overwrites another. */
static int make_high_thing(Thing thing)
{
        int fd = make_thing(thing);
        int high;

        if (fd < 0)
                return -1;
        high = fcntl(fd, F_DUPFD_CLOEXEC, 100);
        close(fd);
        return high;
}

static void hand_down(const TakeCase *c)
{
        g_autofree char *pid = g_strdup_printf("%d", getpid());
        g_autofree char *count = NULL;
        int fds[N_FDS_MAX];
        int n = 0;

        for (int i = 0; i < N_FDS_MAX; i++)
                fds[i] = make_high_thing(c->things[i]);
        for (int i = 0; i < N_FDS_MAX && fds[i] >= 0; i++, n++) {
                g_assert_cmpint(dup2(fds[i], FIRST_FD + i), ==, FIRST_FD + i);
                close(fds[i]);
        }
        count = g_strdup_printf("%d", n);
        g_setenv("LISTEN_PID", pid, true);
        g_setenv("LISTEN_FDS", count, true);
        g_setenv("LISTEN_FDNAMES", c->fd_names, true);
}

static void assert_taken(const TakeCase *c)
{
        g_auto(IcDescriptors) descriptors = {};

        ic_descriptors_take(&descriptors);
        g_assert_cmpint(descriptors.control, ==, c->control < 0 ? -1 : FIRST_FD + c->control);
        g_assert_cmpint(descriptors.link, ==, c->link < 0 ? -1 : FIRST_FD + c->link);
        g_assert_null(g_getenv("LISTEN_FDS"));
        for (int i = 0; i < N_FDS_MAX && c->things[i] != NOTHING; i++) {
                int flags = fcntl(FIRST_FD + i, F_GETFD);

                if (i == c->control || i == c->link)
                        g_assert_cmpint(flags & FD_CLOEXEC, !=, 0);
                else
                        g_assert_cmpint(flags, ==, -1);
        }
}

/* In a process of its own, whose descriptors from 3 on are free to be used. */
static void test_take(gconstpointer user_data)
{
        const TakeCase *c = user_data;

        if (g_test_subprocess()) {
                hand_down(c);
                assert_taken(c);
                return;
        }
        if (c->is_store_cleared) {
                g_auto(Exchange) exchange = {};
                GThread *thread;

                manager_init(&exchange.manager);
                thread = g_thread_new("manager", play_manager, &exchange);
                g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
                g_thread_join(thread);
                g_assert_cmpstr(exchange.order, ==, "FDSTOREREMOVE=1\nFDNAME=link");
        } else
                g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
        g_test_trap_assert_passed();
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/service/descriptors/store", test_store);
        g_test_add_func("/service/descriptors/remove", test_remove);
        g_test_add_func("/service/descriptors/without-manager", test_without_manager);
        for (gsize i = 0; i < G_N_ELEMENTS(take_cases); i++) {
                g_autofree char *path =
                        g_strconcat("/service/descriptors/take/", take_cases[i].name, NULL);

                g_test_add_data_func(path, &take_cases[i], test_take);
        }
        return g_test_run();
}
