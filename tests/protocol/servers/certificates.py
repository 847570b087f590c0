# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Certificates that tests make for themselves, and their fingerprints."""

import base64
import hashlib
import ssl
import subprocess

# Valid since long ago: some servers do not take what has just become valid.
CONFIGURATION = """
[ca]
default_ca = test
[test]
database = {folder}/index
new_certs_dir = {folder}
unique_subject = no
default_md = sha256
default_startdate = 20200101000000Z
default_days = 20000
rand_serial = yes
policy = any
copy_extensions = copy
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
"""


class Certificate:
    """A P-256 key and its certificate, `NAME.key` and `NAME.crt` in a folder; its own authority if
    `issuer` is None. `names` are those that it is valid for, as "DNS:host"."""

    def __init__(self, folder, name, issuer=None, names=()):
        self.key, self.file = folder / f"{name}.key", folder / f"{name}.crt"
        configuration, request = folder / "openssl.cnf", folder / f"{name}.csr"
        configuration.write_text(CONFIGURATION.format(folder=folder))
        (folder / "index").touch()
        options = ["-addext", f"basicConstraints=critical,CA:{str(issuer is None).upper()}"]
        if names:
            options += ["-addext", "subjectAltName=" + ",".join(names)]
        openssl("req", "-config", configuration, "-new", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-noenc", "-subj", f"/CN={name}", *options,
                "-keyout", self.key, "-out", request)
        signer = ["-selfsign", "-keyfile", self.key] if issuer is None else [
            "-cert", issuer.file, "-keyfile", issuer.key]
        openssl("ca", "-config", configuration, "-batch", "-notext", *signer,
                "-in", request, "-out", self.file)

    @property
    def fingerprint(self):
        """SHA-256 of the whole certificate, in lower-case hexadecimal digits."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.file.read_text())).hexdigest()


class Authority(Certificate):
    """An authority, with the certificate of a server at 127.0.0.1."""

    def __init__(self, folder, name="authority"):
        super().__init__(folder, name)
        self.folder = folder
        self.server = self.issue(f"{name}-server", "IP:127.0.0.1")

    def issue(self, name, *names):
        return Certificate(self.folder, name, self, names)


def public_key(key):
    """That of a P-256 key file, as services take it: a compressed point in base64."""
    point = openssl("ec", "-in", key, "-pubout", "-outform", "DER", "-conv_form", "compressed")
    return base64.b64encode(point[-33:]).decode()


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
