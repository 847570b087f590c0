/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* SASL, whatever the mechanism.
 *
 *   state    | input                        | next                | output
 *   ---------+------------------------------+---------------------+---------------------------------
 *   IDLE     | start                        | RUNNING             | AUTHENTICATE <mechanism>
 *   RUNNING  | AUTHENTICATE, a whole chunk  | RUNNING             |
 *   RUNNING  | AUTHENTICATE, the last chunk | RUNNING             | the response, in chunks
 *   RUNNING  | work                         | RUNNING             | the response, when it is done
 *   RUNNING  | a challenge that is wrong    | RUNNING             | AUTHENTICATE *
 *   RUNNING  | 903, 907                     | SUCCEEDED           |
 *   RUNNING  | 903, the server not proven   | FAILED              |
 *   RUNNING  | 904, 905, 906, 908           | RUNNING             | AUTHENTICATE <next mechanism>
 *            |                              | FAILED, none left   |
 *   RUNNING  | 902 (the account is locked)  | FAILED              |
 *   RUNNING  | withdraw (CAP DEL)           | FAILED              |
 *
 * After a 908 (the mechanisms that there are) some servers send a 904 for the same attempt, some do
 * not: the next mechanism is tried at once, and a 904 before the server has taken it up is left
 * out. A server that failed to prove itself is not tried with another mechanism: the next may tell
 * it the password. */

#include "irc/sasl.h"

#include <string.h>

#include "base/text.h"

#define SERVER_TEXT_MAX 200

/* In order of preference where the owner has none. */
static const IrcSaslMechanism *const known_mechanisms[] = {
        &irc_sasl_external,
        &irc_sasl_ecdsa,
        &irc_sasl_scram_sha512,
        &irc_sasl_scram_sha256,
        &irc_sasl_plain,
};

struct IrcSasl {
        GStrv mechanisms; /* in order of preference */
        char *account;
        char *password;
        char *nonce; /* as it was given */
        char *attempt_nonce;
        guint n_attempts;
        IrcSaslCredentials credentials;

        IrcSaslState state;
        char *offered; /* what the server has, comma-separated; "" if it does not tell */
        gsize next;    /* the first of `mechanisms` that was not tried */
        const IrcSaslMechanism *mechanism;
        gpointer mechanism_state;
        GString *challenge; /* base64, as far as it came */
        bool is_any_tried;
        bool is_late_failure_expected;
        bool is_aborted;  /* "AUTHENTICATE *" was sent; the answer is a 906 */
        bool is_rejected; /* likewise, and no other mechanism comes after it */
        bool is_working;
        char *failure;
};

static const IrcSaslMechanism *find_mechanism(const char *name)
{
        for (gsize i = 0; i < G_N_ELEMENTS(known_mechanisms); i++)
                if (g_ascii_strcasecmp(known_mechanisms[i]->name, name) == 0)
                        return known_mechanisms[i];
        return NULL;
}

static GStrv all_mechanisms(void)
{
        GStrv names = g_new0(char *, G_N_ELEMENTS(known_mechanisms) + 1);

        for (gsize i = 0; i < G_N_ELEMENTS(known_mechanisms); i++)
                names[i] = g_strdup(known_mechanisms[i]->name);
        return names;
}

IrcSasl *irc_sasl_new(const char *const *mechanisms, const IrcSaslCredentials *credentials)
{
        IrcSasl *sasl = g_new0(IrcSasl, 1);

        sasl->mechanisms =
                mechanisms && mechanisms[0] ? g_strdupv((char **) mechanisms) : all_mechanisms();
        sasl->account = g_strdup(credentials->account);
        sasl->password = g_strdup(credentials->password);
        sasl->nonce = g_strdup(credentials->nonce);
        sasl->credentials = *credentials;
        sasl->credentials.account = sasl->account;
        sasl->credentials.password = sasl->password;
        sasl->credentials.nonce = sasl->nonce;
        sasl->offered = g_strdup("");
        sasl->challenge = g_string_new(NULL);
        return sasl;
}

