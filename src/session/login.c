/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Who we are to the server: secrets, and the protocol core made from them and the configuration. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "build-config.h"
#include "session/session-private.h"
#include "store/blocklist.h"

bool session_read_secret(IcSession *session, const char *name, GBytes **ret, GError **error)
{
        *ret = session->host.read_credential
                       ? session->host.read_credential(name, session->host.user_data)
                       : NULL;

        return *ret || ic_store_credential_get(session->store, session->id, name, ret, error);
}

static bool refuse_file(const char *key, const char *why, GError **error)
{
        g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION,
                "The file of %s cannot be used: %s", key, why);
        return false;
}

static bool read_file(const char *path, const char *key, GBytes **ret, GError **error)
{
        g_autoptr(GError) file_error = NULL;
        g_autofree char *text = NULL;
        struct stat st;
        gsize len;

        if (stat(path, &st) < 0)
                return refuse_file(key, g_strerror(errno), error);
        if (!S_ISREG(st.st_mode) || st.st_size > IC_CREDENTIAL_SIZE_MAX)
                return refuse_file(
                        key, "it is no regular file of at most 64 KiB; give a PEM file", error);
        if (!g_file_get_contents(path, &text, &len, &file_error))
                return refuse_file(key, file_error->message, error);
        *ret = g_bytes_new_take(g_steal_pointer(&text), len);
        return true;
}

bool session_read_pem(IcSession *session, const char *credential, const char *path, const char *key,
        GBytes **ret, GError **error)
{
        if (!session_read_secret(session, credential, ret, error))
                return false;
        return *ret || !path || read_file(path, key, ret, error);
}

bool session_read_password(IcSession *session, const char *name, GBytes **ret, GError **error)
{
        if (!session_read_secret(session, name, ret, error))
                return false;
        if (!*ret ||
                ic_text_is_one_line(g_bytes_get_data(*ret, NULL), (gssize) g_bytes_get_size(*ret)))
                return true;
        g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION,
                "The credential %s has a line break or a NUL in it; store it anew with "
                "'ircctl set-credential'",
                name);
        return false;
}

static bool read_password_text(IcSession *session, const char *name, char **ret, GError **error)
{
        g_autoptr(GBytes) secret = NULL;

        if (!session_read_password(session, name, &secret, error))
                return false;
        *ret = secret ? g_strndup(g_bytes_get_data(secret, NULL), g_bytes_get_size(secret)) : NULL;
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
        return read_password_text(
                       session, IC_CREDENTIAL_SERVER_PASSWORD, &ret->server_password, error) &&
               read_password_text(
                       session, IC_CREDENTIAL_SASL_PASSWORD, &ret->sasl_password, error) &&
               read_password_text(
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

/* The key that a server's challenge is signed with; it stays as long as the session. */
static bool load_ecdsa_key(IcSession *session, GError **error)
{
        const IcServerConfig *config = session->row->config;
        g_autoptr(GBytes) pem = NULL;

        g_clear_pointer(&session->ecdsa_key, ic_ecdsa_key_free);
        if (!session_read_pem(session, IC_CREDENTIAL_SASL_ECDSA_KEY, config->sasl_ecdsa_key_file,
                    "sasl_ecdsa_key_file", &pem, error))
                return false;
        if (pem)
                session->ecdsa_key = ic_ecdsa_key_new(pem, error);
        return !pem || session->ecdsa_key;
}

static GBytes *sign_challenge(const guint8 *challenge, gsize len, gpointer user_data)
{
        IcSession *session = user_data;
        g_autoptr(GError) error = NULL;
        guint8 *signature;
        gsize signature_len;

        if (ic_ecdsa_sign(session->ecdsa_key, challenge, len, &signature, &signature_len, &error))
                return g_bytes_new_take(signature, signature_len);
        session_log(session, IC_LOG_WARNING, NULL, NULL,
                "The server's challenge could not be signed: %s", error->message);
        return NULL;
}

IrcClient *session_new_client(IcSession *session, GError **error)
{
        const IcServerConfig *config = session->row->config;
        g_auto(Secrets) secrets = {0};
        g_autofree char *nonce = make_nonce();
        g_auto(GStrv) channels = NULL;

        if (!read_secrets(session, &secrets, error) || !load_ecdsa_key(session, error) ||
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
                .sasl_sign = session->ecdsa_key ? sign_challenge : NULL,
                .sasl_sign_data = session,
                .has_client_certificate = session->has_certificate,
                .is_secure = ic_link_is_tls(session->link),
                .sasl_plain_insecure = config->sasl_plain_insecure,
                .channels = (const char *const *) channels,
                .follow_sts = config->sts,
                .use_labels = true,
                .use_multiline = true,
                .fetch_history = config->fetch_history,
                .regain_nickname = config->regain_nickname,
                .track_accounts = config->track_accounts && !config->lite,
                .track_modes = !config->lite,
                .no_implicit_names = config->lite,
                .encoding = ic_server_config_encoding(config),
                .is_bot = config->bot,
                .away_message = config->away_message,
                .ctcp_version = config->ctcp ? "irc-conn " IC_VERSION : NULL,
                .service_password = secrets.service_password,
                .service_name = config->nickserv,
        });
}
