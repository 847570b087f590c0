# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""What was said while we were away: fetched, stored in its place and once, and nobody is called for
it; and servers that have something to say against that."""

import unittest

from archive import CAPS, ISUPPORT, PAGE, Archive
from dialogue import SERVER
from scene import Scene

TARGETS = r"CHATHISTORY TARGETS timestamp=\S+ timestamp=\S+ \d+"


class HistoryCase(unittest.TestCase):
    def setUp(self):
        self.archive = Archive()

    def scene(self, **keys):
        return Scene(**{"channels": "#a", "reconnect": True, "reconnect_delay_ms": 1, **keys})

    def say(self, number, sender="bob", target="#a", msgid=True):
        """Line `number` of the archive, as those who are on hear it."""
        place = sender if target == "me" else target
        return self.archive.add(place, f":{sender}!u@h PRIVMSG {target} :text {number}",
                                f"m{number}" if msgid else None)

    def first_link(self, scene, *lines, isupport=ISUPPORT):
        """It hears these lines, and ends."""
        link = scene.accept().register_and_join("#a", "bob", offered=CAPS, isupport=isupport)
        self.assertLessEqual(set(CAPS.split()), link.caps)
        link.send(*lines)
        link.sync()
        link.close()

    def welcome_back(self, scene, isupport=ISUPPORT):
        """The next link, up to the end of the burst."""
        link = scene.accept()
        link.greet()
        link.negotiate(CAPS)
        link.expect_lines("CAP END")
        link.welcome(isupport)
        return link

    def settle(self, link):
        """Answers what is asked until nothing more is."""
        while lines := self.asked(link):
            for line in lines:
                link.send(*self.archive.answer(line))

    def asked(self, link):
        """The next requests; none when the answers to two PINGs came, and nothing between them."""
        for token in ("one", "two"):
            link.send(f"PING :{token}")
            lines = []
            while (line := link.next_line()) != f"PONG :{token}":
                self.assertTrue(line.startswith("CHATHISTORY"), line)
                lines.append(line)
            if lines:
                return lines
        return []

    def contents(self, scene, where="1"):
        return [content for content, in
                scene.rows("content", f"message_type = 'privmsg' AND {where}")]

    def in_place(self, scene, where="1"):
        """In the order in which history is read."""
        return [content for content, in scene.query(
            "SELECT content FROM messages WHERE message_type = 'privmsg' "
            f"AND {where} ORDER BY sent_at, id")]


class Gaps(HistoryCase):
    def test_of_a_channel(self):
        """Page by page from the last line that we have; live lines in between are in their place;
        only they are events."""
        with self.scene() as scene:
            self.first_link(scene, self.say(1), self.say(2))
            for number in range(3, 3 + 2 * PAGE):
                self.say(number)
            link = self.welcome_back(scene)
            last = 2 + 2 * PAGE
            link.expect_lines("JOIN #a")
            link.let_in("#a", "bob")
            link.send(self.archive.add("#a", ":bob!u@h PRIVMSG #a :live", "live"))
            self.settle(link)
            asked = [line for line in self.archive.asked if " AFTER #a " in line]
            self.assertEqual(asked, [f"CHATHISTORY AFTER #a msgid={msgid} {PAGE}" for msgid in
                                     ("m2", f"m{2 + PAGE}", f"m{last}", "live")])
            expected = [f"text {number}" for number in range(1, last + 1)]
            self.assertEqual(self.in_place(scene), [*expected, "live"])
            self.assertEqual(scene.rows("sent_at, is_self", "msgid = 'm3'"),
                             [(self.archive.targets["#a"][2].msec * 1000, 0)])
            self.assertEqual([event["content"] for event in scene.told("message_received")
                              if event["message_type"] == "privmsg"], ["text 1", "text 2", "live"])

    def test_of_people(self):
        """Who spoke to us is asked for, then what they said."""
        with self.scene() as scene:
            self.first_link(scene, self.say(1, "bob", "me"), self.say(2))
            self.say(3, "bob", "me")
            self.say(4, "eve", "me")
            link = self.welcome_back(scene)
            seen = set()
            while not {"bob", "eve"} <= seen:
                self.archive.serve(link, r"CHATHISTORY AFTER (bob|eve) .*")
                seen.add(self.archive.asked[-1].split()[2])
                self.archive.asked.append("")
            self.assertEqual(len([line for line in self.archive.asked if "TARGETS" in line]), 1)
            scene.wait_until("all lines", lambda: self.in_place(scene) == [
                f"text {number}" for number in (1, 2, 3, 4)])

    def test_nothing_is_missing_at_the_first_start(self):
        """Where nothing was ever stored, nothing is asked for."""
        with self.scene() as scene:
            link = scene.accept().register_and_join("#a", "bob", offered=CAPS, isupport=ISUPPORT)
            link.sync()
            self.assertFalse([line for line in link.said if line.startswith("CHATHISTORY")])

    def test_off(self):
        with self.scene(fetch_history=False) as scene:
            link = scene.accept().register_and_join("#a", offered=CAPS)
            self.assertNotIn("draft/chathistory", link.caps)

    def test_what_is_known_comes_again(self):
        """By its id, whatever it says, and twice in one page."""
        with self.scene() as scene:
            self.first_link(scene, self.say(1), self.say(2))
            self.say(3)
            link = self.welcome_back(scene)
            entries = self.archive.targets["#a"]
            self.archive.targets["#a"] = [entries[1], entries[0], entries[1], entries[2], entries[2]]
            self.archive.serve(link, f"CHATHISTORY AFTER #a msgid=m2 {PAGE}")
            link.send(*self.archive.batch("#a", self.archive.targets["#a"]))
            self.settle(link)
            self.assertEqual(sorted(self.contents(scene)), ["text 1", "text 2", "text 3"])

    def test_without_ids(self):
        """Known by time, sender and text; said twice is stored twice."""
        with self.scene() as scene:
            isupport = ISUPPORT.replace("msgid,", "")
            self.first_link(scene, self.say(1, msgid=False), self.say(5, msgid=False),
                            isupport=isupport)
            for sender in ("bob", "bob", "eve"):
                self.archive.add("#a", f":{sender}!u@h PRIVMSG #a :twice")
            link = self.welcome_back(scene, isupport)
            self.archive.serve(link, r"CHATHISTORY AFTER #a timestamp=\S+ \d+")
            self.settle(link)
            link.send(*self.archive.batch("#a", self.archive.targets["#a"]))
            self.settle(link)
            self.assertEqual(self.in_place(scene),
                             ["text 1", "text 5", "twice", "twice", "twice"])

    def test_many_lines_of_one_second_without_ids(self):
        """Pages by time go on behind the last line that came, or lines of a busy second are lost."""
        with self.scene() as scene:
            isupport = ISUPPORT.replace("msgid,", "")
            self.first_link(scene, self.say(1, msgid=False), isupport=isupport)
            last = 2 + 3 * PAGE
            for number in range(2, last + 1):
                self.say(number, msgid=False)
            link = self.welcome_back(scene, isupport)
            self.archive.serve(link, r"CHATHISTORY AFTER #a .*")
            self.settle(link)
            self.assertEqual(self.in_place(scene), [f"text {n}" for n in range(1, last + 1)])

    def test_our_own_words(self):
        """Recorded when they were said, found again with an id: the same row."""
        with self.scene() as scene:
            link = scene.accept().register_and_join("#a", "bob", offered=CAPS, isupport=ISUPPORT)
            link.send(self.say(1))
            link.sync()
            scene.submit("privmsg", target="#a", message="mine")
            link.expect_lines("PRIVMSG #a :mine")
            self.assertEqual(scene.next_answer()["ok"], True)
            self.assertEqual(scene.rows("msgid", "content = 'mine'"), [(None,)])
            link.close()
            self.archive.add("#a", ":me!user@host PRIVMSG #a :mine", "own")
            link = self.welcome_back(scene)
            self.archive.serve(link, f"CHATHISTORY AFTER #a msgid=own {PAGE}")
            link.sync()
            self.assertEqual(scene.rows("msgid, is_self", "content = 'mine'"), [("own", 1)])


class Interrupted(HistoryCase):
    def test_half_way(self):
        """The next link begins where the first one ended; what came is not doubled."""
        with self.scene() as scene:
            self.first_link(scene, self.say(1))
            for number in range(2, 2 + 2 * PAGE):
                self.say(number)
            link = self.welcome_back(scene)
            self.archive.serve(link, f"CHATHISTORY AFTER #a msgid=m1 {PAGE}")
            ask = f"CHATHISTORY AFTER #a msgid=m{1 + PAGE} {PAGE}"
            while link.next_line() != ask:
                pass
            link.send(*self.archive.batch("#a", self.archive.targets["#a"][1 + PAGE:])[:3])
            link.close()
            self.archive.asked.clear()
            link = self.welcome_back(scene)
            self.archive.serve(link, f"CHATHISTORY AFTER #a msgid=m{1 + 2 * PAGE} {PAGE}")
            link.sync()
            self.assertIn(f"CHATHISTORY AFTER #a msgid=m1 {PAGE}", self.archive.asked)
            self.assertEqual(self.in_place(scene),
                             [f"text {number}" for number in range(1, 2 + 2 * PAGE)])

    def test_never_answered(self):
        """Nothing else waits for it, and the next link asks again."""
        with self.scene() as scene:
            self.first_link(scene, self.say(1))
            self.say(2)
            link = self.welcome_back(scene)
            seen = []
            while not any(" AFTER #a " in line for line in seen):
                line = link.next_line()
                seen.append(line)
                if line.startswith("JOIN"):
                    link.let_in("#a")
                elif "TARGETS" in line:
                    link.send(*self.archive.answer(line))
            link.send(":bob!u@h PRIVMSG #a :live")
            link.sync()
            scene.submit("privmsg", target="#a", message="said")
            link.expect_lines("PRIVMSG #a :said")
            self.assertEqual(scene.next_answer()["ok"], True)
            self.assertEqual(self.contents(scene), ["text 1", "live", "said"])
            link.close()
            link = self.welcome_back(scene)
            self.archive.serve(link, f"CHATHISTORY AFTER #a msgid=m1 {PAGE}")

    def test_refused(self):
        """By msgid, then by time, then not at all: told, and that is it."""
        for code in ("INVALID_PARAMS", "INVALID_TARGET", "MESSAGE_ERROR", "INVALID_MSGREFTYPE",
                     "NEED_MORE_PARAMS", "UNKNOWN_ERROR"):
            with self.subTest(code=code), self.scene() as scene:
                self.setUp()
                self.first_link(scene, self.say(1))
                link = self.welcome_back(scene)
                link.expect_lines("JOIN #a")
                link.let_in("#a")
                asks = ["TARGETS .*", r"AFTER #a msgid=m1 \d+"]
                if code != "INVALID_TARGET":
                    asks.append(r"AFTER #a timestamp=\S+ \d+")
                for ask in asks:
                    link.expect(f"CHATHISTORY {ask}")
                    link.send(f":{SERVER} FAIL CHATHISTORY {code} {ask.split()[0]} #a :No")
                link.sync()
                scene.check_state("connected")
                self.assertEqual(self.contents(scene), ["text 1"])

    def test_pages_without_end(self):
        """A server that always has one more is left at some point."""
        with self.scene() as scene:
            self.first_link(scene, self.say(1))
            link = self.welcome_back(scene)
            number = 2
            self.say(number)
            self.archive.serve(link, f"CHATHISTORY AFTER #a msgid=m1 {PAGE}")
            while self.asked(link):
                number += 1
                self.assertLess(number, 1000)
                self.archive.targets["#a"].clear()
                self.say(number)
                link.send(*self.archive.batch("#a", self.archive.targets["#a"]))
            self.assertGreater(number, 10)
            self.assertEqual(len(self.contents(scene)), number)
            scene.check_state("connected")


class Past(HistoryCase):
    """What comes from the past says nothing about now."""

    def test_changes_nothing(self):
        with self.scene() as scene:
            self.first_link(scene, self.say(1))
            for number, line in enumerate((
                    ":eve!u@h JOIN #a", ":bob!u@h PART #a :bye", ":bob!u@h QUIT :bye",
                    ":me!user@host NICK other", ":me!user@host PART #a", ":op!u@h KICK #a me :out",
                    ":op!u@h MODE #a +o bob", ":op!u@h TOPIC #a :old topic",
                    ":op!u@h INVITE me #b", ":me!user@host JOIN #c",
                    ":bob!u@h PRIVMSG #a :\x01VERSION\x01", ":bob!u@h PRIVMSG me :\x01PING 1\x01",
                    ":op!u@h KILL me :x", "ERROR :Closing link", "PING :past",
                    ":s CAP me DEL :batch", ":s 005 me CHANTYPES=! :are supported")):
                self.archive.add("#a", line, f"past{number}")
            link = self.welcome_back(scene)
            link.expect_lines("JOIN #a")
            link.let_in("#a", "bob")
            last = self.archive.add("#a", ":bob!u@h PRIVMSG #a :the last", "last")
            self.assertTrue(last)
            self.archive.serve(link, f"CHATHISTORY AFTER #a msgid=last {PAGE}")
            link.sync()
            self.assertEqual(self.contents(scene)[-1], "the last")
            self.assertEqual(scene.members("#a"), [("bob", ""), ("me", "")])
            self.assertEqual(scene.query("SELECT name, topic FROM channels WHERE joined"),
                             [("#a", None)])
            self.assertEqual(scene.query("SELECT count(*) FROM blocklist"), [(0,)])
            self.assertEqual(scene.live_nickname(), "me")
            self.assertEqual(scene.told("invited") + scene.told("kicked"), [])
            scene.check_state("connected")

    def test_not_asked_for(self):
        """A page that comes by itself is of the past all the same."""
        with self.scene() as scene:
            link = scene.accept().register_and_join("#a", "bob", offered=CAPS, isupport=ISUPPORT)
            self.say(1)
            self.say(2, "bob", "me")
            for target in ("#a", "bob"):
                link.send(*self.archive.batch(target, self.archive.targets[target]))
            link.sync()
            self.assertEqual(self.contents(scene), ["text 1", "text 2"])
            self.assertEqual([event for event in scene.told("message_received")
                              if event["message_type"] == "privmsg"], [])
