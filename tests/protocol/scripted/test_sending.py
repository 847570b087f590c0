# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""What we say: cut where others would lose it, no faster than servers bear, as many at once as they
take."""

import re
import time
import unittest

from dialogue import SERVER
from scene import Scene

BURST = 8  # lines at once
PACE = 2.0  # seconds that earn the next one
LINE = 512


class Pace(unittest.TestCase):
    def test_burst_and_patience(self):
        """Eight lines at once, then one in two seconds; what is urgent does not wait."""
        with Scene() as scene:
            link = scene.accept().register()
            time.sleep(0.1)  # the pace of the lines before
            began = time.monotonic()
            for number in range(BURST + 3):
                scene.submit("privmsg", target="bob", message=f"text {number}")
            seen = 0
            while time.monotonic() - began < PACE / 2:
                try:
                    link.expect_lines(f"PRIVMSG bob :text {seen}", timeout=PACE / 4)
                    seen += 1
                except AssertionError:
                    break
            self.assertTrue(BURST - 4 <= seen <= BURST, seen)
            link.sync()
            link.expect_lines(f"PRIVMSG bob :text {seen}")
            self.assertGreater(time.monotonic() - began, PACE / 4)

    def test_quit_does_not_wait(self):
        with Scene() as scene:
            link = scene.accept().register()
            for number in range(50):
                scene.submit("privmsg", target="bob", message=f"text {number}")
            began = time.monotonic()
            scene.signal()
            while not link.next_line().startswith("QUIT"):
                pass
            self.assertLess(time.monotonic() - began, PACE)
            link.close()
            self.assertEqual(scene.wait(), 0)


class Cuts(unittest.TestCase):
    def received(self, pieces, prefix="me!user@host"):
        """The lines as others get them."""
        return [f":{prefix} PRIVMSG {piece[1]} :{piece[2]}\r\n".encode() for piece in pieces]

    def say(self, scene, link, text, target="#a"):
        scene.submit("privmsg", target=target, message=text)
        pieces = []
        while "".join(piece[2] for piece in pieces).replace(" ", "") != text.replace(" ", ""):
            pieces.append(link.expect(r"PRIVMSG (\S+) :(.*)"))
        self.assertEqual(scene.next_answer()["ok"], True)
        return pieces

    def test_long_texts(self):
        """Between characters, at a space where there is one; each is a row."""
        texts = {
            "words": "word " * 250 + "end",
            "no space": "x" * 1200,
            "two bytes": "\u00e9" * 600,
            "four bytes": "\U0001f600" * 300,
            "families": "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 60,
            "flags": "\U0001f1e9\U0001f1ea" * 150,
            "accents": "e\u0301" * 400,
        }
        for name, text in texts.items():
            with self.subTest(name=name), Scene(channels="#a") as scene:
                link = scene.accept().register_and_join("#a", "bob")
                pieces = self.say(scene, link, text)
                self.assertGreater(len(pieces), 1)
                for line in self.received(pieces):
                    self.assertLessEqual(len(line), LINE)
                for line in self.received(pieces[:-1]):
                    self.assertGreater(len(line), LINE - 60)
                whole = {"words": "word ", "families": "\U0001f469\u200d\U0001f469\u200d\U0001f467",
                         "flags": "\U0001f1e9\U0001f1ea", "accents": "e\u0301"}.get(name)
                for piece in pieces[:-1]:
                    if whole:
                        self.assertEqual(len((piece[2].rstrip() + " ").replace(whole, "").strip()),
                                         0, piece[2][-20:])
                self.assertEqual([content for content, in
                                  scene.rows("content", "message_type = 'privmsg'")],
                                 [piece[2] for piece in pieces])

    def test_line_length_of_the_server(self):
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", isupport="LINELEN=2048")
            pieces = self.say(scene, link, "x" * 3000)
            self.assertEqual(len(pieces), 2)
            self.assertGreater(len(pieces[0][2]), 1900)
            self.assertLessEqual(len(self.received(pieces)[0]), 2048)

    def test_unknown_prefix(self):
        """Until it is known the longest is assumed."""
        with Scene() as scene:
            link = scene.accept().register()
            for line in self.received(self.say(scene, link, "x" * 1000, "bob"),
                                      "me!~user567890@" + "h" * 63):
                self.assertLessEqual(len(line), LINE)

    def test_actions_and_services_are_lines_as_they_are(self):
        with Scene() as scene:
            link = scene.accept().register()
            for text in (":smile", " leading", "trailing ", "\x01ACTION waves\x01", "\x02\x1f"):
                scene.submit("privmsg", target="bob", message=text)
                link.expect_lines(f"PRIVMSG bob :{text}")
                self.assertEqual(scene.next_answer()["ok"], True)

    def test_too_long_at_all(self):
        with Scene() as scene:
            link = scene.accept().register()
            answer = scene.ask("privmsg", target="bob", message="x\n" * 5000)
            self.assertEqual((answer["ok"], answer["error"]), (False, "too-long"))
            link.sync()
            self.assertEqual(scene.rows(), [])


class Many(unittest.TestCase):
    """As many channels and modes in a line as the server takes."""

    def start(self, scene, isupport):
        link = scene.accept()
        link.greet()
        link.negotiate()
        link.expect_lines("CAP END")
        link.welcome(isupport)
        return link

    def joins(self, link, number):
        """The channels of the lines, until so many came."""
        lines = []
        while sum(map(len, lines)) < number:
            lines.append(link.expect(r"JOIN (\S+)( \S+)?")[1].split(","))
        return lines

    def test_joins(self):
        names = [f"#channel-with-a-longer-name-{number:03}" for number in range(60)]
        with Scene(channels=";".join(names)) as scene:
            link = self.start(scene, "")
            lines = self.joins(link, len(names))
            self.assertEqual(sorted(name for line in lines for name in line), names)
            requests = [line for line in link.said if line.startswith("JOIN")]
            self.assertLessEqual(max(len(line) for line in requests) + 2, LINE)
            self.assertLess(len(requests), 7)

    def test_join_targets(self):
        names = [f"#{number:02}" for number in range(10)]
        with Scene(channels=";".join(names)) as scene:
            lines = self.joins(self.start(scene, "TARGMAX=JOIN:4,PRIVMSG:1"), len(names))
            self.assertEqual([len(line) for line in lines], [4, 4, 2])

    def test_keys(self):
        with Scene(channels="#open;#closed key;#other sesame") as scene:
            link = self.start(scene, "")
            line = link.expect(r"JOIN (\S+) (\S+)")
            channels, keys = line[1].split(","), line[2].split(",")
            self.assertEqual(dict(zip(channels, keys)), {"#closed": "key", "#other": "sesame"})
            self.assertEqual(set(channels), {"#open", "#closed", "#other"})

    def test_limits(self):
        """More than the server lets us into are not asked for."""
        with Scene(channels="#1;#2;#3;&4") as scene:
            link = self.start(scene, "CHANLIMIT=#:2,&:1 CHANTYPES=#&")
            lines = self.joins(link, 3)
            self.assertEqual(sorted(name for line in lines for name in line), ["#1", "#2", "&4"])
            link.sync()

    def test_modes(self):
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join(
                "#a", isupport="MODES=3 CHANMODES=b,k,l,imnpst PREFIX=(ov)@+")
            scene.submit("mode", target="#a", modes="+ooooo-v",
                         arguments=["a", "b", "c", "d", "e", "f"])
            link.expect_lines("MODE #a +ooo a b c", "MODE #a +oo-v d e f")
            self.assertEqual(scene.next_answer()["ok"], True)


class Secrets(unittest.TestCase):
    def test_service_password(self):
        """Said once, to the service, where it may be; no row, event or log has it."""
        password = "hunter2"
        keys = {"nickserv_password": password, "sasl_plain_insecure": True, "trace": True}
        with Scene(channels="#a", **keys) as scene:
            link = scene.accept()
            link.greet()
            link.negotiate()
            link.expect_lines("CAP END")
            link.welcome()
            said = [link.next_line(), link.next_line()]
            self.assertIn("JOIN #a", said)
            service = next(line for line in said if line != "JOIN #a")
            self.assertTrue(re.fullmatch(rf"PRIVMSG NickServ :IDENTIFY (\S+ )?{password}", service))
            link.send(f":me!user@host PRIVMSG NickServ :IDENTIFY {password}",
                      f":{SERVER} 401 me NickServ :No such nick")
            link.sync()
            self.assertNotIn(password, scene.stderr)
            self.assertNotIn(password, str(scene.told("message_received")))
            self.assertNotIn(password, str(scene.rows("content, target")))

    def test_not_over_an_insecure_link(self):
        with Scene(channels="#a", nickserv_password="hunter2") as scene:
            link = scene.accept().register_and_join("#a")
            self.assertFalse([line for line in link.said if "hunter2" in line])
