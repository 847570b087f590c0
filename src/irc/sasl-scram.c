/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* SASL SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677): neither side sees the password, and
 * the server proves that it knows it, too.
 *
 *   state    | challenge        | next     | response
 *   ---------+------------------+----------+---------------------------------------
 *   BEGUN    | (empty)          | GREETED  | n,,n=<account>,r=<nonce>
 *   GREETED  | r=,s=,i=         | DERIVING | c=biws,r=<both nonces>,p=<proof>, when
 *            |                  | REPLIED  |  the key is derived (work)
 *   REPLIED  | v=<signature>    | PROVEN   | (empty)
 *   any      | anything else    |          | abort
 */

#include <string.h>

#include "irc/pbkdf2.h"
#include "irc/sasl.h"
#include "irc/saslprep.h"

/* Less is a server that wants the password cheaply, more one that wants our time. */
#define ITERATIONS_MIN 4096
#define ITERATIONS_MAX 1000000
#define SALT_MAX 1024
/* One slice of work: about 5 ms of SHA-512 on a slow machine. */
#define ITERATIONS_SLICE 4096

#define NO_CHANNEL_BINDING "n,,"
#define NO_CHANNEL_BINDING_BASE64 "biws"

typedef enum {
        SCRAM_BEGUN,
        SCRAM_GREETED,
        SCRAM_DERIVING,
        SCRAM_REPLIED,
        SCRAM_PROVEN,
} ScramState;

typedef struct {
        GChecksumType hash;
        gsize digest_len;
        ScramState state;
        GString *first_bare;   /* our first message without its channel binding */
        GString *auth_message; /* what both sides sign */
        GString *final;        /* our last message without the proof */
        IrcPbkdf2 *kdf;
        guint8 server_signature[IRC_DIGEST_MAX];
} Scram;

static bool scram_is_usable(const IrcSaslCredentials *credentials, const char **ret_reason)
{
        g_autofree char *password = NULL;

        if (!credentials->account || !credentials->password) {
                *ret_reason = "SCRAM needs an account and a password";
                return false;
        }
        if (!credentials->nonce || *credentials->nonce == '\0') {
                *ret_reason = "SCRAM needs randomness, and none was given";
                return false;
        }
        if (g_utf8_validate(credentials->account, -1, NULL) &&
                g_utf8_validate(credentials->password, -1, NULL))
                password = irc_saslprep(credentials->password);
        if (!password || *password == '\0')
                *ret_reason = "SCRAM cannot use this password: it is empty, not UTF-8 or has "
                              "control characters";
        return password && *password;
}

static gpointer scram_begin(GChecksumType hash)
{
        Scram *scram = g_new0(Scram, 1);

        scram->hash = hash;
        scram->digest_len = (gsize) g_checksum_type_get_length(hash);
        scram->first_bare = g_string_new(NULL);
        scram->auth_message = g_string_new(NULL);
        scram->final = g_string_new(NULL);
        return scram;
}

static gpointer scram_sha256_begin(const IrcSaslCredentials *credentials)
{
        return scram_begin(G_CHECKSUM_SHA256);
}

static gpointer scram_sha512_begin(const IrcSaslCredentials *credentials)
{
        return scram_begin(G_CHECKSUM_SHA512);
}

static void scram_end(gpointer state)
{
        Scram *scram = state;

        g_string_free(scram->first_bare, TRUE);
        g_string_free(scram->auth_message, TRUE);
        g_string_free(scram->final, TRUE);
        irc_pbkdf2_free(scram->kdf);
        explicit_bzero(scram->server_signature, sizeof(scram->server_signature));
        g_free(scram);
}

/* saslname of RFC 5802: the two characters that have a meaning are escaped. */
static void append_name(GString *text, const char *account)
{
        g_autofree char *prepared = irc_saslprep(account);

        for (const char *c = prepared ?: account; *c; c++) {
                if (*c == '=')
                        g_string_append(text, "=3D");
                else if (*c == ',')
                        g_string_append(text, "=2C");
                else
                        g_string_append_c(text, *c);
        }
}

static void append_string(GByteArray *response, const char *text)
{
        g_byte_array_append(response, (const guint8 *) text, (guint) strlen(text));
}

