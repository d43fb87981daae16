"""The half-yearly question to focal points by the clock: asked, reminded twice, told of; an answer ends it, until the next time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relay import jobs
from relay.actions.directory import ask_due, confirmed_directory, operators, to_confirm
from relay.actions.enrol import add_member
from relay.actions.establish import establish
from relay.delivery.delivery import Kind
from relay.mail.address import parse_address
from relay.policy.doors import reference_of
from relay.resources import load_resources
from relay.settings import load_settings
from relay.store import directory, members

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
MARCH, SEPTEMBER = datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 9, 1, tzinfo=UTC)
CHIEF, GABON, ADMIN = "chief@police.example", "gabon@police.example", "admin@network.example"


class Relay:
    def __init__(self, folder):
        establish(folder, "relay.example", ("central-africa",), "", None, START)
        self.resources = load_resources(load_settings(folder / "relay.toml"))
        self.add(CHIEF, "CM", "member;focal-point")
        self.add("officer@police.example", "CM", "member")
        self.add(ADMIN, "CM", "member;admin")
        self.seen = 0

    def add(self, address, country, role):
        row = {
            "address": address, "name": "Officer Example", "agency": "Police", "agency_type": "police", "country": country, "language": "en",
            "lists": "central-africa", "role": role, "nominated_by": "one@network.example", "confirmed_by": "two@network.example",
        }  # fmt: skip
        add_member(self.resources, row, with_password=False, now=START)

    def find(self, address):
        with self.resources.database.read() as connection:
            return members.find(connection, parse_address(address))

    def tick(self, now):
        """Let the jobs do what is due; the letters about doors that were written: kind and recipient."""
        jobs.run_due(self.resources, now)
        query = (
            "SELECT d.id, d.kind, m.address FROM deliveries d JOIN members m ON m.id = d.member_id "
            "WHERE d.kind IN ('doors', 'silence') ORDER BY d.id"
        )
        with self.resources.database.read() as connection:
            rows = [tuple(row) for row in connection.exec_driver_sql(query)]
        new, self.seen = rows[self.seen :], len(rows)
        return [(Kind(kind), address) for _, kind, address in new]

    def confirm(self, now):
        what = to_confirm(self.resources, "CM")
        member, reference = self.find(CHIEF), reference_of("CM", "2027-1", what)
        self.resources.database.write(lambda c: directory.confirm(c, "node-1", member, what, reference, now))


@pytest.fixture
def relay(tmp_path):
    made = Relay(tmp_path / "relay")
    yield made
    made.resources.database.close()


def test_nobody_is_asked_before_the_first_half_year_begins(relay):
    for now in (START, START + timedelta(days=60), MARCH - timedelta(seconds=1)):
        assert relay.tick(now) == []


def test_a_silent_country_is_asked_reminded_twice_and_then_told_of_once(relay):
    asked, told = [(Kind.DOORS, CHIEF)], [(Kind.SILENCE, ADMIN)]
    days = {0: asked, 1: [], 13: [], 14: asked, 15: [], 28: asked, 41: [], 42: told, 43: [], 180: []}
    assert {day: relay.tick(MARCH + timedelta(days=day)) for day in days} == days
    assert relay.tick(SEPTEMBER) == asked
    with relay.resources.database.read() as connection:
        events = connection.exec_driver_sql("SELECT event FROM audit WHERE event LIKE 'directory.%' ORDER BY sequence")
        assert [row[0] for row in events] == ["directory.asked"] * 3 + ["directory.silent", "directory.asked"]


def test_an_answer_ends_the_asking_until_the_next_half_year(relay):
    assert relay.tick(MARCH) == [(Kind.DOORS, CHIEF)]
    relay.confirm(MARCH + timedelta(days=3))
    assert [relay.tick(MARCH + timedelta(days=day)) for day in (14, 28, 42, 100)] == [[]] * 4
    assert relay.tick(SEPTEMBER) == [(Kind.DOORS, CHIEF)]


def test_a_country_without_a_focal_point_is_told_to_the_administrators_at_once(relay):
    relay.add(GABON, "GA", "member")
    assert relay.tick(MARCH) == [(Kind.DOORS, CHIEF), (Kind.SILENCE, ADMIN)]
    assert relay.tick(MARCH + timedelta(days=1)) == []


def test_two_nodes_that_tick_at_once_ask_once(relay):
    first, second = relay.resources, relay.resources
    ask_due(first, MARCH)
    ask_due(second, MARCH)
    assert relay.tick(MARCH) == [(Kind.DOORS, CHIEF)]


def test_what_was_confirmed_counts_in_notices_until_a_word_of_it_is_changed(relay):
    def shown():
        with relay.resources.database.read() as connection:
            found = confirmed_directory(relay.resources, connection, "CM")
        return {one.id: one.status for one in found.countries["CM"].channel}

    assert set(shown().values()) == {"unconfirmed"}
    relay.confirm(MARCH)
    assert set(shown().values()) == {"confirmed"}
    own = relay.resources.settings.data / "config" / "channels"
    own.mkdir(parents=True)
    (own / "CM.toml").write_text(
        'country = "CM"\n[[channel]]\nid = "ncb"\nname = "BCN Douala"\nas_of = 2026-11-01\nstatus = "unconfirmed"\nsource = "a letter"\n',
        "utf-8",
    )
    database = relay.resources.database
    relay.resources = load_resources(relay.resources.settings, database)
    changed = shown()
    assert changed.pop("ncb") == "unconfirmed"
    assert set(changed.values()) == {"confirmed"}


def test_corrections_go_to_the_operators_where_they_can_be_reached_by_mail(relay):
    assert str(operators(relay.resources, "central-africa")) == "central-africa-owner@relay.example"
    settings = relay.resources.settings
    reached = settings.relay.model_copy(update={"postmaster": "ops@agency.example"})
    relay.resources = replace(relay.resources, settings=settings.model_copy(update={"relay": reached}))
    assert str(operators(relay.resources, "central-africa")) == "postmaster@relay.example"
