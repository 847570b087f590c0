# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""A connection of the disposable host, handled as people handle it: by systemctl, busctl, its
command socket and its database."""

import itertools
import json
import os
import socket
import subprocess
import threading

from host import HostError, wait_for

MANAGER = ("org.ircconn1", "/org/ircconn1", "org.ircconn1.Manager")


def variant(value):
    """A value as busctl wants it in an a{sv}."""
    if isinstance(value, bool):
        return ["b", str(value).lower()]
    if isinstance(value, int):
        return ["u", str(value)]
    if isinstance(value, (list, tuple)):
        return ["as", str(len(value)), *value]
    return ["s", value]


def call_manager(host, method, *arguments, user=None, on_session_bus=False):
    """Calls org.ircconn1.Manager, as `user` or root, and answers a Result."""
    bus = ["--user"] if on_session_bus else []
    return host.run("busctl", *bus, "--json=short", "call", *MANAGER, method,
                    *map(str, arguments), user=user)


def plain(value):
    """What busctl's JSON says, without the types."""
    if isinstance(value, dict):
        if set(value) == {"type", "data"}:
            return plain(value["data"])
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


class Connection:
    """`owner` None: root's. With `is_users` it belongs to the owner's own manager."""

    def __init__(self, host, owner=None, is_users=False, **keys):
        self.host, self.owner, self.is_users = host, owner, is_users
        words = [word for key, value in keys.items() for word in (key, *variant(value))]
        # A connection is its maker's.
        self.id = self._call(owner, "AddServer", "a{sv}", len(keys), *words)[0]
        self.unit = f"irc-conn@{self.id}.service"
        state = f"{owner.home}/.local/state/irc-conn" if is_users else "/var/lib/irc-conn"
        self.folder = f"{state}/tenants/{owner.uid if owner else 0}"
        runtime = owner.runtime if is_users else "/run"
        self.socket_path = f"{runtime}/irc-conn/{self.id}.sock"

    # The two managers

    @property
    def _caller(self):
        return self.owner if self.is_users else None

    def manage(self, method, *arguments):
        """Calls the controller, as root or in the user's session; answers its values."""
        return self._call(self._caller, method, *arguments)

    def _call(self, user, method, *arguments):
        result = call_manager(self.host, method, *arguments, user=user,
                              on_session_bus=self.is_users)
        if result.status != 0:
            raise HostError(f"{result!r}\n{self.host.journal('-n', '12')}")
        return plain(json.loads(result.out)) if result.out.strip() else []

    def systemctl(self, *words):
        scope = ["--user"] if self.is_users else []
        return self.host.run("systemctl", *scope, *words, user=self._caller)

    def show(self, name):
        return self.host.show(self.unit, name, user=self._caller)

    def start(self):
        """Returns when registered."""
        result = self.systemctl("start", self.unit)
        if result.status != 0:
            raise HostError(f"{result!r}\n{self.systemctl('status', self.unit).out}")
        return self

    def stop(self):
        self.systemctl("stop", self.unit)

    def kill(self, number="KILL"):
        self.systemctl("kill", "--kill-whom=main", f"--signal={number}", self.unit)

    def remove(self):
        self.stop()
        self.manage("RemoveServer", "u", self.id)

    def server_status(self):
        return self.manage("ServerStatus", "u", self.id)[0]

    # The database

    def query(self, sql, *values):
        return self.host.query(self.folder, sql, *values)

    def facts(self):
        """(process_pid, socket_path, connected_at), each None when there is no link."""
        row, = self.query("SELECT process_pid, socket_path, connected_at FROM servers"
                          " WHERE id = ?", self.id)
        return tuple(value or None for value in row)

    def contents(self, target, message_type="privmsg"):
        """The texts said to a channel or a person, in their order."""
        return [text for text, in self.query(
            "SELECT content FROM messages WHERE server_id = ? AND target = ?"
            " AND message_type = ? ORDER BY id", self.id, target, message_type)]

    def wait_for_content(self, target, text, timeout=10.0):
        return wait_for(f"the row {text!r}", lambda: text in self.contents(target), timeout)

    def wait_until(self, state, timeout=30.0):
        """Waits for a state of the unit: "active", "failed", …"""
        return wait_for(f"{self.unit} {state}", lambda: self.show("ActiveState") == state, timeout)

    def wait_for_channel(self, channel, timeout=30.0):
        return wait_for(f"{channel} joined", lambda: self.query(
            "SELECT 1 FROM channels WHERE server_id = ? AND name = ? AND joined", self.id,
            channel), timeout)

    # The command socket

    def control(self):
        """A client of the command socket, with the owner's uid."""
        return Control(self.host.path(self.socket_path), self.owner.uid if self.owner else 0)

    def command(self, **request):
        """Sends one command and answers what comes back."""
        with self.control() as control:
            return control.ask(json.dumps(request))


