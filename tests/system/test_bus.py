# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The controller: activated by D-Bus, unprivileged, and nothing depends on it."""

import unittest

from connection import Connection, Spy, call_manager
from host import ALICE, BOB, Host, wait_for
from irc_server import IrcServer


def setUpModule():
    global host
    host = unittest.enterModuleContext(Host())


class Manager(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(IrcServer(host))
        self.connection = Connection(
            host, ALICE, name="scripted", address="127.0.0.1", port=self.server.port, tls=False,
            nickname="alice", channels=["#ruby"])
        self.addCleanup(self.connection.remove)

    def connect(self):
        self.connection.manage("Connect", "u", self.connection.id)
        return self.server.peer()

    def stop_controller(self):
        host.run("systemctl", "kill", "--signal=KILL", "irc-controller.service")
        wait_for("the controller's end", lambda: host.show(
            "irc-controller.service", "ActiveState") in ("inactive", "failed"))

    def test_connect_by_activation(self):
        self.stop_controller()
        peer = self.connect()
        self.assertTrue(peer.is_registered)
        self.assertEqual(self.connection.show("ActiveState"), "active")

    def test_connect_twice_is_one_connection(self):
        self.connect()
        self.connection.manage("Connect", "u", self.connection.id)
        self.assertEqual(len(self.server.peers), 1)

    def test_status_counts(self):
        before = self.connection.manage("Status")[0]
        self.assertNotIn(self.connection.id, before["connections"])
        self.connect()
        after = self.connection.manage("Status")[0]
        self.assertIn(self.connection.id, after["connections"])
        self.assertEqual(after["connected"], before["connected"] + 1)
        self.assertEqual(after["total"], before["total"])

    def test_status_of_one(self):
        self.connect()
        # The server names its network after the welcome.
        wait_for("the network", lambda: self.connection.server_status().get("network"))
        status = self.connection.server_status()
        self.assertEqual(
            (status["state"], status["nickname"], status["network"], status["pid"]),
            ("connected", "alice", "ScriptedNet", int(self.connection.show("MainPID"))))

    def test_disconnect(self):
        peer = self.connect()
        self.connection.manage("Disconnect", "us", self.connection.id, "good night")
        peer.wait_for("^QUIT :good night$")
        self.assertEqual(self.connection.show("ActiveState"), "inactive")
        self.assertEqual(self.connection.facts(), (None, None, None))
        self.assertEqual(self.connection.query("SELECT 1 FROM channels WHERE joined"), [])
        self.assertEqual(self.connection.query("SELECT 1 FROM channel_users"), [])
        self.assertFalse(host.path(self.connection.socket_path).exists())

    def test_disconnected_stays_so(self):
        """Neither the health check nor a stray command brings it back."""
        self.connect()
        self.connection.manage("Disconnect", "us", self.connection.id, "")
        self.connection.manage("HealthCheck")
        self.assertEqual(self.connection.show("ActiveState"), "inactive")
        self.assertEqual(len(self.server.peers), 1)

    def test_restart_keeps_the_link(self):
        self.connect()
        pid = self.connection.show("MainPID")
        self.connection.manage("Restart", "u", self.connection.id)
        self.assertNotEqual(self.connection.show("MainPID"), pid)
        self.assertEqual(len(self.server.peers), 1)
        self.assertFalse(self.server.peers[0].is_closed)

    def test_killed_controller_disturbs_nobody(self):
        peer = self.connect()
        pid = self.connection.show("MainPID")
        self.stop_controller()
        peer.send(":keeper!user@test PRIVMSG #ruby :still here?")
        self.connection.wait_for_content("#ruby", "still here?")
        self.assertEqual(self.connection.show("MainPID"), pid)
        self.assertEqual(self.connection.server_status()["state"], "connected")

    def test_state_changes_are_announced(self):
        with Spy(host) as spy:
            self.connect()
            spy.wait_for("StateChanged", lambda values: "connected" in values)
            self.connection.stop()
            spy.wait_for("StateChanged", lambda values: "disconnected" in values)

    def test_objects(self):
        out = host.check("busctl", "tree", "org.ircconn1")
        self.assertIn(f"/org/ircconn1/server/{self.connection.id}", out)
        state = host.check("busctl", "get-property", "org.ircconn1",
                           f"/org/ircconn1/server/{self.connection.id}", "org.ircconn1.Server",
                           "State")
        self.assertEqual(state.strip(), 's "disconnected"')

    def test_update(self):
        self.connection.manage("UpdateServer", "ua{sv}", self.connection.id, 1, "nickname", "s",
                               "other")
        self.assertEqual(self.connect().nick, "other")

    def test_secrets_do_not_come_back(self):
        secret = b"not for anybody"
        self.connection.manage("SetCredential", "usay", self.connection.id, "server-password",
                               len(secret), *secret)
        self.connect().wait_for("^PASS :?not for anybody$")
        shown = [host.check("busctl", "introspect", "org.ircconn1",
                            f"/org/ircconn1/server/{self.connection.id}"),
                 str(self.connection.server_status()), host.journal(),
                 host.check("systemctl", "status", self.connection.unit),
                 host.check("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")]
        self.assertNotIn("not for anybody", "".join(shown))

    def test_stale_is_cleared(self):
        """A record that says "connected" without a process, as a power cut leaves it."""
        host.check("sqlite3", f"{self.connection.folder}/irc.db",
                   "UPDATE servers SET connected_at = 1, process_pid = 4194303,"
                   f" socket_path = '/x', wanted = 0 WHERE id = {self.connection.id}")
        cleared = self.connection.manage("HealthCheck")[0]
        self.assertEqual(cleared, [self.connection.id])
        self.assertEqual(self.connection.facts(), (None, None, None))
        self.assertEqual(self.connection.manage("HealthCheck")[0], [])

    def test_wanted_one_is_started(self):
        peer = self.connect()
        self.connection.kill("TERM")
        self.connection.wait_until("inactive")
        self.assertTrue(peer.is_closed)
        self.connection.manage("HealthCheck")
        self.server.peer(2)

    def test_timer_checks(self):
        host.check("systemctl", "start", "irc-health.service")
        self.assertEqual(host.show("irc-health.service", "Result"), "success")


class Access(unittest.TestCase):
    """Alice's connection, and what Bob may do with it: nothing."""

    def setUp(self):
        self.server = self.enterContext(IrcServer(host))
        self.connection = Connection(host, address="127.0.0.1", port=self.server.port, tls=False,
                                     nickname="root")
        self.addCleanup(self.connection.remove)

    def test_others_are_refused(self):
        number = self.connection.id
        for method, words in (
                ("Connect", ["u", number]), ("Disconnect", ["us", number, ""]),
                ("Restart", ["u", number]), ("RemoveServer", ["u", number]),
                ("UpdateServer", ["ua{sv}", number, 1, "nickname", "s", "mine"]),
                ("SetCredential", ["usay", number, "sasl-password", 1, 0]),
                ("ServerStatus", ["u", number])):
            with self.subTest(method):
                result = call_manager(host, method, *words, user=BOB)
                self.assertNotEqual(result.status, 0, result)
                self.assertRegex(result.out, "denied|not allowed|may not|authori[sz]")
        self.assertEqual(self.server.peers, [])

    def test_socket_is_closed_to_others(self):
        self.connection.start()
        result = host.run("sh", "-c", f"test -w {self.connection.socket_path}", user=BOB)
        self.assertNotEqual(result.status, 0)

    def test_controller_starts_nothing_else(self):
        """polkit lets it start and stop connections, and no other unit."""
        def systemctl(*words):
            return host.run("runuser", "-u", "irc-controller", "--", "systemctl",
                            "--no-ask-password", *words)

        self.assertEqual(systemctl("start", self.connection.unit).status, 0)
        self.assertEqual(systemctl("stop", self.connection.unit).status, 0)
        for words in (["start", "systemd-tmpfiles-clean.service"], ["stop", "dbus.service"],
                      ["kill", self.connection.unit]):
            with self.subTest(words[0]):
                self.assertNotEqual(systemctl(*words).status, 0)
        self.assertNotEqual(
            host.run("systemctl", "--no-ask-password", "start", self.connection.unit,
                     user=BOB).status, 0)
