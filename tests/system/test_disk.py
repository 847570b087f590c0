# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""A tenant's folder that is full, or cannot be written: the connection says so, reads no further,
keeps its link, and goes on by itself. Every line is there once, in order."""

import time
import unittest

from connection import Connection
from host import ALICE, Host, wait_for
from irc_server import IrcServer, Stream

STUCK = "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d0a"
RECOVERED = "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d0b"
FOLDER = f"/var/lib/irc-conn/tenants/{ALICE.uid}"
SIZE, ROOM = "8M", "256M"
LINES = 200_000  # much more than SIZE
LOOKS = 40  # at a connection that is to stay as it is; longer than the watchdog's time

# Files that are open for writing keep a file system from being made read-only: there is a moment
# between two processes.
UNIT = "[Service]\nWatchdogSec=2\nRestartSec=1\n"
FILES = {"/etc/systemd/system/irc-conn@.service.d/test.conf": UNIT}


def setUpModule():
    global host
    host = unittest.enterModuleContext(Host(files=FILES))


class Disk(unittest.TestCase):
    def setUp(self):
        host.check("sh", "-ec", f"""
                mkdir -p {FOLDER}
                mount -t tmpfs -o size={SIZE},mode=2770 tmpfs {FOLDER}
                chown irc-controller:irc-conn {FOLDER}
                chmod 2770 {FOLDER}""")
        self.addCleanup(host.check, "umount", FOLDER)
        self.addCleanup(host.check, "systemctl", "stop", "irc-health.timer",
                        "irc-health.service", "irc-controller.service")
        self.began = time.time()  # numbers of connections are used again
        self.server = self.enterContext(IrcServer(host))
        self.connection = Connection(host, ALICE, address="127.0.0.1", port=self.server.port,
                                     tls=False, nickname="alice", channels=["#ruby"])
        self.addCleanup(self.connection.remove)
        self.addCleanup(self.remount, f"rw,size={ROOM}")
        self.connection.start()
        self.connection.wait_for_channel("#ruby")
        self.peer = self.server.peer()
        self.stream = Stream(self.peer, "#ruby")

    def remount(self, options):
        """What was started meanwhile has a view of its own of the former state."""
        host.check("mount", "-o", f"remount,{options}", FOLDER)
        host.check("systemctl", "stop", "irc-controller.service")

    def count(self):
        (count,), = self.connection.query(
            "SELECT count(*) FROM messages WHERE content LIKE 'line %'")
        return count

    def wait_for_lines(self, number):
        wait_for(f"{number} lines", lambda: self.count() >= number, 60, interval=0.1)

    def assert_all_there(self, number):
        self.wait_for_lines(number)
        said = [text for text in self.connection.contents("#ruby") if text.startswith("line ")]
        self.assertEqual(len(said), number)
        for expected, text in enumerate(said, 1):
            self.assertEqual(text, f"line {expected}")
        self.assertIsNone(self.stream.error)

    def assert_link_kept(self):
        self.assertEqual(len(self.server.peers), 1)
        self.assertFalse([line for line in self.peer.seen if line.startswith("QUIT")])

    def entries(self, message_id):
        return host.journal("--output=cat", f"--since=@{self.began:.6f}",
                            f"IRC_SERVER={self.connection.id}",
                            f"MESSAGE_ID={message_id}").splitlines()


class Full(Disk):
    def test_full_and_larger(self):
        pid = self.connection.show("MainPID")
        self.stream.allow(LINES)
        self.wait_until_full()
        stored = self.count()
        self.assertTrue(0 < stored < LINES, stored)
        self.assertIn("nothing is lost", self.entries(STUCK)[0])
        self.assertRegex(self.connection.show("StatusText"), "not healthy.*irc.db.*full")
        self.assert_waits_without_work(pid)
        self.assertEqual(self.count(), stored)

        self.remount(f"size={ROOM}")
        self.assert_all_there(LINES)
        wait_for("the status", lambda: "irc.db" not in self.connection.show("StatusText"))
        wait_for("the journal", lambda: len(self.entries(RECOVERED)) == len(self.entries(STUCK)))
        self.assertEqual(self.connection.show("MainPID"), pid)
        self.assertEqual(self.connection.show("NRestarts"), "0")
        self.assert_link_kept()

    def wait_until_full(self):
        """SQLite finds room a few times more when it tidies up: until nothing changes any more."""
        seen = []

        def is_settled():
            seen.append((self.count(), "full" in self.connection.show("StatusText")))
            return len(seen) > LOOKS and set(seen[-LOOKS:]) == {(seen[-1][0], True)}

        wait_for("a full disk", is_settled, 60)

    def assert_waits_without_work(self, pid):
        """It tries once a second, and does not spin."""
        def used():
            return int(self.connection.show("CPUUsageNSec")) / 1e9

        before = used()
        for _ in range(LOOKS):
            self.assertEqual(self.connection.show("ActiveState"), "active")
        self.assertLess(used() - before, 0.5)
        self.assertEqual(self.connection.show("MainPID"), pid)

    def test_full_and_killed(self):
        """What could not be stored is still in the kernel, for the next process."""
        self.stream.allow(LINES)
        self.wait_until_full()
        self.connection.kill()
        wait_for("the next process", lambda: int(self.connection.show("NRestarts")) > 0)
        self.remount(f"size={ROOM}")
        self.assert_all_there(LINES)
        self.connection.wait_until("active")
        self.assert_link_kept()


class ReadOnly(Disk):
    LINES = 1000

    def make_read_only(self):
        """In the moment when a process is gone and the next is not yet there."""
        self.connection.kill()
        wait_for("the moment", lambda: self.connection.show("SubState") == "auto-restart")
        host.check("systemctl", "stop", "irc-controller.service")
        self.remount("ro")

    def test_read_only_and_back(self):
        self.stream.allow(self.LINES)
        self.wait_for_lines(self.LINES)
        self.make_read_only()
        self.stream.allow(2 * self.LINES)
        wait_for("the status", lambda: "irc.db" in self.connection.show("StatusText"), 20)
        self.assertRegex(self.connection.show("StatusText"), "mounted for writing")
        self.assertEqual(self.connection.show("ActiveState"), "activating")

        # No more than one process in five seconds.
        restarts = int(self.connection.show("NRestarts"))
        self.assertLessEqual(restarts, 2)
        wait_for("another attempt",
                 lambda: int(self.connection.show("NRestarts")) > restarts, 20)
        self.assertRegex(host.journal(f"IRC_SERVER={self.connection.id}"),
                         "irc.db.*Read-only file system")

        self.remount("rw")
        self.assert_all_there(2 * self.LINES)
        self.connection.wait_until("active")
        self.assert_link_kept()

    def test_stop_meanwhile(self):
        """It does not wait for the end of the wait."""
        self.make_read_only()
        wait_for("the status", lambda: "irc.db" in self.connection.show("StatusText"), 20)
        result = host.run("timeout", "3", "systemctl", "stop", self.connection.unit)
        self.assertEqual(result.status, 0, result)
        self.assertEqual(self.connection.show("ActiveState"), "inactive")
        self.remount("rw")
