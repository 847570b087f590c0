# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""What holds on every real server: each server's file takes these cases and adds its own."""

import itertools
import re
import tempfile
import unittest

from certificates import Authority
from standalone import PATIENCE, Standalone

HOUR = 3600 * 1000000


class ServerCase(unittest.TestCase):
    """On `server`, which the module starts. Each case has a nickname and a channel of its own."""

    server = None
    numbers = itertools.count(1)

    def setUp(self):
        number = next(self.numbers)
        self.nick, self.channel = f"ada{number}", f"#room{number}"

    def other(self, name="bob", **options):
        """Somebody else."""
        return self.enterContext(
            self.server.person(f"{name}{next(self.numbers)}", **options))

    def owner(self, **options):
        """Somebody else, who is in our channel first and so its operator."""
        owner = self.other("owner", **options)
        owner.join(self.channel)
        return owner

    def keeper(self):
        return self.enterContext(self.server.keeper(f"keeper{next(self.numbers)}"))

    def client(self, **keys):
        """Ours, just started."""
        keys = {"nickname": self.nick, "reconnect": False, **keys}
        keys.setdefault("port", self.server and self.server.port)
        return self.enterContext(Standalone(**keys))

    def online(self, **keys):
        """Ours, once it is in our channel (`channels`: in those, or none)."""
        keys.setdefault("channels", [self.channel])
        client = self.client(**keys)
        for channel in keys["channels"]:
            client.wait_for_event("joined", channel=channel)
        if not keys["channels"]:
            client.wait_for_event("ready")
        return client

    def secure(self, **keys):
        """The keys of a connection by TLS."""
        return {"port": self.server.tls_port, "tls": True,
                "tls_ca_file": self.server.authority.file, **keys}

    def folder(self):
        """Where a client keeps its database for another start."""
        return self.enterContext(tempfile.TemporaryDirectory(prefix="irc-conn-state-"))

    def stop(self, client):
        """Until it is started again: for a client that was given a folder."""
        self.assertEqual(client.stop(), 0)
        client.end()

    # What is asserted

    def assert_ends(self, client, status, code):
        """It ends by itself, and says why; answers the words that the database has."""
        self.assertEqual(client.wait(), status, client.describe())
        (stored, words), = client.query("SELECT last_error_code, last_error FROM servers")
        self.assertEqual(stored, code, words)
        return words

    def assert_accepted(self, client, command, **keys):
        answer = client.ask(command, **keys)
        self.assertTrue(answer["ok"], answer)
        return answer

    def rows(self, client, message_type="privmsg"):
        """(target, sender, content, is_self) of each, in their order."""
        return client.query("SELECT target, sender, content, is_self FROM messages"
                            " WHERE message_type = ? ORDER BY sent_at, id", message_type)

    def wait_for_row(self, client, message_type, content):
        """The one row of that type and content, as a dictionary."""
        names = ("id", "target", "sender", "source", "account", "content", "is_self", "msgid",
                 "sent_at", "received_at")
        rows = client.wait_for_rows(
            f"SELECT {', '.join(names)} FROM messages WHERE message_type = ? AND content = ?",
            message_type, content)
        self.assertEqual(len(rows), 1, rows)
        return dict(zip(names, rows[0]))

    def wait_for_members(self, client, *nicknames):
        """Until the channel has exactly these."""
        expected = {nickname.lower() for nickname in nicknames}
        client.wait_until(f"members {expected}", lambda: expected == {
            nickname.lower() for nickname, in client.query(
                "SELECT nickname FROM channel_users JOIN channels ON channel_id = channels.id"
                " WHERE name = ?", self.channel)})


