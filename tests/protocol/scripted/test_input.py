# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""What comes in and what is stored of it: bytes, lines, tags, times, batches."""

import random
import re
import time
import unittest

from dialogue import SERVER
from scene import Scene

TAGS_MAX = 8191  # bytes from "@" to the space behind the tags
REST_MAX = 512  # bytes of what follows, with CR LF
LINE_MAX = 16384  # of ours
LEAP = 1483228800_000_000  # the end of the leap second at the end of 2016, µs


class Framing(unittest.TestCase):
    def test_line_ends(self):
        with Scene() as scene:
            link = scene.accept().register()
            link.send_raw(b":a!b@c PRIVMSG me :one\n\n\r\n\r\n:a!b@c PRIVMSG me :two\r\r\n"
                          b":a!b@c PRIVMSG me :three \r\n \r\n:a!b@c PRIVMSG me :fo\0ur\n")
            link.sync()
            contents = [content for content, in scene.rows("content")]
            self.assertEqual(contents[0], "one")
            self.assertEqual(contents[1].rstrip("\r"), "two")
            self.assertEqual(contents[2], "three ")
            self.assertEqual(contents[3], "four")
            self.assertEqual(len(contents), 4)

    def test_a_byte_at_a_time(self):
        """From the first line on; each byte is a segment of its own."""
        with Scene(channels="#a") as scene:
            link = scene.accept()
            link.greet()

            def trickle(*lines):
                for byte in "".join(line + "\r\n" for line in lines).encode():
                    link.send_raw(bytes([byte]))

            trickle(f":{SERVER} CAP me LS * :batch", f":{SERVER} CAP me LS :server-time")
            link.expect_lines("CAP REQ :batch server-time")
            trickle(f":{SERVER} CAP me ACK :batch server-time")
            link.expect_lines("CAP END")
            trickle(f":{SERVER} 001 me :Welcome", f":{SERVER} 422 me :No message of the day")
            link.expect_lines("JOIN #a")
            trickle(":me!user@host JOIN #a", f":{SERVER} 353 me = #a :me @bob",
                    f":{SERVER} 366 me #a :End", "@time=2026-01-01T00:00:00.000Z "
                    ":bob!u@h PRIVMSG #a :h\u00e9llo \U0001f600")
            link.sync()
            self.assertEqual(scene.rows("sender, content", "message_type = 'privmsg'"),
                             [("bob", "h\u00e9llo \U0001f600")])

    def test_slow_bytes(self):
        """A line that dribbles in keeps the link alive, and nothing else waits for it."""
        with Scene(ping_interval=1, ping_timeout=1) as scene:
            link = scene.accept().register()
            for byte in b":a!b@c PING":
                link.send_raw(bytes([byte]))
                self.assertEqual(scene.ask("status")["ok"], True)
                time.sleep(0.3)  # the time that passes is the matter
            link.send_raw(b" :slow\r\n")
            link.expect_lines("PONG :slow")

    def test_the_longest_line(self):
        """8191 bytes of tags and 512 of the rest are one message."""
        with Scene() as scene:
            link = scene.accept().register("message-tags")
            for total in (TAGS_MAX, LINE_MAX - REST_MAX - 1):
                fixed = f"@+a=;msgid=last{total} "
                tags = f"@+a={'x' * (total - len(fixed))};msgid=last{total} "
                self.assertEqual(len(tags), total)
                head = ":bob!u@h PRIVMSG me :"
                text = "y" * (REST_MAX - len(head) - 2)
                link.send(tags + head + text)
                link.sync()
                self.assertEqual(scene.rows("content", f"msgid = 'last{total}'"), [(text,)])

    def test_lines_beyond_the_cap(self):
        """Dropped up to their end, however long; the stream goes on behind them."""
        with Scene() as scene:
            link = scene.accept().register()
            for length in (LINE_MAX + 1, LINE_MAX + 2, 100_000, 20_000_000):
                head = b":bob!u@h PRIVMSG me :"
                link.send_raw(head + b"x" * (length - len(head)) + b"\r\n")
                link.send(f":bob!u@h PRIVMSG me :after {length}")
                link.sync()
                self.assertEqual(scene.rows("content")[-1], (f"after {length}",))
            self.assertEqual(len(scene.rows()), 4)
            scene.check_memory(64 << 20)

    def test_a_line_without_an_end(self):
        """It is kept to the cap; the link is alive, and its end is in order."""
        with Scene() as scene:
            link = scene.accept().register()
            before = scene.peak_memory()
            for _ in range(64):
                link.send_raw(b"x" * (1 << 20))
            self.assertEqual(scene.ask("status")["ok"], True)
            scene.check_memory(8 << 20, before)
            scene.submit("quit")
            link.expect("QUIT .*")
            link.close()
            self.assertEqual(scene.wait(), 0)
            self.assertEqual(scene.rows(), [])


