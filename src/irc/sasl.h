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

/* The server's challenge signed with the owner's NIST P-256 key: `challenge` takes the place of a
 * SHA-256 digest, the signature is in DER. NULL if that cannot be done. */
typedef GBytes *(*IrcSignFunc)(const guint8 *challenge, gsize len, gpointer user_data);

typedef struct {
        const char *account;
        const char *password;
        bool may_send_password; /* the link is private, or the owner does not mind */
        bool has_certificate;   /* the link's TLS has shown a certificate of ours */
        const char *nonce; /* for SCRAM: random, printable ASCII without commas, anew each time */
        IrcSignFunc sign;  /* for ECDSA-NIST256P-CHALLENGE, or NULL */
        gpointer sign_data;
} IrcSaslCredentials;

typedef enum {
        IRC_SASL_STEP_CONTINUE, /* `response` is for the server, empty or not */
        IRC_SASL_STEP_WORK,     /* there is much to compute: work() until it says another */
        IRC_SASL_STEP_ABORT,    /* what the server sent is wrong */
        IRC_SASL_STEP_REJECT,   /* the server is not the one that it should be: no more tries */
} IrcSaslStep;

typedef struct {
        const char *name;  /* "PLAIN" */
        const char *title; /* "SASL PLAIN", for people */
        /* Whether these credentials suffice; else why not, in words, for `ret_reason`. */
        bool (*is_usable)(const IrcSaslCredentials *credentials, const char **ret_reason);
        /* What step() needs to remember from one challenge to the next; NULL for nothing. */
        gpointer (*begin)(const IrcSaslCredentials *credentials);
        void (*end)(gpointer state);
        /* `ret_reason` may be set to words, for people, that say why it aborts. */
        IrcSaslStep (*step)(gpointer state, const IrcSaslCredentials *credentials,
                const guint8 *challenge, gsize len, GByteArray *response, const char **ret_reason);
        /* A slice of a few milliseconds, after IRC_SASL_STEP_WORK; or NULL. */
        IrcSaslStep (*work)(gpointer state, GByteArray *response);
        /* Whether the server proved who it is, without which its word of success is none; or NULL.
         */
        bool (*is_proven)(gconstpointer state);
} IrcSaslMechanism;

extern const IrcSaslMechanism irc_sasl_ecdsa;
extern const IrcSaslMechanism irc_sasl_external;
extern const IrcSaslMechanism irc_sasl_plain;
extern const IrcSaslMechanism irc_sasl_scram_sha256;
extern const IrcSaslMechanism irc_sasl_scram_sha512;

/* Strictly: what g_base64_decode() would skip is an error here, NULL. To be freed by the caller. */
guint8 *irc_sasl_base64_decode(const char *text, gsize *ret_len);

typedef enum {
        IRC_SASL_IDLE,
        IRC_SASL_RUNNING,
        IRC_SASL_SUCCEEDED, /* 903, or 907: we were logged in already */
        IRC_SASL_FAILED,    /* no mechanism is left, or the server is not to be trusted */
} IrcSaslState;

typedef struct IrcSasl IrcSasl;

/* `mechanisms` in order of preference, NULL or empty for all that we have, the strongest first; the
 * strings of `credentials` may be NULL. All is copied. Of `credentials->nonce` a new one is made
 * for each attempt. */
IrcSasl *irc_sasl_new(const char *const *mechanisms, const IrcSaslCredentials *credentials);
void irc_sasl_free(IrcSasl *sasl);

/* Whether any of the mechanisms could be tried with these credentials. */
bool irc_sasl_is_wanted(const IrcSasl *sasl);

/* `offered` is the value of the capability `sasl`: a list, or "" or NULL where the server tells
 * none. Lines to send are added to `lines` as new strings, here and below; all are secret. */
IrcSaslState irc_sasl_start(IrcSasl *sasl, const char *offered, GPtrArray *lines);
/* As above, where an earlier process began a login that may still be under way at the server: the
 * server is to forget that one first. */
IrcSaslState irc_sasl_start_over(IrcSasl *sasl, const char *offered, GPtrArray *lines);
/* AUTHENTICATE or one of 902 to 908; others are ignored. */
IrcSaslState irc_sasl_receive(IrcSasl *sasl, const IrcMessage *message, GPtrArray *lines);

/* Whether a mechanism has something to compute. irc_sasl_work() does a slice of it, of a few
 * milliseconds, and the caller calls it again between its other duties. */
bool irc_sasl_has_work(const IrcSasl *sasl);
void irc_sasl_work(IrcSasl *sasl, GPtrArray *lines);

/* The server withdrew SASL while it ran: it has failed. */
void irc_sasl_withdraw(IrcSasl *sasl);
/* The server did not answer in time: it has failed, and is told so. */
void irc_sasl_give_up(IrcSasl *sasl, GPtrArray *lines);

IrcSaslState irc_sasl_get_state(const IrcSasl *sasl);
/* "SASL PLAIN" while that mechanism runs, else NULL. */
const char *irc_sasl_get_title(const IrcSasl *sasl);
/* Why it failed, in words, the server's among them; NULL if it did not. */
const char *irc_sasl_get_failure(const IrcSasl *sasl);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IrcSasl, irc_sasl_free)
