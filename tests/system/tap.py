# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Runs the unittest cases of a file and reports each in TAP: `tap.py FILE`. Those beside this file
run in disposable hosts."""

import importlib
import os
import pathlib
import sys
import time
import unittest

from host import BUILD, build_option


class TapResult(unittest.TestResult):
    """One line for each case; why it failed goes before it, as comments."""

    def __init__(self, module):
        super().__init__()
        self._module = module
        self._number = 0
        self._started = {}  # when, by the id of the test; several may run

    def startTest(self, test):
        super().startTest(test)
        self._started[test.id()] = time.monotonic()

    def addSuccess(self, test):
        self._report("ok", test)

    def addError(self, test, err):
        self._explain(test, err)
        self._report("not ok", test)

    def addFailure(self, test, err):
        self.addError(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._explain(subtest, err)
            self._report("not ok", subtest)

    def addSkip(self, test, reason):
        self._report("ok", test, f" # SKIP {reason}")

    def _explain(self, test, err):
        for line in self._exc_info_to_string(err, test).splitlines():
            print(f"# {line}")

    def _report(self, outcome, test, remark=""):
        self._number += 1
        name = test.id().replace(f"{self._module}.", "").replace("#", "")
        started = self._started.get(getattr(test, "test_case", test).id())
        print("# before the first case" if started is None else
              f"# {time.monotonic() - started:.2f} s")
        print(f"{outcome} {self._number} {name}{remark}", flush=True)

    def finish(self):
        print(f"1..{self._number}")


def obstacle():
    """Why no host can be booted here, or None."""
    if os.geteuid() != 0:
        return "only root can boot a host"
    if build_option(os.environ[BUILD], "prefix") != "/usr":
        return "the build is not for --prefix=/usr, where systemd and D-Bus look"
    return None


def main():
    file = pathlib.Path(sys.argv[1]).resolve()
    reason = obstacle() if file.parent == pathlib.Path(__file__).resolve().parent else None
    if reason is not None:
        print(f"1..0 # SKIP {reason}")
        return

    sys.path.insert(0, str(file.parent))
    suite = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(file.stem))
    result = TapResult(file.stem)
    suite.run(result)
    result.finish()


main()