class Texts(unittest.TestCase):
    def test_bytes_that_are_not_utf8(self):
        """Decoded for people, and kept as they came."""
        with Scene() as scene:
            link = scene.accept().register()
            texts = [b"caf\xe9", b"\xff\xfe\xfd", b"caf\xc3\xa9 \xe9", b"\xed\xa0\x80", b"\xc0\xaf",
                     b"caf\xc3\xa9"]
            for text in texts:
                link.send_raw(b":bob!u@h PRIVMSG me :" + text + b"\r\n")
            link.sync()
            rows = scene.rows("content, raw")
            self.assertEqual(rows[0], ("caf\u00e9", b"caf\xe9"))
            self.assertEqual([raw for _, raw in rows], texts[:-1] + [None])
            self.assertEqual(rows[-1][0], "caf\u00e9")

    def test_names_that_are_not_utf8(self):
        """A nickname or channel of such bytes is stored as text, and the link lives on."""
        with Scene() as scene:
            link = scene.accept().register()
            link.send_raw(b":b\xf6b!u\xff@h\xfe PRIVMSG me :hi\r\n"
                          b":me!user@host JOIN #\xff\xfe\r\n"
                          b":bob!u@h PRIVMSG #\xff\xfe :in there\r\n"
                          b":\xff NOTICE \xfe :\xfd\r\n\xff\xfe\xfd\r\n@\xff=\xfe;\xfd X\r\n")
            link.sync()
            self.assertEqual(scene.rows("content", "message_type = 'privmsg'"),
                             [("hi",), ("in there",)])

    def test_actions(self):
        with Scene() as scene:
            link = scene.accept().register()
            link.send(":bob!u@h PRIVMSG me :\x01ACTION waves\x01", ":bob!u@h PRIVMSG me :\x01ACTION",
                      ":bob!u@h PRIVMSG me :\x01ACTION half", ":bob!u@h PRIVMSG me :a \x01ACTION b")
            link.sync()
            self.assertEqual(scene.rows("message_type, content"), [
                ("action", "waves"), ("action", ""), ("action", "half"),
                ("privmsg", "a \x01ACTION b")])


class Tags(unittest.TestCase):
    def test_times(self):
        """The server's time is the event's; a leap second is a time, nonsense is none."""
        cases = [
            ("2026-04-01T12:34:56.789Z", 1775046896_789_000),
            ("2016-12-31T23:59:60.000Z", LEAP),
            ("2016-12-31T23:59:59.999Z", LEAP - 1000),
            ("yesterday", None), ("", None), ("2026-13-01T00:00:00.000Z", None),
            ("2026-04-01T12:34:61.000Z", None), ("2026-04-01_12:34:56", None),
            ("99999-01-01T00:00:00.000Z", None), ("-1", None),
        ]
        with Scene() as scene:
            before = int(time.time() * 1e6) - 1_000_000
            link = scene.accept().register("server-time message-tags")
            for text, _ in cases:
                link.send(f"@time={text} :bob!u@h PRIVMSG me :hello")
            link.sync()
            after = int(time.time() * 1e6) + 1_000_000
            rows = scene.rows("sent_at, received_at")
            self.assertEqual(len(rows), len(cases))
            for (text, expected), (sent_at, received_at) in zip(cases, rows):
                with self.subTest(text=text):
                    self.assertTrue(before <= received_at <= after)
                    if expected is not None:
                        self.assertEqual(sent_at, expected)
                    else:
                        self.assertTrue(before <= sent_at <= after)

    def test_ids_used_again(self):
        """Two live lines are two rows, whatever ids a server gives them."""
        with Scene() as scene:
            link = scene.accept().register("message-tags")
            link.send("@msgid=same :bob!u@h PRIVMSG me :one", "@msgid=same :bob!u@h PRIVMSG me :two",
                      "@msgid=same :bob!u@h PRIVMSG me :two", "@msgid=Same :bob!u@h PRIVMSG me :two",
                      "@msgid= :bob!u@h PRIVMSG me :none")
            link.sync()
            self.assertEqual(scene.rows("content, msgid"), [
                ("one", "same"), ("two", "same"), ("two", "same"), ("two", "Same"),
                ("none", None)])

    def test_odd_keys_and_values(self):
        with Scene() as scene:
            link = scene.accept().register("message-tags account-tag")
            link.send_raw(
                b"@a;a=;=x;;+@!=1;msgid=first;msgid=a\\:b\\sc\\\\\\r\\nd\\e\\ :bob!u@h PRIVMSG me :1\r\n"
                b"@msgid=\xff\xfe;account=\xff :bob!u@h PRIVMSG me :2\r\n"
                b"@account=acc   :bob!u@h   PRIVMSG   me   :3\r\n"
                b"@ :bob!u@h PRIVMSG me :4\r\n@ PRIVMSG me :5\r\n@onlytags\r\n@\r\n:\r\n")
            link.sync()
            rows = {content: (msgid, account) for content, msgid, account in
                    scene.rows("content, msgid, account")}
            self.assertEqual(rows["1"], ("a;b c\\\r\nde", None))
            self.assertEqual(rows["2"], (None, None))
            self.assertEqual(rows["3"], (None, "acc"))


