# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""On Ergo, without accounts: what all servers do, and several lines, taking back, renaming."""

import re
import unittest

from cases import (BanCases, BotCases, LabelCases, MonitorCases, RefusalCases, ServerCase,
                   TalkCases, TlsCases)
from ergo import Ergo
from parallel import load_tests


def setUpModule():
    ServerCase.server = unittest.enterModuleContext(Ergo())


class Talk(TalkCases, ServerCase):
    pass


class Bot(BotCases, ServerCase):
    pass


class Refusals(RefusalCases, ServerCase):
    pass


class Nickname(MonitorCases, ServerCase):
    pass


class Labels(LabelCases, ServerCase):
    pass


class Tls(TlsCases, ServerCase):
    pass


class Ban(BanCases, ServerCase):
    def ban(self, keeper, words):
        keeper.carry_out(f"KLINE ANDKILL {self.nick}!*@* {words}")
        self.addCleanup(keeper.carry_out, f"UNKLINE {self.nick}!*@*")


class Lite(ServerCase):
    def test_no_names_are_sent(self):
        owner = self.owner()
        client = self.online(lite=True)
        owner.say(self.channel, "hello")
        self.wait_for_row(client, "privmsg", "hello")
        self.assertFalse([line for line in client.trace if " 353 " in line])


class Away(ServerCase):
    def test_away_before_the_welcome(self):
        owner = self.owner()
        client = self.online(away_message="gone fishing")
        self.assertIn("gone fishing", owner.ask(f"WHOIS {self.nick}", " (301|318) "))
        sent = [line[2:].split(" ")[0] for line in client.trace if line.startswith(">")]
        self.assertLess(sent.index("AWAY"), len(sent) - 1 - sent[::-1].index("CAP"), sent)


class Multiline(ServerCase):
    CAPS = ["batch", "draft/multiline", "message-tags"]

    def test_said(self):
        reader, plain = self.owner(caps=self.CAPS), self.other("plain")
        plain.join(self.channel)
        client = self.online()
        text = "one\ntwo\n\n" + "four " * 150 + "end"
        self.assert_accepted(client, "privmsg", target=self.channel, message=text)
        reader.wait_for(rf" BATCH \+\S+ draft/multiline :?{self.channel}")
        reader.wait_for(r" BATCH :?-")
        heard = ""
        for line in reader.seen:
            match = re.match(rf"@(\S+) :{self.nick}!.* PRIVMSG {self.channel} :(.*)", line)
            if match:
                is_joined = "draft/multiline-concat" in match[1].split(";")
                heard += ("" if is_joined or not heard else "\n") + match[2]
        self.assertEqual(heard, text)
        plain.wait_for(f":{self.nick}!.* PRIVMSG {self.channel} :one$")
        row = self.wait_for_row(client, "privmsg", text)
        self.assertTrue(row["msgid"])
        self.assertEqual(len(self.rows(client)), 1)

    def test_heard(self):
        owner = self.owner(caps=self.CAPS)
        client = self.online()
        owner.send(f"BATCH +a draft/multiline {self.channel}")
        owner.send(f"@batch=a PRIVMSG {self.channel} :first,")
        owner.send(f"@batch=a;draft/multiline-concat PRIVMSG {self.channel} : still first")
        owner.send(f"@batch=a PRIVMSG {self.channel} :")
        owner.send(f"@batch=a PRIVMSG {self.channel} :third")
        owner.send("BATCH -a")
        self.wait_for_row(client, "privmsg", "first, still first\n\nthird")
        self.assertEqual(len(self.rows(client)), 1)


class Redaction(ServerCase):
    """The first in a channel, its operator, may take back what anybody said there."""

    def redaction(self, client, content):
        (row,) = client.wait_for_rows(
            "SELECT redacted_by, redaction_reason FROM messages"
            " WHERE content = ? AND redacted_at IS NOT NULL", content)
        return row

    def test_ours(self):
        client = self.online()
        reader = self.other("reader", caps=["draft/message-redaction", "message-tags"])
        reader.join(self.channel)
        self.assert_accepted(client, "privmsg", target=self.channel, message="said in haste")
        msgid = self.wait_for_row(client, "privmsg", "said in haste")["msgid"]
        self.assert_accepted(client, "redact", target=self.channel, msgid=msgid, message="sorry")
        reader.wait_for(f":{self.nick}!.* REDACT {self.channel} {msgid} :?sorry")
        self.assertEqual(self.redaction(client, "said in haste"), (self.nick, "sorry"))

    def test_theirs(self):
        owner = self.owner(caps=["draft/message-redaction", "message-tags", "echo-message"])
        client = self.online()
        owner.say(self.channel, "said in anger")
        msgid = re.search(r"msgid=([^; ]+)", owner.wait_for(" PRIVMSG .*said in anger"))[1]
        self.wait_for_row(client, "privmsg", "said in anger")
        owner.send(f"REDACT {self.channel} {msgid} :sorry")
        self.assertEqual(self.redaction(client, "said in anger"), (owner.nick, "sorry"))


