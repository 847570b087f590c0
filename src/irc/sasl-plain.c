/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* SASL PLAIN (RFC 4616): account and password in one message, so only over a private link. */

#include <string.h>

#include "irc/sasl.h"

static bool plain_is_usable(const IrcSaslCredentials *credentials, const char **ret_reason)
{
        if (!credentials->account || !credentials->password)
                *ret_reason = "PLAIN needs an account and a password";
        else if (!credentials->may_send_password)
                *ret_reason = "PLAIN is not allowed over a link that is not verified TLS";
        else
                return true;
        return false;
}

static void append_with_nul(GByteArray *response, const char *text)
{
        g_byte_array_append(response, (const guint8 *) text, (guint) strlen(text) + 1);
}

/* Whether the one message was sent. */
static gpointer plain_begin(const IrcSaslCredentials *credentials)
{
        return g_new0(bool, 1);
}

/* authzid NUL authcid NUL password; the first equal to the second, as services expect it. */
static IrcSaslStep plain_step(gpointer state, const IrcSaslCredentials *credentials,
        const guint8 *challenge, gsize len, GByteArray *response, const char **ret_reason)
{
        bool *is_sent = state;

        if (*is_sent || len > 0)
                return IRC_SASL_STEP_ABORT;
        *is_sent = true;
        append_with_nul(response, credentials->account);
        append_with_nul(response, credentials->account);
        g_byte_array_append(response, (const guint8 *) credentials->password,
                (guint) strlen(credentials->password));
        return IRC_SASL_STEP_CONTINUE;
}

const IrcSaslMechanism irc_sasl_plain = {
        .name = "PLAIN",
        .title = "SASL PLAIN",
        .is_usable = plain_is_usable,
        .begin = plain_begin,
        .end = g_free,
        .step = plain_step,
};