class Batches(unittest.TestCase):
    CAPS = "batch message-tags server-time"

    def test_netsplit_and_netjoin(self):
        """One row in each channel, and the members are right afterwards."""
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", "@op", "+voice", "stays",
                                                    offered=self.CAPS)
            link.let_in("#b", "op")
            link.sync()
            before = len(scene.rows())
            link.send(":hub BATCH +1 netsplit a.example b.example",
                      "@batch=1 :op!u@h QUIT :a.example b.example",
                      "@batch=1 :voice!u@h QUIT :a.example b.example",
                      "@batch=1 :stranger!u@h QUIT :a.example b.example")
            link.sync()
            self.assertEqual(len(scene.rows()), before)  # nothing is said before its end
            link.send(":hub BATCH -1")
            link.sync()
            self.assertEqual(
                sorted(scene.rows("target, content", "message_type = 'netsplit'")),
                [("#a", "a.example b.example: op voice"), ("#b", "a.example b.example: op")])
            self.assertEqual(scene.members("#a"), [("me", ""), ("stays", "")])
            self.assertEqual(scene.members("#b"), [("me", "")])
            link.send(":hub BATCH +1 netjoin a.example b.example",
                      "@batch=1 :op!u@h JOIN #a", "@batch=1 :voice!u@h JOIN #a",
                      "@batch=1 :hub MODE #a +ov op voice", "@batch=1 :op!u@h JOIN #b",
                      ":hub BATCH -1")
            link.sync()
            self.assertEqual(
                sorted(scene.rows("target, content", "message_type = 'netjoin'")),
                [("#a", "a.example b.example: op voice"), ("#b", "a.example b.example: op")])
            self.assertEqual(scene.members("#a"),
                             [("me", ""), ("op", "@"), ("stays", ""), ("voice", "+")])
            self.assertEqual(len(scene.rows(where="message_type IN ('quit', 'join', 'mode') "
                                            "AND sender <> 'me'")), 0)

    def test_nested(self):
        """An unknown kind around a known one, and the other way round, closed in any order."""
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", "op", "bob", offered=self.CAPS)
            link.send("BATCH +outer example.org/odd x y", "@batch=outer :bob!u@h PRIVMSG #a :one",
                      "@batch=outer BATCH +inner netsplit a.example b.example",
                      "@batch=outer :bob!u@h PRIVMSG #a :two",
                      "@batch=inner :op!u@h QUIT :a.example b.example",
                      ":bob!u@h PRIVMSG #a :three", "BATCH -inner",
                      "@batch=outer :bob!u@h PRIVMSG #a :four", "BATCH -outer",
                      ":bob!u@h PRIVMSG #a :five")
            link.sync()
            self.assertEqual([content for content, in
                              scene.rows("content", "message_type = 'privmsg'")],
                             ["one", "two", "three", "four", "five"])
            self.assertEqual(scene.rows("content", "message_type = 'netsplit'"),
                             [("a.example b.example: op",)])

    def test_malformed(self):
        """References that are not open, used twice, or their own parents."""
        with Scene() as scene:
            link = scene.accept().register(self.CAPS)
            link.send("BATCH -nothing", "BATCH +", "BATCH -", "BATCH", "BATCH x",
                      "@batch=nothing :bob!u@h PRIVMSG me :one",
                      "@batch=self BATCH +self odd", "@batch=self :bob!u@h PRIVMSG me :two",
                      "BATCH +a netsplit", "BATCH +a netsplit x y",
                      "@batch=a :bob!u@h PRIVMSG me :three", "BATCH -a", "BATCH -a",
                      "BATCH +b netsplit x y", "@batch=b BATCH -b", "BATCH -self")
            link.sync()
            link.send(":bob!u@h PRIVMSG me :four")
            link.sync()
            contents = [content for content, in scene.rows("content")]
            self.assertEqual(contents[-1], "four")
            self.assertEqual([text for text in contents if text in ("one", "two")], ["one", "two"])

    def test_left_open_at_the_end(self):
        """What is in it is lost with the link, and what came before is not."""
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", "op", offered=self.CAPS)
            link.send(":op!u@h PRIVMSG #a :before", "BATCH +1 netsplit a b",
                      "@batch=1 :op!u@h QUIT :a b")
            link.close()
            self.assertEqual(scene.wait(), 69)
            self.assertEqual(scene.rows("content", "sender = 'op'"), [("before",)])