class TalkCases:
    """Saying and hearing."""

    def test_conversation(self):
        owner = self.owner()
        client = self.online()
        owner.say(self.channel, "grüß dich \x02Ada\x02 ✓")
        heard = client.wait_for_event("message_received", message_type="privmsg")
        self.assert_accepted(client, "privmsg", target=self.channel, message="und dich, Bob …")
        self.assert_accepted(client, "notice", target=owner.nick, message="in private")
        owner.wait_for(f"^:{self.nick}!.* PRIVMSG {self.channel} :und dich, Bob …$")
        owner.wait_for(f"^:{self.nick}!.* NOTICE {owner.nick} :in private$")
        owner.say(self.nick, "\x01ACTION nods\x01")
        action = self.wait_for_row(client, "action", "nods")

        self.assertEqual((heard["target"], heard["sender"], heard["is_self"]),
                         (self.channel, owner.nick, False))
        self.assertEqual(self.rows(client), [
            (self.channel, owner.nick, "grüß dich \x02Ada\x02 ✓", 0),
            (self.channel, self.nick, "und dich, Bob …", 1)])
        self.assertEqual((action["target"], action["sender"]), (self.nick, owner.nick))
        said = self.wait_for_row(client, "notice", "in private")
        self.assertEqual((said["target"], said["is_self"]), (owner.nick, 1))
        self.assertLess(abs(said["sent_at"] - said["received_at"]), HOUR)
        self.assertEqual(client.stop(), 0)

    def test_long_text_arrives_whole(self):
        owner = self.owner()
        client = self.online()
        words = [f"wörd{number}" for number in range(150)]
        self.assert_accepted(client, "privmsg", target=self.channel, message=" ".join(words))
        heard = []
        while len(heard) < len(words):
            line = owner.wait_for(f" PRIVMSG {self.channel} ", PATIENCE)
            self.assertLessEqual(len(line.encode()), 510)
            heard += line.split(f"PRIVMSG {self.channel} :", 1)[1].split()
        self.assertEqual(heard, words)

    def test_two_people_change_the_channel(self):
        owner = self.owner()
        client = self.online()
        self.wait_for_members(client, self.nick, owner.nick)
        guest = self.other("guest")
        guest.join(self.channel)
        self.wait_for_members(client, self.nick, owner.nick, guest.nick)
        owner.send(f"TOPIC {self.channel} :on trial")
        client.wait_for_event("topic_changed", topic="on trial")
        owner.send(f"MODE {self.channel} +v {self.nick}")
        self.wait_for_row(client, "mode", f"+v {self.nick}")
        self.assertEqual(client.query("SELECT prefixes FROM channel_users WHERE nickname = ?",
                                      self.nick), [("+",)])
        renamed = f"{guest.nick}new"
        guest.send(f"NICK {renamed}")
        self.wait_for_row(client, "nick", renamed)
        self.wait_for_members(client, self.nick, owner.nick, renamed)
        guest.send(f"PART {self.channel} :enough")
        self.wait_for_members(client, self.nick, owner.nick)
        self.assertEqual(client.query("SELECT topic FROM channels WHERE name = ?", self.channel),
                         [("on trial",)])


    def test_questions_of_clients(self):
        asker = self.other("asker")
        client = self.online()
        asker.say(self.nick, "\x01PING 12345\x01")
        asker.wait_for(f":{self.nick}!.* NOTICE {asker.nick} :\x01PING 12345\x01")
        asker.say(self.nick, "\x01VERSION\x01")
        asker.wait_for(f":{self.nick}!.* NOTICE {asker.nick} :\x01VERSION irc-conn")
        self.assertEqual(client.stop(), 0)


class BotCases:
    def test_bot(self):
        asker = self.other("asker")
        self.online(bot=True)
        asker.ask(f"WHOIS {self.nick}", f" 335 {asker.nick} {self.nick} ")


