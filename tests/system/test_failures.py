# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Every class of failure, caused by a server: how long the next attempt waits, what is counted and
blocked, and what people read about it. Waits are looked up in the database, not waited for, or are
scaled by the configuration."""

import collections
import contextlib
import itertools
import json
import re
import time
import unittest

from connection import Connection
from far import FarNetwork, tcp_options
from host import ALICE, Host, wait_for
from irc_client import IrcClient
from irc_server import IrcServer

FAILED = "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d04"
DISCONNECTED = "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d03"
KICKED = "6e0a5e1e7a2c4c3d9d0f8a3f6b1c2d08"
PROCESS_EXIT = "98e322203f7a4ed290d09fe03c09fe15"  # systemd's
HOUR = 3600
JITTER = 0.2
RESTART_LIMIT = 5
UPLINK = "198.51.100.1"  # an address of the host's while it has a network

# The watchdog would replace processes that a test stops. Names are looked up in vain, but at once.
FILES = {
    "/etc/irc-conn/irc-conn.conf": "[Connections]\nDialInterval=0\n",
    "/etc/resolv.conf": "nameserver 127.0.0.1\n",
    "/etc/systemd/system/irc-conn@.service.d/watchdog.conf": "[Service]\nWatchdogSec=0\n",
}
UNITS = ["ngircd@ngircd.service", "ngircd@ngircd-bad.service", "ngircd@ngircd-strict.service",
         "inspircd.service"]

# Seconds, exit status, IRC_ERROR=, whether it is one more failure in a row.
Class = collections.namedtuple("Class", "wait status code is_counted")

UNREACHABLE = Class(5, 69, "unreachable", True)
UNRESOLVABLE = Class(5, 69, "unresolvable", True)
TLS = Class(60, 69, "tls", True)
THROTTLED = Class(120, 75, "throttled", False)
NICKNAME = Class(60, 75, "nickname", False)
REGISTRATION = Class(30, 69, "registration", True)
SHUTTING_DOWN = Class(30, 69, "shutting-down", False)
KILLED = Class(120, 69, "killed", True)
PING_TIMEOUT = Class(5, 69, "ping-timeout", True)
LINK_CLOSED = Class(5, 69, "link-closed", True)
BANNED = Class(None, 77, "banned", True)
CREDENTIALS = Class(None, 77, "credentials", True)


def setUpModule():
    global host
    host = unittest.enterModuleContext(Host(units=UNITS, files=FILES))


@contextlib.contextmanager
def settings(**values):
    """A drop-in of the configuration while the context lasts."""
    drop_in = host.path("/etc/irc-conn/irc-conn.conf.d/test.conf")
    drop_in.parent.mkdir(exist_ok=True)
    drop_in.write_text("[Connections]\n" +
                       "".join(f"{key}={value}\n" for key, value in values.items()))
    try:
        yield
    finally:
        drop_in.unlink()


class FailureCase(unittest.TestCase):
    def add(self, **keys):
        # Numbers are used again: what the journal says of an earlier connection is passed over.
        self.began = time.time()
        connection = Connection(host, ALICE, **{"address": "127.0.0.1", "nickname": "alice",
                                                "tls": False, **keys})
        self.addCleanup(connection.remove)
        return connection

    def begin(self, **keys):
        """A connection whose unit is started, without waiting for what comes of it."""
        connection = self.add(**keys)
        self.start(connection)
        return connection

    def start(self, connection):
        connection.systemctl("start", "--no-block", connection.unit)

    def row(self, connection, columns):
        row, = connection.query(f"SELECT {columns} FROM servers WHERE id = ?", connection.id)
        return row

    def blocks(self, connection):
        """(channel, reason, attempts, is_permanent, blocked_until) of each."""
        return connection.query("SELECT channel, reason, attempts, is_permanent, blocked_until"
                                " FROM blocklist WHERE server_id = ?", connection.id)

    def entries(self, *match):
        """Entries of the journal, as dictionaries."""
        out = host.journal("--output=json", f"--since=@{self.began:.6f}", *match)
        return [json.loads(line) for line in out.splitlines()]

    def entry(self, connection, message_id, **fields):
        """The first entry of that kind; it may be still on its way."""
        match = [f"IRC_SERVER={connection.id}", f"MESSAGE_ID={message_id}",
                 *(f"{name}={value}" for name, value in fields.items())]
        return wait_for(f"{match} in the journal of {connection.unit}",
                        lambda: next(iter(self.entries(*match)), None))

    def exit_statuses(self, connection):
        return [int(entry["EXIT_STATUS"]) for entry in self.entries(
            f"UNIT={connection.unit}", f"MESSAGE_ID={PROCESS_EXIT}")]

    def assert_failure(self, connection, failure, words, was_connected=False):
        """The first failure of a connection: told, stored, and waited out by the next process."""
        message_id = DISCONNECTED if was_connected else FAILED
        entry = self.entry(connection, message_id, IRC_ERROR=failure.code)
        self.assertRegex(entry["MESSAGE"], words)
        self.assertEqual(entry["_SYSTEMD_UNIT"], connection.unit)
        wait_for("the next process", lambda: "Waiting for the next attempt in" in
                 connection.show("StatusText"))
        self.assertEqual(connection.show("ActiveState"), "activating")
        self.assertEqual(connection.show("NRestarts"), "1")
        self.assertRegex(connection.show("StatusText"), words)
        self.assertEqual(self.exit_statuses(connection), [failure.status])

        status, attempts, code, error, next_at, wanted, connected_at = self.row(
            connection, "status, failed_attempts, last_error_code, last_error, next_attempt_at,"
            " wanted, connected_at")
        self.assertEqual((status, attempts, code), ("waiting", int(failure.is_counted),
                                                    failure.code))
        self.assertRegex(error, words)
        self.assertEqual((wanted, connected_at), (1, None))
        wait = (next_at - int(entry["__REALTIME_TIMESTAMP"])) / 1e6
        self.assertGreater(wait, failure.wait * (1 - JITTER) - 1)
        self.assertLess(wait, failure.wait * (1 + JITTER))
        self.assertEqual(self.blocks(connection), [])

        facts = connection.server_status()
        self.assertEqual(facts["state"], "waiting")
        self.assertEqual(facts["attempts"], int(failure.is_counted))
        self.assertRegex(facts["last_error"], words)
        connection.stop()
        self.assertEqual(self.row(connection, "status, wanted"), ("disconnected", 0))

    def assert_blocked_for_good(self, connection, failure, words, was_connected=False):
        message_id = DISCONNECTED if was_connected else FAILED
        entry = self.entry(connection, message_id, IRC_ERROR=failure.code)
        self.assertRegex(entry["MESSAGE"], words)
        self.assertIn(f"Blocked for good; 'ircctl unblock {connection.id}' lifts it",
                      entry["MESSAGE"])
        connection.wait_until("failed")
        self.assertEqual(connection.show("ExecMainStatus"), str(failure.status))
        self.assertEqual(connection.show("NRestarts"), "0")
        self.assertRegex(connection.systemctl("status", connection.unit).out,
                         f"Status: \".*{words}.*Blocked for good")
        (channel, reason, attempts, is_permanent, until), = self.blocks(connection)
        self.assertEqual((channel, attempts, is_permanent, until), (None, 1, 1, None))
        self.assertRegex(reason, words)
        self.assertEqual(self.row(connection, "status, failed_attempts, last_error_code, wanted"),
                         ("blocked", 1, failure.code, 1))
        self.assertEqual(connection.server_status()["state"], "blocked")
        self.assert_start_refused(connection, "Blocked for good")

    def assert_start_refused(self, connection, words):
        """At once, and `systemctl status` says why."""
        result = connection.systemctl("start", connection.unit)
        self.assertEqual(result.status, 1, result)
        began, ended = (int(connection.show(f"ExecMain{moment}TimestampMonotonic"))
                        for moment in ("Start", "Exit"))
        self.assertLess(ended - began, 2_000_000)  # however busy this machine is
        self.assertEqual(connection.show("ExecMainStatus"), "77")
        self.assertEqual(connection.show("NRestarts"), "0")
        self.assertRegex(connection.systemctl("status", connection.unit).out, f"Status: \".*{words}")
        self.assertEqual(self.row(connection, "status"), ("blocked",))
        entry = self.entry(connection, FAILED, IRC_ERROR="blocked")
        self.assertRegex(entry["MESSAGE"], words)


class HoldingServer(IrcServer):
    """Gives no nickname to anybody."""

    def _on_nick(self, peer, rest):
        self._numeric(peer, 437, f"{rest} :That nickname is held back")

    def _welcome(self, peer):
        pass


class BeforeTheWelcome(FailureCase):
    def test_refused(self):
        self.assert_failure(self.begin(port=9), UNREACHABLE, "refused")

    def test_unresolvable(self):
        connection = self.begin(address="no-such-host.invalid", port=6667)
        self.assert_failure(connection, UNRESOLVABLE, "no-such-host.invalid")

    def test_wrong_certificate(self):
        connection = self.begin(address="irc.test", port=6698, tls=True)
        self.assert_failure(connection, TLS, "certificate")

    def test_closed_without_a_word(self):
        with IrcServer(host) as server:
            server.refusal = ""
            connection = self.begin(port=server.port)
            self.assert_failure(connection, REGISTRATION, "without a reason")

    def test_silence(self):
        with IrcServer(host) as server:
            server.is_silent = True
            connection = self.begin(port=server.port, register_timeout=1)
            self.assert_failure(connection, REGISTRATION, "No welcome within 1 second")

    def test_throttled(self):
        with IrcServer(host) as server:
            server.refusal = ("ERROR :Closing link: (42AAAAAAB@127.0.0.1) [Z-lined: Your IP range"
                              " has been attempting to connect too many times in too short a"
                              " duration. Wait a while, and you will be able to connect.]")
            connection = self.begin(port=server.port)
            self.assert_failure(connection, THROTTLED, "too many times")

    def test_throttled_by_ngircd(self):
        """It takes one connection from an address, and that is taken."""
        with host.connect(6669):
            connection = self.begin(port=6669)
            self.assert_failure(connection, THROTTLED, "too many connections")

    def test_nickname_held_back(self):
        with HoldingServer(host) as server:
            connection = self.begin(port=server.port)
            self.assert_failure(connection, NICKNAME, "no nickname is free.*held back")

    def test_banned_by_465(self):
        with IrcServer(host) as server:
            server.refusal = (":scripted.test 465 alice :You are not welcome here.\r\n"
                              "ERROR :Closing link: (alice@test) [not welcome]")
            connection = self.begin(port=server.port)
            self.assert_blocked_for_good(connection, BANNED, "not welcome")
            self.assertEqual(len(server.peers), 1)

    def test_wrong_server_password(self):
        connection = self.add(port=6669)
        connection.manage("SetCredential", "usay", connection.id, "server-password", 5, *b"wrong")
        self.start(connection)
        self.assert_blocked_for_good(connection, CREDENTIALS, "[Pp]assword")
        self.assertNotIn("wrong", host.journal("-u", connection.unit))

    def test_sasl_refused(self):
        with IrcServer(host, certificate="good", password="right") as server:
            connection = self.add(address="irc.test", port=server.port, tls=True,
                                  sasl_account="alice", sasl_mechanisms=["PLAIN"])
            connection.manage("SetCredential", "usay", connection.id, "sasl-password", 5, *b"wrong")
            self.start(connection)
            self.assert_blocked_for_good(connection, CREDENTIALS, "SASL authentication failed")
            self.assertEqual(len(server.peers), 1)
            self.assertNotIn("wrong", host.journal("-u", connection.unit))


class AfterTheWelcome(FailureCase):
    def operator(self, port):
        client = IrcClient(host.connect(port), f"op{port}")
        self.addCleanup(client.quit)
        client.send("OPER keeper keeper")
        client.wait_for(" 381 ")
        return client

    def test_killed_by_an_operator(self):
        connection = self.begin(port=6667, nickname="victim")
        connection.wait_until("active")
        self.operator(6667).send("KILL victim :be gone")
        self.assert_failure(connection, KILLED, "be gone", was_connected=True)

    def test_k_lined(self):
        """By InspIRCd, while connected: and at the next start, when it is unblocked, again."""
        connection = self.begin(port=6660, nickname="outcast", username="outcast")
        connection.wait_until("active")
        operator = self.operator(6660)
        operator.send("KLINE outcast@* 1h :no thanks")
        self.addCleanup(operator.send, "KLINE outcast@*")
        self.assert_blocked_for_good(connection, BANNED, "no thanks", was_connected=True)
        host.check("sqlite3", f"{connection.folder}/irc.db", "DELETE FROM blocklist")
        self.assertEqual(connection.systemctl("start", connection.unit).status, 1)
        self.assertRegex(self.entry(connection, FAILED, IRC_ERROR="banned")["MESSAGE"], "no thanks")

    def test_server_shut_down(self):
        unit = "ngircd@ngircd-strict.service"
        connection = self.add(port=6669)
        secret = b"open sesame"
        connection.manage("SetCredential", "usay", connection.id, "server-password", len(secret),
                          *secret)
        connection.start()
        self.addCleanup(host.check, "systemctl", "start", unit)
        host.check("systemctl", "stop", unit)
        self.assert_failure(connection, SHUTTING_DOWN, "going down", was_connected=True)

    def test_closed_without_a_word(self):
        with IrcServer(host) as server:
            connection = self.begin(port=server.port)
            server.peer().close()
            self.assert_failure(connection, LINK_CLOSED, "without a reason", was_connected=True)

    def test_stall_of_our_own(self):
        """The server is not to blame when it was this process that did not look."""
        with IrcServer(host) as server:
            connection = self.begin(port=server.port, ping_interval=1, ping_timeout=1)
            connection.wait_until("active")
            peer, pid = server.peer(), connection.show("MainPID")

            def pings():
                return len([line for line in peer.seen if line.startswith("PING")])

            for seconds in (3, 7):
                wait_for("a PING", lambda before=pings(): pings() > before)
                connection.kill("STOP")
                time.sleep(seconds)  # longer than the server's time, and than what counts as stall
                connection.kill("CONT")
                wait_for("two more", lambda before=pings(): pings() > before + 1)
            self.assertEqual(connection.show("MainPID"), pid)
            self.assertEqual(len(server.peers), 1)
            self.assertEqual(self.row(connection, "failed_attempts"), (0,))


class NetworkDown(FailureCase):
    """It is waited for, counts for nothing, and then the connection comes by itself."""

    def wait_without_network(self, **keys):
        self.addCleanup(host.check, "systemctl", "start", "uplink.service")
        host.check("systemctl", "stop", "uplink.service")
        connection = self.begin(**keys)
        entry = self.entry(connection, FAILED, IRC_ERROR="network-down")
        self.assertIn("no network; waiting for it", entry["MESSAGE"])
        wait_for("the status", lambda: connection.show("StatusText") == "Waiting for a network")
        self.assertEqual(connection.show("ActiveState"), "activating")
        self.assertEqual(connection.server_status()["state"], "waiting")
        self.assert_nothing_counted(connection)
        return connection

    def assert_nothing_counted(self, connection):
        self.assertEqual(connection.show("NRestarts"), "0")
        self.assertEqual(self.row(connection, "failed_attempts, next_attempt_at, wanted"),
                         (0, 0, 1))
        self.assertEqual(self.blocks(connection), [])
        self.assertEqual(len(self.entries(f"IRC_SERVER={connection.id}", f"MESSAGE_ID={FAILED}")),
                         1)

    def test_address(self):
        with IrcServer(host, listen=lambda: host.listen(address="0.0.0.0")) as server:
            connection = self.wait_without_network(address=UPLINK, port=server.port)
            self.assertEqual(self.row(connection, "status"), ("waiting",))
            host.check("systemctl", "start", "uplink.service")
            connection.wait_until("active")
            self.assert_nothing_counted(connection)

    def test_name(self):
        """Without a route, that a name does not resolve says nothing about the name; later it
        does."""
        connection = self.wait_without_network(address="no-such-host.invalid", port=6667)
        host.check("systemctl", "start", "uplink.service")
        self.assert_unresolvable_in_the_end(connection)

    def assert_unresolvable_in_the_end(self, connection):
        self.entry(connection, FAILED, IRC_ERROR="unresolvable")
        wait_for("the count", lambda: self.row(connection, "failed_attempts") == (1,))

    def test_stop(self):
        connection = self.wait_without_network(address=UPLINK, port=6667)
        connection.stop()
        self.assertEqual(connection.show("ActiveState"), "inactive")
        self.assertEqual(connection.show("ExecMainStatus"), "0")


class InARow(FailureCase):
    """What many failures lead to, and how it ends."""

    def begin_blocked(self, **keys):
        """A connection that nobody answers, three times."""
        connection = self.begin(**{"port": 9, "reconnect_delay_ms": 50, **keys})
        connection.wait_until("failed")
        return connection

    def assert_block(self, connection, seconds, attempts, words):
        (channel, reason, counted, is_permanent, until), = self.blocks(connection)
        self.assertEqual((channel, counted, is_permanent), (None, attempts, 0))
        self.assertRegex(reason, words)
        left = until / 1e6 - time.time()
        self.assertTrue(seconds - 30 < left <= seconds, left)
        return until / 1e6

    def test_three(self):
        connection = self.begin_blocked()
        self.assertEqual(connection.show("ExecMainStatus"), "77")
        self.assertEqual(connection.show("NRestarts"), "2")
        self.assertEqual(self.exit_statuses(connection), [69, 69, 77])
        until = self.assert_block(connection, HOUR, 3, "refused")
        clock = host.check("date", f"--date=@{int(until)}", "+%H:%M").strip()
        words = f"Blocked until .*{clock}.*3 failed attempts in a row, the last: .*refused"
        self.assertRegex(connection.systemctl("status", connection.unit).out, f"Status: \"{words}")
        self.assertRegex(self.entry(connection, FAILED, IRC_ERROR="blocked")["MESSAGE"], words)
        self.assertEqual(self.row(connection, "status, failed_attempts, last_error_code, wanted"),
                         ("blocked", 3, "unreachable", 1))
        self.assertEqual(connection.server_status()["state"], "blocked")
        self.assert_start_refused(connection, f"Blocked until .*{clock}")
        self.assert_block(connection, HOUR, 3, "refused")

    def test_waits_grow(self):
        connection = self.begin(port=9, reconnect_delay_ms=400)
        failures = wait_for("two failures", lambda: self.entries(
            f"IRC_SERVER={connection.id}", f"MESSAGE_ID={FAILED}")[1:])
        next_at, attempts = self.row(connection, "next_attempt_at, failed_attempts")
        wait = (next_at - int(failures[0]["__REALTIME_TIMESTAMP"])) / 1e6
        self.assertEqual(attempts, 2)
        self.assertTrue(0.8 * (1 - JITTER) - 0.2 < wait < 0.8 * (1 + JITTER), wait)

    def test_expiry(self):
        """The hour is over."""
        connection = self.begin_blocked()
        with IrcServer(host) as server:
            host.check("sqlite3", f"{connection.folder}/irc.db",
                       f"UPDATE servers SET port = {server.port}, next_attempt_at = 0;"
                       " UPDATE blocklist SET blocked_until = 1")
            connection.start()
            self.assertEqual(len(server.peers), 1)
            connection.stop()

    def test_settings(self):
        """Other numbers: one attempt, and two seconds, after which a start works."""
        with settings(MaxConnectionAttempts=1, BlockDuration="2s"), IrcServer(host) as server:
            connection = self.begin_blocked()
            self.assertEqual(self.exit_statuses(connection), [77])
            (_, _, _, _, until), = self.blocks(connection)
            host.check("sqlite3", f"{connection.folder}/irc.db",
                       f"UPDATE servers SET port = {server.port}, next_attempt_at = 0")
            wait_for("the end of the block", lambda: time.time() > until / 1e6)
            connection.start()

    def test_unblocked_by_hand(self):
        connection = self.begin_blocked()
        host.check("sqlite3", f"{connection.folder}/irc.db", "DELETE FROM blocklist;"
                   " UPDATE servers SET failed_attempts = 0, next_attempt_at = 0")
        self.start(connection)
        wait_for("more attempts", lambda: len(self.exit_statuses(connection)) > 3)

    def test_more_attempts_than_restarts(self):
        """Attempts that fail are not processes that die."""
        with settings(MaxConnectionAttempts=RESTART_LIMIT + 2):
            connection = self.begin_blocked(reconnect_max_ms=50)
            self.assertEqual(self.exit_statuses(connection), [69] * (RESTART_LIMIT + 1) + [77])

    def test_process_that_dies_again_and_again(self):
        with IrcServer(host) as server:
            server.is_silent = True
            connection = self.begin(port=server.port)
            for number in range(1, RESTART_LIMIT + 1):
                wait_for(f"attempt {number}", lambda n=number: len(server.peers) == n)
                connection.kill()
            connection.wait_until("failed")
            self.assertEqual(connection.show("ExecMainStatus"), "77")
            self.assertEqual(len(server.peers), RESTART_LIMIT)
            words = f"started {RESTART_LIMIT} times in a row without progress"
            self.assert_block(connection, HOUR, RESTART_LIMIT, words)
            self.assertRegex(connection.systemctl("status", connection.unit).out,
                             f"Status: \"Blocked until .*{words}")
            self.assertRegex(self.entry(connection, FAILED, IRC_ERROR="blocked")["MESSAGE"], words)
            self.assert_start_refused(connection, words)


class Kick(FailureCase):
    def begin_kicked(self, server):
        """Kicked from #ruby; whatever follows from that at once is under way."""
        connection = self.begin(port=server.port, channels=["#ruby", "#other"])
        connection.wait_for_channel("#ruby")
        connection.wait_for_channel("#other")
        server.kick(server.peer(), "#ruby", "out with you")
        entry = self.entry(connection, KICKED, IRC_CHANNEL="#ruby")
        self.assertIn("out with you", entry["MESSAGE"])
        return connection

    def joins(self, peer, channel="#ruby"):
        return len([line for line in list(peer.seen) if re.fullmatch(f"JOIN .*{channel}.*", line)])

    def join_by_hand(self, connection, peer):
        before = self.joins(peer)
        answer = connection.command(command="join", channel="#ruby")
        self.assertTrue(answer["ok"], answer)
        wait_for("JOIN", lambda: self.joins(peer) == before + 1)
        connection.wait_for_channel("#ruby")

    def test_block(self):
        with IrcServer(host) as server:
            connection = self.begin_kicked(server)
            (channel, reason, _, is_permanent, until), = self.blocks(connection)
            self.assertEqual((channel, is_permanent, until), ("#ruby", 1, None))
            self.assertRegex(reason, "kicked by keeper.*out with you")
            connection.stop()
            connection.start()
            connection.wait_for_channel("#other")
            self.assertEqual(self.joins(server.peer(2)), 0)
            self.join_by_hand(connection, server.peer(2))

    def test_rejoin(self):
        """After twice the restart delay, and three times at most."""
        with settings(OnKick="rejoin", RestartDelay="300ms"), IrcServer(host) as server:
            began = time.monotonic()
            connection = self.begin_kicked(server)
            peer = server.peer()
            for times in (2, 3, 4):
                wait_for("JOIN", lambda n=times: self.joins(peer) == n)
                self.assertGreater(time.monotonic() - began, 0.6)
                began = time.monotonic()
                connection.wait_for_channel("#ruby")
                server.kick(peer, "#ruby", "out with you")
            wait_for("the last kick", lambda: not connection.query(
                "SELECT 1 FROM channels WHERE server_id = ? AND name = '#ruby' AND joined",
                connection.id))
            time.sleep(1)  # longer than the wait
            self.assertEqual(self.joins(peer), 4)
            self.assertEqual(self.blocks(connection), [])
            self.join_by_hand(connection, peer)

    def test_leave(self):
        with settings(OnKick="leave", RestartDelay="100ms"), IrcServer(host) as server:
            connection = self.begin_kicked(server)
            time.sleep(0.5)  # longer than a rejoin would wait
            self.assertEqual(self.joins(server.peer()), 1)
            self.assertEqual(self.blocks(connection), [])
            self.join_by_hand(connection, server.peer())


