# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""ngIRCd, alone or linked to another."""

from programs import Program
from server import ADDRESS, Server

LINK_PASSWORD = "between-servers"


class Ngircd(Server):
    """`password` is wanted of everybody. `leaf` is the name of another that may link to this one;
    `hub` is the server to which this one may link."""

    def __init__(self, name="ngircd", authority=None, password=None, leaf=None, hub=None):
        super().__init__(name, authority)
        self.server_name = f"{name}.test"
        self._password, self._leaf, self._hub = password, leaf, hub

    def start(self):
        program = Program("ngircd")
        self.spawn([*program.argv, "--nodaemon", "--config",
                    self.write("ngircd.conf", self._configuration())])
        self.wait_for_port(self.port)
        self.wait_for_port(self.tls_port)

    def _configuration(self):
        return f"""
[Global]
        Name = {self.server_name}
        Info = Test server
        MotdPhrase = Hello
        Network = NgNet
        Listen = {ADDRESS}
        Ports = {self.port}
        {f"Password = {self._password}" if self._password else ""}

[Limits]
        ConnectRetry = 5
        MaxConnections = 0
        MaxConnectionsIP = 0
        MaxJoins = 100
        MaxNickLength = 30

[Options]
        DNS = no
        Ident = no
        PAM = no
        OperCanUseMode = yes

[Operator]
        Name = keeper
        Password = keeper

[SSL]
        CertFile = {self.certificate.file}
        KeyFile = {self.certificate.key}
        Ports = {self.tls_port}
{self._server_block()}
"""

    def _server_block(self):
        if self._hub is not None:
            name = self._hub.server_name
            where = f"Host = {ADDRESS}\n        Port = {self._hub.port}"
        elif self._leaf is not None:
            name, where = f"{self._leaf}.test", "Passive = yes"
        else:
            return ""
        return f"""
[Server]
        Name = {name}
        {where}
        MyPassword = {LINK_PASSWORD}
        PeerPassword = {LINK_PASSWORD}
"""
