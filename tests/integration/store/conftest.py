"""A real database in a file of its own for each test, with three lists and a few people."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from relay.mail.address import Address
from relay.policy.decision import Decision, Hold, Reason, Relay, Withhold
from relay.roster.mailing_list import MailingList, Tlp
from relay.roster.member import AgencyType, Member, Role
from relay.roster.nomination import Nomination
from relay.store import members, posts
from relay.store.engine import Database
from relay.store.keys import Keys, create_keys, load_keys
from relay.store.migrations import upgrade
from relay.store.vault import seal

NODE = "node-1"
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
LISTS = ("central-africa", "savanna", "species-id")


def make_list(name: str) -> MailingList:
    return MailingList(
        name=name,
        title=name.title(),
        address=Address(local=name, domain="relay.example"),
        list_id=f"{name}.relay.example",
        tag=name.replace("-", "")[:5].upper(),
        active=True,
        languages=("en", "fr"),
        countries=frozenset({"CM", "GA", "CG"}),
        roles=frozenset({Role.MEMBER, Role.MODERATOR}),
        agency_types=frozenset(AgencyType),
        ceiling=Tlp.GREEN,
        default_marking=Tlp.GREEN,
        require_marking=False,
        strict=False,
        community="officers",
        author_from="list",
        reply_to="author",
        footer="",
        integrity_contact="",
    )


@dataclass(frozen=True)
class World:
    """The database under test and short ways to fill it."""

    database: Database
    keys: Keys
    path: Path

    def join(
        self, local: str, *lists: str, valid_until: date | None = None, agency: str = "Customs of Cameroon"
    ) -> Member:
        nomination = Nomination(
            address=Address(local=local, domain="customs.example"),
            name=local.title(),
            agency=agency,
            agency_type=AgencyType.CUSTOMS,
            country="CM",
            language="fr",
            roles=frozenset({Role.MEMBER}),
            lists=frozenset(lists),
            nominated_by=Address(local="minister", domain="ministry.example"),
            confirmed_by=Address(local="director", domain="ministry.example"),
            valid_until=valid_until,
        )
        return self.database.write(
            lambda connection: members.add(connection, NODE, nomination, operator="root", now=START)
        )

    def accepted(
        self, author: Member, *decisions: tuple[str, Decision], text: bytes = b"five tusks", **changes: object
    ) -> posts.Accepted:
        uid = secrets.token_hex(16)
        kept = any(isinstance(decision, Relay | Hold) for _, decision in decisions)
        facts = {
            "uid": uid,
            "received_at": START,
            "author_id": author.id,
            "size_octets": len(text),
            "message_id": f"<{uid}@customs.example>",
            "duplicate_keys": (secrets.token_bytes(32),),
            "prefix": "CAFR",
            "decisions": decisions,
            "sealed": seal(self.keys, uid, text) if kept else None,
            "held_until": {name: START + timedelta(hours=72) for name, one in decisions if isinstance(one, Hold)},
            "client_ip": "192.0.2.7",
            "proof": "auth",
        }
        return posts.Accepted(**(facts | changes))

    def post(self, author: Member, *decisions: tuple[str, Decision], **changes: object) -> posts.Recorded:
        accepted = self.accepted(author, *decisions, **changes)
        return self.database.write(lambda connection: posts.record(connection, NODE, accepted))

    def rows(self, sql: str, **values: object) -> list[tuple]:
        from sqlalchemy import text

        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(sql), values)]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    directory = tmp_path_factory.mktemp("data") / "keys"
    create_keys(directory, START)
    return load_keys(directory)


@pytest.fixture
def world(tmp_path: Path, keys: Keys) -> Iterator[World]:
    path = tmp_path / "data" / "relay.db"
    database = Database.open(f"sqlite:///{path}", new=True)
    upgrade(database)
    database.write(lambda connection: members.sync_lists(connection, NODE, [make_list(name) for name in LISTS]))
    yield World(database, keys, path)
    database.close()


@pytest.fixture
def relayed() -> Relay:
    return Relay(reasons=(Reason("P1", "nothing", "text"),), marking=Tlp.GREEN)


@pytest.fixture
def held() -> Hold:
    return Hold(reasons=(Reason("H3", "company", "text, line 2"),), marking=Tlp.GREEN)


@pytest.fixture
def withheld() -> Withhold:
    return Withhold(reasons=(Reason("N1", "name.after_trigger", "text, line 6"),), channels=("ncb",))
