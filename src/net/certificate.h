/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A server's certificate: its fingerprints, and in words why it is not acceptable. */

#pragma once

#include <glib.h>
#include <gnutls/x509.h>
#include <stdbool.h>

#define IC_SHA256_SIZE 32

typedef struct {
        guint8 sha256[IC_SHA256_SIZE];
} IcPin;

/* Reads "sha256:HEX"; HEX in either case, with or without colons between the bytes. */
bool ic_pin_parse(const char *text, IcPin *ret);

/* Whether the pin is of the certificate (DER) or of its public key (SubjectPublicKeyInfo). */
bool ic_pin_matches(const IcPin *pin, gnutls_x509_crt_t certificate);

/* "its issuer is not trusted; it expired on …": each check that failed, by the flags of
 * gnutls_certificate_verify_peers(). */
char *ic_certificate_explain(gnutls_x509_crt_t certificate, unsigned status);

/* "issuer …, fingerprint sha256:HEX": the latter as a pin is written. */
char *ic_certificate_describe(gnutls_x509_crt_t certificate);
