/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What all kinds of proxies have in common: their URL, the dialogue's life, and the answers that
 * are none. */

#include "net/proxy.h"

#include <string.h>

#include "base/text.h"
#include "net/proxy-private.h"

/* So much of what a proxy said is shown. */
#define SHOWN_CHARS_MAX 200
/* Room for a login and a request: the output is not moved about in memory. */
#define OUTPUT_SIZE 1024

static const IcProxyKind *const kinds[] = {&ic_proxy_socks5, &ic_proxy_http};

static bool set_url_error(GError **error, const char *why)
{
        g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION,
                "proxy cannot be used: %s; it is socks5://HOST[:PORT] or http://HOST[:PORT], with "
                "USER@ before HOST if it wants a login",
                why);
        return false;
}

static const IcProxyKind *find_kind(const char *scheme)
{
        for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
                if (g_ascii_strcasecmp(scheme, kinds[i]->scheme) == 0)
                        return kinds[i];
        return NULL;
}

/* What is in the URL beyond scheme, user, host and port. */
static const char *find_excess(GUri *uri)
{
        const char *path = g_uri_get_path(uri);

        if (g_uri_get_password(uri))
                return "there is a password in it, which belongs into the credential "
                       "proxy-password";
        if (*path && strcmp(path, "/") != 0)
                return "there is a path in it";
        if (g_uri_get_query(uri) || g_uri_get_fragment(uri))
                return "there is something behind the host";
        return NULL;
}

bool ic_proxy_parse(const char *url, IcProxy **ret, GError **error)
{
        g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_HAS_PASSWORD, NULL);
        const IcProxyKind *kind = uri ? find_kind(g_uri_get_scheme(uri)) : NULL;
        const char *host = uri ? g_uri_get_host(uri) : NULL;
        const char *excess;
        IcProxy *proxy;
        int port;

        if (!uri)
                return set_url_error(error, "it is not a URL");
        if (!kind)
                return set_url_error(error, "it begins with another scheme");
        if (!host || !*host)
                return set_url_error(error, "it names no host");
        excess = find_excess(uri);
        if (excess)
                return set_url_error(error, excess);
        port = g_uri_get_port(uri);
        if (port == 0)
                return set_url_error(error, "its port must be from 1 to 65535");
        proxy = g_new0(IcProxy, 1);
        proxy->kind = kind;
        proxy->host = g_strdup(host);
        proxy->port = port < 0 ? kind->default_port : (guint16) port;
        if (g_uri_get_user(uri) && *g_uri_get_user(uri))
                proxy->user = g_strdup(g_uri_get_user(uri));
        *ret = proxy;
        return true;
}

void ic_proxy_free(IcProxy *proxy)
{
        if (!proxy)
                return;
        g_free(proxy->host);
        g_free(proxy->user);
        g_free(proxy);
}

const char *ic_proxy_get_title(const IcProxy *proxy)
{
        return proxy->kind->title;
}

/* A name as it goes over the wire; nothing in it can be taken for a line's end. */
static char *name_to_ascii(const char *host)
{
        g_autofree char *ascii = g_hostname_to_ascii(host);

        if (!ascii || !*ascii)
                return NULL;
        for (const char *c = ascii; *c; c++)
                if (!g_ascii_isgraph(*c))
                        return NULL;
        return g_steal_pointer(&ascii);
}

bool ic_proxy_dialogue_new(const IcProxy *proxy, GBytes *password, const IcProxyTarget *target,
        IcProxyDialogue **ret, GError **error)
{
        g_autoptr(IcProxyDialogue) dialogue = g_new0(IcProxyDialogue, 1);

        dialogue->kind = proxy->kind;
        dialogue->user = g_strdup(proxy->user);
        dialogue->password = password ? g_bytes_ref(password) : NULL;
        dialogue->port = target->port;
        dialogue->input = g_byte_array_new();
        dialogue->output = g_byte_array_sized_new(OUTPUT_SIZE);
        dialogue->address = g_inet_address_new_from_string(target->host);
        dialogue->host = name_to_ascii(target->host);
        if (!dialogue->host) {
                g_set_error(
                        error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION, "address: not a host name");
                return false;
        }
        if (!dialogue->kind->begin(dialogue, error))
                return false;
        *ret = g_steal_pointer(&dialogue);
        return true;
}

