#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""ircctl on a private bus with a controller and a worker that answer the same every time.

Usage: test-ircctl.py IRCCTL FAKE-BUS
"""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import unittest

IRCCTL, FAKE_BUS = sys.argv[1:3]
DEADLINE = 20  # seconds

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="false"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class Program:
    """A child whose lines of output are waited for."""

    def __init__(self, *arguments, env=None, stderr=None):
        self.child = subprocess.Popen(
            arguments,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.child.stdout:
            self.lines.put(line.rstrip("\n"))

    def line(self):
        return self.lines.get(timeout=DEADLINE)

    def stop(self):
        self.child.kill()
        self.child.wait()
        self.reader.join()
        self.child.stdout.close()


class Bus(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="irc-conn-ctl-")
        self.addCleanup(self.folder.cleanup)
        self.address = f"unix:path={self.folder.name}/bus"
        config = os.path.join(self.folder.name, "bus.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(BUS_CONFIG.format(folder=self.folder.name))
        self.start(
            "dbus-daemon",
            f"--config-file={config}",
            "--nofork",
            "--print-address",
            stderr=subprocess.DEVNULL,
        ).line()
        self.env = dict(
            os.environ,
            DBUS_SYSTEM_BUS_ADDRESS=self.address,
            DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent",
            LC_ALL="C.UTF-8",
            TZ="UTC",
        )
        self.env.pop("LANGUAGE", None)

    def start(self, *arguments, **options):
        program = Program(*arguments, **options)
        self.addCleanup(program.stop)
        return program

    def fake(self, role):
        program = self.start(FAKE_BUS, self.address, role)
        self.assertEqual(program.line(), "ready")
        return program

    def ircctl(self, *arguments, status=0, stdin=b""):
        """What it says: on standard output, or, when it is to fail, on standard error."""
        done = subprocess.run(
            [IRCCTL, *arguments], env=self.env, input=stdin, capture_output=True, timeout=DEADLINE
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        self.assertEqual(done.returncode, status, err)
        if status == 0:
            self.assertEqual(err, "")
            return out
        self.assertEqual(out, "")
        self.assertTrue(err.startswith("ircctl: "), err)
        return err


class CommandLine(Bus):
    def test_usage(self):
        for arguments, words in [
            ((), "verb is missing"),
            (("dance",), '"dance"'),
            (("say", "3"), "usage: ircctl say ID TARGET TEXT"),
            (("nick", "3", "a", "b"), "usage: ircctl nick"),
            (("-n", "0", "history", "3"), "--lines"),
            (("-n", "1001", "history", "3"), "--lines"),
            (("--before", "x", "history", "3"), "--before"),
            (("-H", "a", "-M", "b", "list"), "exclude"),
            (("help", "dance"), "topic"),
            ((b"say", b"3", b"\xff", b"x"), "UTF-8"),
            (("add", "irc.example.org", "nickname"), "KEY=VALUE"),
            (("add", "irc.example.org", "colour=red"), '"colour"'),
            (("add", "irc.example.org", "sasl_password=x"), "set-credential"),
            (("add", "[::1"), "[::1]:6697"),
            (("set-credential", "3", "house-key"), '"house-key"'),
            (("--user", "-H", "a", "list"), "--user"),
            (("-H", "a", "config"), "over there"),
            (("block", "3", "--for", "soon"), "--for"),
            (("block", "3", "--for", "0"), "--for"),
            (("block", "3", "#a", "#b"), "usage: ircctl block"),
        ]:
            with self.subTest(arguments):
                self.assertIn(words, self.ircctl(*arguments, status=2))

    def test_help(self):
        self.assertIn("disconnect ID…", self.ircctl("help"))
        self.assertEqual(self.ircctl("help"), self.ircctl("--help"))
        self.assertIn("nickname", self.ircctl("help", "keys"))
        self.assertRegex(self.ircctl("--version"), r"^ircctl \(irc-conn\) \d")

    def test_config(self):
        """Without a bus: the files are read."""
        self.env["IRC_CONN_CONFIG_DIR"] = self.folder.name
        self.env["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nonexistent"
        path = os.path.join(self.folder.name, "irc-conn.conf")
        self.addCleanup(os.unlink, path)
        with open(path, "w", encoding="utf-8") as file:
            file.write("[Connections]\nMaxConnections=7\n")
        self.assertRegex(self.ircctl("config"), rf"(?m)^MaxConnections +7 +{path}:2$")
        self.assertRegex(self.ircctl("config"), r"(?m)^BlockDuration +1h +default$")
        config = json.loads(self.ircctl("config", "--json"))
        self.assertEqual(config["problems"], [])
        self.assertIn(("MaxConnections", "7", f"{path}:2"), [
            (setting["name"], setting["value"], setting["source"])
            for setting in config["settings"]])
        self.assertIn("\n#MaxConnections=0\n", self.ircctl("config", "--sample"))

        with open(path, "a", encoding="utf-8") as file:
            file.write("Colour=\033[31m\n")
        done = subprocess.run([IRCCTL, "config"], env=self.env, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path}:3: ", done.stderr)
        self.assertNotIn("\033", done.stderr)
        self.assertRegex(done.stdout, r"(?m)^MaxConnections +7 ")

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([IRCCTL, "help"], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"cannot write", done.stderr)

    def test_nobody_there(self):
        self.assertIn("is irc-conn installed?", self.ircctl("list", status=1))
        self.env["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nonexistent"
        self.assertIn("bus", self.ircctl("list", status=1))


class Manager(Bus):
    def setUp(self):
        super().setUp()
        self.controller = self.fake("controller")

    def test_list(self):
        lines = self.ircctl("list").splitlines()
        self.assertEqual(
            lines[0], "ID  NAME  ADDRESS          STATE                              NICKNAME     NETWORK"
            "  CHANNELS"
        )
        self.assertEqual(
            lines[1], " 1  home  irc.example.org  disconnected                       -            -      "
            "         0"
        )
        self.assertEqual(
            lines[3], " 3  work  irc.example.org  connected                          ada\\x1b[31m  Exämple"
            "         2"
        )
        rows = json.loads(self.ircctl("--json", "list"))
        self.assertEqual([row["id"] for row in rows], [1, 2, 3])
        self.assertEqual(rows[2]["channels"], ["#ruby", "#c"])

    def test_status(self):
        self.assertEqual(self.ircctl("status"), "Connections:  3\n  Connected:  1\n")
        self.assertEqual(
            json.loads(self.ircctl("status", "--json")),
            {"connections": [3], "total": 3, "connected": 1},
        )
        one = self.ircctl("status", "work")
        self.assertIn("● 3 - work (irc.example.org, port 6697, TLS)\n", one)
        self.assertIn("State:  connected since 2023-11-14 22:13:20; for ", one)
        self.assertIn("Channels:  #ruby, #c\n", one)
        self.assertNotIn("\033", one)
        self.assertEqual(json.loads(self.ircctl("status", "3", "--json"))[0]["state"], "connected")

    def test_blocked(self):
        self.assertIn("blocked until 2023-11-14 22:13:20", self.ircctl("list"))
        one = self.ircctl("status", "2")
        self.assertIn("Blocked until:  2023-11-14 22:13:20\n", one)
        self.assertIn("Block reason:  wrong\\x1b password\n", one)
        self.assertIn("What to do:  Check account and password", one)
        self.assertEqual(
            self.ircctl("blocked").splitlines(),
            [
                "ID  CHANNEL  SINCE                UNTIL                ATTEMPTS  REASON",
                " 2  -        2023-11-14 21:13:20  2023-11-14 22:13:20  3"
                "         wrong\\x1b password",
                " 3  #ruby    2023-11-14 22:13:20  for good             0         -",
            ],
        )
        self.assertEqual(json.loads(self.ircctl("blocked", "--json"))[1]["channel"], "#ruby")
        for arguments, call in [
            (("block", "work"), "Block u:3 s: t:0 s:"),
            (
                ("block", "3", "#a", "--for", "1h 500ms", "--reason", "a rest"),
                "Block u:3 s:#a t:3601 s:a rest",
            ),
            (("unblock", "3"), "Unblock u:3 s:"),
            (("unblock", "3", "#a"), "Unblock u:3 s:#a"),
        ]:
            with self.subTest(arguments):
                self.assertEqual(self.ircctl(*arguments), "")
                self.assertEqual(self.controller.line(), call)

    def test_health(self):
        self.assertEqual(self.ircctl("health", "3"), "● 3 - work: healthy\n")
        self.assertEqual(self.ircctl("health", "1"), "● 1 - home: down, as its owner wants\n")
        done = subprocess.run([IRCCTL, "health"], env=self.env, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 of 3 connections are not healthy", done.stderr)
        self.assertIn("● 2 - home: blocked until 2023-11-14 22:13:20: wrong\\x1b password\n",
                      done.stdout)
        self.assertIn("set-credential", done.stdout)
        self.assertIn("'ircctl unblock 2' lifts the block.\n", done.stdout)
        done = subprocess.run([IRCCTL, "health", "--json"], env=self.env, capture_output=True)
        self.assertEqual([one["healthy"] for one in json.loads(done.stdout)], [True, False, True])

    def test_names(self):
        self.assertIn("1 and 2 are both named", self.ircctl("connect", "home", status=1))
        self.assertIn('named "garden"', self.ircctl("connect", "garden", status=1))
        self.assertIn("There is no connection 9.", self.ircctl("status", "9", status=1))

    def test_configuration(self):
        for arguments, stdin, call in [
            (
                ("add", "irc.example.org:6667", "nickname=ada", "channels=#a;#b", "--owner", "1000"),
                b"",
                "AddServer s:address s:irc.example.org s:port s:6667 s:nickname s:ada"
                " s:channels s:#a;#b s:owner u:1000",
            ),
            (("add", "[::1]:6697"), b"", "AddServer s:address s:::1 s:port s:6697"),
            (("add", "::1"), b"", "AddServer s:address s:::1"),
            (("set", "work", "nickname="), b"", "UpdateServer u:3 s:nickname s:"),
            (("remove", "1"), b"", "RemoveServer u:1"),
            (("connect", "1", "3"), b"", "Connect u:1"),
            (("connect", "3"), b"", "Connect u:3"),
            (("disconnect", "3", "--message", "bye"), b"", "Disconnect u:3 s:bye"),
            (("disconnect", "3"), b"", "Disconnect u:3 s:"),
            (("restart", "3"), b"", "Restart u:3"),
            (
                ("set-credential", "3", "sasl-password"),
                b"se cret\n",
                "SetCredential u:3 s:sasl-password ay:se cret",
            ),
            (
                ("remove-credential", "3", "sasl-password"),
                b"",
                "SetCredential u:3 s:sasl-password ay:",
            ),
        ]:
            with self.subTest(arguments):
                self.assertEqual(
                    self.ircctl(*arguments, stdin=stdin), "7\n" if arguments[0] == "add" else ""
                )
                self.assertEqual(self.controller.line(), call)
                if arguments[:3] == ("connect", "1", "3"):
                    self.assertEqual(self.controller.line(), "Connect u:3")
        self.assertEqual(json.loads(self.ircctl("add", "h", "--json")), {"id": 7})
        self.assertIn("no connection 9", self.ircctl("connect", "9", status=1))
        self.assertIn("port", self.ircctl("add", "h:0", status=1))
        self.assertIn(
            "empty", self.ircctl("set-credential", "3", "sasl-password", stdin=b"\n", status=1)
        )
        self.ircctl("set-credential", "3", "client-key", stdin=b"x" * 65536 + b"\n")
        self.assertIn(
            "longer",
            self.ircctl("set-credential", "3", "client-key", stdin=b"x" * 65537, status=1),
        )

    def test_typed_secret(self):
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        child = subprocess.Popen(
            [IRCCTL, "set-credential", "3", "sasl-password"],
            env=self.env,
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        shown = b""
        while not shown.endswith(b": "):
            shown += os.read(master, 1)
        self.assertTrue(shown.startswith(b"sasl-password of connection 3"))
        os.write(master, b"se cret\n")
        self.assertEqual(self.controller.line(), "SetCredential u:3 s:sasl-password ay:se cret")
        self.assertEqual(child.wait(DEADLINE), 0)
        self.assertEqual(os.read(master, 100), b"\r\n")  # not what was typed

    def test_history(self):
        self.assertEqual(
            self.ircctl("history", "3", "#ruby", "-n", "5", "--before", "99"),
            "2023-11-14 22:13:20 #ruby <bob> one\n"
            "2023-11-14 22:13:20 #ruby * bob waves\\x1b]0;x\\x07\n    <eve> twice\n"
            "2023-11-14 22:13:20 #ruby bob has joined\n",
        )
        self.assertEqual(self.controller.line(), "GetMessages u:3 s:#ruby x:99 u:5")
        rows = json.loads(self.ircctl("history", "3", "--json"))
        self.assertEqual(self.controller.line(), "GetMessages u:3 s: x:0 u:50")
        self.assertEqual(rows[1]["content"], "waves\033]0;x\a\n<eve> twice")
        self.assertTrue(self.ircctl("search", "3", "two", "words").endswith("<bob> one\n"))
        self.assertEqual(self.controller.line(), "Search u:3 s:two words u:50")


class Worker(Bus):
    def test_commands(self):
        worker = self.fake("worker")  # no controller is needed
        for arguments, stdin, calls in [
            (("join", "3", "#a"), b"", ["Join s:#a s:"]),
            (("join", "3", "#a", "key"), b"", ["Join s:#a s:key"]),
            (("part", "3", "#a", "so", "long"), b"", ["Part s:#a s:so long"]),
            (("say", "3", "#a", "hello", "you"), b"", ["Privmsg s:#a s:hello you"]),
            (("say", "3", "#a", "--", "-x"), b"", ["Privmsg s:#a s:-x"]),
            (
                ("say", "3", "#a", "-"),
                b"one\n\ntw\xe9\r\nthree",
                ["Privmsg s:#a s:one", "Privmsg s:#a s:twé", "Privmsg s:#a s:three"],
            ),
            (("notice", "3", "bob", "hi"), b"", ["Notice s:bob s:hi"]),
            (("nick", "3", "ada"), b"", ["Nick s:ada"]),
        ]:
            with self.subTest(arguments):
                self.assertEqual(self.ircctl(*arguments, stdin=stdin), "")
                for call in calls:
                    self.assertEqual(worker.line(), call)
        self.assertIn("longer", self.ircctl("say", "3", "#a", "x" * 65537, status=1))

    def test_absent(self):
        self.assertIn("Server not connected", self.ircctl("say", "3", "#a", "x", status=1))
        self.fake("controller")
        self.assertIn("'ircctl connect 1'", self.ircctl("say", "1", "#a", "x", status=1))
        self.assertIn("Socket not found", self.ircctl("say", "3", "#a", "x", status=1))
        self.assertIn("no connection 9", self.ircctl("say", "9", "#a", "x", status=1))

    def test_follow(self):
        worker = self.fake("worker")
        follower = self.start(IRCCTL, "follow", "--json", env=self.env)
        self.assertEqual(worker.line(), "Subscribe")
        first = json.loads(follower.line())
        self.assertEqual((first["event"], first["server"], first["id"]), ("MessageReceived", 3, 10))
        self.assertEqual((first["content"], first["account"]), ("one", "bobby"))
        self.assertEqual(
            json.loads(follower.line()),
            {"event": "Kicked", "server": 3, "channel": "#c", "by": "eve", "reason": ""},
        )
        worker.stop()
        self.assertEqual(json.loads(follower.line())["event"], "ProgramEnded")

        # What was stored in between comes from the history, once and in order.
        controller = self.fake("controller")
        self.fake("worker-again")
        self.assertEqual(controller.line(), "GetMessages u:3 s: x:0 u:1000")
        heard = [json.loads(follower.line()) for _ in range(5)]
        self.assertEqual([event.get("id") for event in heard], [11, 12, None, 13, None])
        self.assertEqual(heard[2]["event"], "ProgramStarted")

    def test_follow_for_people(self):
        follower = self.start(IRCCTL, "follow", "3", env=self.env, stderr=subprocess.STDOUT)
        self.assertEqual(follower.line(), "ircctl: connection 3 is down; waiting for it")
        self.fake("worker")
        self.assertRegex(follower.line(), r"^3 \d\d:\d\d:\d\d -- the program .* is back$")
        self.assertEqual(follower.line(), "3 22:13:20 #ruby <bob> one")
        self.assertRegex(follower.line(), r"^3 \d\d:\d\d:\d\d -- kicked from #c by eve$")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
