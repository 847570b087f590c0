/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Dialling, phase by phase, within one time-out:
 *
 *   start ── checks ──> RESOLVING ──> CONNECTING ──┬──────────────────┬─ plain ────────────> link
 *                 └─ IP address ─────────^          └─ proxy ─> PROXY ─┴─ TLS ─> HANDSHAKE ─> link
 *
 * With a proxy it is the proxy that is resolved and connected to: its name alone is looked up here.
 */

#include "net/dial.h"

#include "base/text.h"
#include "net/address.h"
#include "net/handshake.h"
#include "net/proxy.h"
#include "net/race.h"
#include "net/tls.h"
#include "net/tunnel.h"

struct IcDial {
        char *address;
        guint16 port;
        IcProxy *proxy;             /* NULL: none */
        IcProxyDialogue *dialogue;  /* until the tunnel takes it */
        GPtrArray *local_addresses; /* of GInetAddress */
        gint64 timeout;
        bool is_tls;
        IcTls *tls;      /* until the handshake takes it */
        GError *refusal; /* the options cannot be used: told as soon as the loop turns */
        char *peer;

        IcDialPhase phase;
        GSource *begin;
        GSource *timer;
        GCancellable *cancellable;
        IcRace *race;
        IcTunnel *tunnel;
        IcHandshake *handshake;

        IcDialProgressFunc progress;
        IcDialFunc done;
        gpointer user_data;
};

static void clear_source(GSource **source)
{
        if (!*source)
                return;
        g_source_destroy(*source);
        g_clear_pointer(source, g_source_unref);
}

/* Ends all that is under way. */
static void stop(IcDial *dial)
{
        clear_source(&dial->begin);
        clear_source(&dial->timer);
        if (dial->cancellable)
                g_cancellable_cancel(dial->cancellable);
        g_clear_object(&dial->cancellable);
        g_clear_pointer(&dial->race, ic_race_free);
        g_clear_pointer(&dial->tunnel, ic_tunnel_free);
        g_clear_pointer(&dial->handshake, ic_handshake_free);
}

/* Whom we connect to ourselves. */
static const char *hop_host(const IcDial *dial)
{
        return dial->proxy ? dial->proxy->host : dial->address;
}

static guint16 hop_port(const IcDial *dial)
{
        return dial->proxy ? dial->proxy->port : dial->port;
}

/* The dial may be freed by this. */
static void finish(IcDial *dial, IcLink *link, const GError *error)
{
        stop(dial);
        dial->done(link, error, dial->user_data);
}

static void fail(IcDial *dial, const GError *cause)
{
        g_autoptr(GError) error = g_error_copy(cause);

        if (dial->proxy)
                g_prefix_error(&error,
                        "Through the proxy %s port %u to %s port %u: ", dial->proxy->host,
                        (guint) dial->proxy->port, dial->address, (guint) dial->port);
        finish(dial, NULL, error);
}

static void enter(IcDial *dial, IcDialPhase phase, const char *what)
{
        dial->phase = phase;
        if (dial->progress)
                dial->progress(phase, what, dial->user_data);
}

static void handshake_done(IcLink *link, const GError *error, gpointer user_data)
{
        if (link)
                finish(user_data, link, NULL);
        else
                fail(user_data, error);
}

/* The way to the server is open. */
static void begin_stream(IcDial *dial, int fd)
{
        if (!dial->is_tls) {
                finish(dial, ic_link_new_plain(fd), NULL);
                return;
        }
        dial->handshake = ic_handshake_start(fd, g_steal_pointer(&dial->tls), handshake_done, dial);
        enter(dial, IC_DIAL_HANDSHAKE, dial->peer);
}

static void tunnel_done(int fd, const GError *error, gpointer user_data)
{
        IcDial *dial = user_data;

        if (fd < 0) {
                fail(dial, error);
                return;
        }
        g_clear_pointer(&dial->tunnel, ic_tunnel_free);
        begin_stream(dial, fd);
}