class RefusalCases:
    """Kicks, bans of channels, invitations; operators who do not want us."""

    def test_kick(self):
        owner = self.owner()
        client = self.online()
        owner.send(f"KICK {self.channel} {self.nick} :out of here")
        event = client.wait_for_event("kicked", channel=self.channel)
        self.assertEqual((event["by"], event["reason"]), (owner.nick, "out of here"))
        self.wait_for_row(client, "kick", f"{self.nick} out of here")
        self.assertEqual(client.query("SELECT joined FROM channels WHERE name = ?", self.channel),
                         [(0,)])
        self.assertEqual(client.query("SELECT channel, is_permanent FROM blocklist"),
                         [(self.channel, 1)])

    def test_ban_in_a_channel(self):
        owner = self.owner()
        owner.send(f"MODE {self.channel} +b {self.nick}!*@*")
        owner.wait_for(f" MODE {self.channel} ")
        client = self.online(channels=[])
        client.ask("join", channel=self.channel)
        error = client.wait_for_event("error", code="474")
        self.assertIn(self.channel, error["message"])
        self.assertEqual(client.query("SELECT count(*) FROM channels WHERE joined"), [(0,)])

    def test_invitation(self):
        owner = self.owner()
        owner.send(f"MODE {self.channel} +i")
        owner.wait_for(f" MODE {self.channel} ")
        client = self.online(channels=[])
        client.ask("join", channel=self.channel)
        client.wait_for_event("error", code="473")
        owner.send(f"INVITE {self.nick} {self.channel}")
        event = client.wait_for_event("invited", channel=self.channel)
        self.assertEqual(event["by"], owner.nick)
        self.assertEqual(self.rows(client, "invite"),
                         [(self.nick, owner.nick, self.channel, 0)])
        self.assert_accepted(client, "join", channel=self.channel)
        client.wait_for_event("joined", channel=self.channel)

    def test_kill(self):
        keeper = self.keeper()
        client = self.online()
        keeper.send(f"KILL {self.nick} :enough of you")
        self.assertIn("enough of you", self.assert_ends(client, 69, "killed"))
        self.assertEqual(client.query("SELECT joined FROM channels"), [(0,)])
        self.assertEqual(client.query("SELECT count(*) FROM channel_users"), [(0,)])


class NicknameCases:
    """The nickname that is taken, and free again: who shares a channel with us is seen to leave."""

    def test_taken_and_got_back(self):
        thief = self.enterContext(self.server.person(self.nick))
        thief.join(self.channel)
        spare = f"{self.nick}x"
        client = self.online(alt_nicknames=[spare])
        self.wait_for_members(client, spare, self.nick)
        thief.quit()
        client.wait_for_event("nick_changed", nickname=self.nick)
        self.wait_for_members(client, self.nick)
        self.assertEqual(self.rows(client, "nick")[-1][1:], (spare, self.nick, 1))
        self.assert_accepted(client, "privmsg", target=self.channel, message="me again")
        self.assertEqual(self.wait_for_row(client, "privmsg", "me again")["sender"], self.nick)


class MonitorCases(NicknameCases):
    """Where a server tells of others, too, when they leave."""

    def test_got_back_from_a_stranger(self):
        thief = self.enterContext(self.server.person(self.nick))
        spare = f"{self.nick}x"
        client = self.online(alt_nicknames=[spare])
        client.wait_until("MONITOR", lambda: f"> MONITOR + {self.nick}" in client.trace)
        thief.send(f"NICK {self.nick}thief")
        client.wait_for_event("nick_changed", nickname=self.nick)
        self.wait_for_members(client, self.nick)
        client.wait_until("MONITOR", lambda: f"> MONITOR - {self.nick}" in client.trace)


class BanCases:
    """Bans from the whole server. A server's cases say how theirs are made: ban(keeper, words)."""

    def test_ban_while_on(self):
        keeper = self.keeper()
        client = self.online(username=self.nick)
        self.ban(keeper, "no more of you")
        self.assert_banned(client)

    def assert_banned(self, client):
        self.assert_ends(client, 77, "banned")
        self.assertEqual(client.query("SELECT channel, is_permanent FROM blocklist"), [(None, 1)])


class BanAtConnectCases(BanCases):
    """Where those who come from the loopback are not spared."""

    def test_ban_at_connect(self):
        keeper = self.keeper()
        self.ban(keeper, "no more of you")
        self.assert_banned(self.client(username=self.nick, reconnect=True))


class NetsplitCases:
    """Two servers that lose and find each other: `server` and `leaf`, by split_servers() and
    join_servers()."""

    def test_netsplit_and_netjoin(self):
        owner = self.owner()
        self.join_servers()
        client = self.online()
        remote = [self.enterContext(self.leaf.person(f"{name}{next(self.numbers)}"))
                  for name in ("carol", "dave")]
        for person in remote:
            person.join(self.channel)
        names = [person.nick for person in remote]
        self.wait_for_members(client, self.nick, owner.nick, *names)

        self.split_servers()
        self.wait_for_members(client, self.nick, owner.nick)
        self.assert_split(client, names)
        self.assertEqual(self.rows(client, "quit"), [])

        self.join_servers()
        self.wait_for_members(client, self.nick, owner.nick, *names)
        remote[0].say(self.channel, "back again")
        self.wait_for_row(client, "privmsg", "back again")

    def assert_split(self, client, names):
        """As one event; several if we did not read it at once, since no server here has a batch for
        it."""
        def split_names():
            rows = self.rows(client, "netsplit")
            self.assertLessEqual(len(rows), len(names), rows)
            for target, _, content, _ in rows:
                self.assertEqual(target, self.channel)
                self.assertIn(self.leaf.server_name, content.split(": ")[0])
            return sorted(name for row in rows for name in row[2].split(": ")[1].split())

        client.wait_until("the netsplit's row", lambda: split_names() == sorted(names))


