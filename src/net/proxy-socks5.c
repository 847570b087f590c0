/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* SOCKS5 (RFC 1928) with user and password (RFC 1929):
 *
 *   us: methods ── proxy: method ─┬─ none ───────────────────────> us: request ── proxy: reply
 *                                 └─ password ─ us: login ── proxy: status ─^
 */

#include <string.h>

#include "net/proxy-private.h"

#define VERSION 5
#define LOGIN_VERSION 1
#define COMMAND_CONNECT 1
/* Names, users and passwords have one byte for their length. */
#define TEXT_MAX 255

enum {
        METHOD_NONE = 0x00,
        METHOD_PASSWORD = 0x02,
        METHOD_UNACCEPTABLE = 0xff,
};

enum {
        ADDRESS_IPV4 = 1,
        ADDRESS_NAME = 3,
        ADDRESS_IPV6 = 4,
};

/* Whose message comes next. */
enum {
        PHASE_METHOD,
        PHASE_LOGIN,
        PHASE_REPLY,
};

/* RFC 1928, section 6, by code. */
static const char *const refusals[] = {
        [1] = "it failed",
        [2] = "its rules do not allow that",
        [3] = "the server's network cannot be reached from there",
        [4] = "the server cannot be reached from there, or its name is unknown there",
        [5] = "the server refused the connection",
        [6] = "the server's answer did not come in time",
        [7] = "it opens no connections (command not supported)",
        [8] = "it does not know such addresses (address type not supported)",
};

static void put_byte(IcProxyDialogue *dialogue, guint8 byte)
{
        g_byte_array_append(dialogue->output, &byte, 1);
}

static void put_text(IcProxyDialogue *dialogue, gconstpointer text, gsize len)
{
        put_byte(dialogue, (guint8) len);
        if (len > 0)
                g_byte_array_append(dialogue->output, text, (guint) len);
}

static gconstpointer get_password(const IcProxyDialogue *dialogue, gsize *ret_len)
{
        *ret_len = 0;
        return dialogue->password ? g_bytes_get_data(dialogue->password, ret_len) : NULL;
}

static bool socks5_begin(IcProxyDialogue *dialogue, GError **error)
{
        gsize password_len;

        (void) get_password(dialogue, &password_len);
        if (strlen(dialogue->host) > TEXT_MAX ||
                (dialogue->user &&
                        (strlen(dialogue->user) > TEXT_MAX || password_len > TEXT_MAX))) {
                g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION,
                        "SOCKS5 has no room for %s of more than %d bytes",
                        strlen(dialogue->host) > TEXT_MAX ? "an address"
                                                          : "a user or a proxy-password",
                        TEXT_MAX);
                return false;
        }
        put_byte(dialogue, VERSION);
        put_byte(dialogue, dialogue->user ? 2 : 1);
        put_byte(dialogue, METHOD_NONE);
        if (dialogue->user)
                put_byte(dialogue, METHOD_PASSWORD);
        return true;
}

static void put_login(IcProxyDialogue *dialogue)
{
        gsize len;
        gconstpointer password = get_password(dialogue, &len);

        put_byte(dialogue, LOGIN_VERSION);
        put_text(dialogue, dialogue->user, strlen(dialogue->user));
        put_text(dialogue, password, len);
}

static void put_request(IcProxyDialogue *dialogue)
{
        put_byte(dialogue, VERSION);
        put_byte(dialogue, COMMAND_CONNECT);
        put_byte(dialogue, 0);
        if (dialogue->address) {
                bool is_ipv4 = g_inet_address_get_family(dialogue->address) == G_SOCKET_FAMILY_IPV4;

                put_byte(dialogue, is_ipv4 ? ADDRESS_IPV4 : ADDRESS_IPV6);
                g_byte_array_append(dialogue->output, g_inet_address_to_bytes(dialogue->address),
                        (guint) g_inet_address_get_native_size(dialogue->address));
        } else {
                put_byte(dialogue, ADDRESS_NAME);
                put_text(dialogue, dialogue->host, strlen(dialogue->host));
        }
        put_byte(dialogue, (guint8) (dialogue->port >> 8));
        put_byte(dialogue, (guint8) (dialogue->port & 0xff));
}

static IcProxyStep enter(IcProxyDialogue *dialogue, int phase)
{
        dialogue->phase = phase;
        g_byte_array_set_size(dialogue->input, 0);
        if (phase == PHASE_LOGIN)
                put_login(dialogue);
        else
                put_request(dialogue);
        return STEP_MORE;
}

static IcProxyStep read_method(IcProxyDialogue *dialogue, guint8 method, GError **error)
{
        if (method == METHOD_NONE)
                return enter(dialogue, PHASE_REPLY);
        if (method == METHOD_PASSWORD && dialogue->user)
                return enter(dialogue, PHASE_LOGIN);
        if (method == METHOD_UNACCEPTABLE && dialogue->user)
                g_set_error(error, IC_ERROR, IC_ERROR_CREDENTIALS,
                        "the proxy takes no login by user and password");
        else if (method == METHOD_UNACCEPTABLE || method == METHOD_PASSWORD)
                ic_proxy_set_login_error(dialogue, error);
        else
                return STEP_FOREIGN;
        return STEP_REFUSED;
}

/* As far as the bytes tell; 0: it is no reply. */
static gsize reply_length(const GByteArray *input)
{
        if (input->len <= 3)
                return 4 + 1 + 2;
        switch (input->data[3]) {
        case ADDRESS_IPV4:
                return 4 + 4 + 2;
        case ADDRESS_IPV6:
                return 4 + 16 + 2;
        case ADDRESS_NAME:
                return 4 + 1 + (input->len > 4 ? (gsize) input->data[4] : 0) + 2;
        default:
                return 0;
        }
}

/* The address that the proxy has bound is of no interest. */
static IcProxyStep read_reply(const GByteArray *input, GError **error)
{
        guint8 code = input->data[1];
        gsize len;

        /* Not all send the rest of a refusal. */
        if (code != 0) {
                g_set_error(error, IC_ERROR, IC_ERROR_UNREACHABLE,
                        "the proxy did not open the connection: %s (SOCKS5 reply %u)",
                        code < G_N_ELEMENTS(refusals) ? refusals[code] : "it does not say why",
                        code);
                return STEP_REFUSED;
        }
        len = reply_length(input);
        if (len == 0)
                return STEP_FOREIGN;
        return input->len < len ? STEP_MORE : STEP_OPEN;
}

static IcProxyStep socks5_step(IcProxyDialogue *dialogue, GError **error)
{
        const GByteArray *input = dialogue->input;

        /* Of a login's status the version is not looked at: some answer with that of SOCKS. */
        if (dialogue->phase != PHASE_LOGIN && input->data[0] != VERSION)
                return STEP_FOREIGN;
        if (input->len < 2)
                return STEP_MORE;
        switch (dialogue->phase) {
        case PHASE_METHOD:
                return read_method(dialogue, input->data[1], error);
        case PHASE_LOGIN:
                if (input->data[1] == 0)
                        return enter(dialogue, PHASE_REPLY);
                ic_proxy_set_login_error(dialogue, error);
                return STEP_REFUSED;
        default:
                return read_reply(input, error);
        }
}

const IcProxyKind ic_proxy_socks5 = {
        .scheme = "socks5",
        .title = "SOCKS5",
        .default_port = 1080,
        .begin = socks5_begin,
        .step = socks5_step,
};
