# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The units as both managers see them."""

import re
import unittest

from host import ALICE, Host

UNITS = ("irc-conn@1.service", "irc-conn@1.socket", "irc-conn.slice", "irc-conn.target",
         "irc-controller.service", "irc-health.service", "irc-health.timer")
# Above this systemd calls a unit less than safe for our purpose.
EXPOSURE_MAX = {"irc-conn@1.service": 1.5, "irc-controller.service": 1.0,
                "irc-health.service": 1.0}


def setUpModule():
    global host
    host = unittest.enterModuleContext(Host())


class Verify(unittest.TestCase):
    """`systemd-analyze verify` answers 0 for an unknown key, too: it must be silent."""

    def test_system_units(self):
        result = host.run("systemd-analyze", "verify", "--man=no", *UNITS)
        self.assertEqual((result.status, result.out), (0, ""))

    def test_user_units(self):
        host.start_user(ALICE)
        result = host.run("systemd-analyze", "--user", "verify", "--man=no", *UNITS, user=ALICE)
        self.assertEqual((result.status, result.out), (0, ""))


class Sandbox(unittest.TestCase):
    def test_exposure(self):
        for unit, most in EXPOSURE_MAX.items():
            with self.subTest(unit):
                out = host.check("systemd-analyze", "security", "--no-pager", unit)
                score = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", out)[1])
                self.assertLessEqual(score, most)
