# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The command socket: each line gets its answer, and whatever comes, the connection lives."""

import json
import socket
import unittest

from connection import Connection
from host import ALICE, Host, wait_for
from irc_server import IrcServer

LINE_MAX = 64 * 1024
# More answers than any bound for a client that does not read them.
MANY = 200_000


def setUpModule():
    global host
    host = unittest.enterModuleContext(Host())


class WithConnection(unittest.TestCase):
    """Each case has a connection of its own: what one says does not slow another one down."""

    def setUp(self):
        self.connect()

    def connect(self):
        self.server = self.enterContext(IrcServer(host))
        self.connection = self.add(self.server).start()
        self.connection.wait_for_channel("#ruby")
        self.peer = self.server.peer()

    def add(self, server):
        connection = Connection(host, ALICE, address="127.0.0.1", port=server.port, tls=False,
                                nickname="alice", channels=["#ruby"])
        self.addCleanup(connection.remove)
        return connection


class Commands(WithConnection):
    """(request, what the server hears)."""

    HEARD = (
        (dict(command="privmsg", target="#ruby", message="Hello"), "^PRIVMSG #ruby :Hello$"),
        (dict(command="notice", target="#ruby", message="note this"),
         "^NOTICE #ruby :note this$"),
        (dict(command="join", channel="#perl"), "^JOIN :?#perl$"),
        (dict(command="join", channel="#locked", key="sesame"), "^JOIN #locked :?sesame$"),
        (dict(command="part", channel="#ruby", message="so long"), "^PART #ruby :so long$"),
        (dict(command="topic", channel="#ruby", topic="all about it"),
         "^TOPIC #ruby :all about it$"),
        (dict(command="mode", target="#ruby", modes="+v", arguments=["bob"]),
         "^MODE #ruby \\+v :?bob$"),
        (dict(command="kick", channel="#ruby", nickname="bob", message="enough"),
         "^KICK #ruby bob :?enough$"),
        (dict(command="invite", nickname="bob", channel="#ruby"), "^INVITE bob :?#ruby$"),
        (dict(command="away", message="at lunch"), "^AWAY :at lunch$"),
        (dict(command="away"), "^AWAY$"),
        (dict(command="raw", line="LUSERS"), "^LUSERS$"),
        (dict(command="nick", nickname="alicia"), "^NICK :?alicia$"),
    )

    def test_each_is_carried_out(self):
        for request, heard in self.HEARD:
            with self.subTest(request["command"]):
                self.connect()
                answer = self.connection.command(**request)
                self.assertTrue(answer["ok"], answer)
                self.peer.wait_for(heard)

    def test_own_words_are_stored(self):
        self.connection.command(command="privmsg", target="#ruby", message="my own words")
        row, = self.connection.query("SELECT is_self FROM messages WHERE content = 'my own words'")
        self.assertEqual(row, (1,))

    def test_status(self):
        answer = self.connection.command(command="status")
        self.assertTrue(answer["ok"])
        self.assertEqual((answer["state"], answer["network"], answer["nickname"]),
                         ("connected", "ScriptedNet", "alice"))

    def test_answers_in_order_with_ids(self):
        """A command that takes its time is not overtaken."""
        requests = [{"id": number, "command": "status"} for number in range(100)]
        for number in range(0, 100, 20):
            requests[number].update(command="privmsg", target="#ruby", message=f"in order {number}")
        with self.connection.control() as control:
            for request in requests:
                control.send(json.dumps(request))
            self.assertEqual([control.read()["id"] for _ in requests], list(range(100)))
        self.assertEqual(self.connection.contents("#ruby"),
                         [f"in order {number}" for number in range(0, 100, 20)])

    def test_newlines_become_lines(self):
        self.connection.command(command="privmsg", target="#ruby", message="first\nsecond")
        self.peer.wait_for("^PRIVMSG #ruby :first$")
        self.peer.wait_for("^PRIVMSG #ruby :second$")

    def test_long_text_is_split(self):
        text = "word " * 300
        self.assertTrue(self.connection.command(command="privmsg", target="#ruby", message=text)["ok"])
        wait_for("all words", lambda: sum(
            line.count("word") for line in list(self.peer.seen)) >= 300)
        self.assertTrue(all(len(line) <= 510 for line in self.peer.seen))

    def test_one_line_and_gone(self):
        with self.connection.control() as control:
            control.send('{"command":"privmsg","target":"#ruby","message":"in a hurry"}')
        self.peer.wait_for("^PRIVMSG #ruby :in a hurry$")

    def test_one_line_without_end_and_shut_down(self):
        with self.connection.control() as control:
            control.sock.sendall(b'{"command":"status"}')
            control.sock.shutdown(socket.SHUT_WR)
            answer = control.read()
        self.assertTrue(answer is None or answer["ok"], answer)


