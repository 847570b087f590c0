/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A link of any kind and a live server's end of it, for tests that play both. */

#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>

#include "loopback.h"
#include "tls-server.h"

typedef enum {
        PLAIN,
        TLS12,
        TLS13,
        N_KINDS,
} Kind;

/* A link and the server's end of it; the test plays both. */
typedef struct {
        Kind kind;
        IcLink *link;
        TlsServer server;
        IcFd plain_fd;
        gnutls_session_t session; /* lent by the server's thread */
        GAsyncQueue *lent;
        GAsyncQueue *given_back;

        /* What the link's watch told. */
        guint n_readable;
        guint n_writable;
        int is_over;
        GString *read;
} Pair;

void pair_init(Pair *pair, Kind kind);
void pair_clear(Pair *pair);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_clear)

/* The server's part, blocking. */
int server_fd(Pair *pair);
void server_send(Pair *pair, const void *data, gsize len);
void server_say(Pair *pair, const char *text);
gssize server_receive(Pair *pair, void *data, gsize len);

/* The server's end is closed: as it is done well, without close_notify, or with a reset. */
typedef enum {
        POLITE,
        ABRUPT,
        HARD,
} Manner;
void server_close(Pair *pair, Manner manner);

/* An IcLinkReadyFunc that counts, and what it has seen. */
void count_ready(IcLink *link, bool is_readable, bool is_writable, gpointer pair);
bool was_readable(gpointer pair);
bool was_writable(gpointer pair);
/* Watches until the link is readable, and no longer. */
void wait_for_data(Pair *pair);
/* Waits for as much as `text` has, then looks at it. */
void expect(Pair *pair, const char *text);

void assert_peek(IcLink *link, const char *text);
void assert_peek_result(IcLink *link, IcLinkResult result);
void consume(IcLink *link, gsize len);

typedef struct {
        const char *name;
        void (*run)(Pair *pair);
} LinkCase;

/* The main() of a test: each case with each kind of link; no descriptor may be left behind. */
int run_link_cases(int argc, char *argv[], const LinkCase *cases, gsize n_cases);
