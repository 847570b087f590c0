# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Holds the #include lines of src/ to the table in src/README.md: a folder uses itself and those
above it, and a library with a place of its own is seen only by the folders that name it."""

import re

import tree

# The headers of libraries that only some may see, as the table's last column names them.
LIBRARIES = {"systemd/": "libsystemd", "sqlite3.h": "SQLite", "gnutls/": "GnuTLS",
             "stringprep.h": "libidn", "unigbrk.h": "libunistring"}
INCLUDE = re.compile(r'\s*#\s*include\s+([<"])([^>"]+)')


def read_table():
    """{folder: libraries} in the table's order. Programs may see libsystemd without saying so."""
    table = {}
    for line in (tree.ROOT / "src/README.md").read_text(encoding="utf-8").splitlines():
        row = re.match(r"\| `(\w+)` \|([^|]*)\|([^|]*)\|", line)
        if row:
            folder, purpose, libraries = row.groups()
            table[folder] = set(re.findall(r"[\w-]+", libraries))
            if purpose.strip().startswith("the program"):
                table[folder].add("libsystemd")
    return table


def check_include(table, folder, mark, header):
    """What is wrong with a folder's including a header, or None."""
    if mark == "<":
        for prefix, library in LIBRARIES.items():
            if header.startswith(prefix) and library not in table[folder]:
                return f"{folder} may not see {library}"
        return None
    used = header.split("/")[0] if "/" in header else None
    order = list(table)
    if used is None:
        is_generated = header == "build-config.h" or not header.endswith(".h")
        return None if is_generated else f"write the folder: \"{folder}/{header}\""
    if used not in table:
        return f"no folder {used} is in src/README.md"
    if order.index(used) > order.index(folder):
        return f"{folder} may not use {used}, which is below it in src/README.md"
    return None


def main():
    table = read_table()
    complaints = []
    for folder in sorted(path for path in (tree.ROOT / "src").iterdir() if path.is_dir()):
        if folder.name not in table:
            complaints.append((folder, 1, "has no row in src/README.md"))
            continue
        for file in tree.files(".c", ".h", below=folder):
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                include = INCLUDE.match(line)
                what = include and check_include(table, folder.name, *include.groups())
                if what:
                    complaints.append((file, number, what))
    for folder in table:
        if not (tree.ROOT / "src" / folder).is_dir():
            complaints.append((tree.ROOT / "src/README.md", 1, f"no folder src/{folder}"))
    tree.finish(complaints)


main()
