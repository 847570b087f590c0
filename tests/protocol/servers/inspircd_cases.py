# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""What holds on InspIRCd 3 and on InspIRCd 4."""

import unittest

from cases import BanAtConnectCases, LabelCases, NetsplitCases, ServerCase
from certificates import Certificate
from host import wait_for
from inspircd import Inspircd


class XlineCases(BanAtConnectCases):
    """K-lines, G-lines and Z-lines."""

    def ban(self, keeper, words):
        self.add_line(keeper, "KLINE", f"{self.nick}@*", words)

    def add_line(self, keeper, kind, mask, words):
        keeper.carry_out(f"{kind} {mask} 10m :{words}")
        self.addCleanup(keeper.carry_out, f"{kind} {mask}")

    def test_g_line_while_on(self):
        keeper = self.keeper()
        client = self.online(username=self.nick)
        self.add_line(keeper, "GLINE", f"{self.nick}@*", "no more of you")
        self.assert_banned(client)

    def test_z_line(self):
        keeper = self.keeper()
        client = self.online(bind_address=["127.0.0.9"])
        self.add_line(keeper, "ZLINE", "127.0.0.9", "no more of you")
        self.assert_banned(client)
        self.assert_banned(self.client(bind_address=["127.0.0.9"]))

    def test_q_line_while_on(self):
        keeper = self.keeper()
        client = self.online()
        self.add_line(keeper, "QLINE", self.nick, "reserved")
        forced = client.wait_for_event("nick_changed")["nickname"]
        self.assertRegex(forced, "^[0-9]")
        keeper.say(forced, "you are another now")
        self.assertEqual(self.wait_for_row(client, "privmsg", "you are another now")["target"],
                         forced)

    def test_q_line_at_connect(self):
        keeper = self.keeper()
        self.add_line(keeper, "QLINE", self.nick, "reserved")
        spare = f"{self.nick}x"
        client = self.online(alt_nicknames=[spare])
        self.assertEqual(client.query("SELECT live_nickname FROM servers"), [(spare,)])


class ForceCases:
    """What operators do to us."""

    def test_nickname(self):
        keeper = self.keeper()
        client = self.online()
        keeper.send(f"SANICK {self.nick} {self.nick}forced")
        client.wait_for_event("nick_changed", nickname=f"{self.nick}forced")
        self.wait_for_members(client, f"{self.nick}forced")
        self.assert_accepted(client, "privmsg", target=self.channel, message="who am I?")
        self.assertEqual(self.wait_for_row(client, "privmsg", "who am I?")["sender"],
                         f"{self.nick}forced")

    def test_join_and_part(self):
        keeper = self.keeper()
        client = self.online(channels=[])
        keeper.send(f"SAJOIN {self.nick} {self.channel}")
        client.wait_for_event("joined", channel=self.channel)
        self.wait_for_members(client, self.nick)
        keeper.send(f"SAPART {self.nick} {self.channel} :and out")
        client.wait_for_event("parted", channel=self.channel)
        self.assertEqual(client.query("SELECT joined FROM channels WHERE name = ?", self.channel),
                         [(0,)])

    def test_host_name_and_real_name(self):
        keeper, owner = self.keeper(), self.owner()
        client = self.online()
        keeper.send(f"CHGHOST {self.nick} a.host.of.quite.some.length.which.they.gave.us")
        keeper.send(f"CHGIDENT {self.nick} changed")
        keeper.send(f"CHGNAME {self.nick} :Somebody else")
        keeper.ask(f"WHOIS {self.nick}", " 311 .* changed a.host.* :Somebody else")
        source = f"{self.nick}!changed@a.host.of.quite.some.length.which.they.gave.us"
        # The answer comes behind what the server tells of the changes.
        self.assert_accepted(client, "raw", line="PING told?")

        words = " ".join(f"word{number}" for number in range(100))
        self.assert_accepted(client, "privmsg", target=self.channel, message=words)
        heard = ""
        while len(heard.split()) < 100:
            line = owner.wait_for(f" PRIVMSG {self.channel} ")
            self.assertTrue(line.startswith(f":{source} "), line)
            heard += line.split(f"PRIVMSG {self.channel} :", 1)[1] + " "
        self.assertEqual(heard.split(), words.split())
        self.assertEqual(client.query(
            "SELECT DISTINCT source FROM messages WHERE message_type = 'privmsg'"), [(source,)])
        # Nobody left and came back.
        self.assertEqual(self.rows(client, "quit"), [])
        self.assertEqual(len(self.rows(client, "join")), 1)

    def test_prefixes(self):
        keeper = self.keeper()
        owner = self.owner()
        client = self.online()
        keeper.send(f"OJOIN {self.channel}")
        owner.send(f"MODE {self.channel} +v {owner.nick}")
        client.wait_until("prefixes", lambda: dict(client.query(
            "SELECT nickname, prefixes FROM channel_users")) == {
                self.nick: "", owner.nick: "@+", keeper.nick: "!"})


