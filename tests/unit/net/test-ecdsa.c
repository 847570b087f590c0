/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Keys for ECDSA-NIST256P-CHALLENGE: which are taken, and that a signature is one of the challenge
 * itself, without another digest. */

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>

#include "loopback.h"
#include "net/ecdsa.h"

#define CHECK(call) g_assert_cmpint((call), >=, 0)
/* What "openssl ecparam -genkey" writes in front of the key: the OID of prime256v1. */
#define PARAMETERS "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"

typedef struct gnutls_x509_privkey_int PrivateKey;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PrivateKey, gnutls_x509_privkey_deinit)

static PrivateKey *make_key(gnutls_pk_algorithm_t algorithm, unsigned bits)
{
        gnutls_x509_privkey_t key;

        CHECK(gnutls_x509_privkey_init(&key));
        CHECK(gnutls_x509_privkey_generate(key, algorithm, bits, 0));
        return key;
}

static PrivateKey *make_p256_key(void)
{
        return make_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
}

static GBytes *take_datum(gnutls_datum_t datum)
{
        GBytes *bytes = g_bytes_new(datum.data, datum.size);

        gnutls_free(datum.data);
        return bytes;
}

static GBytes *to_pem(PrivateKey *key)
{
        gnutls_datum_t pem;

        CHECK(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem));
        return take_datum(pem);
}

static GBytes *to_pkcs8(PrivateKey *key, const char *passphrase)
{
        gnutls_datum_t pem;

        CHECK(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, passphrase,
                passphrase ? GNUTLS_PKCS_PBES2_AES_256 : GNUTLS_PKCS_PLAIN, &pem));
        return take_datum(pem);
}

static GBytes *to_openssl_pem(PrivateKey *key)
{
        g_autoptr(GBytes) pem = to_pem(key);
        gsize len;
        const char *text = g_bytes_get_data(pem, &len);
        g_autoptr(GString) whole = g_string_new(PARAMETERS);

        g_string_append_len(whole, text, (gssize) len);
        return g_string_free_to_bytes(g_steal_pointer(&whole));
}

static gnutls_pubkey_t public_part(PrivateKey *key)
{
        gnutls_privkey_t abstract;
        gnutls_pubkey_t public;

        CHECK(gnutls_privkey_init(&abstract));
        CHECK(gnutls_privkey_import_x509(abstract, key, 0));
        CHECK(gnutls_pubkey_init(&public));
        CHECK(gnutls_pubkey_import_privkey(public, abstract, 0, 0));
        gnutls_privkey_deinit(abstract);
        return public;
}

static GBytes *to_public_pem(PrivateKey *key)
{
        gnutls_pubkey_t public = public_part(key);
        gnutls_datum_t pem;

        CHECK(gnutls_pubkey_export2(public, GNUTLS_X509_FMT_PEM, &pem));
        gnutls_pubkey_deinit(public);
        return take_datum(pem);
}

static bool verify(gnutls_pubkey_t key, guint8 *challenge, guint8 *signature, gsize len)
{
        gnutls_datum_t digest = {.data = challenge, .size = IC_ECDSA_CHALLENGE_SIZE};
        gnutls_datum_t signed_by = {.data = signature, .size = (unsigned) len};

        return gnutls_pubkey_verify_hash2(key, GNUTLS_SIGN_ECDSA_SHA256, 0, &digest, &signed_by) >=
               0;
}

static void assert_signs(GBytes *pem, gnutls_pubkey_t public)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(IcEcdsaKey) key = ic_ecdsa_key_new(pem, &error);
        g_autofree guint8 *signature = NULL;
        guint8 challenge[IC_ECDSA_CHALLENGE_SIZE];
        gsize len;

        g_assert_no_error(error);
        for (gsize i = 0; i < sizeof(challenge); i++)
                challenge[i] = (guint8) (i * 7);
        g_assert_true(ic_ecdsa_sign(key, challenge, sizeof(challenge), &signature, &len, &error));
        g_assert_no_error(error);
        g_assert_cmphex(signature[0], ==, 0x30); /* a SEQUENCE of DER */
        g_assert_cmpuint(signature[1], ==, len - 2);
        g_assert_true(verify(public, challenge, signature, len));
        challenge[31] ^= 1;
        g_assert_false(verify(public, challenge, signature, len));
}

static void test_sign(void)
{
        g_autoptr(PrivateKey) key = make_p256_key();
        gnutls_pubkey_t public = public_part(key);
        GBytes *forms[] = {to_pem(key), to_pkcs8(key, NULL), to_openssl_pem(key)};

        for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
                g_autoptr(GBytes) pem = forms[i];

                assert_signs(pem, public);
        }
        gnutls_pubkey_deinit(public);
}

