/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Getting a link: the wait after failures, dialling, taking up the one that an earlier process
 * left, and leaving it to the next. */

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/text.h"
#include "session/session-private.h"

/* Waits are longer or shorter than computed by up to this part, so that connections which failed
 * together do not come back together. */
#define JITTER 0.2

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

static IrcClient *new_client(IcSession *session, GError **error)
{
        const IcServerConfig *config = session->row->config;
        g_autofree char *password = NULL, *sasl_password = NULL;
        IrcClient *client;

        if (!read_secret_text(session, IC_CREDENTIAL_SERVER_PASSWORD, &password, error) ||
                !read_secret_text(session, IC_CREDENTIAL_SASL_PASSWORD, &sasl_password, error))
                return NULL;

        client = irc_client_new(&(IrcClientOptions){
                .nickname = config->nickname,
                .alt_nicknames = (const char *const *) config->alt_nicknames,
                .username = config->username,
                .realname = config->realname,
                .password = password,
                .sasl_mechanisms = (const char *const *) config->sasl_mechanisms,
                .sasl_account = config->sasl_account,
                .sasl_password = sasl_password,
                .sasl_required = config->sasl_required,
                .is_secure = config->tls,
                .sasl_plain_insecure = config->sasl_plain_insecure,
                .channels = (const char *const *) config->channels,
        });
        if (password)
                explicit_bzero(password, strlen(password));
        if (sasl_password)
                explicit_bzero(sasl_password, strlen(sasl_password));
        return client;
}

/* What belongs to one link: protocol core, framer, output queue. */
static bool begin_link(IcSession *session, GError **error)
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
        case IC_DIAL_HANDSHAKE:
                words = g_strdup_printf("the TLS handshake with %s", quoted);
                break;
        }
        session_set_state(session, IC_STATE_CONNECTING, words, NULL);
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

static void on_dialled(IcLink *link, const GError *dial_error, gpointer user_data)
{
        IcSession *session = user_data;
        g_autoptr(GError) error = NULL;
        bool is_ambiguous;
        guint64 sent;

        g_clear_pointer(&session->dial, ic_dial_free);
        if (!link) {
                session_end(session, dial_error);
                return;
        }

        session->link = link;
        if (!begin_link(session, &error)) {
                session_end(session, error);
                return;
        }
        session->in_position = 0;
        if (ic_link_is_survivable(link) &&
                !ic_link_positions(link, &session->in_position, &sent, &is_ambiguous, &error)) {
                session_end(session, error);
                return;
        }
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

        if (!ic_store_server_set_process(
                    session->store, session->id, getpid(), session->socket_path, error) ||
                !ic_store_server_set_status(session->store, session->id,
                        ic_state_name(IC_STATE_CONNECTING), ic_now_real(), NULL, error) ||
                !read_secret(session, IC_CREDENTIAL_CLIENT_CERTIFICATE, &certificate, error) ||
                !read_secret(session, IC_CREDENTIAL_CLIENT_KEY, &key, error))
                return false;

        if (config->tls && !certificate && config->tls_client_cert &&
                !read_pem(config->tls_client_cert, "tls_client_cert", &certificate, error))
                return false;
        if (config->tls && !key && config->tls_client_key &&
                !read_pem(config->tls_client_key, "tls_client_key", &key, error))
                return false;

        options.tls_certificate = certificate;
        options.tls_key = key ? key : certificate;
        if (session->host.progress)
                session->host.progress(options.timeout, session->host.user_data);
        session_set_state(session, IC_STATE_CONNECTING, NULL, NULL);
        session->dial = ic_dial_start(&options, on_dial_progress, on_dialled, session);
        return true;
}

static gboolean on_wait_over(gpointer user_data)
{
        IcSession *session = user_data;
        g_autoptr(GError) error = NULL;

        session->wait_timer = 0;
        if (!dial(session, &error))
                session_end(session, error);
        return G_SOURCE_REMOVE;
}

/* How long the next attempt has to wait, from now: each failure in a row doubles it. */
static gint64 compute_wait(const IcSession *session)
{
        const IcServerConfig *config = session->row->config;
        guint64 msec = config->reconnect_delay_ms;
        gint64 due;

        if (session->row->failed_attempts == 0)
                return 0;

        for (uint32_t i = 1; i < session->row->failed_attempts && msec < config->reconnect_max_ms;
                i++)
                msec *= 2;
        msec = MIN(msec, config->reconnect_max_ms);
        due = session->row->status_since +
              (gint64) ((double) msec * g_random_double_range(1 - JITTER, 1 + JITTER)) *
                      IC_USEC_PER_MSEC;

        /* The stored time may be off when the machine's clock was set. */
        return CLAMP(due - ic_now_real(), 0, (gint64) msec * 2 * IC_USEC_PER_MSEC);
}

