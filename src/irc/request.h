/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What we asked the server and have no answer to yet (IRCv3 labeled-response): the labels on the
 * wire are numbers of ours; the caller's, which may be anything, is in the request. */

#pragma once

#include <glib.h>
#include <stdbool.h>

/* Beyond this what we labelled by ourselves is forgotten, for which no time-out of a caller makes
 * room; where that is not enough, lines go out without a label, and their answers cannot be told.
 */
#define IRC_REQUESTS_MAX 1000

typedef struct {
        char *label;   /* the caller's; NULL for a line that we labelled by ourselves */
        char *command; /* "PRIVMSG"; or NULL before the first line */
        char *target;  /* or NULL; of a secret line, too */
        guint n_open;  /* lines without an answer */
        char *code;    /* the first refusal, or NULL */
        char *text;
        char *msgid; /* of the last echo, or NULL */
        guint n_refs;
} IrcRequest;

IrcRequest *irc_request_new(const char *label);
IrcRequest *irc_request_ref(IrcRequest *request);
void irc_request_unref(IrcRequest *request);

typedef struct {
        GHashTable *by_wire; /* label on the wire to IrcRequest */
        guint64 last;
} IrcRequests;

void irc_requests_init(IrcRequests *requests);
void irc_requests_clear(IrcRequests *requests);
/* A new label on the wire for a line of this request; valid until it is answered. NULL if there are
 * IRC_REQUESTS_MAX. */
const char *irc_requests_add(IrcRequests *requests, IrcRequest *request);
IrcRequest *irc_requests_find(const IrcRequests *requests, const char *wire);
/* The line is answered: the request, which the caller then owns a reference to, or NULL. */
IrcRequest *irc_requests_take(IrcRequests *requests, const char *wire);
/* Forgets all lines of the caller's label; NULL: all that have none. */
void irc_requests_forget(IrcRequests *requests, const char *label);

/* (ta(sbsss)), floating: the last number; label on the wire, whether the caller has a label and
 * which, command, target. Refusals of a request whose other lines are open are not carried over. */
GVariant *irc_requests_to_variant(const IrcRequests *requests);
void irc_requests_restore(IrcRequests *requests, GVariant *variant);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IrcRequest, irc_request_unref)
