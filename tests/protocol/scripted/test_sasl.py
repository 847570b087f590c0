# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""SASL with servers that are right, wrong and hostile: what is said to each, to the letter, and what
becomes of the connection."""

import base64
import hashlib
import hmac
import unittest

from dialogue import SERVER, Unexpected
from scene import Scene

ACCOUNT, PASSWORD = "alice", "correct horse"
CHUNK = 400  # characters of base64 in one AUTHENTICATE
# The tests' links are plain: a password may be sent over them only since the owner says so.
KEYS = {"sasl_account": ACCOUNT, "sasl_password": PASSWORD, "sasl_plain_insecure": True}


def encode(data):
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def chunks(data):
    """The lines that `data` goes in, with an empty one at the end where that is due."""
    text = encode(data)
    pieces = [text[at:at + CHUNK] for at in range(0, len(text), CHUNK)]
    if not pieces or len(pieces[-1]) == CHUNK:
        pieces.append("+")
    return [f"AUTHENTICATE {piece}" for piece in pieces]


def receive(link):
    """What the client sends in answer, put together."""
    text = ""
    while True:
        piece = link.expect(r"AUTHENTICATE (\S+)")[1]
        text += "" if piece == "+" else piece
        if len(piece) < CHUNK:
            return base64.b64decode(text, validate=True)


class Scram:
    """The server's side of RFC 5802."""

    def __init__(self, link, algorithm="sha256", password=PASSWORD, iterations=4096,
                 salt=b"salt and pepper"):
        self.link, self.algorithm, self.password = link, algorithm, password
        self.iterations, self.salt = iterations, salt
        self.nonce_end = "server"

    def begin(self):
        """Up to the server's first message."""
        self.link.send("AUTHENTICATE +")
        first = receive(self.link).decode()
        header, _, self.first_bare = first.partition(",,")
        if header != "n" or not self.first_bare.startswith(f"n={ACCOUNT},r="):
            raise Unexpected(f"a client's first message: {first}")
        self.client_nonce = self.first_bare.partition(",r=")[2]
        self.server_first = (f"r={self.client_nonce}{self.nonce_end},s={encode(self.salt)},"
                             f"i={self.iterations}")
        self.link.send(*chunks(self.server_first))

    def _hmac(self, key, text):
        return hmac.digest(key, text, self.algorithm)

    def check_proof(self):
        """The client's final message is right; answers the server's signature."""
        final = receive(self.link).decode()
        without_proof, _, proof = final.rpartition(",p=")
        if without_proof != f"c=biws,r={self.client_nonce}{self.nonce_end}":
            raise Unexpected(f"a client's final message: {final}")
        salted = hashlib.pbkdf2_hmac(self.algorithm, self.password.encode(), self.salt,
                                     self.iterations)
        signed = ",".join((self.first_bare, self.server_first, without_proof)).encode()
        client_key = self._hmac(salted, b"Client Key")
        signature = self._hmac(hashlib.new(self.algorithm, client_key).digest(), signed)
        if bytes(a ^ b for a, b in zip(client_key, signature)) != base64.b64decode(proof):
            raise Unexpected("the client's proof is wrong")
        return self._hmac(self._hmac(salted, b"Server Key"), signed)


class SaslCase(unittest.TestCase):
    def begin(self, scene, mechanism, value="", nick="me"):
        """A link on which the client has asked for the mechanism."""
        link = scene.accept()
        link.greet()
        link.send(f":{SERVER} CAP {nick} LS :sasl{value}")
        link.expect_lines("CAP REQ :sasl")
        link.send(f":{SERVER} CAP {nick} ACK :sasl")
        link.expect_lines(f"AUTHENTICATE {mechanism}")
        return link

    def finish(self, scene, link):
        """The server says yes, and the client goes on to the welcome."""
        link.send(f":{SERVER} 900 * * {ACCOUNT} :You are now logged in as {ACCOUNT}",
                  f":{SERVER} 903 me :SASL authentication successful")
        link.expect_lines("CAP END")
        link.welcome()
        link.sync()
        scene.check_state("connected")

    def check_given_up(self, scene, link, status, code):
        """No user without SASL: CAP END is not said, nor anything else."""
        link.expect_end()
        self.assertEqual(scene.ending(), (status, code))
        self.assertNotIn("CAP END", link.said)


