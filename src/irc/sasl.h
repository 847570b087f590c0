/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* SASL authentication (IRCv3 sasl 3.1 and 3.2): AUTHENTICATE lines and numerics in, AUTHENTICATE
 * lines out. A mechanism is one vtable in one file. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "irc/message.h"

/* The base64 text of one AUTHENTICATE line; one of just this length is followed by another. */
#define IRC_SASL_CHUNK 400
/* What a server may send in one challenge, before decoding. */
#define IRC_SASL_CHALLENGE_MAX (64 * 1024)

typedef struct {
        const char *account;
        const char *password;
        bool may_send_password; /* the link is private, or the owner does not mind */
} IrcSaslCredentials;

typedef enum {
        IRC_SASL_STEP_CONTINUE, /* `response` is for the server, empty or not */
        IRC_SASL_STEP_ABORT,    /* what the server sent is wrong */
} IrcSaslStep;

typedef struct {
        const char *name;  /* "PLAIN" */
        const char *title; /* "SASL PLAIN", for people */
        /* Whether these credentials suffice; else why not, in words, for `ret_reason`. */
        bool (*is_usable)(const IrcSaslCredentials *credentials, const char **ret_reason);
        /* What step() needs to remember from one challenge to the next; NULL for nothing. */
        gpointer (*begin)(const IrcSaslCredentials *credentials);
        void (*end)(gpointer state);
        IrcSaslStep (*step)(gpointer state, const IrcSaslCredentials *credentials,
                const guint8 *challenge, gsize len, GByteArray *response);
} IrcSaslMechanism;

extern const IrcSaslMechanism irc_sasl_plain;

typedef enum {
        IRC_SASL_IDLE,
        IRC_SASL_RUNNING,
        IRC_SASL_SUCCEEDED, /* 903, or 907: we were logged in already */
        IRC_SASL_FAILED,    /* no mechanism is left */
} IrcSaslState;

typedef struct IrcSasl IrcSasl;

/* `mechanisms` in order of preference, NULL or empty for all that we have; the strings of
 * `credentials` may be NULL. All is copied. */
IrcSasl *irc_sasl_new(const char *const *mechanisms, const IrcSaslCredentials *credentials);
void irc_sasl_free(IrcSasl *sasl);

/* Whether any of the mechanisms could be tried with these credentials. */
bool irc_sasl_is_wanted(const IrcSasl *sasl);

/* `offered` is the value of the capability `sasl`: a list, or "" or NULL where the server tells
 * none. Lines to send are added to `lines` as new strings, here and below; all are secret. */
IrcSaslState irc_sasl_start(IrcSasl *sasl, const char *offered, GPtrArray *lines);
/* AUTHENTICATE or one of 902 to 908; others are ignored. */
IrcSaslState irc_sasl_receive(IrcSasl *sasl, const IrcMessage *message, GPtrArray *lines);

/* The server withdrew SASL while it ran: it has failed. */
void irc_sasl_withdraw(IrcSasl *sasl);

IrcSaslState irc_sasl_get_state(const IrcSasl *sasl);
/* "SASL PLAIN" while that mechanism runs, else NULL. */
const char *irc_sasl_get_title(const IrcSasl *sasl);
/* Why it failed, in words, the server's among them; NULL if it did not. */
const char *irc_sasl_get_failure(const IrcSasl *sasl);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IrcSasl, irc_sasl_free)