class LabelCases:
    """An answer is the server's; what was said is what it echoed."""

    def test_accepted(self):
        owner = self.owner(caps=["message-tags"])
        client = self.online()
        answer = self.assert_accepted(client, "privmsg", target=self.channel, message="echoed")
        line = owner.wait_for(f" PRIVMSG {self.channel} :echoed")
        row = self.wait_for_row(client, "privmsg", "echoed")
        self.assertEqual((row["is_self"], row["msgid"]),
                         (1, re.search(r"msgid=([^; ]+)", line)[1]), answer)
        self.assertEqual(len(self.rows(client)), 1)

    def test_moderated_channel(self):
        owner = self.owner()
        owner.carry_out(f"MODE {self.channel} +m")
        client = self.online()
        self.assert_refused(client, "404", target=self.channel, message="not heard")
        owner.send(f"MODE {self.channel} -m")
        self.wait_for_row(client, "mode", "-m")
        self.assert_accepted(client, "privmsg", target=self.channel, message="heard")
        owner.wait_for(f" PRIVMSG {self.channel} :heard")
        self.assertEqual([line for line in owner.seen if "not heard" in line], [])
        self.assertEqual(client.query(
            "SELECT count(*) FROM messages WHERE content = 'not heard'"
            " AND coalesce(delivery, '') <> 'failed'"), [(0,)])

    def test_nobody_there(self):
        self.assert_refused(self.online(), "401", target="nobody-there", message="hello?")

    def test_join_that_is_refused(self):
        owner = self.owner()
        owner.carry_out(f"MODE {self.channel} +i")
        client = self.online(channels=[])
        answer = client.ask("join", channel=self.channel)
        self.assertEqual((answer["ok"], answer.get("error")), (False, "refused"), answer)
        self.assertIn("473", str(answer))

    def assert_refused(self, client, code, **keys):
        answer = client.ask("privmsg", **keys)
        self.assertEqual((answer["ok"], answer.get("error")), (False, "refused"), answer)
        self.assertIn(code, str(answer))

    def test_away(self):
        owner = self.owner()
        client = self.online(away_message="gone fishing")
        self.assertIn("gone fishing", owner.ask(f"WHOIS {self.nick}", " (301|318) "))
        owner.settle()
        self.assert_accepted(client, "away")
        owner.ask(f"WHOIS {self.nick}", " 311 ")
        self.assertIn(" 318 ", owner.wait_for(" (301|318) "))


class TlsCases:
    """Whom we believe to be the server."""

    def test_own_authority(self):
        owner = self.owner()
        client = self.online(**self.secure())
        self.assert_accepted(client, "privmsg", target=self.channel, message="in secret")
        owner.wait_for(f" PRIVMSG {self.channel} :in secret")
        self.assertEqual(client.stop(), 0)

    def test_unknown_authority(self):
        stranger = Authority(self.server.folder, f"stranger-{self.nick}")
        self.assert_refused(tls_ca_file=stranger.file)

    def test_unknown_to_the_machine(self):
        self.assert_refused(tls_ca_file=None)

    def test_wrong_name(self):
        self.assert_refused(address="localhost")

    def test_pin(self):
        pin = f"sha256:{self.server.certificate.fingerprint}"
        client = self.online(**self.secure(address="localhost", tls_ca_file=None, tls_pin=[pin]))
        self.assertEqual(client.stop(), 0)

    def test_wrong_pin(self):
        self.assert_refused(tls_pin=["sha256:" + "00" * 32])

    def assert_refused(self, **keys):
        client = self.client(**self.secure(password="a secret", **keys))
        self.assertRegex(self.assert_ends(client, 69, "tls"), "certificate")
        self.assertEqual([line for line in client.trace if line.startswith(">")], [])
