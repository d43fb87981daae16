"""What the web door makes of a click (RFC 8058 §3.2), and what it says when something is wrong."""

import http.client
from contextlib import closing

import pytest

from relay.errors import Unavailable
from relay.web.autoconfig import SubmissionDoors
from relay.web.health import Health
from relay.web.leave import is_click, leave_desk
from relay.web.server import WebServer

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"List-Unsubscribe=One-Click"),
        (f"{FORM}; charset=utf-8", b"List-Unsubscribe=One-Click\r\n"),
        (FORM.upper(), b"a=b&List-Unsubscribe=One-Click"),
        (PARTS, PART),
    ],
)
def test_a_click_is_known_in_both_forms(kind, body):
    assert is_click(kind, body)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b""),
        (FORM, b"List-Unsubscribe=one-click-maybe"),
        (FORM, b"List-Unsubscribe"),
        (FORM, PART),
        (PARTS, b"List-Unsubscribe=One-Click"),
        (PARTS, PART.replace(b"One-Click", b"Two")),
        ("text/plain", b"List-Unsubscribe=One-Click"),
        ("", b"List-Unsubscribe=One-Click"),
    ],
)
def test_nothing_else_is_a_click(kind, body):
    assert not is_click(kind, body)


def unavailable(*_):
    raise Unavailable("the database can't serve")


def serving(leaving):
    doors = SubmissionDoors(host="relay.example", submission=0, submissions=0)
    return WebServer("127.0.0.1", 0, lambda: Health("ok"), lambda: doors, leave_desk(leaving, ()))


def post(leaving, body, headers):
    server = serving(leaving)
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        connection.request("POST", "/leave/a/b", body, {"Content-Type": FORM, **headers})
        status = connection.getresponse().status
    server.close()
    return status


@pytest.mark.parametrize(
    ("leaving", "status"), [(lambda *_: "taken", 200), (lambda *_: "too many", 429), (unavailable, 503)]
)
def test_the_answer_tells_a_provider_whether_to_come_again(leaving, status):
    assert post(leaving, "List-Unsubscribe=One-Click", {}) == status


@pytest.mark.parametrize("length", ["", "-1", "x", "9" * 12, "10000", "٣"])
def test_a_body_of_no_or_too_great_a_length_is_not_read(length):
    asked = []
    body = b"List-Unsubscribe=One-Click"
    server = serving(lambda *args: asked.append(args) or "taken")
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        connection.putrequest("POST", "/leave/a/b")
        connection.putheader("Content-Type", FORM)
        connection.putheader("Content-Length", length.encode())
        connection.endheaders(body)
        assert connection.getresponse().status == 411
    server.close()
    assert asked == []
