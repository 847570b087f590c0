# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The other person on IRC: a client that is just enough for tests."""

import re
import ssl
import time


class Lines:
    """Lines in both directions over a socket; those that arrived are kept."""

    def __init__(self, sock):
        self.sock = sock
        self.seen = []
        self._partial = b""

    def send(self, line):
        self.sock.sendall(line.encode() + b"\r\n")

    def receive(self, timeout):
        """The lines of one read; none if nothing comes in time, an EOFError at the end."""
        self.sock.settimeout(max(timeout, 0.001))
        try:
            data = self.sock.recv(65536)
        except (TimeoutError, ssl.SSLWantReadError):
            return []
        if not data:
            raise EOFError(f"the other side closed; it had said: {self.seen[-5:]}")
        *whole, self._partial = (self._partial + data).split(b"\n")
        lines = [line.rstrip(b"\r").decode(errors="replace") for line in whole]
        self.seen += lines
        return lines


class IrcClient(Lines):
    """Registers, answers PING while it waits for something."""

    def __init__(self, sock, nick):
        super().__init__(sock)
        self.nick = nick
        self._next = 0
        self.send(f"NICK {nick}")
        self.send(f"USER {nick} 0 * :A person of the tests")
        self.wait_for(r":\S+ (376|422) ")

    def wait_for(self, pattern, timeout=10.0):
        """The first line not looked at yet that matches."""
        deadline = time.monotonic() + timeout
        while True:
            while self._next < len(self.seen):
                line = self.seen[self._next]
                self._next += 1
                if line.startswith("PING"):
                    self.send("PONG" + line[4:])
                if re.search(pattern, line):
                    return line
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no line like {pattern}; the last ones: {self.seen[-10:]}")
            self.receive(left)

    def join(self, channel):
        self.send(f"JOIN {channel}")
        self.wait_for(f" 366 .*{re.escape(channel)}")

    def say(self, target, text):
        self.send(f"PRIVMSG {target} :{text}")

    def quit(self):
        self.send("QUIT")
        self.sock.close()
