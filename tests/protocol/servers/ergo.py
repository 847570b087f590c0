# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Ergo, which has services, history and most of IRCv3 built in."""

import subprocess

from programs import Program
from server import ADDRESS, Server

# Of "keeper", at the lowest cost.
KEEPER = "$2a$04$n2e926fdZHnLnk0A6ZuGP.L4lOZjyayHZMr0qw.8LTjwnDrXEpPEC"

CONFIGURATION = """
network:
    name: ErgoNet
server:
    name: {server.server_name}
    listeners:
        "{address}:{server.port}":
        "{address}:{server.tls_port}":
            tls:
                cert: {server.certificate.file}
                key: {server.certificate.key}
    sts:
        enabled: {is_sts}
        duration: {duration}
        port: {server.tls_port}
    casemapping: ascii
    enforce-utf8: true
    max-sendq: 10M
    compatibility:
        force-trailing: true
        send-unprefixed-sasl: true
        allow-truncation: false
    ip-limits:
        count: false
        throttle: false
    ip-cloaking:
        enabled: true
        netname: test
        cidr-len-ipv4: 32
        cidr-len-ipv6: 64
        num-bits: 64
    lookup-hostnames: false
    check-ident: false
accounts:
    authentication-enabled: true
    registration:
        enabled: true
        allow-before-connect: true
        throttling:
            enabled: false
        bcrypt-cost: 4
    login-throttling:
        enabled: false
    login-via-pass-command: true
    advertise-scram: true
    nick-reservation:
        enabled: true
        method: strict
        force-nick-equals-account: true
    multiclient:
        enabled: true
        allowed-by-default: true
        always-on: opt-in
        auto-away: opt-in
channels:
    default-modes: +nt
    max-channels-per-client: 100
    registration:
        enabled: true
oper-classes:
    everything:
        title: Operator
        capabilities: [kill, ban, nofakelag, vhosts, sajoin, samode, snomasks, rehash, accreg,
                       chanreg, history, massmessage, relaymsg]
opers:
    keeper:
        class: everything
        password: "{keeper}"
logging:
    - method: stderr
      type: "*"
      level: warn
lock-file: {server.folder}/ircd.lock
datastore:
    path: {server.folder}/ircd.db
limits:
    nicklen: 32
    identlen: 20
    channellen: 64
    awaylen: 390
    kicklen: 390
    topiclen: 390
    monitor-entries: 100
    whowas-entries: 100
    chan-list-modes: 60
    registration-messages: 1024
    multiline:
        max-bytes: 4096
        max-lines: 100
fakelag:
    enabled: true
    window: 1s
    burst-limit: 5
    messages-per-window: 2
    cooldown: 2s
    command-budgets:
        CHATHISTORY: 16
        MARKREAD: 16
history:
    enabled: true
    channel-length: 2048
    client-length: 256
    chathistory-maxmessages: 100
    restrictions:
        query-cutoff: none
    retention:
        allow-individual-delete: true
"""


class Ergo(Server):
    """`sts`, if given, is how long its clients are to come by TLS, as "5m"."""

    def __init__(self, name="ergo", authority=None, sts=None):
        super().__init__(name, authority)
        self.server_name = f"{name}.test"
        self.sts = sts

    def start(self):
        program = Program("ergo")
        path = self.write("ircd.yaml", self._configuration())
        subprocess.run([*program.argv, "initdb", "--conf", path, "--quiet"], check=True,
                       cwd=self.folder, stdout=subprocess.DEVNULL)
        self.spawn([*program.argv, "run", "--conf", path])
        self.wait_for_port(self.port)
        self.wait_for_port(self.tls_port)

    def register(self, account, password, certificate=None, settings=()):
        """Makes an account; the certificate that it is made with may log in as well. `settings` are
        of NickServ, as "always-on true"."""
        with self.person(account, certificate=certificate, tls=True) as person:
            person.ask(f"NS REGISTER {password}", r" NOTICE \S+ :Account created")
            for setting in settings:
                person.carry_out(f"NS SET {setting}")

    def _configuration(self):
        return CONFIGURATION.format(server=self, address=ADDRESS, keeper=KEEPER,
                                    is_sts=str(bool(self.sts)).lower(), duration=self.sts or "0")
