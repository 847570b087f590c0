# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The files of the source tree, for the lint tests."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def files(*suffixes, below="."):
    """All files with one of the suffixes (none given: all), without what is built or git's."""
    for folder, folders, names in os.walk(ROOT / below):
        folders[:] = sorted(name for name in folders
                            if name not in (".git", "__pycache__", "corpus")
                            and not (name.startswith("build") and pathlib.Path(folder) == ROOT))
        for name in sorted(names):
            if not suffixes or name.endswith(suffixes):
                yield pathlib.Path(folder) / name


def scripts():
    """All shell scripts, by their first line."""
    for file in files():
        with file.open("rb") as content:
            line = content.readline()
        if line.startswith(b"#!") and line.rstrip().endswith((b"/sh", b"/bash")):
            yield file


def finish(complaints):
    """Prints what is wrong, "file:line: what", and exits as the test that it is."""
    for file, line, what in complaints:
        print(f"{file.relative_to(ROOT)}:{line}: {what}")
    sys.exit(1 if complaints else 0)
