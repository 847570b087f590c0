# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""`irc-conn --standalone`: one connection in the foreground, its file, its database and its life."""

import pathlib
import re
import signal
import socket
import stat
import subprocess
import tempfile
import unittest

from host import wait_for
from irc_client import IrcClient
from irc_server import IrcServer
from standalone import IS_SANITIZED, PATIENCE, PROGRAM, Standalone, listen

COMPLETION = pathlib.Path(__file__).resolve().parents[2] / "data/bash-completion/irc-conn"
NGIRCD = """[Global]
        Name = irc.test
        Info = Test server
        Network = TestNet
        Listen = 127.0.0.1
        Ports = {port}
[Limits]
        MaxConnectionsIP = 0
        MaxNickLength = 30
[Options]
        DNS = no
        Ident = no
        PAM = no
"""


def free_port():
    with listen() as free:
        return free.getsockname()[1]


def scripted():
    return IrcServer(None, listen=listen)


class Folder(unittest.TestCase):
    """Each case has a folder that outlives its programs."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))


class RealServer(Folder):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        config = self.folder / "ngircd.conf"
        config.write_text(NGIRCD.format(port=self.port))
        config.chmod(0o644)
        self.folder.chmod(0o755)
        process = subprocess.Popen(["/usr/sbin/ngircd", "--nodaemon", "--config", config],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

    def connect(self):
        def attempt():
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=10)
            except ConnectionRefusedError:
                return None

        return wait_for("ngircd", attempt)

    def test_a_conversation(self):
        bob = IrcClient(self.connect(), "bob")
        bob.join("#ruby")
        with Standalone(port=self.port, channels=["#ruby", "#lisp"]) as client:
            client.wait_for_event("ready", nickname="ada")
            client.wait_for_event("joined", channel="#ruby")
            self.assertTrue(client.ask("privmsg", target="#ruby", message="Hello")["ok"])
            bob.wait_for(r"^:ada!\S+ PRIVMSG #ruby :Hello$")
            bob.say("#ruby", "Hello, ada")
            event = client.wait_for_event("message_received", sender="bob", message_type="privmsg")
            self.assertEqual((event["target"], event["content"], event["is_self"]),
                             ("#ruby", "Hello, ada", False))
            self.assertEqual(
                client.query("SELECT id FROM messages WHERE content = 'Hello, ada'"),
                [(event["id"],)])
            self.assertEqual(client.ask("status")["network"], "TestNet")
            self.assertEqual(client.stop(), 0)
            bob.wait_for(r"^:ada!\S+ QUIT")
            self.assertEqual(client.query("SELECT connected_at, process_pid FROM servers"),
                             [(None, None)])
            self.assertEqual(client.other_lines, [])
        bob.quit()


class File(Folder):
    """What stands in the file, and what is wrong in it."""

    BAD = (  # lines of the file, words that must be said
        ("nickname=ada", r"address is not set"),
        ("address=127.0.0.1\nport=many", r":3: port: .*number"),
        ("address=127.0.0.1\ncolour=red", r":3: .*no key \"colour\""),
        ("address=127.0.0.1\nreconnect=perhaps", r":3: reconnect: .*true nor false"),
        ("address=127.0.0.1\nnickname=a\nnickname=b", r":4: nickname: .*:3"),
        ("address=127.0.0.1\npassword=s3cret\npassword_file=/dev/null", r":4: password_file: "),
        ("address=127.0.0.1\npassword_file=/nowhere/at/all", r":3: password_file: .*No such file"),
        ("address=127.0.0.1\npassword_file=/dev/null", r":3: password_file: .*empty"),
        ("address=127.0.0.1\npassword_file=/dev/zero", r":3: password_file: .*too large"),
        ("address=127.0.0.1\npassword s3cret", r":3: .*no setting"),
        ("address=127.0.0.1\n[other]\nport=1", r":3: .*\[other\]"),
        ("address=127.0.0.1\nrealname=\xff", r":3: .*UTF-8"),
    )

    def run_with(self, data):
        file = self.folder / "bad.conf"
        file.write_bytes(data)
        return subprocess.run(
            [PROGRAM, "--standalone", "--config", file, "--state-dir", self.folder / "state"],
            capture_output=True, timeout=PATIENCE, check=False)

    def test_each_mistake_is_told_with_file_line_and_key(self):
        for lines, words in self.BAD:
            with self.subTest(lines):
                result = self.run_with(f"[connection]\n{lines}\n".encode("latin-1"))
                said = result.stderr.decode()
                self.assertEqual(result.returncode, 65, said)
                self.assertRegex(said, r"bad\.conf.*" + words)
                self.assertNotIn("s3cret", said)
                self.assertFalse((self.folder / "state" / "irc.db").exists())

    def test_all_mistakes_are_told_at_once(self):
        result = self.run_with(b"port=1\n[connection]\nport=a\nfoo=b\n")
        self.assertEqual(len(result.stderr.splitlines()), 3, result.stderr)

    def test_no_file(self):
        result = subprocess.run(
            [PROGRAM, "--standalone", "--config", self.folder / "none", "--state-dir", self.folder],
            capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual(result.returncode, 65)
        self.assertRegex(result.stderr, b"none: .*No such file")

    def test_command_lines_that_make_no_sense(self):
        for options in (["--standalone"], ["--standalone", "--config=x"],
                        ["--standalone", "--config=x", "--state-dir=y", "1"],
                        ["--standalone", "--config=x", "--state-dir=y", "--events=/tmp/x"],
                        ["--standalone", "--config=x", "--state-dir=y", "--control=1"]):
            with self.subTest(options):
                result = subprocess.run([PROGRAM, *options], capture_output=True, check=False,
                                        timeout=PATIENCE)
                self.assertEqual(result.returncode, 64)
                self.assertTrue(result.stderr)

    def test_help_names_every_key(self):
        said = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True,
                              timeout=PATIENCE).stdout
        for key in ("address", "tls_pin", "ping_timeout", "reconnect", "password", "sasl_password",
                    "nickserv_password", "proxy_password"):
            self.assertRegex(said, rf"(?m)^  {key} ")

    def complete(self, *words):
        """What bash offers for the last of the words."""
        script = 'source "$1" && shift && COMP_WORDS=("$@") && COMP_CWORD=$(($# - 1)) && ' \
                 '_irc_conn; printf "%s\\n" "${COMPREPLY[@]}"'
        return subprocess.run(
            ["bash", "-c", script, "bash", COMPLETION, "irc-conn", *words], capture_output=True,
            text=True, check=True, timeout=PATIENCE, cwd=self.folder).stdout.split()

    def test_completion_knows_every_option(self):
        said = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True,
                              timeout=PATIENCE).stdout
        options = set(re.findall(r"(?m)^(?:  -\w,|     ) (--[a-z-]+)", said))
        self.assertGreater(len(options), 10)
        self.assertEqual({option.rstrip("=-") for option in self.complete("--")}, options)
        self.assertEqual(self.complete("--sta"), ["--standalone", "--state-dir="])
        (self.folder / "one.conf").touch()
        self.assertEqual(self.complete("--config", "=", "on"), ["one.conf"])
        self.assertEqual(self.complete("--config", "="), ["one.conf"])

    def test_a_changed_file_changes_the_row_and_keeps_history(self):
        with scripted() as server:
            with Standalone(self.folder, port=server.port, channels=["#ruby", "#c"],
                            realname="Ada L", ping_interval=50) as client:
                client.wait_for_event("joined", channel="#c")
                server.peer(1).send(":keeper!u@h PRIVMSG #ruby :remember me")
                client.wait_for_event("message_received", content="remember me")
                self.assertEqual(client.stop(), 0)
            with Standalone(self.folder, port=server.port, channels=["#c"],
                            nickname="bob") as client:
                client.wait_for_event("ready", nickname="bob")
                self.assertEqual(
                    client.query("SELECT id, nickname, realname, ping_interval FROM servers"),
                    [(1, "bob", None, 90)])
                self.assertEqual(client.query("SELECT name FROM channels WHERE autojoin"),
                                 [("#c",)])
                self.assertEqual(
                    client.query("SELECT count(*) FROM messages WHERE content = 'remember me'"),
                    [(1,)])
                self.assertEqual(client.stop(), 0)


class StateFolder(Folder):
    def test_is_for_its_owner_alone(self):
        with scripted() as server, Standalone(self.folder, port=server.port) as client:
            client.wait_for_event("ready")
            self.assertEqual(stat.S_IMODE(client.state_dir.stat().st_mode), 0o700)
            for file in client.state_dir.iterdir():
                self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600, file)

    def test_is_for_one_process(self):
        with scripted() as server, Standalone(self.folder, port=server.port) as client:
            client.wait_for_event("ready")
            result = subprocess.run(
                [PROGRAM, "--standalone", "--config", client.config_file,
                 "--state-dir", client.state_dir], capture_output=True, timeout=PATIENCE,
                check=False)
            self.assertEqual(result.returncode, 74)
            self.assertIn(b"another irc-conn uses", result.stderr)
            self.assertEqual(len(server.peers), 1)

            client.signal(signal.SIGKILL)
            client.wait()
            client.start()
            client.wait_for_event("ready")
            self.assertEqual(client.stop(), 0)

    def test_that_cannot_be_made(self):
        (self.folder / "state").write_text("a file")
        with scripted() as server, Standalone(self.folder, port=server.port) as client:
            self.assertEqual(client.wait(), 74)
            self.assertIn("state", client.stderr)


class Manager(unittest.TestCase):
    def test_systemd_is_not_spoken_to(self):
        """What a service manager may have left in the environment is not for us."""
        with tempfile.TemporaryDirectory() as folder, scripted() as server, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(folder + "/notify")
            notify.setblocking(False)
            env = {"NOTIFY_SOCKET": folder + "/notify", "WATCHDOG_USEC": "100000",
                   "CREDENTIALS_DIRECTORY": folder, "JOURNAL_STREAM": "1:1",
                   "IRC_CONN_CONFIG_DIR": folder, "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere"}
            pathlib.Path(folder, "server-password").write_text("not for us")
            pathlib.Path(folder, "irc-conn.conf").write_text("[Nonsense]\n")
            # The shell's number stays the program's.
            wrapper = ["/bin/sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh"]
            with Standalone(port=server.port, env=env, wrapper=wrapper) as client:
                client.wait_for_event("ready")
                self.assertEqual(client.stop(), 0)
                self.assertNotIn("Nonsense", client.stderr)
                self.assertRegex(client.stderr, r"irc-conn\[1\]: Connected to")
            self.assertFalse([line for line in server.peers[0].seen if line.startswith("PASS")])
            with self.assertRaises(BlockingIOError):
                notify.recv(100)


class Ends(unittest.TestCase):
    """(what the server says instead of a welcome, exit status, attempts that count)"""

    REFUSALS = (
        (":scripted.test 464 ada :Password incorrect", 77, 1),
        (":scripted.test 465 ada :You are banned", 77, 1),
        ("ERROR :Closing link: (u@h) [K-lined: go away]", 77, 1),
        ("ERROR :Trying to reconnect too fast, throttled", 75, 0),
        ("ERROR :Server shutting down", 69, 0),
        ("", 69, 1),
    )

    def test_refusals_without_reconnect(self):
        for refusal, status, attempts in self.REFUSALS:
            with self.subTest(refusal), scripted() as server:
                server.refusal = refusal
                with Standalone(port=server.port, reconnect=False) as client:
                    self.assertEqual(client.wait(), status)
                    client.wait_for_event("connection_failed", attempt=attempts)
                    self.assertEqual(len(server.peers), 1)

    def test_what_is_final_ends_it_with_reconnect_too(self):
        with scripted() as server:
            server.refusal = ":scripted.test 465 ada :You are banned"
            with Standalone(port=server.port, reconnect_delay_ms=10) as client:
                number = client.send("privmsg", target="bob", message="hello")
                self.assertEqual(client.wait(), 77)
                answer = client.answer(number)
                self.assertEqual((answer["ok"], answer["error"]), (False, "not-connected"))
                self.assertEqual(client.query("SELECT is_permanent FROM blocklist"), [(1,)])
            self.assertEqual(len(server.peers), 1)

    def test_a_new_start_lifts_the_block(self):
        with tempfile.TemporaryDirectory() as folder, scripted() as server:
            server.refusal = ":scripted.test 464 ada :Password incorrect"
            with Standalone(folder, port=server.port, password="wrong") as client:
                self.assertEqual(client.wait(), 77)
            server.refusal = None
            with Standalone(folder, port=server.port, password="right") as client:
                client.wait_for_event("ready")
                self.assertEqual(client.query("SELECT count(*) FROM blocklist"), [(0,)])

    def test_nobody_there(self):
        with Standalone(port=free_port(), reconnect=False) as client:
            self.assertEqual(client.wait(), 69)
            self.assertIn("Connection refused", client.stderr)

    def test_no_tls(self):
        with listen() as server, Standalone(port=server.getsockname()[1], tls=True,
                                            reconnect=False) as client:
            server.settimeout(PATIENCE)
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"NOTICE * :Looking up your hostname\r\n")
                self.assertEqual(client.wait(), 69)
            self.assertIn("Looking up your hostname", client.stderr)

    def test_no_welcome(self):
        with scripted() as server:
            server.is_silent = True
            with Standalone(port=server.port, reconnect=False, register_timeout=1) as client:
                self.assertEqual(client.wait(), 69)
                self.assertIn("No welcome within 1 second", client.stderr)

    def test_lost_link(self):
        with scripted() as server, Standalone(port=server.port, reconnect=False) as client:
            client.wait_for_event("ready")
            server.peer().close()
            client.wait_for_event("disconnected")
            self.assertEqual(client.wait(), 69)

    def test_quit(self):
        with scripted() as server, Standalone(port=server.port) as client:
            client.wait_for_event("ready")
            self.assertTrue(client.ask("quit", message="so long")["ok"])
            self.assertEqual(client.wait(), 0)
            server.peer().wait_for("^QUIT :so long$")

    def test_quit_while_waiting(self):
        with Standalone(port=free_port(), reconnect_delay_ms=600_000) as client:
            client.wait_for_state("waiting")
            self.assertTrue(client.ask("quit")["ok"])
            self.assertEqual(client.wait(), 0)


class ShortServer(IrcServer):
    """Welcomes and closes at once."""

    def _welcome(self, peer):
        super()._welcome(peer)
        peer.close()


class Reconnecting(unittest.TestCase):
    FIRST, MOST = 0.2, 0.8
    # Nothing blocks a connection in the foreground for having failed often.
    ATTEMPTS = 7

    def test_waits_grow(self):
        with ShortServer(None, listen=listen) as server, \
                Standalone(port=server.port, reconnect_delay_ms=int(self.FIRST * 1000),
                           reconnect_max_ms=int(self.MOST * 1000)) as client:
            wait_for("attempts", lambda: len(server.peers) >= self.ATTEMPTS, PATIENCE)
            self.assertIsNone(client.process.poll())
            came = [peer.came_at for peer in server.peers[:self.ATTEMPTS]]
        waits = [later - earlier for earlier, later in zip(came, came[1:])]
        expected = [min(self.FIRST * 2 ** number, self.MOST) for number in range(len(waits))]
        slack = 5 if IS_SANITIZED else 1.5
        for wait, least in zip(waits, expected):
            # Up to a fifth less or more, so that many do not come at once.
            self.assertGreater(wait, least * 0.79, waits)
            self.assertLess(wait, least * 1.21 + slack, waits)

    def test_goes_on_after_a_lost_link(self):
        with scripted() as server, \
                Standalone(port=server.port, channels=["#ruby"], reconnect_delay_ms=500) as client:
            client.wait_for_event("joined", channel="#ruby")
            server.peer(1).close()
            client.wait_for_event("disconnected")
            client.wait_for_state("waiting")
            number = client.send("privmsg", target="#ruby", message="while it was down")
            client.wait_for_event("ready")
            client.wait_for_event("joined", channel="#ruby")
            self.assertTrue(client.answer(number)["ok"])
            server.peer(2).wait_for("^PRIVMSG #ruby :while it was down$")
            self.assertEqual(client.stop(), 0)

    def test_restart_connection(self):
        """Also where nothing else would make it connect again."""
        with scripted() as server, Standalone(port=server.port, reconnect=False) as client:
            client.wait_for_event("ready")
            self.assertTrue(client.ask("restart_connection")["ok"])
            client.wait_for_event("ready")
            server.peer(1).wait_for("^QUIT")
            self.assertEqual(client.query("SELECT failed_attempts FROM servers"), [(0,)])
            server.peer(2).close()
            self.assertEqual(client.wait(), 69)

    def test_server_that_comes_later(self):
        port = free_port()
        with Standalone(port=port, reconnect_delay_ms=100, reconnect_max_ms=200) as client:
            client.wait_for_event("connection_failed", attempt=2)
            with IrcServer(None, listen=lambda: socket.create_server(("127.0.0.1", port))):
                client.wait_for_event("ready")
                self.assertEqual(client.stop(), 0)
