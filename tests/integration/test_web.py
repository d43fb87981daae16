"""The web door over TCP: what mail programs ask for, what strangers try."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing
from xml.etree import ElementTree as ET

import pytest

from relay.roster.login import SubmissionDoors
from relay.web import server as web_server
from relay.web.health import Health
from relay.web.server import BODY_OCTETS, WebServer
from tests.integration.service import ANA, eventually

DOORS = SubmissionDoors(host="mx.relay.example", submission=587, submissions=465)
AUTOCONFIG = "/.well-known/autoconfig/mail/config-v1.1.xml"
AUTODISCOVER = "/autodiscover/autodiscover.xml"
INNER = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
REQUEST = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>
<EMailAddress>{address}</EMailAddress>
<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>
</Request></Autodiscover>"""
LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]><x>&b;&c;</x>'


@pytest.fixture(scope="module")
def server() -> Iterator[WebServer]:
    running = WebServer("127.0.0.1", 0, lambda: Health("ok"), lambda: DOORS)
    yield running
    running.close()


def ask(
    server: WebServer, path: str, method: str = "GET", body: bytes | str | None = None, **headers: str
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with closing(connection):
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        return reply.status, reply.read()


def raw(server: WebServer, octets: bytes) -> bytes:
    """Send octets as they are; everything that comes back."""
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=20)) as connection:
        connection.sendall(octets)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    "path", [AUTOCONFIG, "/mail/config-v1.1.xml", AUTOCONFIG + "?emailaddress=ana@douanes.example"]
)
def test_autoconfig_names_both_doors_and_leaves_the_user_name_to_the_program(server, path):
    status, body = ask(server, path)
    assert status == 200
    provider = ET.fromstring(body).find("emailProvider")
    found = [{part.tag: part.text for part in one} for one in provider.findall("outgoingServer")]
    same = {"hostname": "mx.relay.example", "authentication": "password-cleartext", "username": "%EMAILADDRESS%"}
    assert found == [{**same, "port": "465", "socketType": "SSL"}, {**same, "port": "587", "socketType": "STARTTLS"}]
    assert provider.findall("incomingServer") == []


@pytest.mark.parametrize("path", [AUTODISCOVER, "/Autodiscover/Autodiscover.xml"])
def test_autodiscover_names_both_doors(server, path):
    status, body = ask(server, path, "POST", REQUEST.format(address=ANA), Content_Type="text/xml")
    assert status == 200
    account = ET.fromstring(body).find(f"{INNER}Response/{INNER}Account")
    found = [
        tuple(protocol.findtext(INNER + name) for name in ("Type", "Server", "Port", "Encryption", "AuthRequired"))
        for protocol in account.findall(f"{INNER}Protocol")
    ]
    assert found == [("SMTP", "mx.relay.example", "465", "SSL", "on"), ("SMTP", "mx.relay.example", "587", "TLS", "on")]


def test_the_answer_is_the_same_for_every_address_and_for_what_is_no_request(server):
    strangers = {
        ask(server, AUTOCONFIG + query) for query in ("", f"?emailaddress={ANA}", "?emailaddress=x", "?%00<a>")
    }
    assert len(strangers) == 1
    bodies = (
        REQUEST.format(address=ANA),
        REQUEST.format(address="nobody@elsewhere.example"),
        LAUGHS,
        "",
        "\0",
        "<" * 999,
    )
    assert len({ask(server, AUTODISCOVER, "POST", body.encode()) for body in bodies}) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", AUTODISCOVER, None, {}, 405),
        ("POST", AUTOCONFIG, b"x", {}, 405),
        ("POST", "/health", b"x", {}, 404),
        ("POST", AUTODISCOVER, b"x" * (BODY_OCTETS + 1), {}, 413),
        ("POST", AUTODISCOVER, None, {"Content_Length": "99999999999999999999"}, 413),
        ("POST", AUTODISCOVER, None, {"Content_Length": "-1"}, 411),
        ("POST", AUTODISCOVER, None, {"Content_Length": "١"}, 411),
        ("POST", AUTODISCOVER, None, {"Transfer_Encoding": "chunked"}, 411),
        ("PUT", AUTODISCOVER, b"x", {}, 501),
        ("GET", "/../etc/passwd", None, {}, 404),
        ("GET", "http://elsewhere.example/", None, {}, 404),
        ("GET", "//[", None, {}, 404),
        ("GET", "http://[", None, {}, 404),
    ],
)
def test_everything_else_is_refused_and_never_repeated(server, method, path, body, headers, status):
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    length = f"Content-Length: {len(body)}\r\n" if body is not None else ""
    answer = raw(server, f"{method} {path} HTTP/1.1\r\nHost: x\r\n{head}{length}\r\n".encode() + (body or b""))
    if status == 413 and not answer:  # it closed while we were still sending
        return
    assert answer.startswith(f"HTTP/1.0 {status} ".encode()), answer
    assert b"passwd" not in answer
    assert b"elsewhere" not in answer


@pytest.mark.parametrize(
    "octets", [b"\0\r\n\r\n", b"GET <script>\r\n\r\n", b"GET / HTTP/9.9 <b>\r\n\r\n", b"A" * 70_000 + b"\r\n"]
)
def test_what_is_no_http_is_refused_without_an_echo(server, octets):
    answer = raw(server, octets)
    assert b"script" not in answer
    assert b"<b>" not in answer
    assert b"AAAA" not in answer
    assert ask(server, "/health")[0] == 200


def test_a_fault_of_ours_is_told_by_the_log_without_what_was_asked(caplog):
    def broken() -> SubmissionDoors:
        raise RuntimeError("SECRET")

    server = WebServer("127.0.0.1", 0, lambda: Health("ok"), broken)
    try:
        assert raw(server, f"GET {AUTOCONFIG}?SECRET HTTP/1.1\r\n\r\n".encode()) == b""
        eventually(lambda: [one for one in caplog.records if one.msg == "service.bug"])
    finally:
        server.close()
    [record] = [one for one in caplog.records if one.msg == "service.bug"]
    assert (record.facts["where"], record.facts["type"]) == ("web", "RuntimeError")
    assert "SECRET" not in str(record.__dict__)


def test_head_has_the_length_and_no_body(server):
    answer = raw(server, f"HEAD {AUTOCONFIG} HTTP/1.1\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b""
    assert b"Content-Length: 0" not in head


def test_a_relay_without_submission_doors_has_nothing_to_set_up():
    doors = SubmissionDoors(host="relay.example", submission=0, submissions=0)
    server = WebServer("127.0.0.1", 0, lambda: Health("ok"), lambda: doors)
    try:
        assert ask(server, AUTOCONFIG)[0] == 404
        assert ask(server, AUTODISCOVER, "POST", b"x")[0] == 404
    finally:
        server.close()


def test_a_client_that_says_nothing_or_little_is_cut_in_the_end(server, monkeypatch):
    monkeypatch.setattr(web_server, "LONGEST_SECONDS", 0.2)
    assert raw(server, b"GET /health HTTP/1.1\r\nX-Slow: ") == b""


def test_a_flood_of_connections_leaves_the_rest_alone_and_is_over_when_it_is_over(server, monkeypatch):
    monkeypatch.setattr(web_server, "MOST_CONNECTIONS", 4)
    idle = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(4)]
    eventually(lambda: len(server._server._open) == 4)
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=20)) as one_more:
        assert one_more.recv(1) == b""
    for connection in idle:
        connection.close()
    eventually(lambda: not server._server._open)
    assert ask(server, "/health")[0] == 200