class Success(SaslCase):
    def test_plain(self):
        """In every form in which servers were seen to ask for it."""
        for ask in ("AUTHENTICATE +", "AUTHENTICATE :+", f":{SERVER} AUTHENTICATE +",
                    f"@time=2026-01-01T00:00:00.000Z :{SERVER} AUTHENTICATE :+"):
            with self.subTest(ask=ask), Scene(**KEYS, sasl_mechanisms="PLAIN") as scene:
                link = self.begin(scene, "PLAIN", "=PLAIN,EXTERNAL")
                link.send(ask)
                self.assertEqual(receive(link), f"{ACCOUNT}\0{ACCOUNT}\0{PASSWORD}".encode())
                self.finish(scene, link)

    def test_a_response_of_several_chunks(self):
        # 300 bytes are one whole chunk, which needs an empty one behind it.
        for length in (299, 300, 301, 600, 700):
            password = "p" * (length - 2 * len(ACCOUNT) - 2)
            keys = KEYS | {"sasl_password": password}
            with self.subTest(length=length), Scene(**keys, sasl_mechanisms="PLAIN") as scene:
                link = self.begin(scene, "PLAIN")
                link.send("AUTHENTICATE +")
                link.expect_lines(*chunks(f"{ACCOUNT}\0{ACCOUNT}\0{password}"))
                self.finish(scene, link)

    def test_scram(self):
        for algorithm, name in (("sha256", "SCRAM-SHA-256"), ("sha512", "SCRAM-SHA-512")):
            with self.subTest(name=name), Scene(**KEYS, sasl_mechanisms=name) as scene:
                link = self.begin(scene, name, f"={name}")
                scram = Scram(link, algorithm)
                scram.begin()
                link.send(*chunks(b"v=" + base64.b64encode(scram.check_proof())))
                link.expect_lines("AUTHENTICATE +")
                self.finish(scene, link)

    def test_a_challenge_of_several_chunks(self):
        """Joined again, and at exactly one chunk only the empty one behind it is the end."""
        for padding in (400, None):
            with self.subTest(padding=padding), \
                    Scene(**KEYS, sasl_mechanisms="SCRAM-SHA-256") as scene:
                link = self.begin(scene, "SCRAM-SHA-256")
                scram = Scram(link, salt=b"s" * 300)
                if padding is None:
                    # r=<24><end>,s=<salt>,i=4096 of just 300 bytes
                    scram.salt = b"s" * 150
                    scram.nonce_end = "e" * (300 - len("r=,s=,i=4096") - 24 - 200)
                scram.begin()
                asked = chunks(scram.server_first)
                self.assertEqual(len(asked), 2)
                self.assertEqual(asked[-1] == "AUTHENTICATE +", padding is None)
                link.send(*chunks(b"v=" + base64.b64encode(scram.check_proof())))
                link.expect_lines("AUTHENTICATE +")
                self.finish(scene, link)

    def test_other_lines_in_between(self):
        with Scene(**KEYS, sasl_mechanisms="SCRAM-SHA-256") as scene:
            link = self.begin(scene, "SCRAM-SHA-256")
            link.sync()
            link.send(f":{SERVER} NOTICE * :*** Checking Ident")
            scram = Scram(link, iterations=200_000)  # worked at for a while
            scram.begin()
            signature = scram.check_proof()
            link.sync()
            link.send(*chunks(b"v=" + base64.b64encode(signature)))
            link.expect_lines("AUTHENTICATE +")
            self.finish(scene, link)

    def test_already_logged_in(self):
        with Scene(**KEYS, sasl_mechanisms="PLAIN", sasl_required=True) as scene:
            link = self.begin(scene, "PLAIN")
            link.send(f":{SERVER} 907 me :You have already authenticated using SASL")
            link.expect_lines("CAP END")


