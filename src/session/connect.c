/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Getting a link: the wait after failures, a place in the queue of all that dial the same host,
 * dialling; and waiting for a network where there is none. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/text.h"
#include "build-config.h"
#include "net/network.h"
#include "net/pace.h"
#include "session/session-private.h"
#include "store/blocklist.h"

/* A machine without a network looks for a route so often, and each so many looks it dials all the
 * same: the server may be a neighbour, where there is no route to the rest of the world. */
#define NETWORK_POLL_USEC (5 * IC_USEC_PER_SEC)
#define NETWORK_POLLS_A_DIAL 12u

/* A secret: the host's (systemd's credentials) goes before the database's. */
static bool read_secret(IcSession *session, const char *name, GBytes **ret, GError **error)
{
        *ret = session->host.read_credential
                       ? session->host.read_credential(name, session->host.user_data)
                       : NULL;

        return *ret || ic_store_credential_get(session->store, session->id, name, ret, error);
}

static bool read_secret_text(IcSession *session, const char *name, char **ret, GError **error)
{
        g_autoptr(GBytes) secret = NULL;
        const char *data;
        gsize len;

        if (!read_secret(session, name, &secret, error))
                return false;
        *ret = NULL;
        if (!secret)
                return true;

        data = g_bytes_get_data(secret, &len);
        if (!ic_text_is_one_line(data, (gssize) len)) {
                g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION,
                        "The credential %s has a line break or a NUL in it; store it anew with "
                        "'ircctl set-credential'",
                        name);
                return false;
        }
        *ret = g_strndup(data, len);
        return true;
}

/* The secrets that a login needs; wiped when they go. */
typedef struct {
        char *server_password;
        char *sasl_password;
        char *service_password;
} Secrets;

static void wipe(char *secret)
{
        if (secret)
                explicit_bzero(secret, strlen(secret));
        g_free(secret);
}

static void secrets_clear(Secrets *secrets)
{
        wipe(secrets->server_password);
        wipe(secrets->sasl_password);
        wipe(secrets->service_password);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Secrets, secrets_clear)

static bool read_secrets(IcSession *session, Secrets *ret, GError **error)
{
        return read_secret_text(
                       session, IC_CREDENTIAL_SERVER_PASSWORD, &ret->server_password, error) &&
               read_secret_text(session, IC_CREDENTIAL_SASL_PASSWORD, &ret->sasl_password, error) &&
               read_secret_text(
                       session, IC_CREDENTIAL_NICKSERV_PASSWORD, &ret->service_password, error);
}

/* What SCRAM asks for: randomness as printable ASCII without commas. */
static char *make_nonce(void)
{
        guint8 bytes[18];

        if (getentropy(bytes, sizeof bytes) < 0)
                g_error("The kernel gives no randomness: %s", g_strerror(errno));
        return g_base64_encode(bytes, sizeof bytes);
}

static IrcClient *new_client(IcSession *session, GError **error)
{
        const IcServerConfig *config = session->row->config;
        g_auto(Secrets) secrets = {0};
        g_autofree char *nonce = make_nonce();
        g_auto(GStrv) channels = NULL;

        if (!read_secrets(session, &secrets, error) ||
                !ic_store_unblocked_channels(
                        session->store, session->id, ic_now_real(), &channels, error))
                return NULL;

        return irc_client_new(&(IrcClientOptions){
                .nickname = config->nickname,
                .alt_nicknames = (const char *const *) config->alt_nicknames,
                .username = config->username,
                .realname = config->realname,
                .password = secrets.server_password,
                .sasl_mechanisms = (const char *const *) config->sasl_mechanisms,
                .sasl_account = config->sasl_account,
                .sasl_password = secrets.sasl_password,
                .sasl_required = config->sasl_required,
                .sasl_nonce = nonce,
                .has_client_certificate = session->has_certificate,
                .is_secure = config->tls,
                .sasl_plain_insecure = config->sasl_plain_insecure,
                .channels = (const char *const *) channels,
                .ctcp_version = "irc-conn " IC_VERSION,
                .service_password = secrets.service_password,
        });
}

