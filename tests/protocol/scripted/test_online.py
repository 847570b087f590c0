# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""What a server may say to one who is on: capabilities that come and go, lists that are full, forced
joins and names, answers and remarks, questions."""

import unittest

from dialogue import SERVER
from scene import Scene

NEWLINE = "\n"


class Capabilities(unittest.TestCase):
    def test_new_adds_and_updates_and_del_takes(self):
        """A value may be told anew; what is deleted is gone, and not asked away."""
        with Scene() as scene:
            link = scene.accept().register("cap-notify batch")
            link.send(f":{SERVER} CAP me NEW :batch=value")
            link.sync()
            link.send(f":{SERVER} CAP me NEW :account-tag example.org/odd message-tags=1")
            link.expect_lines("CAP REQ :account-tag message-tags")
            link.send(f":{SERVER} CAP me ACK :account-tag message-tags")
            link.send("@account=acc;msgid=1 :bob!u@h PRIVMSG me :hello")
            link.sync()
            link.send(f":{SERVER} CAP me DEL :account-tag batch odd sts", f":{SERVER} CAP me DEL :")
            link.sync()
            link.send(f":{SERVER} CAP me NEW :batch account-tag")
            link.expect_lines("CAP REQ :account-tag batch")
            link.send(f":{SERVER} CAP me NAK :account-tag batch")
            link.expect_lines("CAP REQ :account-tag", "CAP REQ :batch")
            link.send(f":{SERVER} CAP me NAK :account-tag", f":{SERVER} CAP me NAK :batch")
            link.sync()
            self.assertEqual(scene.rows("account, msgid"), [("acc", "1")])

    def test_answers_that_never_come(self):
        """A REQ without an answer, while on, holds up nothing."""
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", offered="cap-notify")
            link.send(f":{SERVER} CAP me NEW :batch server-time")
            link.expect_lines("CAP REQ :batch server-time")
            link.sync()
            scene.submit("privmsg", target="#a", message="hello")
            link.expect_lines("PRIVMSG #a :hello")
            self.assertEqual(scene.next_answer()["ok"], True)


class Forced(unittest.TestCase):
    def test_joins_never_asked_for(self):
        with Scene() as scene:
            link = scene.accept().register("extended-join account-notify")
            link.send(":me!user@host JOIN #forced * :Real Name",
                      f":{SERVER} 353 me = #forced :me @bob", f":{SERVER} 366 me #forced :End",
                      ":eve!u@h JOIN #forced acc :Eve", ":carol!u@h JOIN #forced * :Carol",
                      ":carol!u@h ACCOUNT other", ":eve!u@h ACCOUNT *")
            link.sync()
            self.assertEqual(scene.query("SELECT name, joined FROM channels"), [("#forced", 1)])
            self.assertEqual(
                scene.query("SELECT nickname, account FROM channel_users ORDER BY nickname"),
                [("bob", None), ("carol", "other"), ("eve", None), ("me", None)])

    def test_host_and_name(self):
        """CHGHOST, SETNAME and 396 of ourselves: what we say is cut to what others receive."""
        text = "x" * 600
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", offered="chghost setname")
            for user, host in (("u", "h"), ("longer", "a.much.longer.host.example.org")):
                link.send(f":me!user@host CHGHOST {user} {host}", ":me!user@host SETNAME :Other")
                link.sync()
                scene.submit("privmsg", target="#a", message=text)
                prefix = f":me!{user}@{host} PRIVMSG #a :"
                first = link.expect("PRIVMSG #a :(x+)")[1]
                second = link.expect("PRIVMSG #a :(x+)")[1]
                self.assertEqual(first + second, text)
                self.assertLessEqual(len(prefix + first) + 2, 512)
                self.assertGreater(len(prefix + first) + 2, 480)
                self.assertEqual(scene.next_answer()["ok"], True)

    def test_kicked(self):
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", "@op")
            link.send(":op!u@h KICK #a me :go away")
            link.sync()
            self.assertEqual(scene.query("SELECT joined FROM channels"), [(0,)])
            self.assertEqual(scene.query("SELECT channel, is_permanent FROM blocklist"),
                             [("#a", 1)])
            self.assertEqual(scene.members("#a"), [])
            link.send(":op!u@h INVITE me #a")
            link.sync()

    def test_channel_renamed(self):
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", "@op", offered="draft/channel-rename")
            link.send(":op!u@h RENAME #a #b :better", ":op!u@h PRIVMSG #b :hello")
            link.sync()
            self.assertEqual(scene.query("SELECT name FROM channels WHERE joined"), [("#b",)])
            self.assertEqual(scene.members("#b"), [("me", ""), ("op", "@")])


class Remarks(unittest.TestCase):
    def test_standard_replies(self):
        """FAIL is an error for people, WARN and NOTE end nothing; none needs a command."""
        with Scene() as scene:
            link = scene.accept().register("standard-replies")
            link.send(f":{SERVER} FAIL JOIN BANNED #a :You are banned", "FAIL * ODD :Something",
                      "FAIL X", "FAIL", f":{SERVER} WARN JOIN SLOW #a :Slow down", "WARN * W :w",
                      "NOTE * HELLO :Hello", "NOTE", "NOTE X")
            link.sync()
            codes = [event["code"] for event in scene.told("error")]
            self.assertEqual(codes, ["FAIL JOIN BANNED", "FAIL * ODD"])
            scene.check_state("connected")

    def test_refused_joins(self):
        with Scene(channels="#a;#b") as scene:
            link = scene.accept()
            link.greet()
            link.negotiate()
            link.expect_lines("CAP END")
            link.welcome()
            link.expect("JOIN #a,#b")
            for number in ("403", "405", "407", "437", "471", "473", "474", "475", "476", "477",
                           "479", "480", "489", "520"):
                link.numeric(number, "#a :Cannot join channel")
            link.numeric("470", "#b ##b :Forwarding to another channel")
            link.send(":me!user@host JOIN ##b")
            link.sync()
            self.assertEqual(scene.query("SELECT name FROM channels WHERE joined"), [("##b",)])
            contexts = [event["code"] for event in scene.told("error")]
            self.assertEqual(len(contexts), 15)


class Questions(unittest.TestCase):
    def test_ctcp(self):
        with Scene() as scene:
            link = scene.accept().register()
            link.send(":bob!u@h PRIVMSG me :\x01VERSION\x01")
            link.expect("NOTICE bob :\x01VERSION irc-conn .*\x01")
            link.send(":bob!u@h PRIVMSG me :\x01PING 12 34")
            link.expect_lines("NOTICE bob :\x01PING 12 34\x01")
            for line in (":bob!u@h NOTICE me :\x01VERSION\x01", ":bob!u@h PRIVMSG #a :\x01TIME\x01",
                         ":bob!u@h PRIVMSG me :\x01DCC SEND x 1 2 3\x01",
                         ":bob!u@h PRIVMSG me :see \x01TIME\x01", "PRIVMSG me :\x01TIME\x01"):
                link.send(line)
                link.sync()
            link.send(":bob!u@h PRIVMSG me :\x01TIME\x01")
            link.expect("NOTICE bob :\x01TIME .*\x01")
            for _ in range(50):
                link.send(":bob!u@h PRIVMSG me :\x01PING 1\x01")
            link.sync()  # three in ten seconds

    def test_nothing_goes_out_by_a_command_that_has_more_than_one_line(self):
        with Scene() as scene:
            link = scene.accept().register()
            for name, keys in (("raw", {"line": "PRIVMSG #a :x\r\nQUIT"}),
                            ("raw", {"line": "PRIVMSG #a :x\nQUIT"}),
                            ("join", {"channel": "#a\r\nQUIT"}),
                            ("topic", {"channel": "#a", "topic": "x\nQUIT"}),
                            ("nick", {"nickname": "a b"}),
                            ("away", {"message": "x\rQUIT"}),
                            ("privmsg", {"target": "#a\nQUIT", "message": "x"}),
                            ("kick", {"channel": "#a", "nickname": "b\nQUIT"})):
                with self.subTest(name=name, keys=keys):
                    self.assertEqual(scene.ask(name, **keys)["ok"], False)
                    link.sync()

    def test_lines_of_a_text(self):
        with Scene() as scene:
            link = scene.accept().register()
            scene.submit("privmsg", target="#a", message=f"one{NEWLINE}{NEWLINE}two")
            link.expect_lines("PRIVMSG #a :one", "PRIVMSG #a :two")
            self.assertEqual(scene.next_answer()["ok"], True)
            self.assertEqual(scene.rows("content, is_self"), [("one", 1), ("two", 1)])