class Refusal(SaslCase):
    # Each says no to the one mechanism that we have.
    NUMERICS = {
        "902": "me :You must use a nick assigned to you",
        "904": "me :SASL authentication failed",
        "905": "me :SASL message too long",
        "906": "me :SASL authentication aborted",
        "908": "me EXTERNAL,X-ODD :are available SASL mechanisms",
    }

    def test_required(self):
        for number, text in self.NUMERICS.items():
            with self.subTest(number=number), \
                    Scene(**KEYS, sasl_mechanisms="PLAIN", sasl_required=True) as scene:
                link = self.begin(scene, "PLAIN", "=PLAIN")
                link.send("AUTHENTICATE +")
                receive(link)
                link.send(f":{SERVER} {number} {text}")
                self.check_given_up(scene, link, 77, "credentials")
                self.assertTrue(scene.is_blocked_for_good())

    def test_not_required(self):
        """Then we register without, and are nobody to services."""
        for number, text in self.NUMERICS.items():
            with self.subTest(number=number), \
                    Scene(**KEYS, sasl_mechanisms="PLAIN", sasl_required=False) as scene:
                link = self.begin(scene, "PLAIN")
                link.send("AUTHENTICATE +")
                receive(link)
                link.send(f":{SERVER} {number} {text}")
                link.expect_lines("CAP END")
                link.welcome()
                link.sync()
                scene.check_state("connected")

    def test_the_next_mechanism(self):
        """908 names those that there are; a 904 behind it is of the same attempt."""
        keys = KEYS | {"sasl_mechanisms": "SCRAM-SHA-512;SCRAM-SHA-256;PLAIN"}
        for lines in (["904 me :Failed"], ["908 me PLAIN :are the mechanisms"],
                      ["908 me PLAIN :are the mechanisms", "904 me :Failed"]):
            with self.subTest(lines=lines), Scene(**keys) as scene:
                link = self.begin(scene, "SCRAM-SHA-512", "=SCRAM-SHA-512,PLAIN")
                link.send(*(f":{SERVER} {line}" for line in lines))
                link.expect_lines("AUTHENTICATE PLAIN")
                link.send("AUTHENTICATE +")
                receive(link)
                self.finish(scene, link)

    def test_not_offered(self):
        """Services may be away: worth another try later, but no user without SASL."""
        for offered in ("", "batch"):
            with self.subTest(offered=offered), Scene(**KEYS, sasl_required=True) as scene:
                link = scene.accept()
                link.greet()
                link.send(f":{SERVER} CAP * LS :{offered}")
                if offered:
                    link.expect_lines("CAP REQ :batch")
                    link.send(f":{SERVER} CAP me ACK :batch")
                self.check_given_up(scene, link, 69, "registration")

    def test_not_granted(self):
        with Scene(**KEYS, sasl_required=True) as scene:
            link = scene.accept()
            link.greet()
            link.send(f":{SERVER} CAP * LS :sasl=PLAIN")
            link.expect_lines("CAP REQ :sasl")
            link.send(f":{SERVER} CAP me NAK :sasl")
            link.expect_end()
            self.assertNotIn("CAP END", link.said)
            self.assertIn(scene.wait(), (69, 77))

    def test_a_server_that_does_not_know_of_it(self):
        """Its welcome comes all the same; we are gone by then."""
        with Scene(**KEYS, sasl_required=True) as scene:
            link = scene.accept()
            link.greet()
            link.send(f":{SERVER} 421 * CAP :Unknown command")
            self.check_given_up(scene, link, 69, "registration")

    def test_no_password_over_a_link_that_is_not_secure(self):
        for required, is_let_in in ((True, False), (False, True)):
            keys = KEYS | {"sasl_plain_insecure": False, "sasl_mechanisms": "PLAIN",
                           "sasl_required": required}
            with self.subTest(required=required), Scene(**keys) as scene:
                link = scene.accept()
                link.greet()
                link.send(f":{SERVER} CAP * LS :sasl=PLAIN")
                if is_let_in:
                    link.expect_lines("CAP END")
                else:
                    self.check_given_up(scene, link, 77, "credentials")
                self.assertFalse([line for line in link.said if line.startswith("AUTHENTICATE")])

    def test_nothing_but_silence(self):
        """A step without an answer ends by the deadline of registration."""
        with Scene(**KEYS, sasl_mechanisms="PLAIN", register_timeout=1) as scene:
            link = self.begin(scene, "PLAIN")
            self.check_given_up(scene, link, 69, "registration")


