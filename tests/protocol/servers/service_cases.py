# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""What holds on a server whose services are another program."""

import unittest

from account_cases import PASSWORD, AccountCase
from cases import ServerCase


class ServiceCase(AccountCase):
    services = None

    def register(self, certificate=None, key=None):
        self.services.register(self.nick, PASSWORD, certificate, key)

    def friend(self, **options):
        friend = self.other("friend", **options)
        self.services.register_person(friend, PASSWORD)
        return friend


class NickservCases:
    """Without SASL: the services are told the password once we are on."""

    def test_identified(self):
        owner, hall = self.owner(), f"{self.channel}-for-all"
        owner.carry_out(f"MODE {self.channel} +R")  # for accounts only
        self.register()
        client = self.online(**self.secure(nickserv_password=PASSWORD,
                                           channels=[hall, self.channel]))
        self.assertTrue([line for line in client.trace if f" 900 {self.nick} " in line])
        self.assertNotIn(PASSWORD, client.stderr)
        self.assertEqual(client.query("SELECT count(*) FROM messages WHERE content LIKE ?",
                                      f"%{PASSWORD}%"), [(0,)])

    def test_not_in_the_clear(self):
        self.register()
        client = self.online(nickserv_password=PASSWORD)
        self.assertFalse([line for line in client.trace if line.startswith("> PRIVMSG")])

    def test_account_that_logs_in_later(self):
        owner = self.owner()
        client = self.online()
        self.services.register_person(owner, PASSWORD)
        client.wait_until("the account", lambda: client.query(
            "SELECT account FROM channel_users WHERE nickname = ?", owner.nick) == [(owner.nick,)])
        self.services.ask(owner, "LOGOUT", "logged out")
        client.wait_until("no account", lambda: client.query(
            "SELECT account FROM channel_users WHERE nickname = ?", owner.nick) == [(None,)])


class AbsenceCases:
    """Services that are away."""

    IS_ALONE = True

    def without_services(self):
        self.services.stop()
        self.services.wait_until_gone()
        self.addCleanup(self.services.start)

    def test_link_stays(self):
        self.register()
        client = self.logged_in(["PLAIN"], sasl_password=PASSWORD)
        owner = self.other("owner")
        owner.join(self.channel)
        self.without_services()
        self.assert_accepted(client, "privmsg", target=self.channel, message="still here")
        owner.wait_for(f":{self.nick}!.* PRIVMSG {self.channel} :still here")

    def test_no_services_no_registration(self):
        # Who must log in and cannot does not come as anybody else; he tries again later.
        self.register()
        self.without_services()
        client = self.client(**self.login(["PLAIN"], sasl_password=PASSWORD))
        self.assertIn(client.wait(), (69, 75), client.describe())
        self.assertFalse([line for line in client.trace if " 001 " in line])
        self.assertEqual(client.query("SELECT count(*) FROM blocklist"), [(0,)])


def start(server, services):
    ServerCase.server = server
    ServiceCase.services = unittest.enterModuleContext(services)
