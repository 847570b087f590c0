# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The same in a user's own manager and on the session bus, without privileges."""

import unittest

from connection import Connection, Follower
from host import ALICE, Host, wait_for
from irc_client import IrcClient
from irc_server import IrcServer


def setUpModule():
    global host
    host = unittest.enterModuleContext(Host(units=["ngircd@ngircd.service"]))
    host.start_user(ALICE)


class UserManager(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.connection = Connection(
            host, ALICE, is_users=True, address="irc.test", port=6667, tls=False,
            nickname="alice", channels=["#ruby"])
        cls.addClassCleanup(cls.connection.remove)
        cls.connection.start()
        cls.connection.wait_for_channel("#ruby")
        cls.bob = IrcClient(host.connect(6667), "bob")
        cls.addClassCleanup(cls.bob.quit)
        cls.bob.join("#ruby")

    def test_status_names_network_and_nick(self):
        status = self.connection.show("StatusText")
        self.assertIn("TestNet", status)
        self.assertIn("alice", status)

    def test_words_are_stored_and_told(self):
        with Follower(self.connection, ALICE,
                      lambda text: self.bob.say("#ruby", text)) as follower:
            self.bob.say("#ruby", "hello at home")
            self.connection.wait_for_content("#ruby", "hello at home")
            follower.wait_for("hello at home")

    def test_commands(self):
        answer = self.connection.command(command="privmsg", target="#ruby", message="from home")
        self.assertTrue(answer["ok"], answer)
        self.bob.wait_for("PRIVMSG #ruby :from home")

    def test_everything_is_the_users(self):
        for path in (self.connection.socket_path, f"{self.connection.folder}/irc.db"):
            with self.subTest(path):
                status = host.path(path).stat()
                self.assertEqual((status.st_uid, status.st_mode & 0o077), (ALICE.uid, 0))
        uid = host.check("stat", "-c", "%u", f"/proc/{self.connection.show('MainPID')}")
        self.assertEqual(int(uid), ALICE.uid)

    def test_nothing_is_the_systems(self):
        self.assertNotIn(".sock", host.check("ls", "/run/irc-conn"))
        self.assertEqual(host.check("ls", "/var/lib/irc-conn/servers").split(), [])

    def test_journal_tells_the_life(self):
        out = host.journal(f"IRC_SERVER={self.connection.id}", f"_UID={ALICE.uid}")
        self.assertIn("Connected to", out)

    def test_state_home_is_honoured(self):
        """$XDG_STATE_HOME of the user's manager says where things are kept."""
        self.assertTrue(host.path(f"{ALICE.home}/.local/state/irc-conn/servers").is_dir())


class UserLife(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(IrcServer(host))
        self.connection = Connection(
            host, ALICE, is_users=True, address="127.0.0.1", port=self.server.port, tls=False,
            nickname="alice", channels=["#ruby"])
        self.addCleanup(self.connection.remove)

    def test_connect_and_disconnect(self):
        self.connection.manage("Connect", "u", self.connection.id)
        peer = self.server.peer()
        self.assertIn(self.connection.id, self.connection.manage("Status")[0]["connections"])
        self.connection.manage("Disconnect", "us", self.connection.id, "good night")
        peer.wait_for("^QUIT :good night$")
        self.assertEqual(self.connection.facts(), (None, None, None))
        self.assertFalse(host.path(self.connection.socket_path).exists())

    def test_kill_keeps_the_link(self):
        self.connection.start()
        self.connection.wait_for_channel("#ruby")
        peer = self.server.peer()
        self.connection.kill()
        peer.send(":keeper!user@test PRIVMSG #ruby :after the kill")
        self.connection.wait_for_content("#ruby", "after the kill", 30)
        self.assertEqual(len(self.server.peers), 1)

    def test_health_check(self):
        host.check("systemctl", "--user", "start", "irc-health.service", user=ALICE)
        self.assertEqual(host.show("irc-health.service", "Result", user=ALICE), "success")

    def test_target_stops_all(self):
        self.connection.start()
        host.check("systemctl", "--user", "stop", "irc-conn.target", user=ALICE)
        wait_for("the end", lambda: self.connection.show("ActiveState") == "inactive")
