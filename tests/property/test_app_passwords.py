"""Whatever is issued and revoked in whatever order: exactly the passwords that a member has now log in, each as itself."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.errors import Conflict, NotFound
from relay.mail.address import Address
from relay.mail.scram import MOST_PASSWORDS, make_verifier, salt_of
from relay.roster.member import AgencyType, Member, Role
from relay.roster.nomination import Nomination
from relay.store import credentials, members
from relay.store.engine import Database
from relay.store.migrations import upgrade

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NAMES = [f"device-{number}" for number in range(MOST_PASSWORDS + 2)]
Deed = tuple[str, str, int]
DEEDS = st.lists(
    st.tuples(st.sampled_from(["issue", "revoke"]), st.sampled_from(NAMES), st.integers(0, 1)), max_size=40
)


@contextmanager
def two_people() -> Iterator[tuple[Database, list[Member]]]:
    with TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'relay.db'}", new=True)
        upgrade(database)
        try:
            yield database, [database.write(lambda c, who=who: join(c, who)) for who in ("ama", "bela")]
        finally:
            database.close()


def join(connection, local: str) -> Member:
    nomination = Nomination(
        address=Address(local=local, domain="customs.example"), name=local.title(), agency="Customs",
        agency_type=AgencyType.CUSTOMS, country="CM", language="fr", roles=frozenset({Role.MEMBER}), lists=frozenset(),
        nominated_by=Address(local="one", domain="ministry.example"), confirmed_by=Address(local="two", domain="ministry.example"),
    )  # fmt: skip
    return members.add(connection, "node-1", nomination, operator="root", now=NOW)


def issue(database: Database, member: Member, name: str) -> str:
    password = secrets.token_hex(8)
    with database.read() as connection:
        shared = credentials.shared_salt(connection, member.id)
    verifier = make_verifier(password, *(shared or (salt_of(member.address.key, b"secret"), 10)))
    database.write(lambda c: credentials.add_password(c, "node-1", member, name, verifier, operator="root", now=NOW))
    return password


@settings(max_examples=15)
@given(DEEDS)
def test_exactly_the_passwords_that_a_member_has_now_log_in(deeds: list[Deed]):
    has: list[dict[str, str]] = [{}, {}]
    ever: list[tuple[int, str, str]] = []
    with two_people() as (database, people):
        for deed, name, who in deeds:
            if deed == "issue" and (name in has[who] or len(has[who]) < MOST_PASSWORDS):
                has[who][name] = issue(database, people[who], name)
                ever.append((who, name, has[who][name]))
            elif deed == "issue":
                refuses(Conflict, lambda who=who, name=name: issue(database, people[who], name))
            else:
                known = has[who].pop(name, None)
                end = lambda who=who, name=name: database.write(  # noqa: E731
                    lambda c: credentials.revoke_password(
                        c, "node-1", people[who].address, name, operator="root", now=NOW
                    )
                )
                end() if known else refuses(NotFound, end)
        check(database, people, has, ever)


def refuses(kind: type[Exception], deed) -> None:
    try:
        deed()
    except kind:
        return
    raise AssertionError("it was done all the same")


def check(
    database: Database, people: list[Member], has: list[dict[str, str]], ever: list[tuple[int, str, str]]
) -> None:
    with database.read() as connection:
        accounts = [credentials.find_account(connection, one.address.key) for one in people]
        for who, account in enumerate(accounts):
            assert (account is None) == (not has[who])
            names = [one.name for one in credentials.list_passwords(connection, people[who].id)]
            assert names == sorted(has[who])
        ids = set()
        for owner, name, password in ever:
            for who, account in enumerate(accounts):
                found = account.by_password(password) if account else None
                assert (found is not None) == (who == owner and has[who].get(name) == password)
                if found:
                    assert credentials.owner_of(connection, found.password_id)[0] == people[who].id
                    ids.add(found.password_id)
        assert len(ids) == sum(map(len, has)), "each has an id of its own"
