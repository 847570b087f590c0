# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Much to say at once: every line arrives, in its order, and no server finds it too fast. All of
them at the same time, since flood control takes its time."""

import concurrent.futures
import re
import unittest

from cases import ServerCase
from ergo import Ergo
from inspircd import Inspircd
from ngircd import Ngircd

LINES = 50
TIMEOUT = 300


class Flood(ServerCase):
    def test_every_line_arrives(self):
        servers = [self.enterContext(server) for server in (
            Ngircd(), Inspircd(3, "inspircd3"), Inspircd(4, "inspircd4"), Ergo())]
        with concurrent.futures.ThreadPoolExecutor(len(servers)) as threads:
            for result in [threads.submit(self.flood, server) for server in servers]:
                result.result()

    def flood(self, server):
        with server.person("reader") as reader:
            reader.join(self.channel)
            client = self.client(port=server.port, channels=[self.channel])
            client.wait_for_event("joined", channel=self.channel)
            expected = [f"line {number}" for number in range(1, LINES + 1)]
            numbers = [client.send("privmsg", target=self.channel, message=text)
                       for text in expected]
            heard = []
            while len(heard) < LINES:
                line = reader.wait_for(rf"^\S+ PRIVMSG {self.channel} ", TIMEOUT)
                heard.append(re.search(" :(.*)", line)[1])
            self.assertEqual(heard, expected, server.name)
            for number in numbers:
                self.assertTrue(client.answer(number)["ok"])
            self.assertEqual([row[2] for row in self.rows(client)], expected, server.name)
            self.assertEqual(client.stop(), 0)
            self.assertFalse([event for event in client.events if event["event"] in (
                "error", "connection_failed")], server.name)
