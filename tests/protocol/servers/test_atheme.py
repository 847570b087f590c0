# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""On InspIRCd 3 with Atheme."""

import unittest

import service_cases
from account_cases import LoginCases, TrackingCases
from certificates import Certificate, public_key
from inspircd import Inspircd
from parallel import load_tests
from services import Atheme


def setUpModule():
    server = unittest.enterModuleContext(Inspircd(3, services=True))
    service_cases.start(server, Atheme(server))


class Login(LoginCases, service_cases.ServiceCase):
    MECHANISMS = ("PLAIN", "EXTERNAL", "ECDSA-NIST256P-CHALLENGE")

    def test_key(self):
        pair = Certificate(self.server.folder, self.nick)
        self.register(key=public_key(pair.key))
        # The challenge is signed: a stranger on the way learns nothing.
        for keys in (self.secure(), {}):
            with self.subTest(is_secure=bool(keys)):
                client = self.online(sasl_mechanisms=["ECDSA-NIST256P-CHALLENGE"],
                                     sasl_account=self.nick, sasl_ecdsa_key_file=pair.key, **keys)
                self.assert_logged_in(client, "ECDSA-NIST256P-CHALLENGE")
                self.assertEqual(client.stop(), 0)

    def test_wrong_key(self):
        pair, other = (Certificate(self.server.folder, f"{self.nick}-{number}")
                       for number in (1, 2))
        self.register(key=public_key(pair.key))
        client = self.client(**self.login(["ECDSA-NIST256P-CHALLENGE"],
                                          sasl_ecdsa_key_file=other.key))
        self.assert_ends(client, 77, "credentials")


class Nickserv(service_cases.NickservCases, service_cases.ServiceCase):
    pass


class Tracking(TrackingCases, service_cases.ServiceCase):
    pass


class Absence(service_cases.AbsenceCases, service_cases.ServiceCase):
    pass
