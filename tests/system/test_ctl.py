# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""ircctl, as a person types it."""

import json
import unittest

from host import ALICE, BOB, Host, wait_for
from irc_client import IrcClient


def setUpModule():
    global host
    host = unittest.enterModuleContext(Host(units=["ngircd@ngircd.service"]))


class Session(unittest.TestCase):
    """One connection of Alice's, from `add` to `disconnect`."""

    @classmethod
    def setUpClass(cls):
        cls.added = host.run("ircctl", "add", "irc.test", "port=6667", "tls=false",
                             "nickname=alice", "channels=#ruby", "name=test", user=ALICE)
        cls.connected = host.run("ircctl", "connect", "1", user=ALICE)
        cls.bob = IrcClient(host.connect(6667), "bob")
        cls.addClassCleanup(cls.bob.quit)
        cls.bob.join("#ruby")

    def ctl(self, *words, user=ALICE):
        result = host.run("ircctl", *words, user=user)
        self.assertEqual(result.status, 0, result)
        return result.out

    def test_add_says_the_number(self):
        self.assertEqual(self.added.status, 0, self.added)
        self.assertIn("1", self.added.out)

    def test_connect_returns_when_registered(self):
        self.assertEqual(self.connected.status, 0, self.connected)
        self.assertEqual(host.show("irc-conn@1.service", "ActiveState"), "active")

    def test_list(self):
        self.assertRegex(self.ctl("list"), r"1 .*test.*connected")
        entry, = json.loads(self.ctl("list", "--json"))
        self.assertEqual((entry["id"], entry["state"]), (1, "connected"))

    def test_status(self):
        out = self.ctl("status", "1")
        for text in ("TestNet", "alice", "#ruby"):
            self.assertIn(text, out)
        self.assertIn("TestNet", self.ctl("status", "test"))
        self.assertIn('"TestNet"', self.ctl("status", "--json", "1"))

    def test_say_and_history(self):
        self.ctl("say", "1", "#ruby", "hello from the command line")
        self.bob.wait_for("PRIVMSG #ruby :hello from the command line")
        self.bob.say("#ruby", "hello back")
        wait_for("the history", lambda: "hello back" in self.ctl("history", "1", "#ruby"))
        out = self.ctl("history", "1", "#ruby")
        self.assertLess(out.index("hello from the command line"), out.index("hello back"))
        self.assertIn("hello back", self.ctl("history", "--json", "1", "#ruby"))

    def test_join_and_part(self):
        self.ctl("join", "1", "#perl")
        wait_for("#perl", lambda: "#perl" in self.ctl("status", "1"))
        self.ctl("part", "1", "#perl")
        wait_for("no #perl", lambda: "#perl" not in self.ctl("status", "1"))

    def test_nick(self):
        self.ctl("nick", "1", "alicia")
        self.bob.wait_for(":alice!.* NICK :?alicia")
        self.ctl("nick", "1", "alice")
        self.bob.wait_for(":alicia!.* NICK :?alice")

    def test_reconnect(self):
        self.ctl("disconnect", "1")
        self.bob.wait_for(":alice!.* QUIT")
        self.assertIn("disconnected", self.ctl("list"))
        result = host.run("ircctl", "say", "1", "#ruby", "hello?", user=ALICE)
        self.assertNotEqual(result.status, 0)
        self.assertIn("not connected", result.out)
        self.ctl("connect", "1")
        self.bob.wait_for(":alice!.* JOIN :?#ruby")

    def test_others_see_nothing(self):
        self.assertNotIn("irc.test", host.run("ircctl", "list", user=BOB).out)
        self.assertIn("irc.test", self.ctl("list", user=None))


class Refused(unittest.TestCase):
    """(words, what the error says); nothing is changed by them."""

    REFUSED = (
        (["dance"], "dance"),
        ([], ""),
        (["connect"], ""),
        (["connect", "4711"], "4711"),
        (["connect", "-1"], ""),
        (["add"], ""),
        (["add", "irc.test", "prot=6667"], "prot"),
        (["add", "irc.test", "port=70000"], "port"),
        (["add", "irc.test", "tls=perhaps"], "tls"),
        (["add", "irc.test", "nickname=a b"], "nickname"),
    )

    def test_each_says_why(self):
        before = host.check("ircctl", "list")
        for words, text in self.REFUSED:
            with self.subTest(" ".join(words)):
                result = host.run("ircctl", *words)
                if words:
                    self.assertNotEqual(result.status, 0, result)
                self.assertIn(text, result.out)
        self.assertEqual(host.check("ircctl", "list"), before)

    def test_who_may_not_add(self):
        result = host.run("ircctl", "--no-ask-password", "add", "irc.test", user=BOB)
        self.assertNotEqual(result.status, 0)
        self.assertRegex(result.out, "(?i)denied|may not|authori[sz]")
