"""AUTH SCRAM-SHA-256 over TCP: programs that know nothing of ours, and clients that go wrong on purpose."""

import base64
import subprocess

import pytest

from relay.errors import Unavailable
from tests.listening import CHIEF, PASSWORD, RunningServer
from tests.programs import need
from tests.raw_client import RawClient
from tests.scram_client import log_in, salt_told

LIST = "central-africa@relay.example"
MESSAGE = f"From: {CHIEF}\r\nTo: {LIST}\r\nSubject: Ivory at the airport\r\n\r\nTwo tusks.\r\n"


@pytest.fixture
def server(tmp_path):
    with RunningServer(tmp_path) as running:
        yield running


@pytest.fixture
def client(server):
    with RawClient(server, "submissions") as client:
        client.reply()
        client.ask("EHLO client.example")
        yield client


@pytest.mark.parametrize("door", ["submission", "submissions"])
def test_msmtp_proves_its_password_and_sends_a_message(server, door):
    need("msmtp")
    words = ["msmtp", "--host=localhost", f"--port={server.ports[door]}", "--tls=on", f"--from={CHIEF}"]
    words += [
        f"--tls-trust-file={server.certificate_file}",
        f"--tls-starttls={'off' if door == 'submissions' else 'on'}",
    ]
    words += ["--auth=scram-sha-256", f"--user={CHIEF}", f"--passwordeval=echo '{PASSWORD}'", LIST]
    done = subprocess.run(words, input=MESSAGE.encode(), check=False, timeout=30, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert b"Two tusks." in server.house.posts[0][3]


@pytest.mark.parametrize(("password", "code"), [(PASSWORD, 0), ("wrong", 1)])
def test_gsasl_goes_through_the_exchange(server, password, code):
    need("gsasl")
    words = ["gsasl", "--smtp", "--connect", f"localhost:{server.ports['submission']}", "--mechanism=SCRAM-SHA-256"]
    words += [f"--x509-ca-file={server.certificate_file}", f"--authentication-id={CHIEF}", f"--password={password}"]
    words += ["--no-cb", "--starttls"]
    done = subprocess.run(words, input=b"", check=False, timeout=30, capture_output=True)
    assert done.returncode == code, done
    assert server.house.logins == [str(CHIEF)]


def test_a_right_proof_logs_in_and_the_session_knows_by_which_password(server, client):
    assert log_in(client.ask, str(CHIEF), PASSWORD).startswith("235 2.7.0 ")
    client.begin_data()
    assert client.ask(".").startswith("250 ")
    [(_, _, proof, _)] = server.house.posts
    assert (proof.address, proof.password_id) == (CHIEF, "p-1")


def test_a_wrong_proof_is_answered_like_a_stranger_and_three_are_enough(client):
    assert log_in(client.ask, str(CHIEF), "wrong") == "535 5.7.8 Wrong user name or password"
    assert log_in(client.ask, "nobody@police.example", PASSWORD) == "535 5.7.8 Wrong user name or password"
    assert client.ask(f"MAIL FROM:<{CHIEF}>").startswith("530 ")
    assert log_in(client.ask, str(CHIEF), "wrong").startswith("535 ")
    assert log_in(client.ask, str(CHIEF), PASSWORD).startswith("421 4.7.0 ")
    assert client.line() == ""


def test_guessed_proofs_wait_like_guessed_passwords(server, client):
    tries = server.server._reception.login_tries
    for _ in range(4):
        tries.failed(str(CHIEF), "127.0.0.1", server.loop.time())
    log_in(client.ask, str(CHIEF), "wrong")
    [failure] = server.house.noted("session.login_failed")
    assert failure["delay_units"] == 2


def test_who_has_no_entry_any_more_is_a_wrong_login_and_no_proof_of_ours_is_sent(server, client):
    server.house.lets_in = False
    assert log_in(client.ask, str(CHIEF), PASSWORD) == "535 5.7.8 Wrong user name or password"


@pytest.mark.parametrize(("last", "code"), [("*", "501 5.7.0"), ("YQ==", "501 5.5.2"), ("?", "501 5.5.2")])
def test_a_client_that_does_not_believe_our_proof_is_not_logged_in(client, last, code):
    assert log_in(client.ask, str(CHIEF), PASSWORD, last=last).startswith(code)
    assert client.ask(f"MAIL FROM:<{CHIEF}>").startswith("530 ")
    assert log_in(client.ask, str(CHIEF), PASSWORD, last="=").startswith("235 ")


@pytest.mark.parametrize("first", ["p=tls-exporter,,n=a,r=x", "n,,n=a", "n,,m=1,n=a,r=x", "\xff"])
def test_a_first_message_that_cannot_be_read_leaves_the_session_alive(client, first):
    """Row 18."""
    encoded = base64.b64encode(first.encode("latin-1")).decode()
    assert log_in(client.ask, "a", "b", first=encoded).startswith("501 5.5.2 ")
    assert log_in(client.ask, "a", "b", first="?").startswith("501 5.5.2 ")
    assert log_in(client.ask, str(CHIEF), PASSWORD).startswith("235 ")


def test_the_first_message_may_come_after_an_empty_challenge_and_the_exchange_may_be_cancelled(client):
    assert client.ask("auth scram-sha-256") == "334 "
    assert client.ask("*").startswith("501 5.7.0 ")
    assert salt_told(client.ask, str(CHIEF)) == salt_told(client.ask, str(CHIEF))
    assert log_in(client.ask, str(CHIEF), PASSWORD).startswith("235 ")


def test_channel_binding_is_not_offered(client):
    assert client.ask("AUTH SCRAM-SHA-256-PLUS").startswith("504 ")


def test_an_unavailable_database_is_a_temporary_refusal(server, client):
    def unavailable(*_: object) -> None:
        raise Unavailable("the database does not answer")

    server.house.before_account = unavailable
    assert log_in(client.ask, str(CHIEF), PASSWORD).startswith("454 4.7.0 ")
    server.house.before_account = lambda: None
    assert log_in(client.ask, str(CHIEF), PASSWORD).startswith("235 ")
