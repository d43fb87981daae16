"""The datagram by which a command wakes the running service."""

import pytest

from relay.transport.wake import bind_ear, send


@pytest.mark.parametrize("folder", ["run", "a" * 100 + "/" + "b" * 100])
def test_a_datagram_arrives_however_deep_the_data_directory_lies(tmp_path, folder):
    path = tmp_path / folder / "wake"
    path.parent.mkdir(parents=True)
    with bind_ear(path) as ear:
        assert path.stat().st_mode & 0o077 == 0
        send(path)
        assert ear.recv(10) == b"w"


def test_an_ear_that_a_killed_service_left_is_replaced(tmp_path):
    bind_ear(tmp_path / "wake").close()
    with bind_ear(tmp_path / "wake") as ear:
        send(tmp_path / "wake")
        assert ear.recv(10) == b"w"


def test_waking_nobody_does_nothing(tmp_path):
    send(tmp_path / "wake")
    send(tmp_path / "no" / "wake")
