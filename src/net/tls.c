/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Credentials and trust of a TLS handshake, and the verification of the server by them. */

#include "net/tls.h"

#include <gio/gio.h>
#include <gnutls/x509.h>
#include <malloc.h>
#include <string.h>
#include <sys/stat.h>

#include "net/certificate.h"

/* Added to the machine's own policy (GnuTLS's system-wide configuration). */
#define PRIORITY "-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define CA_FILE_SIZE_MAX (8 * 1024 * 1024)

struct IcTls {
        char *host;            /* ASCII, without a dot at its end */
        GInetAddress *address; /* when the host is an IP address */
        GArray *pins;          /* IcPin */
        bool has_trust;
        gnutls_certificate_credentials_t credentials;
};

typedef struct gnutls_x509_crt_int IcCertificate;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcCertificate, gnutls_x509_crt_deinit)

static bool set_configuration_error(GError **error, const char *what, const char *why)
{
        g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION, "%s: %s", what, why);
        return false;
}

static bool read_pins(IcTls *tls, const char *const *pins, GError **error)
{
        for (; pins && *pins; pins++) {
                IcPin pin;

                if (!ic_pin_parse(*pins, &pin))
                        return set_configuration_error(error, "tls_pin cannot be used",
                                "it must be sha256: and 64 hexadecimal digits");
                g_array_append_val(tls->pins, pin);
        }
        return true;
}

static bool read_ca_file(IcTls *tls, const char *path, GError **error)
{
        g_autofree char *what = g_strdup_printf("tls_ca_file %s cannot be used", path);
        g_autofree char *pem = NULL;
        g_autoptr(GError) cause = NULL;
        struct stat st;
        gsize len;
        int n;

        if (stat(path, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_size > CA_FILE_SIZE_MAX))
                return set_configuration_error(error, what, "not a file of certificates");
        if (!g_file_get_contents(path, &pem, &len, &cause))
                return set_configuration_error(error, what, cause->message);
        n = gnutls_certificate_set_x509_trust_mem(tls->credentials,
                &(gnutls_datum_t){.data = (unsigned char *) pem, .size = len}, GNUTLS_X509_FMT_PEM);
        if (n <= 0)
                return set_configuration_error(
                        error, what, n < 0 ? gnutls_strerror(n) : "no certificate in it");
        tls->has_trust = true;
        return true;
}

static gnutls_datum_t bytes_datum(GBytes *bytes)
{
        gsize size;
        gconstpointer data = g_bytes_get_data(bytes, &size);

        return (gnutls_datum_t){.data = (unsigned char *) data, .size = size};
}

static bool read_identity(IcTls *tls, GBytes *certificate, GBytes *key, GError **error)
{
        gnutls_datum_t certificate_pem, key_pem;
        int r;

        if (!certificate && !key)
                return true;
        if (!certificate || !key)
                return set_configuration_error(error, "The client certificate cannot be used",
                        certificate ? "its key is missing" : "there is only its key");
        certificate_pem = bytes_datum(certificate);
        key_pem = bytes_datum(key);
        r = gnutls_certificate_set_x509_key_mem2(tls->credentials, &certificate_pem, &key_pem,
                GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN);
        if (r < 0)
                return set_configuration_error(error,
                        "The client certificate or its key cannot be used", gnutls_strerror(r));
        return true;
}

static bool read_host(IcTls *tls, const char *address, GError **error)
{
        tls->address = g_inet_address_new_from_string(address);
        tls->host = g_hostname_to_ascii(address);
        if (!tls->host)
                return set_configuration_error(error, "address", "not a host name");
        if (g_str_has_suffix(tls->host, "."))
                tls->host[strlen(tls->host) - 1] = '\0';
        return true;
}

bool ic_tls_new(const IcDialOptions *options, IcTls **ret, GError **error)
{
        g_autoptr(IcTls) tls = g_new0(IcTls, 1);

        tls->pins = g_array_new(FALSE, FALSE, sizeof(IcPin));
        if (gnutls_certificate_allocate_credentials(&tls->credentials) < 0)
                g_error("Out of memory");
        if (!read_host(tls, options->address, error) || !read_pins(tls, options->tls_pins, error) ||
                (options->tls_ca_file && !read_ca_file(tls, options->tls_ca_file, error)) ||
                !read_identity(tls, options->tls_certificate, options->tls_key, error))
                return false;
        *ret = g_steal_pointer(&tls);
        return true;
}

void ic_tls_free(IcTls *tls)
{
        if (!tls)
                return;
        g_clear_pointer(&tls->credentials, gnutls_certificate_free_credentials);
        g_clear_pointer(&tls->pins, g_array_unref);
        g_clear_object(&tls->address);
        g_free(tls->host);
        g_free(tls);
        /* The system's trust is 3 MB in small pieces, which stay with the process otherwise. */
        malloc_trim(0);
}

