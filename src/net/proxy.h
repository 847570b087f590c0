/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What is said to a proxy until it has opened the way to the server: SOCKS5 (RFC 1928, with RFC
 * 1929) and HTTP CONNECT (RFC 9110, section 9.3.6). Bytes in, bytes out; no descriptor, no loop. */

#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#include "base/error.h"

/* A whole answer of a proxy, interim ones included: the header of an HTTP response. */
#define IC_PROXY_ANSWER_MAX (8 * 1024)

typedef struct IcProxyKind IcProxyKind;

typedef struct {
        const IcProxyKind *kind;
        char *host; /* name or IP address, without brackets */
        guint16 port;
        char *user; /* NULL: none */
} IcProxy;

/* The server that a proxy is asked for. */
typedef struct {
        const char *host; /* name or IP address: names are resolved by the proxy */
        guint16 port;
} IcProxyTarget;

typedef enum {
        IC_PROXY_MORE,    /* there may be output; more input is needed */
        IC_PROXY_OPEN,    /* what follows is the server's */
        IC_PROXY_REFUSED, /* with `error` */
} IcProxyResult;

typedef struct IcProxyDialogue IcProxyDialogue;

/* Reads "socks5://HOST" or "http://HOST", with USER@ in front of HOST and :PORT behind it or not
 * (1080, 8080). BAD_CONFIGURATION, which never shows the whole URL: there may be a secret in it. */
bool ic_proxy_parse(const char *url, IcProxy **ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ic_proxy_free(IcProxy *proxy);

/* "SOCKS5" */
const char *ic_proxy_get_title(const IcProxy *proxy);

/* The first output is there at once. `password` may be NULL; it is not used without a user.
 * BAD_CONFIGURATION when the protocol has no room for what is to be said. */
bool ic_proxy_dialogue_new(const IcProxy *proxy, GBytes *password, const IcProxyTarget *target,
        IcProxyDialogue **ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ic_proxy_dialogue_free(IcProxyDialogue *dialogue);

/* What is to be sent. It is secret: the next function, which takes what was sent from its
 * beginning, leaves nothing of that in memory. */
const GByteArray *ic_proxy_dialogue_get_output(const IcProxyDialogue *dialogue);
void ic_proxy_dialogue_note_sent(IcProxyDialogue *dialogue, gsize len);

/* `*ret_used` of the bytes were the proxy's: all, unless it is the end. UNREACHABLE, or CREDENTIALS
 * when the proxy wants a login or refuses ours; what the proxy said is quoted. Not to be called
 * again once it answered other than MORE. */
IcProxyResult ic_proxy_dialogue_feed(
        IcProxyDialogue *dialogue, const guint8 *data, gsize len, gsize *ret_used, GError **error);
/* The proxy closed instead, or the connection broke (`code` is errno, 0: closed): UNREACHABLE. */
void ic_proxy_dialogue_end(IcProxyDialogue *dialogue, int code, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcProxy, ic_proxy_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcProxyDialogue, ic_proxy_dialogue_free)
