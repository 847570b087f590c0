# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""What an owner may wish for, where a server has it: a nickname back, to be away, to be a bot, to say
several lines as one."""

import unittest

from dialogue import SERVER
from scene import Scene


class Nickname(unittest.TestCase):
    """Another one than wanted: MONITOR, or patience."""

    def start(self, scene, isupport):
        link = scene.accept()
        link.greet()
        link.send(f":{SERVER} 433 * me :Nickname is already in use")
        link.expect_lines("NICK other")
        link.nick = "other"
        link.negotiate()
        link.expect_lines("CAP END")
        link.welcome(isupport)
        return link

    def test_monitor(self):
        with Scene(alt_nicknames="other") as scene:
            link = self.start(scene, "MONITOR=100")
            link.expect_lines("MONITOR + me")
            link.numeric("730", ":me!u@h")
            link.sync()
            link.numeric("731", ":bob,ME")
            link.expect_lines("NICK me")
            link.send(":other!user@host NICK :me")
            link.expect_lines("MONITOR - me")
            link.nick = "me"
            link.sync()
            self.assertEqual(scene.live_nickname(), "me")

    def test_monitor_list_is_full(self):
        """Then nothing more is said about it; who has it may still be seen to leave."""
        with Scene(alt_nicknames="other") as scene:
            link = self.start(scene, "MONITOR=1")
            link.expect_lines("MONITOR + me")
            link.numeric("734", "1 me :Monitor list is full.")
            link.sync()
            link.send(":me!u@h QUIT :bye")
            link.expect_lines("NICK me")
            link.send(":other!user@host NICK :me")
            link.sync()  # nothing is watched that would have to be let go
            self.assertEqual(scene.live_nickname(), "me")

    def test_taken_again(self):
        """Who takes it from us is not fought with."""
        with Scene(alt_nicknames="other") as scene:
            link = self.start(scene, "MONITOR=100")
            link.expect_lines("MONITOR + me")
            link.numeric("731", ":me")
            link.expect_lines("NICK me")
            link.send(":other!user@host NICK :me")
            link.expect_lines("MONITOR - me")
            link.send(":me!user@host NICK :Guest1")
            link.sync()
            link.numeric("731", ":me")
            link.sync()
            self.assertEqual(scene.live_nickname(), "Guest1")

    def test_refused_again(self):
        with Scene(alt_nicknames="other") as scene:
            link = self.start(scene, "MONITOR=100")
            link.expect_lines("MONITOR + me")
            link.numeric("731", ":me")
            link.expect_lines("NICK me")
            link.numeric("433", "me :Nickname is already in use")
            link.sync()  # patience, unless it is free again
            link.numeric("731", ":me")
            link.expect_lines("NICK me")
            link.numeric("432", "me :Erroneous nickname")
            link.expect_lines("MONITOR - me")
            link.numeric("731", ":me")
            link.sync()
            self.assertEqual(scene.live_nickname(), "other")


class Away(unittest.TestCase):
    def test_from_the_start(self):
        with Scene(away_message="out") as scene:
            link = scene.accept()
            link.greet()
            caps = link.negotiate("draft/pre-away away-notify")
            self.assertIn("draft/pre-away", caps)
            link.expect_lines("AWAY :out", "CAP END")

    def test_bot_mode(self):
        with Scene(bot=True, channels="#a") as scene:
            link = scene.accept()
            link.greet()
            link.negotiate()
            link.expect_lines("CAP END")
            link.welcome("BOT=B")
            link.expect_lines("MODE me +B", "JOIN #a")


class Multiline(unittest.TestCase):
    def test_multiline_limits_that_change(self):
        with Scene() as scene:
            link = scene.accept().register(
                "cap-notify batch draft/multiline=max-bytes=100,max-lines=2")
            self.assertIn("draft/multiline", link.caps)
            link.send(f":{SERVER} CAP me NEW :draft/multiline=max-bytes=4096,max-lines=10")
            link.sync()
            scene.submit("privmsg", target="#a", message="one\ntwo\nthree")
            ref = link.expect(r"BATCH \+(\S+) draft/multiline #a")[1]
            link.expect_lines(f"@batch={ref} PRIVMSG #a :one", f"@batch={ref} PRIVMSG #a :two",
                              f"@batch={ref} PRIVMSG #a :three", f"BATCH -{ref}")
            self.assertEqual(scene.next_answer()["ok"], True)
            self.assertEqual(scene.rows("content"), [("one\ntwo\nthree",)])


class Encoding(unittest.TestCase):
    def test_encoding_of_the_server(self):
        for encoding, content in (("windows-1252", "\u20ac"), ("iso-8859-1", "\x80")):
            with self.subTest(encoding=encoding), Scene(encoding=encoding) as scene:
                link = scene.accept().register()
                link.send_raw(b":bob!u@h PRIVMSG me :\x80\r\n")
                link.sync()
                self.assertEqual(scene.rows("content, raw"), [(content, b"\x80")])
