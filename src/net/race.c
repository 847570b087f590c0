/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The race of connection attempts: one begins every 250 ms, or at once when another one failed; the
 * first that connects wins, and the others are dropped. */

#include "net/race.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/descriptor.h"
#include "net/address.h"
#include "net/socket.h"

typedef struct {
        IcRace *race;
        char *name;
        IcFd fd;
        GSource *source; /* NULL once it failed */
        int code;        /* errno of the failure, 0: none yet */
        bool is_unbound; /* it failed because of its local address */
} Attempt;

struct IcRace {
        GPtrArray *addresses;
        GPtrArray *local_addresses;
        GPtrArray *attempts; /* of Attempt, of the first addresses */
        guint n_failed;
        guint16 port;
        char *host;
        GSource *timer; /* begins the next attempt; ready now, at some time or never (-1) */
        IcRaceFunc done;
        gpointer user_data;
};

static void attempt_stop(Attempt *attempt)
{
        if (attempt->source) {
                g_source_destroy(attempt->source);
                g_clear_pointer(&attempt->source, g_source_unref);
        }
        ic_fd_clear(&attempt->fd);
}

static void attempt_free(Attempt *attempt)
{
        attempt_stop(attempt);
        g_free(attempt->name);
        g_free(attempt);
}

/* Whether a failure says that this machine has no way to such an address at all. */
static bool is_local(int code)
{
        return code == ENETUNREACH || code == EADDRNOTAVAIL || code == ENETDOWN ||
               code == EAFNOSUPPORT;
}

static void set_error(const IcRace *race, GError **error)
{
        g_autofree char *results = ic_race_describe(race);
        bool is_network_down = true;

        for (guint i = 0; i < race->attempts->len; i++) {
                const Attempt *attempt = g_ptr_array_index(race->attempts, i);

                is_network_down = is_network_down && is_local(attempt->code);
        }
        if (is_network_down)
                g_set_error(error, IC_ERROR, IC_ERROR_NETWORK_DOWN,
                        "This machine has no network that leads to %s (%s)", race->host, results);
        else
                g_set_error(error, IC_ERROR, IC_ERROR_UNREACHABLE, "%s cannot be reached (%s)",
                        race->host, results);
}

static bool is_exhausted(const IcRace *race)
{
        return race->attempts->len == race->addresses->len;
}

/* The race may be freed by this. */
static void attempt_fail(Attempt *attempt, int code)
{
        IcRace *race = attempt->race;
        g_autoptr(GError) error = NULL;

        attempt->code = code;
        attempt_stop(attempt);
        race->n_failed++;
        if (!is_exhausted(race)) {
                g_source_set_ready_time(race->timer, 0);
                return;
        }
        if (race->n_failed < race->attempts->len)
                return;
        set_error(race, &error);
        race->done(-1, error, race->user_data);
}

static void attempt_win(Attempt *attempt)
{
        IcRace *race = attempt->race;
        int fd = ic_fd_steal(&attempt->fd);

        g_ptr_array_set_size(race->attempts, 0);
        g_source_set_ready_time(race->timer, -1);
        race->done(fd, NULL, race->user_data);
}

static gboolean attempt_ready(int fd, GIOCondition events, gpointer user_data)
{
        Attempt *attempt = user_data;
        int code = 0;
        socklen_t len = sizeof(code);

        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
                code = errno;
        if (code)
                attempt_fail(attempt, code);
        else
                attempt_win(attempt);
        return G_SOURCE_REMOVE;
}

/* Its length; 0 when the kernel has no such addresses. */
static socklen_t to_native(GInetAddress *address, guint16 port, struct sockaddr_storage *ret)
{
        g_autoptr(GSocketAddress) socket_address = g_inet_socket_address_new(address, port);

        if (!g_socket_address_to_native(socket_address, ret, sizeof(*ret), NULL))
                return 0;
        return (socklen_t) g_socket_address_get_native_size(socket_address);
}

