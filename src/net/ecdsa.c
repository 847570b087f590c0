/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Signing by an ECDSA key, by GnuTLS. */

#include "net/ecdsa.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

struct IcEcdsaKey {
        gnutls_privkey_t key;
};

static bool set_key_error(GError **error, const char *why)
{
        g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION,
                "The key for SASL ECDSA-NIST256P-CHALLENGE cannot be used: %s", why);
        return false;
}

static bool check_curve(gnutls_privkey_t key, GError **error)
{
        gnutls_ecc_curve_t curve;

        if (gnutls_privkey_get_pk_algorithm(key, NULL) != GNUTLS_PK_ECDSA)
                return set_key_error(error, "it is not a key for ECDSA");
        if (gnutls_privkey_export_ecc_raw(key, &curve, NULL, NULL, NULL) < 0 ||
                curve != GNUTLS_ECC_CURVE_SECP256R1)
                return set_key_error(error, "it is of another curve than NIST P-256 (prime256v1)");
        return true;
}

static bool import(gnutls_privkey_t key, GBytes *pem, GError **error)
{
        gsize size;
        gconstpointer data = g_bytes_get_data(pem, &size);
        gnutls_datum_t datum = {.data = (unsigned char *) data, .size = (unsigned) size};
        int r;

        if (size == 0)
                return set_key_error(error, "it is empty");
        r = gnutls_privkey_import_x509_raw(key, &datum, GNUTLS_X509_FMT_PEM, NULL, 0);
        switch (r) {
        case GNUTLS_E_DECRYPTION_FAILED:
                return set_key_error(error, "it is encrypted with a passphrase");
        case GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE:
        case GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR:
        case GNUTLS_E_BASE64_DECODING_ERROR:
                return set_key_error(error, "there is no private key in PEM in it");
        case GNUTLS_E_ASN1_DER_ERROR:
        case GNUTLS_E_ECC_UNSUPPORTED_CURVE:
                return set_key_error(
                        error, "it is damaged, or of another curve than NIST P-256 (prime256v1)");
        default:
                if (r < 0)
                        return set_key_error(error, gnutls_strerror(r));
                return check_curve(key, error);
        }
}

IcEcdsaKey *ic_ecdsa_key_new(GBytes *pem, GError **error)
{
        g_autoptr(IcEcdsaKey) key = g_new0(IcEcdsaKey, 1);

        if (gnutls_privkey_init(&key->key) < 0)
                g_error("Out of memory");
        return import(key->key, pem, error) ? g_steal_pointer(&key) : NULL;
}

void ic_ecdsa_key_free(IcEcdsaKey *key)
{
        if (!key)
                return;
        gnutls_privkey_deinit(key->key);
        g_free(key);
}

bool ic_ecdsa_sign(const IcEcdsaKey *key, const guint8 *challenge, gsize len,
        guint8 **ret_signature, gsize *ret_len, GError **error)
{
        gnutls_datum_t digest = {.data = (unsigned char *) challenge, .size = (unsigned) len};
        gnutls_datum_t signature = {};
        int r;

        if (len != IC_ECDSA_CHALLENGE_SIZE) {
                g_set_error(error, IC_ERROR, IC_ERROR_FAILED,
                        "A challenge to be signed has %d bytes, not %" G_GSIZE_FORMAT,
                        IC_ECDSA_CHALLENGE_SIZE, len);
                return false;
        }
        r = gnutls_privkey_sign_hash(key->key, GNUTLS_DIG_SHA256, 0, &digest, &signature);
        if (r < 0) {
                g_set_error(error, IC_ERROR, IC_ERROR_FAILED, "The challenge cannot be signed: %s",
                        gnutls_strerror(r));
                return false;
        }
        *ret_signature = g_memdup2(signature.data, signature.size);
        *ret_len = signature.size;
        gnutls_free(signature.data);
        return true;
}
