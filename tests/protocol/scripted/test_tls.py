# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""TLS with servers that end it, slow it down, or never begin it; and what a password is said over."""

import base64
import socket
import ssl
import time
import unittest

from certificates import Authority
from dialogue import SERVER, Link, Listener
from scene import Scene

HOST = "localhost"
PASSWORD = "hunter2"


def setUpModule():
    global authority
    authority = Authority()
    unittest.addModuleCleanup(authority.close)


class TlsCase(unittest.TestCase):
    def scene(self, **keys):
        """One whose listener speaks TLS once a connection is accepted as a Link."""
        scene = Scene(**{"address": HOST, "tls": True, "tls_ca_file": authority.path, **keys})
        scene.listener.tls = authority.context(HOST)
        return scene


class Handshake(TlsCase):
    """No line is exchanged; each of these is a failure of TLS, in time."""

    def check(self, scene, code="tls"):
        self.assertEqual(scene.ending(), (69, code))
        self.assertFalse(scene.is_blocked_for_good())

    def test_ends(self):
        """Z-lined, say: InspIRCd closes at once, or says why in the clear."""
        for said in (b"", b"ERROR :Closing link: (u@h) [Z-lined: spam]\r\n",
                     b":s 465 * :You are banned\r\nERROR :Closing link: Z-lined\r\n",
                     b"\x16\x03\x01", b"\x15\x03\x03\x00\x02\x02\x28", b"\0" * 5000,
                     b"HTTP/1.1 400 Bad Request\r\n\r\n"):
            with self.subTest(said=said), self.scene() as scene:
                sock = scene.listener.accept_raw()
                hello = sock.recv(65536)
                self.assertEqual(hello[0], 0x16)
                sock.sendall(said)
                sock.close()
                self.check(scene)

    def test_ends_before_a_byte(self):
        with self.scene() as scene:
            scene.listener.accept_raw().close()
            self.check(scene)

    def test_never_comes_to_an_end(self):
        """The deadline of dialling holds for the handshake, too."""
        for is_dribbling in (False, True):
            with self.subTest(is_dribbling=is_dribbling), self.scene(connect_timeout=1) as scene:
                began = time.monotonic()
                sock = scene.listener.accept_raw()
                if is_dribbling:
                    sock.sendall(b"\x16\x03\x03\x40\x00")  # a record is announced
                while is_dribbling and not scene.has_ended(0.1):
                    try:
                        sock.sendall(b"\x02")
                    except OSError:
                        break
                self.check(scene, "timed-out")
                self.assertLess(time.monotonic() - began, 10)
                sock.close()

    def test_plain_server(self):
        """A server without TLS on this port is told nothing, not even a nickname."""
        with self.scene(password=PASSWORD) as scene:
            sock = scene.listener.accept_raw()
            sock.sendall(f":{SERVER} NOTICE * :*** Looking up your hostname...\r\n".encode())
            said = b""
            try:
                while data := sock.recv(65536):
                    said += data
            except ConnectionError:
                pass
            sock.close()
            self.check(scene)
            self.assertNotIn(b"NICK", said)
            self.assertNotIn(PASSWORD.encode(), said)

    def test_name_that_is_another(self):
        with self.scene() as scene:
            scene.listener.tls = authority.context("elsewhere.test")
            with self.assertRaises((OSError, AssertionError)):
                scene.accept().greet()
            self.check(scene)


