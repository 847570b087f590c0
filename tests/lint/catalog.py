# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The message catalog explains each MESSAGE_ID of src/base/log.h, and no other."""

import re

import tree


def main():
    header, catalog = tree.ROOT / "src/base/log.h", tree.ROOT / "data/irc-conn.catalog"
    known = dict(re.findall(r'#define (IC_MESSAGE_\w+) "([0-9a-f]{32})"',
                            header.read_text(encoding="utf-8")))
    text = catalog.read_text(encoding="utf-8")
    entries = re.split(r"^-- ", text, flags=re.MULTILINE)[1:]
    explained = [entry.splitlines()[0] for entry in entries]

    complaints = [(catalog, 1, f"no entry for {name}, {number}")
                  for name, number in known.items() if number not in explained]
    complaints += [(catalog, 1, f"{number} is not in {header.name}")
                   for number in explained if number not in known.values()]
    complaints += [(catalog, 1, f"{number} has more than one entry")
                   for number in set(explained) if explained.count(number) > 1]
    complaints += [(catalog, 1, f"{entry.splitlines()[0]} lacks a subject or a text")
                   for entry in entries
                   if not re.fullmatch(r"\w+\nSubject: .+\nDefined-By: irc-conn\n\n.+", entry,
                                       flags=re.DOTALL)]
    tree.finish(complaints)


main()
