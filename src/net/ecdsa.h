/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The key of SASL ECDSA-NIST256P-CHALLENGE, and signatures by it. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

/* What a server gives to be signed has this length, that of a SHA-256 digest. */
#define IC_ECDSA_CHALLENGE_SIZE 32

typedef struct IcEcdsaKey IcEcdsaKey;

/* From PEM: a private key of the curve NIST P-256 (prime256v1, secp256r1), not encrypted. NULL with
 * BAD_CONFIGURATION, which shows nothing of the key. */
IcEcdsaKey *ic_ecdsa_key_new(GBytes *pem, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ic_ecdsa_key_free(IcEcdsaKey *key);

/* The challenge is signed as it is, in the place of a digest; the signature, to be freed by the
 * caller, is in DER. FAILED when the challenge has another length or the library cannot sign. */
bool ic_ecdsa_sign(const IcEcdsaKey *key, const guint8 *challenge, gsize len,
        guint8 **ret_signature, gsize *ret_len, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcEcdsaKey, ic_ecdsa_key_free)
