# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""How links end: what servers were seen to say when they close one, and what follows from it for
the exit status, the stored error and the blocklist."""

import os
import signal
import time
import unittest

from dialogue import SERVER
from host import wait_for
from scene import Scene

STATUS = {"throttled": 75, "banned": 77, "credentials": 77, "killed": 69, "ping-timeout": 69,
          "registration": 69, "link-closed": 69, "shutting-down": 69}

# What ERROR says, and its class before the welcome and after it.
TEXTS = [
    # throttles
    ("Closing link: (123AAAAAA@10.0.0.1) [Z-lined: Your IP range has been attempting to connect "
     "too many times in too short a duration. Wait a while before you connect.]",
     "throttled", "throttled"),
    ("Closing link: (u@h) [No more connections allowed from your host via this connect class "
     "(local)]", "throttled", "throttled"),
    ("Closing link: (u@h) [No more connections allowed from your host via this connect class "
     "(global)]", "throttled", "throttled"),
    ("Connection refused, too many connections from your IP address", "throttled", "throttled"),
    ("Closing Link: 10.0.0.1 (Throttled: Reconnecting too fast) -Email admin@example.org for help.",
     "throttled", "throttled"),
    ("Trying to reconnect too fast.", "throttled", "throttled"),
    ("Your host is trying to (re)connect too fast -- throttled", "throttled", "throttled"),
    ("Closing Link: h (Too many host connections (local))", "throttled", "throttled"),
    ("Closing Link: h (Connection limit reached)", "throttled", "throttled"),
    # bans
    ("Closing link: (u@h) [K-lined: spam]", "banned", "banned"),
    ("Closing link: (u@h) [G-lined: spam]", "banned", "banned"),
    ("Closing link: (u@h) [Z-lined: spam]", "banned", "banned"),
    ('K-Line by "op": "spam"', "banned", "banned"),
    ('Closing connection: Access denied (K-Line by "op": "spam")', "banned", "banned"),
    ('Access denied: "spam" (K-Line)', "banned", "banned"),
    ("You have been banned from this server", "banned", "banned"),
    ("Closing Link: h (Your IP is listed in a DNSBL)", "banned", "banned"),
    ("Closing Link: h (AKILL: spam)", "banned", "banned"),
    # credentials
    ("Closing Link: h (SASL access only)", "credentials", "credentials"),
    ("Access denied: Bad password?", "credentials", "credentials"),
    ("Closing link: (u@h) [Access denied by configuration]", "credentials", "credentials"),
    # time-outs
    ("Closing link: (u@h) [Registration timeout]", "registration", "registration"),
    ("Closing Link: h (Registration timed out)", "registration", "registration"),
    ("Closing link: (u@h) [Ping timeout: 15 seconds]", "ping-timeout", "ping-timeout"),
    ("Ping timeout: 15 seconds", "ping-timeout", "ping-timeout"),
    # too much, too long
    ("Closing link: (u@h) [Excess Flood]", "link-closed", "link-closed"),
    ("Closing Link: h (SendQ exceeded)", "link-closed", "link-closed"),
    ("Request too long", "registration", "link-closed"),
    # the server's own end
    ("Closing link: (u@h) [Server shutting down]", "shutting-down", "shutting-down"),
    ("Server going down", "shutting-down", "shutting-down"),
    ("Closing Link: h (Server restarting)", "shutting-down", "shutting-down"),
    # operators
    ("Closing link: (u@h) [Killed (op (why))]", "killed", "killed"),
    # what says nothing
    ("Closing link", "registration", "link-closed"),
    ("", "registration", "link-closed"),
    ("\x02\x03\udcff \x07 %s%n", "registration", "link-closed"),
]


class Texts(unittest.TestCase):
    def check(self, scene, code):
        self.assertEqual(scene.ending(), (STATUS[code], code))
        self.assertEqual(scene.is_blocked_for_good(), code in ("banned", "credentials"))

    def test_before_the_welcome(self):
        for text, code, _ in TEXTS:
            with self.subTest(text=text), Scene() as scene:
                link = scene.accept()
                link.greet()
                link.send(f"ERROR :{text}")
                link.expect_end()
                self.check(scene, code)

    def test_after_the_welcome(self):
        for text, _, code in TEXTS:
            with self.subTest(text=text), Scene() as scene:
                link = scene.accept().register()
                link.send(f"ERROR :{text}")
                link.expect_end()
                self.check(scene, code)

    def test_numerics_go_before_texts_except_for_throttles(self):
        cases = [
            ([f":{SERVER} 465 me :You are banned"], "Closing link", "banned"),
            ([f":{SERVER} 465 * :Z-lined"], "Closing link: (u@h) [Z-lined: Your IP range has been "
             "attempting to connect too many times]", "throttled"),
            ([":op!o@h KILL me :Killed (op (why))"], "Closing link: banned", "killed"),
            ([":op!o@h KILL me :Killed (op (why))"], None, "killed"),
            ([f":{SERVER} KILL other :Killed (op (why))"], None, "link-closed"),
            # Ergo: our own QUIT first
            ([":me!user@host QUIT :You have been banned from this server (spam)"],
             "You have been banned from this server", "banned"),
            ([f":{SERVER} NOTICE me :Server is shutting down"], None, "link-closed"),
        ]
        for lines, last, code in cases:
            with self.subTest(lines=lines, last=last), Scene() as scene:
                link = scene.accept().register()
                link.send(*lines, *([f"ERROR :{last}"] if last else []))
                link.close()
                self.check(scene, code)

    def test_words_of_the_server_are_told_without_its_bytes(self):
        with Scene() as scene:
            link = scene.accept().register()
            link.send("ERROR :bye \x1b[31m\x07\udcff red")
            self.assertEqual(scene.wait(), 69)
            (text,), = scene.query("SELECT last_error FROM servers")
            self.assertIn("bye", text)
            self.assertTrue(text.isprintable(), text)

    def test_whatever_is_said_after_our_quit_is_in_order(self):
        for text in ("Closing link: (u@h) [Quit: K-lined]", "You have been banned"):
            with self.subTest(text=text), Scene() as scene:
                link = scene.accept().register()
                scene.submit("quit", message="K-lined")
                link.expect_lines("QUIT :K-lined")
                link.send(f"ERROR :{text}")
                link.close()
                self.assertEqual(scene.wait(), 0)
                self.assertFalse(scene.is_blocked_for_good())


class Breaks(unittest.TestCase):
    """Ends without a word, or with one that is hard to hear."""

    def test_in_the_middle_of_a_line(self):
        """What has no end is no line: it is not stored, and nothing is made of it."""
        with Scene() as scene:
            link = scene.accept().register()
            link.send(":bob!u@h PRIVMSG me :whole")
            link.send_raw(b":bob!u@h PRIVMSG me :half of")
            link.close()
            self.assertEqual(scene.ending(), (69, "link-closed"))
            self.assertEqual(scene.rows("content"), [("whole",)])

    def test_an_error_without_its_end_is_none(self):
        with Scene() as scene:
            link = scene.accept().register()
            link.send_raw(b"ERROR :You are banned")
            link.close()
            self.assertEqual(scene.ending(), (69, "link-closed"))

    def test_one_side_closed(self):
        """FIN while the server would still read: the link is given up, not left half open."""
        with Scene() as scene:
            link = scene.accept().register()
            link.finish()
            link.expect_end()
            self.assertEqual(scene.ending(), (69, "link-closed"))

    def test_last_words_before_a_reset(self):
        """The server says why and resets the link while we have something to send: what is left
        to read is read first."""
        for is_registered in (False, True):
            with self.subTest(is_registered=is_registered), Scene() as scene:
                link = scene.accept()
                if is_registered:
                    link.register()
                else:
                    link.greet()
                os.kill(scene.pid, signal.SIGSTOP)
                try:
                    if is_registered:
                        scene.submit("privmsg", target="bob", message="hello")
                    link.send("PING :never answered", ":bob!u@h PRIVMSG me :last words",
                              "ERROR :Closing link: (u@h) [K-lined: spam]")
                    link.reset()
                finally:
                    os.kill(scene.pid, signal.SIGCONT)
                self.assertEqual(scene.ending(), (77, "banned"))
                self.assertEqual(scene.rows("content", "is_self = 0"), [("last words",)])

    def test_reset_without_a_word(self):
        with Scene() as scene:
            link = scene.accept().register()
            link.reset()
            self.assertEqual(scene.ending(), (69, "link-closed"))

    def test_live_facts_are_cleared(self):
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", "bob")
            self.assertEqual(scene.query("SELECT joined FROM channels"), [(1,)])
            self.assertEqual(scene.query("SELECT count(*) FROM channel_users"), [(2,)])
            link.close()
            self.assertEqual(scene.wait(), 69)
            self.assertEqual(
                scene.query("SELECT status, connected_at, process_pid, live_nickname FROM servers"),
                [("disconnected", None, None, None)])
            self.assertEqual(scene.query("SELECT joined FROM channels"), [(0,)])
            self.assertEqual(scene.query("SELECT count(*) FROM channel_users"), [(0,)])


class Again(unittest.TestCase):
    """A welcome alone is no success: servers that welcome and close at once exist."""

    JITTER = 0.2
    DELAY = 0.1  # seconds before the second attempt

    def waits(self, scene, number, is_welcome):
        """Seconds between the end of a link and the next one, for so many of them."""
        waits, lost_at = [], None
        for _ in range(number + 1):
            link = scene.accept()
            if lost_at is not None:
                waits.append(time.monotonic() - lost_at)
            if is_welcome:
                link.register()
            else:
                link.greet()
            link.close()
            lost_at = time.monotonic()
        return waits

    def test_back_off_is_not_reset_by_a_welcome(self):
        for is_welcome in (True, False):
            # A registration that is refused has a longer wait to begin with.
            delay = self.DELAY if is_welcome else self.DELAY / 6
            with self.subTest(is_welcome=is_welcome), \
                    Scene(reconnect=True, reconnect_delay_ms=int(delay * 1000)) as scene:
                waits = self.waits(scene, 4, is_welcome)
                for number, wait in enumerate(waits):
                    self.assertGreater(wait, self.DELAY * 2 ** number * (1 - self.JITTER) - 0.02,
                                       waits)
                wait_for("five failures in a row", lambda: scene.query(
                    "SELECT failed_attempts FROM servers") == [(5,)])

    def test_waits_have_a_bound(self):
        with Scene(reconnect=True, reconnect_delay_ms=10, reconnect_max_ms=40) as scene:
            waits = self.waits(scene, 12, True)
            self.assertGreater(min(waits[2:]), 0.04 * (1 - self.JITTER) - 0.01)
            self.assertLess(sum(waits), 12 * 2)

    def test_a_ban_is_final(self):
        """With reconnect on, too, nobody comes back."""
        with Scene(reconnect=True, reconnect_delay_ms=1) as scene:
            link = scene.accept().register()
            link.send("ERROR :Closing link: (u@h) [G-lined: spam]")
            link.close()
            self.assertEqual(scene.wait(), 77)
            scene.listener.expect_nobody(0)
            self.assertTrue(scene.is_blocked_for_good())
