# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Logging in to an account, and knowing whose account somebody has, on every server with services.
"""

from cases import ServerCase
from certificates import Certificate

PASSWORD = "correct-horse"


class AccountCase(ServerCase):
    """Each case has an account of its own, with our nickname and PASSWORD; register() makes it."""

    MECHANISMS = ()  # that the server offers

    def register(self, certificate=None):
        """Makes our account."""
        raise NotImplementedError

    def certificate(self):
        return Certificate(self.server.folder, self.nick)

    def logged_in(self, mechanisms, **keys):
        """Ours, logged in by one of these mechanisms."""
        return self.online(**self.login(mechanisms, **keys))

    def login(self, mechanisms, **keys):
        return self.secure(sasl_mechanisms=mechanisms, sasl_account=self.nick, **keys)

    def assert_logged_in(self, client, mechanism):
        """The server said so, to the mechanism that was tried last."""
        tried = [line.split()[2] for line in client.trace
                 if line.startswith("> AUTHENTICATE ") and line.split()[2] in (
                     "PLAIN", "EXTERNAL", "SCRAM-SHA-256", "SCRAM-SHA-512",
                     "ECDSA-NIST256P-CHALLENGE")]
        self.assertEqual(tried[-1:], [mechanism], client.describe())
        self.assertTrue([line for line in client.trace if f" 900 {self.nick} " in line or
                         " 900 * " in line], client.describe())
        self.assertIn(f" {self.nick} :", next(line for line in client.trace if " 900 " in line))
        self.assertNotIn(PASSWORD, client.stderr)


class LoginCases:
    def test_plain(self):
        self.register()
        client = self.logged_in(["PLAIN"], sasl_password=PASSWORD)
        self.assert_logged_in(client, "PLAIN")

    def test_external(self):
        mine = self.certificate()
        self.register(certificate=mine)
        client = self.logged_in(["EXTERNAL"], tls_client_cert=mine.file, tls_client_key=mine.key)
        self.assert_logged_in(client, "EXTERNAL")

    def test_next_mechanism_after_a_strange_certificate(self):
        self.register()
        strange = self.certificate()
        client = self.logged_in(["EXTERNAL", "PLAIN"], sasl_password=PASSWORD,
                                tls_client_cert=strange.file, tls_client_key=strange.key)
        self.assert_logged_in(client, "PLAIN")

    def test_wrong_password(self):
        self.register()
        for mechanism in set(self.MECHANISMS) & {"PLAIN", "SCRAM-SHA-256"}:
            with self.subTest(mechanism=mechanism):
                client = self.client(**self.login([mechanism], sasl_password="wrong"))
                self.assert_ends(client, 77, "credentials")
                self.assertFalse([line for line in client.trace if " 001 " in line])
                self.assertEqual(client.query("SELECT is_permanent FROM blocklist"), [(1,)])

    def test_mechanism_that_is_not_offered(self):
        self.register()
        client = self.logged_in(["SCRAM-SHA-512", "PLAIN"], sasl_password=PASSWORD)
        self.assert_logged_in(client, "PLAIN")

    def test_plain_is_not_said_in_the_clear(self):
        self.register()
        client = self.client(sasl_mechanisms=["PLAIN"], sasl_account=self.nick,
                             sasl_password=PASSWORD)
        self.assertEqual(client.wait(), 77, client.describe())
        self.assertFalse([line for line in client.trace if line.startswith("> AUTHENTICATE")])
        self.assertFalse([line for line in client.trace if " 001 " in line])


class TrackingCases:
    """The account of others, by extended-join, account-tag, account-notify and WHOX. A
    module's friend() is somebody who is logged in to an account of the same name."""

    def accounts(self, client):
        return dict(client.query("SELECT nickname, account FROM channel_users"))

    def test_of_who_was_there(self):
        friend = self.friend()
        friend.join(self.channel)
        client = self.online()
        client.wait_until("the friend's account",
                          lambda: self.accounts(client) == {self.nick: None,
                                                            friend.nick: friend.nick})

    def test_of_who_joins_and_speaks(self):
        friend, stranger = self.friend(), self.other("stranger")
        client = self.online()
        friend.join(self.channel)
        stranger.join(self.channel)
        friend.say(self.channel, "with an account")
        stranger.say(self.channel, "without")
        self.assertEqual(self.wait_for_row(client, "privmsg", "with an account")["account"],
                         friend.nick)
        self.assertIsNone(self.wait_for_row(client, "privmsg", "without")["account"])
        self.assertEqual(self.accounts(client),
                         {self.nick: None, friend.nick: friend.nick, stranger.nick: None})

    def test_of_ourselves(self):
        self.register()
        client = self.logged_in(["PLAIN"], sasl_password=PASSWORD)
        self.assert_accepted(client, "privmsg", target=self.channel, message="it is me")
        self.assertEqual(self.wait_for_row(client, "privmsg", "it is me")["account"], self.nick)
        client.wait_until("our account",
                          lambda: self.accounts(client) == {self.nick: self.nick})
