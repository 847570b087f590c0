# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Who is where, by what the server says and in what words it says it: the database is right, and
lines that make no sense do not make it wrong."""

import unittest

from dialogue import SERVER
from scene import Scene


class Names(unittest.TestCase):
    """What is one name and what are two depends on the server, which may change its mind."""

    def channel_of(self, scene, content):
        return scene.query("SELECT name FROM messages JOIN channels ON channels.id = channel_id "
                           "WHERE content = ?", content)

    def test_casemappings(self):
        cases = [
            ("rfc1459", ["#A[", "#a{", "#A{"], ["#b"]),
            ("rfc1459-strict", ["#A[", "#a{"], ["#b"]),
            ("ascii", ["#A[", "#a["], ["#A{"]),
            ("rfc7613", ["#A["], ["#A{"]),
            ("unheard-of", ["#A[", "#a["], ["#A{"]),
        ]
        for casemapping, ours, others in cases:
            with self.subTest(casemapping=casemapping), Scene() as scene:
                link = scene.accept().register()
                link.send(f":{SERVER} 005 me CASEMAPPING={casemapping} :are supported")
                link.let_in("#A[", "bob")
                for name in ours + others:
                    link.send(f":bob!u@h PRIVMSG {name} :to {name}")
                link.sync()
                for name in ours:
                    self.assertEqual(self.channel_of(scene, f"to {name}"), [("#A[",)])
                for name in others:
                    self.assertNotEqual(self.channel_of(scene, f"to {name}"), [("#A[",)])

    def test_a_mapping_that_comes_late(self):
        """What was two is one from then on."""
        with Scene() as scene:
            link = scene.accept().register("", "CASEMAPPING=ascii")
            link.let_in("#a", "B[b")
            link.send(":b{b!u@h JOIN #a")
            link.sync()
            self.assertEqual(scene.members("#a"), [("B[b", ""), ("b{b", ""), ("me", "")])
            link.send(f":{SERVER} 005 me CASEMAPPING=rfc1459 :are supported",
                      ":b{B!u@h PART #A", ":b[B!u@h NICK other")
            link.sync()
            self.assertNotIn("b{b", [name for name, _ in scene.members("#a")])
            scene.check_state("connected")

    def test_kinds_of_channels(self):
        with Scene() as scene:
            link = scene.accept().register("", "CHANTYPES=+ STATUSMSG=@ PREFIX=(o)@")
            link.let_in("+plus")
            link.send(":bob!u@h PRIVMSG @+plus :to operators", ":bob!u@h PRIVMSG #x :private",
                      ":bob!u@h PRIVMSG +plus :to all")
            link.sync()
            self.assertEqual(scene.rows("target, channel_id IS NULL", "message_type = 'privmsg'"),
                             [("@+plus", 0), ("#x", 1), ("+plus", 0)])


class Members(unittest.TestCase):
    def test_names(self):
        """With several prefixes, hosts, and a colon where none has to be."""
        with Scene() as scene:
            link = scene.accept().register("multi-prefix userhost-in-names", "PREFIX=(qaohv)~&@%+")
            link.send(":me!user@host JOIN :#a",
                      f":{SERVER} 353 me @ #a :~@+root!r@h.example &%half!h@h me!user@host",
                      f":{SERVER} 353 me @ #A :+voice!v@h  ~odd @ +  ", f":{SERVER} 366 me #a :End")
            link.sync()
            self.assertEqual(scene.members("#a"), [
                ("half", "&%"), ("me", ""), ("odd", "~"), ("root", "~@+"), ("voice", "+")])

    def test_modes_with_arguments_of_all_types(self):
        """A count that goes wrong would give the prefix to another."""
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join(
                "#a", "ann", "bob", "carl",
                isupport="PREFIX=(ov)@+ CHANMODES=beI,k,lj,imnpst,X MODES=6")
            steps = [
                ("+bklo x!*@* key 10 bob", {"bob": "@"}),
                ("-lk+v key bob", {"bob": "@+"}),
                ("+imo-o+v ann bob carl", {"ann": "@", "bob": "+", "carl": "+"}),
                ("+oooooo ann bob", {"ann": "@", "bob": "@+", "carl": "+"}),
                ("+o", {"ann": "@", "bob": "@+", "carl": "+"}),
                ("-ov+b", {"ann": "@", "bob": "@+", "carl": "+"}),
                ("+o nobody", {"ann": "@", "bob": "@+", "carl": "+"}),
                ("-oov ann bob carl extra words", {"bob": "+"}),
                ("+X-X+jo 1:2 ANN", {"ann": "@", "bob": "+"}),
                ("-o+e-k ann e!*@* * bob", {"bob": "+"}),
            ]
            for text, expected in steps:
                with self.subTest(text=text):
                    link.send(f":op!u@h MODE #a {text}")
                    link.sync()
                    self.assertEqual({name: prefixes for name, prefixes in scene.members("#a")
                                      if prefixes}, expected)

    def test_prefixes_that_change(self):
        """The server may tell them late, or take them back."""
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", "@op", "+v")
            link.send(f":{SERVER} 005 me PREFIX= :are supported", ":x!u@h MODE #a +o bob",
                      f":{SERVER} 005 me -PREFIX :are supported", ":x!u@h MODE #a +o v",
                      f":{SERVER} 005 me PREFIX=(Yov)!@+ :are supported", ":x!u@h MODE #a +Y v",
                      f":{SERVER} 005 me PREFIX=(ov :are supported", ":x!u@h MODE #a +v op",
                      f":{SERVER} 005 me PREFIX=(ov)@+extra :are supported")
            link.sync()
            self.assertEqual([name for name, _ in scene.members("#a")], ["me", "op", "v"])
            scene.check_state("connected")

    def test_comings_and_goings(self):
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", "@op", "bob", offered="extended-join")
            link.let_in("#b", "bob")
            link.send(":eve!u@h JOIN #a evil :Eve", ":bob!u@h NICK :Robert", ":op!u@h KICK #a eve :x",
                      ":op!u@h PART #a :bye", ":Robert!u@h JOIN #a * :Robert",
                      ":stranger!u@h PART #a", ":stranger!u@h NICK Robert", ":Robert!u@h JOIN #nowhere")
            link.sync()
            self.assertEqual(scene.members("#a"), [("me", ""), ("Robert", "")])
            self.assertEqual(scene.members("#b"), [("me", ""), ("Robert", "")])
            link.send(":ROBERT!u@h QUIT :bye", ":me!user@host NICK you", ":you!user@host PART #b")
            link.sync()
            self.assertEqual(scene.members("#a"), [("you", "")])
            self.assertEqual(scene.query("SELECT name, joined FROM channels ORDER BY name"),
                             [("#a", 1), ("#b", 0)])
            self.assertEqual(scene.live_nickname(), "you")

    def test_topics(self):
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a")
            for line, topic in ((f":{SERVER} 332 me #a :first", "first"),
                                (":bob!u@h TOPIC #A :second \x02bold\x02", "second \x02bold\x02"),
                                (f":{SERVER} 331 me #a :No topic is set", ""),
                                (":bob!u@h TOPIC #a :", ""), (f":{SERVER} 332 me #a :again", "again"),
                                (f":{SERVER} 332 me #b :of another", "again")):
                with self.subTest(line=line):
                    link.send(line)
                    link.sync()
                    self.assertEqual(scene.query("SELECT ifnull(topic, '') FROM channels"),
                                     [(topic,)])

    def test_netsplit_without_batches(self):
        """The same people leave and come back: the members are right, whoever tells it."""
        with Scene(channels="#a") as scene:
            names = [f"n{number}" for number in range(200)]
            link = scene.accept().register_and_join("#a", *names)
            link.send(*(f":{name}!u@h QUIT :a.example b.example" for name in names))
            link.sync()
            self.assertEqual(scene.members("#a"), [("me", "")])
            link.send(*(f":{name}!u@h JOIN #a" for name in names))
            link.sync()
            self.assertEqual(len(scene.members("#a")), 201)


class Impostors(unittest.TestCase):
    """Lines about channels that we are not in, and from people who are us, or nobody."""

    def test_nothing_comes_of_them(self):
        with Scene(channels="#a") as scene:
            link = scene.accept().register_and_join("#a", "bob")
            link.send(":me!other@elsewhere JOIN #a", ":bob!u@h JOIN #b", ":bob!u@h PART #b",
                      ":bob!u@h KICK #b me :out", ":bob!u@h MODE #b +o me", ":bob!u@h TOPIC #b :x",
                      f":{SERVER} 353 me = #b :x y z", f":{SERVER} 366 me #b :End",
                      "JOIN #c", "PART #a", "NICK x", "QUIT :x", ":x NICK", ":me NICK :", ":me JOIN",
                      ":me JOIN :", ":me JOIN #", ":me JOIN ,", ":me PART ,", ":bob KICK #a",
                      ":bob KICK #a :", ":bob MODE", ":bob MODE #a", ":bob MODE #a :",
                      ":bob NICK :a b", ":bob NICK #a", ":bob!u@h KICK #a nobody")
            link.sync()
            names = [name for name, _ in scene.members("#a")]
            self.assertIn("me", names)
            self.assertEqual(scene.query("SELECT name FROM channels WHERE name = '#b' AND joined"),
                             [])
            self.assertEqual(scene.live_nickname(), "me")
            scene.check_state("connected")
