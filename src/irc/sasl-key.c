/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* SASL by a key: EXTERNAL (RFC 4422 appendix A; the certificate of the TLS link says who we are)
 * and ECDSA-NIST256P-CHALLENGE (Atheme: the server's challenge, signed). */

#include <string.h>

#include "irc/sasl.h"

/* The challenge is signed as it is, in the place of a SHA-256 digest. */
#define CHALLENGE_LENGTH 32

static bool external_is_usable(const IrcSaslCredentials *credentials, const char **ret_reason)
{
        if (!credentials->has_certificate)
                *ret_reason = "EXTERNAL needs a client certificate";
        return credentials->has_certificate;
}

/* How many messages were sent. */
static gpointer counter_begin(const IrcSaslCredentials *credentials)
{
        return g_new0(guint, 1);
}

/* One empty message: whom to log in follows from the certificate. */
static IrcSaslStep external_step(gpointer state, const IrcSaslCredentials *credentials,
        const guint8 *challenge, gsize len, GByteArray *response, const char **ret_reason)
{
        guint *n_sent = state;

        return (*n_sent)++ > 0 || len > 0 ? IRC_SASL_STEP_ABORT : IRC_SASL_STEP_CONTINUE;
}

static bool ecdsa_is_usable(const IrcSaslCredentials *credentials, const char **ret_reason)
{
        if (credentials->account && credentials->sign)
                return true;
        *ret_reason = "ECDSA-NIST256P-CHALLENGE needs an account and a key";
        return false;
}

static IrcSaslStep sign_challenge(const IrcSaslCredentials *credentials, const guint8 *challenge,
        gsize len, GByteArray *response, const char **ret_reason)
{
        g_autoptr(GBytes) signature = NULL;
        const guint8 *data;
        gsize n;

        if (len != CHALLENGE_LENGTH)
                return IRC_SASL_STEP_ABORT;
        signature = credentials->sign(challenge, len, credentials->sign_data);
        if (!signature) {
                *ret_reason = "the key for ECDSA-NIST256P-CHALLENGE could not sign";
                return IRC_SASL_STEP_ABORT;
        }
        data = g_bytes_get_data(signature, &n);
        g_byte_array_append(response, data, (guint) n);
        return IRC_SASL_STEP_CONTINUE;
}

/* The account as authorisation and authentication identity; then the signature. */
static IrcSaslStep ecdsa_step(gpointer state, const IrcSaslCredentials *credentials,
        const guint8 *challenge, gsize len, GByteArray *response, const char **ret_reason)
{
        guint *n_sent = state;
        guint account_len = (guint) strlen(credentials->account);

        switch ((*n_sent)++) {
        case 0:
                if (len > 0)
                        return IRC_SASL_STEP_ABORT;
                g_byte_array_append(
                        response, (const guint8 *) credentials->account, account_len + 1);
                g_byte_array_append(response, (const guint8 *) credentials->account, account_len);
                return IRC_SASL_STEP_CONTINUE;
        case 1:
                return sign_challenge(credentials, challenge, len, response, ret_reason);
        default:
                return IRC_SASL_STEP_ABORT;
        }
}

const IrcSaslMechanism irc_sasl_external = {
        .name = "EXTERNAL",
        .title = "SASL EXTERNAL",
        .is_usable = external_is_usable,
        .begin = counter_begin,
        .end = g_free,
        .step = external_step,
};

const IrcSaslMechanism irc_sasl_ecdsa = {
        .name = "ECDSA-NIST256P-CHALLENGE",
        .title = "SASL ECDSA-NIST256P-CHALLENGE",
        .is_usable = ecdsa_is_usable,
        .begin = counter_begin,
        .end = g_free,
        .step = ecdsa_step,
};
