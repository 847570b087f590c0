# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The foreground program's streams: commands, answers, events, the trace; and that no secret is in
any of them."""

import base64
import json
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import unittest
import xml.etree.ElementTree

from host import wait_for
from irc_server import IrcServer
from standalone import PATIENCE, Standalone, listen

ROOT = pathlib.Path(__file__).resolve().parents[2]
INTERFACE = ROOT / "dbus/org.ircconn1.Connection.xml"


def scripted():
    return IrcServer(None, listen=listen)


class Commands(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(scripted())

    def start(self, **options):
        return self.enterContext(Standalone(port=self.server.port, **options))

    def test_wait_for_the_welcome_and_keep_their_order(self):
        self.server.is_silent = True
        client = self.start()
        texts = [f"early {number}" for number in range(5)]
        for text in texts:
            client.send("privmsg", target="bob", message=text)
        client.send("quit")
        client.wait_for_state("registering")
        peer = wait_for("the client", lambda: self.server.peers)[0]
        peer.wait_for("^USER")
        self.assertEqual(client.answers, [])
        self.server.is_silent = False
        for line in list(peer.seen):
            self.server.answer(peer, line)
        self.assertEqual(client.wait(), 0)
        self.assertEqual([(answer["id"], answer["ok"]) for answer in client.answers],
                         [(number, True) for number in range(1, 7)])
        self.assertEqual([line for line in peer.seen if re.match("PRIVMSG|QUIT", line)],
                         [*(f"PRIVMSG bob :{text}" for text in texts), "QUIT :irc-conn"])

    def test_status_at_any_time(self):
        self.server.is_silent = True
        client = self.start()
        self.assertIn(client.ask("status")["state"], ("connecting", "registering"))

    def test_end_of_input_ends_nothing(self):
        client = self.start()
        client.wait_for_event("ready")
        number = client.send("privmsg", target="bob", message="the last words")
        client.close_input()
        self.assertTrue(client.answer(number)["ok"])
        peer = self.server.peer()
        peer.wait_for("^PRIVMSG bob :the last words$")
        peer.send(":bob!u@h PRIVMSG ada :still there?")
        client.wait_for_event("message_received", sender="bob")
        self.assertEqual(client.stop(), 0)

    def test_no_input_at_all(self):
        client = self.start(control=False)
        client.wait_for_event("ready")
        client.send_line('{"command":"quit"}\n')
        self.server.peer().send("PING :are you there")
        self.server.peer().wait_for("^PONG :?are you there")
        self.assertEqual(client.stop(), 0)
        self.assertEqual(client.answers, [])

    def test_bad_lines_are_answered(self):
        client = self.start()
        lines = (b"hello\n", b'{"command":"dance"}\n', b'{"command":"privmsg","target":"a"}\n',
                 b"\xff\n", b"x" * 70_000 + b"\n", b'{"command":"raw","line":"A\\r\\nB"}\n')
        for line in lines:
            client.send_line(line)
        self.assertTrue(client.ask("status")["ok"])
        self.assertEqual([answer["error"] for answer in client.answers[:len(lines)]],
                         ["bad-request", "unknown-command", "missing-key", "bad-request",
                          "too-long", "invalid-value"])

    def test_refresh_reads_the_file_again(self):
        client = self.start(password="old words")
        client.wait_for_event("ready")
        client.keys.update(realname="Countess", password="new words")
        client.write_config()
        self.assertTrue(client.ask("refresh", what="all")["ok"])
        self.assertEqual(client.query("SELECT realname FROM servers"), [("Countess",)])
        self.assertTrue(client.ask("restart_connection")["ok"])
        peer = self.server.peer(2)
        peer.wait_for("^PASS :new words$")
        peer.wait_for("^USER .* :?Countess$")
        self.assertNotRegex(client.stderr, "(old|new) words")

        client.keys.update(port="none at all")
        client.write_config()
        answer = client.ask("refresh", what="configuration")
        self.assertEqual((answer["ok"], answer["error"]), (False, "bad-configuration"))
        self.assertRegex(answer["message"], r"connection\.conf:\d+: port")
        self.assertEqual(client.ask("status")["state"], "connected")

    def test_words_of_quit(self):
        client = self.start()
        client.wait_for_event("ready")
        self.assertTrue(client.ask("quit", message="so long")["ok"])
        self.assertEqual(client.wait(), 0)
        self.server.peers[0].wait_for("^QUIT :so long$")

    def test_without_events_answers_are_alone(self):
        client = self.start(events=False)
        self.assertTrue(client.ask("privmsg", target="bob", message="hello")["ok"])
        self.assertEqual((client.events, len(client.answers)), ([], 1))

    def test_answers_and_events_never_share_a_line(self):
        client = self.start()
        client.wait_for_event("ready")
        peer = self.server.peer()

        def talk():
            for number in range(3000):
                peer.send(f":bob!u@h PRIVMSG ada :{number} {'x' * 300}")

        talker = threading.Thread(target=talk)
        talker.start()
        for _ in range(300):
            client.send("status")
        self.assertTrue(client.answer(300)["ok"])
        talker.join()
        wait_for("all messages", lambda: sum(
            event["event"] == "message_received" for event in client.events) == 3000, PATIENCE)
        self.assertEqual(client.other_lines, [])
        self.assertEqual([answer["id"] for answer in client.answers], list(range(1, 301)))


class Events(unittest.TestCase):
    """Each signal of the D-Bus interface, by its name in small letters, with its arguments."""

    @staticmethod
    def documented():
        signals = {}
        for node in xml.etree.ElementTree.parse(INTERFACE).iter("signal"):
            name = re.sub("(?<!^)(?=[A-Z])", "_", node.get("name")).lower()
            signals[name] = {argument.get("name") for argument in node.iter("arg")}
        return signals

    def test_all_are_told(self):
        with scripted() as server, \
                Standalone(port=server.port, channels=["#ruby"], reconnect_delay_ms=50) as client:
            client.wait_for_event("joined", channel="#ruby")
            peer = server.peer(1)
            for line in (":bob!u@h JOIN #ruby", ":bob!u@h PRIVMSG #ruby :Grüße \x02bold\x02",
                         ":bob!u@h TOPIC #ruby :gems", ":bob!u@h INVITE ada #lisp",
                         ":scripted.test 404 ada #perl :Cannot send to channel",
                         ":ada!u@h NICK lovelace", ":bob!u@h KICK #ruby lovelace :enough",
                         ":lovelace!u@h JOIN #c", ":lovelace!u@h PART #c"):
                peer.send(line)
            client.wait_for_event("parted", channel="#c")
            server.refusal = ""
            peer.close()
            client.wait_for_event("connection_failed")
            server.refusal = None
            client.wait_for_event("ready")
            self.assertEqual(client.stop(), 0)
            events = client.events

        by_name = {event["event"]: event for event in events}
        documented = self.documented()
        self.assertEqual(set(by_name), set(documented))
        for name, event in by_name.items():
            with self.subTest(name):
                others = set(event) - {"event"} - documented[name]
                self.assertLessEqual(documented[name] - {"details"}, set(event))
                # What comes beside the arguments are the details, as described.
                self.assertTrue(not others or "details" in documented[name], others)
                for key in others:
                    self.assertRegex(INTERFACE.read_text(encoding="utf-8"), rf"\b{key}\b")

        say, = (event for event in events
                if event["event"] == "message_received" and event["message_type"] == "privmsg")
        self.assertEqual((say["target"], say["channel"], say["sender"], say["source"],
                          say["content"], say["is_self"]),
                         ("#ruby", "#ruby", "bob", "bob!u@h", "Grüße \x02bold\x02", False))
        kicked = by_name["kicked"]
        self.assertEqual((kicked["channel"], kicked["by"], kicked["reason"]),
                         ("#ruby", "bob", "enough"))
        self.assertEqual([event["state"] for event in events if event["event"] == "state_changed"]
                         [:4], ["connecting", "registering", "connected", "disconnected"])

    def test_message_is_stored_before_it_is_told(self):
        with scripted() as server, Standalone(port=server.port) as client:
            client.wait_for_event("ready")
            for number in range(50):
                server.peer().send(f":bob!u@h PRIVMSG ada :text {number}")
                event = client.wait_for_event("message_received", content=f"text {number}")
                self.assertEqual(client.query("SELECT content, sent_at FROM messages WHERE id = ?",
                                              event["id"]),
                                 [(f"text {number}", event["sent_at"])])

    TOLD = 60_000

    def test_slow_reader_loses_events_and_nothing_else(self):
        with scripted() as server, \
                Standalone(port=server.port, reads=False, trace=False) as client:
            peer = server.peer(timeout=PATIENCE)
            for start in range(0, self.TOLD, 1000):
                peer.send_raw(b"".join(b":bob!u@h PRIVMSG ada :number %d\r\n" % number
                                       for number in range(start, start + 1000)))
            peer.send("PING :after all that")
            peer.wait_for("^PONG :?after all that", PATIENCE)
            client.wait_for_rows("SELECT 1 FROM messages WHERE content = ?",
                                 f"number {self.TOLD - 1}")
            self.assertEqual(client.query("SELECT count(*) FROM messages"), [(self.TOLD,)])
            self.assertLess(client.memory(), 512 * 1024)

            client.read()
            dropped = client.wait_for_event("events_dropped")["count"]
            messages = [event["content"] for event in client.events
                        if event["event"] == "message_received"]
            self.assertEqual(messages, [f"number {number}" for number in range(len(messages))])
            self.assertEqual(len(messages) + dropped, self.TOLD)

            peer.send(":bob!u@h PRIVMSG ada :and on it goes")
            client.wait_for_event("message_received", content="and on it goes")
            self.assertEqual(client.stop(), 0)

    def test_reader_that_goes(self):
        with scripted() as server, Standalone(port=server.port, reads=False) as client:
            peer = server.peer(timeout=PATIENCE)
            client.process.stdout.close()
            peer.send(":bob!u@h PRIVMSG ada :anybody?")
            client.wait_for_stderr("Nobody reads standard output")
            peer.send(":bob!u@h PRIVMSG ada :really?")
            client.wait_for_rows("SELECT 1 FROM messages WHERE content = 'really?'")
            client.signal(signal.SIGTERM)
            self.assertEqual(client.process.wait(PATIENCE), 0)


class EchoServer(IrcServer):
    """Echoes what is said, as it was said, and knows SASL."""

    CAPABILITIES = "sasl=PLAIN echo-message labeled-response message-tags batch"

    def _on_cap(self, peer, rest):
        super()._on_cap(peer, rest)
        if rest.startswith("LS"):
            peer.send(f":{self.NAME} CAP * NEW :{self.CAPABILITIES}")

    def answer(self, peer, line):
        tags, _, rest = line.partition(" ") if line.startswith("@") else ("", "", line)
        if rest.startswith("PRIVMSG"):
            peer.send(f"{tags} :{peer.nick}!user@test {rest}".lstrip())
        else:
            super().answer(peer, rest)


class Secrets(unittest.TestCase):
    """Wherever the secrets are given, they are said to the server and to nobody else."""

    KEYS = {"password": "open sesame 4711", "sasl_password": "tr0ub4dor&3 \\t;#",
            "nickserv_password": "correct horse"}
    SETTINGS = {"sasl_account": "alice", "sasl_plain_insecure": True, "sasl_required": False,
                "sasl_mechanisms": "PLAIN"}

    def login(self, server, **keys):
        """All that the program leaves behind, as bytes; its server has refused SASL."""
        with Standalone(port=server.port, **self.SETTINGS, **keys) as client:
            client.wait_for_event("ready")
            peer = server.peer()
            peer.wait_for("^(@[^ ]* )?PRIVMSG NickServ :IDENTIFY .*correct horse$")
            peer.wait_for("^PASS :open sesame 4711$")
            client.ask("privmsg", target="NickServ", message="IDENTIFY another secret")
            client.ask("privmsg", target="bob", message="in the open")
            client.wait_for_event("message_received", content="in the open")
            self.assertTrue(any(line.startswith("> PRIVMSG NickServ …")
                                or " PRIVMSG NickServ …" in line for line in client.trace))
            command_line = pathlib.Path(f"/proc/{client.process.pid}/cmdline").read_bytes()
            self.assertEqual(client.stop(), 0)
            self.assertNotIn("another secret", client.stderr)
            stored = b"".join(file.read_bytes() for file in client.state_dir.iterdir())
            return b"\n".join([client.stderr.encode(), json.dumps(client.events).encode(),
                               json.dumps(client.answers).encode(), command_line, stored]), peer

    def assert_kept(self, left_behind, peer):
        said = b"\n".join(line.encode() for line in peer.seen)
        token = base64.b64encode(b"\0".join(
            [b"alice", b"alice", self.KEYS["sasl_password"].encode()]))
        self.assertIn(token, said)
        for secret in (*(value.encode() for value in self.KEYS.values()), token,
                       b"IDENTIFY alice correct"):
            self.assertNotIn(secret, left_behind)
        self.assertIn(b"in the open", left_behind)

    def test_given_in_the_file(self):
        with EchoServer(None, listen=listen, password="something else") as server:
            self.assert_kept(*self.login(server, **self.KEYS))

    def test_given_in_files_of_their_own(self):
        with tempfile.TemporaryDirectory() as folder, \
                EchoServer(None, listen=listen, password="something else") as server:
            files = {}
            for key, value in self.KEYS.items():
                files[f"{key}_file"] = pathlib.Path(folder, key)
                files[f"{key}_file"].write_text(value + "\n")
            self.assert_kept(*self.login(server, **files))


class Trace(unittest.TestCase):
    def test_lines_in_both_directions(self):
        with scripted() as server, Standalone(port=server.port) as client:
            client.wait_for_event("ready")
            server.peer().send_raw(b":bob!u@h PRIVMSG ada :tab\there \xff \\ \x1b[31m \xc2\x85 "
                                   b"\xe2\x80\xae gr\xc3\xbcn\r\n")
            client.wait_for_event("message_received", sender="bob")
            self.assertIn("> NICK ada", client.trace)
            self.assertIn("< :scripted.test 422 ada :There is no message of the day", client.trace)
            self.assertIn(r"< :bob!u@h PRIVMSG ada :tab\x09here \xFF \\ \x1B[31m \xC2\x85 "
                          r"\xE2\x80\xAE grün", client.trace)
            self.assertEqual(client.stop(), 0)
            self.assertIn("> QUIT :irc-conn", client.trace)

    HIDDEN = (  # what the owner says raw, what is shown of it
        ("OPER ada hunter2", "> OPER …"),
        ("PASS hunter2", "> PASS …"),
        ("NS IDENTIFY hunter2", "> NS …"),
        ("NickServ IDENTIFY hunter2", "> NickServ …"),
        ("PRIVMSG NickServ@services.example :identify hunter2",
         "> PRIVMSG NickServ@services.example …"),
        ("PRIVMSG nickserv hunter2", "> PRIVMSG nickserv …"),
        ("PRIVMSG Q@CServe.example :AUTH ada hunter2", "> PRIVMSG Q@CServe.example …"),
        ("@+x=y AUTHENTICATE aHVudGVyMg==", "> @+x=y AUTHENTICATE …"),
        ("AUTHENTICATE PLAIN", "> AUTHENTICATE PLAIN"),
        ("PRIVMSG #ruby :identify yourself", "> PRIVMSG #ruby :identify yourself"),
        ("PRIVMSG bob :who are you", "> PRIVMSG bob :who are you"),
    )

    def test_what_people_say_to_services_is_hidden(self):
        with scripted() as server, Standalone(port=server.port) as client:
            client.wait_for_event("ready")
            for line, _ in self.HIDDEN:
                client.send("raw", line=line)
            client.wait_for_stderr("> PRIVMSG bob :who are you")
            for line, shown in self.HIDDEN:
                with self.subTest(line):
                    self.assertIn(shown, client.trace)
            self.assertNotIn("hunter2", client.stderr)

    def test_no_trace_unless_asked_for(self):
        with scripted() as server, Standalone(port=server.port, trace=False) as client:
            client.wait_for_event("ready")
            self.assertEqual(client.stop(), 0)
            self.assertEqual(client.trace, [])
            self.assertNotIn("CAP LS", client.stderr)


class Closed(unittest.TestCase):
    def test_standard_streams_that_are_closed(self):
        """The database must not become standard output."""
        with scripted() as server:
            wrapper = ["/bin/sh", "-c", 'exec "$@" <&- >&-', "sh"]
            with Standalone(port=server.port, wrapper=wrapper) as client:
                server.peer(timeout=PATIENCE).send(":bob!u@h PRIVMSG ada :hello")
                client.wait_for_rows("SELECT 1 FROM messages WHERE content = 'hello'")
                self.assertEqual(client.stop(), 0)
                self.assertEqual(client.query("PRAGMA integrity_check"), [("ok",)])

    def test_standard_input_is_a_file(self):
        with scripted() as server, tempfile.NamedTemporaryFile("w") as commands:
            commands.write('{"command":"privmsg","target":"bob","message":"from a file"}\n'
                           '{"command":"quit"}\n')
            commands.flush()
            wrapper = ["/bin/sh", "-c", f'exec "$@" <{commands.name}', "sh"]
            with Standalone(port=server.port, wrapper=wrapper) as client:
                self.assertEqual(client.wait(), 0)
                server.peers[0].wait_for("^PRIVMSG bob :from a file$")
                self.assertEqual([answer["ok"] for answer in client.answers], [True, True])
