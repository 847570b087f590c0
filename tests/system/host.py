# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""A disposable systemd host with irc-conn installed, beside the machine and without changing it.

It shows the machine's own root file system through an overlay whose upper layer is a tmpfs, runs a
systemd of its own in namespaces, and has a network of its own with nothing but a loopback. Several
run side by side. Needs root, systemd-nspawn and a cgroup2 tree, in a hybrid layout too.
"""

import atexit
import ctypes
import itertools
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
BUILD = "IRC_CONN_BUILD"  # in the environment: the meson folder to test
BOOT_TIMEOUT = 60
REPORT_LENGTH = 40
BUG_REPORT = re.compile(r"(Address|Leak)Sanitizer|runtime error:|-CRITICAL \*\*|status=70")
CLONE_FS = 0x200


class HostError(Exception):
    """The host could not do what was asked of it; says what and what it printed."""


class Result:
    """What a command left behind."""

    def __init__(self, argv, status, out):
        self.argv, self.status, self.out = argv, status, out

    def __repr__(self):
        return f"{' '.join(self.argv)} -> {self.status}\n{self.out}"


class User:
    """Somebody in the host, with a manager and a session bus of his own once that is started."""

    def __init__(self, name, uid):
        self.name, self.uid = name, uid
        self.home = f"/home/{name}"
        self.runtime = f"/run/user/{uid}"


ALICE = User("alice", 6001)
BOB = User("bob", 6002)


def wait_for(what, condition, timeout=10.0, interval=0.01):
    """Asks `condition` until it answers something true, which is given back."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise HostError(f"{what}: not within {timeout} s")
        time.sleep(interval)


