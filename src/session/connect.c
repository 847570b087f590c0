/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Getting a link: the wait after failures, a place in the queue of all that dial the same host,
 * dialling; and waiting for a network where there is none. */

#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "net/network.h"
#include "net/pace.h"
#include "session/session-private.h"
#include "store/sts.h"

/* A machine without a network looks for a route so often, and each so many looks it dials all the
 * same: the server may be a neighbour, where there is no route to the rest of the world. */
#define NETWORK_POLL_USEC (5 * IC_USEC_PER_SEC)
#define NETWORK_POLLS_A_DIAL 12u

/* --- where to ----------------------------------------------------------------------------------
 */

/* One address of the network. They are tried in their order, all within one attempt. */
typedef struct {
        char *host;
        uint16_t port;
} Endpoint;

static void endpoint_clear(gpointer data)
{
        g_free(((Endpoint *) data)->host);
}

static void list_endpoints(IcSession *session)
{
        const IcServerConfig *config = session->row->config;
        uint16_t port = (uint16_t) config->port;
        Endpoint endpoint = {g_strdup(config->address), port};

        g_clear_pointer(&session->endpoints, g_array_unref);
        session->endpoints = g_array_new(FALSE, FALSE, sizeof(Endpoint));
        session->endpoint = 0;
        g_array_set_clear_func(session->endpoints, endpoint_clear);
        g_array_append_val(session->endpoints, endpoint);
        for (char **address = config->alt_addresses; address && *address; address++) {
                ic_server_config_split_address(*address, &endpoint.host, &endpoint.port);
                if (endpoint.port == 0)
                        endpoint.port = port;
                g_array_append_val(session->endpoints, endpoint);
        }
}

static const Endpoint *present_endpoint(const IcSession *session)
{
        return &g_array_index(session->endpoints, Endpoint, session->endpoint);
}

const char *session_get_address(const IcSession *session)
{
        return session->endpoints ? present_endpoint(session)->host : session->row->config->address;
}

/* With or without TLS, on which port: the configuration, unless the server wants TLS (STS). It has
 * said so on this attempt's plain link, or earlier, over TLS. */
static bool choose_transport(IcSession *session, IcDialOptions *options, GError **error)
{
        const IcServerConfig *config = session->row->config;
        const Endpoint *to = present_endpoint(session);
        IcStsPolicy policy = {0};
        bool is_found = false;

        options->address = to->host;
        options->port = to->port;
        options->tls = config->tls;
        if (config->tls || !config->sts)
                return true;
        if (session->upgrade_port == 0 && !ic_store_sts_get(session->store, to->host, ic_now_real(),
                                                  &policy, &is_found, error))
                return false;
        if (session->upgrade_port == 0 && !is_found)
                return true;

        options->tls = true;
        options->port = session->upgrade_port != 0 ? session->upgrade_port : policy.port;
        session_log(session, IC_LOG_INFO, NULL, NULL,
                "%s is to be reached by TLS only, as it says itself (STS): dialling port %u",
                to->host, options->port);
        return true;
}

/* What belongs to one link: protocol core, framer, output queue. */
bool session_begin_link(IcSession *session, GError **error)
{
        g_autoptr(IrcClient) client = session_new_client(session, error);

        if (!client)
                return false;

        session->client = g_steal_pointer(&client);
        session->framer = irc_framer_new();
        session->output = ic_output_new();
        ic_output_on_sent(session->output, session_line_sent, session);
        return true;
}

/* While there is no network the state stays what it is: that one dials in vain is no news. */
static void set_dial_state(IcSession *session, IcState state, const char *waiting_for)
{
        if (!session->is_offline)
                session_set_state(session, state, waiting_for, NULL);
}

static void on_dial_progress(IcDialPhase phase, const char *what, gpointer user_data)
{
        IcSession *session = user_data;
        g_autofree char *quoted = ic_text_quote(what, 80);
        g_autofree char *words = NULL;

        switch (phase) {
        case IC_DIAL_RESOLVING:
                words = g_strdup_printf("the address of %s", quoted);
                break;
        case IC_DIAL_CONNECTING:
                words = g_strdup_printf("an answer from %s", quoted);
                break;
        case IC_DIAL_PROXY:
                words = g_strdup_printf("the proxy %s", quoted);
                break;
        case IC_DIAL_HANDSHAKE:
                words = g_strdup_printf("the TLS handshake with %s", quoted);
                break;
        }
        set_dial_state(session, IC_STATE_CONNECTING, words);
}

