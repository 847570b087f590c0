# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The server's side of a connection as the test says it, line by line, on the test's own thread.

What is expected is the very next line: one that the test does not know of fails it."""

import re
import select
import socket
import struct
import time

SERVER = "irc.scripted.test"
TIMEOUT = 15.0
SYNC_TIMEOUT = 60.0  # much may have been sent before


class Unexpected(AssertionError):
    """The other side said something else, or nothing; says what came before."""


class Listener:
    """A port on the loopback. `tls` is an ssl.SSLContext; without, the link is plain."""

    def __init__(self, tls=None, family=socket.AF_INET, port=0):
        address = "127.0.0.1" if family == socket.AF_INET else "::1"
        self.tls = tls
        self.socket = socket.create_server((address, port), family=family, backlog=16)
        self.port = self.socket.getsockname()[1]

    def accept_raw(self, timeout=TIMEOUT):
        """The next connection, as a socket."""
        self.socket.settimeout(timeout)
        try:
            sock, _ = self.socket.accept()
        except TimeoutError:
            raise Unexpected(f"nobody came within {timeout} s") from None
        sock.settimeout(timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def accept(self, timeout=TIMEOUT):
        sock = self.accept_raw(timeout)
        if self.tls is not None:
            sock = self.tls.wrap_socket(sock, server_side=True)
        return Link(sock)

    def expect_nobody(self, seconds):
        """For things that must not happen while something else is waited for anyway."""
        if select.select([self.socket], [], [], seconds)[0]:
            raise Unexpected("somebody dialled")

    def close(self):
        self.socket.close()


class Link:
    """One connection, as the server sees it. Its lines are read as UTF-8, other bytes as
    surrogates; `nick` is who the client is, `said` all that it said."""

    def __init__(self, sock):
        self.sock = sock
        self.nick = "*"
        self.caps = set()
        self.said = []
        self._partial = b""
        self._lines = []
        self._syncs = 0

    # What the server says

    def send(self, *lines):
        """Whole lines, in one piece."""
        self.send_raw(b"".join(line.encode(errors="surrogateescape") + b"\r\n" for line in lines))

    def send_raw(self, data):
        self.sock.sendall(data)

    def numeric(self, number, text):
        self.send(f":{SERVER} {number} {self.nick} {text}")

    def close(self):
        """An ordinary end: what was said arrives, then FIN."""
        self.sock.close()

    def finish(self):
        """FIN, while we go on reading."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """RST, at once."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    # What the client says

    def _read(self, timeout):
        """One read more; EOFError at the end."""
        self.sock.settimeout(max(timeout, 0.001))
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        *whole, self._partial = (self._partial + data).split(b"\n")
        for line in whole:
            if not line.endswith(b"\r"):
                raise Unexpected(f"a line without CR LF: {line!r}")
            self._lines.append(line[:-1].decode(errors="surrogateescape"))

    def _answer_question(self, line):
        """What a channel's modes are is asked after each join, and answered here."""
        channel = re.fullmatch(r"MODE ([#&+!]\S*)", line)
        if channel is None:
            return False
        self.send(f":{SERVER} 324 {self.nick} {channel[1]} +nt",
                  f":{SERVER} 329 {self.nick} {channel[1]} 1767225600")
        return True

    def next_line(self, timeout=TIMEOUT, what="a line"):
        """But for those that are answered here."""
        line = self._next_line(timeout, what)
        while self._answer_question(line):
            line = self._next_line(timeout, what)
        return line

    def unread(self, line):
        """The next line is to be this one, which came already."""
        self.said.remove(line)
        self._lines.insert(0, line)

    def _next_line(self, timeout, what):
        deadline = time.monotonic() + timeout
        while not self._lines:
            try:
                self._read(deadline - time.monotonic())
            except TimeoutError:
                raise Unexpected(f"{what}: not within {timeout} s; it had said: "
                                 f"{self.said[-8:]}") from None
            except (EOFError, ConnectionError) as error:
                raise Unexpected(f"{what}: the link is closed ({error!r}); it had said: "
                                 f"{self.said[-8:]}") from None
        line = self._lines.pop(0)
        self.said.append(line)
        return line

    def expect(self, pattern, timeout=TIMEOUT):
        """The next line matches as a whole; answers the match."""
        line = self.next_line(timeout, f"a line like {pattern}")
        match = re.fullmatch(pattern, line)
        if match is None:
            raise Unexpected(f"a line like {pattern} was due, this came: {line!r}; before: "
                             f"{self.said[-8:-1]}")
        return match

    def expect_lines(self, *lines, timeout=TIMEOUT):
        """The next lines are these, to the letter."""
        for line in lines:
            self.expect(re.escape(line), timeout)

    def sync(self):
        """What was sent is read, acted upon and committed, and nothing was said because of it: the
        answers to our PINGs are the very next lines. They are two, since an answer to the first
        goes before other lines that the same read gives rise to."""
        for _ in range(2):
            self._syncs += 1
            self.send(f"PING :sync-{self._syncs}")
            self.expect(f"PONG :?sync-{self._syncs}", timeout=SYNC_TIMEOUT)

    def expect_end(self, timeout=TIMEOUT):
        """The other side closes, without another word."""
        deadline = time.monotonic() + timeout
        try:
            while not self._lines and not self._partial:
                self._read(deadline - time.monotonic())
        except (EOFError, ConnectionError):
            return
        except TimeoutError:
            raise Unexpected(f"the link was not closed within {timeout} s") from None
        raise Unexpected(f"it said more: {self._lines} {self._partial!r}")

    # The usual course

    def greet(self, nick="me", username="user", realname="Real Name", password=None):
        """Its first lines."""
        self.expect_lines("CAP LS 302")
        if password is not None:
            self.expect_lines(f"PASS :{password}")
        self.expect_lines(f"NICK {nick}", f"USER {username} 0 * :{realname}")
        self.nick = nick

    def negotiate(self, offered=""):
        """Grants all that is asked for; answers the names. What the client says then is the next
        line."""
        self.send(f":{SERVER} CAP * LS :{offered}")
        known = {item.partition("=")[0] for item in offered.split()}
        while match := re.fullmatch("CAP REQ :(.*)", line := self.next_line()):
            names = set(match[1].split())
            if not names <= known - {"sts"}:
                raise Unexpected(f"asked for what is not offered: {match[1]}")
            self.caps |= names
            self.send(f":{SERVER} CAP {self.nick} ACK :{match[1]}")
        self.unread(line)
        return self.caps

    def welcome(self, isupport="", nick=None):
        """From 001 to the end of the burst."""
        self.nick = nick or self.nick
        tokens = f"NETWORK=Scripted {isupport}".strip()
        self.send(f":{SERVER} 001 {self.nick} :Welcome to Scripted, {self.nick}!user@host",
                  f":{SERVER} 005 {self.nick} {tokens} :are supported by this server",
                  f":{SERVER} 422 {self.nick} :There is no message of the day")

    def register(self, offered="", isupport="", **who):
        """All of it: from the first lines to the end of the burst."""
        self.greet(**who)
        self.negotiate(offered)
        self.expect_lines("CAP END")
        self.welcome(isupport)
        self.sync()
        return self

    def let_in(self, channel, *members):
        """We are in the channel, with these."""
        self.send(f":{self.nick}!user@host JOIN {channel}",
                  f":{SERVER} 353 {self.nick} = {channel} :{' '.join([self.nick, *members])}",
                  f":{SERVER} 366 {self.nick} {channel} :End of /NAMES list.")

    def register_and_join(self, channel, *members, offered="", isupport=""):
        """As register(), for one that joins a channel of its own accord."""
        self.greet()
        self.negotiate(offered)
        self.expect_lines("CAP END")
        self.welcome(isupport)
        self.expect(f"JOIN {re.escape(channel)}")
        self.let_in(channel, *members)
        self.sync()
        return self
