# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""An IRC server that does what a test says, on threads of the test: it counts who came and when,
keeps what was said, and can refuse, be silent, or stream."""

import base64
import contextlib
import re
import socket
import ssl
import threading
import time

from irc_client import Lines
from host import wait_for


class Peer(Lines):
    """One connection to the server, as the server sees it."""

    def __init__(self, server, sock):
        super().__init__(sock)
        self.server = server
        self.came_at = time.monotonic()
        self.nick = "*"
        self.is_negotiating = False
        self.is_registered = False
        self.is_closed = False
        self._out = None
        self._turn = threading.Lock()

    def serve(self):
        try:
            if self.server.tls is not None:
                self.sock = self._out = self.server.tls.wrap_socket(self.sock, server_side=True)
            else:
                # With a time-out of its own: the other side may be away for a while.
                self._out = self.sock.dup()
                self._out.settimeout(60)
            while not self.is_closed:
                for line in self.receive(60):
                    if not self.server.is_silent:
                        self.server.answer(self, line)
        except (EOFError, OSError, ValueError):
            pass
        self.close()

    def send(self, line):
        self.send_raw(line.encode() + b"\r\n")

    def send_raw(self, data):
        """Whole lines: who else sends meanwhile waits."""
        with self._turn:
            self._out.sendall(data)

    def close(self):
        self.is_closed = True
        for sock in (self.sock, self._out):
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)  # wakes who waits for lines
                sock.close()

    def wait_for(self, pattern, timeout=10.0):
        """The first line of all that it said which matches."""
        return wait_for(
            f"a line like {pattern}",
            lambda: next((line for line in list(self.seen) if re.search(pattern, line)), None),
            timeout)


class IrcServer:
    """Listens in the host's network. `password` is that of the account "alice", by SASL PLAIN;
    `listen`, if given, is called for the socket instead of Host.listen()."""

    NAME = "scripted.test"

    def __init__(self, host, certificate=None, password=None, listen=None):
        self.password = password
        self.refusal = None  # said instead of a welcome
        self.is_silent = False
        self.peers = []
        self.tls = None
        if certificate is not None:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*(host.path(f"/etc/irc-test/{certificate}.{part}")
                                       for part in ("crt", "key")))
        self.socket = (listen or host.listen)()
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        for peer in self.peers:
            peer.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self.socket.accept()
            except OSError:
                return
            peer = Peer(self, sock)
            self.peers.append(peer)
            threading.Thread(target=peer.serve, daemon=True).start()

    def peer(self, number=1, timeout=10.0):
        """The connection of that number, once it is registered."""
        return wait_for(f"registration of connection {number}",
                        lambda: next((peer for peer in self.peers[number - 1:number]
                                      if peer.is_registered), None), timeout)

    def kick(self, peer, channel, reason):
        peer.send(f":keeper!user@test KICK {channel} {peer.nick} :{reason}")

    # The protocol

    def answer(self, peer, line):
        verb, _, rest = line.partition(" ")
        handler = getattr(self, f"_on_{verb.lower()}", None)
        if handler is not None:
            handler(peer, rest)

    def _numeric(self, peer, number, text):
        peer.send(f":{self.NAME} {number} {peer.nick} {text}")

    def _on_cap(self, peer, rest):
        if rest.startswith("LS"):
            peer.is_negotiating = True
            peer.send(f":{self.NAME} CAP * LS :{'sasl=PLAIN' if self.password else ''}")
        elif rest.startswith("REQ"):
            peer.send(f":{self.NAME} CAP * ACK {rest[4:]}")
        elif rest.startswith("END"):
            self._welcome(peer)

    def _on_authenticate(self, peer, rest):
        if rest == "PLAIN":
            peer.send("AUTHENTICATE +")
        elif base64.b64decode(rest).split(b"\0")[1:] == [b"alice", self.password.encode()]:
            self._numeric(peer, 900, "x!y@z alice :You are now logged in as alice")
            self._numeric(peer, 903, ":SASL authentication successful")
        else:
            self._numeric(peer, 904, ":SASL authentication failed")

    def _on_nick(self, peer, rest):
        if peer.is_registered:
            peer.send(f":{peer.nick}!user@test NICK {rest}")
        peer.nick = rest.lstrip(":")

    def _on_user(self, peer, _):
        if not peer.is_negotiating:
            self._welcome(peer)

    def _welcome(self, peer):
        if self.refusal is not None:
            peer.send(self.refusal)
            peer.close()
            return
        self._numeric(peer, "001", f":Welcome to the test network, {peer.nick}")
        self._numeric(peer, "005", "NETWORK=ScriptedNet CASEMAPPING=ascii :are supported")
        self._numeric(peer, "422", ":There is no message of the day")
        peer.is_registered = True

    def _on_join(self, peer, rest):
        for channel in rest.split()[0].split(","):
            peer.send(f":{peer.nick}!user@test JOIN {channel}")
            self._numeric(peer, 353, f"= {channel} :{peer.nick} @keeper")
            self._numeric(peer, 366, f"{channel} :End of /NAMES list.")

    def _on_ping(self, peer, rest):
        peer.send(f":{self.NAME} PONG {self.NAME} {rest}")

    def _on_quit(self, peer, rest):
        peer.send(f"ERROR :Closing link: {rest.lstrip(':')}")
        peer.close()


class Stream:
    """Numbered lines to a channel, each exactly once, as far as the test allows them to go."""

    def __init__(self, peer, channel):
        self._peer, self._channel = peer, channel
        self._allowed = 0
        self._change = threading.Condition()
        self.error = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def allow(self, number):
        with self._change:
            self._allowed = number
            self._change.notify()

    def _run(self):
        sent = 0
        try:
            while True:
                with self._change:
                    self._change.wait_for(lambda: self._allowed > sent)
                    until = min(self._allowed, sent + 100)
                self._peer.send_raw("".join(
                    f":keeper!user@test PRIVMSG {self._channel} :line {number}\r\n"
                    for number in range(sent + 1, until + 1)).encode())
                sent = until
        except OSError as error:
            self.error = error