static void begin_registration(IcSession *session)
{
        session_log(session, IC_LOG_INFO, IC_MESSAGE_CONNECTING, NULL, "Link to %s is up: %s, %s",
                session_get_address(session), ic_link_get_peer(session->link),
                ic_link_describe(session->link));
        session_emit(session, &(IcEvent){.type = IC_EVENT_CONNECTED});
        session_set_state(
                session, IC_STATE_REGISTERING, irc_client_get_waiting_for(session->client), NULL);
        session->linked_at = ic_now_real();
        session_start_deadline(session);
        session_watch_link(session);
        irc_client_start(session->client, session->effects);
        session_queue_lines(session, 0, 0);
        session_open_batch(session);
        session_commit(session);
}

static void begin_attempt(IcSession *session);
static void queue_and_dial(IcSession *session);
static void wait_for_network(IcSession *session);

static gboolean on_network_poll(gpointer user_data)
{
        IcSession *session = user_data;

        session->wait_timer = 0;
        if (ic_network_has_route() || ++session->network_polls % NETWORK_POLLS_A_DIAL == 0)
                begin_attempt(session);
        else
                wait_for_network(session);
        return G_SOURCE_REMOVE;
}

static void wait_for_network(IcSession *session)
{
        if (session->host.progress)
                session->host.progress(NETWORK_POLL_USEC, session->host.user_data);
        session_timer_set(&session->wait_timer, NETWORK_POLL_USEC, on_network_poll, session);
}

/* Without a network nobody is to blame and nothing is counted: it is waited for, here. */
static bool is_network_down(const GError *error)
{
        return g_error_matches(error, IC_ERROR, IC_ERROR_NETWORK_DOWN) ||
               (g_error_matches(error, IC_ERROR, IC_ERROR_UNRESOLVABLE) && !ic_network_has_route());
}

static void store_waiting(IcSession *session)
{
        g_autoptr(GError) error = NULL;

        if (!ic_store_server_set_status(session->store, session->id,
                    ic_state_name(IC_STATE_WAITING), ic_now_real(), NULL, &error))
                session_log(session, IC_LOG_DEBUG, NULL, NULL,
                        "That the connection waits could not be stored: %s", error->message);
}

/* The failures of all addresses as one, of the class of the last. */
static GError *gather_failures(IcSession *session, const GError *error)
{
        g_autofree char *earlier = g_steal_pointer(&session->dial_failures);

        if (!earlier)
                return g_error_copy(error);
        return g_error_new(error->domain, error->code, "%s; %s", earlier, error->message);
}

static bool has_other_endpoint(const IcSession *session)
{
        return session->endpoint + 1 < session->endpoints->len;
}

/* An upgrade to TLS was for the one that asked for it. */
static void dial_next_endpoint(IcSession *session, const GError *error)
{
        GError *gathered = gather_failures(session, error);

        session->dial_failures = g_strdup(gathered->message);
        g_error_free(gathered);
        session->endpoint++;
        session->upgrade_port = 0;
        session_log(session, IC_LOG_NOTICE, NULL, NULL, "Trying %s, since: %s",
                session_get_address(session), error->message);
        queue_and_dial(session);
}

static void on_dial_failed(IcSession *session, const GError *dial_error)
{
        g_autoptr(GError) error = NULL;

        if (!is_network_down(dial_error) && has_other_endpoint(session)) {
                dial_next_endpoint(session, dial_error);
                return;
        }
        error = gather_failures(session, dial_error);
        if (!is_network_down(dial_error)) {
                session_end(session, error);
                return;
        }

        if (!session->is_offline) {
                session->is_offline = true;
                session_log_error(session, IC_MESSAGE_CONNECTION_FAILED, IC_ERROR_NETWORK_DOWN,
                        "This machine has no network; waiting for it: %s", error->message);
                store_waiting(session);
                session_set_state(session, IC_STATE_WAITING, "a network", NULL);
        }
        wait_for_network(session);
}

