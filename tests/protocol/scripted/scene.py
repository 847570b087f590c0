# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The program and the server that it talks to, with what it stores."""

import contextlib
import subprocess

from dialogue import Listener
from standalone import IS_SANITIZED, PATIENCE, Standalone

EXIT_STATUSES = (0, 65, 69, 74, 75, 77)  # those that the program states, and no bug


class Scene(Standalone):
    """`with Scene(key=value…) as scene:` starts the program with these keys, to talk to
    `scene.listener`. Unless the keys say otherwise it is "me", and leaves when its link ends."""

    DEFAULTS = {**Standalone.DEFAULTS, "nickname": "me", "username": "user",
                "realname": "Real Name", "reconnect": False}

    def __init__(self, **keys):
        self.listener = Listener()
        self._links = []
        self._asked = []
        super().__init__(**{"port": self.listener.port, "trace": False, **keys})

    def __exit__(self, kind, *_):
        if kind is not None:
            print("\n".join(f"# {line}" for line in self.describe().splitlines()))
        self.close()
        if kind is None:
            self.check_for_bugs()
            if self.process.returncode not in EXIT_STATUSES:
                raise AssertionError(f"it ended with status {self.process.returncode}: "
                                     f"{self.describe()}")

    def close(self):
        """The server goes first: then the program has nobody to wait for."""
        self.listener.close()
        for link in self._links:
            link.sock.close()
        if self._links and not self.keys["reconnect"]:
            self.has_ended(PATIENCE)
        self.end()

    def accept(self):
        self._links.append(self.listener.accept())
        return self._links[-1]

    @property
    def pid(self):
        return self.process.pid

    def has_ended(self, within):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(within)
        return self.process.poll() is not None

    def ending(self):
        """When it has ended by itself: exit status, and the code of the error that is stored."""
        return self.wait(), self.query("SELECT last_error_code FROM servers")[0][0]

    def check_memory(self, bound, before=0):
        """The most that it ever had is not so many bytes more than what it had before. Sanitizers
        keep what is freed: of theirs nothing can be said."""
        grown = self.peak_memory() - before
        if not IS_SANITIZED and grown >= bound:
            raise AssertionError(f"it grew by {grown} bytes, {bound} are the bound")

    def peak_memory(self):
        return self.memory("VmHWM") * 1024

    # Commands whose answers depend on what the server says next

    def submit(self, command, **keys):
        self._asked.append(self.send(command, **keys))

    def next_answer(self, timeout=PATIENCE):
        """To the command that was submitted first of those that were not asked about yet."""
        return self.answer(self._asked.pop(0), timeout)

    def told(self, name):
        """The events of this name so far: what was committed before has been told then."""
        self.ask("status")
        return [event for event in list(self.events) if event["event"] == name]

    # The database

    def rows(self, fields="message_type, sender, target, content", where="1"):
        return self.query(f"SELECT {fields} FROM messages WHERE {where} ORDER BY id")

    def members(self, channel):
        """Who is there, with the prefixes."""
        return self.query(
            "SELECT nickname, prefixes FROM channel_users JOIN channels ON channels.id = channel_id "
            "WHERE name = ? ORDER BY nickname", channel)

    def check_state(self, *states):
        """It is, or becomes, one of these."""
        self.wait_until(f"state {' or '.join(states)}",
                        lambda: self.query("SELECT status FROM servers")[0][0] in states)

    def live_nickname(self):
        return self.query("SELECT live_nickname FROM servers")[0][0]

    def is_blocked_for_good(self):
        return self.query("SELECT is_permanent FROM blocklist WHERE channel IS NULL") == [(1,)]
