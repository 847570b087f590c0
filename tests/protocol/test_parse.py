# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The protocol core as a filter: --parse, --format, --match, --split-source."""

import itertools
import json
import random
import subprocess
import unittest

from standalone import PATIENCE, PROGRAM


def run(mode, data, status=0):
    """All lines that are answered to these bytes."""
    result = subprocess.run([PROGRAM, mode], input=data, capture_output=True, timeout=PATIENCE,
                            check=False)
    assert result.returncode == status, (result.returncode, result.stderr.decode(errors="replace"))
    assert result.stdout == b"" or result.stdout.endswith(b"\n")
    return result.stdout.split(b"\n")[:-1]


def parse(*lines):
    return [json.loads(answer) for answer in run("--parse", b"".join(line + b"\r\n"
                                                                      for line in lines))]


def ask(mode, *objects):
    data = "".join(json.dumps(value) + "\n" for value in objects).encode()
    return run(mode, data)


class Parse(unittest.TestCase):
    """(line, tags, source, verb, params)"""

    GOOD = (
        (b"PING", {}, None, "PING", []),
        (b"PING ", {}, None, "PING", []),
        (b"join #ruby,#lisp  key", {}, None, "join", ["#ruby,#lisp", "key"]),
        (b"PRIVMSG #ruby :", {}, None, "PRIVMSG", ["#ruby", ""]),
        (b"PRIVMSG #ruby :: )", {}, None, "PRIVMSG", ["#ruby", ": )"]),
        (b":ada!a@lovelace.example TOPIC #ruby :  gems  ", {}, "ada!a@lovelace.example", "TOPIC",
         ["#ruby", "  gems  "]),
        (b":irc.example.org   005 ada  A=1 B :are supported", {}, "irc.example.org", "005",
         ["ada", "A=1", "B", "are supported"]),
        (b":a\tb C\td e", {}, "a\tb", "C\td", ["e"]),
        (b"X " + b" ".join(b"%d" % n for n in range(40)), {}, None, "X",
         [str(number) for number in range(40)]),
        (b"@time=2026-01-01T00:00:60.000Z;+x.example/y :s V", {
            "time": "2026-01-01T00:00:60.000Z", "+x.example/y": ""}, "s", "V", []),
        (b"@a=1;b=;c;a=2 V", {"a": "2", "b": "", "c": ""}, None, "V", []),
        (rb"@k=one\stwo\:three\\four\nfive\rsix\seven\\nine\ V",
         {"k": "one two;three\\four\nfive\rsix even\\nine"}, None, "V", []),
        (b"@k=\xff;l=ok V", {"k": "", "l": "ok"}, None, "V", []),
        ("PRIVMSG #é :Grüße, \N{SNOWMAN}".encode(), {}, None, "PRIVMSG",
         ["#é", "Grüße, \N{SNOWMAN}"]),
        (b"@" + b"k=" + b"v" * 8000 + b" V", {"k": "v" * 8000}, None, "V", []),
    )

    def test_lines_are_taken_apart(self):
        answers = parse(*(line for line, *_ in self.GOOD))
        self.assertEqual(len(answers), len(self.GOOD))
        for (line, tags, source, verb, params), answer in zip(self.GOOD, answers):
            with self.subTest(line[:60]):
                answer.pop("is_utf8", None)
                self.assertEqual(answer, {"tags": tags, "source": source, "verb": verb,
                                          "params": params})

    def test_bytes_that_are_not_utf8_are_said_to_be(self):
        answer, = parse(b":s\xe4 V\xfc #c :\xff\xfe ok \xe2\x82")
        self.assertEqual(answer, {"tags": {}, "source": "s\N{REPLACEMENT CHARACTER}",
                                  "verb": "V\N{REPLACEMENT CHARACTER}", "is_utf8": False,
                                  "params": ["#c", "\N{REPLACEMENT CHARACTER}" * 2 + " ok " +
                                             "\N{REPLACEMENT CHARACTER}" * 2]})
        self.assertNotIn("is_utf8", parse("V :é".encode())[0])

    def test_what_is_no_message_says_why(self):
        bad = (b"", b"   ", b":source", b"@tag", b"@tag :source ", b"V\0", b"V " + b"x" * 16384,
               b"V " + b"x" * 200_000)
        answers = parse(*bad, b"AFTER all")
        self.assertEqual(len(answers), len(bad) + 1)
        for line, answer in zip(bad, answers):
            with self.subTest(line[:20]):
                self.assertEqual(list(answer), ["error"])
                self.assertGreater(len(answer["error"]), 10)
        self.assertEqual(answers[-1]["verb"], "AFTER")

    def test_ends_of_lines(self):
        """LF, CR LF, and none at the end; only one CR belongs to the end."""
        verbs = [json.loads(answer)["params"]
                 for answer in run("--parse", b"V a\nV b\r\nV c\r\r\nV d")]
        self.assertEqual(verbs, [["a"], ["b"], ["c\r"], ["d"]])

    def test_answers_come_with_the_lines(self):
        with subprocess.Popen([PROGRAM, "--parse"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            for number in range(3):
                process.stdin.write(b"V %d\nHALF" % number)
                process.stdin.flush()
                self.assertEqual(json.loads(process.stdout.readline())["params"][-1], str(number))
                process.stdin.write(b"\n")
                process.stdin.flush()
                self.assertEqual(json.loads(process.stdout.readline())["verb"], "HALF")
            process.stdin.close()
            self.assertEqual(process.wait(PATIENCE), 0)

    def test_any_bytes_are_answered(self):
        """Each line by one line of JSON, whatever it is."""
        dice = random.Random(1459)
        alphabet = b"@:;= !\\\0\xff\xc3\xa9\t\rabc#"
        lines = [bytes(dice.choices(alphabet, k=dice.randrange(60))) for _ in range(5000)]
        answers = run("--parse", b"\n".join(lines) + b"\n")
        self.assertEqual(len(answers), len(lines))
        for answer in answers:
            self.assertTrue({"error"} == set(value := json.loads(answer)) or value["verb"], answer)


class Format(unittest.TestCase):
    """(object, line)"""

    GOOD = (
        ({"verb": "PING"}, b"PING"),
        ({"verb": "PING", "params": []}, b"PING"),
        ({"verb": "PING", "source": None, "tags": None, "params": None}, b"PING"),
        ({"verb": "AWAY", "params": [""]}, b"AWAY :"),
        ({"verb": "JOIN", "params": ["#ruby", "key"]}, b"JOIN #ruby key"),
        ({"verb": "PRIVMSG", "source": "a!b@c", "params": ["#ruby", "two words"]},
         b":a!b@c PRIVMSG #ruby :two words"),
        ({"verb": "PRIVMSG", "params": ["#ruby", ":)"]}, b"PRIVMSG #ruby ::)"),
        ({"verb": "V", "params": ["a\tb", "é"]}, "V a\tb é".encode()),
        ({"verb": "V", "tags": {"a": "", "b": None, "+c.example/d": "e"}},
         b"@a;b;+c.example/d=e V"),
        ({"verb": "V", "tags": {"k": "; \\\r\n"}}, rb"@k=\:\s\\\r\n V"),
    )
    BAD = (
        {}, {"verb": ""}, {"verb": None}, {"verb": "A B"}, {"verb": ":A"}, {"verb": "{"},
        {"verb": 1}, {"verb": "A", "params": "x"}, {"verb": "A", "params": [1]},
        {"verb": "A", "params": ["x y", "z"]}, {"verb": "A", "params": ["", "z"]},
        {"verb": "A", "params": [":x", "z"]}, {"verb": "A", "params": ["x\r\nQUIT"]},
        {"verb": "A", "params": ["x\0"]}, {"verb": "A", "source": "a b"},
        {"verb": "A", "source": ""}, {"verb": "A", "tags": {"a b": "c"}},
        {"verb": "A", "tags": {"": "c"}}, {"verb": "A", "tags": ["a"]},
        {"verb": "A", "tags": {"a": 1}}, {"verb": "A", "comment": "?"}, [], "A", 1,
    )

    def test_lines_are_put_together(self):
        answers = ask("--format", *(value for value, _ in self.GOOD))
        for (value, line), answer in itertools.zip_longest(self.GOOD, answers):
            with self.subTest(value):
                self.assertEqual(answer, line)

    def test_what_makes_no_line_is_refused(self):
        answers = ask("--format", *self.BAD)
        for value, answer in itertools.zip_longest(self.BAD, answers):
            with self.subTest(value):
                self.assertEqual(list(json.loads(answer)), ["error"])

    def test_bytes_that_are_no_json_are_refused(self):
        lines = (b"", b"{", b'{"verb":"A"} x', b'{"verb":"\xff"}', b"[" * 60000, b"x" * 70000,
                 b'{"a":' * 12000, b'{"verb":"A","verb":"B"}')
        answers = run("--format", b"".join(line + b"\n" for line in lines) + b'{"verb":"LAST"}')
        self.assertEqual(len(answers), len(lines) + 1)
        for line, answer in zip(lines, answers):
            with self.subTest(line[:20]):
                self.assertEqual(list(json.loads(answer)), ["error"])
        self.assertEqual(answers[-1], b"LAST")

    def test_there_and_back(self):
        """What was put together is taken apart into the same."""
        dice = random.Random(2812)
        values = [{"tags": {f"k{number}": "".join(dice.choices("a; \\\n=é", k=5))
                            for number in range(dice.randrange(4))},
                   "source": dice.choice([None, "nick!user@host", "irc.example.org"]),
                   "verb": dice.choice(["PRIVMSG", "001", "x"]),
                   "params": [*("".join(dice.choices("ab:#\té", k=3)).lstrip(":") or "p"
                                for _ in range(dice.randrange(20))),
                              "".join(dice.choices("a :é", k=dice.randrange(6)))]}
                  for _ in range(300)]
        lines = ask("--format", *values)
        self.assertEqual(len(lines), len(values))
        self.assertEqual([json.loads(answer) for answer in run("--parse", b"\n".join(lines))],
                         values)


class Match(unittest.TestCase):
    """(mask, those it matches, those it does not)"""

    MASKS = (
        ("*", ["", "anybody!at@all"], []),
        ("", [""], ["a"]),
        ("*!*@*.example.org", ["ada!a@b.example.org"], ["ada!a@example.org", "ada@b.example.org"]),
        ("ad?!*", ["ada!x@y", "adé!x@y"], ["ad!x@y", "adaa!x@y"]),
        ("[a]*!*", ["[a]b!c", "{A}!c"], ["ab!c", "a!c"]),
        ("a*b*c", ["abc", "aXbYc", "abbcc"], ["ab", "acb", "abcd"]),
        (r"a\*b", ["a*b"], ["axb", "ab"]),
        ("*" + "a*" * 100 + "b", ["a" * 100 + "b"], ["a" * 5000]),
    )

    def test_masks(self):
        for mask, good, bad in self.MASKS:
            answers = ask("--match", *({"mask": mask, "source": source} for source in good + bad))
            with self.subTest(mask[:30]):
                self.assertEqual([json.loads(answer)["matches"] for answer in answers],
                                 [True] * len(good) + [False] * len(bad))

    def test_casemapping(self):
        """Which of the pairs are the same under which mapping."""
        pairs = (("A", "a"), ("[]\\", "{}|"), ("~", "^"))
        expected = {None: [True, True, True], "rfc1459": [True, True, True],
                    "rfc1459-strict": [True, True, False], "ascii": [True, False, False],
                    "unknown": [True, False, False]}
        for name, same in expected.items():
            answers = ask("--match", *({"mask": mask, "source": source, "casemapping": name}
                                       for mask, source in pairs))
            with self.subTest(name):
                self.assertEqual([json.loads(answer)["matches"] for answer in answers], same)

    def test_what_is_missing_is_said(self):
        for value in ({}, {"mask": "*"}, {"source": "x"}, {"mask": 1, "source": "x"},
                      {"mask": "*", "source": "x", "casemapping": 1}):
            with self.subTest(value):
                self.assertEqual(list(json.loads(ask("--match", value)[0])), ["error"])


class SplitSource(unittest.TestCase):
    """(source, nick, user, host)"""

    GOOD = (
        ("ada!a@b.example", "ada", "a", "b.example"),
        ("ada!a", "ada", "a", None),
        ("ada@b", "ada", None, "b"),
        ("irc.example.org", "irc.example.org", None, None),
        ("ada!a@b@c", "ada", "a", "b@c"),
        ("ada!a!b@c", "ada", "a!b", "c"),
        ("ada!@", "ada", "", ""),
        ("a\x02!\x03@\x0f", "a\x02", "\x03", "\x0f"),
    )

    def test_sources(self):
        answers = ask("--split-source", *({"source": source} for source, *_ in self.GOOD))
        for (source, nick, user, host), answer in itertools.zip_longest(self.GOOD, answers):
            with self.subTest(source):
                self.assertEqual(json.loads(answer), {"nick": nick, "user": user, "host": host})

    def test_what_is_no_source_is_refused(self):
        for source in ("", "a b", "a\r\nb", None, 5, "x" * 20000):
            with self.subTest(str(source)[:20]):
                self.assertEqual(list(json.loads(ask("--split-source", {"source": source})[0])),
                                 ["error"])


class Streams(unittest.TestCase):
    def test_nothing_in_nothing_out(self):
        for mode in ("--parse", "--format", "--match", "--split-source"):
            with self.subTest(mode):
                self.assertEqual(run(mode, b""), [])

    def test_output_that_cannot_be_written_ends_it(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([PROGRAM, "--parse"], input=b"V\n", stdout=full,
                                    stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
        self.assertEqual(result.returncode, 74)
        self.assertIn(b"cannot be written", result.stderr)
