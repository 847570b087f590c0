# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""On InspIRCd 3 with all modules that work by themselves."""

import inspircd_cases
from cases import BotCases, MonitorCases, RefusalCases, ServerCase, TalkCases, TlsCases
from parallel import load_tests


def setUpModule():
    inspircd_cases.start_servers(3)


class Talk(TalkCases, ServerCase):
    pass


class Bot(BotCases, ServerCase):
    pass


class Refusals(RefusalCases, ServerCase):
    pass


class Nickname(MonitorCases, ServerCase):
    pass


class Tls(TlsCases, inspircd_cases.CertificateCases, ServerCase):
    pass


class Xlines(inspircd_cases.XlineCases, ServerCase):
    pass


class Force(inspircd_cases.ForceCases, ServerCase):
    pass


class Labels(inspircd_cases.InspircdLabelCases, ServerCase):
    pass


class Netsplit(inspircd_cases.InspircdNetsplitCases, ServerCase):
    pass


class Sts(inspircd_cases.StsCases, ServerCase):
    pass
