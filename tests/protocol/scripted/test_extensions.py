# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Extensions of the protocol as they come in and go out: several lines as one, messages taken back
and read, channels under other names, accounts, netsplits that nobody announces."""

import unittest

from dialogue import SERVER
from scene import Scene

MULTILINE = "batch message-tags server-time draft/multiline=max-bytes=4096,max-lines=10"
MARKED = 1775001600_123_000  # of the time below, µs
TIME = "2026-04-01T00:00:00.123Z"


class Multiline(unittest.TestCase):
    def test_received(self):
        """One row, with id and time of the batch; what was cut is joined."""
        with Scene() as scene:
            link = scene.accept().register(MULTILINE)
            link.send(f"@msgid=m1;time={TIME};account=acc :bob!u@h BATCH +1 draft/multiline me",
                      "@batch=1 :bob!u@h PRIVMSG me :hello", "@batch=1 :bob!u@h PRIVMSG me :",
                      ":eve!u@h PRIVMSG me :between", "@batch=1 :bob!u@h PRIVMSG me :how is ",
                      "@batch=1;draft/multiline-concat :bob!u@h PRIVMSG me :everyone?")
            link.sync()
            link.send(":bob!u@h BATCH -1")
            link.sync()
            self.assertEqual(scene.rows("sender, content, msgid, sent_at", "sender = 'bob'"),
                             [("bob", "hello\n\nhow is everyone?", "m1", MARKED)])
            self.assertEqual(len(scene.rows()), 2)

    def test_bytes_that_are_not_utf8(self):
        with Scene() as scene:
            link = scene.accept().register(MULTILINE)
            link.send(":bob!u@h BATCH +1 draft/multiline me")
            link.send_raw(b"@batch=1 :bob!u@h PRIVMSG me :caf\xe9\r\n"
                          b"@batch=1 :bob!u@h PRIVMSG me :au lait\r\n")
            link.send(":bob!u@h BATCH -1")
            link.sync()
            self.assertEqual(scene.rows("content, raw"),
                             [("caf\u00e9\nau lait", b"caf\xe9\nau lait")])

    def test_sent_with_nothing_in_between(self):
        """A PING in the middle is answered before or behind, never within."""
        with Scene() as scene:
            link = scene.accept().register(MULTILINE, "soju.im/SAFERATE")
            texts = [f"text {number}\nand more\nof it" for number in range(20)]
            for text in texts:
                scene.submit("privmsg", target="#a", message=text)
                link.send("PING :within")
            ref, received = None, []
            while len(received) < len(texts) or ref is not None:
                line = link.next_line()
                if line.startswith("BATCH +"):
                    self.assertIsNone(ref)
                    ref = line.split()[1][1:]
                    received.append([])
                elif ref is not None and line == f"BATCH -{ref}":
                    ref = None
                elif ref is not None:
                    tag, _, text = line.partition(" PRIVMSG #a :")
                    self.assertEqual(tag, f"@batch={ref}")
                    received[-1].append(text)
                else:
                    self.assertEqual(line, "PONG :within")
            self.assertEqual(["\n".join(lines) for lines in received], texts)
            for _ in texts:
                self.assertEqual(scene.next_answer()["ok"], True)

    def test_limits(self):
        """More than the server takes is more than one message; blank ones alone are none."""
        limits = "batch message-tags draft/multiline=max-bytes=40,max-lines=2"
        with Scene() as scene:
            link = scene.accept().register(limits)
            scene.submit("privmsg", target="#a", message="\n\none\n\ntwo\nthree\n\n")
            batches = []
            while sum(batch.count("") for batch in batches) + sum(map(len, batches)) == 0 or \
                    "three" not in batches[-1]:
                line = link.next_line()
                if line.startswith("BATCH +"):
                    batches.append([])
                elif " PRIVMSG #a :" in line:
                    batches[-1].append(line.partition(" PRIVMSG #a :")[2])
            for batch in batches:
                self.assertLessEqual(len(batch), 2)
                self.assertLessEqual(sum(len(text) + 1 for text in batch), 41)
                self.assertTrue(any(batch), batches)
            self.assertEqual([text for batch in batches for text in batch if text],
                             ["one", "two", "three"])


class Afterwards(unittest.TestCase):
    CAPS = "message-tags batch draft/read-marker draft/message-redaction draft/channel-rename"

    def test_taken_back(self):
        """The row stays, marked, by whom and why; only the one in this very channel."""
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", "bob", offered=self.CAPS)
            link.let_in("#b", "bob")
            link.send("@msgid=m1 :bob!u@h PRIVMSG #a :oops", "@msgid=m1 :bob!u@h PRIVMSG #b :same id",
                      "@msgid=m2 :bob!u@h PRIVMSG me :private", ":bob!u@h REDACT #a m1 :wrong window",
                      ":bob!u@h REDACT me m2", ":bob!u@h REDACT #a unknown :x",
                      ":bob!u@h REDACT #nowhere m1 :x", ":bob!u@h REDACT #a", "REDACT")
            link.sync()
            self.assertEqual(
                scene.rows("content, redacted_at IS NOT NULL, redacted_by, redaction_reason",
                           "message_type = 'privmsg'"),
                [("oops", 1, "bob", "wrong window"), ("same id", 0, None, None),
                 ("private", 1, "bob", None)])

    def test_taking_back(self):
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", offered=self.CAPS)
            scene.submit("redact", target="#a", msgid="m1", message="wrong window")
            link.expect_lines("REDACT #a m1 :wrong window")
            self.assertEqual(scene.next_answer()["ok"], True)
            self.assertEqual(scene.ask("redact", target="#a", msgid="m 1")["ok"], False)
            link.sync()

    def test_read(self):
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", offered=self.CAPS)
            link.send(f":{SERVER} MARKREAD #a timestamp={TIME}", f":{SERVER} MARKREAD bob *",
                      f":{SERVER} MARKREAD #a timestamp=nonsense", f":{SERVER} MARKREAD #a")
            link.sync()
            self.assertEqual(scene.query("SELECT target, read_at FROM read_markers "
                                         "WHERE read_at <> 0"), [("#a", MARKED)])
            scene.submit("mark_read", target="#a", time=MARKED + 1_000_000)
            link.expect_lines("MARKREAD #a timestamp=2026-04-01T00:00:01.123Z")
            self.assertEqual(scene.next_answer()["ok"], True)

    def test_without_the_server(self):
        """What a server does not have is refused, and not said."""
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a")
            for command, keys in (("mark_read", {"target": "#a"}),
                                  ("redact", {"target": "#a", "msgid": "m1"})):
                answer = scene.ask(command, **keys)
                self.assertEqual((answer["ok"], answer["error"]), (False, "refused"))
            link.sync()

    def test_renamed(self):
        """Rows stay under the old name, and one in each tells of the other."""
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", "@op", offered=self.CAPS)
            link.send(":op!u@h PRIVMSG #a :before", ":op!u@h RENAME #a #b :better",
                      ":op!u@h PRIVMSG #b :after", ":op!u@h RENAME #nowhere #c :x",
                      ":op!u@h RENAME #b", ":op!u@h RENAME #b :")
            link.sync()
            names = scene.query(
                "SELECT c.name, m.message_type FROM messages m JOIN channels c ON c.id = channel_id "
                "WHERE message_type IN ('privmsg', 'rename') ORDER BY m.id")
            self.assertEqual(names, [("#a", "privmsg"), ("#a", "rename"), ("#b", "rename"),
                                     ("#b", "privmsg")])
            self.assertEqual(scene.query("SELECT name FROM channels WHERE joined"), [("#b",)])


class Accounts(unittest.TestCase):
    def test_asked_for(self):
        """By WHOX after a join; nobody's account is nobody's, and answers of others are not ours."""
        with Scene(channels="#a") as scene:
            link = scene.accept()
            link.greet()
            link.negotiate("account-notify away-notify")
            link.expect_lines("CAP END")
            link.welcome("WHOX")
            link.expect_lines("JOIN #a")
            link.let_in("#a", "@bob", "eve", "carl")
            token = link.expect(r"WHO #a %tcuhnfar,(\d{1,3})")[1]
            link.send(f":{SERVER} 354 me {token} #a u h bob G@ bobacc :Bob",
                      f":{SERVER} 354 me {token} #a u 255.255.255.255 eve H 0 :Eve",
                      f":{SERVER} 354 me 9{token} #a u h carl H other :Carl",
                      f":{SERVER} 354 me {token} #b u h carl H other :Carl",
                      f":{SERVER} 354 me {token} #a u h stranger H x :x", f":{SERVER} 354 me {token}",
                      f":{SERVER} 315 me #a :End of /WHO list.", ":eve!u@h ACCOUNT late")
            link.sync()
            self.assertEqual(
                scene.query("SELECT nickname, account FROM channel_users ORDER BY nickname"),
                [("bob", "bobacc"), ("carl", None), ("eve", "late"), ("me", None)])

    def test_on_messages(self):
        """By tag, whose absence says that there is none; else by what is known of the sender."""
        expected = {
            "account-tag ": [("joined", None), ("tagged", "tag"), ("unknown", None), ("out", None)],
            "": [("joined", "bobacc"), ("tagged", None), ("unknown", None), ("out", None)],
        }
        for cap, rows in expected.items():
            with self.subTest(cap=cap), Scene(channels="#a") as scene:
                tag = "@account=tag " if cap else ""
                link = scene.accept().register_and_join(
                    "#a", offered=cap + "message-tags extended-join account-notify")
                link.send(":bob!u@h JOIN #a bobacc :Bob", ":bob!u@h PRIVMSG #a :joined",
                          f"{tag}:eve!u@h PRIVMSG #a :tagged", ":eve!u@h PRIVMSG #a :unknown",
                          ":bob!u@h ACCOUNT *", ":bob!u@h PRIVMSG #a :out")
                link.sync()
                self.assertEqual(scene.rows("content, account", "message_type = 'privmsg'"), rows)


class Netsplits(unittest.TestCase):
    """Known only by what their victims' QUITs say."""

    NAMES = [f"n{number:03}" for number in range(200)]

    def test_one_event(self):
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", *self.NAMES, "stays")
            link.send(*(f":{name}!u@h QUIT :a.example b.example" for name in self.NAMES))
            link.sync()
            rows = scene.rows("content", "message_type = 'netsplit'")
            self.assertTrue(1 <= len(rows) <= 3, rows)
            lost = [name for content, in rows
                    for name in content.removeprefix("a.example b.example: ").split()]
            self.assertEqual(lost, self.NAMES)
            self.assertEqual(scene.rows(where="message_type = 'quit'"), [])
            self.assertEqual(scene.members("#a"), [("me", ""), ("stays", "")])
            link.send(*(f":{name}!u@h JOIN #a" for name in self.NAMES))
            link.sync()
            self.assertEqual(len(scene.members("#a")), 202)
            self.assertEqual(scene.rows(where="message_type = 'join' AND is_self = 0"), [])

    def test_what_only_looks_like_one(self):
        """A person may say anything when he leaves."""
        reasons = ["a.example", "a.example b.example c.example", "no dots", "a.example  b.example",
                   "a.example b.example!", "Quit: a.example b.example", "a.example a.example",
                   "http://a.example b.example", ". .", "*.net b.example x", ""]
        with Scene(channels="#a") as scene:
            names = [f"n{number}" for number in range(len(reasons))]
            link = scene.accept().register_and_join("#a", *names)
            link.send(*(f":{name}!u@h QUIT :{reason}" for name, reason in zip(names, reasons)))
            link.sync()
            self.assertEqual(scene.rows("sender, content", "message_type = 'quit'"),
                             list(zip(names, reasons)))

    def test_two_at_once(self):
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", "one", "two", "three", "talks")
            link.send(":one!u@h QUIT :a.example b.example", ":two!u@h QUIT :c.example d.example",
                      ":talks!u@h PRIVMSG #a :they are gone",
                      ":three!u@h QUIT :a.example b.example")
            link.sync()
            rows = scene.rows("message_type, content", "message_type <> 'join'")
            self.assertEqual(sorted(content for kind, content in rows if kind == "netsplit"), [
                "a.example b.example: one", "a.example b.example: three", "c.example d.example: two"])
            self.assertIn(("privmsg", "they are gone"), rows)
            self.assertEqual(scene.members("#a"), [("me", ""), ("talks", "")])

    def test_the_link_ends_with_it(self):
        """Nothing that was heard is lost."""
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", "one", "two")
            link.send(":one!u@h QUIT :a.example b.example", ":two!u@h QUIT :a.example b.example")
            link.close()
            self.assertEqual(scene.ending(), (69, "link-closed"))
            self.assertEqual(scene.rows("content", "message_type IN ('netsplit', 'quit')"),
                             [("a.example b.example: one two",)])
