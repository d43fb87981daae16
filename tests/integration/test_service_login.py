"""App passwords on a real relay: several for one member, used by SCRAM and PLAIN, revoked while a program is connected."""

import http.client
import smtplib
from contextlib import closing, contextmanager

import pytest

from tests.integration.clients import connect, make_post, octets_of
from tests.integration.service import ANA, CENTRAL, JEAN, PAUL, House, eventually, open_house
from tests.scram_client import log_in, salt_told


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with open_house(tmp_path_factory.mktemp("login"), ANA) as house:
        yield house


@contextmanager
def connected(house: House):
    with connect(house.service) as client:
        client.ehlo("client.example")

        def ask(line: str) -> str:
            code, words = client.docmd(line)
            return f"{code} {words.decode()}"

        yield client, ask


def issue(house: House, name: str) -> str:
    [issued] = house.site.rows("members", "password", ANA, "--name", name)
    assert (issued["address"], issued["name"]) == (ANA, name)
    return issued["password"]


def post(client: smtplib.SMTP, number: int) -> str:
    """Post in an open session; the last reply."""
    message = make_post(ANA, f"TLP:GREEN Tusks {number}", f"Seized {number} tusks at the harbour.")
    if (refused := client.mail(ANA))[0] != 250 or (refused := client.rcpt(CENTRAL))[0] != 250:
        return f"{refused[0]}"
    try:
        code, words = client.data(octets_of(message))
    except smtplib.SMTPDataError as error:
        code, words = error.smtp_code, error.smtp_error
    return f"{code} {words.decode()}"


def test_every_password_of_a_member_logs_in_by_every_mechanism(house):
    phone, laptop = issue(house, "phone"), issue(house, "laptop")
    assert phone != laptop
    for password in (phone, laptop, house.site.passwords[ANA]):
        with connected(house) as (_, ask):
            assert log_in(ask, ANA.upper(), password).startswith("235 ")
        with connected(house) as (client, _):
            assert client.login(ANA, password, initial_response_ok=True)[0] == 235
    names = [row["name"] for row in house.site.rows("members", "passwords", ANA)]
    assert names == ["laptop", "mail", "phone"]


def test_a_revoked_password_holds_for_the_next_message_of_an_open_session_and_other_passwords_stay(house):
    phone, tablet = issue(house, "phone"), issue(house, "tablet")
    with connected(house) as (lost, ask), connected(house) as (kept, _):
        assert log_in(ask, ANA, phone).startswith("235 ")
        kept.login(ANA, tablet)
        assert post(lost, 1).startswith("250 ")
        house.site.run("members", "password-revoke", ANA, "phone")
        assert post(lost, 2).startswith("550 5.1.1 ")
        assert post(kept, 3).startswith("250 ")
    with connected(house) as (_, ask):
        assert log_in(ask, ANA, phone).startswith("535 ")
    assert house.site.try_run("members", "password-revoke", ANA, "phone").code == 66


def test_a_replaced_password_holds_for_an_open_session_too(house):
    old = issue(house, "desk")
    with connected(house) as (client, _):
        client.login(ANA, old)
        issue(house, "desk")
        assert post(client, 4).startswith("550 5.1.1 ")


def test_the_last_use_is_listed(house):
    password = issue(house, "camera")
    [before] = [row for row in house.site.rows("members", "passwords", ANA) if row["name"] == "camera"]
    assert before["last_used_at"] is None
    with connected(house) as (_, ask):
        assert log_in(ask, ANA, password).startswith("235 ")
    [after] = [row for row in house.site.rows("members", "passwords", ANA) if row["name"] == "camera"]
    assert after["last_used_at"] >= after["created_at"]
    assert set(after) == {"name", "created_at", "last_used_at"}


def test_the_salt_of_a_stranger_stays_and_is_not_changed_by_becoming_somebody(house):
    with connected(house) as (_, ask):
        strangers = salt_told(ask, "nobody@douanes.example")
        before = salt_told(ask, JEAN)  # a member who has no password yet
    house.site.run("members", "password", JEAN)
    house.service.reload()
    with connected(house) as (_, ask):
        assert salt_told(ask, "nobody@douanes.example") == strangers
        assert salt_told(ask, JEAN) == before
        assert salt_told(ask, PAUL) != before
        assert salt_told(ask, ANA.upper()) == salt_told(ask, ANA)
    assert before.endswith(",i=15000")
    assert strangers.endswith(",i=15000")


def test_a_suspended_member_is_out_at_once_by_scram_as_well(house):
    password = issue(house, "phone")
    with connected(house) as (client, ask):
        assert log_in(ask, ANA, password).startswith("235 ")
        house.site.run("members", "suspend", ANA, "--reason", "a test")
        assert post(client, 5).startswith("550 5.1.1 ")
    with connected(house) as (_, ask):
        assert log_in(ask, ANA, password) == "535 5.7.8 Wrong user name or password"
    house.site.run("members", "reinstate", ANA)
    with connected(house) as (_, ask):
        assert log_in(ask, ANA, password).startswith("235 ")
    eventually(lambda: house.service.events("session.login_failed"))


@pytest.mark.parametrize("name", ["Awa's phone", "", "a" * 25, "-phone", "phone_2", "télé"])
def test_a_password_has_a_plain_name(house, name):
    assert house.site.try_run("members", "password", ANA, "--name", name).code == 65


def test_the_card_of_a_member_is_a_page_in_their_language_without_a_password(house, tmp_path):
    house.site.configure("smtp", "submissions_port", 465)
    house.site.configure("smtp", "public_host", "mx.relay.example")
    file = tmp_path / "card.html"
    house.site.run("members", "card", ANA, "--to", str(file))
    page = file.read_text("utf-8")
    assert '<html lang="fr">' in page
    assert "mx.relay.example" in page
    assert house.site.passwords[ANA] not in page
    assert house.site.run("members", "card", ANA).out == page
    assert house.site.try_run("members", "card", ANA, "--to", str(file)).code == 73
    assert house.site.try_run("members", "card", ANA, "--to", str(tmp_path / "no" / "card.html")).code == 66
    assert house.site.try_run("members", "card", "nobody@police.example").code == 66
    house.site.configure("smtp", "submissions_port", "auto")
    assert house.site.try_run("members", "card", ANA).code == 65


def test_the_web_door_tells_the_ports_that_are_open(house):
    connection = http.client.HTTPConnection("127.0.0.1", house.service.ports["web"], timeout=20)
    with closing(connection):
        connection.request("GET", "/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=x")
        page = connection.getresponse().read().decode()
    for door in ("submission", "submissions"):
        assert f"<port>{house.service.ports[door]}</port>" in page