static void end_mechanism(IrcSasl *sasl)
{
        if (sasl->mechanism && sasl->mechanism->end)
                sasl->mechanism->end(sasl->mechanism_state);
        sasl->mechanism = NULL;
        sasl->mechanism_state = NULL;
        sasl->is_aborted = false;
        sasl->is_rejected = false;
        sasl->is_working = false;
        g_string_truncate(sasl->challenge, 0);
}

static void wipe(char *secret)
{
        if (secret)
                explicit_bzero(secret, strlen(secret));
        g_free(secret);
}

void irc_sasl_free(IrcSasl *sasl)
{
        if (!sasl)
                return;
        end_mechanism(sasl);
        g_string_free(sasl->challenge, TRUE);
        g_strfreev(sasl->mechanisms);
        g_free(sasl->account);
        wipe(sasl->password);
        g_free(sasl->nonce);
        g_free(sasl->attempt_nonce);
        g_free(sasl->offered);
        g_free(sasl->failure);
        g_free(sasl);
}

bool irc_sasl_is_wanted(const IrcSasl *sasl)
{
        const char *reason;

        for (gsize i = 0; sasl->mechanisms[i]; i++) {
                const IrcSaslMechanism *mechanism = find_mechanism(sasl->mechanisms[i]);

                if (mechanism && mechanism->is_usable(&sasl->credentials, &reason))
                        return true;
        }
        return false;
}

static void set_failure(IrcSasl *sasl, const char *text)
{
        g_free(sasl->failure);
        sasl->failure = g_strdup(text);
}

static bool is_offered(const IrcSasl *sasl, const char *name)
{
        g_auto(GStrv) offered = g_strsplit(sasl->offered, ",", -1);

        if (*sasl->offered == '\0')
                return true;
        for (gsize i = 0; offered[i]; i++)
                if (g_ascii_strcasecmp(offered[i], name) == 0)
                        return true;
        return false;
}

/* Whether this mechanism can be tried; else what keeps us from it is the failure, unless the server
 * said something about another before. */
static bool can_try(IrcSasl *sasl, const char *name, const IrcSaslMechanism **ret_mechanism)
{
        const IrcSaslMechanism *mechanism = find_mechanism(name);
        g_autofree char *text = NULL;
        const char *reason = NULL;

        if (!mechanism)
                text = g_strdup_printf("the mechanism %s is not known", name);
        else if (!is_offered(sasl, name))
                text = g_strdup_printf("the server does not offer %s", name);
        else if (!mechanism->is_usable(&sasl->credentials, &reason))
                text = g_strdup(reason);
        if (text && !sasl->is_any_tried)
                set_failure(sasl, text);
        *ret_mechanism = mechanism;
        return !text;
}

/* What was said in one attempt must be of no use in another. */
static void renew_nonce(IrcSasl *sasl)
{
        if (!sasl->nonce || sasl->n_attempts++ == 0)
                return;
        g_free(sasl->attempt_nonce);
        sasl->attempt_nonce = g_strdup_printf("%s-%u", sasl->nonce, sasl->n_attempts);
        sasl->credentials.nonce = sasl->attempt_nonce;
}

static IrcSaslState try_next(IrcSasl *sasl, GPtrArray *lines)
{
        end_mechanism(sasl);
        while (sasl->mechanisms[sasl->next]) {
                const char *name = sasl->mechanisms[sasl->next++];
                const IrcSaslMechanism *mechanism;

                if (!can_try(sasl, name, &mechanism))
                        continue;
                sasl->mechanism = mechanism;
                sasl->is_any_tried = true;
                renew_nonce(sasl);
                if (mechanism->begin)
                        sasl->mechanism_state = mechanism->begin(&sasl->credentials);
                g_ptr_array_add(lines, g_strdup_printf("AUTHENTICATE %s", mechanism->name));
                return sasl->state = IRC_SASL_RUNNING;
        }
        return sasl->state = IRC_SASL_FAILED;
}

IrcSaslState irc_sasl_start(IrcSasl *sasl, const char *offered, GPtrArray *lines)
{
        g_free(sasl->offered);
        sasl->offered = g_strdup(offered ?: "");
        g_clear_pointer(&sasl->failure, g_free);
        sasl->next = 0;
        sasl->is_any_tried = false;
        sasl->is_late_failure_expected = false;
        return try_next(sasl, lines);
}