static void test_challenge_length(void)
{
        static const gsize lengths[] = {0, 1, 31, 33, 64};
        g_autoptr(PrivateKey) private_key = make_p256_key();
        g_autoptr(GBytes) pem = to_pem(private_key);
        g_autoptr(IcEcdsaKey) key = ic_ecdsa_key_new(pem, NULL);
        const guint8 challenge[64] = {0};

        g_assert_nonnull(key);
        for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
                g_autoptr(GError) error = NULL;
                guint8 *signature;
                gsize len;

                g_assert_false(ic_ecdsa_sign(key, challenge, lengths[i], &signature, &len, &error));
                assert_error_says(error, IC_ERROR_FAILED, "32 bytes", NULL);
        }
}

static void assert_refused(GBytes *pem, const char *word)
{
        g_autoptr(GError) error = NULL;
        gsize len;
        const char *text = g_bytes_get_data(pem, &len);
        g_autofree char *line = g_strndup(text ? text : "", len);

        g_assert_null(ic_ecdsa_key_new(pem, &error));
        assert_error_says(error, IC_ERROR_BAD_CONFIGURATION, "ECDSA", word, NULL);
        if (len > 0)
                g_assert_null(strstr(error->message, line));
}

/* The object identifier of prime256v1, and what makes it prime192v1, of which the key is none. */
static GBytes *to_unknown_curve(PrivateKey *key)
{
        static const guint8 curve[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
        gnutls_datum_t der, pem;
        guint8 *found;

        CHECK(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_DER, &der));
        found = memmem(der.data, der.size, curve, sizeof(curve));
        g_assert_nonnull(found);
        found[sizeof(curve) - 1] = 0x01;
        CHECK(gnutls_pem_base64_encode2("EC PRIVATE KEY", &der, &pem));
        gnutls_free(der.data);
        return take_datum(pem);
}

static void test_unusable(void)
{
        g_autoptr(PrivateKey) good = make_p256_key();
        g_autoptr(PrivateKey) other_curve =
                make_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1));
        g_autoptr(PrivateKey) rsa = make_key(GNUTLS_PK_RSA, 2048);
        g_autoptr(PrivateKey) eddsa = make_key(GNUTLS_PK_EDDSA_ED25519, 0);
        const struct {
                GBytes *pem;
                const char *word;
        } cases[] = {
                {g_bytes_new_static("", 0), "it is empty"},
                {g_bytes_new_static("garbage", 7), "no private key in PEM"},
                {to_public_pem(good), "no private key in PEM"},
                {to_pkcs8(good, "passphrase"), "encrypted"},
                {to_pem(other_curve), "another curve"},
                {to_unknown_curve(good), "another curve"},
                {to_pem(rsa), "not a key for ECDSA"},
                {to_pkcs8(eddsa, NULL), "not a key for ECDSA"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GBytes) pem = cases[i].pem;

                assert_refused(pem, cases[i].word);
        }
}

/* Whatever is cut off or changed of a key, it is refused or signs; nothing else. */
static void test_damaged(void)
{
        g_autoptr(PrivateKey) private_key = make_p256_key();
        g_autoptr(GBytes) pem = to_pem(private_key);
        gsize len;
        const guint8 *data = g_bytes_get_data(pem, &len);
        guint n_refused = 0;

        for (gsize i = 0; i < len; i++) {
                g_autofree guint8 *copy = g_memdup2(data, len);
                g_autoptr(GBytes) cut = g_bytes_new(data, i);
                g_autoptr(GBytes) changed = NULL;
                g_autoptr(IcEcdsaKey) key = NULL;
                g_autoptr(GError) error = NULL;

                copy[i] ^= 0x15;
                changed = g_bytes_new(copy, len);
                key = ic_ecdsa_key_new(changed, &error);
                g_assert_true((key == NULL) == (error != NULL));
                g_clear_pointer(&key, ic_ecdsa_key_free);
                g_clear_error(&error);
                key = ic_ecdsa_key_new(cut, &error);
                g_assert_true((key == NULL) == (error != NULL));
                n_refused += key == NULL;
        }
        g_assert_cmpuint(n_refused, >, len / 2);
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/net/ecdsa/sign", test_sign);
        g_test_add_func("/net/ecdsa/challenge-length", test_challenge_length);
        g_test_add_func("/net/ecdsa/unusable", test_unusable);
        g_test_add_func("/net/ecdsa/damaged", test_damaged);
        return g_test_run();
}
