# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""On InspIRCd 4 with Anope."""

import unittest

import service_cases
from account_cases import LoginCases, TrackingCases
from inspircd import Inspircd
from parallel import load_tests
from services import Anope


def setUpModule():
    server = unittest.enterModuleContext(Inspircd(4, services=True))
    service_cases.start(server, Anope(server))


class Login(LoginCases, service_cases.ServiceCase):
    MECHANISMS = ("PLAIN", "EXTERNAL")


class Nickserv(service_cases.NickservCases, service_cases.ServiceCase):
    pass


class Tracking(TrackingCases, service_cases.ServiceCase):
    pass


class Absence(service_cases.AbsenceCases, service_cases.ServiceCase):
    pass