class Wanted(FailureCase):
    def test_stop_of_one(self):
        with IrcServer(host) as server:
            connection = self.add(port=server.port).start()
            self.assertEqual(self.row(connection, "wanted"), (1,))
            connection.stop()
            self.assertEqual(self.row(connection, "wanted"), (0,))

    def test_stop_of_all(self):
        with IrcServer(host) as server:
            connection = self.add(port=server.port).start()
            host.check("systemctl", "stop", "irc-conn.target")
            wait_for("the end of all", lambda: connection.show("ActiveState") == "inactive")
            self.assertEqual(self.row(connection, "wanted"), (1,))

    def test_stop_of_one_that_waits(self):
        connection = self.begin(port=9)
        wait_for("the wait", lambda: "Waiting" in connection.show("StatusText"))
        connection.stop()
        self.assertEqual(connection.show("ActiveState"), "inactive")
        self.assertEqual(self.row(connection, "wanted, status"), (0, "disconnected"))


class HalfOpen(FailureCase):
    def setUp(self):
        self.far = self.enterContext(FarNetwork(host))
        self.server = self.enterContext(IrcServer(host, listen=self.far.listen))

    def test_noticed(self):
        connection = self.begin(address=self.far.FAR, port=self.server.port, ping_interval=1,
                                ping_timeout=1)
        connection.wait_until("active")
        self.far.cut()
        self.assert_failure(connection, PING_TIMEOUT, "no answer to PING within 1 second",
                            was_connected=True)

    def test_noticed_by_default(self):
        """Within two minutes, whatever was under way: the kernel sees to it (tcp(7)). An idle link
        ends at the first probe that is due after the user time-out; what was sent just before that
        has the whole user time-out."""
        connection = self.begin(address=self.far.FAR, port=self.server.port)
        connection.wait_until("active")
        options = tcp_options(host, connection.show("MainPID"), self.server.port)
        self.assertEqual(options["keepalive"], 1)
        timeout = options["user_timeout"] / 1000
        last_probe = next(at for at in itertools.count(options["idle"], options["interval"])
                          if at >= timeout)
        self.assertLess(last_probe + timeout, 120)
