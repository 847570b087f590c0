# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""What is wanted up comes up and stays up, what is not stays down, and no record is stale."""

import json
import shutil
import subprocess
import unittest

from connection import MANAGER, Connection, Spy, call_manager
from host import ALICE, BOB, Host, HostError, wait_for
from irc_server import IrcServer

SETTINGS = "/etc/irc-conn/irc-conn.conf"
# Checks come when a test asks for them; a stop does not take long.
FILES = {
    "/etc/systemd/system/irc-health.timer.d/test.conf": "[Timer]\nOnUnitActiveSec=1h\n",
    "/etc/systemd/system/irc-conn@.service.d/test.conf": "[Service]\nTimeoutStopSec=2\n",
    "/etc/polkit-1/rules.d/40-bob.rules": """polkit.addRule(function(action, subject) {
        return action.id == "org.ircconn1.add" && subject.user == "bob"
                ? polkit.Result.YES : polkit.Result.NOT_HANDLED;
});
""",
}


def setUpModule():
    global host
    host = unittest.enterModuleContext(Host(files=FILES))


class WithServer(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(IrcServer(host))

    def add(self, owner=ALICE, **keys):
        connection = Connection(host, owner, **{
            "address": "127.0.0.1", "port": self.server.port, "tls": False, "nickname": "alice",
            "channels": ["#ruby"], **keys})
        self.addCleanup(self.remove, connection)
        return connection

    @staticmethod
    def remove(connection):
        connection.manage("Disconnect", "us", connection.id, "")
        connection.manage("RemoveServer", "u", connection.id)

    def add_up(self, owner=ALICE, **keys):
        connection = self.add(owner, **keys)
        connection.manage("Connect", "u", connection.id)
        connection.wait_for_channel("#ruby")
        return connection

    @staticmethod
    def check():
        """The ids that a health check cleared."""
        result = call_manager(host, "HealthCheck")
        if result.status != 0:
            raise HostError(repr(result))
        return json.loads(result.out)["data"][0]

    @staticmethod
    def change(connection, sql):
        host.check("sqlite3", "-cmd", ".timeout 5000", f"{connection.folder}/irc.db", sql)

    def pretend_connected(self, connection):
        self.change(connection, f"""
            UPDATE servers SET connected_at = 5, process_pid = 4711, socket_path = '/run/x.sock',
                status = 'connected', status_since = 5 WHERE id = {connection.id};
            UPDATE channels SET joined = 1 WHERE server_id = {connection.id};
            INSERT OR IGNORE INTO channel_users (channel_id, nickname)
                SELECT id, 'keeper' FROM channels WHERE server_id = {connection.id};""")

    def drop_in(self, unit, text):
        """For the time of the test."""
        file = host.path(f"/run/systemd/system/{unit}.d/zz.conf")
        file.parent.mkdir(parents=True)
        file.write_text(text)
        host.check("systemctl", "daemon-reload")
        self.addCleanup(host.check, "systemctl", "daemon-reload")
        self.addCleanup(shutil.rmtree, file.parent)

    def assert_stays_down(self, *connections):
        """Whatever a health check does it has begun when it answers."""
        self.check()
        for connection in connections:
            self.assertIn(connection.show("ActiveState"), ("inactive", "failed"))

    def assert_connect_fails(self, connection, name):
        """With an error of that name; answers its text. gdbus, unlike busctl, shows the name."""
        result = host.run("gdbus", "call", "--system", "--dest=org.ircconn1", "--timeout=60",
                          "--object-path=/org/ircconn1", "--method=org.ircconn1.Manager.Connect",
                          str(connection.id))
        self.assertNotEqual(result.status, 0, result)
        self.assertIn(f"org.ircconn1.Error.{name}:", result.out)
        return result.out

    def settings(self, text):
        file = host.path(SETTINGS)
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"[Connections]\n{text}")
        self.addCleanup(file.unlink, missing_ok=True)


