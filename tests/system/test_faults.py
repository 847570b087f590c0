# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""What can be wrong outside of the program: a clear error wherever people look, and nothing lost."""

import re
import unittest

from connection import Connection, call_manager
from host import ALICE, Host, wait_for
from irc_server import IrcServer

ABSENT = 4711


def setUpModule():
    global host
    host = unittest.enterModuleContext(Host(units=["ngircd@ngircd-bad.service"]))


class Fault(unittest.TestCase):
    def add(self, **keys):
        connection = Connection(host, ALICE, **{"nickname": "alice", "tls": False, **keys})
        self.addCleanup(connection.remove)
        return connection

    def assert_told(self, connection, pattern):
        """In `systemctl status`, in the journal and on D-Bus."""
        wait_for("the status", lambda: connection.server_status().get("last_error"))
        self.assertRegex(connection.server_status()["last_error"], pattern)
        for place, read in (
                ("systemctl status", lambda: connection.systemctl(
                    "status", "--lines=50", connection.unit).out),
                ("the journal", lambda: host.journal(f"IRC_SERVER={connection.id}"))):
            wait_for(f"{pattern} in {place}", lambda: re.search(pattern, read()))

    def assert_error_of_connect(self, connection, pattern):
        result = call_manager(host, "Connect", "u", connection.id)
        self.assertNotEqual(result.status, 0, result)
        self.assertRegex(result.out, pattern)


class Absent(Fault):
    """A number that nobody has."""

    def test_start(self):
        unit = f"irc-conn@{ABSENT}.service"
        result = host.run("timeout", "20", "systemctl", "start", unit)
        self.addCleanup(host.run, "systemctl", "stop", unit)
        self.assertEqual(result.status, 1)
        self.assertEqual(host.show(unit, "ExecMainStatus"), "65")
        self.assertEqual(host.show(unit, "NRestarts"), "0")
        for out in (host.run("systemctl", "status", unit).out, host.journal("-u", unit)):
            self.assertRegex(out, f"(?i)connection {ABSENT}.*(no|not|nobody)|no .*{ABSENT}")
        self.assertNotIn(".sock", host.check("ls", "/run/irc-conn"))

    def test_dbus(self):
        for method, words in (("Connect", ["u", ABSENT]), ("Disconnect", ["us", ABSENT, ""]),
                              ("ServerStatus", ["u", ABSENT]), ("RemoveServer", ["u", ABSENT])):
            with self.subTest(method):
                result = call_manager(host, method, *words)
                self.assertNotEqual(result.status, 0)
                self.assertIn(str(ABSENT), result.out)

    def test_ircctl(self):
        result = host.run("ircctl", "connect", str(ABSENT))
        self.assertNotEqual(result.status, 0)
        self.assertIn(str(ABSENT), result.out)


class Network(Fault):
    def test_address_that_does_not_resolve(self):
        connection = self.add(address="no-such-host.invalid", port=6667)
        connection.systemctl("start", "--no-block", connection.unit)
        self.assert_told(connection, "no-such-host.invalid")

    def test_nobody_listens(self):
        connection = self.add(address="127.0.0.1", port=9)
        connection.systemctl("start", "--no-block", connection.unit)
        self.assert_told(connection, "refused")

    def test_wrong_certificate(self):
        connection = self.add(address="irc.test", port=6698, tls=True)
        connection.systemctl("start", "--no-block", connection.unit)
        self.assert_told(connection, "(?i)certificate")
        self.assertIsNone(connection.facts()[2])

    def test_wrong_pin_sends_nothing(self):
        with IrcServer(host, certificate="good") as server:
            connection = self.add(address="irc.test", port=server.port, tls=True,
                                  tls_pin=["sha256:" + "00" * 32])
            connection.systemctl("start", "--no-block", connection.unit)
            self.assert_told(connection, "(?i)pin|fingerprint")
            self.assertFalse(any(peer.seen for peer in server.peers))

    def test_plain_server_on_a_tls_port(self):
        with IrcServer(host) as server:
            connection = self.add(address="127.0.0.1", port=server.port, tls=True,
                                  connect_timeout=2)
            connection.systemctl("start", "--no-block", connection.unit)
            self.assert_told(connection, "(?i)TLS")

    def test_ban_is_not_tried_again(self):
        with IrcServer(host) as server:
            server.refusal = "ERROR :Closing link: (alice@test) [K-lined: no thanks]"
            connection = self.add(address="127.0.0.1", port=server.port)
            self.assert_error_of_connect(connection, "(?i)ban|no thanks")
            connection.wait_until("failed")
            self.assertEqual(connection.show("ExecMainStatus"), "77")
            self.assert_told(connection, "no thanks")
            self.assertEqual(len(server.peers), 1)

    def test_refused_credentials_are_not_tried_again(self):
        with IrcServer(host, certificate="good", password="right") as server:
            connection = self.add(address="irc.test", port=server.port, tls=True,
                                  sasl_account="alice", sasl_mechanisms=["PLAIN"])
            connection.manage("SetCredential", "usay", connection.id, "sasl-password", 5, *b"wrong")
            self.assert_error_of_connect(connection, "(?i)sasl|credential|password")
            connection.wait_until("failed")
            self.assertEqual(connection.show("ExecMainStatus"), "77")
            self.assertNotIn("wrong", host.journal("-u", connection.unit))


