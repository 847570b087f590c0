# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Where the programs of real servers are: this machine's own, or those of the other Debian release
that `fetch` unpacked, which run with that release's libraries."""

import os
import pathlib
import platform

NATIVE = {"bookworm": ("inspircd-3", "ngircd", "atheme", "anope"),
          "trixie": ("inspircd-4", "ergo", "ngircd", "atheme", "anope")}
PATHS = {"inspircd-3": "usr/sbin/inspircd", "inspircd-4": "usr/sbin/inspircd",
         "ergo": "usr/bin/ergochat", "ngircd": "usr/sbin/ngircd",
         "atheme": "usr/bin/atheme-services", "anope": "usr/sbin/anope"}


class Program:
    """`argv` begins a command line; `root` is the folder that stands for "/"."""

    def __init__(self, name):
        codename = platform.freedesktop_os_release().get("VERSION_CODENAME")
        self.root = pathlib.Path("/")
        if name not in NATIVE.get(codename, ()):
            other = next((release for release, names in NATIVE.items() if name in names), None)
            self.root = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "/var/cache",
                                     "irc-conn-test", other)
        program = self.root / PATHS[name]
        if not program.exists():
            raise FileNotFoundError(f"no {program}: tests/prepare gets what the tests need")
        self.argv = [str(program)]
        if self.root != pathlib.Path("/"):
            libraries = next(self.root.glob("usr/lib/*-linux-gnu"))
            loader = next(libraries.glob("ld-linux*.so.*"))
            self.argv = [str(loader), "--library-path", str(libraries), str(program)]
