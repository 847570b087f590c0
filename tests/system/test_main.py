# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The main job, with real IRC servers: up, heard, stored, announced, and down again."""

import time
import unittest

from connection import Connection, Follower, Spy
from host import ALICE, BOB, Host, wait_for
from irc_client import IrcClient
from irc_server import IrcServer

# What a person may wait for a line; the machine may be busy with other tests at one moment.
PROMPT = 0.1
ATTEMPTS = 5


def setUpModule():
    global host
    host = unittest.enterModuleContext(
        Host(units=["ngircd@ngircd.service", "inspircd.service"]))


class MainJob(unittest.TestCase):
    """One connection of Alice's to ngIRCd, plain."""

    @classmethod
    def setUpClass(cls):
        cls.connection = Connection(
            host, ALICE, name="test", address="irc.test", port=6667, tls=False,
            nickname="alice", channels=["#ruby"])
        cls.addClassCleanup(cls.connection.remove)
        cls.connection.start()
        cls.connection.wait_for_channel("#ruby")
        cls.bob = IrcClient(host.connect(6667), "bob")
        cls.addClassCleanup(cls.bob.quit)
        cls.bob.join("#ruby")

    def test_start_returns_when_registered(self):
        self.assertEqual(self.connection.show("ActiveState"), "active")
        self.bob.send("WHOIS alice")
        self.bob.wait_for(r" 311 bob alice ")

    def test_status_names_network_and_nick(self):
        out = host.run("systemctl", "status", self.connection.unit).out
        status = next(line for line in out.splitlines() if "Status:" in line)
        self.assertIn("TestNet", status)
        self.assertIn("alice", status)
        self.assertIn("#ruby", status)

    def test_facts_are_true(self):
        pid, path, connected_at = self.connection.facts()
        self.assertEqual(pid, int(self.connection.show("MainPID")))
        self.assertEqual(path, self.connection.socket_path)
        self.assertAlmostEqual(connected_at / 1e6, time.time(), delta=60)

    def test_words_are_stored_at_once(self):
        took = []
        for attempt in range(ATTEMPTS):
            text = f"hello {attempt}"
            began = time.monotonic()
            self.say(text)
            self.connection.wait_for_content("#ruby", text)
            took.append(time.monotonic() - began)
        self.assertLess(min(took), PROMPT, took)

    def test_row_says_who_where_and_when(self):
        self.say("what a row holds")
        self.connection.wait_for_content("#ruby", "what a row holds")
        row, = self.connection.query(
            "SELECT m.target, m.sender, m.message_type, m.is_self, c.name, m.sent_at,"
            " m.received_at FROM messages m JOIN channels c ON c.id = m.channel_id"
            " WHERE m.content = 'what a row holds'")
        self.assertEqual(row[:5], ("#ruby", row[1], "privmsg", 0, "#ruby"))
        self.assertIn("bob", row[1])
        for moment in row[5:]:
            self.assertAlmostEqual(moment / 1e6, time.time(), delta=30)

    def test_private_words_have_no_channel(self):
        self.bob.say("alice", "between us")
        wait_for("the row", lambda: self.connection.query(
            "SELECT 1 FROM messages WHERE content = 'between us' AND channel_id IS NULL"))

    def test_view_for_people(self):
        self.say("for people to read")
        self.connection.wait_for_content("#ruby", "for people to read")
        rows = self.connection.query("SELECT * FROM log")
        self.assertTrue(any("for people to read" in row for row in rows), rows[-3:])

    def test_text_of_the_network_cannot_harm(self):
        for text in ("'; DROP TABLE messages; --", "naïve — ünïcode ✓", "\x02bold\x0f and \x07"):
            with self.subTest(text):
                self.say(text)
                self.connection.wait_for_content("#ruby", text)

    def test_subscriber_is_told(self):
        with Follower(self.connection, ALICE, self.say) as follower, Spy(host) as spy:
            took = []
            for attempt in range(ATTEMPTS):
                text = f"for followers {attempt}"
                began = time.monotonic()
                self.say(text)
                signal = spy.wait_for("MessageReceived", lambda values: text in values)
                took.append(time.monotonic() - began)
                follower.wait_for(text)
            self.assertLess(min(took), PROMPT, took)
            number, target, sender, kind, content, _, _ = signal["payload"]["data"]
            self.assertEqual((target, kind, content), ("#ruby", "privmsg", text))
            self.assertIn("bob", sender)
            row = self.connection.query("SELECT content FROM messages WHERE id = ?", number)
            self.assertEqual(row, [(text,)])

    def test_nobody_else_is_told(self):
        """Neither as a broadcast nor for the asking."""
        with Follower(self.connection, ALICE, self.say) as follower, Spy(host) as spy:
            self.say("a secret")
            follower.wait_for("a secret")
            spy.wait_for("MessageReceived", lambda values: "a secret" in values)
            signals = spy.all("MessageReceived")
            self.assertTrue(all("destination" in signal for signal in signals), signals)
            self.assertEqual(len({signal["destination"] for signal in signals}), 1)
        number = str(self.connection.id)
        for words in (["follow", number], ["history", number, "#ruby"], ["status", number],
                      ["say", number, "#ruby", "forged"]):
            with self.subTest(words[0]):
                result = host.run("ircctl", *words, user=BOB, timeout=20)
                self.assertNotEqual(result.status, 0, result)
                self.assertNotIn("a secret", result.out)

    def say(self, text):
        self.bob.say("#ruby", text)

    def call(self, method, *words, user=None):
        number = self.connection.id
        return host.run("busctl", "call", f"org.ircconn1.Connection.N{number}",
                        f"/org/ircconn1/connection/{number}", "org.ircconn1.Connection", method,
                        *words, user=user)

    def test_methods_of_the_connection(self):
        self.assertEqual(self.call("Privmsg", "ss", "#ruby", "said by D-Bus", user=ALICE).status, 0)
        self.bob.wait_for("PRIVMSG #ruby :said by D-Bus")
        self.connection.wait_for_content("#ruby", "said by D-Bus")
        self.assertEqual(self.call("Join", "ss", "#perl", "", user=ALICE).status, 0)
        self.connection.wait_for_channel("#perl")
        self.assertEqual(self.call("Part", "ss", "#perl", "bye", user=ALICE).status, 0)
        wait_for("the part", lambda: not self.connection.query(
            "SELECT 1 FROM channels WHERE name = '#perl' AND joined"))
        self.assertIn("bob", self.call("GetUsers", "s", "#ruby", user=ALICE).out)
        self.assertNotEqual(self.call("Privmsg", "ss", "#ruby", "forged", user=BOB).status, 0)

    def test_members_are_tracked(self):
        def members():
            return {nick for nick, in self.connection.query(
                "SELECT nickname FROM channel_users u JOIN channels c ON c.id = u.channel_id"
                " WHERE c.name = '#ruby'")}

        wait_for("both members", lambda: {"alice", "bob"} <= members())
        carol = IrcClient(host.connect(6667), "carol")
        carol.join("#ruby")
        wait_for("carol", lambda: "carol" in members())
        carol.quit()
        wait_for("carol's leaving", lambda: "carol" not in members())

    def test_journal_tells_the_life(self):
        number = self.connection.id
        out = host.journal(f"IRC_SERVER={number}")
        self.assertIn("Connected to", out)
        self.assertIn("#ruby", out)
        for message_id in ("6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d02", "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d06"):
            self.assertTrue(host.journal(f"IRC_SERVER={number}", f"MESSAGE_ID={message_id}"))
        self.assertIn(f"IRC connection {number} is up", host.journal("-x", f"IRC_SERVER={number}"))
        self.assertTrue(host.journal(f"IRC_SERVER={number}", "IRC_CHANNEL=#ruby"))

    def test_socket_belongs_to_the_owner(self):
        status = host.path(self.connection.socket_path).stat()
        self.assertEqual((status.st_mode & 0o777, status.st_uid), (0o600, ALICE.uid))


