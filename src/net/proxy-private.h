/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What every kind of proxy brings along; seen only by the files that implement proxies. */

#pragma once

#include "net/proxy.h"

typedef enum {
        STEP_MORE,
        STEP_OPEN,
        STEP_REFUSED, /* with `error` */
        STEP_FOREIGN, /* this is another protocol */
} IcProxyStep;

struct IcProxyKind {
        const char *scheme;
        const char *title; /* for people */
        guint16 default_port;
        /* Writes what goes out first. BAD_CONFIGURATION. */
        bool (*begin)(IcProxyDialogue *dialogue, GError **error);
        /* Called when one more byte of the answer is there; empties `input` between messages. */
        IcProxyStep (*step)(IcProxyDialogue *dialogue, GError **error);
};

struct IcProxyDialogue {
        const IcProxyKind *kind;
        char *user;            /* or NULL */
        GBytes *password;      /* or NULL */
        char *host;            /* ASCII */
        GInetAddress *address; /* when the host is an IP address */
        guint16 port;
        int phase;         /* the kind's own */
        gsize n_read;      /* of all messages */
        GByteArray *input; /* of one message, so far */
        GByteArray *output;
};

extern const IcProxyKind ic_proxy_socks5;
extern const IcProxyKind ic_proxy_http;

/* Sets CREDENTIALS: no login was sent, or it was refused. */
void ic_proxy_set_login_error(const IcProxyDialogue *dialogue, GError **error);