class Numerics(unittest.TestCase):
    """Every numeric and verb with any number of parameters: nothing ends the process, and a PING is
    answered."""

    SEED = 20260401
    LINES = 40_000
    # What we would rightly act upon by leaving.
    FATAL = {"ERROR"}
    VERBS = ["ACCOUNT", "AUTHENTICATE", "AWAY", "BATCH", "CAP", "CHATHISTORY", "CHGHOST", "FAIL",
             "INVITE", "JOIN", "KICK", "KILL", "MARKREAD", "MODE", "NICK", "NOTE", "NOTICE", "PART",
             "PONG", "PRIVMSG", "QUIT", "REDACT", "RENAME", "SETNAME", "TAGMSG", "TOPIC", "WALLOPS",
             "WARN", "ISUPPORT", "X", "1", "1234", ""]
    WORDS = ["me", "bob", "#a", "#b", "", "*", "+", "-", "@", "0", "1", "-1", "4294967296", "+o",
             "-o+v", "+bbbb", "LS", "NEW", "DEL", "ACK", "NAK", "LIST", "sasl", "sts=duration=1", "batch",
             "+ref", "-ref", "netsplit", "chathistory", "labeled-response", "draft/multiline",
             "PREFIX=(ov)@+", "PREFIX=", "-PREFIX", "CHANTYPES=", "CHANTYPES=#", "CASEMAPPING=odd",
             "CASEMAPPING=rfc1459", "CHANMODES=,,,", "CHANMODES=b,k,l,imnpst", "MODES=0",
             "LINELEN=1", "TARGMAX=PRIVMSG:", "MONITOR=1", "WHOX", "\\x20", "a" * 400, "\udcff",
             "\u00e9", "\x01VERSION\x01", "timestamp=2026-01-01T00:00:00.000Z", "@bob!u@h", "=", "&b"]
    SOURCES = ["", f":{SERVER} ", ":me!user@host ", ":bob!u@h ", ":bob ", ":! ", ":@ ", ": "]
    TAGS = ["", "@batch=ref ", "@label=1 ", "@msgid=x;time=2026-01-01T00:00:00.000Z ", "@a=\\ "]

    def line(self, dice, verb):
        words = [dice.choice(self.WORDS) for _ in range(dice.randrange(21))]
        if words and dice.random() < 0.5:
            words[-1] = ":" + words[-1]
        head = dice.choice(self.TAGS) + dice.choice(self.SOURCES) + verb
        return " ".join([head, *words])

    def lines(self):
        dice = random.Random(self.SEED)
        verbs = [f"{number:03}" for number in range(1000)] + self.VERBS
        for number in range(self.LINES):
            yield self.line(dice, verbs[number % len(verbs)])

    def test_at_random(self):
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", "@bob")
            answers = 0
            for at, line in enumerate(self.lines()):
                link.send(line)
                if at % 2000 == 1999:
                    answers += 1
                    self.wait_for_answer(link, f"alive-{answers}")
            self.assertEqual(scene.ask("status")["ok"], True)
            scene.check_memory(64 << 20)

    def test_at_random_before_the_welcome(self):
        """Here some of it may end the attempt, by a status that is stated, and never as a bug."""
        ends = 0
        for seed in range(20):
            with Scene() as scene:
                dice = random.Random(seed)
                link = scene.accept()
                link.greet()
                verbs = [f"{number:03}" for number in range(1000)] + self.VERBS
                try:
                    for _ in range(500):
                        link.send(self.line(dice, dice.choice(verbs)))
                    self.wait_for_answer(link, "alive")
                except (AssertionError, OSError):
                    ends += 1
                    self.assertIn(scene.wait(), (65, 69, 75, 77))
        self.assertLess(ends, 20)

    def wait_for_answer(self, link, token):
        """What else it says meanwhile is passed over."""
        link.send(f"PING :{token}")
        while not re.fullmatch(f"PONG :?{token}", link.next_line(60)):
            pass
