# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""A network beyond the disposable host, whose packets can be dropped; and the options of sockets
that lead there."""

import concurrent.futures
import contextlib
import ctypes
import os
import pathlib
import re
import socket

from host import wait_for

PIDFD_GETFD = 438  # the system call, on all architectures


class FarNetwork:
    """Another machine, as far as packets go; cut() drops them, in silence."""

    NEAR, FAR = "203.0.113.1", "203.0.113.2"

    def __init__(self, host):
        self._host = host

    def __enter__(self):
        self._host.check("sh", "-ec", f"""
                ip netns add far
                ip link add near type veth peer name far netns far
                ip address add {self.NEAR}/24 dev near
                ip link set near up
                ip -n far address add {self.FAR}/24 dev far
                ip -n far link set far up""")
        return self

    def __exit__(self, *_):
        self._host.check("sh", "-c", "ip link delete near; ip netns delete far")

    def listen(self):
        def body():
            with open(self._host.path("/run/netns/far"), "rb") as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            return socket.create_server((self.FAR, 0))

        with concurrent.futures.ThreadPoolExecutor(1) as thread:  # it alone goes there
            return thread.submit(body).result()

    def cut(self):
        self._host.check("ip", "-n", "far", "link", "set", "far", "down")


def pid_outside(host, pid):
    """As we count, what the host calls `pid`."""
    namespace = os.readlink(f"/proc/{host.leader}/ns/pid")
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = re.search("NSpid:(.*)", (folder / "status").read_text())[1].split()
            if words[-1] == pid and os.readlink(folder / "ns/pid") == namespace:
                return int(folder.name)
    raise AssertionError(f"no process {pid} in the host")


def tcp_options(host, pid, port):
    """The options of a connection to a port, by a process that the host calls `pid`."""
    pid = pid_outside(host, pid)

    def read():
        for fd in os.listdir(f"/proc/{pid}/fd"):
            if os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:"):
                sock = take_socket(pid, int(fd))
                with sock:
                    if sock.family == socket.AF_INET and sock.getpeername()[1] == port:
                        return {name: sock.getsockopt(level, option) for name, level, option in (
                            ("keepalive", socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                            ("idle", socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
                            ("interval", socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
                            ("user_timeout", socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))}
        return None

    return wait_for("the connection's socket", read)


def take_socket(pid, fd):
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(pid)
    try:
        taken = libc.syscall(PIDFD_GETFD, pidfd, fd, 0)
        if taken < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        return socket.socket(fileno=taken)
    finally:
        os.close(pidfd)