class Stale(WithServer):
    def test_cleared_and_announced(self):
        connection = self.add()

        def is_cleared_by_check():  # and not a moment before, since its unit has just changed
            self.pretend_connected(connection)
            return self.check() == [connection.id]

        with Spy(host) as spy:
            wait_for("a check that clears it", is_cleared_by_check)
            signal = spy.wait_for("StateChanged", lambda values: "disconnected" in values)
        self.assertEqual(signal["path"], f"/org/ircconn1/server/{connection.id}")
        self.assertEqual(connection.facts(), (None, None, None))
        self.assertEqual(connection.query(
            "SELECT count(*) FROM channels c LEFT JOIN channel_users u ON u.channel_id = c.id"
            " WHERE c.server_id = ? AND (c.joined OR u.nickname IS NOT NULL)", connection.id),
            [(0,)])
        self.assertEqual(connection.show("ActiveState"), "inactive")
        self.assertEqual(self.check(), [])

    def test_wanted_one_is_started(self):
        connection = self.add()
        self.pretend_connected(connection)
        self.change(connection, f"UPDATE servers SET wanted = 1 WHERE id = {connection.id}")
        self.check()
        connection.wait_for_channel("#ruby")

    def test_valid_ones_are_left_alone(self):
        connection = self.add_up()
        before = connection.facts()
        self.assertEqual(self.check(), [])
        self.assertEqual(connection.facts(), before)
        self.assertEqual(len(self.server.peers), 1)

    def test_one_that_is_just_restarting(self):
        connection = self.add_up()
        for kill in range(10):
            connection.kill()
            with self.subTest(kill):
                self.assertEqual(self.check(), [])
        connection.systemctl("restart", "--no-block", connection.unit)
        self.assertEqual(self.check(), [])
        connection.wait_until("active")
        self.assertEqual(len(self.server.peers), 1)

    def test_while_systemd_executes_itself_anew(self):
        """It answers nothing for a moment, and keeps every link."""
        connection = self.add_up()
        before = connection.facts()
        reexecution = subprocess.Popen(host.enter("systemctl", "daemon-reexec"))
        while reexecution.poll() is None:
            # From outside: a command's own unit would wait for systemd.
            subprocess.run(host.enter("busctl", "call", *MANAGER, "HealthCheck"), check=True,
                           stdout=subprocess.DEVNULL)
        self.assertEqual(reexecution.returncode, 0)
        self.assertEqual(connection.facts(), before)

    def test_noticed_as_it_happens(self):
        """Its process was ended by force when it was stopped: it could not clear its record."""
        connection = self.add_up()
        self.drop_in(connection.unit, "[Service]\nKillSignal=SIGURG\n")
        connection.stop()
        self.assertEqual(connection.show("Result"), "timeout")
        wait_for("no record", lambda: connection.facts() == (None, None, None))
        self.assert_stays_down(connection)
        self.assertFalse(connection.server_status()["wanted"])
        connection.systemctl("reset-failed", connection.unit)
        self.assert_stays_down(connection)


class Wanted(WithServer):
    def test_target_stops_and_starts(self):
        up = [self.add_up(nickname=f"alice{number}") for number in range(3)]
        down = self.add_up()
        down.manage("Disconnect", "us", down.id, "")
        host.check("systemctl", "stop", "irc-conn.target")
        self.assert_stays_down(*up, down)
        host.check("systemctl", "start", "irc-conn.target")
        for connection in up:
            connection.wait_until("active")
        self.assert_stays_down(down)

    def test_stop_means_stop(self):
        connection = self.add_up()
        connection.stop()
        self.assert_stays_down(connection)
        connection.start()

    def test_one_that_ended_without_being_stopped(self):
        connection = self.add_up()
        connection.kill("TERM")
        connection.wait_until("inactive")
        self.check()
        self.server.peer(2)

    def test_timer(self):
        connection = self.add()
        self.addCleanup(host.check, "systemctl", "restart", "irc-health.timer")
        self.drop_in("irc-health.timer", "[Timer]\nOnUnitActiveSec=\nOnActiveSec=0\n"
                     "OnUnitActiveSec=200ms\nAccuracySec=1ms\n")
        host.check("systemctl", "restart", "irc-health.timer")
        self.pretend_connected(connection)
        wait_for("no record", lambda: connection.facts() == (None, None, None))

    def test_unusable_configuration(self):
        """A person must act; when he has, it is started."""
        connection = self.add(tls=True, tls_client_cert="/nonexistent.pem")
        self.assert_connect_fails(connection, "BadConfiguration")
        self.assertEqual(connection.show("ExecMainStatus"), "65")
        started = connection.show("ExecMainStartTimestampMonotonic")
        self.assert_stays_down(connection)
        self.assertEqual(connection.show("ExecMainStartTimestampMonotonic"), started)
        connection.manage("UpdateServer", "ua{sv}", connection.id, 3, "tls_client_cert", "s", "",
                          "tls", "b", "false", "port", "u", self.server.port)
        connection.wait_for_channel("#ruby")


class Limits(WithServer):
    def test_of_the_machine(self):
        first, second = self.add_up(), self.add(nickname="second")
        self.settings("MaxConnections=1\n")
        self.assertIn(f"MaxConnections=1 in {SETTINGS}:2",
                      self.assert_connect_fails(second, "Limit"))
        self.assertFalse(second.server_status()["wanted"])
        self.assertEqual(first.manage("Status")[0]["limit"], 1)
        first.manage("Connect", "u", first.id)  # it is up already

        self.change(second, f"UPDATE servers SET wanted = 1 WHERE id = {second.id}")
        self.assert_stays_down(second)
        self.settings("MaxConnections=2\n")
        self.check()
        second.wait_for_channel("#ruby")

    def test_of_a_tenant(self):
        self.add_up()
        second, other = self.add(nickname="second"), self.add(BOB, nickname="bob")
        self.settings("MaxConnectionsPerTenant=1\n")
        self.assertIn("MaxConnectionsPerTenant=1", self.assert_connect_fails(second, "Limit"))
        other.manage("Connect", "u", other.id)


