/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* HTTP CONNECT (RFC 9110, section 9.3.6): a request, and a response whose header alone is read. The
 * stream begins behind the header of a 2xx, whatever that says about a body; interim responses come
 * before it. */

#include <string.h>

#include "base/text.h"
#include "net/proxy-private.h"

#define PROTOCOL "HTTP/1."
#define PROTOCOL_LEN (sizeof(PROTOCOL) - 1)
#define SHOWN_CHARS_MAX 200

enum {
        STATUS_SWITCHING = 101,
        STATUS_SERVER_LOGIN = 401, /* tinyproxy says so to a wrong login */
        STATUS_LOGIN = 407,
};

static void put(IcProxyDialogue *dialogue, const char *text)
{
        g_byte_array_append(dialogue->output, (const guint8 *) text, (guint) strlen(text));
}

/* RFC 7617: USER:PASSWORD in base64. */
static void put_login(IcProxyDialogue *dialogue)
{
        gsize user_len = strlen(dialogue->user), password_len = 0, len;
        gconstpointer password =
                dialogue->password ? g_bytes_get_data(dialogue->password, &password_len) : NULL;
        g_autofree guint8 *plain = NULL;
        g_autofree char *base64 = NULL;

        len = user_len + 1 + password_len;
        plain = g_malloc(len);
        memcpy(plain, dialogue->user, user_len);
        plain[user_len] = ':';
        if (password_len > 0)
                memcpy(plain + user_len + 1, password, password_len);
        base64 = g_base64_encode(plain, len);
        put(dialogue, "Proxy-Authorization: Basic ");
        put(dialogue, base64);
        put(dialogue, "\r\n");
        explicit_bzero(plain, len);
        explicit_bzero(base64, strlen(base64));
}

static char *make_authority(const IcProxyDialogue *dialogue)
{
        bool is_ipv6 = dialogue->address &&
                       g_inet_address_get_family(dialogue->address) == G_SOCKET_FAMILY_IPV6;

        return g_strdup_printf(
                is_ipv6 ? "[%s]:%u" : "%s:%u", dialogue->host, (guint) dialogue->port);
}

static bool http_begin(IcProxyDialogue *dialogue, GError **error)
{
        g_autofree char *authority = make_authority(dialogue);
        g_autofree char *request =
                g_strdup_printf("CONNECT %s HTTP/1.1\r\nHost: %s\r\n", authority, authority);

        if (dialogue->user && strchr(dialogue->user, ':')) {
                g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION,
                        "proxy cannot be used: an HTTP proxy's user has no colon in it");
                return false;
        }
        put(dialogue, request);
        if (dialogue->user)
                put_login(dialogue);
        put(dialogue, "\r\n");
        return true;
}

/* Lines end with LF, with CR before it or not. */
static bool is_header_complete(const GByteArray *input)
{
        const guint8 *end = input->data + input->len;

        if (input->len < 2 || end[-1] != '\n')
                return false;
        return end[-2] == '\n' || (input->len >= 3 && end[-2] == '\r' && end[-3] == '\n');
}

/* "HTTP/1.1 200 …"; 0: not such a line. */
static guint read_status(const GByteArray *input)
{
        const char *line = (const char *) input->data;
        guint status = 0;

        if (input->len < PROTOCOL_LEN + 6 || !g_ascii_isdigit(line[PROTOCOL_LEN]) ||
                line[PROTOCOL_LEN + 1] != ' ')
                return 0;
        line += PROTOCOL_LEN + 2;
        for (guint i = 0; i < 3; i++) {
                if (!g_ascii_isdigit(line[i]))
                        return 0;
                status = status * 10 + (guint) g_ascii_digit_value(line[i]);
        }
        return g_ascii_isspace(line[3]) ? status : 0;
}

static IcProxyStep refuse(const IcProxyDialogue *dialogue, guint status, GError **error)
{
        g_autofree char *line =
                g_strndup((const char *) dialogue->input->data, dialogue->input->len);
        g_autofree char *said = NULL;

        line[strcspn(line, "\r\n")] = '\0';
        said = ic_text_quote(line, SHOWN_CHARS_MAX);
        if (status == STATUS_LOGIN || status == STATUS_SERVER_LOGIN) {
                ic_proxy_set_login_error(dialogue, error);
                g_prefix_error(error, "\"%s\": ", said);
        } else
                g_set_error(error, IC_ERROR, IC_ERROR_UNREACHABLE,
                        "the proxy did not open the connection, it said: \"%s\"", said);
        return STEP_REFUSED;
}

static IcProxyStep http_step(IcProxyDialogue *dialogue, GError **error)
{
        GByteArray *input = dialogue->input;
        guint status;

        if (memcmp(input->data, PROTOCOL, MIN(input->len, PROTOCOL_LEN)) != 0)
                return STEP_FOREIGN;
        if (!is_header_complete(input))
                return STEP_MORE;
        status = read_status(input);
        if (status < 100)
                return STEP_FOREIGN;
        if (status < 200 && status != STATUS_SWITCHING) {
                g_byte_array_set_size(input, 0);
                return STEP_MORE;
        }
        return status >= 200 && status < 300 ? STEP_OPEN : refuse(dialogue, status, error);
}

const IcProxyKind ic_proxy_http = {
        .scheme = "http",
        .title = "HTTP",
        .default_port = 8080,
        .begin = http_begin,
        .step = http_step,
};
