/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* PBKDF2 with HMAC (RFC 8018 section 5.2), one block of output, in slices: a server that asks for a
 * million rounds does not hold up the caller. */

#pragma once

#include <glib.h>
#include <stdbool.h>

/* The longest digest that there is (SHA-512). */
#define IRC_DIGEST_MAX 64

typedef struct IrcPbkdf2 IrcPbkdf2;

/* `hash` is G_CHECKSUM_SHA256 or G_CHECKSUM_SHA512, `iterations` at least 1. All is copied. */
IrcPbkdf2 *irc_pbkdf2_new(GChecksumType hash, const char *password, const guint8 *salt,
        gsize salt_len, guint iterations);
void irc_pbkdf2_free(IrcPbkdf2 *kdf);

/* Does at most `n` iterations more; whether all are done. */
bool irc_pbkdf2_run(IrcPbkdf2 *kdf, guint n);
/* The key, as long as the digest; once irc_pbkdf2_run() said that all is done. */
const guint8 *irc_pbkdf2_get_key(const IrcPbkdf2 *kdf);

/* HMAC of one piece. `ret_digest` has room for IRC_DIGEST_MAX bytes. */
void irc_hmac(GChecksumType hash, const guint8 *key, gsize key_len, const void *data, gsize len,
        guint8 *ret_digest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IrcPbkdf2, irc_pbkdf2_free)
