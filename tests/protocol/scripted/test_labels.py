# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Answers that belong to commands: labels, echoes, refusals, and servers that owe an answer."""

import re
import unittest

from dialogue import SERVER
from scene import Scene

CAPS = "batch echo-message labeled-response message-tags server-time standard-replies"
ANSWER_TIMEOUT = 40.0  # the program's own for a label, and some


class LabelCase(unittest.TestCase):
    def start(self, scene, offered=CAPS):
        link = scene.accept().register_and_join("#a", "bob", offered=offered)
        if offered == CAPS:
            self.assertLessEqual({"echo-message", "labeled-response"}, link.caps)
        self.before = scene.query("SELECT ifnull(max(id), 0) FROM messages")[0][0]
        return link

    def labelled(self, link, line):
        """The next line is this one with a label, which is answered."""
        return link.expect(rf"@label=([^ ;]{{1,64}}) {re.escape(line)}")[1]

    def new_rows(self, scene, fields="sender, target, content, msgid"):
        return scene.rows(fields, f"id > {self.before}")


class Speech(LabelCase):
    def test_the_echo_is_what_is_stored(self):
        """A server may have changed it; nothing is stored before it came, and nothing twice."""
        with Scene(channels="#a") as scene:
            link = self.start(scene)
            scene.submit("privmsg", target="#a", message="hello")
            label = self.labelled(link, "PRIVMSG #a :hello")
            link.sync()
            self.assertEqual(self.new_rows(scene), [])
            link.send(":bob!u@h PRIVMSG #a :between",
                      f"@label={label};msgid=m1;time=2026-04-01T12:34:56.789Z "
                      ":me!user@host PRIVMSG #a :hello (filtered)")
            self.assertEqual(scene.next_answer()["ok"], True)
            self.assertEqual(self.new_rows(scene), [
                ("bob", "#a", "between", None), ("me", "#a", "hello (filtered)", "m1")])
            self.assertEqual(scene.rows("is_self, sent_at", "msgid = 'm1'"),
                             [(1, 1775046896_789_000)])

    def test_refused(self):
        """By a numeric, by FAIL, by either in a batch: an answer with the server's words."""
        refusals = {
            "404": [f"@label={{}} :{SERVER} 404 me #a :Cannot send to channel"],
            "FAIL PRIVMSG NO_GOOD": [
                f"@label={{}} :{SERVER} FAIL PRIVMSG NO_GOOD #a :Cannot send to channel"],
            "401": [f"@label={{}} :{SERVER} BATCH +x labeled-response",
                    f"@batch=x :{SERVER} 401 me bob :Cannot send to channel",
                    f":{SERVER} BATCH -x"],
        }
        for code, lines in refusals.items():
            with self.subTest(code=code), Scene(channels="#a") as scene:
                link = self.start(scene)
                scene.submit("privmsg", target="#a", message="hello")
                label = self.labelled(link, "PRIVMSG #a :hello")
                link.send(*(line.format(label) for line in lines))
                answer = scene.next_answer()
                self.assertEqual((answer["ok"], answer["error"]), (False, "refused"))
                self.assertIn(code, answer["message"])
                self.assertIn("Cannot send to channel", answer["message"])
                self.assertEqual(self.new_rows(scene), [])

    def test_several_lines_are_one_request(self):
        """It is refused when one of them is; what was echoed is stored."""
        with Scene(channels="#a") as scene:
            link = self.start(scene)
            scene.submit("privmsg", target="#a", message="one\ntwo\nthree")
            labels = [self.labelled(link, f"PRIVMSG #a :{text}") for text in ("one", "two", "three")]
            self.assertEqual(len(set(labels)), 3)
            link.send(f"@label={labels[2]} :me!user@host PRIVMSG #a :three",
                      f"@label={labels[0]} :me!user@host PRIVMSG #a :one")
            link.sync()
            link.send(f"@label={labels[1]} :{SERVER} 404 me #a :No")
            self.assertEqual(scene.next_answer()["ok"], False)
            self.assertEqual([content for content, in self.new_rows(scene, "content")],
                             ["three", "one"])

    def test_answers_in_the_order_of_the_commands(self):
        """Whatever the server's own order is."""
        with Scene(channels="#a") as scene:
            link = self.start(scene)
            asked = [scene.send("privmsg", target="#a", message=f"text {n}") for n in (1, 2)]
            first, second = (self.labelled(link, f"PRIVMSG #a :text {n}") for n in (1, 2))
            link.send(f"@label={second} :me!user@host PRIVMSG #a :text 2")
            link.sync()
            link.send(f"@label={first} :{SERVER} 404 me #a :No")
            scene.answer(asked[1])
            self.assertEqual([(answer["id"], answer["ok"]) for answer in scene.answers],
                             [(asked[0], False), (asked[1], True)])

    def test_to_ourselves(self):
        """It comes twice, with the label and without: one row."""
        with Scene(channels="#a") as scene:
            link = self.start(scene)
            scene.submit("privmsg", target="me", message="note")
            label = self.labelled(link, "PRIVMSG me :note")
            link.send(f"@label={label} :me!user@host PRIVMSG me :note",
                      ":me!user@host PRIVMSG me :note")
            self.assertEqual(scene.next_answer()["ok"], True)
            link.sync()
            self.assertEqual(self.new_rows(scene), [("me", "me", "note", None)])

    def test_an_answer_that_never_comes(self):
        """Ends by a time-out of ours; what comes later finds nobody, and harms nothing."""
        with Scene(channels="#a") as scene:
            link = self.start(scene)
            scene.submit("privmsg", target="#a", message="hello")
            label = self.labelled(link, "PRIVMSG #a :hello")
            answer = scene.next_answer(ANSWER_TIMEOUT)
            self.assertEqual((answer["ok"], answer["error"]), (False, "timed-out"))
            link.send(f"@label={label} :me!user@host PRIVMSG #a :hello")
            link.sync()
            self.assertEqual(self.new_rows(scene), [("me", "#a", "hello", None)])
            scene.submit("privmsg", target="#a", message="again")
            label = self.labelled(link, "PRIVMSG #a :again")
            link.send(f"@label={label} :me!user@host PRIVMSG #a :again")
            self.assertEqual(scene.next_answer()["ok"], True)

    def test_the_link_ends_before_the_answer(self):
        with Scene(channels="#a") as scene:
            link = self.start(scene)
            scene.submit("privmsg", target="#a", message="hello")
            self.labelled(link, "PRIVMSG #a :hello")
            link.close()
            self.assertEqual(scene.next_answer()["ok"], False)
            self.assertEqual(scene.wait(), 69)

    def test_labels_that_are_not_ours(self):
        with Scene(channels="#a") as scene:
            link = self.start(scene)
            scene.submit("privmsg", target="#a", message="hello")
            label = self.labelled(link, "PRIVMSG #a :hello")
            for odd in ("", "no", label + "x", "\udcff", "9" * 400):
                link.send(f"@label={odd} :{SERVER} 404 me #a :No", f"@label={odd} :{SERVER} ACK",
                          f"@label={odd} :bob!u@h PRIVMSG #a :with a label")
            link.sync()
            link.send(f"@label={label} :me!user@host PRIVMSG #a :hello",
                      f"@label={label} :{SERVER} 404 me #a :too late")
            self.assertEqual(scene.next_answer()["ok"], True)

    def test_without_an_echo(self):
        """Labels alone: said is stored, and refused is an answer and a mark."""
        with Scene(channels="#a") as scene:
            link = self.start(scene, "batch labeled-response")
            scene.submit("privmsg", target="#a", message="hello")
            said = link.expect("(?:@label=(\\S+) )?PRIVMSG #a :hello")
            if said[1] is not None:
                link.send(f"@label={said[1]} :{SERVER} ACK")
            self.assertEqual(scene.next_answer()["ok"], True)
            self.assertEqual(self.new_rows(scene, "content"), [("hello",)])

    def test_an_echo_without_labels_is_not_wanted(self):
        with Scene(channels="#a") as scene:
            link = self.start(scene, "batch echo-message")
            self.assertNotIn("echo-message", link.caps)
            scene.submit("privmsg", target="#a", message="hello")
            link.expect_lines("PRIVMSG #a :hello")
            self.assertEqual(scene.next_answer()["ok"], True)
            self.assertEqual(self.new_rows(scene, "content"), [("hello",)])