class Store(Fault):
    """Each with a folder of its own, Alice's: what is broken is mended again."""

    def setUp(self):
        self.server = self.enterContext(IrcServer(host))
        self.connection = self.add(address="127.0.0.1", port=self.server.port,
                                   channels=["#ruby"])
        self.file = f"{self.connection.folder}/irc.db"

    def break_until_end(self, broken, mended):
        """Runs a shell command in the tenant's folder, and another one at the end."""
        host.check("systemctl", "stop", "irc-controller.service")
        host.check("sh", "-ec", f"cd {self.connection.folder}; {broken}")

        def mend():
            host.check("systemctl", "stop", self.connection.unit, "irc-controller.service")
            host.check("sh", "-ec", f"cd {self.connection.folder}; {mended}")

        self.addCleanup(mend)

    def assert_start_fails(self, status, pattern):
        result = host.run("systemctl", "start", self.connection.unit)
        self.assertNotEqual(result.status, 0)
        self.assertEqual(host.show(self.connection.unit, "ExecMainStatus"), str(status))
        out = host.run("systemctl", "status", "--lines=50", self.connection.unit).out
        self.assertRegex(out, pattern)
        self.assertRegex(host.journal("-u", self.connection.unit), pattern)
        result = call_manager(host, "ServerStatus", "u", self.connection.id)
        self.assertRegex(result.out, pattern)
        self.assertEqual(self.server.peers, [])

    def test_corrupt_database(self):
        self.break_until_end(
            "sqlite3 irc.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null; cp -p irc.db /tmp/irc.db;"
            " dd if=/dev/urandom of=irc.db bs=1k count=16 conv=notrunc status=none",
            "cp -p /tmp/irc.db irc.db; rm -f irc.db-wal irc.db-shm")
        before = host.check("sha256sum", self.file)
        self.assert_start_fails(65, "irc.db.*(damaged|corrupt|not a database|malformed)")
        self.assertEqual(host.check("sha256sum", self.file), before)

    def test_newer_schema(self):
        version, = self.connection.query("PRAGMA user_version")[0]
        self.break_until_end("sqlite3 irc.db 'PRAGMA user_version = 9999'",
                             f"sqlite3 irc.db 'PRAGMA user_version = {version}'")
        self.assert_start_fails(65, "irc.db.*newer")
        self.assertEqual(self.connection.query("PRAGMA user_version"), [(9999,)])

    def test_folder_not_writable(self):
        self.break_until_end("chown -R root: . ; chmod -R go-rwx .",
                             "chown -R irc-controller:irc-conn . ; chmod -R ug+rwX,g+s .;"
                             " chmod g-s irc.db*")
        result = host.run("systemctl", "start", "--no-block", self.connection.unit)
        self.assertEqual(result.status, 0)
        wait_for("the reason in the status", lambda: "irc.db" in host.run(
            "systemctl", "status", "--lines=50", self.connection.unit).out)
        self.assertRegex(host.journal("-u", self.connection.unit), "irc.db.*(?i:permission|written)")
        self.assertEqual(self.server.peers, [])


class FullDisk(Fault):
    """It is a state to wait out: nothing is read, nothing is lost, and it goes on."""

    SIZE = "4M"

    def setUp(self):
        self.server = self.enterContext(IrcServer(host))
        self.connection = self.add(address="127.0.0.1", port=self.server.port,
                                   channels=["#ruby"])

    def test_full_and_free_again(self):
        folder = self.connection.folder
        # The tenant's folder on a file system of its own, which is small.
        host.check("systemctl", "stop", "irc-controller.service")
        host.check("sh", "-ec", f"""
                cp -a {folder} /tmp/tenant
                mount -t tmpfs -o size={self.SIZE},mode=2770 tmpfs {folder}
                cp -a /tmp/tenant/. {folder}
                chown irc-controller:irc-conn {folder}
                chmod 2770 {folder}""")
        self.addCleanup(host.check, "sh", "-c", f"umount {folder}")
        self.addCleanup(host.check, "systemctl", "stop", self.connection.unit,
                        "irc-controller.service")
        self.connection.start()
        self.connection.wait_for_channel("#ruby")
        peer = self.server.peer()

        host.run("dd", "if=/dev/zero", f"of={folder}/filler", "bs=4k")
        for number in range(2000):
            peer.send(f":keeper!user@test PRIVMSG #ruby :full {number} {'x' * 300}")
        wait_for("the status", lambda: "full" in self.connection.show("StatusText").lower() or
                 "room" in self.connection.show("StatusText").lower(), 30)
        self.assertTrue(host.journal(f"IRC_SERVER={self.connection.id}",
                                     "MESSAGE_ID=6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d0a"))
        pid = self.connection.show("MainPID")

        host.check("rm", f"{folder}/filler")
        self.connection.wait_for_content("#ruby", f"full 1999 {'x' * 300}", 60)
        said = [text.split()[1] for text in self.connection.contents("#ruby") if "full" in text]
        self.assertEqual(said, [str(number) for number in range(2000)])
        self.assertEqual(self.connection.show("MainPID"), pid)
        self.assertEqual(len(self.server.peers), 1)