IrcSaslState irc_sasl_start_over(IrcSasl *sasl, const char *offered, GPtrArray *lines)
{
        g_ptr_array_add(lines, g_strdup("AUTHENTICATE *"));
        irc_sasl_start(sasl, offered, lines);
        sasl->is_late_failure_expected = true;
        return sasl->state;
}

/* A response of just one or more whole chunks needs an empty one behind it, to show the end. */
static void send_response(const GByteArray *response, GPtrArray *lines)
{
        g_autofree char *text = g_base64_encode(response->data, response->len);
        gsize len = strlen(text), at = 0;

        for (; at < len; at += IRC_SASL_CHUNK)
                g_ptr_array_add(
                        lines, g_strdup_printf("AUTHENTICATE %.*s", IRC_SASL_CHUNK, text + at));
        if (at == len)
                g_ptr_array_add(lines, g_strdup("AUTHENTICATE +"));
        explicit_bzero(text, len);
}

guint8 *irc_sasl_base64_decode(const char *text, gsize *ret_len)
{
        static const char alphabet[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        gsize n = strspn(text, alphabet);
        gsize padding = strspn(text + n, "=");

        if (text[n + padding] != '\0' || (n + padding) % 4 != 0 || padding > 2)
                return NULL;
        if (n == 0) {
                *ret_len = 0;
                return g_malloc0(1);
        }
        return g_base64_decode(text, ret_len);
}

static void abort_attempt(IrcSasl *sasl, const char *failure, GPtrArray *lines)
{
        set_failure(sasl, failure);
        sasl->is_aborted = true;
        g_ptr_array_add(lines, g_strdup("AUTHENTICATE *"));
}

static void act_on(
        IrcSasl *sasl, IrcSaslStep step, GByteArray *response, const char *reason, GPtrArray *lines)
{
        sasl->is_working = step == IRC_SASL_STEP_WORK;
        switch (step) {
        case IRC_SASL_STEP_CONTINUE:
                send_response(response, lines);
                break;
        case IRC_SASL_STEP_WORK:
                break;
        case IRC_SASL_STEP_REJECT:
                sasl->is_rejected = true;
                abort_attempt(sasl, reason, lines);
                break;
        case IRC_SASL_STEP_ABORT:
                abort_attempt(sasl, reason, lines);
                break;
        }
        if (response->len > 0)
                explicit_bzero(response->data, response->len);
}

static void answer_challenge(IrcSasl *sasl, GPtrArray *lines)
{
        g_autoptr(GByteArray) response = g_byte_array_new();
        const char *reason = "the server's challenge cannot be understood";
        IrcSaslStep step = IRC_SASL_STEP_ABORT;
        gsize len = 0;
        g_autofree guint8 *challenge = irc_sasl_base64_decode(sasl->challenge->str, &len);

        g_string_truncate(sasl->challenge, 0);
        if (challenge && !sasl->is_working)
                step = sasl->mechanism->step(sasl->mechanism_state, &sasl->credentials, challenge,
                        len, response, &reason);
        act_on(sasl, step, response, reason, lines);
        if (step == IRC_SASL_STEP_WORK)
                irc_sasl_work(sasl, lines);
}

bool irc_sasl_has_work(const IrcSasl *sasl)
{
        return sasl->is_working;
}

void irc_sasl_work(IrcSasl *sasl, GPtrArray *lines)
{
        g_autoptr(GByteArray) response = g_byte_array_new();

        if (sasl->is_working)
                act_on(sasl, sasl->mechanism->work(sasl->mechanism_state, response), response, "",
                        lines);
}

static void receive_chunk(IrcSasl *sasl, const char *chunk, GPtrArray *lines)
{
        gsize len = strlen(chunk);

        sasl->is_late_failure_expected = false;
        if (sasl->is_aborted)
                return;
        if (!g_str_equal(chunk, "+"))
                g_string_append_len(sasl->challenge, chunk, (gssize) len);
        if (sasl->challenge->len > IRC_SASL_CHALLENGE_MAX)
                abort_attempt(sasl, "the server's challenge is too long", lines);
        else if (len != IRC_SASL_CHUNK)
                answer_challenge(sasl, lines);
}

/* Why we gave up ourselves says more than the server's "aborted". */
static void set_server_failure(IrcSasl *sasl, const IrcMessage *message)
{
        const char *text = irc_message_get_param(message, message->n_params - 1);
        g_autofree char *quoted = ic_text_quote(text, SERVER_TEXT_MAX);

        if (sasl->is_aborted)
                return;
        g_free(sasl->failure);
        sasl->failure = g_strdup_printf(
                "the server refused %s: \"%s\" (%s)", sasl->mechanism->name, quoted, message->verb);
}

static IrcSaslState finish(IrcSasl *sasl, IrcSaslState state)
{
        end_mechanism(sasl);
        return sasl->state = state;
}

static IrcSaslState receive_mechanisms(IrcSasl *sasl, const IrcMessage *message, GPtrArray *lines)
{
        const char *offered = irc_message_get_param(message, 1);

        if (sasl->is_rejected)
                return finish(sasl, IRC_SASL_FAILED);
        if (offered) {
                g_free(sasl->offered);
                sasl->offered = g_strdup(offered);
        }
        g_free(sasl->failure);
        sasl->failure = g_strdup_printf("the server does not know %s", sasl->mechanism->name);
        sasl->is_late_failure_expected = true;
        return try_next(sasl, lines);
}

static IrcSaslState receive_failure(IrcSasl *sasl, const IrcMessage *message, GPtrArray *lines)
{
        if (sasl->is_late_failure_expected) {
                sasl->is_late_failure_expected = false;
                return sasl->state;
        }
        set_server_failure(sasl, message);
        return sasl->is_rejected ? finish(sasl, IRC_SASL_FAILED) : try_next(sasl, lines);
}

/* A server's word of success is worth nothing before it has shown that it knows the password. */
static IrcSaslState receive_success(IrcSasl *sasl)
{
        const IrcSaslMechanism *mechanism = sasl->mechanism;

        if (sasl->is_aborted)
                return finish(sasl, IRC_SASL_FAILED);
        if (!mechanism->is_proven || mechanism->is_proven(sasl->mechanism_state))
                return finish(sasl, IRC_SASL_SUCCEEDED);
        set_failure(sasl, "the server did not prove that it knows the password");
        return finish(sasl, IRC_SASL_FAILED);
}

IrcSaslState irc_sasl_receive(IrcSasl *sasl, const IrcMessage *message, GPtrArray *lines)
{
        if (sasl->state != IRC_SASL_RUNNING)
                return sasl->state;
        if (irc_message_has_verb(message, "AUTHENTICATE")) {
                receive_chunk(sasl, irc_message_get_param(message, 0) ?: "+", lines);
                return sasl->state;
        }
        switch (g_ascii_strtoull(message->verb, NULL, 10)) {
        case 902:
                set_server_failure(sasl, message);
                return finish(sasl, IRC_SASL_FAILED);
        case 903:
                return receive_success(sasl);
        case 907:
                return finish(sasl, IRC_SASL_SUCCEEDED);
        case 904:
        case 905:
        case 906:
                return receive_failure(sasl, message, lines);
        case 908:
                return receive_mechanisms(sasl, message, lines);
        default:
                return sasl->state;
        }
}

void irc_sasl_withdraw(IrcSasl *sasl)
{
        if (sasl->state != IRC_SASL_RUNNING)
                return;
        set_failure(sasl, "the server withdrew it while it ran");
        finish(sasl, IRC_SASL_FAILED);
}

void irc_sasl_give_up(IrcSasl *sasl, GPtrArray *lines)
{
        if (sasl->state != IRC_SASL_RUNNING)
                return;
        abort_attempt(sasl, "the server did not answer in time", lines);
        finish(sasl, IRC_SASL_FAILED);
}

IrcSaslState irc_sasl_get_state(const IrcSasl *sasl)
{
        return sasl->state;
}

const char *irc_sasl_get_title(const IrcSasl *sasl)
{
        return sasl->mechanism ? sasl->mechanism->title : NULL;
}

const char *irc_sasl_get_failure(const IrcSasl *sasl)
{
        return sasl->state == IRC_SASL_FAILED ? sasl->failure : NULL;
}
