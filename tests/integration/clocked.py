"""A relay without a service, whose jobs run when a test says what time it is; letters are composed as the outbox does it."""

import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from relay import jobs
from relay.actions.enrol import add_member
from relay.actions.establish import establish
from relay.actions.notices import notice_facts
from relay.delivery.compose import CleanCopy, pack
from relay.delivery.delivery import Delivery, Kind, Status
from relay.delivery.notice import compose_notice
from relay.mail.address import parse_address
from relay.policy.decision import Hold, Reason, Relay
from relay.policy.post import CleanPart
from relay.resources import Resources, load_resources
from relay.roster.mailing_list import Tlp
from relay.roster.member import Member
from relay.settings import load_settings
from relay.store import last_look, members, posts, queue
from relay.store.vault import seal

RELAYED = Relay(reasons=(Reason("P1", "nothing", "text"),), marking=Tlp.GREEN)
HELD = Hold(reasons=(Reason("H3", "company", "text, line 2"),), marking=Tlp.GREEN)
OFFERED = replace(HELD, reasons=(Reason("F1", "routing.named_by_tag", "subject"),))
LISTS = ("central-africa", "eastern-africa")


@dataclass
class Clocked:
    """A relay and ways to fill it and to move its clock."""

    resources: Resources

    @classmethod
    def made(cls, data: Path, people: Iterable[tuple[str, str, str, str, str, str]], now: datetime) -> "Clocked":
        """A relay with these people: address, agency type, country, language, lists, roles."""
        establish(data, "relay.example", LISTS, "", None, now)
        resources = load_resources(load_settings(data / "relay.toml"))
        for address, agency_type, country, language, lists, role in people:
            row = {
                "address": address, "name": address.partition("@")[0].title(), "agency": "Service", "agency_type": agency_type,
                "country": country, "language": language, "lists": lists, "nominated_by": "one@network.example",
                "confirmed_by": "two@network.example", "role": role,
            }  # fmt: skip
            add_member(resources, row, with_password=False, now=now)
        resources.database.write(lambda c: c.exec_driver_sql("DELETE FROM deliveries") and None)
        return cls(resources)

    @classmethod
    def copied(cls, made: Path, data: Path) -> "Clocked":
        """A copy of a relay that was made, and closed."""
        shutil.copytree(made, data)
        file = data / "relay.toml"
        file.write_text(file.read_text("utf-8").replace(str(made), str(data)), "utf-8")
        return cls(load_resources(load_settings(file)))

    @property
    def node(self) -> str:
        return self.resources.settings.relay.node

    def member(self, address: str) -> Member:
        with self.resources.database.read() as connection:
            found = members.find(connection, parse_address(address))
        assert found
        return found

    def post(self, author: str, now: datetime, *decisions: tuple[str, Relay | Hold]) -> str:
        """A post as `accept` records it; its reference."""
        uid, by_name = secrets.token_hex(16), self.resources.lists
        decisions = decisions or (("central-africa", RELAYED),)
        span = self.resources.settings.retention.held
        accepted = posts.Accepted(
            uid=uid,
            received_at=now,
            author_id=self.member(author).id,
            size_octets=5,
            message_id=None,
            duplicate_keys=(secrets.token_bytes(32),),
            prefix="CAFR",
            decisions=decisions,
            sealed=seal(self.resources.keys, uid, pack(_copy(author, now))),
            held_until={
                name: by_name[name].working_time_after(now, span) for name, one in decisions if isinstance(one, Hold)
            },
            client_ip="192.0.2.7",
            proof="auth",
        )
        return self.resources.database.write(lambda c: posts.record(c, self.node, accepted)).reference

    def tick(self, now: datetime) -> None:
        """What `serve` does every half minute."""
        self.resources = jobs.renew(self.resources, now, make=True)
        jobs.run_due(self.resources, now)

    def started_anew(self) -> None:
        """As after a restart: nothing is remembered but what is written down."""
        self.resources = load_resources(self.resources.settings, self.resources.database)

    def begun(self, now: datetime) -> tuple[Delivery, ...]:
        """What goes out now: claimed, and begun after the last look."""
        lease = f"{self.node}/test/{secrets.token_hex(4)}"
        until = now + timedelta(seconds=60)
        claimed = self.resources.database.write(lambda c: queue.claim(c, lease, now, until, 1000))
        begun = self.resources.database.write(lambda c: last_look.begin(c, lease, [one.id for one in claimed], now))
        return tuple(one for one in claimed if one.id in begun)

    def letters(self, now: datetime) -> list[EmailMessage]:
        """Everything but copies that goes out now, composed; all of it is delivered."""
        going = self.begun(now)
        mails = [
            message_from_bytes(
                compose_notice(notice_facts(self.resources, one, now), self.resources.catalogue(one.language)),
                policy=policy.default,
            )
            for one in going
            if one.kind is not Kind.COPY
        ]
        for one in going:
            done = queue.Settlement(id=one.id, status=Status.DELIVERED, reply="250 2.0.0 Ok", sent_at=now)
            self.resources.database.write(lambda c, one=one, done=done: queue.settle(c, one.lease, [done], now))
        return mails

    def rows(self, sql: str) -> list[tuple]:
        with self.resources.database.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

    def audited(self, event: str) -> list[str]:
        """The facts of the audit entries of one event."""
        return [facts for (facts,) in self.rows(f"SELECT facts FROM audit WHERE event = '{event}' ORDER BY sequence")]


def _copy(author: str, now: datetime) -> CleanCopy:
    part = CleanPart(media_type="text/plain", text="Wobbleglimmer\n")
    return CleanCopy(
        author_name="Wobbleglimmer",
        author_address=parse_address(author),
        subject="Wobbleglimmer",
        message_id=None,
        date=now,
        references=(),
        parts=(part,),
    )


def at(day: int, hour: float = 0) -> datetime:
    """A moment of November 2026, whose 20th is a Friday; days beyond its end are December's."""
    return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour)


FIRST = at(1)


def fixtures(
    people: Iterable[tuple[str, str, str, str, str, str]],
    change: Callable[[Path], None] = lambda _: None,
    *,
    now: datetime = FIRST,
) -> tuple[Any, Any]:
    """The fixtures `made` and `site` of a module: a relay with these people, made once (and its files changed), and a copy for each test."""

    @pytest.fixture(scope="module")
    def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
        data = tmp_path_factory.mktemp("made") / "relay"
        Clocked.made(data, people, now).resources.database.close()
        change(data)
        return data

    @pytest.fixture
    def site(made: Path, tmp_path: Path) -> Iterator[Clocked]:
        site = Clocked.copied(made, tmp_path / "relay")
        yield site
        site.resources.database.close()

    return made, site


def recipient(mail: EmailMessage) -> str:
    """To whom a letter goes."""
    return str(mail["To"].addresses[0].addr_spec)
