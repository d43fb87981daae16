"""The SMTP doors over TCP: size, memory, connections and time are bounded, whatever a client does."""

import socket
import threading
import tracemalloc
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.listening import CHIEF, LIMITS, RunningServer
from tests.raw_client import RawClient, eventually

MIB = 1 << 20
LIST = "central-africa@relay.example"


@pytest.fixture
def server(tmp_path):
    with RunningServer(tmp_path) as running:
        yield running


# — size and memory —


def test_a_message_over_the_limit_is_refused_and_the_session_goes_on(server):
    with RawClient(server, "submissions") as client:
        client.login()
        client.begin_data()
        client.send(b"0123456\r\n" * 9_000 + b".\r\n")
        assert client.reply().startswith("552 5.3.4 ")
        assert client.ask("DATA").startswith("503 "), "the transaction is over"
        client.begin_data()
        assert client.ask(".").startswith("250 ")
    assert len(server.house.posts) == 1


def test_beyond_twice_the_limit_the_connection_ends(server):
    with RawClient(server, "submissions") as client:
        client.login()
        client.begin_data()
        client.send(b"0123456\r\n" * 16_000 + b".\r\nRSET\r\n")
        assert client.line()[:4] in {"552 ", ""}, "a reset may overtake the reply"
        assert client.line() == ""
    assert server.house.posts == []


@pytest.mark.parametrize("login", [False, True], ids=["as a command", "as data"])
def test_an_endless_line_costs_no_memory(server, login):
    """Rows 7 and 8."""
    chunk = b"x" * MIB
    with RawClient(server, "submissions" if login else "submission") as client:
        if login:
            client.login()
            client.begin_data()
        else:
            client.reply()
        tracemalloc.start()
        try:
            for _ in range(10):
                client.send(chunk)
            assert client.line()[:4] in {"550 ", "500 ", ""}
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert client.line() == ""
    assert peak < 4 * MIB, "no more than the buffers of client and server"


