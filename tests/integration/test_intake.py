"""The SMTP doors over TCP: real clients, faults behind the doors, clients that hang up, the orderly end."""

import logging
import smtplib
import socket
import struct
import subprocess
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from relay.errors import Unavailable
from relay.intake.server import Doors, Listener, SmtpServer
from relay.mail.auth_results import Method
from tests.listening import CHIEF, LIMITS, PASSWORD, RunningServer
from tests.programs import need
from tests.raw_client import PLAIN, RawClient, eventually

MIB = 1 << 20
LIST = "central-africa@relay.example"
MESSAGE = f"From: {CHIEF}\r\nTo: {LIST}\r\nSubject: Ivory at the airport\r\n\r\nTwo tusks.\r\n.dot\r\n"


@pytest.fixture
def server(tmp_path):
    with RunningServer(tmp_path) as running:
        yield running


def test_a_posts_250_waits_for_nothing_that_was_sent_behind_it(server):
    """RFC 2920 §3.2: what is committed is told at once, however long the next command of the group takes."""
    told = threading.Event()
    with RawClient(server, "submissions") as client:
        client.login()
        group = f"MAIL FROM:<{CHIEF}>\r\nRCPT TO:<{LIST}>\r\n"
        client.send(f"{group}DATA\r\n".encode())
        assert [client.reply()[:3] for _ in range(3)] == ["250", "250", "354"]
        server.house.before_lookup = lambda: told.wait(60)  # longer than the client's patience
        client.send(f"{MESSAGE}.\r\nNOOP\r\n{group}".encode())
        try:
            assert client.reply().startswith("250 2.0.0 CAFR-")
            assert client.reply().startswith("250 2.0.0")
        finally:
            told.set()
        assert [client.reply()[:3] for _ in range(2)] == ["250", "250"]


# — clients that members use —


@pytest.mark.parametrize("door", ["submission", "submissions"])
def test_smtplib_sends_a_message_and_it_arrives_whole(server, door):
    if door == "submissions":
        client = smtplib.SMTP_SSL("localhost", server.ports[door], context=server.context)
    else:
        client = smtplib.SMTP("localhost", server.ports[door])
        client.starttls(context=server.context)
    with client:
        client.login(str(CHIEF), PASSWORD)
        assert client.sendmail(str(CHIEF), [LIST], MESSAGE) == {}
    [(envelope, from_client, proof, octets)] = server.house.posts
    assert octets == MESSAGE.encode()
    assert (envelope.mail_from, [str(one) for one in envelope.rcpt_to]) == (CHIEF, [LIST])
    assert (from_client.ip, from_client.tls, from_client.login) == ("127.0.0.1", True, CHIEF)
    assert (proof.method, proof.address) == (Method.AUTH, CHIEF)


@pytest.mark.parametrize("door", ["submission", "submissions"])
def test_curl_sends_a_message_and_it_arrives_whole(server, door, tmp_path):
    need("curl")
    (tmp_path / "message").write_text(MESSAGE, newline="")
    scheme = "smtps" if door == "submissions" else "smtp"
    command = ["curl", "--silent", "--show-error", "--ssl-reqd", "--cacert", server.certificate_file]
    command += ["--url", f"{scheme}://localhost:{server.ports[door]}/client.example", "--user", f"{CHIEF}:{PASSWORD}"]
    command += ["--mail-from", str(CHIEF), "--mail-rcpt", LIST, "--upload-file", tmp_path / "message"]
    subprocess.run(command, check=True, timeout=30)
    assert server.house.posts[0][3] == MESSAGE.encode()


