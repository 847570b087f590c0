# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""On ngIRCd, which has hardly any of IRCv3."""

import unittest

from cases import (BanAtConnectCases, NetsplitCases, NicknameCases, RefusalCases, ServerCase,
                   TalkCases, TlsCases)
from host import wait_for
from ngircd import Ngircd
from parallel import load_tests


def setUpModule():
    ServerCase.server = unittest.enterModuleContext(Ngircd("hub", leaf="leaf"))


class Talk(TalkCases, ServerCase):
    pass


class Encoding(ServerCase):
    def test_text_of_another_encoding(self):
        owner = self.owner()
        client = self.online()
        owner.sock.sendall(f"PRIVMSG {self.channel} :".encode() + b"gr\xfc\xdf \x80\r\n")
        self.wait_for_row(client, "privmsg", "grüß €")
        self.assertEqual(client.query("SELECT raw FROM messages WHERE message_type = 'privmsg'"),
                         [(b"gr\xfc\xdf \x80",)])


class Refusals(RefusalCases, ServerCase):
    pass


class Nickname(NicknameCases, ServerCase):
    pass


class Tls(TlsCases, ServerCase):
    pass


class Ban(BanAtConnectCases, ServerCase):
    def ban(self, keeper, words):
        keeper.carry_out(f"KLINE {self.nick}!*@* 600 :{words}")


class Netsplit(NetsplitCases, ServerCase):
    def setUp(self):
        super().setUp()
        self.leaf = self.enterContext(Ngircd("leaf", self.server.authority, hub=self.server))
        self.leaf_keeper = self.enterContext(self.leaf.keeper())

    def is_joined(self):
        self.leaf_keeper.send("LINKS")
        return f" {self.server.server_name} " in self.leaf_keeper.wait_for(" 36[45] ")

    def join_servers(self):
        self.leaf_keeper.send(f"CONNECT {self.server.server_name}")
        wait_for("the link", self.is_joined)

    def split_servers(self):
        self.leaf_keeper.send(f"DISCONNECT {self.server.server_name}")


class Password(ServerCase):
    """A server that wants a password of everybody."""

    def setUp(self):
        super().setUp()
        self.server = self.enterContext(
            Ngircd("strict", self.server.authority, password="open-sesame"))

    def test_right(self):
        client = self.online(channels=[], password="open-sesame")
        self.assertEqual(client.stop(), 0)
        self.assertNotIn("open-sesame", client.stderr)

    def test_wrong(self):
        for password in ("open-barley", None):
            with self.subTest(password=password):
                self.assert_ends(self.client(password=password), 77, "credentials")


class Shutdown(ServerCase):
    def test_shutdown(self):
        self.server = self.enterContext(Ngircd("mortal", self.server.authority))
        client = self.online()
        self.server.stop()
        self.assert_ends(client, 69, "shutting-down")