/* 0, or errno. */
static int attempt_bind(Attempt *attempt, GInetAddress *local)
{
        struct sockaddr_storage native;
        socklen_t len = to_native(local, 0, &native);
        int on = 1;

        /* The port is chosen with the connection: there are more of them then (ip(7)). */
        (void) setsockopt(attempt->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
        if (bind(attempt->fd, (struct sockaddr *) &native, len) == 0)
                return 0;
        attempt->is_unbound = true;
        return errno;
}

/* 0 when it is under way, else errno. */
static int attempt_connect(Attempt *attempt, GInetAddress *address, GInetAddress *local)
{
        struct sockaddr_storage native;
        socklen_t len = to_native(address, attempt->race->port, &native);
        int code;

        if (len == 0)
                return EAFNOSUPPORT;
        attempt->fd = ic_socket_new_stream(native.ss_family);
        if (attempt->fd < 0)
                return errno;
        code = local ? attempt_bind(attempt, local) : 0;
        if (code)
                return code;
        if (connect(attempt->fd, (struct sockaddr *) &native, len) == 0 || errno == EINPROGRESS)
                return 0;
        return errno;
}

/* "192.0.2.1 port 6697 from 198.51.100.7" */
static char *name_attempt(const IcRace *race, GInetAddress *address, GInetAddress *local)
{
        g_autofree char *to = ic_address_to_text(address, race->port);
        g_autofree char *from = local ? g_inet_address_to_string(local) : NULL;

        return from ? g_strdup_printf("%s from %s", to, from) : g_steal_pointer(&to);
}

static void begin_attempt(IcRace *race)
{
        GInetAddress *address = g_ptr_array_index(race->addresses, race->attempts->len);
        GInetAddress *local =
                ic_address_of_family(race->local_addresses, g_inet_address_get_family(address));
        Attempt *attempt = g_new0(Attempt, 1);
        int code;

        attempt->race = race;
        attempt->fd = -1;
        attempt->name = name_attempt(race, address, local);
        g_ptr_array_add(race->attempts, attempt);
        code = attempt_connect(attempt, address, local);
        if (code) {
                attempt_fail(attempt, code);
                return;
        }
        attempt->source = g_unix_fd_source_new(attempt->fd, G_IO_OUT);
        g_source_set_callback(attempt->source, G_SOURCE_FUNC(attempt_ready), attempt, NULL);
        g_source_attach(attempt->source, g_main_context_get_thread_default());
}

static gboolean timer_dispatch(GSource *timer, GSourceFunc callback, gpointer user_data)
{
        IcRace *race = user_data;
        bool is_last = race->attempts->len + 1 == race->addresses->len;

        g_source_set_ready_time(timer, is_last ? -1 : g_get_monotonic_time() + IC_RACE_DELAY_USEC);
        begin_attempt(race);
        return G_SOURCE_CONTINUE;
}

static GSourceFuncs timer_funcs = {.dispatch = timer_dispatch};

static GPtrArray *copy_addresses(GPtrArray *addresses)
{
        GPtrArray *copy = g_ptr_array_new_with_free_func(g_object_unref);

        for (guint i = 0; i < MIN(addresses->len, IC_RACE_ADDRESSES_MAX); i++)
                g_ptr_array_add(copy, g_object_ref(g_ptr_array_index(addresses, i)));
        return copy;
}

IcRace *ic_race_start(const IcRaceOptions *options, IcRaceFunc done, gpointer user_data)
{
        IcRace *race = g_new0(IcRace, 1);

        g_assert(options->addresses->len > 0);
        race->addresses = copy_addresses(options->addresses);
        race->local_addresses = copy_addresses(options->local_addresses);
        race->attempts = g_ptr_array_new_with_free_func((GDestroyNotify) attempt_free);
        race->port = options->port;
        race->host = g_strdup(options->host);
        race->done = done;
        race->user_data = user_data;
        race->timer = g_source_new(&timer_funcs, sizeof(GSource));
        g_source_set_static_name(race->timer, "irc-race");
        g_source_set_callback(race->timer, NULL, race, NULL);
        g_source_set_ready_time(race->timer, 0);
        g_source_attach(race->timer, g_main_context_get_thread_default());
        return race;
}

void ic_race_free(IcRace *race)
{
        if (!race)
                return;
        g_source_destroy(race->timer);
        g_source_unref(race->timer);
        g_ptr_array_unref(race->attempts);
        g_ptr_array_unref(race->addresses);
        g_ptr_array_unref(race->local_addresses);
        g_free(race->host);
        g_free(race);
}

static const char *describe_result(const Attempt *attempt)
{
        if (!attempt->code)
                return "no answer yet";
        if (attempt->is_unbound && attempt->code == EADDRNOTAVAIL)
                return "this machine does not have that local address now";
        return g_strerror(attempt->code);
}

char *ic_race_describe(const IcRace *race)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < race->attempts->len; i++) {
                const Attempt *attempt = g_ptr_array_index(race->attempts, i);

                g_string_append_printf(text, "%s%s: %s", i > 0 ? "; " : "", attempt->name,
                        describe_result(attempt));
        }
        return g_string_free(text, FALSE);
}
