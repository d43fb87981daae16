"""Letting in who has shown a password: the last use costs a write once an hour, and never keeps anybody out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relay.actions.enrol import add_member
from relay.actions.establish import establish
from relay.actions.login import authenticate, enter, find_account
from relay.actions.open import opened
from relay.actions.passwords import find_member, issue_password
from relay.errors import Unavailable
from relay.mail.address import Address
from relay.resources import Resources
from relay.store import credentials, members

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ANA = Address(local="ana", domain="douanes.example")
ROW = {
    "address": str(ANA), "name": "Ana", "agency": "Douanes", "agency_type": "customs", "country": "CM", "language": "en",
    "lists": "central-africa", "nominated_by": "one@network.example", "confirmed_by": "two@network.example",
}  # fmt: skip


@dataclass
class Desk:
    """A relay with one member, who has one password."""

    resources: Resources
    password: str

    def last_used(self) -> datetime | None:
        with self.resources.database.read() as connection:
            [one] = credentials.list_passwords(connection, find_member(self.resources, ANA).id)
        return one.last_used_at

    @contextmanager
    def writes_forbidden(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        def refuse(*_: object) -> None:
            raise Unavailable("the disk is full")

        with monkeypatch.context() as patched:
            patched.setattr(self.resources.database, "write", refuse)
            yield


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = establish(tmp_path / "relay", "relay.example", ("central-africa",), "", None, NOW)
    with opened(str(made.site_file)) as resources:
        yield Desk(resources, add_member(resources, ROW, with_password=True, now=NOW).password)


def test_a_use_is_written_down_once_an_hour(desk, monkeypatch):
    assert desk.last_used() is None
    assert authenticate(desk.resources, str(ANA), desk.password, NOW)
    assert desk.last_used() == NOW
    with desk.writes_forbidden(monkeypatch):
        assert authenticate(desk.resources, str(ANA), desk.password, NOW + timedelta(minutes=59))
    assert desk.last_used() == NOW
    assert authenticate(desk.resources, str(ANA), desk.password, NOW + timedelta(hours=1))
    assert desk.last_used() == NOW + timedelta(hours=1)


def test_nobody_is_kept_out_because_the_use_cannot_be_written_down(desk, monkeypatch):
    with desk.writes_forbidden(monkeypatch):
        assert authenticate(desk.resources, str(ANA), desk.password, NOW)
    assert desk.last_used() is None


def test_a_wrong_password_or_a_member_who_may_not_act_leaves_no_trace_of_a_use(desk):
    assert authenticate(desk.resources, str(ANA), "wrong", NOW) is None
    node = desk.resources.settings.relay.node
    desk.resources.database.write(lambda c: members.suspend(c, node, ANA, reason="a test", operator="root", now=NOW))
    assert authenticate(desk.resources, str(ANA), desk.password, NOW) is None
    assert desk.last_used() is None


def test_a_password_that_ends_between_the_question_and_the_proof_lets_nobody_in(desk):
    account = find_account(desk.resources, str(ANA))
    [password_id] = {one.password_id for one in account.keys} - {""}
    assert enter(desk.resources, password_id, NOW)
    issue_password(desk.resources, find_member(desk.resources, ANA), NOW)
    assert enter(desk.resources, password_id, NOW) is None
    assert enter(desk.resources, "", NOW) is None


def test_what_is_no_address_is_a_stranger_like_any_other(desk):
    for login in ("", "ana", "ana@", "\udcff", "ana@douanes.example\n", "a" * 5000):
        account = find_account(desk.resources, login)
        assert {one.password_id for one in account.keys} == {""}
        assert len(account.salt) == 16