class Host:
    """`with Host() as host:` boots one, and tears it down whatever happens."""

    def __init__(self, build=None, units=(), files=None):
        """`build` is the meson folder whose files are installed, by default the one that runs the
        tests; `units` are started with the host; `files` maps paths in the host to their text."""
        self.build = build or os.environ[BUILD]
        self.is_sanitized = build_option(self.build, "b_sanitize") != "none"
        self.units = units
        self.files = files or {}
        self.leader = None
        self._process = None
        self._cgroup = None
        self._folder = None
        self._numbers = itertools.count(1)

    # Life cycle

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self._check_journal()
        finally:
            self.stop()

    def start(self):
        # Its name is the machine's, too: no other letters than these.
        folder = pathlib.Path(tempfile.gettempdir(), f"irc-conn-host-{secrets.token_hex(6)}")
        folder.mkdir(mode=0o700)
        self._folder = folder
        self._cgroup = make_cgroup(self._folder.name)
        atexit.register(self.stop)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))

        extra = self._folder / "files"
        extra.mkdir()
        for path, text in {**self._drop_ins(), **self.files}.items():
            place = extra / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)

        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(self._folder / "notify"))
            self._process = self._spawn()
            self._wait_until_booted(notify)
        if self.units:
            self.check("systemctl", "start", *self.units)

    def _drop_ins(self):
        """What a build with sanitizers needs beyond its sandbox; nothing else does."""
        if not self.is_sanitized:
            return {}
        # The leak check traces its own process; shadow memory is large.
        text = ("[Service]\nSystemCallFilter=@debug\nMemoryHigh=infinity\nMemoryMax=infinity\n"
                "TasksMax=infinity\n"
                "Environment=UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1\n")
        return {f"/etc/systemd/{manager}/{unit}.d/sanitizers.conf": text
                for manager in ("system", "user")
                for unit in ("irc-conn@.service", "irc-controller.service")}

    def _spawn(self):
        """From here on the process is unshare, then boot.py, then systemd-nspawn: one pid, which
        goes down when we do."""
        environment = {
            **os.environ,
            "NOTIFY_SOCKET": str(self._folder / "notify"),
            "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
        }
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "unshare", "--mount", "--propagation", "private",
             sys.executable, HERE / "boot.py", self._folder, self.build],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=(self._folder / "console").open("wb"),
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: (self._cgroup / "cgroup.procs").write_text("0"),
        )

    def _wait_until_booted(self, notify):
        notify.settimeout(0.2)
        deadline = time.monotonic() + BOOT_TIMEOUT
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                lines = notify.recv(4096).decode().splitlines()
            except TimeoutError:
                continue
            for line in lines:
                if line.startswith("X_NSPAWN_LEADER_PID="):
                    self.leader = int(line.split("=")[1])
            if "READY=1" in lines:
                return
        console = (self._folder / "console").read_text(errors="replace")
        raise HostError(f"the host did not boot:\n{console}")

    def stop(self):
        if self._folder is None:
            return
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                pass
        remove_cgroup(self._cgroup)
        if self._process is not None:
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None
        atexit.unregister(self.stop)

    def _check_journal(self):
        """Nothing of ours may have reported a bug, not even at its end."""
        stop = ["systemctl", "stop", "irc-conn.target", "irc-health.timer", "irc-controller.service"]
        subprocess.run(self.enter(*stop), check=False, capture_output=True)
        lines = self.journal("--output=cat", "-t", "irc-conn", "-t", "irc-controller").splitlines()
        lines += self.journal("-t", "systemd", "--grep=status=70").splitlines()
        found = [number for number, line in enumerate(lines) if BUG_REPORT.search(line)]
        if found:
            raise HostError(f"{len(found)} lines of the journal report bugs, the first of them:\n" +
                            "\n".join(lines[found[0]:found[0] + REPORT_LENGTH]))

    # Commands

    def popen(self, *argv, user=None, env=None, **options):
        """Starts a command as a unit of the host; its streams are those of the answered process."""
        settings = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        unit = f"test-{next(self._numbers)}.service"
        run = ["systemd-run", "--wait", "--pipe", "--quiet", "--collect", "--service-type=exec",
               f"--unit={unit}"]
        if user is not None:
            settings.update(HOME=user.home, XDG_RUNTIME_DIR=user.runtime,
                            DBUS_SESSION_BUS_ADDRESS=f"unix:path={user.runtime}/bus")
            run += [f"--uid={user.uid}", f"--gid={user.uid}", "--working-directory=/"]
        settings.update(env or {})
        run += [f"--setenv={name}={value}" for name, value in settings.items()]
        options.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(self.enter(*run, "--", *map(str, argv)), **options)
        process.unit = unit
        return process

    def end(self, process):
        """Ends a command that popen() started; answers what it still printed."""
        if process.poll() is None:
            subprocess.run(self.enter("systemctl", "stop", process.unit), check=False,
                           capture_output=True)
        return process.communicate(timeout=20)

    def enter(self, *argv):
        """The command line that runs `argv` in the host's namespaces."""
        return ["nsenter", "-t", str(self.leader), "-a", "--", *argv]

    def run(self, *argv, user=None, env=None, input=None, timeout=60):
        """Runs a command in the host and answers its status and what it printed."""
        process = self.popen(
            *argv, user=user, env=env, text=True, errors="replace",
            stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            out, _ = process.communicate(input, timeout)
        except subprocess.TimeoutExpired:
            out, _ = self.end(process)
            raise HostError(f"{' '.join(map(str, argv))}: not within {timeout} s; printed:\n{out}")
        return Result([str(word) for word in argv], process.returncode, out)

    def check(self, *argv, **options):
        """As run(), for what must succeed; answers what it printed."""
        result = self.run(*argv, **options)
        if result.status != 0:
            raise HostError(f"{result!r}\n{self.journal('-n', '12')}")
        return result.out

    def show(self, unit, name, user=None):
        """A property of a unit, as systemctl shows it."""
        scope = ["--user"] if user else []
        return self.check(
            "systemctl", *scope, "show", "--value", f"--property={name}", unit, user=user).strip()

    def journal(self, *options):
        run = ["journalctl", "--no-pager", "--quiet", "--output=short-precise", *options]
        return subprocess.run(self.enter(*run), capture_output=True, text=True,
                              errors="replace", check=False).stdout

    def start_user(self, user):
        """Starts the user's manager, as lingering does."""
        self.check("systemctl", "start", f"user@{user.uid}.service")

    # Files, databases and sockets

    def path(self, path):
        """A path of the host, as seen from here."""
        return pathlib.Path(f"/proc/{self.leader}/root{path}")

    def query(self, folder, sql, *values):
        """Reads from the irc.db of a folder of the host."""
        def read():
            database = sqlite3.connect(f"file:{folder}/irc.db?mode=ro", uri=True, timeout=5)
            try:
                return database.execute(sql, values).fetchall()
            finally:
                database.close()

        # SQLite resolves links itself: path() would lead it out of the host.
        return self._inside("mnt", read)

    def _inside(self, namespace, function):
        """Calls `function` on a thread that is in that namespace of the host; files and sockets
        that it opens stay there."""
        answer = []

        def body():
            try:
                enter_namespace(self.leader, namespace)
                answer.append((function(), None))
            except BaseException as error:  # handed to the caller below
                answer.append((None, error))

        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
        value, error = answer[0]
        if error is not None:
            raise error
        return value

    def connect(self, port, address="127.0.0.1"):
        """A connection to a server of the host, which may be just starting."""
        def attempt():
            try:
                return socket.create_connection((address, port), timeout=10)
            except ConnectionRefusedError:
                return None

        return self._inside("net", lambda: wait_for(f"a server on port {port}", attempt))

    def listen(self, port=0, address="127.0.0.1"):
        return self._inside("net", lambda: socket.create_server((address, port)))


def build_option(build, name):
    """The value of a meson option in a build folder."""
    options = json.loads(pathlib.Path(build, "meson-info/intro-buildoptions.json").read_text())
    return next(option["value"] for option in options if option["name"] == name)


def enter_namespace(pid, name):
    """For the calling thread alone."""
    libc = ctypes.CDLL(None, use_errno=True)
    if name == "mnt" and libc.unshare(CLONE_FS) != 0:  # root and cwd of its own
        raise OSError(ctypes.get_errno(), "unshare")
    with open(f"/proc/{pid}/ns/{name}", "rb") as namespace:
        if libc.setns(namespace.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def make_cgroup(name):
    """Below our own in the cgroup2 tree, wherever that is mounted."""
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        tree = next((words[1] for words in map(str.split, mounts) if words[2] == "cgroup2"), None)
    if tree is None:
        raise HostError("no cgroup2 tree is mounted: mount one (the hybrid layout will do)")
    with open("/proc/self/cgroup", encoding="utf-8") as own:
        below = next(line[3:].strip() for line in own if line.startswith("0::"))
    cgroup = pathlib.Path(tree + below.rstrip("/")) / name
    cgroup.mkdir()
    return cgroup


def remove_cgroup(cgroup):
    """Ends what still runs in it first: a container outlives the nspawn that was killed."""
    if cgroup is None or not cgroup.exists():
        return
    if "populated 1" in (cgroup / "cgroup.events").read_text():
        (cgroup / "cgroup.kill").write_text("1")
        wait_for("an empty cgroup",
                 lambda: "populated 0" in (cgroup / "cgroup.events").read_text())
    for folder, _, _ in os.walk(cgroup, topdown=False):
        os.rmdir(folder)