class Rename(ServerCase):
    def test_channel_has_another_name(self):
        owner = self.owner(caps=["draft/channel-rename"])
        client = self.online()
        owner.say(self.channel, "in the old room")
        self.wait_for_row(client, "privmsg", "in the old room")
        new = f"{self.channel}-new"
        owner.ask(f"RENAME {self.channel} {new} :moved", f" RENAME {self.channel} {new}")
        owner.say(new, "in the new room")
        self.assertEqual(self.wait_for_row(client, "privmsg", "in the new room")["target"], new)
        self.assert_accepted(client, "privmsg", target=new, message="me too")
        owner.wait_for(f" PRIVMSG {new} :me too")
        self.assertEqual(client.query("SELECT name FROM channels WHERE joined"), [(new,)])
        self.assertEqual(client.query(
            "SELECT nickname FROM channel_users JOIN channels ON channel_id = channels.id"
            " WHERE name = ? ORDER BY nickname", new), sorted([(self.nick,), (owner.nick,)]))
        self.assertEqual(self.rows(client, "part"), [])


class Sts(ServerCase):
    def test_upgrade(self):
        self.server = self.enterContext(Ergo("sts", self.server.authority, sts="5m"))
        client = self.online(tls_ca_file=self.server.authority.file, password="only-by-tls")
        self.assertEqual(client.stop(), 0)
        self.assertEqual(client.query("SELECT host, port, duration FROM sts_policies"),
                         [("127.0.0.1", self.server.tls_port, 300)])


class History(ServerCase):
    """What was said while we were away is fetched: no hole, no double, in its place."""

    def test_gap_in_a_channel(self):
        keeper = self.keeper()  # whose lines are not slowed down
        keeper.join(self.channel)
        guest = self.other("guest")
        client = self.online(folder=self.folder())
        keeper.say(self.channel, "before 1")
        self.wait_for_row(client, "privmsg", "before 1")
        self.assert_accepted(client, "privmsg", target=self.channel, message="before 2")
        keeper.wait_for(f":{self.nick}!.* :before 2")
        self.stop(client)

        missed = [f"missed {number}" for number in range(1, 251)]  # more than one page
        for text in missed[:125]:
            keeper.say(self.channel, text)
        keeper.settle()
        guest.join(self.channel)
        guest.ask(f"PART {self.channel}", " PART ")
        for text in missed[125:]:
            keeper.say(self.channel, text)
        keeper.settle()

        client.start()
        live = [f"after {number}" for number in range(1, 101)]
        for text in live[:50]:
            keeper.say(self.channel, text)
        client.wait_for_event("joined", channel=self.channel)
        for text in live[50:]:
            keeper.say(self.channel, text)
        expected = ["before 1", "before 2", *missed, *live]
        client.wait_until("all lines", lambda: len(self.rows(client)) >= len(expected))
        self.assertEqual([row[2] for row in self.rows(client)], expected)
        places = dict(client.query(
            "SELECT CASE message_type WHEN 'privmsg' THEN content ELSE message_type END, sent_at"
            " FROM messages WHERE sender = ? OR content IN ('missed 125', 'missed 126')",
            guest.nick))
        self.assertEqual(sorted(places, key=places.get),
                         ["missed 125", "join", "part", "missed 126"], places)
        self.wait_for_members(client, self.nick, keeper.nick)
        told = [event["content"] for event in client.events
                if event["event"] == "message_received"]
        self.assertEqual([text for text in told if text.startswith(("before", "missed"))], [])

        # Once more, with nothing missed.
        self.stop(client)
        client.start()
        client.wait_for_event("joined", channel=self.channel)
        self.assert_accepted(client, "privmsg", target=self.channel, message="the last")
        client.wait_until("the last line", lambda: self.rows(client)[-1][2] == "the last")
        self.assertEqual([row[2] for row in self.rows(client)], [*expected, "the last"])