bool ic_tls_load_trust(IcTls *tls, GError **error)
{
        int n;

        if (tls->pins->len > 0 || tls->has_trust)
                return true;
        n = gnutls_certificate_set_x509_system_trust(tls->credentials);
        tls->has_trust = n > 0;
        if (tls->has_trust)
                return true;
        g_set_error(error, IC_ERROR, IC_ERROR_TLS,
                "This machine has no trusted certificate authorities (%s): install "
                "ca-certificates, or set tls_ca_file or tls_pin",
                n < 0 ? gnutls_strerror(n) : "the list is empty");
        return false;
}

static int set_up_session(IcTls *tls, gnutls_session_t session)
{
        int r;

        r = gnutls_set_default_priority_append(session, PRIORITY, NULL, 0);
        if (r >= 0)
                r = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->credentials);
        /* No IP addresses there: RFC 6066, section 3. */
        if (r >= 0 && !tls->address)
                r = gnutls_server_name_set(session, GNUTLS_NAME_DNS, tls->host, strlen(tls->host));
        return r;
}

bool ic_tls_new_session(IcTls *tls, gnutls_session_t *ret, GError **error)
{
        /* Most client certificates on IRC are self-signed: shown to whatever authorities the server
         * names. Sessions are never resumed, so no tickets. */
        const unsigned flags = GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL |
                               GNUTLS_NO_TICKETS | GNUTLS_FORCE_CLIENT_CERT;
        gnutls_session_t session;
        int r;

        r = gnutls_init(&session, flags);
        if (r >= 0) {
                r = set_up_session(tls, session);
                if (r >= 0) {
                        *ret = session;
                        return true;
                }
                gnutls_deinit(session);
        }
        g_set_error(error, IC_ERROR, IC_ERROR_TLS, "TLS cannot be used on this machine: %s",
                gnutls_strerror(r));
        return false;
}

static bool is_pinned(const IcTls *tls, gnutls_x509_crt_t certificate)
{
        for (guint i = 0; i < tls->pins->len; i++)
                if (ic_pin_matches(&g_array_index(tls->pins, IcPin, i), certificate))
                        return true;
        return false;
}

static int check_certificate(const IcTls *tls, gnutls_session_t session, unsigned *ret_status)
{
        gnutls_typed_vdata_st wanted[] = {
                {.type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *) tls->host},
                {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                        .data = (unsigned char *) GNUTLS_KP_TLS_WWW_SERVER},
        };

        if (tls->address) {
                wanted[0].type = GNUTLS_DT_IP_ADDRESS;
                wanted[0].data = (unsigned char *) g_inet_address_to_bytes(tls->address);
                wanted[0].size = g_inet_address_get_native_size(tls->address);
        }
        return gnutls_certificate_verify_peers(session, wanted, G_N_ELEMENTS(wanted), ret_status);
}

static void set_refused(
        const IcTls *tls, gnutls_x509_crt_t certificate, const char *why, GError **error)
{
        g_autofree char *description = ic_certificate_describe(certificate);

        g_set_error(error, IC_ERROR, IC_ERROR_TLS,
                "The certificate of %s was refused: %s (%s). If it is the right one, %s that "
                "fingerprint in tls_pin",
                tls->host, why, description,
                tls->pins->len > 0 ? "put" : "name its authority in tls_ca_file, or put");
}

bool ic_tls_verify(IcTls *tls, gnutls_session_t session, GError **error)
{
        unsigned n = 0, status = 0;
        const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
        g_autoptr(IcCertificate) certificate = NULL;
        g_autofree char *why = NULL;
        int r;

        r = gnutls_x509_crt_init(&certificate);
        if (r >= 0)
                r = chain && n > 0
                            ? gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER)
                            : GNUTLS_E_NO_CERTIFICATE_FOUND;
        if (r < 0) {
                g_set_error(error, IC_ERROR, IC_ERROR_TLS, "%s showed no usable certificate: %s",
                        tls->host, gnutls_strerror(r));
                return false;
        }
        if (tls->pins->len > 0) {
                if (is_pinned(tls, certificate))
                        return true;
                set_refused(tls, certificate, "it matches no tls_pin", error);
                return false;
        }
        if (!ic_tls_load_trust(tls, error))
                return false;
        r = check_certificate(tls, session, &status);
        if (r >= 0 && status == 0)
                return true;
        why = r < 0 ? g_strdup(gnutls_strerror(r)) : ic_certificate_explain(certificate, status);
        set_refused(tls, certificate, why, error);
        return false;
}

const char *ic_tls_get_host(const IcTls *tls)
{
        return tls->host;
}
