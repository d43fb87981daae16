"""The pitfalls of aiosmtpd 1.4.6, each on a plain server of its own, which has it, and on ours, which hasn't.

Without the plain server's half a test could pass because it doesn't see the pitfall at all.
"""

import ast
import asyncio
import logging
import re
import socket
import ssl
import threading
import tracemalloc
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from relay.intake import session
from relay.intake.session import SmtpSession
from relay.intake.tls import make_localhost_certificate, server_context
from relay.mail.reply import Reply, accepted
from tests.integration.hostile.plain import PlainServer, Recorder, Talk
from tests.listening import CHIEF, LIMITS, RunningServer
from tests.raw_client import PLAIN, RawClient, eventually

ROOT = Path(__file__).parents[3]
MIB = 1 << 20
LIST = "central-africa@relay.example"
WRONG = b64encode(b"\0chief@police.example\0wrong").decode()


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """Our server, which takes mail without a login at its door for other servers, so that nothing else is in the way."""
    with RunningServer(tmp_path_factory.mktemp("ours")) as server:
        server.house.anyone = True
        yield server


@pytest.fixture
def emptied(ours):
    ours.house.posts.clear()
    ours.house.events.clear()
    return ours


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Contexts for a plain server and its client."""
    folder = tmp_path_factory.mktemp("certificate")
    pem, key = make_localhost_certificate(datetime.now(UTC))
    (folder / "cert.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(key)
    return server_context(folder / "cert.pem", folder / "key.pem"), ssl.create_default_context(cadata=pem.decode())


def talk(server, door="smtp"):
    return Talk(server.ports[door])


def login_as(member, password):
    """An authenticator for a plain server."""
    return lambda server, session, envelope, mechanism, data: AuthResult(
        success=(data.login, data.password) == (member, password), handled=False
    )


ENCODED = [
    ("<=?utf-8?q?chief?=@police.example>", "chief@police.example"),
    ("<=?utf-8?q?a=40victim.example=0d=0aX?=@c.example>", '"a@victim.example\r\nX"@c.example'),
    ("<@a.example,@b.example:c@d.example>", "c@d.example"),
    ("<chief(comment)@police.example>", "chief@police.example"),
    ("<chief@police.example", "chief@police.example"),
]


@pytest.mark.parametrize(("path", "taken_for"), ENCODED)
def test_an_encoded_word_is_no_address(emptied, path, taken_for):
    """Pitfall 1. Rows 5 and 6."""
    with PlainServer() as plain, Talk(plain.port) as client:
        assert client.ask(f"MAIL FROM:{path}").startswith("250")
        client.ask(f"RCPT TO:<{LIST}>")
        client.ask("DATA")
        client.ask(".")
        assert plain.handler.envelopes[0].mail_from == taken_for
    with talk(emptied) as client:
        assert client.ask(f"MAIL FROM:{path}")[:4] in {"553 ", "501 "}
        client.ask("MAIL FROM:<a@other.example>")
        assert client.ask(f"RCPT TO:{path}")[:4] in {"553 ", "501 "}
        assert client.ask("DATA").startswith("503 ")


def test_an_endless_line_costs_no_memory(emptied):
    """Pitfall 2. Row 8."""
    chunk = b"x" * MIB
    with PlainServer(data_size_limit=MIB) as plain, Talk(plain.port) as client:
        client.begin_data()
        tracemalloc.start()
        try:
            for _ in range(6):
                client.send(chunk)
            eventually(lambda: tracemalloc.get_traced_memory()[0] > 5 * MIB)
        finally:
            tracemalloc.stop()
    with talk(emptied) as client:
        client.begin_data()
        tracemalloc.start()
        try:
            for _ in range(6):
                client.send(chunk)
            assert client.line()[:4] in {"550 ", ""}
            assert tracemalloc.get_traced_memory()[1] < 3 * MIB
        finally:
            tracemalloc.stop()


def test_short_lines_cost_no_more_than_their_size(tmp_path):
    """Pitfall 3. Row 9."""

    def cost(client, size):
        client.begin_data()
        tracemalloc.start()
        try:
            client.send(b"\r\n" * (size // 2) + b".\r\n")
            assert client.line().startswith("250")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    with PlainServer() as plain, Talk(plain.port) as client:
        assert cost(client, 16_384) > 10 * 16_384
    with RunningServer(tmp_path, replace(LIMITS, max_message_octets=MIB)) as server, talk(server) as client:
        server.house.anyone = True
        assert cost(client, MIB // 2) < 2 * MIB, "its octets, the client's, and the buffers between"


def test_an_exception_is_temporary_and_its_text_stays_here(emptied):
    """Pitfall 4."""

    async def fail():
        raise RuntimeError("INSERT 'SECRET NOMINAL'")

    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    try:
        with PlainServer(Recorder(come=fail)) as plain, Talk(plain.port) as client:
            client.begin_data()
            answer = client.ask(".")
            assert answer.startswith("500 ")
            assert "SECRET NOMINAL" in answer
    finally:
        logging.getLogger("mail.log").setLevel(logging.WARNING)

    def break_down():
        raise RuntimeError("INSERT 'SECRET NOMINAL'")

    emptied.house.before_accept = break_down
    try:
        with talk(emptied) as client:
            client.begin_data()
            assert client.ask(".") == "451 4.3.0 Temporary trouble on our side, please try again later"
    finally:
        emptied.house.before_accept = lambda: None
    assert "SECRET" not in str(emptied.house.events)


def test_a_client_that_hangs_up_cannot_stop_what_was_begun(emptied):
    """Pitfall 5. Row 24."""
    begun, cancelled = threading.Event(), threading.Event()

    async def wait():
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with PlainServer(Recorder(come=wait)) as plain:
        with Talk(plain.port) as client:
            client.begin_data()
            client.send(b".\r\n")
            assert begun.wait(10)
        assert cancelled.wait(10)
    judging, go_on = threading.Event(), threading.Event()
    emptied.house.before_accept = lambda: (judging.set(), go_on.wait(20))
    try:
        with talk(emptied) as client:
            client.begin_data()
            client.send(b".\r\n")
            assert judging.wait(10)
        go_on.set()
        eventually(lambda: emptied.house.posts)
    finally:
        emptied.house.before_accept = lambda: None


def test_what_a_client_says_is_neither_logged_nor_said_back(emptied, caplog):
    """Pitfall 6. Row 26."""
    secret = b"SECRET\x1b[2J\x07"

    def speak(client):
        answers = [client.ask(secret + b" word"), client.ask(b"HELP " + secret)]
        client.begin_data()
        client.send(b"Subject: SECRET tusks\r\n.\r\n")
        return [*answers, client.line()]

    log = logging.getLogger("mail.log")
    propagates, log.propagate = log.propagate, True
    try:
        with caplog.at_level(logging.DEBUG, "mail.log"), PlainServer() as plain, Talk(plain.port) as client:
            assert "SECRET\x1b[2J\x07" in speak(client)[0]
        assert "SECRET tusks" in caplog.text
        caplog.clear()
        caplog.set_level(logging.DEBUG)
        with talk(emptied) as client:
            assert "SECRET" not in str(speak(client))
        assert "SECRET" not in caplog.text + str(emptied.house.events)
    finally:
        log.propagate = propagates


@pytest.mark.parametrize("octets", [b"a\nb\r\n", b"a\rb\r\n", b"a\0b\r\n", b"a\n.\nMAIL FROM:<e@evil.example>\r\n"])
def test_line_ends_of_other_kinds_are_refused(emptied, octets):
    """Pitfall 7. Rows 1, 3 and 4."""
    with PlainServer() as plain, Talk(plain.port) as client:
        client.begin_data()
        client.send(octets + b".\r\n")
        assert client.line().startswith("250")
        assert plain.handler.envelopes[0].content == octets, "what a further server might read as two messages"
        client.send(b"NOOP\nNOOP\r\n")
        assert client.line().startswith("250")
    with talk(emptied) as client:
        client.begin_data()
        client.send(octets + b".\r\n")
        assert client.line().startswith("550 5.5.2 ")
        assert client.line() == ""
    with talk(emptied) as client:
        client.send(b"NOOP\nNOOP\r\n")
        assert client.line().startswith("500 5.5.2 ")
        assert client.line() == ""
    assert emptied.house.posts == []


def test_what_is_known_of_the_client_is_still_known_under_tls(emptied, certificate):
    """Pitfall 8. Row 21."""
    with PlainServer(tls_context=certificate[0], proxy_protocol_timeout=10) as plain:
        client = Talk.__new__(Talk)
        client.socket = socket.create_connection(("127.0.0.1", plain.port), timeout=20)
        client.file = client.socket.makefile("rb")
        with client:
            client.send(b"PROXY TCP4 192.0.2.1 198.51.100.1 1000 25\r\n")
            assert client.reply().startswith("220")
            client.replies("EHLO client.example")
            assert client.ask("STARTTLS").startswith("220")
            client.start_tls(certificate[1])
            client.replies("EHLO client.example")
            client.begin_data()
            client.ask(".")
        [known] = plain.handler.sessions
        assert known.proxy_data is None, "the real client is forgotten"
    with RawClient(emptied, "submission", ip="127.0.0.9") as client:
        client.login()
        client.begin_data()
        assert client.ask(".").startswith("250 ")
    [(_, known, _, _)] = emptied.house.posts
    assert (known.ip, known.tls, known.helo_name) == ("127.0.0.9", True, "client.example")


def test_implicit_tls_is_seen(emptied, certificate):
    """Pitfall 9."""
    options = {"implicit_tls": certificate[0], "authenticator": login_as(b"chief", b"secret")}
    with PlainServer(**options) as plain, Talk(plain.port, tls=certificate[1]) as client:
        assert "AUTH" not in str(client.offers)
        assert client.ask("AUTH PLAIN =").startswith("538")
    with Talk(emptied.ports["submissions"], tls=emptied.context) as client:
        assert "250 AUTH SCRAM-SHA-256 PLAIN LOGIN" in client.offers
        assert client.ask(f"AUTH PLAIN {PLAIN}").startswith("235 ")


def test_a_mechanism_has_any_case_tries_are_counted_and_a_transaction_has_none(emptied):
    """Pitfall 10. Rows 16 and 23."""
    options = {"authenticator": login_as(b"chief", b"secret"), "auth_require_tls": False}
    right = b64encode(b"\0chief\0secret").decode()
    with PlainServer(**options) as plain, Talk(plain.port) as client:
        assert client.ask(f"AUTH plain {right}").startswith("504")
        for _ in range(3):
            assert client.ask(f"AUTH PLAIN {WRONG}").startswith("535")
        client.ask("MAIL FROM:<a@other.example>")
        assert client.ask(f"AUTH PLAIN {right}").startswith("235")
    with RawClient(emptied, "submissions") as client:
        client.reply()
        client.ask("EHLO client.example")
        assert client.ask(f"AUTH plain {PLAIN}").startswith("235 ")
        client.ask(f"MAIL FROM:<{CHIEF}>")
        assert client.ask(f"AUTH PLAIN {PLAIN}").startswith("503 ")
    with RawClient(emptied, "submissions") as client:
        client.reply()
        client.ask("EHLO client.example")
        for _ in range(3):
            assert client.ask(f"AUTH PLAIN {WRONG}").startswith("535 ")
        assert client.ask(f"AUTH PLAIN {WRONG}").startswith("421 4.7.0 ")
        assert client.line() == ""


def test_a_password_check_stops_nobody_else(emptied):
    """Pitfall 11. Row 16."""
    checking, go_on = threading.Event(), threading.Event()

    def check(*_):
        checking.set()
        go_on.wait(20)
        return AuthResult(success=True)

    with (
        PlainServer(authenticator=check, auth_require_tls=False) as plain,
        Talk(plain.port) as first,
        Talk(plain.port) as second,
    ):
        first.send(f"AUTH PLAIN {PLAIN}\r\n".encode())
        assert checking.wait(10)
        second.send(b"NOOP\r\n")
        assert second.is_silent()
        go_on.set()
        assert second.reply().startswith("250")
    checking.clear()
    go_on.clear()
    emptied.house.before_login = check
    try:
        with RawClient(emptied, "submissions") as first, talk(emptied) as second:
            first.reply()
            first.ask("EHLO client.example")
            first.send(f"AUTH PLAIN {PLAIN}\r\n".encode())
            assert checking.wait(10)
            assert second.ask("NOOP").startswith("250 ")
            go_on.set()
            assert first.reply().startswith("235 ")
    finally:
        emptied.house.before_login = lambda: None


def test_connections_and_idle_commands_have_an_end(emptied):
    """Pitfall 12. Rows 12 and 13."""
    with PlainServer() as plain:
        clients = [Talk(plain.port, ehlo=False) for _ in range(LIMITS.max_connections_per_ip + 5)]
        assert all(client.greeting.startswith("220") for client in clients)
        assert {clients[0].ask("NOOP")[:3] for _ in range(150)} == {"250"}
        for client in clients:
            client.__exit__()
    clients = [Talk(emptied.ports["smtp"], ehlo=False) for _ in range(LIMITS.max_connections_per_ip + 5)]
    assert [client.greeting[:4] for client in clients].count("421 ") >= 5
    assert {clients[0].ask("NOOP")[:3] for _ in range(101)} == {"250", "421"}
    for client in clients:
        client.__exit__()


def test_thousands_of_recipients_are_not_taken(emptied):
    """Pitfall 13. Row 22."""
    lines = b"".join(b"RCPT TO:<%d@relay.example>\r\n" % number for number in range(2_000))
    with PlainServer() as plain, Talk(plain.port) as client:
        client.ask("MAIL FROM:<a@other.example>")
        client.send(lines)
        assert {client.reply()[:3] for _ in range(2_000)} == {"250"}
    with talk(emptied) as client:
        client.ask("MAIL FROM:<a@other.example>")
        for name in ("central-africa", "east-africa"):
            assert client.ask(f"RCPT TO:<{name}@relay.example>").startswith("250 ")
        client.send(lines)
        answers = list(iter(client.reply, ""))
        assert set(answers[:-1]) == {"452 4.5.3 Too many recipients in one message"}
        assert answers[-1].startswith(("421 4.7.0 ", "452 ")), "a reset may overtake the last one"
        assert len(answers) < 500


def test_a_long_line_is_taken_and_a_huge_one_is_refused(emptied):
    """Pitfall 14. Row 8."""
    with PlainServer() as plain, Talk(plain.port) as client:
        client.begin_data()
        assert client.ask("a" * 2_000 + "\r\n.").startswith("500")
    with talk(emptied) as client:
        client.begin_data()
        assert client.ask("a" * 9_998 + "\r\n.").startswith("250 ")
        assert emptied.house.posts[0][3] == b"a" * 9_998 + b"\r\n", "never split"
        client.begin_data()
        assert client.ask("a" * 9_999 + "\r\n.").startswith("550 5.5.2 ")


def test_the_null_sender_is_nobody(emptied):
    """Pitfall 15. Row 31."""

    def send(client):
        client.begin_data(mail_from="")
        assert client.ask(".").startswith("250")

    with PlainServer() as plain, Talk(plain.port) as client:
        send(client)
        assert plain.handler.envelopes[0].mail_from == "<>", "a string like any address"
    with talk(emptied) as client:
        send(client)
    assert emptied.house.posts[0][0].mail_from is None


def test_a_reply_is_one_line_whatever_is_in_it():
    """Pitfall 16. Row 26."""
    with PlainServer(Recorder("250 OK\r\n550 injected")) as plain, Talk(plain.port) as client:
        client.begin_data()
        assert client.ask(".") == "250 OK"
        assert client.line() == "550 injected"
    for text in ("OK\r\n550 injected", "OK\n", "caf\u00e9", "\x1b[2J", ""):
        with pytest.raises(ValueError, match="one line"):
            Reply(250, "2.0.0", text)
    with pytest.raises(ValueError, match="one line"):
        accepted("CAFR\r\n550 injected")


def test_one_connection_changes_nothing_for_another(emptied):
    """Pitfall 17."""
    line = "MAIL FROM:<a@other.example> " + "x" * 495
    with PlainServer(data_size_limit=10, enable_SMTPUTF8=True) as plain, Talk(plain.port) as first:
        assert not first.ask(line).startswith("500")
        with Talk(plain.port, ehlo=False):
            assert first.ask(line).startswith("500"), "because somebody else has connected"
        assert plain.sessions[0].command_size_limits is plain.sessions[1].command_size_limits
    with talk(emptied) as first:
        before = first.ask("NOOP " + "x" * 505)
        with talk(emptied) as second:
            assert second.ask("NOOP " + "x" * 505) == before == first.ask("NOOP " + "x" * 505)


def test_work_for_one_message_stalls_nobody(emptied):
    """Pitfall 18."""
    working, go_on = threading.Event(), threading.Event()

    def work():
        working.set()
        go_on.wait(20)

    async def work_on_the_loop():
        work()

    def second_is_silent_while_first_is_judged(server, seconds):
        working.clear()
        go_on.clear()
        with Talk(server) as first, Talk(server) as second:
            first.begin_data()
            first.send(b".\r\n")
            assert working.wait(10)
            second.send(b"NOOP\r\n")
            silent = second.is_silent(seconds)
            go_on.set()
            assert first.reply().startswith("250")
            return silent

    with PlainServer(Recorder(come=work_on_the_loop)) as plain:
        assert second_is_silent_while_first_is_judged(plain.port, 0.3)
    emptied.house.before_accept = work
    try:
        assert not second_is_silent_while_first_is_judged(emptied.ports["smtp"], 15)
    finally:
        emptied.house.before_accept = lambda: None


def test_octets_that_are_no_utf_8_go_nowhere(emptied):
    """Pitfall 19. Row 27."""
    with PlainServer(enable_SMTPUTF8=True) as plain, Talk(plain.port) as client:
        assert client.ask(b"MAIL FROM:<\xff\xfe@c.example> SMTPUTF8").startswith("250")
        client.ask(f"RCPT TO:<{LIST}>")
        client.ask("DATA")
        client.ask(".")
        assert re.search("[\ud800-\udfff]", plain.handler.envelopes[0].mail_from)
    with talk(emptied) as client:
        for address in (b"\xff\xfe@c.example", b"a@\xed\xa0\x80.example", b"a@\xc0\xaf.example"):
            assert client.ask(b"MAIL FROM:<" + address + b"> SMTPUTF8").startswith("501 5.5.2 ")


def test_no_version_is_told(emptied):
    """Pitfall 20. Row 17."""
    with PlainServer() as plain, Talk(plain.port) as client:
        assert "1.4.6" in client.greeting
    with talk(emptied) as client:
        said = [client.greeting, *client.offers, *client.replies("HELP"), *client.replies("VRFY chief@police.example")]
        assert not re.search(r"(?i)python|aiosmtpd|wen|\d+\.\d+\.\d+[a-z]|1\.4", " ".join(said))


def test_no_recipient_is_taken_unless_it_is_let_in(emptied):
    """Pitfall 21. Row 28."""
    with PlainServer() as plain, Talk(plain.port) as client:
        client.ask("MAIL FROM:<a@other.example>")
        assert client.ask("RCPT TO:<someone@elsewhere.example>").startswith("250")
    with talk(emptied) as client:
        client.ask("MAIL FROM:<a@other.example>")
        assert client.ask("RCPT TO:<someone@elsewhere.example>").startswith("550 5.1.1 ")


def test_what_is_injected_behind_starttls_is_forgotten(emptied, certificate):
    """Pitfall 22. Row 14. Both pass: 1.4.6 mended it, and what of asyncio's insides it uses for that is still there."""

    def inject(port, context):
        with Talk(port) as client:
            client.send(b"STARTTLS\r\nMAIL FROM:<e@evil.example>\r\n")
            assert client.line().startswith("220")
            client.start_tls(context)
            client.replies("EHLO client.example")
            return client.ask("RCPT TO:<central-africa@relay.example>")

    with PlainServer(tls_context=certificate[0]) as plain:
        assert inject(plain.port, certificate[1]).startswith("503")
    assert inject(emptied.ports["smtp"], emptied.context).startswith("503 5.5.1 ")


def test_the_part_of_aiosmtpd_that_is_used_is_small_and_known():
    """Pitfall 23."""
    tree = ast.parse(Path(session.__file__).read_text("utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "super"
    }
    assert used == {"__init__", "connection_made", "data_received", "connection_lost", "smtp_STARTTLS"}
    for name in ("_handle_client", "push", "eof_received", "_timeout_cb"):
        assert getattr(SmtpSession, name) is not getattr(SMTP, name), "never the base class's own"
    assert re.search(r"(?m)^aiosmtpd==1\.4\.6\b", (ROOT / "requirements.txt").read_text("utf-8"))
    elsewhere = [path for path in (ROOT / "relay").rglob("*.py") if re.search(r"\baiosmtpd\.", path.read_text("utf-8"))]
    assert [path.name for path in elsewhere] == ["session.py"]