/* What belongs to one link: protocol core, framer, output queue. */
bool session_begin_link(IcSession *session, GError **error)
{
        g_autoptr(IrcClient) client = new_client(session, error);

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
                words = g_strdup_printf("the proxy's answer for %s", quoted);
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
                session->row->config->address, ic_link_get_peer(session->link),
                ic_link_describe(session->link));
        session_emit(session, &(IcEvent){.type = IC_EVENT_CONNECTED});
        session_set_state(
                session, IC_STATE_REGISTERING, irc_client_get_waiting_for(session->client), NULL);
        session_start_deadline(session);
        session_watch_link(session);
        irc_client_start(session->client, session->effects);
        session_queue_lines(session, 0, 0);
        session_open_batch(session);
        session_commit(session);
}

static void queue_and_dial(IcSession *session);
static void wait_for_network(IcSession *session);

static gboolean on_network_poll(gpointer user_data)
{
        IcSession *session = user_data;

        session->wait_timer = 0;
        if (ic_network_has_route() || ++session->network_polls % NETWORK_POLLS_A_DIAL == 0)
                queue_and_dial(session);
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

static void on_dial_failed(IcSession *session, const GError *dial_error)
{
        g_autoptr(GError) error = g_error_copy(dial_error);

        g_clear_pointer(&session->dial, ic_dial_free);
        if (!is_network_down(error)) {
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
        g_autoptr(GError) error = NULL;
        bool is_ambiguous;
        guint64 sent = 0;

        if (!link) {
                on_dial_failed(session, dial_error);
                return;
        }
        g_clear_pointer(&session->dial, ic_dial_free);

        session->is_offline = false;
        session->link = link;
        if (!session_begin_link(session, &error)) {
                session_end(session, error);
                return;
        }
        session->in_position = 0;
        if (ic_link_is_survivable(link) &&
                !ic_link_positions(link, &session->in_position, &sent, &is_ambiguous, &error)) {
                session_end(session, error);
                return;
        }
        ic_output_begin_at(session->output, sent);
        begin_registration(session);
}

/* A file with a certificate or key, whose path the key `name` gives. */
static bool read_pem(const char *path, const char *name, GBytes **ret, GError **error)
{
        g_autoptr(GError) file_error = NULL;
        g_autofree char *text = NULL;
        gsize len;

        if (!g_file_get_contents(path, &text, &len, &file_error)) {
                g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION,
                        "The file of %s cannot be read: %s", name, file_error->message);
                return false;
        }
        *ret = g_bytes_new_take(g_steal_pointer(&text), len);
        return true;
}

static bool dial(IcSession *session, GError **error)
{
        const IcServerConfig *config = session->row->config;
        g_autoptr(GBytes) certificate = NULL, key = NULL;
        IcDialOptions options = {
                .address = config->address,
                .port = (uint16_t) config->port,
                .timeout = config->connect_timeout * IC_USEC_PER_SEC,
                .tls = config->tls,
                .tls_ca_file = config->tls_ca_file,
                .tls_pins = (const char *const *) config->tls_pin,
        };

        const char *status =
                ic_state_name(session->is_offline ? IC_STATE_WAITING : IC_STATE_CONNECTING);

        if (!ic_store_server_set_process(
                    session->store, session->id, getpid(), session->socket_path, error) ||
                !ic_store_server_set_status(
                        session->store, session->id, status, ic_now_real(), NULL, error) ||
                !read_secret(session, IC_CREDENTIAL_CLIENT_CERTIFICATE, &certificate, error) ||
                !read_secret(session, IC_CREDENTIAL_CLIENT_KEY, &key, error))
                return false;

        if (config->tls && !certificate && config->tls_client_cert &&
                !read_pem(config->tls_client_cert, "tls_client_cert", &certificate, error))
                return false;
        if (config->tls && !key && config->tls_client_key &&
                !read_pem(config->tls_client_key, "tls_client_key", &key, error))
                return false;

        session->has_certificate = certificate != NULL;
        options.tls_certificate = certificate;
        options.tls_key = key ? key : certificate;
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
                .host = session->row->config->address,
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

static gboolean on_wait_over(gpointer user_data)
{
        IcSession *session = user_data;

        session->wait_timer = 0;
        queue_and_dial(session);
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
                queue_and_dial(session);
                return;
        }
        store_waiting(session);
        say_waiting_after_failure(session, wait);
        if (session->host.progress)
                session->host.progress(wait, session->host.user_data);
        session_timer_set(&session->wait_timer, wait, on_wait_over, session);
}