static void race_done(int fd, const GError *error, gpointer user_data)
{
        IcDial *dial = user_data;

        if (fd < 0) {
                fail(dial, error);
                return;
        }
        g_clear_pointer(&dial->race, ic_race_free);
        if (!dial->proxy) {
                dial->peer = ic_address_of_peer(fd);
                begin_stream(dial, fd);
                return;
        }
        dial->peer = g_strdup_printf("%s port %u", dial->address, (guint) dial->port);
        dial->tunnel = ic_tunnel_start(fd, g_steal_pointer(&dial->dialogue), tunnel_done, dial);
        enter(dial, IC_DIAL_PROXY, dial->peer);
}

static const char *family_name(GSocketFamily family)
{
        return family == G_SOCKET_FAMILY_IPV6 ? "IPv6" : "IPv4";
}

/* Where nothing is left of the addresses: they and the bind addresses are of one family each. */
static void fail_unbound(IcDial *dial, IcError code)
{
        GSocketFamily family =
                g_inet_address_get_family(g_ptr_array_index(dial->local_addresses, 0));
        g_autoptr(GError) error = g_error_new(IC_ERROR, (int) code,
                "%s has no %s address, and bind_address allows no other", hop_host(dial),
                family_name(family));

        fail(dial, error);
}

/* `is_literal`: the address stands in the configuration. */
static void connect_to(IcDial *dial, GList *addresses, bool is_literal)
{
        g_autoptr(GPtrArray) order = ic_address_interleave(addresses);
        g_autofree char *first = NULL;

        if (dial->local_addresses->len > 0)
                ic_address_keep_families(order, dial->local_addresses);
        if (order->len == 0) {
                fail_unbound(dial, is_literal ? IC_ERROR_BAD_CONFIGURATION : IC_ERROR_UNREACHABLE);
                return;
        }
        first = ic_address_to_text(g_ptr_array_index(order, 0), hop_port(dial));
        dial->race = ic_race_start(
                &(IcRaceOptions){
                        .addresses = order,
                        .port = hop_port(dial),
                        .host = hop_host(dial),
                        .local_addresses = dial->local_addresses,
                },
                race_done, dial);
        enter(dial, IC_DIAL_CONNECTING, first);
}

static void set_unresolvable(const IcDial *dial, const GError *cause, GError **error)
{
        g_autofree char *name = ic_text_quote(hop_host(dial), 255);

        if (g_error_matches(cause, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND))
                g_set_error(error, IC_ERROR, IC_ERROR_UNRESOLVABLE,
                        "The name \"%s\" has no address: is it spelt right?", name);
        else
                g_set_error(error, IC_ERROR, IC_ERROR_UNRESOLVABLE,
                        "The address of \"%s\" cannot be looked up now: %s", name, cause->message);
}

static void resolved(GObject *resolver, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(GError) cause = NULL;
        g_autoptr(GError) error = NULL;
        GList *addresses = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, &cause);
        IcDial *dial;

        /* The dial is gone. */
        if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        dial = user_data;
        if (!addresses) {
                set_unresolvable(dial, cause, &error);
                fail(dial, error);
                return;
        }
        connect_to(dial, addresses, false);
        g_resolver_free_addresses(addresses);
}

static void resolve(IcDial *dial)
{
        g_autoptr(GResolver) resolver = g_resolver_get_default();

        dial->cancellable = g_cancellable_new();
        g_resolver_lookup_by_name_async(
                resolver, hop_host(dial), dial->cancellable, resolved, dial);
        enter(dial, IC_DIAL_RESOLVING, hop_host(dial));
}

static gboolean begin(gpointer user_data)
{
        IcDial *dial = user_data;
        g_autoptr(GInetAddress) literal = NULL;
        g_autoptr(GError) refusal = g_steal_pointer(&dial->refusal);

        clear_source(&dial->begin);
        if (refusal) {
                finish(dial, NULL, refusal);
                return G_SOURCE_REMOVE;
        }
        literal = g_inet_address_new_from_string(hop_host(dial));
        if (literal)
                connect_to(dial, &(GList){.data = literal}, true);
        else
                resolve(dial);
        return G_SOURCE_REMOVE;
}

