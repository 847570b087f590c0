# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""From the first line to the welcome: capabilities, nicknames, servers that are slow, old or odd."""

import time
import unittest

from dialogue import SERVER
from scene import Scene

REGISTER_TIMEOUT = 1  # seconds


class Capabilities(unittest.TestCase):
    def test_first_lines(self):
        with Scene(password="hunter2") as scene:
            link = scene.accept()
            link.greet(password="hunter2")
            link.sync()
            scene.check_state("connecting", "registering")

    def test_list_in_pieces_with_a_nick(self):
        """A nickname, or the mark of continuation itself, stands where the nickname belongs."""
        for slot in ("me", "*"):
            with self.subTest(slot=slot), Scene() as scene:
                link = scene.accept()
                link.greet()
                link.send(f":{SERVER} CAP {slot} LS * :multi-prefix example.org/odd=1,2 batch",
                          f":{SERVER} CAP {slot} LS * :account-tag= server-time=old")
                link.sync()  # nothing is asked for before the last piece
                link.send(f":{SERVER} CAP {slot} LS :server-time=new  message-tags ")
                link.expect_lines(
                    "CAP REQ :account-tag batch message-tags multi-prefix server-time")
                link.send(f":{SERVER} CAP {slot} ACK :account-tag batch message-tags",
                          f":{SERVER} CAP {slot} ACK :multi-prefix server-time ")
                link.expect_lines("CAP END")
                link.welcome()
                link.sync()
                scene.check_state("connected")

    def test_list_in_odd_dress(self):
        """Any line may have tags, and need not have a source."""
        for line in ("@time=2026-01-01T00:00:00.000Z CAP me LS :batch",
                     "CAP * LS batch", f"@x=y;+z :{SERVER} cap me ls :batch"):
            with self.subTest(line=line), Scene() as scene:
                link = scene.accept()
                link.greet()
                link.send(line)
                link.expect_lines("CAP REQ :batch")
                link.send("@a=b CAP me ACK batch")
                link.expect_lines("CAP END")

    def test_refused_together_then_one_by_one(self):
        with Scene() as scene:
            link = scene.accept()
            link.greet()
            link.send(f":{SERVER} CAP * LS :batch multi-prefix setname")
            link.expect_lines("CAP REQ :batch multi-prefix setname")
            link.send(f":{SERVER} CAP me NAK :batch multi-prefix setname")
            link.expect_lines("CAP REQ :batch", "CAP REQ :multi-prefix", "CAP REQ :setname")
            link.send(f":{SERVER} CAP me ACK :batch", f":{SERVER} CAP me NAK :multi-prefix")
            link.sync()
            link.send(f":{SERVER} CAP me ACK :setname")
            link.expect_lines("CAP END")

    def test_long_requests_are_cut(self):
        """Each fits a line of any server, with a source in front of it that they may add."""
        names = sorted({
            "account-notify", "account-tag", "away-notify", "batch", "cap-notify", "chghost",
            "draft/channel-rename", "draft/extended-isupport", "draft/message-redaction",
            "draft/read-marker", "extended-join", "extended-monitor", "invite-notify",
            "message-tags", "multi-prefix", "server-time", "setname", "standard-replies",
            "userhost-in-names"})
        with Scene() as scene:
            link = scene.accept()
            link.greet()
            self.assertEqual(link.negotiate(" ".join(names)), set(names))
            requests = [line for line in link.said if line.startswith("CAP REQ")]
            self.assertLess(max(map(len, requests)), 450)
            link.expect("ISUPPORT")  # draft/extended-isupport
            link.expect_lines("CAP END")

    def test_servers_without_capabilities(self):
        for lines in ([f":{SERVER} 421 me CAP :Unknown command"],
                      [f":{SERVER} 421 * CAP :Unknown command"],
                      [f":{SERVER} 451 * :You have not registered"],
                      [f":{SERVER} 410 * LS :Invalid CAP command"],
                      []):
            with self.subTest(lines=lines), Scene(channels="#a") as scene:
                link = scene.accept()
                link.greet()
                link.send(*lines)
                link.welcome()
                said = link.next_line()
                if said == "CAP END":  # says nothing to one, and ends the matter for another
                    said = link.next_line()
                self.assertEqual(said, "JOIN #a")
                scene.check_state("connected")


