/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* PBKDF2. The two hash states that begin every HMAC depend on the password alone: they are made
 * once and copied, which halves the work. */

#include "irc/pbkdf2.h"

#include <string.h>

/* The block of SHA-512; SHA-256 has half. */
#define BLOCK_MAX 128

struct IrcPbkdf2 {
        GChecksum *inner; /* the hash of the key's inner pad */
        GChecksum *outer;
        gsize digest_len;
        guint n_left;
        guint8 round[IRC_DIGEST_MAX]; /* U of RFC 8018: the last round's digest */
        guint8 key[IRC_DIGEST_MAX];   /* all rounds so far */
};

static void digest_of(GChecksum *checksum, guint8 *ret_digest)
{
        gsize len = IRC_DIGEST_MAX;

        g_checksum_get_digest(checksum, ret_digest, &len);
}

static GChecksum *begin_with_pad(GChecksumType hash, const guint8 *block, gsize len, guint8 pad)
{
        GChecksum *checksum = g_checksum_new(hash);
        guint8 padded[BLOCK_MAX];

        for (gsize i = 0; i < len; i++)
                padded[i] = block[i] ^ pad;
        g_checksum_update(checksum, padded, (gssize) len);
        explicit_bzero(padded, sizeof(padded));
        return checksum;
}

/* HMAC (RFC 2104): a key that is longer than a block is hashed first. */
static void set_password(IrcPbkdf2 *kdf, GChecksumType hash, const char *password)
{
        gsize block_len = hash == G_CHECKSUM_SHA512 ? BLOCK_MAX : BLOCK_MAX / 2;
        gsize len = strlen(password);
        guint8 block[BLOCK_MAX] = {};

        if (len <= block_len) {
                memcpy(block, password, len);
        } else {
                GChecksum *checksum = g_checksum_new(hash);

                g_checksum_update(checksum, (const guint8 *) password, (gssize) len);
                digest_of(checksum, block);
                g_checksum_free(checksum);
        }
        kdf->inner = begin_with_pad(hash, block, block_len, 0x36);
        kdf->outer = begin_with_pad(hash, block, block_len, 0x5c);
        explicit_bzero(block, sizeof(block));
}

/* The HMAC of what `inner`, a copy that is used up, has hashed. */
static void finish_hmac(const IrcPbkdf2 *kdf, GChecksum *inner, guint8 *ret_digest)
{
        GChecksum *outer = g_checksum_copy(kdf->outer);

        digest_of(inner, ret_digest);
        g_checksum_update(outer, ret_digest, (gssize) kdf->digest_len);
        digest_of(outer, ret_digest);
        g_checksum_free(inner);
        g_checksum_free(outer);
}

IrcPbkdf2 *irc_pbkdf2_new(GChecksumType hash, const char *password, const guint8 *salt,
        gsize salt_len, guint iterations)
{
        static const guint8 first_block[] = {0, 0, 0, 1};
        IrcPbkdf2 *kdf = g_new0(IrcPbkdf2, 1);
        GChecksum *inner;

        g_assert(iterations > 0);
        set_password(kdf, hash, password);
        kdf->digest_len = (gsize) g_checksum_type_get_length(hash);
        kdf->n_left = iterations - 1;

        inner = g_checksum_copy(kdf->inner);
        g_checksum_update(inner, salt, (gssize) salt_len);
        g_checksum_update(inner, first_block, sizeof(first_block));
        finish_hmac(kdf, inner, kdf->round);
        memcpy(kdf->key, kdf->round, sizeof(kdf->key));
        return kdf;
}

void irc_pbkdf2_free(IrcPbkdf2 *kdf)
{
        if (!kdf)
                return;
        g_checksum_free(kdf->inner);
        g_checksum_free(kdf->outer);
        explicit_bzero(kdf, sizeof(*kdf));
        g_free(kdf);
}

bool irc_pbkdf2_run(IrcPbkdf2 *kdf, guint n)
{
        for (n = MIN(n, kdf->n_left); n > 0; n--) {
                GChecksum *inner = g_checksum_copy(kdf->inner);

                g_checksum_update(inner, kdf->round, (gssize) kdf->digest_len);
                finish_hmac(kdf, inner, kdf->round);
                for (gsize i = 0; i < kdf->digest_len; i++)
                        kdf->key[i] ^= kdf->round[i];
                kdf->n_left--;
        }
        return kdf->n_left == 0;
}

const guint8 *irc_pbkdf2_get_key(const IrcPbkdf2 *kdf)
{
        g_assert(kdf->n_left == 0);
        return kdf->key;
}

void irc_hmac(GChecksumType hash, const guint8 *key, gsize key_len, const void *data, gsize len,
        guint8 *ret_digest)
{
        GHmac *hmac = g_hmac_new(hash, key, key_len);
        gsize digest_len = IRC_DIGEST_MAX;

        g_hmac_update(hmac, data, (gssize) len);
        g_hmac_get_digest(hmac, ret_digest, &digest_len);
        g_hmac_unref(hmac);
}
