# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""On Ergo, with accounts: logging in, whose account somebody has, what was said to us while we were
away, and what was read."""

import unittest

from account_cases import PASSWORD, AccountCase, LoginCases, TrackingCases
from cases import ServerCase
from ergo import Ergo
from parallel import load_tests


def setUpModule():
    ServerCase.server = unittest.enterModuleContext(Ergo())


class ErgoAccountCase(AccountCase):
    MECHANISMS = ("PLAIN", "EXTERNAL", "SCRAM-SHA-256")

    def register(self, certificate=None, settings=()):
        self.server.register(self.nick, PASSWORD, certificate, settings)

    def friend(self, **options):
        name = f"friend{next(self.numbers)}"
        self.server.register(name, PASSWORD)
        return self.enterContext(
            self.server.person(name, password=f"{name}:{PASSWORD}", **options))


class Login(LoginCases, ErgoAccountCase):
    def test_scram(self):
        self.register()
        client = self.logged_in(["SCRAM-SHA-256"], sasl_password=PASSWORD)
        self.assert_logged_in(client, "SCRAM-SHA-256")

    def test_scram_in_the_clear(self):
        # It shows nobody the password: unlike PLAIN it may be said without TLS.
        self.register()
        client = self.online(sasl_mechanisms=["SCRAM-SHA-256"], sasl_account=self.nick,
                             sasl_password=PASSWORD)
        self.assert_logged_in(client, "SCRAM-SHA-256")

    def test_nickname_of_an_account_is_kept_for_it(self):
        self.register()
        spare = f"{self.nick}x"
        client = self.online(alt_nicknames=[spare])
        self.assertEqual(client.query("SELECT live_nickname FROM servers"), [(spare,)])


class Tracking(TrackingCases, ErgoAccountCase):
    pass


class ReadMarker(ErgoAccountCase):
    def test_marker_is_shared(self):
        # Two clients of one account know what the other has read.
        self.register()
        client = self.logged_in(["PLAIN"], sasl_password=PASSWORD)
        phone = self.enterContext(self.server.person(
            self.nick, password=f"{self.nick}:{PASSWORD}", caps=["draft/read-marker"]))
        owner = self.other("owner")
        owner.join(self.channel)
        owner.say(self.channel, "read this")
        row = self.wait_for_row(client, "privmsg", "read this")
        self.assert_accepted(client, "mark_read", target=self.channel, time=row["sent_at"])
        phone.wait_for(rf" MARKREAD {self.channel} timestamp=")
        self.assertEqual(client.wait_for_rows("SELECT target, read_at FROM read_markers"),
                         [(self.channel, row["sent_at"])])

        phone.send(f"MARKREAD {self.channel} timestamp=2040-01-02T03:04:05.678Z")
        client.wait_until("the marker", lambda: client.query(
            "SELECT read_at FROM read_markers") == [(2209086245678000,)])


class History(ErgoAccountCase):
    def test_gap_in_conversations(self):
        # The server keeps our place; others talk to it while we are away.
        self.register(settings=["always-on true"])
        keys = self.login(["PLAIN"], sasl_password=PASSWORD, channels=[self.channel],
                          folder=self.folder())
        client = self.online(**keys)
        one, two = self.other("one"), self.other("two")
        one.say(self.nick, "one before")
        self.wait_for_row(client, "privmsg", "one before")
        self.assert_accepted(client, "privmsg", target=one.nick, message="answered")
        one.wait_for(":answered")
        self.stop(client)

        for number in range(1, 4):
            one.carry_out(f"PRIVMSG {self.nick} :one missed {number}")
            two.carry_out(f"PRIVMSG {self.nick} :two missed {number}")
        one.join(self.channel)
        one.carry_out(f"PRIVMSG {self.channel} :missed by all")
        client.start()
        client.wait_for_event("joined", channel=self.channel)
        two.say(self.nick, "two after")
        expected = ["one before", "answered",
                    *(f"{who} missed {number}" for number in range(1, 4) for who in ("one", "two")),
                    "missed by all", "two after"]
        client.wait_until("all lines", lambda: len(self.rows(client)) >= len(expected))
        self.assertEqual([row[2] for row in self.rows(client)], expected)
        told = [event["content"] for event in client.events
                if event["event"] == "message_received"]
        self.assertFalse([text for text in told if "missed" in text])
