# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Links that go silent, and one that is cut without either side being told."""

import ctypes
import os
import subprocess
import unittest

from dialogue import SERVER
from scene import Scene

CLONE_NEWNET = 0x40000000


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def setUpModule():
    """A network of the test's own, which it may cut."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "a network namespace cannot be made")
    ip("link", "set", "lo", "up")


class Silence(unittest.TestCase):
    LIVELY = {"ping_interval": 1, "ping_timeout": 1}

    def check_noticed(self, scene):
        self.assertEqual(scene.ending(), (69, "ping-timeout"))
        self.assertEqual(scene.query("SELECT connected_at FROM servers"), [(None,)])

    def test_a_server_that_says_nothing(self):
        with Scene(**self.LIVELY) as scene:
            link = scene.accept().register()
            link.expect("PING :?.+")
            self.check_noticed(scene)

    def test_answers_keep_the_link(self):
        with Scene(**self.LIVELY) as scene:
            link = scene.accept().register()
            for answer in (f":{SERVER} PONG {SERVER} :{{}}", "PONG {}", f":{SERVER} NOTICE me :{{}}"):
                token = link.expect("PING :?(.+)")[1]
                link.send(answer.format(token))
            link.expect("PING :?.+")
            scene.check_state("connected")

    def test_half_open(self):
        """The cable is cut: no FIN, no RST, and what we send goes nowhere."""
        with Scene(**self.LIVELY) as scene:
            link = scene.accept().register()
            ip("link", "set", "lo", "down")
            try:
                scene.submit("privmsg", target="bob", message="into the void")
                self.check_noticed(scene)
            finally:
                ip("link", "set", "lo", "up")
            link.close()

    def test_half_open_before_the_welcome(self):
        with Scene(register_timeout=2) as scene:
            link = scene.accept()
            link.greet()
            ip("link", "set", "lo", "down")
            try:
                self.assertEqual(scene.ending(), (69, "registration"))
            finally:
                ip("link", "set", "lo", "up")
            link.close()

    def test_the_cut_is_mended_in_time(self):
        """Nothing is lost, nothing comes twice."""
        with Scene(ping_interval=30, ping_timeout=30) as scene:
            link = scene.accept().register()
            ip("link", "set", "lo", "down")
            try:
                link.send(":bob!u@h PRIVMSG me :late")
                scene.submit("privmsg", target="bob", message="late, too")
            finally:
                ip("link", "set", "lo", "up")
            link.expect_lines("PRIVMSG bob :late, too")
            link.sync()
            self.assertEqual(sorted(scene.rows("content")), [("late",), ("late, too",)])

    def test_a_server_that_accepts_and_is_silent(self):
        with Scene(register_timeout=1) as scene:
            link = scene.accept()
            link.greet()
            self.assertEqual(scene.ending(), (69, "registration"))
            self.assertEqual(os.path.exists(f"/proc/{scene.pid}/exe"), False)