class Hostile(SaslCase):
    """A server that cannot prove itself, or wants us to work, is told no, and not the password."""

    KEYS = KEYS | {"sasl_mechanisms": "SCRAM-SHA-256;PLAIN", "sasl_required": True}

    def check_aborted(self, scene, link):
        link.expect_lines("AUTHENTICATE *")
        link.send(f":{SERVER} 906 me :SASL authentication aborted")

    def check_not_trusted(self, scene, link):
        """No other mechanism is tried."""
        self.check_aborted(scene, link)
        self.check_given_up(scene, link, 77, "credentials")

    def test_iterations(self):
        for iterations in (0, 1, 4095, 1_000_001, 4_294_967_297, -4096, "4096x", ""):
            with self.subTest(iterations=iterations), Scene(**self.KEYS) as scene:
                link = self.begin(scene, "SCRAM-SHA-256")
                Scram(link, iterations=iterations).begin()
                self.check_aborted(scene, link)

    def test_signature(self):
        def flipped(right):
            return base64.b64encode(bytes([right[0] ^ 1]) + right[1:])

        finals = {
            "wrong": lambda right: b"v=" + flipped(right),
            "short": lambda right: b"v=" + base64.b64encode(right[:16]),
            "empty": lambda right: b"v=",
            "no base64": lambda right: b"v=!!!!",
            "an error": lambda right: b"e=invalid-proof",
            "something else": lambda right: b"x",
        }
        for name, final in finals.items():
            with self.subTest(name=name), Scene(**self.KEYS) as scene:
                link = self.begin(scene, "SCRAM-SHA-256")
                scram = Scram(link)
                scram.begin()
                link.send(*chunks(final(scram.check_proof())))
                if name == "an error":
                    self.check_aborted(scene, link)
                else:
                    self.check_not_trusted(scene, link)

    def test_success_without_a_signature(self):
        """903 before the server has shown that it knows the password is worth nothing."""
        with Scene(**self.KEYS) as scene:
            link = self.begin(scene, "SCRAM-SHA-256")
            scram = Scram(link)
            scram.begin()
            scram.check_proof()
            link.send(f":{SERVER} 900 me me!u@h {ACCOUNT} :You are now logged in",
                      f":{SERVER} 903 me :SASL authentication successful")
            self.check_given_up(scene, link, 77, "credentials")

    def test_an_empty_final(self):
        with Scene(**self.KEYS) as scene:
            link = self.begin(scene, "SCRAM-SHA-256")
            scram = Scram(link)
            scram.begin()
            scram.check_proof()
            link.send("AUTHENTICATE +")
            link.expect_lines("AUTHENTICATE *")

    def test_a_nonce_that_is_not_ours(self):
        for make in (lambda nonce: "x" + nonce + "server", lambda nonce: nonce,
                     lambda nonce: nonce[:-1] + "server", lambda nonce: ""):
            with self.subTest(make=make("NONCE")), Scene(**self.KEYS) as scene:
                link = self.begin(scene, "SCRAM-SHA-256")
                link.send("AUTHENTICATE +")
                nonce = receive(link).decode().partition(",r=")[2]
                link.send(*chunks(f"r={make(nonce)},s={encode(b'salt')},i=4096"))
                self.check_aborted(scene, link)

    def test_challenges_that_are_none(self):
        cases = ["AUTHENTICATE !!!!", "AUTHENTICATE =", "AUTHENTICATE A",
                 f"AUTHENTICATE {encode('nonsense')}", f"AUTHENTICATE {encode('m=x,r=1,s=2,i=3')}",
                 "AUTHENTICATE AAA=A===", "AUTHENTICATE +"]
        for line in cases:
            with self.subTest(line=line), Scene(**self.KEYS) as scene:
                link = self.begin(scene, "SCRAM-SHA-256")
                link.send("AUTHENTICATE +")
                receive(link)
                link.send(line)
                self.check_aborted(scene, link)

    def test_an_empty_challenge(self):
        """Without a parameter, or with an empty one: as much as "+"."""
        for line in ("AUTHENTICATE", "AUTHENTICATE :", "AUTHENTICATE +"):
            keys = self.KEYS | {"sasl_mechanisms": "PLAIN"}
            with self.subTest(line=line), Scene(**keys) as scene:
                link = self.begin(scene, "PLAIN")
                link.send(line)
                self.assertEqual(receive(link), f"{ACCOUNT}\0{ACCOUNT}\0{PASSWORD}".encode())
                self.finish(scene, link)

    def test_a_challenge_without_an_end(self):
        with Scene(**self.KEYS) as scene:
            link = self.begin(scene, "SCRAM-SHA-256")
            link.send("AUTHENTICATE +")
            receive(link)
            line = f"AUTHENTICATE {'A' * CHUNK}\r\n".encode()
            link.send_raw(line * 2000)
            link.expect_lines("AUTHENTICATE *")
            link.sync()

    def test_mechanisms_out_of_thin_air(self):
        """Numerics and challenges of an authentication that is not under way change nothing."""
        with Scene() as scene:
            link = scene.accept()
            link.greet()
            link.send("AUTHENTICATE +", f":{SERVER} 903 me :Yes", f":{SERVER} 904 me :No",
                      f":{SERVER} 908 me PLAIN :these", "AUTHENTICATE QUJD")
            link.sync()
            link.negotiate()
            link.expect_lines("CAP END")
            link.welcome()
            link.send("AUTHENTICATE +", f":{SERVER} 903 me :Yes", f":{SERVER} 906 me :No")
            link.sync()
            scene.check_state("connected")


