# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The main job, shown: `demo.py BUILD` runs what a person would type, in a disposable host."""

import re
import subprocess
import sys
import threading

from host import Host, wait_for
from irc_client import IrcClient

HINTS = """
This is a shell in the host; `exit` ends it and the host. Bob is in #garden and answers whoever
speaks to him. Try:

  ircctl say 1 '#garden' 'bob: are you there?'; ircctl history 1 '#garden'
  ircctl follow 1 &
  systemctl kill --signal=KILL irc-conn@1; systemctl status irc-conn@1
  systemd-analyze security irc-conn@1
  sqlite3 /var/lib/irc-conn/tenants/0/irc.db 'SELECT * FROM log'
  journalctl -x IRC_SERVER=1
  systemctl stop irc-conn.target
"""


class Bob:
    """The other person: he answers who speaks to him."""

    def __init__(self, sock):
        self.client = IrcClient(sock, "bob")
        self.client.join("#garden")

    def answer_for_ever(self):
        try:
            while True:
                line = self.client.wait_for(r"PRIVMSG #garden :.*bob", timeout=86400)
                nick = re.match(r":([^!]+)", line)[1]
                self.client.say("#garden", f"{nick}: yes, I hear you")
        except (EOFError, OSError, TimeoutError):
            pass


class Stage:
    def __init__(self, host):
        self.host = host
        self.has_failed = False

    @staticmethod
    def tell(text):
        print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n# {text}", flush=True)

    def type(self, command):
        """Shows a command as it is typed, and what it prints."""
        print(f"$ {command}", flush=True)
        result = self.host.run("sh", "-c", command)
        for line in result.out.splitlines():
            print(f"  {line}")
        if result.status != 0:
            print(f"  (exit status {result.status})")
            self.has_failed = True


def play(stage):
    host = stage.host
    stage.tell("An IRC server runs in the host.")
    stage.type("systemctl start ngircd@ngircd")
    stage.tell("A connection is added, and started as a unit: that returns when the server has"
               " welcomed it.")
    stage.type("ircctl add irc.test port=6667 tls=false nickname=ada 'channels=#garden'")
    stage.type("systemctl start irc-conn@1")
    stage.type("systemctl status --lines=0 irc-conn@1")

    stage.tell("Bob comes with a client of his own; what he says arrives as D-Bus signals.")
    print("$ ircctl follow 1 &")
    follower = host.popen("ircctl", "follow", "1", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    shown = []
    threading.Thread(target=lambda: shown.extend(iter(follower.stdout.readline, "")),
                     daemon=True).start()
    bob = Bob(host.connect(6667))
    wait_for("bob in the channel", lambda: "bob" in host.run(
        "sqlite3", "/var/lib/irc-conn/tenants/0/irc.db", "SELECT nickname FROM channel_users").out)
    bob.client.say("#garden", "Hello everybody!")
    bob.client.say("#garden", "ada: do you hear me?")
    stage.type("ircctl say 1 '#garden' 'I do, Bob.'")
    print(f"  Bob heard: {bob.client.wait_for('PRIVMSG #garden')}")
    wait_for("what ircctl follow shows", lambda: any("I do, Bob." in line for line in shown))
    host.end(follower)
    for line in shown:
        print(f"  {line}", end="")

    stage.tell("The process is killed; the server notices nothing, and no line is lost.")
    stage.type("systemctl kill --signal=KILL irc-conn@1")
    bob.client.say("#garden", "Are you still there?")
    wait_for("the line", lambda: "still there" in host.run("ircctl", "history", "1", "#garden").out)
    stage.type("systemctl status --lines=0 irc-conn@1")

    stage.tell("All that was said is in the database, and the life of the connection in the"
               " journal.")
    stage.type("sqlite3 /var/lib/irc-conn/tenants/0/irc.db"
               " \"SELECT * FROM log WHERE target = '#garden'\"")
    stage.type("journalctl --no-pager IRC_SERVER=1")
    return bob


def main():
    with Host(build=sys.argv[1]) as host:
        stage = Stage(host)
        stage.tell("A systemd host of its own, beside this machine, is up.")
        bob = play(stage)
        if sys.stdin.isatty() and sys.stdout.isatty():
            threading.Thread(target=bob.answer_for_ever, daemon=True).start()
            print(HINTS)
            subprocess.run(host.enter("systemd-run", "--pty", "--quiet", "--collect",
                                      "--working-directory=/root", "--setenv=TERM",
                                      "--setenv=PS1=root@host:\\w# ", "bash", "--norc"),
                           check=False)
        else:
            stage.tell("Asked to end, it says good-bye.")
            stage.type("busctl call org.ircconn1 /org/ircconn1 org.ircconn1.Manager"
                       " Disconnect us 1 'Good night'")
            print(f"  Bob heard: {bob.client.wait_for('ada.* QUIT')}")
        sys.exit(1 if stage.has_failed else 0)


main()