class BadLines(WithConnection):
    """(line, the error's code): answered in words, and the next line is served."""

    REFUSED = (
        ("hello", "bad-request"),
        ("", None),
        ("[]", "bad-request"),
        ('{"command":', "bad-request"),
        (b'{"command":"privmsg","target":"#ruby","message":"\xff"}', "bad-request"),
        ('{"command":"dance"}', "unknown-command"),
        ('{"target":"#ruby"}', "missing-key"),
        ('{"command":"privmsg","target":"#ruby"}', "missing-key"),
        ('{"command":"privmsg","target":5,"message":"x"}', "invalid-value"),
        ('{"command":"raw","line":"PRIVMSG #ruby :a\\rQUIT"}', "invalid-value"),
        ('{"command":"raw","line":"PRIVMSG #ruby :a\\nQUIT"}', "invalid-value"),
        ('{"command":"raw","line":"a\\u0000b"}', None),
        ('{"command":"join","channel":"#a b"}', "invalid-value"),
        ('{"command":"privmsg","target":"#ruby\\r\\nQUIT","message":"x"}', "invalid-value"),
        ('{"command":"privmsg","target":"#ruby","message":"' + "x" * LINE_MAX + '"}', "too-long"),
    )

    def tearDown(self):
        self.assertTrue(self.connection.command(command="status")["ok"])
        self.assertFalse(self.peer.is_closed)
        self.assertEqual(len(self.server.peers), 1)
        self.assertFalse([line for line in self.peer.seen if line.startswith("QUIT")])

    def test_each_gets_its_error(self):
        for line, code in self.REFUSED:
            with self.subTest(line[:60]), self.connection.control() as control:
                answer = control.ask(line)
                self.assertFalse(answer["ok"], answer)
                self.assertTrue(answer["message"])
                if code is not None:
                    self.assertEqual(answer["error"], code)
                self.assertTrue(control.ask('{"command":"status"}')["ok"])

    def test_id_comes_back_with_an_error(self):
        with self.connection.control() as control:
            self.assertEqual(control.ask('{"id":"a1","command":"dance"}')["id"], "a1")

    def test_endless_line_is_bounded(self):
        """Nobody can make the connection keep megabytes."""
        before = self.memory()
        with self.connection.control() as control:
            try:
                for _ in range(256):
                    control.sock.sendall(b"x" * LINE_MAX)
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.assert_grown_less(before, 4 * 1024)

    def test_client_that_never_reads_is_cut_off(self):
        before = self.memory()
        with self.connection.control() as control:
            control.sock.settimeout(5)
            try:
                for _ in range(MANY // 1000):
                    control.sock.sendall(b'{"command":"status"}\n' * 1000)
            except (BrokenPipeError, ConnectionResetError, TimeoutError):
                pass
        self.assert_grown_less(before, 16 * 1024)

    def assert_grown_less(self, before, most):
        # What is freed stays in memory for a while when a sanitizer watches.
        self.assertLess(self.memory() - before, most * (16 if host.is_sanitized else 1))

    def memory(self):
        """Of the connection's process, in KiB."""
        pid = self.connection.show("MainPID")
        status = host.check("cat", f"/proc/{pid}/status")
        return next(int(line.split()[1]) for line in status.splitlines()
                    if line.startswith("VmRSS"))


class Queue(WithConnection):
    """Commands that come while the connection is not up."""

    def test_command_waits_for_registration(self):
        slow = self.enterContext(IrcServer(host))
        slow.is_silent = True
        waiting = self.add(slow)
        connecting = host.popen("ircctl", "connect", str(waiting.id), user=ALICE)
        wait_for("the first attempt", lambda: slow.peers and slow.peers[0].seen)
        with waiting.control() as control:
            control.send('{"command":"privmsg","target":"bob","message":"early"}')
            slow.is_silent = False
            for line in list(slow.peers[0].seen):
                slow.answer(slow.peers[0], line)
            self.assertTrue(control.read()["ok"])
        slow.peers[0].wait_for("^PRIVMSG bob :early$")
        self.assertEqual(connecting.wait(20), 0)

    def test_commands_to_a_killed_connection(self):
        """They wait in the socket, and are carried out by the next process."""
        for kill in range(20):
            # Lines that arrive tell this from a process that cannot even start.
            self.peer.send(f":keeper!user@test PRIVMSG #ruby :before kill {kill}")
            self.connection.wait_for_content("#ruby", f"before kill {kill}")
            self.connection.kill()
            with self.subTest(kill):
                answer = self.connection.command(command="status")
                self.assertTrue(answer["ok"], answer)
        answer = self.connection.command(command="privmsg", target="#ruby", message="after all")
        self.assertTrue(answer["ok"], answer)
        self.peer.wait_for("^PRIVMSG #ruby :after all$")
        self.assertEqual(len(self.server.peers), 1)

    def test_no_socket_after_stop(self):
        self.connection.stop()
        wait_for("no socket", lambda: not host.path(self.connection.socket_path).exists())
        result = host.run("ircctl", "say", str(self.connection.id), "bob", "hello", user=ALICE)
        self.assertNotEqual(result.status, 0)
        self.assertRegex(result.out, "not connected|Socket not found")
        self.assertEqual(len(self.server.peers), 1)


class Quit(WithConnection):
    def test_quit_ends_the_connection(self):
        self.assertTrue(self.connection.command(command="quit", message="so long")["ok"])
        self.connection.wait_until("inactive")
        self.peer.wait_for("^QUIT :so long$")
        self.assertEqual(self.connection.facts(), (None, None, None))
        self.assertEqual(len(self.server.peers), 1)
