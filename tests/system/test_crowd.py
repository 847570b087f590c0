# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Many connections at once to one server that throttles by host, and bans hosts that do not listen:
all come up, and none makes the server angry."""

import collections
import threading
import unittest

from host import ALICE, Host, wait_for
from irc_server import IrcServer

CROWD = 200
TIMEOUT = 420
BAN_AFTER = 10  # connections too many
# Dials within a second that the server takes. By default DialBurst=5 and DialInterval=500ms.
PATIENCE = 12
QUICK = "[Connections]\nDialInterval=100ms\n"
QUICK_PATIENCE = 24
SHOWN = 20  # times on a line
FOLDER = f"/var/lib/irc-conn/tenants/{ALICE.uid}"


def setUpModule():
    global host
    host = unittest.enterModuleContext(Host())


class ThrottlingServer(IrcServer):
    """Takes `patience` connections from a host within a second; who comes too often is banned."""

    def __init__(self, host, patience):
        self.patience = patience
        self.throttled = 0
        self._recent = collections.deque()
        self._turn = threading.Lock()
        super().__init__(host)

    @property
    def is_banned(self):
        return self.throttled >= BAN_AFTER

    def _is_welcome(self, now):
        with self._turn:
            self._recent.append(now)
            while self._recent[0] < now - 1:
                self._recent.popleft()
            if len(self._recent) > self.patience:
                self.throttled += 1
            return len(self._recent) <= self.patience and not self.is_banned

    def _welcome(self, peer):
        if self._is_welcome(peer.came_at):
            super()._welcome(peer)
            return
        peer.send("ERROR :Closing link: (user@test) [K-lined: you never listen]" if self.is_banned
                  else "ERROR :Trying to reconnect too fast (throttled)")
        peer.close()

    @property
    def up(self):
        return [peer for peer in list(self.peers) if peer.is_registered and not peer.is_closed]


class Crowd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(ThrottlingServer(host, QUICK_PATIENCE))
        out = host.check("sh", "-ec", f"""
                for number in $(seq {CROWD}); do
                        busctl call org.ircconn1 /org/ircconn1 org.ircconn1.Manager AddServer \
                                'a{{sv}}' 4 address s 127.0.0.1 port u {cls.server.port} \
                                tls b false nickname s crowd$number
                done""", user=ALICE)
        cls.units = [f"irc-conn@{line.split()[1]}.service" for line in out.splitlines()]

    def wait_for_crowd(self, what, came_before):
        """All are up; lists when each of them dialled."""
        wait_for(what, lambda: len(self.server.up) == CROWD or self.server.is_banned, TIMEOUT, 0.1)
        times = sorted(peer.came_at for peer in self.server.peers[came_before:])
        print(f"# {what}: seconds of each dial after the first")
        for at in range(0, len(times), SHOWN):
            print("#  ", " ".join(f"{time - times[0]:5.1f}" for time in times[at:at + SHOWN]))
        self.assertFalse(self.server.is_banned)
        self.assertEqual(self.server.throttled, 0)
        self.assertEqual(len(times), CROWD)
        wait_for("all units active", lambda: len(host.check(
            "systemctl", "list-units", "--no-legend", "--state=active",
            "irc-conn@*.service").splitlines()) == CROWD)
        self.assertEqual(host.query(FOLDER, "SELECT count(*) FROM blocklist"), [(0,)])
        self.assertEqual(host.query(
            FOLDER, "SELECT count(*) FROM servers WHERE connected_at IS NOT NULL"), [(CROWD,)])

    def test_start_and_loss(self):
        """With a shorter interval all are started at once; with the default one all lose their
        links at once and come back."""
        drop_in = host.path("/etc/irc-conn/irc-conn.conf.d/quick.conf")
        drop_in.parent.mkdir(parents=True, exist_ok=True)
        drop_in.write_text(QUICK)
        host.check("systemctl", "start", "--no-block", *self.units)
        self.wait_for_crowd(f"start of {CROWD}", 0)

        drop_in.unlink()
        self.server.patience = PATIENCE
        for peer in self.server.up:
            peer.close()
        self.wait_for_crowd(f"return of {CROWD}", CROWD)