@pytest.mark.parametrize(("door", "options"), [("submission", ["--tls"]), ("submissions", ["--tls-on-connect"])])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks_sends_a_message(server, door, options, mechanism):
    need("swaks")
    command = [
        "swaks",
        "--server",
        "127.0.0.1",
        "--port",
        str(server.ports[door]),
        *options,
        "--ehlo",
        "client.example",
    ]
    command += ["--from", str(CHIEF), "--to", LIST, "--body", "Two tusks.", "--pipeline"]
    command += ["--auth", mechanism, "--auth-user", str(CHIEF), "--auth-password", PASSWORD]
    done = subprocess.run(command, check=False, timeout=30, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert b"Two tusks." in server.house.posts[0][3]


# — faults behind the doors —


def test_trouble_while_judging_is_temporary_and_tells_nothing(server):
    def break_down():
        raise RuntimeError("INSERT INTO posts VALUES ('SECRET TUSKS')")

    server.house.before_accept = break_down
    with RawClient(server, "submissions") as client:
        client.login()
        client.begin_data()
        assert client.ask(".") == "451 4.3.0 Temporary trouble on our side, please try again later"
        server.house.before_accept = lambda: None
        client.begin_data()
        assert client.ask(".").startswith("250 "), "the session goes on"
    [fact] = server.house.noted("session.trouble")
    assert fact["error"] == "RuntimeError"
    assert "break_down" in str(fact["frames"])
    assert "SECRET" not in str(server.house.events)


def test_an_unavailable_database_is_a_temporary_refusal_at_every_command(server):
    def unavailable():
        raise Unavailable("the database does not answer")

    with RawClient(server, "submissions") as client:
        client.reply()
        client.ask("EHLO client.example")
        server.house.before_login = unavailable
        assert client.ask(f"AUTH PLAIN {PLAIN}").startswith("454 4.7.0 ")
        server.house.before_login = lambda: None
        assert client.ask(f"AUTH PLAIN {PLAIN}").startswith("235 ")
        client.ask(f"MAIL FROM:<{CHIEF}>")
        server.house.before_lookup = unavailable
        assert client.ask(f"RCPT TO:<{LIST}>").startswith("451 4.3.0 ")
        server.house.before_lookup = lambda: None
        server.house.before_accept = unavailable
        assert client.ask(f"RCPT TO:<{LIST}>").startswith("250 ")
        assert client.ask("DATA").startswith("354 ")
        assert client.ask(".").startswith("451 4.3.0 ")
    assert len(server.house.noted("session.trouble")) == 3


def test_at_most_four_passwords_are_checked_at_once_and_nobody_else_waits(server):
    inside, most, go_on, lock = [0], [0], threading.Event(), threading.Lock()

    def check():
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        go_on.wait(20)
        with lock:
            inside[0] -= 1

    server.house.before_login = check
    clients = [RawClient(server, "submissions") for _ in range(8)]
    for client in clients:
        client.reply()
        client.ask("EHLO client.example")
        client.send(f"AUTH PLAIN {PLAIN}\r\n".encode())
    eventually(lambda: inside[0] == 4)
    with RawClient(server) as another:
        assert another.reply().startswith("220 ")
        assert another.ask("NOOP").startswith("250 ")
    go_on.set()
    for client in clients:
        assert client.reply().startswith("235 ")
        client.socket.close()
    assert most[0] == 4


def test_nothing_that_a_client_said_is_logged(server, caplog):
    """Row 26."""
    caplog.set_level(logging.DEBUG)
    with RawClient(server, "submissions") as client:
        client.login()
        client.ask("XSECRET \tword")
        client.begin_data()
        client.send(b"Subject: secret word\r\n.\r\n")
        client.reply()
        client.ask("QUIT")
    with RawClient(server) as client:
        client.send(b"secret\nword")
        client.reply()
    said = caplog.text + str(server.house.events)
    assert "secret" not in said.lower()
    assert PLAIN not in said
    assert str(CHIEF) not in said
    assert logging.getLogger("mail.log").level == logging.WARNING


# — clients that hang up —


@pytest.mark.parametrize("reset", [True, False], ids=["by a reset", "in good order"])
def test_a_client_that_hangs_up_after_the_final_dot_cannot_stop_the_commit(tmp_path, reset):
    """Row 24."""
    limits = replace(LIMITS, max_in_flight_octets=70_000)
    judging, go_on = threading.Event(), threading.Event()
    with RunningServer(tmp_path, limits) as server:
        server.house.before_accept = lambda: (judging.set(), go_on.wait(20))
        client = RawClient(server, "submissions")
        client.login()
        client.begin_data()
        client.send(b"Subject: last words\r\n.\r\n")
        assert judging.wait(10)
        if reset:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.socket.close()
        eventually(lambda: server.begin(connections_of(server)).result(5) == 0)
        assert server.house.posts == []
        go_on.set()
        eventually(lambda: server.house.noted("session.reply_not_sent"))
        assert server.house.posts[0][3] == b"Subject: last words\r\n"
        [fact] = server.house.noted("session.reply_not_sent")
        assert fact["outcome"] == "accepted, reply not sent"
        with RawClient(server, "submissions") as again:
            again.login()
            again.begin_data()
            assert again.ask(".").startswith("250 "), "its octets are no longer counted"


async def connections_of(server):
    return len(server.server._sessions)


def test_a_client_that_closes_only_its_own_side_still_gets_the_reply(server):
    everything_sent = threading.Event()
    with RawClient(server, "smtp") as client:
        client.reply()
        server.loop.call_soon_threadsafe(everything_sent.wait, 10)
        client.send(b"NOOP\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        everything_sent.set()
        assert client.reply().startswith("250 ")
        assert client.line() == ""


# — start and end —


def test_an_address_that_is_taken_is_told_and_nothing_stays_open(server, tmp_path):
    async def start_another():
        house = server.house
        doors = Doors(
            authenticate=house.authenticate,
            find_account=house.find_account,
            enter=house.enter,
            admit=house.admit,
            receive=house.receive,
            note=house.note,
        )
        taken = Listener("submission", "127.0.0.1", server.ports["submission"])
        another = SmtpServer(
            (Listener("smtp", "127.0.0.1", 0), taken), LIMITS, doors, server.server._tls, "relay.example"
        )
        try:
            with pytest.raises(OSError, match="in use"):
                await another.start()
            assert another._servers == []
        finally:
            await another.close()

    server.begin(start_another()).result(10)


def test_a_drain_lets_transactions_finish_and_takes_no_new_connections(server):
    with RawClient(server, "submissions") as busy, RawClient(server) as idle:
        busy.login()
        busy.begin_data()
        idle.reply()
        drained = server.begin(server.server.drain(timedelta(seconds=20)))
        assert idle.reply().startswith("421 4.3.2 ")
        assert idle.line() == ""
        with pytest.raises(OSError, match=r"(?i)refused"):
            RawClient(server)
        assert busy.ask(".").startswith("250 2.0.0 ")
        assert busy.reply().startswith("421 4.3.2 ")
        busy.socket.close()
        drained.result(10)
    assert len(server.house.posts) == 1


def test_a_drain_cuts_who_does_not_finish_in_time(server):
    with RawClient(server, "submissions") as busy:
        busy.login()
        busy.begin_data()
        server.begin(server.server.drain(timedelta(milliseconds=50))).result(10)
        assert busy.line() == ""
    assert server.house.posts == []


def test_a_close_waits_for_what_is_being_judged(server):
    judging, go_on = threading.Event(), threading.Event()
    server.house.before_accept = lambda: (judging.set(), go_on.wait(20))
    with RawClient(server, "submissions") as client:
        client.login()
        client.begin_data()
        client.send(b".\r\n")
        assert judging.wait(10)
        closed = server.begin(server.server.close())
        assert client.line() == ""
        assert not closed.done()
        go_on.set()
        closed.result(10)
    assert len(server.house.posts) == 1