void ic_proxy_dialogue_free(IcProxyDialogue *dialogue)
{
        if (!dialogue)
                return;
        if (dialogue->output->len > 0)
                explicit_bzero(dialogue->output->data, dialogue->output->len);
        g_byte_array_unref(dialogue->output);
        g_byte_array_unref(dialogue->input);
        g_clear_pointer(&dialogue->password, g_bytes_unref);
        g_clear_object(&dialogue->address);
        g_free(dialogue->user);
        g_free(dialogue->host);
        g_free(dialogue);
}

const GByteArray *ic_proxy_dialogue_get_output(const IcProxyDialogue *dialogue)
{
        return dialogue->output;
}

void ic_proxy_dialogue_note_sent(IcProxyDialogue *dialogue, gsize len)
{
        GByteArray *output = dialogue->output;

        g_byte_array_remove_range(output, 0, (guint) len);
        /* The rest was moved to the front; behind it is what it was. */
        explicit_bzero(output->data + output->len, len);
}

/* The first line of what the proxy said, and of the `len` bytes behind it; NULL: there is no text
 * in it. */
static char *quote_answer(const IcProxyDialogue *dialogue, const guint8 *data, gsize len)
{
        g_autoptr(GString) text = g_string_new(NULL);

        g_string_append_len(text, (const char *) dialogue->input->data,
                MIN(dialogue->input->len, SHOWN_CHARS_MAX));
        g_string_append_len(text, (const char *) data, (gssize) MIN(len, SHOWN_CHARS_MAX));
        g_string_truncate(text, strcspn(text->str, "\r\n"));
        return text->len > 0 ? ic_text_quote(text->str, SHOWN_CHARS_MAX) : NULL;
}

static void set_foreign(
        const IcProxyDialogue *dialogue, const guint8 *rest, gsize len, GError **error)
{
        g_autofree char *said = quote_answer(dialogue, rest, len);

        if (said)
                g_set_error(error, IC_ERROR, IC_ERROR_UNREACHABLE,
                        "the proxy does not speak %s on this port, it said: \"%s\"",
                        dialogue->kind->title, said);
        else
                g_set_error(error, IC_ERROR, IC_ERROR_UNREACHABLE,
                        "the proxy does not speak %s on this port", dialogue->kind->title);
}

void ic_proxy_set_login_error(const IcProxyDialogue *dialogue, GError **error)
{
        if (dialogue->user)
                g_set_error(error, IC_ERROR, IC_ERROR_CREDENTIALS,
                        "the proxy refused the user of proxy and the credential proxy-password");
        else
                g_set_error(error, IC_ERROR, IC_ERROR_CREDENTIALS,
                        "the proxy wants a login: put USER@ before the host in proxy, and store "
                        "the credential proxy-password");
}

IcProxyResult ic_proxy_dialogue_feed(
        IcProxyDialogue *dialogue, const guint8 *data, gsize len, gsize *ret_used, GError **error)
{
        for (*ret_used = 0; *ret_used < len;) {
                if (dialogue->n_read == IC_PROXY_ANSWER_MAX) {
                        g_set_error(error, IC_ERROR, IC_ERROR_UNREACHABLE,
                                "the proxy's answer does not end within %d bytes",
                                IC_PROXY_ANSWER_MAX);
                        return IC_PROXY_REFUSED;
                }
                g_byte_array_append(dialogue->input, &data[(*ret_used)++], 1);
                dialogue->n_read++;
                switch (dialogue->kind->step(dialogue, error)) {
                case STEP_MORE:
                        break;
                case STEP_OPEN:
                        return IC_PROXY_OPEN;
                case STEP_FOREIGN:
                        set_foreign(dialogue, data + *ret_used, len - *ret_used, error);
                        return IC_PROXY_REFUSED;
                case STEP_REFUSED:
                        return IC_PROXY_REFUSED;
                }
        }
        return IC_PROXY_MORE;
}

void ic_proxy_dialogue_end(IcProxyDialogue *dialogue, int code, GError **error)
{
        g_autofree char *said = quote_answer(dialogue, NULL, 0);
        const char *how = code ? g_strerror(code) : "it closed the connection";

        if (said)
                g_set_error(error, IC_ERROR, IC_ERROR_UNREACHABLE,
                        "the proxy ended in the middle of its answer (%s), it had said: \"%s\"",
                        how, said);
        else
                g_set_error(error, IC_ERROR, IC_ERROR_UNREACHABLE, "the proxy gave no answer (%s)",
                        how);
}
