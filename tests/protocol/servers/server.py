# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""A real IRC server as a child of the test: on loopback, with a configuration and data of its own
in a temporary folder; and the people who use it."""

import contextlib
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile

from certificates import Authority
from host import wait_for
from irc_client import IrcClient

ADDRESS = "127.0.0.1"
START_TIMEOUT = 30
STOP_TIMEOUT = 10
LOG_LINES = 30


class ServerError(Exception):
    """The server did not start; says what it printed."""


class Child:
    """A program that is started in a temporary folder, as `user`, and ends with the context."""

    def __init__(self, name, user=None):
        self.name, self._user = name, user
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"irc-conn-{name}-"))
        self._process = None
        self._reserved = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        for reserved in self._reserved:
            reserved.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def free_port(self):
        """A port that nobody else is given while we live: it is bound, but not listened on."""
        reserved = socket.socket()
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind((ADDRESS, 0))
        self._reserved.append(reserved)
        return reserved.getsockname()[1]

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def spawn(self, argv):
        """It goes down when we do."""
        rights = []
        if self._user is not None and os.geteuid() == 0:
            shutil.chown(self.folder, self._user)
            rights = [f"--reuid={self._user}", "--regid=nogroup", "--clear-groups"]
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *rights, *map(str, argv)], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)

    def wait_for_ready(self, is_ready):
        """Until `is_ready` answers something true, or the child ends before."""
        def check():
            if self._process.poll() is not None:
                raise ServerError(f"{self.name} ended with {self._process.returncode}:\n"
                                  f"{self.output()}")
            return is_ready()

        return wait_for(f"the start of {self.name}", check, START_TIMEOUT, 0.05)

    def wait_for_port(self, port):
        """Until something listens there."""
        def is_open():
            with contextlib.suppress(OSError):
                socket.create_connection((ADDRESS, port), timeout=1).close()
                return True
            return False

        self.wait_for_ready(is_open)

    def output(self):
        """The last of what it printed."""
        text = (self.folder / "output").read_text(errors="replace")
        return "\n".join(text.splitlines()[-LOG_LINES:])

    def stop(self):
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


class Server(Child):
    """Plain on `port`, TLS on `tls_port`; its operator is "keeper", password "keeper". A subclass
    says how it is configured and started."""

    OPER = "OPER keeper keeper"

    def __init__(self, name, authority=None):
        super().__init__(name)
        self.authority = authority or Authority(self.folder)
        self.certificate = self.authority.server
        self.port, self.tls_port = self.free_port(), self.free_port()

    def person(self, nick, **options):
        """Somebody else who is on this server."""
        return Person(self, nick, **options)

    def keeper(self, nick="keeper"):
        """The operator."""
        keeper = self.person(nick)
        keeper.send(self.OPER)
        keeper.wait_for(r" 381 ")
        return keeper


class Person(IrcClient):
    """Another client; `certificate` or `tls` makes it come by TLS, `caps` are asked for, `password`
    is the server's, or "account:password" where a server takes that."""

    def __init__(self, server, nick, tls=False, certificate=None, caps=(), password=None):
        sock = socket.create_connection(
            (ADDRESS, server.tls_port if tls or certificate else server.port), timeout=10)
        if tls or certificate is not None:
            context = ssl.create_default_context(cafile=server.authority.file)
            if certificate is not None:
                context.load_cert_chain(certificate.file, certificate.key)
            sock = context.wrap_socket(sock, server_hostname=ADDRESS)
        if password is not None:
            sock.sendall(f"PASS {password}\r\n".encode())
        super().__init__(sock, nick)
        if caps:
            self.send(f"CAP REQ :{' '.join(caps)}")
            self.wait_for(r" CAP \S+ ACK ")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.quit()

    def quit(self):
        """Until the server has let go of us, and of our nickname."""
        self.send("QUIT")
        with contextlib.suppress(EOFError, ConnectionError, ssl.SSLError):
            self.wait_for("(?!)")
        self.sock.close()

    def ask(self, line, pattern):
        self.send(line)
        return self.wait_for(pattern)

    def carry_out(self, line):
        """Until the server has done so."""
        self.send(line)
        self.settle()

    def settle(self):
        """Until the server has carried out all that was said."""
        self.ask("PING done", " PONG .*done")
