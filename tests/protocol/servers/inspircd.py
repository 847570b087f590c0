# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""InspIRCd 3 and 4 with all modules that work by themselves; alone, or linked to another server or
to services."""

from programs import Program
from server import ADDRESS, Server

LINK_PASSWORD = "between-servers"

# Not loaded: what needs a database or data of others…
NEEDS_OTHERS = {"geo_maxmind", "geoban", "geoclass", "ldap", "ldapauth", "ldapoper", "log_sql",
                "mysql", "pgsql", "sqlauth", "sqlite3", "sqloper"}
# …what is of use only with a configuration of its own that no test is about, or for HTTP…
NEEDS_CONFIGURATION = {"cloak_md5", "codepage", "customprefix", "help", "helpop", "hostchange",
                       "httpd", "httpd_acl", "httpd_config", "httpd_stats", "nationalchars",
                       "opermotd", "passforward", "randquote", "showfile", "vhost"}
# …what another has taken the place of, and its letter (anticaps)…
REPLACED = {"blockcaps"}
# …and what takes from clients what the tests do: to chat, to come often, or to come at all.
FORBIDS = {"commonchans", "connectban", "connflood", "disable", "joinflood", "lockserv",
           "nicklock", "restrictchans", "restrictmsg", "shun"}


class Inspircd(Server):
    """`version` is 3 or 4. `services` says that it is linked to some, `linked` are the servers that
    it may be linked to. `sts`, if given, is how long its clients are to come by TLS, as "5m"."""

    def __init__(self, version, name="inspircd", authority=None, sid="1AA", sts=None,
                 services=False):
        super().__init__(name, authority)
        self.version, self.sid, self.sts = version, sid, sts
        self.server_name = f"{name}.test"
        self.link_port = self.free_port()
        self.has_services = services
        self.linked = []
        self._program = Program(f"inspircd-{version}")

    def _module_folder(self):
        return self._program.root / "usr/lib/inspircd/modules"

    def _modules(self):
        found = {path.stem[2:] for path in self._module_folder().glob("m_*.so")}
        unwanted = NEEDS_OTHERS | NEEDS_CONFIGURATION | REPLACED | FORBIDS
        return sorted(found - unwanted - (set() if self.sts else {"ircv3_sts"}))

    def start(self):
        self.spawn([*self._program.argv, "--nofork", "--runasroot", "--config",
                    self.write("inspircd.conf", self._configuration())])
        # It listens before it is ready.
        self.wait_for_ready(lambda: "is now running as" in self.output())

    def _configuration(self):
        modules = "\n".join(f'<module name="{name}">' for name in self._modules())
        level = "default" if self.version == 3 else "warning"
        return f"""
<server name="{self.server_name}" description="Test server" network="InspNet" id="{self.sid}">
<admin name="Nobody" nick="nobody" email="nobody@irc.test">
<path configdir="{self.folder}" datadir="{self.folder}" logdir="{self.folder}"
      runtimedir="{self.folder}" moduledir="{self._module_folder()}">
<bind address="{ADDRESS}" port="{self.port}" type="clients">
<bind address="{ADDRESS}" port="{self.tls_port}" type="clients" sslprofile="test">
<bind address="{ADDRESS}" port="{self.link_port}" type="servers">
<sslprofile name="test" provider="gnutls" certfile="{self.certificate.file}"
            keyfile="{self.certificate.key}" requestclientcert="yes" hash="sha256">
<connect name="all" allow="*" timeout="30" pingfreq="120" localmax="1000" globalmax="1000"
         resolvehostnames="no" useident="no" modes="" maxchans="100" commandrate="1000"
         fakelag="yes" recvq="32768" softsendq="1048576" hardsendq="10485760" threshold="10">
<class name="everything" commands="*" usermodes="*" chanmodes="*" privs="*" snomasks="*">
<type name="staff" classes="everything">
<oper name="keeper" password="keeper" host="*@*" type="staff">
<cidr ipv4clone="32">
<performance nouserdns="yes">
<options defaultmodes="not">
<security hidewhois="" hidekills="" customversion="">
{modules}
<badchan name="#forbidden" reason="Not for you">
{self._cloak()}
{f'<sts host="*" duration="{self.sts}" port="{self.tls_port}">' if self.sts else ""}
<sasl target="services.test" requiressl="no">
<wsorigin allow="*">
<waitpong sendsnotice="no" killonbadreply="no">
{self._links()}
<log method="stdout" type="* -USERINPUT -USEROUTPUT" level="{level}">
<pid file="{self.folder}/pid">
"""

    def _cloak(self):
        key = "a key that is only for the tests, and long"
        if self.version == 3:
            return f'<cloak mode="half" key="{key}" prefix="test-">'
        return f'<cloak method="hmac-sha256-addr" key="{key}" prefix="test-">'

    def _links(self):
        blocks = []
        for other in self.linked:
            blocks.append(f'<link name="{other.server_name}" ipaddr="{ADDRESS}"'
                          f' port="{other.link_port}" sendpass="{LINK_PASSWORD}"'
                          f' recvpass="{LINK_PASSWORD}" allowmask="{ADDRESS}">')
        if self.has_services:
            blocks.append(f'<link name="services.test" ipaddr="{ADDRESS}" port="1"'
                          f' sendpass="{LINK_PASSWORD}" recvpass="{LINK_PASSWORD}"'
                          f' allowmask="{ADDRESS}">')
            uline = "uline" if self.version == 3 else "services"
            blocks.append(f'<{uline} server="services.test">')
        return "\n".join(blocks)
