# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""A server's word that it is to be reached by TLS only: heard in the clear, kept over TLS, held to
afterwards."""

import time
import unittest

from certificates import Authority
from dialogue import SERVER, Listener
from scene import Scene

HOST = "localhost"  # a policy is for a name
DURATION = 3600


def setUpModule():
    global authority, stranger
    authority, stranger = Authority(), Authority()
    for one in (authority, stranger):
        unittest.addModuleCleanup(one.close)


class StsCase(unittest.TestCase):
    def setUp(self):
        self.secure = Listener(authority.context(HOST))
        self.addCleanup(self.secure.close)

    def scene(self, **keys):
        """Configured to dial the plain port."""
        return Scene(**{"address": HOST, "tls_ca_file": authority.path, **keys})

    def policies(self, scene):
        return scene.query("SELECT host, port, duration, expires_at FROM sts_policies")

    def hear_policy(self, scene, value=None):
        """From the plain link to the one over TLS, where the policy is told."""
        link = scene.accept()
        link.greet()
        link.send(f":{SERVER} CAP * LS :sts=port={self.secure.port} batch")
        link.expect_end()
        self.assertEqual(self.policies(scene), [])  # nothing that was heard in the clear is stored
        link = self.secure.accept()
        value = value or f"duration={DURATION},port=1"
        link.register(f"sts={value}")
        return link


class Upgrade(StsCase):
    def test_in_the_same_process(self):
        """Nothing but the first lines is said in the clear, no password among what matters."""
        with self.scene() as scene:
            pid = scene.pid
            before = time.time()
            link = self.hear_policy(scene)
            self.assertFalse(scene.has_ended(0))
            self.assertEqual(scene.pid, pid)
            (host, port, duration, expires_at), = self.policies(scene)
            self.assertEqual((host, port, duration), (HOST, self.secure.port, DURATION))
            self.assertAlmostEqual(expires_at / 1e6, before + DURATION, delta=60)
            scene.check_state("connected")
            self.assertEqual(scene.query("SELECT failed_attempts FROM servers"), [(0,)])
            scene.submit("quit")
            link.expect("QUIT .*")
            link.close()
            self.assertEqual(scene.wait(), 0)

    def test_in_a_later_piece_of_the_list(self):
        with self.scene() as scene:
            link = scene.accept()
            link.greet()
            link.send(f":{SERVER} CAP * LS * :batch", f":{SERVER} CAP * LS * :sts=duration=1,port="
                      f"{self.secure.port},odd", f":{SERVER} CAP * LS :multi-prefix")
            link.expect_end()
            self.secure.accept().greet()

    def test_no_policy(self):
        """What cannot be understood, or has no port, changes nothing; sts is never asked for."""
        for value in ("", "=", "=port=0", "=port=65536", "=port=x", "=duration=100", "=port=-1",
                      "=port=", "=x=1"):
            with self.subTest(value=value), self.scene() as scene:
                link = scene.accept()
                link.greet()
                link.send(f":{SERVER} CAP * LS :sts{value}")
                link.expect_lines("CAP END")
                self.assertEqual(self.policies(scene), [])

    def test_off(self):
        with self.scene(sts=False) as scene:
            link = scene.accept()
            link.greet()
            link.send(f":{SERVER} CAP * LS :sts=port={self.secure.port}")
            link.expect_lines("CAP END")

    def test_told_later(self):
        """CAP NEW in the clear counts as much."""
        with self.scene() as scene:
            link = scene.accept().register("cap-notify")
            link.send(f":{SERVER} CAP me NEW :sts=port={self.secure.port}")
            link.expect_end()
            self.secure.accept().greet()

    def test_to_a_certificate_that_is_not_good(self):
        """An upgrade does not lead to a server that cannot show who it is."""
        self.secure.tls = stranger.context(HOST)
        with self.scene() as scene:
            link = scene.accept()
            link.greet()
            link.send(f":{SERVER} CAP * LS :sts=port={self.secure.port}")
            link.expect_end()
            with self.assertRaises(OSError):
                self.secure.accept().greet()
            self.assertEqual(scene.ending(), (69, "tls"))
            self.assertEqual(self.policies(scene), [])


class Policy(StsCase):
    """What is remembered from one start to the next."""

    def start_with_policy(self, **keys):
        """A scene that has ended, with a policy in its database."""
        scene = self.scene(**keys)
        scene.start()
        self.addCleanup(scene.close)
        link = self.hear_policy(scene)
        link.close()
        self.assertEqual(scene.wait(), 69)
        return scene

    def test_held_to(self):
        """Where the plain port was configured, TLS is dialled from the first byte on."""
        scene = self.start_with_policy()
        scene.start()
        link = self.secure.accept()
        link.greet()
        scene.listener.expect_nobody(0)
        link.negotiate("sts=duration=1")
        link.expect_lines("CAP END")

    def test_a_bad_certificate(self):
        """While it is valid there is no way but a good one; the plain port is not tried."""
        scene = self.start_with_policy()
        self.secure.tls = stranger.context(HOST)
        scene.start()
        with self.assertRaises(OSError):
            self.secure.accept().greet()
        self.assertEqual(scene.ending(), (69, "tls"))
        scene.listener.expect_nobody(0)
        self.assertEqual(len(self.policies(scene)), 1)

    def test_nobody_on_the_secure_port(self):
        scene = self.start_with_policy()
        self.secure.close()
        scene.start()
        self.assertEqual(scene.ending(), (69, "unreachable"))
        scene.listener.expect_nobody(0)

    def test_forgotten(self):
        """duration=0 ends it: the next start dials as configured."""
        for told in ("list", "new"):
            with self.subTest(told=told):
                scene = self.start_with_policy()
                scene.start()
                link = self.secure.accept()
                if told == "list":
                    link.register("sts=duration=0")
                else:
                    link.register(f"cap-notify sts=duration={DURATION}")
                    link.send(f":{SERVER} CAP me NEW :sts=duration=0")
                    link.sync()
                self.assertEqual(self.policies(scene), [])
                link.close()
                self.assertEqual(scene.wait(), 69)
                self.assertEqual(self.policies(scene), [])
                scene.start()
                scene.accept().greet()

    def test_not_withdrawn(self):
        """CAP DEL of sts, and values that mean nothing, do not end it; an update is taken."""
        scene = self.start_with_policy()
        scene.start()
        link = self.secure.accept().register(f"cap-notify sts=duration={DURATION}")
        link.send(f":{SERVER} CAP me DEL :sts", f":{SERVER} CAP me NEW :sts",
                  f":{SERVER} CAP me NEW :sts=duration=x", f":{SERVER} CAP me NEW :sts=duration=-1")
        link.sync()
        self.assertEqual([row[2] for row in self.policies(scene)], [DURATION])
        link.send(f":{SERVER} CAP me NEW :sts=duration=7200")
        link.sync()
        self.assertEqual([row[2] for row in self.policies(scene)], [7200])

    def test_refreshed_at_the_end(self):
        """It counts from the end of the last link, not from its beginning."""
        scene = self.scene()
        scene.start()
        self.addCleanup(scene.close)
        link = self.hear_policy(scene)
        (*_, told), = self.policies(scene)
        link.send("PING :some time later")
        link.expect_lines("PONG :some time later")
        link.close()
        self.assertEqual(scene.wait(), 69)
        (*_, at_the_end), = self.policies(scene)
        self.assertGreater(at_the_end, told)

    def test_over(self):
        """A policy whose time has passed is none."""
        scene = self.scene()
        scene.start()
        self.addCleanup(scene.close)
        link = self.hear_policy(scene, "duration=1")
        link.close()
        self.assertEqual(scene.wait(), 69)
        (*_, until), = self.policies(scene)
        time.sleep(max(0, until / 1e6 - time.time()) + 0.1)  # the time that passes is the matter
        scene.start()
        scene.accept().greet()
