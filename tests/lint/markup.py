# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""XML and JSON files can be read."""

import json
import xml.etree.ElementTree

import tree


def main():
    complaints = []
    markup = [*tree.files(".xml", ".policy", ".policy.in"), *tree.files(".conf", ".conf.in", below="dbus")]
    for file in markup:
        try:
            xml.etree.ElementTree.parse(file)
        except xml.etree.ElementTree.ParseError as error:
            complaints.append((file, error.position[0], str(error)))
    for file in tree.files(".json"):
        try:
            json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            complaints.append((file, getattr(error, "lineno", 1), str(error)))
    tree.finish(complaints)


main()