class InspircdLabelCases(LabelCases):
    def test_echo_is_altered(self):
        owner = self.owner()
        owner.carry_out(f"MODE {self.channel} +S")  # strips formatting
        client = self.online()
        self.assert_accepted(client, "privmsg", target=self.channel, message="\x02bold\x02 words")
        self.wait_for_row(client, "privmsg", "bold words")
        self.assertEqual(len(self.rows(client)), 1)

    def test_forbidden_channel(self):
        client = self.online(channels=[])
        answer = client.ask("join", channel="#forbidden")
        self.assertEqual((answer["ok"], answer.get("error")), (False, "refused"), answer)


class CertificateCases:
    def test_certificate_of_ours(self):
        mine = Certificate(self.server.folder, self.nick)
        owner = self.owner()
        client = self.online(**self.secure(tls_client_cert=mine.file, tls_client_key=mine.key))
        self.assertIn(mine.fingerprint, owner.ask(f"WHOIS {self.nick}", " 276 "))
        self.assertEqual(client.stop(), 0)


class InspircdNetsplitCases(NetsplitCases):
    """The leaf is a server of the same version."""

    def setUp(self):
        super().setUp()
        self.leaf_keeper = self.enterContext(self.leaf.keeper(f"keeper{next(self.numbers)}"))

    def is_joined(self):
        self.leaf_keeper.send("LINKS")
        return f" {self.server.server_name} " in self.leaf_keeper.wait_for(" 36[45] ")

    def join_servers(self):
        self.leaf_keeper.send(f"CONNECT {self.server.server_name}")
        wait_for("the link", self.is_joined)

    def split_servers(self):
        self.leaf_keeper.send(f"SQUIT {self.server.server_name} :on purpose")


class StsCases:
    """A server that wants to be reached by TLS only."""

    def test_upgrade(self):
        authority = self.server.authority
        server = Inspircd(self.server.version, "sts", authority, sts="5m")
        # Who names no server when he comes by TLS is told of no policy.
        server.certificate = authority.issue(f"sts-{self.nick}", "DNS:localhost")
        self.server = self.enterContext(server)
        client = self.online(address="localhost", tls_ca_file=authority.file)
        self.assertEqual(client.stop(), 0)
        self.assertEqual(client.query("SELECT host, port, duration FROM sts_policies"),
                         [("localhost", self.server.tls_port, 300)])
        self.assertEqual(sum(line == "> CAP LS 302" for line in client.trace), 2)


def start_servers(version):
    """Two, which are not linked yet."""
    server = Inspircd(version, f"hub{version}", sid="1AA")
    leaf = Inspircd(version, f"leaf{version}", server.authority, sid="2BB")
    server.linked, leaf.linked = [leaf], [server]
    ServerCase.server = unittest.enterModuleContext(server)
    InspircdNetsplitCases.leaf = unittest.enterModuleContext(leaf)
