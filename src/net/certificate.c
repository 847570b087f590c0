/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Pins, fingerprints, and the checks of a certificate in words. */

#include "net/certificate.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"

#define PIN_PREFIX "sha256:"
/* A certificate comes from outside: so much of it is shown at most. */
#define NAME_CHARS_MAX 200
#define ALT_NAMES_SHOWN_MAX 5
#define ALT_NAME_SIZE_MAX 256

bool ic_pin_parse(const char *text, IcPin *ret)
{
        gsize n = 0;

        if (g_ascii_strncasecmp(text, PIN_PREFIX, strlen(PIN_PREFIX)) != 0)
                return false;
        for (text += strlen(PIN_PREFIX); *text && n < IC_SHA256_SIZE; text += 2) {
                if (n > 0 && *text == ':')
                        text++;
                if (!g_ascii_isxdigit(text[0]) || !g_ascii_isxdigit(text[1]))
                        return false;
                ret->sha256[n++] =
                        g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]);
        }
        return n == IC_SHA256_SIZE && !*text;
}

static bool certificate_digest(gnutls_x509_crt_t certificate, IcPin *ret)
{
        size_t size = sizeof(ret->sha256);

        return gnutls_x509_crt_get_fingerprint(
                       certificate, GNUTLS_DIG_SHA256, ret->sha256, &size) >= 0 &&
               size == sizeof(ret->sha256);
}

static bool public_key_digest(gnutls_x509_crt_t certificate, IcPin *ret)
{
        size_t size = sizeof(ret->sha256);

        return gnutls_x509_crt_get_key_id(
                       certificate, GNUTLS_KEYID_USE_SHA256, ret->sha256, &size) >= 0 &&
               size == sizeof(ret->sha256);
}

bool ic_pin_matches(const IcPin *pin, gnutls_x509_crt_t certificate)
{
        IcPin digest;

        if (certificate_digest(certificate, &digest) && memcmp(&digest, pin, sizeof(digest)) == 0)
                return true;
        return public_key_digest(certificate, &digest) && memcmp(&digest, pin, sizeof(digest)) == 0;
}

static char *fingerprint(gnutls_x509_crt_t certificate)
{
        GString *hex = g_string_new(PIN_PREFIX);
        IcPin digest;

        if (!certificate_digest(certificate, &digest))
                return g_string_free(g_string_assign(hex, "unknown"), FALSE);
        for (gsize i = 0; i < IC_SHA256_SIZE; i++)
                g_string_append_printf(hex, "%02x", digest.sha256[i]);
        return g_string_free(hex, FALSE);
}

static char *issuer_name(gnutls_x509_crt_t certificate)
{
        gnutls_datum_t name = {};
        g_autofree char *text = NULL;

        if (gnutls_x509_crt_get_issuer_dn2(certificate, &name) < 0)
                return g_strdup("unknown");
        text = g_strndup((const char *) name.data, name.size);
        gnutls_free(name.data);
        return ic_text_quote(text, NAME_CHARS_MAX);
}

char *ic_certificate_describe(gnutls_x509_crt_t certificate)
{
        g_autofree char *issuer = issuer_name(certificate);
        g_autofree char *digest = fingerprint(certificate);

        return g_strdup_printf("issuer %s, fingerprint %s", issuer, digest);
}

/* The subjectAltName at `index` as text; "" for a kind that no server is known by; NULL past the
 * last one. */
static char *alt_name(gnutls_x509_crt_t certificate, unsigned index)
{
        char raw[ALT_NAME_SIZE_MAX];
        char address[INET6_ADDRSTRLEN];
        size_t size = sizeof(raw);
        int type = gnutls_x509_crt_get_subject_alt_name(certificate, index, raw, &size, NULL);
        g_autofree char *text = NULL;

        if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                return NULL;
        if (type == GNUTLS_SAN_DNSNAME) {
                text = g_strndup(raw, size);
                return ic_text_quote(text, NAME_CHARS_MAX);
        }
        if (type == GNUTLS_SAN_IPADDRESS && (size == 4 || size == 16) &&
                inet_ntop(size == 4 ? AF_INET : AF_INET6, raw, address, sizeof(address)))
                return g_strdup(address);
        return g_strdup("");
}

