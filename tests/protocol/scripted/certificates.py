# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""A certificate authority of the test's own."""

import shutil
import ssl
import subprocess
import tempfile


class Authority:
    """`path` is its certificate, for `tls_ca_file`."""

    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="irc-conn-ca-")
        self.path = f"{self._folder}/ca.crt"
        self._openssl("-subj", "/CN=An authority of the tests", "-keyout", f"{self._folder}/ca.key",
                      "-out", self.path)

    def close(self):
        shutil.rmtree(self._folder)

    def context(self, name):
        """A server with a certificate for this host name."""
        certificate, key = f"{self._folder}/{name}.crt", f"{self._folder}/{name}.key"
        self._openssl("-CA", self.path, "-CAkey", f"{self._folder}/ca.key", "-subj", f"/CN={name}",
                      "-addext", f"subjectAltName=DNS:{name}", "-addext",
                      "basicConstraints=CA:FALSE", "-keyout", key, "-out", certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    def _openssl(self, *arguments):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-batch", "-days", "2", *arguments],
                       check=True, capture_output=True)
