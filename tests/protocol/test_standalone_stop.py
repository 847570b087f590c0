# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""TERM ends the foreground program within seconds, whatever state it is in."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest

from host import wait_for
from irc_server import IrcServer
from standalone import PATIENCE, Standalone, listen

# What is promised are 5 seconds for the server and one for who reads our output.
BOUND = 6.0
SLACK = 3.0  # of a busy machine
AT_ONCE = 2.0
# Far more than the buffers of both ends hold.
PINGS, PING_SIZE = 400_000, 400
STUCK = 2.0


class Stop(unittest.TestCase):
    def assert_ends(self, client, number=signal.SIGTERM, within=BOUND + SLACK):
        """Exit status 0, in time."""
        started = time.monotonic()
        client.signal(number)
        self.assertEqual(client.wait(), 0, client.describe())
        self.assertLess(time.monotonic() - started, within, client.describe())

    def scripted(self):
        return self.enterContext(IrcServer(None, listen=listen))

    def silent(self):
        """A server that accepts and says nothing."""
        server = self.scripted()
        server.is_silent = True
        return server

    def test_resolving(self):
        """The name server does not answer."""
        with tempfile.TemporaryDirectory() as folder, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as name_server:
            name_server.bind(("127.53.66.97", 53))
            resolv, switch = pathlib.Path(folder, "resolv"), pathlib.Path(folder, "switch")
            resolv.write_text("nameserver 127.53.66.97\n")
            switch.write_text("hosts: dns\n")
            mount = 'mount --bind "$1" /etc/resolv.conf && ' \
                    'mount --bind "$2" /etc/nsswitch.conf && shift 2 && exec "$@"'
            wrapper = ["unshare", "--mount", "sh", "-c", mount, "sh", resolv, switch]
            with Standalone(address="irc.example.org", wrapper=wrapper) as client:
                name_server.settimeout(PATIENCE)
                self.assertIn(b"irc\7example\3org", name_server.recv(1000))
                self.assert_ends(client, within=AT_ONCE + SLACK)

    def test_connecting(self):
        """The server's backlog is full: nothing answers."""
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full, \
                contextlib.ExitStack() as others:
            for _ in range(3):
                other = others.enter_context(socket.socket())
                other.setblocking(False)
                other.connect_ex(full.getsockname())
            with Standalone(port=full.getsockname()[1]) as client:
                client.wait_for_state("connecting")
                wait_for("the dial", lambda: is_dialling(client), PATIENCE)
                self.assert_ends(client, within=AT_ONCE + SLACK)

    def test_tls_handshake(self):
        server = self.silent()
        with Standalone(port=server.port, tls=True) as client:
            wait_for("the client", lambda: server.peers, PATIENCE)
            self.assert_ends(client, within=AT_ONCE + SLACK)

    def test_proxy(self):
        """The proxy is asked, and does not answer."""
        for scheme, greeting in (("socks5", rb"\x05"), ("http", rb"CONNECT irc\.example:6667 ")):
            with self.subTest(scheme), listen() as proxy:
                url = f"{scheme}://127.0.0.1:{proxy.getsockname()[1]}"
                with Standalone(address="irc.example", proxy=url) as client:
                    proxy.settimeout(PATIENCE)
                    peer, _ = proxy.accept()
                    with peer:
                        peer.settimeout(PATIENCE)
                        self.assertRegex(peer.recv(1000), greeting)
                        self.assert_ends(client, within=AT_ONCE + SLACK)

    def test_registering(self):
        server = self.silent()
        with Standalone(port=server.port) as client:
            client.wait_for_state("registering")
            self.assert_ends(client)

    def test_waiting_for_the_next_attempt(self):
        server = self.scripted()
        server.refusal = ""
        with Standalone(port=server.port, reconnect_delay_ms=600_000) as client:
            client.wait_for_state("waiting")
            self.assert_ends(client, within=AT_ONCE + SLACK)

    def test_connected(self):
        server = self.scripted()
        with Standalone(port=server.port) as client:
            client.wait_for_event("ready")
            self.assert_ends(client, signal.SIGINT, within=AT_ONCE + SLACK)
            server.peer().wait_for("^QUIT")
            self.assertEqual(client.query("SELECT connected_at, status FROM servers"),
                             [(None, "disconnected")])

    def test_quit_is_ignored(self):
        server = self.scripted()
        with Standalone(port=server.port) as client:
            client.wait_for_event("ready")
            server.is_silent = True
            self.assert_ends(client)
            server.peer().wait_for("^QUIT")

    def test_second_term(self):
        server = self.scripted()
        with Standalone(port=server.port) as client:
            client.wait_for_event("ready")
            server.is_silent = True
            client.signal()
            server.peer().wait_for("^QUIT")
            self.assert_ends(client, within=AT_ONCE)

    def test_any_number_of_signals_at_any_time(self):
        server = self.scripted()
        for _ in range(10):
            with Standalone(port=server.port) as client:
                client.wait_for_event("ready")
                while client.process.poll() is None:
                    client.signal()
                self.assertEqual(client.wait(), 0)

    def test_while_the_file_is_read(self):
        """A secret comes from a pipe into which nobody writes."""
        with tempfile.TemporaryDirectory() as folder:
            pipe = pathlib.Path(folder, "password")
            os.mkfifo(pipe)
            with Standalone(password_file=pipe) as client:
                end = wait_for("its reader", lambda: open_for_writing(pipe), PATIENCE)
                try:
                    self.assert_ends(client, within=AT_ONCE + SLACK)
                finally:
                    os.close(end)

    def test_while_the_command_quit_waits(self):
        server = self.scripted()
        with Standalone(port=server.port) as client:
            client.wait_for_event("ready")
            server.is_silent = True
            self.assertTrue(client.ask("quit")["ok"])
            client.wait_for_state("closing")
            self.assert_ends(client)

    def test_output_is_stuck(self):
        """The server asks for more than it ever reads."""
        with listen() as server, Standalone(port=server.getsockname()[1]) as client:
            server.settimeout(PATIENCE)
            peer, _ = server.accept()
            with peer:
                peer.settimeout(PATIENCE)
                peer.sendall(b":scripted.test CAP * LS :\r\n"
                             b":scripted.test 001 ada :Welcome\r\n:scripted.test 422 ada :None\r\n")
                client.wait_for_event("ready")
                # It is listened to no longer when so much waits for it.
                peer.settimeout(STUCK)
                with self.assertRaises(TimeoutError):
                    for number in range(PINGS):
                        peer.sendall(b"PING :%s%08d\r\n" % (b"x" * PING_SIZE, number))
                peer.settimeout(PATIENCE)
                self.assert_ends(client)
                self.assertNotIn(b"QUIT", everything(peer))

    def test_database_is_locked(self):
        server = self.scripted()
        with Standalone(port=server.port) as client:
            client.wait_for_event("ready")
            holder = sqlite3.connect(client.state_dir / "irc.db", isolation_level=None)
            with contextlib.closing(holder):
                holder.execute("BEGIN IMMEDIATE")
                server.peer().send(":keeper!u@h PRIVMSG ada :nowhere to go")
                client.wait_for_stderr("Nothing can be stored")
                self.assert_ends(client)

    def test_disk_is_full(self):
        server = self.scripted()
        with tempfile.TemporaryDirectory() as folder:
            state = pathlib.Path(folder, "state")
            state.mkdir()
            mount = 'mount -t tmpfs -o size=1M,mode=700 none "$1" && shift && exec "$@"'
            wrapper = ["unshare", "--mount", "sh", "-c", mount, "sh", state]
            with Standalone(folder, port=server.port, wrapper=wrapper, trace=False) as client:
                client.wait_for_event("ready")
                for number in range(5000):
                    server.peer().send(f":keeper!u@h PRIVMSG ada :{number} {'x' * 300}")
                client.wait_for_stderr("Nothing can be stored.*(full|No space)")
                self.assert_ends(client)

    def test_nobody_reads_standard_output(self):
        server = self.scripted()
        with Standalone(port=server.port, reads=False, trace=False) as client:
            peer = server.peer(timeout=PATIENCE)
            fill_output(peer)
            client.wait_for_rows("SELECT 1 FROM messages WHERE content = 'the last'")
            self.assert_ends(client)


def is_dialling(client):
    """Whether a socket of the program's is waiting to be connected (SYN-SENT)."""
    said = subprocess.run(["ss", "--numeric", "--processes", "--tcp", "state", "syn-sent"],
                          capture_output=True, text=True, check=True).stdout
    return re.search(rf"\bpid={client.process.pid}\b", said)


def open_for_writing(pipe):
    """A descriptor, once somebody reads from the pipe."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def everything(peer):
    """All bytes up to the end of the link, however that comes."""
    data = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while chunk := peer.recv(1 << 20):
            data += chunk
    return bytes(data)


def fill_output(peer):
    """More events than a pipe holds."""
    for number in range(5000):
        peer.send(f":keeper!u@h PRIVMSG ada :{number} {'x' * 300}")
    peer.send(":keeper!u@h PRIVMSG ada :the last")
