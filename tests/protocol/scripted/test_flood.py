# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Servers that say too much of everything: memory has a bound, the loop turns, nothing is lost that
has a right to be kept."""

import unittest

from dialogue import SERVER
from scene import Scene
from standalone import IS_SANITIZED

MIB = 1 << 20
CHUNK = 2000  # lines in one piece


def flood(link, lines):
    """Sends them all, in large pieces."""
    piece = []
    for line in lines:
        piece.append(line)
        if len(piece) == CHUNK:
            link.send(*piece)
            piece.clear()
    link.send(*piece)


class Flood(unittest.TestCase):
    # What the process needs at its height beyond what it had after the welcome.
    BOUND = 16 * MIB

    def start(self, scene, **options):
        link = scene.accept().register_and_join("#a", "bob", **options)
        self.before = scene.peak_memory()
        return link

    def check(self, scene, link, bound=BOUND):
        """Alive, and within bounds."""
        link.sync()
        self.assertEqual(scene.ask("status")["ok"], True)
        scene.check_memory(bound, self.before)

    def test_a_million_lines(self):
        """Each is stored, in order."""
        number = 100_000 if IS_SANITIZED else 1_000_000
        with Scene(channels="#a", events=False) as scene:
            link = self.start(scene)
            flood(link, (f":bob!u@h PRIVMSG #a :{n}" for n in range(number)))
            self.check(scene, link)
            where = "FROM messages WHERE message_type = 'privmsg'"
            self.assertEqual(scene.query(f"SELECT count(*), min(id), max(id) {where}")[0][0], number)
            self.assertEqual(scene.query(
                f"SELECT count(*) FROM (SELECT content, row_number() OVER (ORDER BY id) AS n {where}"
                ") WHERE CAST(content AS INTEGER) <> n - 1"), [(0,)])

    def test_commands_are_served_in_a_flood(self):
        """The link is full of lines, and what we want to say goes out all the same."""
        with Scene(channels="#a", events=False) as scene:
            link = self.start(scene)
            flood(link, (f":bob!u@h PRIVMSG #a :{n}" for n in range(100_000)))
            scene.submit("privmsg", target="#a", message="in between")
            link.expect_lines("PRIVMSG #a :in between", timeout=60)
            self.assertEqual(scene.next_answer()["ok"], True)
            self.check(scene, link)

    def test_empty_and_meaningless_lines(self):
        with Scene(channels="#a", events=False) as scene:
            link = self.start(scene)
            link.send_raw(b"\r\n" * 5_000_000)
            flood(link, (f":{SERVER} {n % 1000:03} me #a :text" for n in range(200_000)
                         if n % 1000 not in (1, 5, 353, 366, 900)))
            self.check(scene, link)

    def test_pings(self):
        """A server that asks faster than it reads is not followed for ever."""
        with Scene(channels="#a", events=False) as scene:
            link = self.start(scene)
            number = 200_000
            for at in range(0, number, CHUNK):
                link.send_raw(b"".join(b"PING :%d\r\n" % n for n in range(at, at + CHUNK)))
                for n in range(at, at + CHUNK):
                    link.expect_lines(f"PONG :{n}")
            self.check(scene, link)

    def test_open_batches(self):
        """100,000 that never end, of every kind, and lines in them."""
        for kind in ("netsplit a b", "draft/multiline #a", "chathistory #a", "example.org/odd"):
            with self.subTest(kind=kind), Scene(channels="#a") as scene:
                link = self.start(scene, offered="batch message-tags")
                flood(link, (f"BATCH +{n} {kind}" for n in range(100_000)))
                flood(link, (f"@batch={n % 200} :bob!u@h PRIVMSG #a :{n} {'x' * 300}"
                             for n in range(20_000)))
                self.check(scene, link)
                link.send(":bob!u@h PRIVMSG #a :outside")
                link.sync()
                self.assertEqual(scene.rows("content")[-1], ("outside",))

    def test_nested_batches(self):
        with Scene(channels="#a", events=False) as scene:
            link = self.start(scene, offered="batch message-tags")
            link.send("BATCH +0 netsplit a b")
            flood(link, (f"@batch={n} BATCH +{n + 1} netsplit a b" for n in range(100_000)))
            flood(link, (f"@batch={n} :bob!u@h PRIVMSG #a :{n}" for n in range(100_000)))
            flood(link, (f"BATCH -{n}" for n in range(100_001)))
            self.check(scene, link)

    def test_channels(self):
        """The server puts us into 100,000 of them."""
        with Scene(channels="#a", events=False) as scene:
            link = self.start(scene)
            flood(link, (f":me!user@host JOIN #c{n}" for n in range(100_000)))
            self.check(scene, link)

    def test_members(self):
        """A channel with a million names: the process has a bound, the channel is usable."""
        with Scene(channels="#a", events=False) as scene:
            link = self.start(scene)
            flood(link, (f":{SERVER} 353 me = #a :" + " ".join(
                f"@n{n}" for n in range(at, at + 50)) for at in range(0, 1_000_000, 50)))
            link.send(f":{SERVER} 366 me #a :End of /NAMES list.", ":bob!u@h PRIVMSG #a :hello")
            self.check(scene, link, 64 * MIB)
            self.assertLessEqual(len(scene.members("#a")), 100_000)
            self.assertEqual(scene.rows("content", "message_type = 'privmsg'"), [("hello",)])

    def test_joins(self):
        with Scene(channels="#a", events=False) as scene:
            link = self.start(scene)
            flood(link, (f":n{n}!u@h JOIN #a" for n in range(200_000)))
            flood(link, (f":n{n}!u@h PART #a :bye" for n in range(200_000)))
            self.check(scene, link, 64 * MIB)
            self.assertEqual(scene.members("#a"), [("bob", ""), ("me", "")])

    def test_capabilities(self):
        """Offers without end."""
        with Scene() as scene:
            link = scene.accept()
            link.greet()
            self.before = scene.peak_memory()
            flood(link, (f":{SERVER} CAP me LS * :" + " ".join(
                f"example.org/{n}={'x' * 20}" for n in range(at, at + 10))
                for at in range(0, 500_000, 10)))
            link.send(f":{SERVER} CAP me LS :batch")
            said = link.next_line()
            self.assertIn(said, ("CAP REQ :batch", "CAP END"))
            link.send(f":{SERVER} CAP me ACK :batch")
            if said != "CAP END":
                link.expect_lines("CAP END")
            link.welcome()
            self.check(scene, link)

    def test_isupport(self):
        with Scene(channels="#a", events=False) as scene:
            link = self.start(scene)
            flood(link, (f":{SERVER} 005 me " + " ".join(
                f"T{n}={'v' * 20}" for n in range(at, at + 10)) + " :are supported"
                for at in range(0, 500_000, 10)))
            self.check(scene, link)

    def test_modes_and_topics(self):
        with Scene(channels="#a", events=False) as scene:
            link = self.start(scene)
            flood(link, (f":{SERVER} {line}" for n in range(50_000) for line in (
                f"367 me #a *!*@h{n} bob 1700000000", f"346 me #a i{n} bob 1700000000",
                f"728 me #a q q{n}!*@* bob 1700000000", f"324 me #a +k key{n}",
                f"332 me #a :topic {n}", f"333 me #a bob {n}")))
            flood(link, (f":bob!u@h MODE #a +b *!*@x{n}" for n in range(100_000)))
            self.check(scene, link)

    def test_casemappings(self):
        """Everything is keyed anew each time; it must not take for ever."""
        with Scene(channels="#a", events=False) as scene:
            link = self.start(scene)
            flood(link, (f":n{n}!u@h JOIN #a" for n in range(500)))
            flood(link, (f":{SERVER} 005 me CASEMAPPING={('ascii', 'rfc1459')[n % 2]} :are supported"
                         for n in range(2_000)))
            self.check(scene, link)
            self.assertEqual(len(scene.members("#a")), 502)

    def test_a_server_that_does_not_read(self):
        """What it asks for is bounded by what it takes."""
        with Scene(channels="#a", events=False, ping_timeout=3600) as scene:
            link = self.start(scene)
            link.sock.settimeout(2)
            try:
                for _ in range(2000):
                    link.send_raw((b"PING :" + b"x" * 400 + b"\r\n") * 100)
            except TimeoutError:
                pass  # no longer read from: as good
            self.assertEqual(scene.ask("status")["ok"], True)
            scene.check_memory(self.BOUND, self.before)

    def test_long_names(self):
        """A nickname is no longer than any server allows: it is not kept by the megabyte."""
        with Scene(channels="#a", events=False) as scene:
            link = self.start(scene)
            flood(link, (f":{SERVER} 353 me = #a :n{n}{'x' * 15_900}" for n in range(5_000)))
            self.check(scene, link)

    def test_many_large_channels(self):
        """The bound of a channel's members times the bound of channels is none."""
        with Scene(channels="#a", events=False) as scene:
            link = self.start(scene)
            for number in range(20):
                link.send(f":me!user@host JOIN #c{number}")
                flood(link, (f":{SERVER} 353 me = #c{number} :" + " ".join(
                    f"@n{n}" for n in range(at, at + 50)) for at in range(0, 100_000, 50)))
                link.sync()
            scene.check_memory(96 * MIB, self.before)