class Waiting(unittest.TestCase):
    """A deadline holds from the link to the welcome, whatever the server says meanwhile."""

    def check_given_up(self, scene, link, began, talk):
        """`talk` is said again and again meanwhile."""
        while not scene.has_ended(0.2):
            self.assertLess(time.monotonic() - began, REGISTER_TIMEOUT + 10)
            try:
                if talk:
                    link.send(talk)
            except OSError:
                break
        self.assertEqual(scene.ending(), (69, "registration"))
        self.assertGreaterEqual(time.monotonic() - began, REGISTER_TIMEOUT * 0.9)

    def test_notices_are_no_progress(self):
        with Scene(register_timeout=REGISTER_TIMEOUT) as scene:
            began = time.monotonic()
            link = scene.accept()
            link.greet()
            self.check_given_up(scene, link, began,
                                f":{SERVER} NOTICE * :*** Looking up your hostname...")
            rows = scene.rows("message_type, sender, content")
            self.assertGreater(len(rows), 1)
            self.assertEqual(set(rows), {("notice", SERVER, "*** Looking up your hostname...")})

    def test_pings_are_answered_and_no_progress(self):
        with Scene(register_timeout=REGISTER_TIMEOUT) as scene:
            began = time.monotonic()
            link = scene.accept()
            link.greet()
            self.check_given_up(scene, link, began, "PING :again")

    def test_offers_that_are_never_granted(self):
        with Scene(register_timeout=REGISTER_TIMEOUT) as scene:
            began = time.monotonic()
            link = scene.accept()
            link.greet()
            link.send(f":{SERVER} CAP * LS :batch server-time")
            link.expect_lines("CAP REQ :batch server-time")
            self.check_given_up(scene, link, began, None)

    def test_a_list_without_an_end(self):
        with Scene(register_timeout=REGISTER_TIMEOUT) as scene:
            began = time.monotonic()
            link = scene.accept()
            link.greet()
            self.check_given_up(scene, link, began, f":{SERVER} CAP * LS * :batch")

    def test_cookie_before_the_welcome(self):
        """Some servers demand it; the very token goes back, and we ask for none ourselves."""
        with Scene() as scene:
            link = scene.accept()
            link.greet()
            for token in ("12345", ":1A2B!@x", ":two words", ":", "odd\udcff"):
                link.send(f"PING {token}")
                link.expect_lines(f"PONG :{token.removeprefix(':')}")
            link.send(f"@x=y :{SERVER} PING {SERVER} other")
            link.expect_lines(f"PONG :{SERVER}")

    def test_please_wait(self):
        """020, and what else comes before a welcome, changes nothing."""
        with Scene() as scene:
            link = scene.accept()
            link.greet()
            link.send(f":{SERVER} 020 * :Please wait while we process your connection.",
                      f":{SERVER} 042 me 123ABC :your unique ID",
                      f":{SERVER} 396 me some.host :is now your visible host")
            link.negotiate("batch")
            link.expect_lines("CAP END")
            link.welcome()
            link.sync()
            scene.check_state("connected")