void session_wait_and_dial(IcSession *session)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *words = NULL, *span = NULL;
        gint64 wait;

        if (!ic_store_server_clear_live(session->store, session->id, NULL, &error)) {
                session_end(session, error);
                return;
        }

        wait = compute_wait(session);
        if (wait > 0) {
                g_autofree char *why = ic_text_quote(session->last_error, 200);

                span = ic_text_duration(wait + IC_USEC_PER_SEC - 1);
                words = g_strdup_printf("the next attempt in %s, after %u that failed: %s", span,
                        session->row->failed_attempts, why);
                session_set_state(session, IC_STATE_WAITING, words, NULL);
                if (session->host.progress)
                        session->host.progress(wait, session->host.user_data);
        } else {
                session_set_state(session, IC_STATE_CONNECTING, NULL, NULL);
        }
        session_timer_set(&session->wait_timer, wait, on_wait_over, session);
}

/* --- keeping -------------------------------------------------------------------------------- */

void session_keep_link(IcSession *session)
{
        if (!session->is_persisted || session->is_kept || !session->host.keep_link)
                return;

        session->is_kept =
                session->host.keep_link(ic_link_get_fd(session->link), session->host.user_data);
        if (!session->is_kept) {
                session->is_persisted = false;
                session_log(session, IC_LOG_NOTICE, NULL, NULL,
                        "The link could not be put into systemd's descriptor store: it will not "
                        "outlive this process");
        }
}

void session_drop_link(IcSession *session)
{
        if (session->is_kept && session->host.drop_link)
                session->host.drop_link(session->host.user_data);
        session->is_kept = false;
        session->is_persisted = false;
}

static void restore_channel(const char *channel, const char *topic, gpointer user_data)
{
        irc_client_restore_channel(user_data, channel, topic);
}

static void restore_member(const char *channel, const char *nickname, const char *account,
        const char *prefixes, gpointer user_data)
{
        irc_client_restore_member(user_data, channel, &(IrcMember){nickname, account, prefixes});
}

/* The protocol core and the framer, as the earlier process committed them. */
static bool restore_client(IcSession *session, const IcLinkState *saved, GError **error)
{
        g_autoptr(GVariant) snapshot = g_variant_ref_sink(
                g_variant_new_from_bytes(G_VARIANT_TYPE_VARDICT, saved->snapshot, FALSE));
        gsize len;
        const void *carry = g_bytes_get_data(saved->carry, &len);

        if (!irc_client_restore(session->client, snapshot, error) ||
                !ic_store_foreach_joined(session->store, session->id, restore_channel,
                        restore_member, session->client, error))
                return false;

        irc_framer_restore(session->framer, carry, len, saved->is_dropping);
        (void) irc_client_take_changed(session->client);
        return true;
}

/* The stream, both ways, at the very byte where the database says the earlier process was. */
static bool restore_stream(IcSession *session, const IcLinkState *saved, GError **error)
{
        gsize tail_len;
        const void *tail = g_bytes_get_data(saved->tail, &tail_len);
        guint64 received, sent;
        bool is_ambiguous;

        if (!ic_link_positions(session->link, &received, &sent, &is_ambiguous, error) ||
                !ic_link_resume(session->link, saved->in_position, tail, tail_len, error) ||
                !ic_output_restore(session->output, saved->output, sent, error))
                return false;

        session->in_position = saved->in_position;
        g_byte_array_append(session->tail, tail, (guint) tail_len);
        return true;
}

static bool resume(IcSession *session, GError **error)
{
        g_auto(IcLinkState) saved = {0};
        bool is_found;

        if (!ic_store_link_load(session->store, session->id, &saved, &is_found, error))
                return false;
        session->link = ic_link_new_plain(ic_fd_steal(&session->kept_link));
        if (!is_found || saved.cookie != ic_link_get_cookie(session->link)) {
                g_set_error_literal(error, IC_ERROR, IC_ERROR_LINK_CLOSED,
                        "the database does not know this link");
                return false;
        }

        return begin_link(session, error) && restore_client(session, &saved, error) &&
               restore_stream(session, &saved, error) &&
               ic_store_server_set_process(
                       session->store, session->id, getpid(), session->socket_path, error);
}

static void forget_half_restored(IcSession *session)
{
        g_clear_pointer(&session->link, ic_link_free);
        g_clear_pointer(&session->client, irc_client_free);
        g_clear_pointer(&session->framer, irc_framer_free);
        g_clear_pointer(&session->output, ic_output_free);
        g_byte_array_set_size(session->tail, 0);
}

bool session_take_kept_link_up(IcSession *session)
{
        g_autoptr(GError) error = NULL;

        session->is_kept = true;
        if (!resume(session, &error)) {
                session_log(session, IC_LOG_NOTICE, NULL, NULL,
                        "The kept link cannot be taken up, connecting anew: %s", error->message);
                session_drop_link(session);
                forget_half_restored(session);
                return false;
        }

        session->is_persisted = true;
        session->connected_at = session->row->connected_at;
        session_log(session, IC_LOG_INFO, IC_MESSAGE_RESUMED, NULL,
                "Took the link to %s up where the earlier process left it",
                session->row->config->address);
        session_set_state(session, IC_STATE_CONNECTED, NULL, NULL);
        session_start_liveness(session);
        session_watch_link(session);
        session_flush(session);
        session_pump_later(session);
        return true;
}
