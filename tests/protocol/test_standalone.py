# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""`irc-conn --standalone`: one connection in the foreground."""

import socket
import unittest

from irc_server import IrcServer
from standalone import Standalone


def listen():
    return socket.create_server(("127.0.0.1", 0))


class HappyPath(unittest.TestCase):
    def test_a_conversation(self):
        with IrcServer(None, listen=listen) as server, \
                Standalone(port=server.port, channels=["#ruby", "#lisp"]) as client:
            client.wait_for_event("ready", nickname="ada")
            client.wait_for_event("joined", channel="#lisp")
            self.assertTrue(client.ask("privmsg", target="#ruby", message="Hello")["ok"])
            server.peer().wait_for("^PRIVMSG #ruby :Hello$")
            server.peer().send(":keeper!user@test PRIVMSG #ruby :Hello, ada")
            event = client.wait_for_event("message_received", sender="keeper")
            self.assertEqual((event["target"], event["content"], event["is_self"]),
                             ("#ruby", "Hello, ada", False))
            self.assertEqual(
                client.query("SELECT sender, is_self FROM messages"
                             " WHERE message_type = 'privmsg' ORDER BY id"),
                [("ada", 1), ("keeper", 0)])
            self.assertEqual(client.stop(), 0)
            server.peer().wait_for("^QUIT")
            self.assertEqual(client.other_lines, [])