def connect_as(uid, path):
    """A connection to a Unix socket by somebody; another process makes it, as whom the listener
    sees for as long as it lasts."""
    here, there = socket.socketpair(socket.AF_UNIX)
    with here, there:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.chdir(path.parent)  # only root may follow the path to here
                os.seteuid(uid)
                client = socket.socket(socket.AF_UNIX)
                client.connect(path.name)
                socket.send_fds(there, [b"."], [client.fileno()])
                status = 0
            except OSError as error:
                there.send(f"{error.errno}".encode())
            finally:
                os._exit(status)
        data, descriptors, _, _ = socket.recv_fds(here, 64, 1)
        os.waitpid(child, 0)
    if not descriptors:
        raise OSError(int(data), f"{path}: {os.strerror(int(data))}")
    return socket.socket(fileno=descriptors[0])


class Control:
    """A client of the command socket."""

    def __init__(self, path, uid):
        self.sock = connect_as(uid, path)
        self.sock.settimeout(20)
        self._reader = self.sock.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._reader.close()
        self.sock.close()

    def send(self, line):
        self.sock.sendall((line if isinstance(line, bytes) else line.encode()) + b"\n")

    def read(self):
        """The next answer; None at the end."""
        line = self._reader.readline()
        return json.loads(line) if line else None

    def ask(self, line):
        self.send(line)
        return self.read()


class Spy:
    """All signals of the bus, as root may watch them."""

    def __init__(self, host):
        self._host = host
        self._process = host.popen(
            "busctl", "--json=short", "monitor", "--match=type='signal'", text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.messages = []
        self._process.stdout.readline()  # said when it is ready
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._host.end(self._process)

    def _read(self):
        for line in self._process.stdout:
            if line.startswith("{"):
                self.messages.append(json.loads(line))

    def all(self, member):
        return [message for message in list(self.messages) if message.get("member") == member]

    def wait_for(self, member, condition=lambda values: True, timeout=10.0):
        """The first signal of that name whose values fulfil the condition, as busctl says it."""
        return wait_for(f"the signal {member}", lambda: next(
            (message for message in self.all(member) if condition(message["payload"]["data"])),
            None), timeout)


class Follower:
    """`ircctl follow` of somebody, while the context lasts. It is ready when it has shown something
    that `speak` said."""

    def __init__(self, connection, user, speak):
        self._host = connection.host
        scope = ["--user"] if connection.is_users else []
        self._process = self._host.popen(
            "ircctl", *scope, "follow", str(connection.id), user=user, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._lines = []
        threading.Thread(target=self._read, daemon=True).start()
        self._wait_until_ready(speak)

    def _wait_until_ready(self, speak):
        words = (f"is anybody there? {number}" for number in itertools.count())

        def is_answered():
            speak(next(words))
            return "is anybody there?" in self.out()

        wait_for("what ircctl follow shows", is_answered, interval=0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._host.end(self._process)

    def _read(self):
        self._lines.extend(iter(self._process.stdout.readline, ""))

    def out(self):
        return "".join(list(self._lines))

    def wait_for(self, text):
        wait_for(f"{text!r} in what ircctl follow shows", lambda: text in self.out())
