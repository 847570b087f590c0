# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Each source file says its licence at its top, and none puts work off with a marker."""

import re

import tree

MARKER = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")
SPDX = ("SPDX-License-Identifier: GPL-3.0-or-later",
        "SPDX-FileCopyrightText: The irc-conn authors")
LICENSED = (".c", ".h", ".py", ".service", ".socket", ".target", ".timer", ".slice", ".in",
            ".conf", ".catalog", ".xml", ".policy")
# Markup has its declaration and document type first.
HEAD = 12


def main():
    complaints = []
    scripts = set(tree.scripts())
    for file in tree.files():
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        head = "\n".join(lines[:HEAD])
        if file.name.endswith(LICENSED) or file in scripts:
            complaints += [(file, 1, f"no line “{line}”") for line in SPDX if line not in head]
        complaints += [(file, number, f"a marker: {line.strip()}")
                       for number, line in enumerate(lines, 1) if MARKER.search(line)]
    tree.finish(complaints)


main()