def test_eight_mebibytes_of_empty_lines_cost_less_than_twice_their_size(tmp_path):
    """Row 9."""
    limits = replace(LIMITS, max_message_octets=9 * MIB, max_in_flight_octets=20 * MIB)
    lines = b"\r\n" * (MIB // 4)
    with RunningServer(tmp_path, limits) as server, RawClient(server, "submissions") as client:
        client.login()
        client.begin_data()
        tracemalloc.start()
        try:
            for _ in range(16):
                client.send(lines)
            assert client.ask(".").startswith("250 ")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert len(server.house.posts[0][3]) == 8 * MIB
    assert peak < 2 * 8 * MIB


def test_when_the_octets_in_flight_reach_their_bound_a_message_is_put_off_before_it_is_sent(tmp_path):
    limits = replace(LIMITS, max_in_flight_octets=100_000)
    with (
        RunningServer(tmp_path, limits) as server,
        RawClient(server, "submissions") as first,
        RawClient(server, "submissions") as second,
    ):
        first.login()
        second.login()
        first.ask(f"MAIL FROM:<{CHIEF}> SIZE=60000")
        first.ask(f"RCPT TO:<{LIST}>")
        assert first.ask("DATA").startswith("354 ")
        second.ask(f"MAIL FROM:<{CHIEF}> SIZE=60000")
        second.ask(f"RCPT TO:<{LIST}>")
        assert second.ask("DATA").startswith("452 4.3.1 ")
        assert first.ask(".").startswith("250 ")
        assert second.ask("DATA").startswith("354 "), "what the first had taken is free again"
        assert second.ask(".").startswith("250 ")


def test_a_message_that_outgrows_the_memory_is_read_to_its_end_and_put_off(tmp_path):
    limits = replace(LIMITS, max_message_octets=200_000, max_in_flight_octets=100_000)
    with RunningServer(tmp_path, limits) as server, RawClient(server, "submissions") as client:
        client.login()
        client.begin_data()
        client.send(b"0123456\r\n" * 15_000 + b".\r\n")
        assert client.reply().startswith("452 4.3.1 ")
        client.begin_data()
        client.send(b"0123456\r\n" * 10_000 + b".\r\n")
        assert client.reply().startswith("250 "), "the memory came back"


def test_a_client_that_leaves_in_the_middle_of_a_message_leaves_nothing_behind(tmp_path):
    """Row 24."""
    limits = replace(LIMITS, max_in_flight_octets=70_000)
    with RunningServer(tmp_path, limits) as server:
        with RawClient(server, "submissions") as client:
            client.login()
            client.begin_data()
            client.send(b"Subject: half\r\n")
        with RawClient(server, "submissions") as client:
            client.login()
            client.ask(f"MAIL FROM:<{CHIEF}>")
            client.ask(f"RCPT TO:<{LIST}>")
            eventually(lambda: client.ask("DATA").startswith("354 "))
        assert server.house.posts == []


# — connections and time —


def test_connections_above_the_cap_of_one_address_are_turned_away_until_one_leaves(tmp_path):
    """Row 12."""
    with RunningServer(tmp_path, replace(LIMITS, max_connections_per_ip=2)) as server:
        with RawClient(server) as first, RawClient(server, "submissions") as second, RawClient(server) as third:
            assert first.reply().startswith("220 ")
            assert second.reply().startswith("220 ")
            assert third.reply().startswith("421 4.7.0 ")
            assert third.line() == ""

        def there_is_room():
            with RawClient(server) as again:
                return again.reply().startswith("220 ")

        eventually(there_is_room)


def test_connections_above_the_cap_of_all_are_turned_away(tmp_path):
    """Row 12."""
    with (
        RunningServer(tmp_path, replace(LIMITS, max_connections=1)) as server,
        RawClient(server) as first,
        RawClient(server) as second,
    ):
        assert first.reply().startswith("220 ")
        assert second.reply().startswith("421 4.7.0 ")


@pytest.mark.parametrize("door", ["submission", "submissions"])
def test_a_failed_handshake_gives_its_place_back(tmp_path, door):
    with RunningServer(tmp_path, replace(LIMITS, max_connections_per_ip=1)) as server:
        for _ in range(3):

            def breaks_its_handshake():
                with socket.create_connection(("127.0.0.1", server.ports[door]), timeout=20) as raw:
                    if door == "submission":
                        if not raw.recv(100).startswith(b"220 "):
                            return False
                        raw.sendall(b"STARTTLS\r\n")
                        raw.recv(100)
                    raw.sendall(b"this is no handshake\r\n")
                    while raw.recv(100):
                        pass
                    return True

            eventually(breaks_its_handshake)
        eventually(lambda: len(server.house.noted("session.refused")) >= 3)


@pytest.mark.parametrize("door", ["submission", "submissions"])
def test_a_handshake_that_never_ends_is_ended(tmp_path, door):
    """Row 11."""
    limits = replace(LIMITS, handshake=timedelta(milliseconds=100))
    with (
        RunningServer(tmp_path, limits) as server,
        socket.create_connection(("127.0.0.1", server.ports[door]), timeout=20) as raw,
    ):
        if door == "submission":
            assert raw.recv(100).startswith(b"220 ")
            raw.sendall(b"STARTTLS\r\n")
            assert raw.recv(100).startswith(b"220 ")
        raw.sendall(b"\x16\x03\x01")
        assert raw.recv(100) == b""


def test_who_talks_before_the_greeting_is_sent_away(server):
    """Row 19."""
    everything_sent = threading.Event()
    server.loop.call_soon_threadsafe(everything_sent.wait, 10)
    with RawClient(server, "smtp") as client:
        client.send(b"EHLO client.example\r\n")
        everything_sent.set()
        assert client.reply().startswith("554 5.5.0 ")
        assert client.line() == ""


def test_an_idle_client_is_sent_away(tmp_path):
    with (
        RunningServer(tmp_path, replace(LIMITS, idle=timedelta(milliseconds=100))) as server,
        RawClient(server) as client,
    ):
        client.reply()
        assert client.reply().startswith("421 4.4.2 ")
        assert client.line() == ""


def test_single_octets_do_not_keep_a_session_alive(tmp_path):
    """Row 11."""
    with (
        RunningServer(tmp_path, replace(LIMITS, idle=timedelta(milliseconds=300))) as server,
        RawClient(server) as client,
    ):
        client.reply()
        client.socket.settimeout(0.02)
        for _ in range(500):
            client.send(b"x")
            with suppress(TimeoutError):
                assert client.reply().startswith("421 4.4.2 ")
                break
        else:
            pytest.fail("500 octets later it was still there")


def test_a_very_old_session_ends_at_its_next_pause(tmp_path):
    limits = replace(LIMITS, session_longest=timedelta(seconds=3))  # ample for a slow machine's way to DATA
    with RunningServer(tmp_path, limits) as server, RawClient(server, "submissions") as busy, RawClient(server) as idle:
        busy.login()
        busy.begin_data()
        idle.reply()
        assert idle.reply().startswith("421 4.3.2 ")
        assert busy.ask(".").startswith("250 "), "its transaction is finished first"
        assert busy.reply().startswith("421 4.3.2 ")


def test_a_message_that_comes_too_slowly_is_broken_off(tmp_path):
    """Row 11."""
    limits = replace(LIMITS, data_window=timedelta(milliseconds=200), data_rate=1_000)
    with RunningServer(tmp_path, limits) as server, RawClient(server, "submissions") as client:
        client.login()
        client.begin_data()
        client.send(b"Subject: so slow\r\n")
        assert client.reply().startswith("421 4.4.2 ")
        assert client.line() == ""
    assert server.house.posts == []


def test_the_idle_timer_does_not_run_while_a_message_is_judged(tmp_path):
    judging, go_on = threading.Event(), threading.Event()
    with RunningServer(tmp_path, replace(LIMITS, idle=timedelta(seconds=2))) as server:
        server.house.before_accept = lambda: (judging.set(), go_on.wait(20))
        with RawClient(server, "submissions") as client:
            client.login()
            client.begin_data()
            client.send(b".\r\n")
            assert judging.wait(10)
            with RawClient(server) as another:
                another.reply()
                assert another.reply().startswith("421 4.4.2 "), "the idle time has passed"
            go_on.set()
            assert client.reply().startswith("250 2.0.0 ")
