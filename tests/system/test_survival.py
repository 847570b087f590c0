# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The link outlives the process, every line is stored exactly once, and connections are apart."""

import random
import time
import unittest

from connection import Connection
from host import ALICE, Host, wait_for
from irc_client import IrcClient
from irc_server import IrcServer, Stream

KILLS = 50
LINES = 100_000
MANY = 25

WATCHDOG = {"/etc/systemd/system/irc-conn@.service.d/watchdog.conf": "[Service]\nWatchdogSec=2\n"}


def setUpModule():
    global host
    host = unittest.enterModuleContext(
        Host(units=["ngircd@ngircd.service"], files=WATCHDOG))


class Kept(unittest.TestCase):
    """Over plain TCP the server notices nothing."""

    def setUp(self):
        self.server = self.enterContext(IrcServer(host))
        self.connection = Connection(host, ALICE, address="127.0.0.1", port=self.server.port,
                                     tls=False, nickname="alice", channels=["#ruby"])
        self.addCleanup(self.connection.remove)
        self.connection.start()
        self.peer = self.server.peer()
        self.connection.wait_for_channel("#ruby")

    def wait_for_new_process(self, old):
        return wait_for("another process", lambda: (
            self.connection.show("ActiveState") == "active" and
            self.connection.show("MainPID") not in (old, "0")), 30)

    def assert_kept(self):
        self.assertEqual(len(self.server.peers), 1)
        self.assertFalse(self.peer.is_closed)
        said = list(self.peer.seen)
        self.assertEqual(len([line for line in said if line.startswith("NICK")]), 1, said)
        self.assertFalse([line for line in said if line.startswith("QUIT")], said)

    def assert_alive(self):
        text = f"alive {time.monotonic()}"
        self.peer.send(f":keeper!user@test PRIVMSG #ruby :{text}")
        self.connection.wait_for_content("#ruby", text)
        answer = self.connection.command(command="privmsg", target="#ruby", message=f"yes: {text}")
        self.assertTrue(answer["ok"], answer)
        self.peer.wait_for(f"PRIVMSG #ruby :yes: {text}")

    def test_kill(self):
        pid = self.connection.show("MainPID")
        self.connection.kill()
        self.wait_for_new_process(pid)
        self.assert_alive()
        self.assert_kept()
        self.assertIn("#ruby", self.connection.show("StatusText"))

    def test_restart(self):
        pid = self.connection.show("MainPID")
        self.connection.systemctl("restart", self.connection.unit)
        self.wait_for_new_process(pid)
        self.assert_alive()
        self.assert_kept()

    def test_reexecution_of_systemd(self):
        pid = self.connection.show("MainPID")
        host.run("systemctl", "daemon-reexec")
        self.assertEqual(self.connection.show("MainPID"), pid)
        self.connection.kill()
        self.wait_for_new_process(pid)
        self.assert_alive()
        self.assert_kept()

    def test_hung_process_is_replaced(self):
        pid = self.connection.show("MainPID")
        self.connection.kill("STOP")
        self.wait_for_new_process(pid)
        self.assert_alive()
        self.assert_kept()
        self.assertIn("watchdog", host.journal("-u", self.connection.unit).lower())

    def test_words_while_it_was_away(self):
        self.connection.kill("STOP")
        for number in range(100):
            self.peer.send(f":keeper!user@test PRIVMSG #ruby :meanwhile {number}")
        self.connection.kill()
        self.connection.wait_for_content("#ruby", "meanwhile 99", 30)
        said = [text for text in self.connection.contents("#ruby") if "meanwhile" in text]
        self.assertEqual(said, [f"meanwhile {number}" for number in range(100)])

    def test_closed_while_it_was_away(self):
        """The server's last words are stored, and the dead link is not taken up again."""
        self.connection.kill("STOP")
        self.peer.send(":keeper!user@test PRIVMSG #ruby :last words")
        self.peer.close()
        self.connection.kill()
        self.connection.wait_for_content("#ruby", "last words", 30)
        self.server.peer(2, timeout=30)
        self.connection.wait_for_channel("#ruby")
        self.assertEqual(self.connection.contents("#ruby").count("last words"), 1)

    def test_stop_and_start_is_a_new_link(self):
        self.connection.stop()
        self.peer.wait_for("^QUIT")
        self.connection.start()
        self.server.peer(2)

    def test_exactly_once_over_kills(self):
        """Numbered lines stream in while the process is killed at random moments."""
        # On a busy machine some processes die before they have stored anything: that is no reason
        # here to block the connection.
        drop_in = host.path("/etc/irc-conn/irc-conn.conf.d/kills.conf")
        drop_in.parent.mkdir(parents=True, exist_ok=True)
        drop_in.write_text("[Connections]\nRestartLimit=1000\n")
        self.addCleanup(drop_in.unlink)
        dice = random.Random(7)
        stream = Stream(self.peer, "#ruby")
        for kill in range(1, KILLS + 1):
            stream.allow(LINES * kill // KILLS)
            time.sleep(dice.uniform(0, 0.15))  # the moment is the test's chance, not a wait
            self.connection.kill()
        wait_for("the last line", lambda: self.connection.query(
            "SELECT 1 FROM messages WHERE content = ?", f"line {LINES}"), 120, interval=0.2)
        self.assertIsNone(stream.error)

        count, distinct = self.connection.query(
            "SELECT count(*), count(DISTINCT content) FROM messages WHERE content LIKE 'line %'")[0]
        self.assertEqual((count, distinct), (LINES, LINES))
        numbers = self.connection.query(
            "SELECT substr(content, 6) FROM messages WHERE content LIKE 'line %' ORDER BY id")
        self.assertEqual([int(number) for number, in numbers], list(range(1, LINES + 1)))
        self.assert_kept()


class Apart(unittest.TestCase):
    """Connections to one ngIRCd."""

    def connect(self, nick):
        connection = Connection(host, ALICE, address="127.0.0.1", port=6667, tls=False,
                                nickname=nick, channels=["#ruby"])
        self.addCleanup(connection.remove)
        return connection

    def test_one_killed_the_other_unharmed(self):
        one, other = self.connect("one").start(), self.connect("two").start()
        for connection in (one, other):
            connection.wait_for_channel("#ruby")
        pid, since = other.show("MainPID"), other.facts()[2]
        one.kill()
        bob = IrcClient(host.connect(6667), "bob")
        self.addCleanup(bob.quit)
        bob.join("#ruby")
        bob.say("#ruby", "are you both here?")
        other.wait_for_content("#ruby", "are you both here?")
        one.wait_for_content("#ruby", "are you both here?", 30)
        self.assertEqual((other.show("MainPID"), other.facts()[2]), (pid, since))
        self.assertEqual(other.show("NRestarts"), "0")

    def test_many_at_once(self):
        connections = [self.connect(f"many{number}") for number in range(MANY)]
        host.check("systemctl", "start", *(connection.unit for connection in connections))
        for connection in connections:
            connection.wait_for_channel("#ruby")
        bob = IrcClient(host.connect(6667), "bob25")
        self.addCleanup(bob.quit)
        bob.join("#ruby")
        bob.say("#ruby", "hello to all")
        for connection in connections:
            connection.wait_for_content("#ruby", "hello to all")
        self.assertEqual(connections[0].manage("Status")[0]["connected"], MANY)

        host.check("systemctl", "stop", "irc-conn.target")
        for connection in connections:
            wait_for("its end", lambda: connection.show("ActiveState") == "inactive")
            self.assertEqual(connection.facts(), (None, None, None))