static void on_dialled(IcLink *link, const GError *dial_error, gpointer user_data)
{
        IcSession *session = user_data;
        g_autoptr(GError) error = dial_error ? g_error_copy(dial_error) : NULL;
        guint64 received = 0, sent = 0;
        bool is_ambiguous;

        g_clear_pointer(&session->dial, ic_dial_free);
        if (!link) {
                on_dial_failed(session, error);
                return;
        }

        session->is_offline = false;
        session->link = link;
        if (!session_begin_link(session, &error) ||
                (ic_link_is_survivable(link) &&
                        !ic_link_positions(link, &received, &sent, &is_ambiguous, &error))) {
                session_end(session, error);
                return;
        }
        /* A proxy was spoken to on the same socket. */
        session->in_position = received;
        ic_output_begin_at(session->output, sent);
        begin_registration(session);
}

/* Certificates and the proxy's password. */
typedef struct {
        GBytes *certificate;
        GBytes *key;
        GBytes *proxy_password;
} DialSecrets;

static void dial_secrets_clear(DialSecrets *secrets)
{
        g_clear_pointer(&secrets->certificate, g_bytes_unref);
        g_clear_pointer(&secrets->key, g_bytes_unref);
        g_clear_pointer(&secrets->proxy_password, g_bytes_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DialSecrets, dial_secrets_clear)

static bool read_dial_secrets(IcSession *session, bool is_tls, DialSecrets *ret, GError **error)
{
        const IcServerConfig *config = session->row->config;

        if (config->proxy && !session_read_password(session, IC_CREDENTIAL_PROXY_PASSWORD,
                                     &ret->proxy_password, error))
                return false;
        return !is_tls ||
               (session_read_pem(session, IC_CREDENTIAL_CLIENT_CERTIFICATE, config->tls_client_cert,
                        "tls_client_cert", &ret->certificate, error) &&
                       session_read_pem(session, IC_CREDENTIAL_CLIENT_KEY, config->tls_client_key,
                               "tls_client_key", &ret->key, error));
}

static bool dial(IcSession *session, GError **error)
{
        const IcServerConfig *config = session->row->config;
        g_auto(DialSecrets) secrets = {0};
        IcDialOptions options = {
                .timeout = config->connect_timeout * IC_USEC_PER_SEC,
                .tls_ca_file = config->tls_ca_file,
                .tls_pins = (const char *const *) config->tls_pin,
                .bind_addresses = (const char *const *) config->bind_address,
                .proxy = config->proxy,
        };
        const char *status =
                ic_state_name(session->is_offline ? IC_STATE_WAITING : IC_STATE_CONNECTING);

        if (!ic_store_server_set_process(
                    session->store, session->id, getpid(), session->socket_path, error) ||
                !ic_store_server_set_status(
                        session->store, session->id, status, ic_now_real(), NULL, error) ||
                !choose_transport(session, &options, error) ||
                !read_dial_secrets(session, options.tls, &secrets, error))
                return false;

        session->dialled_port = options.port;
        session->has_certificate = secrets.certificate != NULL;
        options.tls_certificate = secrets.certificate;
        options.tls_key = secrets.key ? secrets.key : secrets.certificate;
        options.proxy_password = secrets.proxy_password;
        if (session->host.progress)
                session->host.progress(options.timeout, session->host.user_data);
        set_dial_state(session, IC_STATE_CONNECTING, NULL);
        session->dial = ic_dial_start(&options, on_dial_progress, on_dialled, session);
        return true;
}

static gboolean on_turn(gpointer user_data)
{
        IcSession *session = user_data;
        g_autoptr(GError) error = NULL;

        session->wait_timer = 0;
        if (!dial(session, &error))
                session_end(session, error);
        return G_SOURCE_REMOVE;
}

/* A place in the queue of all connections of this machine that dial the host. Without the queue's
 * file there is no pacing, but still a connection. */
static gint64 take_place(IcSession *session)
{
        const IcPace pace = {
                .folder = session->pace_folder,
                .host = session_get_address(session),
                .interval = session->settings->dial_interval,
                .burst = session->settings->dial_burst,
        };
        g_autoptr(GError) error = NULL;
        gint64 wait;

        if (!session->pace_folder)
                return 0;
        if (!ic_pace_take(&pace, ic_pace_now(), &wait, &error))
                session_log(session, IC_LOG_NOTICE, NULL, NULL,
                        "Dialling without regard to other connections: %s", error->message);
        return wait;
}

/* The place is taken only when the connection could dial, so that the queue holds for those who
 * came out of waits of different lengths as well. */
static void queue_and_dial(IcSession *session)
{
        gint64 wait = take_place(session);

        if (wait > 0) {
                store_waiting(session);
                set_dial_state(session, IC_STATE_WAITING,
                        "its turn among the connections to the same server");
        } else {
                set_dial_state(session, IC_STATE_CONNECTING, NULL);
        }
        if (wait > 0 && session->host.progress)
                session->host.progress(wait, session->host.user_data);
        session_timer_set(&session->wait_timer, wait, on_turn, session);
}

/* With the addresses as they are configured by now, from the first one on. */
static void begin_attempt(IcSession *session)
{
        list_endpoints(session);
        session->upgrade_port = 0;
        queue_and_dial(session);
}

/* --- TLS, as the server wants it -------------------------------------------------------------- */

static gboolean on_upgrade(gpointer user_data)
{
        IcSession *session = user_data;

        session->wait_timer = 0;
        session_discard_link(session);
        queue_and_dial(session);
        return G_SOURCE_REMOVE;
}

/* The server said so after its welcome: what depends on the link goes with it. */
static void leave_welcomed_link(IcSession *session)
{
        g_autoptr(GError) error = NULL;

        session_drop_link(session);
        if (!ic_store_server_clear_live(session->store, session->id, NULL, &error) ||
                !ic_store_link_forget(session->store, session->id, &error))
                session_log(session, IC_LOG_NOTICE, NULL, NULL,
                        "The end of the plain link could not be stored: %s", error->message);
        session->connected_at = 0;
        session_set_state(session, IC_STATE_CONNECTING, NULL, NULL);
        session_refuse_commands(session);
        session_emit(session, &(IcEvent){.type = IC_EVENT_DISCONNECTED,
                                      .text = "The server wants to be reached by TLS (STS)"});
}

void session_upgrade(IcSession *session)
{
        irc_effects_clear(session->effects);
        session_clear_timers(session);
        ic_link_want(session->link, false, false);
        if (session->connected_at != 0)
                leave_welcomed_link(session);
        session_timer_set(&session->wait_timer, 0, on_upgrade, session);
}

static gboolean on_wait_over(gpointer user_data)
{
        IcSession *session = user_data;

        session->wait_timer = 0;
        begin_attempt(session);
        return G_SOURCE_REMOVE;
}

/* How long the next attempt has to wait, from now: what the last failure demanded. The stored time
 * is not believed further than any wait can be, since the machine's clock may have been set. */
static gint64 remaining_wait(const IcSession *session)
{
        gint64 left = session->row->next_attempt_at - ic_now_real();

        return CLAMP(left, 0, session_longest_wait(session));
}

static void say_waiting_after_failure(IcSession *session, gint64 wait)
{
        g_autofree char *why = ic_text_quote(session->last_error, 200);
        g_autofree char *span = ic_text_duration(wait + IC_USEC_PER_SEC - 1);
        g_autofree char *words = g_strdup_printf("the next attempt in %s, after %u that failed: %s",
                span, session->row->failed_attempts, why);

        session_set_state(session, IC_STATE_WAITING, words, NULL);
}

void session_wait_and_dial(IcSession *session)
{
        g_autoptr(GError) error = NULL;
        gint64 wait;

        if (!session_count_start(session))
                return;
        if (!ic_store_server_clear_live(session->store, session->id, NULL, &error) ||
                !ic_store_link_forget(session->store, session->id, &error)) {
                session_end(session, error);
                return;
        }

        wait = remaining_wait(session);
        if (wait == 0) {
                begin_attempt(session);
                return;
        }
        store_waiting(session);
        say_waiting_after_failure(session, wait);
        if (session->host.progress)
                session->host.progress(wait, session->host.user_data);
        session_timer_set(&session->wait_timer, wait, on_wait_over, session);
}
