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
    global host, server, connection, peer
    host = unittest.enterModuleContext(Host())
    server = unittest.enterModuleContext(IrcServer(host))
    connection = Connection(host, ALICE, address="127.0.0.1", port=server.port, tls=False,
                            nickname="alice", channels=["#ruby"])
    unittest.addModuleCleanup(connection.remove)
    connection.start()
    connection.wait_for_channel("#ruby")
    peer = server.peer()


class Commands(unittest.TestCase):
    """(request, what the server hears)."""

    HEARD = (
        (dict(command="privmsg", target="#ruby", message="Hello"), "^PRIVMSG #ruby :Hello$"),
        (dict(command="notice", target="#ruby", message="note this"),
         "^NOTICE #ruby :note this$"),
        (dict(command="join", channel="#perl"), "^JOIN :?#perl$"),
        (dict(command="join", channel="#locked", key="sesame"), "^JOIN #locked :?sesame$"),
        (dict(command="part", channel="#perl", message="so long"), "^PART #perl :so long$"),
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
        (dict(command="nick", nickname="alice"), "^NICK :?alice$"),
    )

    def test_each_is_carried_out(self):
        for request, heard in self.HEARD:
            with self.subTest(request["command"]):
                answer = connection.command(**request)
                self.assertTrue(answer["ok"], answer)
                peer.wait_for(heard)

    def test_own_words_are_stored(self):
        connection.command(command="privmsg", target="#ruby", message="my own words")
        row, = connection.query("SELECT is_self FROM messages WHERE content = 'my own words'")
        self.assertEqual(row, (1,))

    def test_status(self):
        answer = connection.command(command="status")
        self.assertTrue(answer["ok"])
        self.assertEqual((answer["state"], answer["network"], answer["nickname"]),
                         ("connected", "ScriptedNet", "alice"))

    def test_answers_in_order_with_ids(self):
        with connection.control() as control:
            control.sock.sendall(b"".join(
                json.dumps({"id": number, "command": "privmsg", "target": "#ruby",
                            "message": f"in order {number}"}).encode() + b"\n"
                for number in range(100)))
            self.assertEqual([control.read()["id"] for _ in range(100)], list(range(100)))
        said = [text for text in connection.contents("#ruby") if text.startswith("in order")]
        self.assertEqual(said, [f"in order {number}" for number in range(100)])

    def test_newlines_become_lines(self):
        connection.command(command="privmsg", target="#ruby", message="first\nsecond")
        peer.wait_for("^PRIVMSG #ruby :first$")
        peer.wait_for("^PRIVMSG #ruby :second$")

    def test_long_text_is_split(self):
        text = "word " * 300
        self.assertTrue(connection.command(command="privmsg", target="#ruby", message=text)["ok"])
        wait_for("all words", lambda: sum(
            line.count("word") for line in list(peer.seen)) >= 300)
        self.assertTrue(all(len(line) <= 510 for line in peer.seen))

    def test_one_line_and_gone(self):
        with connection.control() as control:
            control.send('{"command":"privmsg","target":"#ruby","message":"in a hurry"}')
        peer.wait_for("^PRIVMSG #ruby :in a hurry$")

    def test_one_line_without_end_and_shut_down(self):
        with connection.control() as control:
            control.sock.sendall(b'{"command":"status"}')
            control.sock.shutdown(socket.SHUT_WR)
            answer = control.read()
        self.assertTrue(answer is None or answer["ok"], answer)