static IrcSaslStep send_first(
        Scram *scram, const IrcSaslCredentials *credentials, GByteArray *response)
{
        g_string_assign(scram->first_bare, "n=");
        append_name(scram->first_bare, credentials->account);
        g_string_append_printf(scram->first_bare, ",r=%s", credentials->nonce);
        append_string(response, NO_CHANNEL_BINDING);
        append_string(response, scram->first_bare->str);
        scram->state = SCRAM_GREETED;
        return IRC_SASL_STEP_CONTINUE;
}

/* The value of the attribute that must be at *text, which moves behind its comma; NULL if another
 * is there. */
static char *take_attribute(const char **text, char name)
{
        const char *value = *text;
        gsize len;

        if (value[0] != name || value[1] != '=')
                return NULL;
        value += 2;
        len = strcspn(value, ",");
        *text = value + len + (value[len] == ',');
        return g_strndup(value, len);
}

static guint parse_iterations(const char *text)
{
        guint64 n;

        if (!g_ascii_string_to_unsigned(text, 10, ITERATIONS_MIN, ITERATIONS_MAX, &n, NULL))
                return 0;
        return (guint) n;
}

/* r=<nonce>,s=<salt>,i=<iterations>; what may follow is an extension that we need not know, but one
 * in front (m=) must be understood, and is not. */
static IrcSaslStep take_first(Scram *scram, const IrcSaslCredentials *credentials,
        const char *challenge, const char **ret_reason)
{
        const char *rest = challenge;
        g_autofree char *nonce = take_attribute(&rest, 'r');
        g_autofree char *salt_text = nonce ? take_attribute(&rest, 's') : NULL;
        g_autofree char *count = salt_text ? take_attribute(&rest, 'i') : NULL;
        g_autofree char *password = NULL;
        g_autofree guint8 *salt = NULL;
        gsize salt_len = 0;
        guint iterations;

        if (!count)
                return IRC_SASL_STEP_ABORT;
        *ret_reason = "the server answered another nonce than ours";
        if (!g_str_has_prefix(nonce, credentials->nonce) ||
                strlen(nonce) == strlen(credentials->nonce))
                return IRC_SASL_STEP_ABORT;
        *ret_reason = "the server's salt cannot be understood";
        salt = irc_sasl_base64_decode(salt_text, &salt_len);
        if (!salt || salt_len == 0 || salt_len > SALT_MAX)
                return IRC_SASL_STEP_ABORT;
        *ret_reason = "the server wants fewer than 4096 or more than 1000000 iterations";
        iterations = parse_iterations(count);
        if (iterations == 0)
                return IRC_SASL_STEP_ABORT;

        g_string_printf(scram->final, "c=" NO_CHANNEL_BINDING_BASE64 ",r=%s", nonce);
        g_string_printf(scram->auth_message, "%s,%s,%s", scram->first_bare->str, challenge,
                scram->final->str);
        password = irc_saslprep(credentials->password);
        scram->kdf = irc_pbkdf2_new(scram->hash, password, salt, salt_len, iterations);
        explicit_bzero(password, strlen(password));
        scram->state = SCRAM_DERIVING;
        return IRC_SASL_STEP_WORK;
}

/* The proof, and the signature that the server will have to show. */
static void sign(Scram *scram, guint8 *ret_proof)
{
        const guint8 *salted = irc_pbkdf2_get_key(scram->kdf);
        const GString *message = scram->auth_message;
        guint8 client_key[IRC_DIGEST_MAX], server_key[IRC_DIGEST_MAX];
        guint8 stored_key[IRC_DIGEST_MAX], signature[IRC_DIGEST_MAX];
        GChecksum *checksum = g_checksum_new(scram->hash);
        gsize n = scram->digest_len, len = IRC_DIGEST_MAX;

        irc_hmac(scram->hash, salted, n, "Client Key", strlen("Client Key"), client_key);
        irc_hmac(scram->hash, salted, n, "Server Key", strlen("Server Key"), server_key);
        g_checksum_update(checksum, client_key, (gssize) n);
        g_checksum_get_digest(checksum, stored_key, &len);
        g_checksum_free(checksum);
        irc_hmac(scram->hash, stored_key, n, message->str, message->len, signature);
        irc_hmac(scram->hash, server_key, n, message->str, message->len, scram->server_signature);
        for (gsize i = 0; i < n; i++)
                ret_proof[i] = client_key[i] ^ signature[i];
        explicit_bzero(client_key, sizeof(client_key));
        explicit_bzero(server_key, sizeof(server_key));
}

