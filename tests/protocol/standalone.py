# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The program in the foreground, as a child of the test: `irc-conn --standalone`."""

import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import socket
import subprocess
import tempfile
import threading

from host import BUG_REPORT, BUILD, build_option, wait_for

PROGRAM = pathlib.Path(os.environ[BUILD], "src/worker/irc-conn")
IS_SANITIZED = build_option(os.environ[BUILD], "b_sanitize") != "none"
# Longer than anything that is waited for takes on a busy machine.
PATIENCE = 60.0 if IS_SANITIZED else 20.0
SHOWN_LINES = 30


def listen():
    """A socket for IrcServer."""
    return socket.create_server(("127.0.0.1", 0))


class StandaloneError(AssertionError):
    """What was waited for did not come; says what the program had said until then."""


class Standalone:
    """`with Standalone(address="127.0.0.1", port=port) as client:` starts one and ends it whatever
    happens. The keyword arguments are keys of the file; None leaves one out.

    `folder` is where its file and its database are kept for another start; by default they go.
    `events`, `control`, `trace`: whether it is given those options. `reads`: whether its standard
    output is read (False: nobody does, the pipe fills). `wrapper` is a command line that runs the
    program, and becomes it."""

    DEFAULTS = {"address": "127.0.0.1", "nickname": "ada", "tls": "false"}

    def __init__(self, folder=None, events=True, control=True, trace=True, reads=True, env=None,
                 wrapper=(), **keys):
        self.wrapper = wrapper
        self.keys = {name: value for name, value in {**self.DEFAULTS, **keys}.items()
                     if value is not None}
        self.is_temporary = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="irc-conn-standalone-"))
        self.config_file = self.folder / "connection.conf"
        self.state_dir = self.folder / "state"
        self.env = {**os.environ, **(env or {})}
        self.reads = reads
        self.options = [*(["--control=-"] if control else []), *(["--events=-"] if events else []),
                        *(["--trace"] if trace else [])]
        self.process = None
        self.events = []  # all that were told, in their order
        self.answers = []
        self.other_lines = []  # of standard output; there should be none
        self._log = None
        self._last_words = ""  # of standard error, when its file has gone
        self._reader = None
        self._ids = itertools.count(1)
        self._next_event = 0

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, kind, *_):
        self.end()
        if kind is None:
            self.check_for_bugs()

    # Life cycle

    def write_config(self):
        lines = ["[connection]", *(f"{name}={text(value)}" for name, value in self.keys.items())]
        self.config_file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.config_file.chmod(0o600)

    def start(self):
        """Also again, after an end, with the same folder."""
        self.folder.mkdir(exist_ok=True)
        self.write_config()
        self.events, self.answers, self._next_event = [], [], 0
        self._log = (self.folder / "stderr").open("ab")
        self.process = subprocess.Popen(
            [*self.wrapper, PROGRAM, "--standalone", "--config", self.config_file, "--state-dir", self.state_dir,
             *self.options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, env=self.env)
        if self.reads:
            self.read()

    def read(self):
        """Begins to read standard output."""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            try:
                value = json.loads(line)
            except ValueError:
                self.other_lines.append(line)
                continue
            (self.answers if "ok" in value else self.events).append(value)

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, timeout=PATIENCE):
        """The exit status, once it has ended by itself; all output was read then."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise StandaloneError(f"still running after {timeout} s{self.describe()}") from None
        if self._reader is not None:
            self._reader.join(PATIENCE)
        return status

    def stop(self, timeout=PATIENCE):
        """Ends it by TERM; answers the exit status."""
        self.signal()
        return self.wait(timeout)

    def end(self):
        """Whatever state it is in; nothing of it is left."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.terminate()
                try:
                    self.process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
            if self._reader is not None:
                self._reader.join(PATIENCE)
            for stream in (self.process.stdin, self.process.stdout):
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
            self._log.close()
            self._last_words = self.stderr
        if self.is_temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def check_for_bugs(self):
        """No sanitizer and no assertion of a library said anything."""
        lines = self.stderr.splitlines()
        found = [number for number, line in enumerate(lines) if BUG_REPORT.search(line)]
        if found:
            raise StandaloneError("a bug was reported:\n" +
                                  "\n".join(lines[found[0]:found[0] + SHOWN_LINES]))

    # What it says

    @property
    def stderr(self):
        try:
            return (self.folder / "stderr").read_text(errors="replace")
        except FileNotFoundError:
            return self._last_words

    @property
    def trace(self):
        """Lines of IRC, "> …" that were sent and "< …" that were received."""
        return [match[1] for line in self.stderr.splitlines()
                if (match := re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z ([<>] .*)", line))]

    def describe(self):
        lines = self.stderr.splitlines()[-SHOWN_LINES:]
        return "; its last words:\n" + "\n".join(lines) + f"\nits last events: {self.events[-5:]}"

    def wait_until(self, what, condition, timeout=PATIENCE):
        """Asks `condition` until it answers something true, which is given back."""
        try:
            return wait_for(what, condition, timeout)
        except Exception as error:
            raise StandaloneError(f"{error}{self.describe()}") from None

    def wait_for_event(self, name, timeout=PATIENCE, **fields):
        """The first event not looked at yet of this name and with these values. Those before it
        count as looked at."""
        def look():
            while self._next_event < len(self.events):
                event = self.events[self._next_event]
                self._next_event += 1
                if event["event"] == name and all(
                        event.get(key) == value for key, value in fields.items()):
                    return event
            return None

        return self.wait_until(f"event {name} {fields or ''}", look, timeout)

    def wait_for_state(self, state, timeout=PATIENCE):
        return self.wait_for_event("state_changed", timeout, state=state)

    def wait_for_stderr(self, pattern, timeout=PATIENCE):
        return self.wait_until(f"{pattern} on standard error",
                               lambda: re.search(pattern, self.stderr), timeout)

    # What it is asked

    def send_line(self, line):
        self.process.stdin.write(line if isinstance(line, bytes) else line.encode())
        self.process.stdin.flush()

    def send(self, command, **keys):
        """A command whose answer is not waited for; answers its id."""
        number = next(self._ids)
        self.send_line(json.dumps({"command": command, "id": number, **keys}) + "\n")
        return number

    def answer(self, number, timeout=PATIENCE):
        """The answer to the command of this id."""
        return self.wait_until(
            f"the answer to command {number}",
            lambda: next((answer for answer in list(self.answers)
                          if answer.get("id") == number), None), timeout)

    def ask(self, command, timeout=PATIENCE, **keys):
        """A command and its answer."""
        return self.answer(self.send(command, **keys), timeout)

    def close_input(self):
        self.process.stdin.close()

    # What it has stored

    def query(self, sql, *values):
        database = sqlite3.connect(f"file:{self.state_dir}/irc.db?mode=ro", uri=True, timeout=5)
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()

    def wait_for_rows(self, sql, *values, timeout=PATIENCE):
        """The rows, once there are any."""
        def look():
            try:
                return self.query(sql, *values)
            except sqlite3.OperationalError:  # not made yet
                return None

        return self.wait_until(f"rows of {sql} {values}", look, timeout)

    def memory(self, name="VmHWM"):
        """KiB, from /proc: VmHWM is the most that it ever had, VmRSS what it has."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in status.splitlines()
                    if line.startswith(name + ":"))


def text(value):
    """A key's value as the file has it: lists with ";", booleans as words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ";".join(map(str, value))
    return str(value)