class Nicknames(unittest.TestCase):
    REFUSALS = {
        "433": "me :Nickname is already in use",
        "436": "me :Nickname collision KILL",
        "437": "me :Nick/channel is temporarily unavailable",
        "432": "me :Erroneous nickname",
        "431": ":No nickname given",
    }

    def test_the_next_one_is_tried(self):
        for number, text in self.REFUSALS.items():
            with self.subTest(number=number), Scene(alt_nicknames="other") as scene:
                link = scene.accept()
                link.greet()
                link.send(f":{SERVER} {number} * {text}")
                link.expect_lines("NICK other")
                link.nick = "other"
                link.negotiate()
                link.expect_lines("CAP END")
                link.welcome()
                link.sync()
                self.assertEqual(scene.live_nickname(), "other")

    def test_then_with_something_appended(self):
        with Scene(alt_nicknames="other") as scene:
            link = scene.accept()
            link.greet()
            link.send(f":{SERVER} 433 * me :Nickname is already in use")
            link.expect_lines("NICK other")
            link.send(f":{SERVER} 433 * other :Nickname is already in use")
            link.expect_lines("NICK me_")
            # Too long, says the server: the next ones are no longer than the first.
            link.send(f":{SERVER} 432 * me_ :Erroneous nickname")
            link.expect_lines("NICK m0")

    def test_none_is_free(self):
        with Scene() as scene:
            link = scene.accept()
            link.greet()
            nick, tried = "me", []
            while not scene.has_ended(0):
                link.send(f":{SERVER} 433 * {nick} :Nickname is already in use")
                tried.append(nick)
                self.assertLess(len(tried), 50)
                try:
                    nick = link.expect("NICK (.*)")[1]
                except AssertionError:
                    break
            self.assertEqual(scene.ending(), (75, "nickname"))
            self.assertEqual(len(set(tried)), len(tried))

    def test_q_lined(self):
        """InspIRCd says 432 of a nickname that is not allowed here; no other is left."""
        with Scene() as scene:
            link = scene.accept()
            link.greet()
            link.send(f":{SERVER} 432 * me :Invalid nickname: Reserved for services")
            self.assertEqual(scene.ending(), (75, "nickname"))

    def test_cut_by_the_welcome(self):
        """The first parameter of 001 is who we are."""
        with Scene(nickname="averylongnickname") as scene:
            link = scene.accept()
            link.greet(nick="averylongnickname")
            link.negotiate()
            link.expect_lines("CAP END")
            link.welcome(nick="averylong")
            link.send(":averylong!u@h PRIVMSG bob :mine", ":bob!u@h PRIVMSG averylong :yours")
            link.sync()
            self.assertEqual(scene.live_nickname(), "averylong")
            self.assertEqual(scene.rows("sender, content, is_self"),
                             [("averylong", "mine", 1), ("bob", "yours", 0)])

    def test_forced_to_one_with_a_digit(self):
        """Q-lined while on: 043 and a nickname that nobody could have chosen."""
        with Scene(regain_nickname=False) as scene:
            link = scene.accept().register()
            link.send(f":{SERVER} 043 me 1AAAAAAB :Your nickname was changed",
                      ":me!user@host NICK :1AAAAAAB", ":bob!u@h PRIVMSG 1AAAAAAB :hello")
            link.sync()
            self.assertEqual(scene.live_nickname(), "1AAAAAAB")
            self.assertEqual(scene.rows("sender, target, content", "message_type = 'privmsg'"),
                             [("bob", "1AAAAAAB", "hello")])

    def test_refused_after_the_welcome(self):
        """A nickname asked for and refused is an answer, and the connection stays."""
        with Scene() as scene:
            link = scene.accept().register()
            scene.submit("nick", nickname="taken")
            link.expect_lines("NICK taken")
            link.send(f":{SERVER} 433 me taken :Nickname is already in use")
            link.sync()
            self.assertEqual(scene.live_nickname(), "me")


class Refused(unittest.TestCase):
    """What a server says instead of a welcome."""

    CASES = {
        "464": ([f":{SERVER} 464 me :Password incorrect"], 77, "credentials"),
        "465": ([f":{SERVER} 465 me :You are banned from this server"], 77, "banned"),
        "465 with *": ([f":{SERVER} 465 * :You are not welcome here"], 77, "banned"),
        "466": ([f":{SERVER} 466 me :You will be banned"], 77, "banned"),
        "463": ([f":{SERVER} 463 me :Your host isn't among the privileged"], 69, "registration"),
        "account required": (
            [f":{SERVER} FAIL * ACCOUNT_REQUIRED :You must log in with SASL"], 77, "credentials"),
        "bounce": ([f":{SERVER} 010 me other.test 6667 :Please use this server instead"],
                   69, "registration"),
        "461": ([f":{SERVER} 461 me USER :Not enough parameters"], 65, "bad-configuration"),
        "468": ([f":{SERVER} 468 me :Your username is invalid"], 65, "bad-configuration"),
        "nothing": ([], 69, "registration"),
    }

    def test_by_numerics(self):
        """The ERROR behind it says nothing, or is not there: only the link's end is."""
        for name, (lines, status, code) in self.CASES.items():
            for last in ([], ["ERROR :Closing link"]):
                with self.subTest(name=name, last=last), Scene() as scene:
                    link = scene.accept()
                    link.greet()
                    if lines + last:
                        link.send(*lines, *last)
                    link.close()
                    self.assertEqual(scene.ending(), (status, code))
                    self.assertEqual(scene.is_blocked_for_good(), status == 77)
