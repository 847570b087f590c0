# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Counts the test cases of meson's logs: `count.py FOLDER…`, each the meson-logs of a build.

The last line is "N passed, N failed", followed by ", N skipped" when some were. Fails when one
failed, when nothing ran, and, where $CI says so, when one was skipped.
"""

import json
import os
import pathlib
import sys
import xml.etree.ElementTree


def broken_programs(folder):
    """Names of the test programs that failed; by a time-out, say, though each case had passed."""
    log = folder / "testlog.json"
    if not log.exists():
        return set()
    entries = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    return {entry["name"] for entry in entries
            if entry["result"] not in ("OK", "EXPECTEDFAIL", "SKIP")}


def cases(folder):
    """(program, case, outcome) of all that ran. A program without cases of its own is one."""
    report = folder / "testlog.junit.xml"
    broken = broken_programs(folder)
    blamed = set()
    for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
        _, _, program = case.get("classname").partition(".")
        program = program or case.get("name")
        tags = {child.tag for child in case}
        is_whole = program == case.get("name")
        if tags & {"failure", "error"} or is_whole and program in broken:
            blamed.add(program)
            yield program, case.get("name"), "failed"
        else:
            yield program, case.get("name"), "skipped" if "skipped" in tags else "passed"
    for program in sorted(broken - blamed):
        yield program, "the program itself", "failed"


def main():
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for folder in map(pathlib.Path, sys.argv[1:]):
        for program, case, outcome in cases(folder):
            count[outcome] += 1
            if outcome != "passed":
                print(f"{outcome}: {folder.parent.name}: {program}: {case}")

    line = f"{count['passed']} passed, {count['failed']} failed"
    if count["skipped"]:
        line += f", {count['skipped']} skipped"
    print(line)
    is_incomplete = os.environ.get("CI") and count["skipped"]
    sys.exit(1 if count["failed"] or not count["passed"] or is_incomplete else 0)


main()