static char *describe_delay(const IcDial *dial)
{
        g_autofree char *results = NULL;

        switch (dial->phase) {
        case IC_DIAL_RESOLVING:
                return g_strdup_printf("the name servers gave no address of %s", hop_host(dial));
        case IC_DIAL_CONNECTING:
                results = dial->race ? ic_race_describe(dial->race) : g_strdup("");
                return g_strdup_printf(
                        "%s did not accept the connection (%s)", hop_host(dial), results);
        case IC_DIAL_PROXY:
                return g_strdup_printf("the proxy did not answer whether it opens the connection; "
                                       "does it speak %s on this port?",
                        ic_proxy_get_title(dial->proxy));
        case IC_DIAL_HANDSHAKE:
                return g_strdup_printf("%s (%s) did not finish the TLS handshake; is it a port "
                                       "for TLS?",
                        dial->address, dial->peer);
        }
        g_assert_not_reached();
}

static gboolean timed_out(gpointer user_data)
{
        IcDial *dial = user_data;
        g_autofree char *what = describe_delay(dial);
        g_autofree char *limit = ic_text_duration(dial->timeout);
        g_autoptr(GError) error =
                g_error_new(IC_ERROR, IC_ERROR_TIMED_OUT, "Within %s %s", limit, what);

        fail(dial, error);
        return G_SOURCE_REMOVE;
}

static GSource *attach(GSource *source, GSourceFunc func, IcDial *dial)
{
        g_source_set_callback(source, func, dial, NULL);
        g_source_attach(source, g_main_context_get_thread_default());
        return source;
}

static bool read_local_addresses(IcDial *dial, const char *const *texts, GError **error)
{
        for (; texts && *texts; texts++) {
                GInetAddress *address = g_inet_address_new_from_string(*texts);
                g_autofree char *shown = NULL;

                if (!address) {
                        shown = ic_text_quote(*texts, 64);
                        g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION,
                                "bind_address cannot be used: \"%s\" is no IP address", shown);
                        return false;
                }
                g_ptr_array_add(dial->local_addresses, address);
        }
        return true;
}

static bool read_proxy(IcDial *dial, const IcDialOptions *options, GError **error)
{
        const IcProxyTarget target = {.host = options->address, .port = options->port};

        return ic_proxy_parse(options->proxy, &dial->proxy, error) &&
               ic_proxy_dialogue_new(
                       dial->proxy, options->proxy_password, &target, &dial->dialogue, error);
}

/* The options must be usable before anything goes out. */
static bool check(IcDial *dial, const IcDialOptions *options, GError **error)
{
        if (!*options->address || options->port == 0) {
                g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION, "%s",
                        options->port == 0 ? "The port must be from 1 to 65535"
                                           : "The address is empty");
                return false;
        }
        return read_local_addresses(dial, options->bind_addresses, error) &&
               (!options->proxy || read_proxy(dial, options, error)) &&
               (!options->tls || ic_tls_new(options, &dial->tls, error));
}

IcDial *ic_dial_start(const IcDialOptions *options, IcDialProgressFunc progress, IcDialFunc done,
        gpointer user_data)
{
        IcDial *dial = g_new0(IcDial, 1);
        gint64 msec = CLAMP(options->timeout / 1000, 0, G_MAXUINT);

        dial->address = g_strdup(options->address);
        dial->port = options->port;
        dial->timeout = options->timeout;
        dial->is_tls = options->tls;
        dial->local_addresses = g_ptr_array_new_with_free_func(g_object_unref);
        dial->progress = progress;
        dial->done = done;
        dial->user_data = user_data;
        (void) check(dial, options, &dial->refusal);
        dial->begin = attach(g_idle_source_new(), begin, dial);
        g_source_set_priority(dial->begin, G_PRIORITY_DEFAULT);
        dial->timer = attach(g_timeout_source_new(msec), timed_out, dial);
        return dial;
}

void ic_dial_free(IcDial *dial)
{
        if (!dial)
                return;
        stop(dial);
        g_clear_pointer(&dial->tls, ic_tls_free);
        g_clear_pointer(&dial->dialogue, ic_proxy_dialogue_free);
        g_clear_pointer(&dial->proxy, ic_proxy_free);
        g_clear_pointer(&dial->local_addresses, g_ptr_array_unref);
        g_clear_error(&dial->refusal);
        g_free(dial->address);
        g_free(dial->peer);
        g_free(dial);
}
