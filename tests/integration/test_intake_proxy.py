"""Behind a TCP pass-through: whom a listed proxy names is the client, for caps, logs and posts alike; nobody else is heard."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.listening import LIMITS, RunningServer
from tests.raw_client import RawClient, eventually

V1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 49153 25\r\n"
V2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0f" + bytes([192, 0, 2, 7, 198, 51, 100, 1, 192, 1, 0, 25]) + b"\x04\x00\x00"
LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with RunningServer(tmp_path_factory.mktemp("intake"), replace(LIMITS, max_connections_per_ip=2)) as running:
        running.house.proxies = frozenset({"127.0.0.1"})
        yield running


@pytest.fixture(autouse=True)
def forget(server):
    server.house.events.clear()
    server.house.proxies = frozenset({"127.0.0.1"})


def refused(server):
    return [(facts.get("ip"), facts["why"]) for facts in server.house.noted("session.refused")]


@pytest.mark.parametrize("bytewise", [False, True], ids=["whole", "octet by octet"])
@pytest.mark.parametrize(
    ("header", "ip"), [(V1, "192.0.2.7"), (V2, "192.0.2.7"), (LOCAL, "127.0.0.1"), (b"PROXY UNKNOWN\r\n", "127.0.0.1")]
)
def test_the_client_that_a_listed_proxy_names_is_the_client_also_after_starttls(server, header, ip, bytewise):
    """Pitfall 8: aiosmtpd forgets it with the session that STARTTLS begins anew."""
    with RawClient(server, "smtp", bytewise=bytewise) as client:
        client.send(header)
        assert client.line().startswith("220 ")
        client.ask("EHLO client.example")
        client.ask("STARTTLS")
        client.start_tls()
        client.ask("EHLO client.example")
        client.send(b"EHLO a\nb\r\n")
        assert client.line().startswith("500 ")
        assert client.line() == ""
    assert refused(server) == [(ip, "500 5.5.2 Lines must end in CRLF")]


@pytest.mark.parametrize(
    "header",
    [b"EHLO client.example\r\n", b"PROXY TCP4 192.0.2.7\r\n", V2[:13] + b"\x11\xff\xff", b"\x16\x03\x01\x02\x00"],
)
def test_a_listed_proxy_without_a_sound_header_is_cut_without_a_word(server, header):
    """Row 21."""
    with RawClient(server, "smtp") as client:
        client.send(header)
        assert client.line() == ""
    assert refused(server) == [("127.0.0.1", "no PROXY header")]


def test_a_header_that_does_not_come_in_time_ends_the_connection(tmp_path):
    """Row 11: one octet at a time does not extend it."""
    with RunningServer(tmp_path, replace(LIMITS, proxy_header=timedelta(seconds=0.1))) as server:
        server.house.proxies = frozenset({"127.0.0.1"})
        with RawClient(server, "smtp") as client:
            client.send(V1[:20])
            assert client.line() == ""
        assert refused(server) == [("127.0.0.1", "no PROXY header in time")]
        server.server._reception.limits = LIMITS  # a slow machine may need its time for an honest one
        with RawClient(server, "smtp") as client:
            client.send(V1)
            assert client.line().startswith("220 ")


def test_talking_before_the_greeting_is_early_behind_a_proxy_too(server):
    """Row 19."""
    with RawClient(server, "smtp") as client:
        client.send(V1 + b"EHLO client.example\r\n")
        assert client.line().startswith("554 5.5.0 ")
        assert client.line() == ""


@pytest.mark.parametrize("header", [V1, V2])
@pytest.mark.parametrize("door", ["smtp", "submission", "submissions"])
def test_a_proxy_header_from_anywhere_else_is_never_believed(server, door, header):
    """Row 21: on the members' doors not even a listed proxy is asked."""
    if door == "smtp":
        server.house.proxies = frozenset({"192.0.2.99"})
    with RawClient(server, door) as client:
        client.send(header)
        lines = list(iter(client.line, ""))
    assert all(line.startswith(("220 ", "500 ", "501 ", "554 ")) for line in lines)
    eventually(lambda: refused(server))
    assert "192.0.2.7" not in str(server.house.events)


def test_caps_count_the_real_clients_and_never_the_proxy(server):
    with RawClient(server, "smtp") as first, RawClient(server, "smtp") as second, RawClient(server, "smtp") as third:
        for client in (first, second):
            client.send(V1)
            assert client.line().startswith("220 ")
        third.send(V1)
        assert third.line().startswith("421 4.7.0 ")
        assert third.line() == ""
        with RawClient(server, "smtp") as other, RawClient(server, "smtp") as another:
            for client, number in ((other, 8), (another, 9)):
                client.send(V1.replace(b"192.0.2.7", f"192.0.2.{number}".encode()))
                assert client.line().startswith("220 ")
    assert refused(server) == [("192.0.2.7", "too many connections")]

    def back_to_none():
        return not server.server._connections._by_network

    eventually(back_to_none)


def test_connections_that_wait_for_their_header_count_in_all_and_end_with_the_server(tmp_path):
    with RunningServer(tmp_path, replace(LIMITS, max_connections=2)) as server:
        server.house.proxies = frozenset({"127.0.0.1"})
        with RawClient(server, "smtp"), RawClient(server, "smtp"):
            eventually(lambda: len(server.server._vestibules) == 2)
            with RawClient(server, "smtp") as third:
                assert third.line().startswith("421 4.7.0 ")
            server.begin(server.server.close()).result(20)
