# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""A server that keeps what was said: it answers CHATHISTORY as draft/chathistory says."""

import datetime
import itertools
import re
import time

CAPS = "batch draft/chathistory draft/event-playback message-tags server-time"
PAGE = 5
ISUPPORT = f"CHATHISTORY={PAGE} MSGREFTYPES=msgid,timestamp soju.im/SAFERATE"


def time_text(msec):
    """As a tag has it; `msec` since the epoch."""
    moment = datetime.datetime.fromtimestamp(msec // 1000, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{msec % 1000:03}Z"


class Entry:
    def __init__(self, msec, line, msgid):
        self.msec, self.line, self.msgid = msec, line, msgid

    def tagged(self, *more):
        tags = [*more, f"time={time_text(self.msec)}"]
        if self.msgid is not None:
            tags.append(f"msgid={self.msgid}")
        return f"@{';'.join(tags)} {self.line}"


class Archive:
    """`targets` maps a channel or nickname to its entries, in their order; `asked` are the requests
    that it answered."""

    def __init__(self):
        self.targets = {}
        self.asked = []
        self._refs = itertools.count(1)
        self._last = 0

    def add(self, target, line, msgid=None, msec=None):
        """What is said now, or at a time. Answers it as it goes to those who are on."""
        self._last = max(self._last + 1, time.time_ns() // 1_000_000)
        entry = Entry(msec or self._last, line, msgid)
        self.targets.setdefault(target, []).append(entry)
        return entry.tagged()

    def batch(self, target, entries):
        ref = f"h{next(self._refs)}"
        return [f"BATCH +{ref} chathistory {target}",
                *(entry.tagged(f"batch={ref}") for entry in entries), f"BATCH -{ref}"]

    @staticmethod
    def _position(entries, reference):
        """Of the first entry after the one that is meant."""
        kind, _, value = reference.partition("=")
        if kind == "msgid":
            known = [number for number, entry in enumerate(entries) if entry.msgid == value]
            return known[-1] + 1 if known else None
        return sum(time_text(entry.msec) <= value for entry in entries)

    def answer(self, line):
        """The lines in answer to a request."""
        self.asked.append(line)
        words = line.split()
        if words[1] == "TARGETS":
            first, last = (word.partition("=")[2] for word in words[2:4])
            ref = f"t{next(self._refs)}"
            newest = {target: time_text(entries[-1].msec)
                      for target, entries in self.targets.items()}
            return [f"BATCH +{ref} draft/chathistory-targets",
                    *(f"@batch={ref} CHATHISTORY TARGETS {target} {time}"
                      for target, time in newest.items() if first < time < last),
                    f"BATCH -{ref}"]
        target, reference, limit = words[2:5]
        entries = self.targets.get(target, [])
        if words[1] == "LATEST":
            return self.batch(target, entries[-int(limit):])
        position = self._position(entries, reference)
        if position is None:
            return [f"FAIL CHATHISTORY MESSAGE_ERROR {words[1]} {target} :Messages could not be "
                    "retrieved"]
        return self.batch(target, entries[position:position + int(limit)])

    def serve(self, link, until, joins=()):
        """Answers what the client asks until a request like `until` was answered; lets it into the
        channels, which it may join meanwhile."""
        while not self.asked or not re.fullmatch(until, self.asked[-1]):
            line = link.next_line(what=f"a request like {until}, or one before it")
            if line.startswith("JOIN"):
                for channel in line.split()[1].split(","):
                    link.let_in(channel, *joins)
            elif line.startswith("CHATHISTORY"):
                link.send(*self.answer(line))
            else:
                raise AssertionError(f"neither a JOIN nor a CHATHISTORY: {line}")