class Errors(WithServer):
    """Connect fails with the worker's own error."""

    def test_names(self):
        unknown = self.enterContext(IrcServer(host, certificate="bad"))
        for name, keys in (("Unreachable", dict(port=1)),
                           ("Unresolvable", dict(address="no-such-host.invalid")),
                           ("Tls", dict(tls=True, address="irc.test", port=unknown.port))):
            with self.subTest(name):
                self.assert_connect_fails(self.add(**keys), name)

    def test_blocked_after_attempts(self):
        self.settings("MaxConnectionAttempts=1\nBlockDuration=1h\n")
        connection = self.add(port=1)
        text = self.assert_connect_fails(connection, "Blocked")
        self.assertIn("ircctl unblock", text)
        self.assertEqual(connection.server_status()["last_error_code"], "unreachable")
        self.assert_stays_down(connection)


class Blocks(WithServer):
    def ircctl(self, *arguments, user=ALICE):
        return host.run("ircctl", *map(str, arguments), user=user)

    def test_block_and_unblock(self):
        connection = self.add_up()
        result = self.ircctl("block", connection.id, "--for", "1h", "--reason", "a rest")
        self.assertEqual(result.status, 0, result)
        self.server.peer().wait_for("^QUIT")
        status = connection.server_status()
        self.assertEqual((status["state"], status["wanted"]), ("blocked", True))
        self.assertEqual(connection.facts(), (None, None, None))
        self.assert_stays_down(connection)
        result = self.ircctl("connect", connection.id)
        self.assertEqual(result.status, 1)
        self.assertRegex(result.out, r"blocked until \d.*: a rest.*ircctl unblock")
        self.assertIn("a rest", self.ircctl("blocked").out)
        health = self.ircctl("health")
        self.assertEqual(health.status, 1)
        self.assertIn(f"'ircctl unblock {connection.id}'", health.out)

        result = connection.systemctl("start", connection.unit)
        self.assertNotEqual(result.status, 0)
        self.assertEqual(connection.show("ExecMainStatus"), "77")
        self.assert_stays_down(connection)

        self.assertEqual(self.ircctl("unblock", connection.id).status, 0)
        connection.wait_for_channel("#ruby")
        wait_for("health", lambda: self.ircctl("health").status == 0)

    def test_expiry(self):
        connection = self.add_up()
        connection.manage("Block", "usts", connection.id, "", 2, "")
        self.assert_stays_down(connection)
        wait_for("the block's end", lambda: (
            self.check(), connection.show("ActiveState") == "active")[1], 20, 0.2)
        self.assertEqual(connection.query("SELECT * FROM blocklist"), [])

    def test_refused_password(self):
        self.server.password = "right"
        connection = self.add(sasl_account="alice", sasl_mechanisms=["PLAIN"],
                              sasl_plain_insecure=True, sasl_required=True)
        self.set_password(connection, "wrong")
        self.assertIn("set-credential", self.assert_connect_fails(connection, "Credentials"))
        self.assert_connect_fails(connection, "Blocked")
        self.assertEqual(connection.server_status()["state"], "blocked")
        self.set_password(connection, "right")
        connection.wait_for_channel("#ruby")

    def set_password(self, connection, password):
        result = host.run("ircctl", "set-credential", str(connection.id), "sasl-password",
                          user=ALICE, input=password)
        self.assertEqual(result.status, 0, result)


class Survival(WithServer):
    """Connections live, and are controllable again afterwards."""

    def setUp(self):
        super().setUp()
        self.connection = self.add_up()
        self.pid = self.connection.show("MainPID")

    def kill(self, unit):
        # From outside: a command's own unit would be reported to a bus that dies.
        subprocess.run(host.enter("systemctl", "kill", "--signal=KILL", unit), check=True)

    def assert_controllable(self):
        def answers():
            say = host.run("busctl", "call", f"org.ircconn1.Connection.N{self.connection.id}",
                           f"/org/ircconn1/connection/{self.connection.id}",
                           "org.ircconn1.Connection", "Privmsg", "ss", "#ruby", "still here")
            return say.status == 0

        wait_for("the connection on D-Bus", answers, 20, 0.1)
        self.server.peer().wait_for("^PRIVMSG #ruby :still here$")
        self.assertEqual(self.connection.server_status()["state"], "connected")
        self.assertEqual(self.check(), [])
        self.assertEqual(self.connection.show("MainPID"), self.pid)
        self.assertEqual(len(self.server.peers), 1)

    def test_controller_is_killed(self):
        self.kill("irc-controller.service")
        self.assert_controllable()

    def test_journal_is_killed(self):
        self.kill("systemd-journald.service")
        self.assert_controllable()

    def test_bus_is_killed(self):
        self.kill("dbus.service")
        wait_for("a bus", lambda: subprocess.run(
            host.enter("busctl", "list"), capture_output=True, check=False).returncode == 0)
        self.assert_controllable()
