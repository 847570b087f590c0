# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""Services that are linked to an InspIRCd: Atheme and Anope. They know accounts and answer SASL."""

from host import wait_for
from inspircd import LINK_PASSWORD
from programs import Program
from server import ADDRESS, Child

ATHEME_MODULES = (
    "backend/opensex", "crypto/pbkdf2v2", "protocol/inspircd",
    "nickserv/main", "nickserv/cert", "nickserv/ghost", "nickserv/group", "nickserv/identify",
    "nickserv/info", "nickserv/logout", "nickserv/register", "nickserv/set_core",
    "nickserv/set_property", "nickserv/set_pubkey", "saslserv/main", "saslserv/plain",
    "saslserv/external", "saslserv/ecdsa-nist256p-challenge", "operserv/main")
ANOPE_COMMANDS = {"CERT": "cert", "GROUP": "group", "IDENTIFY": "identify", "INFO": "info",
                  "LOGOUT": "logout", "RECOVER": "recover", "REGISTER": "register"}


class Services(Child):
    """`server` is an Inspircd that was made with `services=` of the same name and runs."""

    SERVER_NAME = "services.test"

    def __init__(self, name, server):
        super().__init__(name, user="nobody")
        self.server = server

    def wait_until_linked(self):
        with self.server.person("watcher") as watcher:
            self.wait_for_ready(lambda: self._is_here(watcher))

    def wait_until_gone(self):
        """After a stop(): until the server knows."""
        with self.server.person("watcher") as watcher:
            wait_for("the end of the services", lambda: not self._is_here(watcher))

    @staticmethod
    def _is_here(watcher):
        return " 311 " in watcher.ask("WHOIS NickServ", r" (311|401) ")

    def register(self, account, password, certificate=None, key=None):
        """Makes an account; `certificate` and the public `key` (base64, compressed) may log in as
        well."""
        with self.server.person(account, certificate=certificate) as person:
            self.register_person(person, password)
            if certificate is not None:
                self.ask(person, "CERT ADD", "[Aa]dded")
            if key is not None:
                self.ask(person, f"SET PUBKEY {key}", "public key is now")

    @staticmethod
    def ask(person, command, answer):
        person.say("NickServ", command)
        return person.wait_for(rf"^:NickServ!\S+ NOTICE .*{answer}")


class Atheme(Services):
    def __init__(self, server):
        super().__init__("atheme", server)

    def start(self):
        program = Program("atheme")
        path = self.write("atheme.conf", self._configuration())
        self.spawn([*program.argv, "-n", "-c", path, "-D", self.folder, "-l",
                    self.folder / "log", "-p", self.folder / "pid"])
        self.wait_until_linked()

    def register_person(self, person, password):
        self.ask(person, f"REGISTER {password} {person.nick}@irc.test", "is now registered")

    def _configuration(self):
        modules = "\n".join(f'loadmodule "modules/{name}";' for name in ATHEME_MODULES)
        bots = "\n".join(
            f'{name.lower()} {{ nick = "{name}"; user = "services"; host = "{self.SERVER_NAME}";'
            f' real = "Services"; }};' for name in ("NickServ", "SaslServ", "OperServ"))
        return f"""
{modules}
serverinfo {{
        name = "{self.SERVER_NAME}";
        desc = "Services";
        numeric = "00A";
        recontime = 1;
        netname = "InspNet";
        hidehostsuffix = "users.test";
        adminname = "Nobody";
        adminemail = "nobody@irc.test";
        registeremail = "nobody@irc.test";
        loglevel = {{ error; info; admin; network; wallops; }};
        maxlogins = 20;
        maxusers = 0;
        mdlimit = 30;
        emaillimit = 100;
        emailtime = 300;
        auth = none;
        casemapping = rfc1459;
}};
uplink "{self.server.server_name}" {{
        host = "{ADDRESS}";
        send_password = "{LINK_PASSWORD}";
        receive_password = "{LINK_PASSWORD}";
        port = {self.server.link_port};
}};
{bots}
general {{
        flood_msgs = 0;
        ratelimit_uses = 0;
        commit_interval = 5;
        default_clone_allowed = 1000;
        language = "en";
}};
"""


class Anope(Services):
    def __init__(self, server):
        super().__init__("anope", server)

    def start(self):
        program = Program("anope")
        self.write("anope.conf", self._configuration())
        self.spawn([*program.argv, "--nofork", f"--confdir={self.folder}", "--config=anope.conf",
                    f"--dbdir={self.folder}", f"--logdir={self.folder}",
                    f"--modulesdir={program.root}/usr/lib/anope"])
        self.wait_until_linked()

    def register_person(self, person, password):
        self.ask(person, f"REGISTER {password} {person.nick}@irc.test", "registered")

    def _configuration(self):
        modules = "\n".join(f'module {{ name = "ns_{name}" }}\n'
                            f'command {{ service = "NickServ"; name = "{word}";'
                            f' command = "nickserv/{name}"; }}'
                            for word, name in ANOPE_COMMANDS.items() if name != "register")
        return f"""
uplink {{ host = "{ADDRESS}"; ipv6 = no; ssl = no; port = {self.server.link_port};
        password = "{LINK_PASSWORD}" }}
serverinfo {{ name = "{self.SERVER_NAME}"; description = "Services"; id = "00A";
        pid = "{self.folder}/pid"; motd = "{self.folder}/motd" }}
module {{ name = "inspircd3"; use_server_side_mlock = no; use_server_side_topiclock = no }}
networkinfo {{ networkname = "InspNet"; nicklen = 30; userlen = 10; hostlen = 64; chanlen = 60;
        modelistsize = 100; vhost_chars = "abcdefghijklmnopqrstuvwxyz0123456789.-";
        allow_undotted_vhosts = false; disallow_start_or_end = ".-" }}
options {{ casemap = "ascii"; seed = 4711; strictpasswords = no; badpasslimit = 100;
        updatetimeout = 5m; expiretimeout = 30m; readtimeout = 5s; warningtimeout = 4h;
        retrywait = 1s }}
log {{ target = "services.log"; logage = 7; admin = "*"; commands = "*"; servers = "*"; users = "*";
        other = "*"; rawio = no; debug = no }}
mail {{ usemail = no; sendmailpath = "/bin/false"; sendfrom = "nobody@irc.test"; delay = 5m }}
module {{ name = "db_flatfile"; database = "anope.db"; keepbackups = 1; fork = no }}
module {{ name = "enc_sha256" }}
module {{ name = "m_sasl" }}
service {{ nick = "NickServ"; user = "services"; host = "{self.SERVER_NAME}"; gecos = "Services" }}
module {{ name = "nickserv"; client = "NickServ"; forceemail = no; defaults = "";
        regdelay = 0; expire = 0; nonicknameownership = no; passlen = 64;
        guestnickprefix = "Guest"; enforceruser = "enforcer"; enforcerhost = "{self.SERVER_NAME}" }}
module {{ name = "ns_register"; registration = "none" }}
{modules}
command {{ service = "NickServ"; name = "REGISTER"; command = "nickserv/register"; }}
"""
