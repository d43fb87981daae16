"""Ports that a test names before anything listens on them, or again after it has stopped."""

import os
import socket
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

LOWEST = 10_000


def free_port() -> int:
    """A port on which nothing listens, given to no other test of this run, nor by the kernel to any connection."""
    for port in _ports:
        with socket.socket() as probe:
            # A process that another thread forks at this moment keeps the probe for a while: with this, that hinders no server.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("unreachable: the ports go round")


def _own() -> Iterator[int]:
    """This worker's ports. The kernel takes those of connections and of port 0 from a range above all of them."""
    first_of_kernels = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()[0])
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = range(LOWEST + worker, first_of_kernels, workers)
    assert len(own) > 1000, "the kernel gives connections nearly every port: sysctl net.ipv4.ip_local_port_range"
    start = os.getpid() * 97 % len(own)  # two runs on one machine begin in different places
    return cycle([*own[start:], *own[:start]])


_ports = _own()