class Servers(unittest.TestCase):
    """Other servers, other ways to them: each is reached, speaks and hears."""

    def speak_and_hear(self, others_port, **keys):
        connection = Connection(host, ALICE, address="irc.test", channels=["#talk"], **keys)
        self.addCleanup(connection.remove)
        connection.start()
        connection.wait_for_channel("#talk")
        other = IrcClient(host.connect(others_port), f"bob{connection.id}")
        self.addCleanup(other.quit)
        other.join("#talk")
        other.say("#talk", "do you hear me?")
        connection.wait_for_content("#talk", "do you hear me?")
        answer = connection.command(command="privmsg", target="#talk", message="I do")
        self.assertTrue(answer["ok"], answer)
        other.wait_for("PRIVMSG #talk :I do")
        return connection

    def test_ngircd_by_tls(self):
        self.speak_and_hear(6667, port=6697, nickname="by-tls")

    def test_inspircd(self):
        connection = self.speak_and_hear(6660, port=6660, tls=False, nickname="plain")
        self.assertIn("InspNet", connection.show("StatusText"))

    def test_inspircd_by_tls(self):
        self.speak_and_hear(6660, port=6690, nickname="secure")

    def test_pinned_certificate(self):
        """A pin that matches replaces the authority that nobody trusts."""
        out = host.check("sh", "-c", "openssl x509 -in /etc/irc-test/bad.crt -outform DER"
                         " | sha256sum")
        host.check("systemctl", "start", "ngircd@ngircd-bad.service")
        self.speak_and_hear(6668, port=6698, nickname="pinned",
                            tls_pin=["sha256:" + out.split()[0]])

    def test_sasl_plain(self):
        with IrcServer(host, certificate="good", password="open sesame") as server:
            connection = Connection(host, ALICE, address="irc.test", port=server.port,
                                    nickname="alice", sasl_account="alice",
                                    sasl_mechanisms=["PLAIN"])
            self.addCleanup(connection.remove)
            secret = b"open sesame"
            connection.manage("SetCredential", "usay", connection.id, "sasl-password",
                              len(secret), *secret)
            connection.start()
            self.assertEqual(server.peer().nick, "alice")
            self.assertTrue(server.peer().wait_for("AUTHENTICATE PLAIN"))
            self.assertNotIn("sesame", host.journal())

    def test_sasl_by_systemd_credential(self):
        """The unit's credential goes before the one in the database."""
        with IrcServer(host, certificate="good", password="from systemd") as server:
            connection = Connection(host, ALICE, address="irc.test", port=server.port,
                                    nickname="alice", sasl_account="alice",
                                    sasl_mechanisms=["PLAIN"])
            self.addCleanup(connection.remove)
            store = host.path("/etc/credstore")
            store.mkdir(mode=0o700, exist_ok=True)
            secret = store / f"irc-conn.{connection.id}.sasl-password"
            secret.write_text("from systemd")
            self.addCleanup(secret.unlink)
            connection.start()
            self.assertTrue(server.peer().is_registered)
