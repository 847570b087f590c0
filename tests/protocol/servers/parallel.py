# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Cases that wait for servers most of their time: the classes of a file run at the same time, on
the servers that its setUpModule() started. A file gets that by importing load_tests from here."""

import concurrent.futures
import sys
import threading
import unittest

AT_ONCE = 5


class SharedResult(unittest.TestResult):
    """What one thread hands to the result of all."""

    def __init__(self, result, turn):
        super().__init__()
        self._result, self._turn = result, turn

    def _hand_on(self, method, *arguments):
        with self._turn:
            getattr(self._result, method)(*arguments)

    def startTest(self, test):
        self._hand_on("startTest", test)

    def stopTest(self, test):
        self._hand_on("stopTest", test)

    def addSuccess(self, test):
        self._hand_on("addSuccess", test)

    def addError(self, test, err):
        self._hand_on("addError", test, err)

    def addFailure(self, test, err):
        self._hand_on("addFailure", test, err)

    def addSkip(self, test, reason):
        self._hand_on("addSkip", test, reason)

    def addSubTest(self, test, subtest, err):
        self._hand_on("addSubTest", test, subtest, err)


class ParallelSuite(unittest.TestSuite):
    """Of suites that are one class each. A class whose IS_ALONE is true, since it changes what the
    others use, comes after them."""

    def run(self, result, debug=False):
        classes = [list(suite) for suite in self if suite.countTestCases()]
        turn = threading.Lock()

        def run_class(cases):
            for case in cases:
                case.run(SharedResult(result, turn))

        sys.modules[type(classes[0][0]).__module__].setUpModule()
        try:
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as threads:
                together = [cases for cases in classes if not is_alone(cases)]
                list(threads.map(run_class, sorted(together, key=len, reverse=True)))
            for cases in filter(is_alone, classes):
                run_class(cases)
        finally:
            unittest.doModuleCleanups()
        return result


def is_alone(cases):
    return getattr(cases[0], "IS_ALONE", False)


def load_tests(_loader, tests, _pattern):
    return ParallelSuite(tests)
