"""The tour as a newcomer sees it: every scene, and the page that stays up afterwards."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.benchmarks.machine import family
from tests.integration.service import eventually

USUAL = 8080  # the port of the page


@pytest.fixture
def occupied():
    """Something listens on the page's usual port."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # something does already
            stack.enter_context(socket.create_server(("127.0.0.1", USUAL)))
        yield


def test_the_tour_shows_every_scene_and_its_page_and_leaves_nothing_running(tmp_path, occupied):
    tour = subprocess.Popen(
        [sys.executable, "-P", "-m", "relay", "demo"],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = ""
    try:
        while not (found := re.search(r"The page: http://127\.0\.0\.1:(\d+)/ .*\n", said)):
            line = tour.stdout.readline()
            assert line, said
            said += line
        assert int(found[1]) != USUAL
        started = list(family(tour.pid))
        with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/", timeout=60) as page:
            text = page.read().decode()
    finally:
        tour.send_signal(signal.SIGTERM)
        rest = tour.communicate(timeout=60)[0]
    assert tour.returncode == 143, said + rest
    assert len(started) > 2
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started))
    titles = re.findall(r"^╭─ ([A-Z]+)  (.*?) ─+╮$", said, re.MULTILINE)
    assert {word for word, _ in titles} == {"RELAY", "HOLD", "WITHHOLD", "REFUSE", "PROOF"}
    assert len(re.findall("<article ", text)) == len(titles) > 10
    assert "Not a word: " in said