class Lines(TlsCase):
    def test_a_byte_at_a_time(self):
        """Each in a record of its own."""
        with self.scene() as scene:
            link = scene.accept().register()
            for byte in ":bob!u@h PRIVMSG me :sl\u00f6w\r\n".encode():
                link.send_raw(bytes([byte]))
            link.sync()
            self.assertEqual(scene.rows("content"), [("sl\u00f6w",)])

    def test_one_large_burst(self):
        with self.scene(events=False) as scene:
            link = scene.accept().register()
            number = 20_000
            link.send(*(f":bob!u@h PRIVMSG me :{n}" for n in range(number)))
            link.sync()
            self.assertEqual(scene.rows("content")[-1], (str(number - 1),))
            self.assertEqual(len(scene.rows()), number)

    def test_last_words(self):
        """With and without TLS's own goodbye; half a line is none."""
        for is_polite in (False, True):
            with self.subTest(is_polite=is_polite), self.scene() as scene:
                link = scene.accept().register()
                link.send(":bob!u@h PRIVMSG me :whole",
                          "ERROR :Closing link: (u@h) [K-lined: spam]")
                if is_polite:
                    try:
                        link.sock.unwrap()
                    except OSError:
                        pass
                link.close()
                self.assertEqual(scene.ending(), (77, "banned"))
                self.assertEqual(scene.rows("content"), [("whole",)])

    def test_cut_off(self):
        """An end without a goodbye, in the middle of a line: nothing is made of the half."""
        with self.scene() as scene:
            link = scene.accept().register()
            link.send_raw(b":bob!u@h PRIVMSG me :whole\r\nERROR :Closing link: K-lin")
            link.close()
            self.assertEqual(scene.ending(), (69, "link-closed"))
            self.assertEqual(scene.rows("content"), [("whole",)])

    def test_broken_records(self):
        """Bytes that are no TLS in the middle of a link end it."""
        with self.scene() as scene:
            plain = scene.listener.accept_raw()
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = scene.listener.tls.wrap_bio(incoming, outgoing, server_side=True)

            def step(function):
                while True:
                    try:
                        value = function()
                    except ssl.SSLWantReadError:
                        value = None
                    if outgoing.pending:
                        plain.sendall(outgoing.read())
                    if value is not None:
                        return value
                    incoming.write(plain.recv(65536))

            step(lambda: tls.do_handshake() or True)
            self.assertTrue(step(lambda: tls.read(65536)).startswith(b"CAP LS 302\r\n"))
            plain.sendall(b":s 001 me :Welcome in the clear\r\n" * 20)
            status, code = scene.ending()
            self.assertEqual(status, 69)
            self.assertIn(code, ("tls", "link-closed", "registration"))
            self.assertEqual(scene.rows(), [])
            plain.close()


class Secrets(TlsCase):
    def test_plain_over_a_verified_link(self):
        """No leave is needed for a password here."""
        keys = {"sasl_account": "alice", "sasl_password": PASSWORD, "sasl_mechanisms": "PLAIN"}
        with self.scene(**keys, trace=True) as scene:
            link = scene.accept()
            link.greet()
            link.negotiate("sasl=PLAIN")
            link.expect_lines("AUTHENTICATE PLAIN")
            link.send("AUTHENTICATE +")
            secret = base64.b64encode(f"alice\0alice\0{PASSWORD}".encode()).decode()
            link.expect_lines(f"AUTHENTICATE {secret}")
            link.send(f":{SERVER} 903 me :Success")
            link.expect_lines("CAP END")
            link.welcome()
            link.sync()
            database = b"".join(file.read_bytes() for file in scene.state_dir.iterdir()
                                if file.is_file())
            for word in (secret, PASSWORD):
                self.assertNotIn(word, scene.stderr)
                self.assertNotIn(word, str(scene.events))
                self.assertNotIn(word.encode(), database)


class Addresses(TlsCase):
    def test_an_address_that_does_not_answer_is_no_end(self):
        """localhost is two addresses; the one that works is taken."""
        with Scene(address=HOST) as scene:
            scene.accept().register()
        if not socket.has_ipv6:
            return
        listener = Listener(family=socket.AF_INET6)
        self.addCleanup(listener.close)
        with Scene(address="::1", port=listener.port) as scene:
            Link(listener.accept_raw()).register().close()
            self.assertEqual(scene.ending(), (69, "link-closed"))
