"""What a large message may take of the memory, as `make bench` measures it."""

import asyncio
import os
import subprocess
from statistics import median

import pytest

from tests.benchmarks import figures, machine
from tests.running import Served, establish


@pytest.mark.skipif(os.geteuid() != 0, reason="the service is not dumpable: only root may see how much memory it takes")
def test_a_message_of_twenty_megabytes_takes_three_times_its_size_in_the_listener_and_six_times_over_all_processes(
    tmp_path,
):
    site = establish(tmp_path / "relay", members=2)
    with Served(site, 1) as relay:
        runs = [asyncio.run(figures.big_message(site, relay)) for _ in range(3)]
    listener, everybody, left = zip(*(run.values() for run in runs), strict=True)
    assert all(0 < one < 3 for one in listener)
    assert 0 < median(everybody) < 6, "one alone may be larger: a scanner that is replaced meanwhile counts twice"
    assert all(one < 10 * (1 << 20) for one in left), "what one leaves behind must not make the next one larger"


def test_a_process_that_ends_while_all_are_counted_counts_nothing(monkeypatch):
    """Scanners come and go at any moment."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert list(machine.family(ended.pid)) == [ended.pid]
    monkeypatch.setattr(machine, "family", lambda pid: (pid, ended.pid))
    assert machine.proportional_octets(os.getpid()) > 0