static IrcSaslStep scram_work(gpointer state, GByteArray *response)
{
        Scram *scram = state;
        guint8 proof[IRC_DIGEST_MAX];
        g_autofree char *proof_text = NULL;

        if (!irc_pbkdf2_run(scram->kdf, ITERATIONS_SLICE))
                return IRC_SASL_STEP_WORK;
        sign(scram, proof);
        g_clear_pointer(&scram->kdf, irc_pbkdf2_free);
        proof_text = g_base64_encode(proof, scram->digest_len);
        append_string(response, scram->final->str);
        append_string(response, ",p=");
        append_string(response, proof_text);
        scram->state = SCRAM_REPLIED;
        return IRC_SASL_STEP_CONTINUE;
}

/* All bytes are looked at, whatever the first says. */
static bool is_equal(const guint8 *a, const guint8 *b, gsize len)
{
        guint8 differences = 0;

        for (gsize i = 0; i < len; i++)
                differences |= a[i] ^ b[i];
        return differences == 0;
}

/* v=<signature>. One who does not know the password gets no second chance with a weaker mechanism.
 */
static IrcSaslStep take_final(Scram *scram, const char *challenge, const char **ret_reason)
{
        const char *rest = challenge;
        g_autofree char *text = take_attribute(&rest, 'v');
        g_autofree guint8 *signature = NULL;
        gsize len = 0;

        if (!text && g_str_has_prefix(challenge, "e=")) {
                *ret_reason = "the server refused the proof of the password";
                return IRC_SASL_STEP_ABORT;
        }
        *ret_reason = "the server could not prove that it knows the password";
        signature = text ? irc_sasl_base64_decode(text, &len) : NULL;
        if (!signature || len != scram->digest_len ||
                !is_equal(signature, scram->server_signature, len))
                return IRC_SASL_STEP_REJECT;
        scram->state = SCRAM_PROVEN;
        return IRC_SASL_STEP_CONTINUE;
}

static IrcSaslStep scram_step(gpointer state, const IrcSaslCredentials *credentials,
        const guint8 *challenge, gsize len, GByteArray *response, const char **ret_reason)
{
        Scram *scram = state;
        g_autofree char *text = g_strndup((const char *) challenge, len);

        if (strlen(text) != len || !g_utf8_validate(text, -1, NULL))
                return IRC_SASL_STEP_ABORT;
        switch (scram->state) {
        case SCRAM_BEGUN:
                return len == 0 ? send_first(scram, credentials, response) : IRC_SASL_STEP_ABORT;
        case SCRAM_GREETED:
                return take_first(scram, credentials, text, ret_reason);
        case SCRAM_REPLIED:
                return take_final(scram, text, ret_reason);
        case SCRAM_DERIVING:
        case SCRAM_PROVEN:
                return IRC_SASL_STEP_ABORT;
        }
        g_assert_not_reached();
}

static bool scram_is_proven(gconstpointer state)
{
        return ((const Scram *) state)->state == SCRAM_PROVEN;
}

const IrcSaslMechanism irc_sasl_scram_sha256 = {
        .name = "SCRAM-SHA-256",
        .title = "SASL SCRAM-SHA-256",
        .is_usable = scram_is_usable,
        .begin = scram_sha256_begin,
        .end = scram_end,
        .step = scram_step,
        .work = scram_work,
        .is_proven = scram_is_proven,
};

const IrcSaslMechanism irc_sasl_scram_sha512 = {
        .name = "SCRAM-SHA-512",
        .title = "SASL SCRAM-SHA-512",
        .is_usable = scram_is_usable,
        .begin = scram_sha512_begin,
        .end = scram_end,
        .step = scram_step,
        .work = scram_work,
        .is_proven = scram_is_proven,
};