static char *common_name(gnutls_x509_crt_t certificate)
{
        char raw[ALT_NAME_SIZE_MAX];
        size_t size = sizeof(raw);
        g_autofree char *text = NULL;

        if (gnutls_x509_crt_get_dn_by_oid(
                    certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, raw, &size) < 0)
                return g_strdup("no name");
        text = g_strndup(raw, size);
        return ic_text_quote(text, NAME_CHARS_MAX);
}

/* The names that the certificate is for, "a.example, b.example, …". */
static char *subject_names(gnutls_x509_crt_t certificate)
{
        g_autoptr(GString) names = g_string_new(NULL);
        guint shown = 0;

        for (unsigned i = 0;; i++) {
                g_autofree char *name = alt_name(certificate, i);

                if (!name)
                        break;
                if (!*name)
                        continue;
                if (shown == ALT_NAMES_SHOWN_MAX) {
                        g_string_append(names, ", …");
                        break;
                }
                g_string_append_printf(names, "%s%s", shown++ > 0 ? ", " : "", name);
        }
        return shown > 0 ? g_string_free(g_steal_pointer(&names), FALSE) : common_name(certificate);
}

static char *format_time(time_t when)
{
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(when);

        return time ? g_date_time_format(time, "%Y-%m-%d %H:%M UTC") : g_strdup("an unknown day");
}

static char *explain_expiry(gnutls_x509_crt_t certificate)
{
        time_t end = gnutls_x509_crt_get_expiration_time(certificate);
        g_autofree char *text = format_time(end);

        if (end == (time_t) -1 || end > time(NULL))
                return g_strdup("a certificate of its issuers has expired");
        return g_strdup_printf("it expired on %s", text);
}

static char *explain_activation(gnutls_x509_crt_t certificate)
{
        g_autofree char *text = format_time(gnutls_x509_crt_get_activation_time(certificate));

        return g_strdup_printf("it is not valid before %s (is this machine's clock right?)", text);
}

static char *explain_names(gnutls_x509_crt_t certificate)
{
        g_autofree char *names = subject_names(certificate);

        return g_strdup_printf("it is for another name (%s)", names);
}

static char *explain_issuer(gnutls_x509_crt_t certificate)
{
        return g_strdup(gnutls_x509_crt_check_issuer(certificate, certificate)
                                ? "it is self-signed"
                                : "its issuer is not trusted");
}

/* The checks that we have own words for. */
static const struct {
        unsigned flag;
        char *(*explain)(gnutls_x509_crt_t certificate);
} checks[] = {
        {GNUTLS_CERT_SIGNER_NOT_FOUND, explain_issuer},
        {GNUTLS_CERT_UNEXPECTED_OWNER, explain_names},
        {GNUTLS_CERT_EXPIRED, explain_expiry},
        {GNUTLS_CERT_NOT_ACTIVATED, explain_activation},
};

char *ic_certificate_explain(gnutls_x509_crt_t certificate, unsigned status)
{
        g_autoptr(GPtrArray) reasons = g_ptr_array_new_with_free_func(g_free);
        gnutls_datum_t rest = {};

        status &= ~(unsigned) GNUTLS_CERT_INVALID;
        for (gsize i = 0; i < G_N_ELEMENTS(checks); i++) {
                if (status & checks[i].flag)
                        g_ptr_array_add(reasons, checks[i].explain(certificate));
                status &= ~checks[i].flag;
        }
        if ((status || reasons->len == 0) &&
                gnutls_certificate_verification_status_print(
                        status | GNUTLS_CERT_INVALID, GNUTLS_CRT_X509, &rest, 0) >= 0) {
                g_ptr_array_add(
                        reasons, g_strstrip(g_strndup((const char *) rest.data, rest.size)));
                gnutls_free(rest.data);
        }
        g_ptr_array_add(reasons, NULL);
        return g_strjoinv("; ", (char **) reasons->pdata);
}