class Anew(SaslCase):
    KEYS = KEYS | {"sasl_mechanisms": "PLAIN", "sasl_required": False}

    def log_in(self, link):
        link.expect_lines("AUTHENTICATE PLAIN")
        link.send("AUTHENTICATE +")
        self.assertEqual(receive(link), f"{ACCOUNT}\0{ACCOUNT}\0{PASSWORD}".encode())
        link.send(f":{SERVER} 900 me me!u@h {ACCOUNT} :You are now logged in as {ACCOUNT}",
                  f":{SERVER} 903 me :SASL authentication successful")
        link.sync()

    def test_services_come_back(self):
        """CAP DEL is no question, CAP NEW is an offer: we log in, and only if we are not."""
        with Scene(**self.KEYS) as scene:
            link = scene.accept().register("cap-notify")
            link.send(f":{SERVER} CAP me NEW :sasl=PLAIN")
            link.expect_lines("CAP REQ :sasl")
            link.send(f":{SERVER} CAP me ACK :sasl")
            self.log_in(link)
            link.send(f":{SERVER} CAP me DEL :sasl")
            link.sync()
            link.send(f":{SERVER} CAP me NEW :sasl=PLAIN")
            link.expect_lines("CAP REQ :sasl")
            link.send(f":{SERVER} CAP me ACK :sasl")
            link.sync()  # logged in still
            link.send(f":{SERVER} 901 me me!u@h :You are now logged out",
                      f":{SERVER} CAP me NEW :sasl=PLAIN,EXTERNAL")
            said = link.next_line()
            if said == "CAP REQ :sasl":  # a new value may be asked for, or is had already
                link.send(f":{SERVER} CAP me ACK :sasl")
                said = link.next_line()
            self.assertEqual(said, "AUTHENTICATE PLAIN")

    def test_gone_in_the_middle(self):
        """Withdrawn while we log in: registration goes on without, if it may."""
        for is_required in (False, True):
            keys = self.KEYS | {"sasl_required": is_required}
            with self.subTest(is_required=is_required), Scene(**keys) as scene:
                link = self.begin(scene, "PLAIN")
                link.send(f":{SERVER} CAP me DEL :sasl")
                if is_required:
                    self.check_given_up(scene, link, 69, "registration")
                else:
                    link.expect_lines("CAP END")

    def test_refused_later(self):
        """While on, a refusal is told and ends nothing."""
        with Scene(**self.KEYS) as scene:
            link = scene.accept().register("cap-notify")
            link.send(f":{SERVER} CAP me NEW :sasl")
            link.expect_lines("CAP REQ :sasl")
            link.send(f":{SERVER} CAP me ACK :sasl")
            link.expect_lines("AUTHENTICATE PLAIN")
            link.send(f":{SERVER} 904 me :SASL authentication failed")
            link.sync()
            scene.check_state("connected")
