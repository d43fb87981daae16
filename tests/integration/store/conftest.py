"""A real database for each test, once SQLite and once PostgreSQL, with three lists and a few people."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from relay.mail.address import Address
from relay.policy.decision import Decision, Hold, Reason, Relay, Withhold
from relay.roster.mailing_list import MailingList, Tlp
from relay.roster.member import AgencyType, Member, Role
from relay.roster.nomination import Nomination
from relay.store import mailing_lists, members, posts
from relay.store.engine import Database
from relay.store.keys import Keys, create_keys, load_keys
from relay.store.migrations import upgrade
from relay.store.tables import metadata
from relay.store.vault import seal
from tests.postgresql import Server, name_in, require

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

    @property
    def kind(self) -> str:
        """Which database it is: sqlite or postgresql."""
        return self.database._engine.dialect.name

    def files(self) -> list[Path]:
        """Every file that the database writes; of a server's, with its log, all of them."""
        if self.kind == "sqlite":
            return list(Path(str(self.database._engine.url.database)).parent.iterdir())
        [[folder]] = self.rows("SELECT current_setting('data_directory')")
        return [path for path in Path(folder).parent.rglob("*") if path.is_file()]

    def join(
        self,
        local: str,
        *lists: str,
        valid_until: date | None = None,
        agency: str = "Customs of Cameroon",
        agency_type: AgencyType = AgencyType.CUSTOMS,
        roles: tuple[Role, ...] = (Role.MEMBER,),
    ) -> Member:
        nomination = Nomination(
            address=Address(local=local, domain="customs.example"),
            name=local.title(),
            agency=agency,
            agency_type=agency_type,
            country="CM",
            language="fr",
            roles=frozenset(roles),
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
        return self.record(self.accepted(author, *decisions, **changes))

    def record(self, accepted: posts.Accepted) -> posts.Recorded:
        return self.database.write(lambda connection: posts.record(connection, NODE, accepted))

    def rows(self, sql: str, **values: object) -> list[tuple]:
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(sql), values)]


class OneDatabase:
    """One SQLite database for all examples of a property, to which Hypothesis gives no fixture: to make the schema costs more than a whole example."""

    def __init__(self) -> None:
        self._directory = Path(tempfile.gettempdir()) / f"one-{secrets.token_hex(8)}"
        self._world: World | None = None

    def empty(self) -> World:
        """A world with the three lists and nothing else."""
        if self._world is None:
            create_keys(self._directory / "keys", START)
            database = Database.open(f"sqlite:///{self._directory / 'relay.db'}", new=True)
            upgrade(database)
            self._world = World(database, load_keys(self._directory / "keys"))
        self._world.database.write(_begin_anew)
        return self._world

    def close(self) -> None:
        """End it, in the module's `teardown_module`."""
        if self._world is not None:
            self._world.database.close()
            shutil.rmtree(self._directory)


def _begin_anew(connection: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        connection.execute(table.delete())
    mailing_lists.sync(connection, NODE, [make_list(name) for name in LISTS], START)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    directory = tmp_path_factory.mktemp("data") / "keys"
    create_keys(directory, START)
    return load_keys(directory)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server, for all tests that need one."""
    require()
    with Server() as running:
        yield running


@pytest.fixture(scope="session")
def kept(server: Server) -> str:
    """The URL of a database with the schema; each test empties it, which is quicker than to make one."""
    url = server.database()
    with open_database(url) as database:
        upgrade(database)
    return url


@contextmanager
def open_database(url: str) -> Iterator[Database]:
    """A database, open."""
    database = Database.open(url, new=True)
    try:
        yield database
    finally:
        database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on; tests that are about one alone name it by `pytest.mark.parametrize`."""
    return str(request.param)


@pytest.fixture
def empty_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database that has nothing in it, not even a schema."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'data' / 'relay.db'}"
        return
    server: Server = request.getfixturevalue("server")
    url = server.database()
    yield url
    server.drop(url)


@pytest.fixture
def world(kind: str, tmp_path: Path, keys: Keys, request: pytest.FixtureRequest) -> Iterator[World]:
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'data' / 'relay.db'}"
    else:
        url = request.getfixturevalue("kept")
        tables = ", ".join(table.name for table in metadata.sorted_tables)
        request.getfixturevalue("server").ask(f"TRUNCATE {tables} RESTART IDENTITY", name_in(url))
    with open_database(url) as database:
        if kind == "sqlite":
            upgrade(database)
        database.write(
            lambda connection: mailing_lists.sync(connection, NODE, [make_list(name) for name in LISTS], START)
        )
        yield World(database, keys)


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    """A database that has one table, of notes."""
    with open_database(empty_url) as opened:
        opened.write(lambda connection: connection.execute(text("CREATE TABLE notes (word TEXT UNIQUE)")) and None)
        yield opened


@pytest.fixture
def relayed() -> Relay:
    return Relay(reasons=(Reason("P1", "nothing", "text"),), marking=Tlp.GREEN)


@pytest.fixture
def held() -> Hold:
    return Hold(reasons=(Reason("H3", "company", "text, line 2"),), marking=Tlp.GREEN)


@pytest.fixture
def withheld() -> Withhold:
    return Withhold(reasons=(Reason("N1", "name.after_trigger", "text, line 6"),), channels=("ncb",))