class Commands(LabelCase):
    CASES = [
        ("join", {"channel": "#b"}, "JOIN #b", "474 me #b :You are banned"),
        ("part", {"channel": "#a"}, "PART #a", "442 me #a :You're not on it"),
        ("topic", {"channel": "#a", "topic": "new"}, "TOPIC #a :new",
         "482 me #a :You're not channel operator"),
        ("mode", {"target": "#a", "modes": "+m"}, "MODE #a +m",
         "482 me #a :You're not channel operator"),
        ("kick", {"channel": "#a", "nickname": "bob"}, "KICK #a bob",
         "482 me #a :You're not channel operator"),
        ("invite", {"nickname": "bob", "channel": "#a"}, "INVITE bob #a",
         "443 me bob #a :is already on channel"),
        ("nick", {"nickname": "taken"}, "NICK taken", "433 me taken :In use"),
        ("raw", {"line": "WHOIS nobody"}, "WHOIS nobody", "401 me nobody :No such nick"),
    ]

    def test_refused_and_accepted(self):
        for command, keys, line, refusal in self.CASES:
            with self.subTest(command=command, keys=keys), Scene(channels="#a") as scene:
                link = self.start(scene)
                scene.submit(command, **keys)
                label = self.labelled(link, line)
                link.send(f"@label={label} :{SERVER} {refusal}")
                answer = scene.next_answer()
                self.assertEqual((answer["ok"], answer["error"]), (False, "refused"))
                self.assertIn(refusal.partition(" :")[2], answer["message"])
                scene.submit(command, **keys)
                label = self.labelled(link, line)
                link.send(f"@label={label} :{SERVER} ACK")
                self.assertEqual(scene.next_answer()["ok"], True)

    def test_a_server_that_refuses_without_labels(self):
        """Then ok says only that it was handed over, and the refusal is an event."""
        with Scene(channels="#a") as scene:
            link = self.start(scene, "batch")
            scene.submit("privmsg", target="#a", message="hello")
            link.expect_lines("PRIVMSG #a :hello")
            self.assertEqual(scene.next_answer()["ok"], True)
            link.send(f":{SERVER} 404 me #a :Cannot send to channel")
            link.sync()
            self.assertEqual([event["code"] for event in scene.told("error")], ["404"])