class BadLines(unittest.TestCase):
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
        self.assertTrue(connection.command(command="status")["ok"])
        self.assertFalse(peer.is_closed)
        self.assertEqual(len(server.peers), 1)
        self.assertFalse([line for line in peer.seen if line.startswith("QUIT")])

    def test_each_gets_its_error(self):
        for line, code in self.REFUSED:
            with self.subTest(line[:60]), connection.control() as control:
                answer = control.ask(line)
                self.assertFalse(answer["ok"], answer)
                self.assertTrue(answer["message"])
                if code is not None:
                    self.assertEqual(answer["error"], code)
                self.assertTrue(control.ask('{"command":"status"}')["ok"])

    def test_id_comes_back_with_an_error(self):
        with connection.control() as control:
            self.assertEqual(control.ask('{"id":"a1","command":"dance"}')["id"], "a1")

    def test_endless_line_is_bounded(self):
        """Nobody can make the connection keep megabytes."""
        before = self.memory()
        with connection.control() as control:
            try:
                for _ in range(256):
                    control.sock.sendall(b"x" * LINE_MAX)
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.assertLess(self.memory() - before, 4096)

    def test_client_that_never_reads_is_cut_off(self):
        before = self.memory()
        with connection.control() as control:
            control.sock.settimeout(5)
            try:
                for _ in range(MANY // 1000):
                    control.sock.sendall(b'{"command":"status"}\n' * 1000)
            except (BrokenPipeError, ConnectionResetError, TimeoutError):
                pass
        self.assertLess(self.memory() - before, 16 * 1024)

    @staticmethod
    def memory():
        """Of the connection's process, in KiB."""
        pid = connection.show("MainPID")
        status = host.check("cat", f"/proc/{pid}/status")
        return next(int(line.split()[1]) for line in status.splitlines()
                    if line.startswith("VmRSS"))


class Queue(unittest.TestCase):
    """Commands that come while the connection is not up."""

    def test_command_waits_for_registration(self):
        with IrcServer(host) as slow:
            slow.is_silent = True
            waiting = Connection(host, ALICE, address="127.0.0.1", port=slow.port, tls=False,
                                 nickname="alice", channels=["#ruby"])
            self.addCleanup(waiting.remove)
            waiting.systemctl("start", "--no-block", waiting.unit)
            wait_for("the socket", host.path(waiting.socket_path).exists)
            with waiting.control() as control:
                control.send('{"command":"privmsg","target":"bob","message":"early"}')
                wait_for("the first attempt", lambda: slow.peers and slow.peers[0].seen)
                slow.is_silent = False
                for line in list(slow.peers[0].seen):
                    slow.answer(slow.peers[0], line)
                self.assertTrue(control.read()["ok"])
            slow.peer().wait_for("^PRIVMSG bob :early$")

    def test_command_to_a_killed_connection(self):
        """It waits in the socket, and is carried out by the next process."""
        connection.kill()
        answer = connection.command(command="privmsg", target="#ruby", message="after the kill")
        self.assertTrue(answer["ok"], answer)
        peer.wait_for("^PRIVMSG #ruby :after the kill$")

    def test_no_socket_after_stop(self):
        with IrcServer(host) as other:
            stopped = Connection(host, ALICE, address="127.0.0.1", port=other.port, tls=False,
                                 nickname="alice")
            self.addCleanup(stopped.remove)
            stopped.start()
            stopped.stop()
            wait_for("no socket", lambda: not host.path(stopped.socket_path).exists())
            result = host.run("ircctl", "say", str(stopped.id), "bob", "hello", user=ALICE)
            self.assertNotEqual(result.status, 0)
            self.assertRegex(result.out, "not connected|Socket not found")
            self.assertEqual(len(other.peers), 1)


class Quit(unittest.TestCase):
    def test_quit_ends_the_connection(self):
        with IrcServer(host) as other:
            leaving = Connection(host, ALICE, address="127.0.0.1", port=other.port, tls=False,
                                 nickname="alice")
            self.addCleanup(leaving.remove)
            leaving.start()
            self.assertTrue(leaving.command(command="quit", message="so long")["ok"])
            leaving.wait_until("inactive")
            other.peers[0].wait_for("^QUIT :so long$")
            self.assertEqual(leaving.facts(), (None, None, None))
            self.assertEqual(len(other.peers), 1)
