# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Lays the disposable host's root out and becomes its systemd-nspawn: the inner half of host.py.

Usage: boot.py FOLDER BUILD, in a mount namespace of its own. FOLDER/files is laid over the root,
and what `meson install` would put in place from BUILD.
"""

import os
import pathlib
import shutil
import subprocess
import sys

GUEST = pathlib.Path(__file__).resolve().parent / "guest"

# What a machine needs at its start and a host in namespaces does not have or may not do.
MASKED = """
    dev-hugepages.mount dev-mqueue.mount getty.target kmod-static-nodes.service ldconfig.service
    modprobe@.service proc-sys-fs-binfmt_misc.automount sys-fs-fuse-connections.mount
    sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount
    systemd-ask-password-console.path systemd-ask-password-wall.path systemd-binfmt.service
    systemd-firstboot.service systemd-initctl.socket systemd-journal-flush.service
    systemd-journald-audit.socket systemd-machine-id-commit.service systemd-modules-load.service
    systemd-pcrphase-sysinit.service systemd-pstore.service systemd-random-seed.service
    systemd-remount-fs.service systemd-sysctl.service systemd-tmpfiles-setup-dev-early.service
    systemd-tmpfiles-setup-dev.service systemd-update-done.service
    systemd-update-utmp-runlevel.service systemd-update-utmp.service
""".split()

# Of an irc-conn that the machine itself may have.
FOREIGN = ["etc/irc-conn", "var/lib/irc-conn", "etc/credstore"]

CONFIGURATION = {
    "etc/systemd/journald.conf.d/host.conf":
        "[Journal]\nStorage=volatile\nAudit=no\nRateLimitIntervalSec=0\nReadKMsg=no\n",
    "etc/systemd/system.conf.d/host.conf":
        "[Manager]\nDefaultTimeoutStopSec=10s\nDefaultTimeoutStartSec=30s\n",
    "etc/hostname": "host\n",
    "etc/hosts": "127.0.0.1 localhost irc.test\n::1 localhost irc.test\n",
}


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def make_root(folder):
    layers = folder / "layers"
    layers.mkdir()
    mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", layers)
    for name in ("upper", "work", "root"):
        (layers / name).mkdir()
    root = layers / "root"
    mount("-t", "overlay", "-o", f"lowerdir=/,upperdir={layers}/upper,workdir={layers}/work",
          "overlay", root)
    # Forgets what the machine has enabled.
    mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", root / "etc/systemd/system")
    return root


def write(root, path, text):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)  # it may be a link
    file.write_text(text, encoding="utf-8")
    file.chmod(0o644)


def lay(root, tree):
    """Copies the files of a tree over the root, whose folders keep their owners and modes."""
    for file in tree.rglob("*"):
        if file.is_file():
            write(root, file.relative_to(tree), file.read_text(encoding="utf-8"))


def fill(root, folder, build):
    for path in FOREIGN:
        if (root / path).is_dir():
            shutil.rmtree(root / path)
    for path, text in CONFIGURATION.items():
        write(root, path, text)
    for unit in MASKED:
        (root / "etc/systemd/system" / unit).symlink_to("/dev/null")
    lay(root, GUEST)
    subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet"], check=True,
                   env={**os.environ, "DESTDIR": str(root)})
    lay(root, folder / "files")
    make_certificates(root)
    subprocess.run(["systemd-sysusers", f"--root={root}"], check=True)
    subprocess.run(["journalctl", "--update-catalog", f"--root={root}"], check=True)


def make_certificates(root):
    """An authority that the host trusts, one that it does not, and a certificate of each for
    irc.test."""
    place = root / "etc/irc-test"
    for name in ("good", "bad"):
        authority, server = f"{place}/{name}-ca", f"{place}/{name}"
        openssl("req", "-x509", "-subj", f"/CN=The {name} authority", "-days", "2",
                "-keyout", f"{authority}.key", "-out", f"{authority}.crt")
        openssl("req", "-x509", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key",
                "-subj", "/CN=irc.test", "-addext", "subjectAltName=DNS:irc.test", "-days", "2",
                "-addext", "basicConstraints=CA:FALSE",
                "-keyout", f"{server}.key", "-out", f"{server}.crt")
        os.chmod(f"{server}.key", 0o644)
    subprocess.run(["openssl", "genpkey", "-genparam", "-algorithm", "DH",
                    "-pkeyopt", "group:ffdhe2048", "-out", place / "dh.pem"], check=True)
    trust = root / "etc/ssl/certs/ca-certificates.crt"
    known = trust.read_bytes() if trust.exists() else b""
    trust.parent.mkdir(parents=True, exist_ok=True)
    trust.write_bytes(known + (place / "good-ca.crt").read_bytes())


def openssl(command, *arguments):
    subprocess.run(["openssl", command, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-batch", *arguments], check=True, capture_output=True)


def become_nspawn(root, name):
    os.execvp("systemd-nspawn", [
        "systemd-nspawn", "--register=no", "--keep-unit", "--boot", f"--directory={root}",
        f"--machine={name}", "--hostname=host", "--private-network", "--resolv-conf=off",
        "--timezone=off", "--link-journal=no", "--console=read-only", "--notify-ready=yes",
        "--system-call-filter=bpf @keyring",  # IPAddressDeny= and KeyringMode= need them
        "--", "--unit=irc-test.target", "--show-status=0",
    ])


def main():
    os.umask(0o022)
    folder, build = pathlib.Path(sys.argv[1]), sys.argv[2]
    root = make_root(folder)
    fill(root, folder, build)
    become_nspawn(root, folder.name)


main()
