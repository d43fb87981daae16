"""The schema's history leads to the schema that the program uses, and back."""

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from relay.errors import ConfigurationError
from relay.store.migrations import downgrade, upgrade
from relay.store.schema import MOVED, NEWEST, check, check_known, is_current
from relay.store.tables import metadata
from tests.integration.store.conftest import open_database


def schema(connection) -> dict[str, list[str]]:
    """What SQLite knows of the tables: each statement's parts in any order, without names of its own making."""
    statements = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'"
    ).all()
    return {
        name: sorted(part.strip() for part in re.split(r",\s*\n|\n", re.sub(r"[\t\"]", "", sql)) if part.strip())
        for name, sql in statements
    }


def catalogue(connection) -> list[tuple[str, ...]]:
    """What PostgreSQL knows of them: columns, constraints and indexes."""
    columns = (
        "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
        " WHERE table_schema = 'public'"
    )
    constraints = (
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    )
    indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    rows = [
        tuple(map(str, row)) for query in (columns, constraints, indexes) for row in connection.exec_driver_sql(query)
    ]
    return sorted(row for row in rows if not row[0].startswith("alembic"))


def test_the_migrated_schema_is_the_one_in_the_code(world):
    with world.database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


@pytest.mark.parametrize("kind", ["sqlite"])
def test_constraints_and_partial_indexes_are_the_same_too(world):
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as fresh, world.database.read() as migrated:
        assert schema(migrated) == schema(fresh)
    engine.dispose()


@pytest.mark.parametrize("kind", ["postgresql"])
def test_constraints_and_partial_indexes_are_the_same_in_postgresql(world, empty_url):
    with open_database(empty_url) as made, made.read() as fresh, world.database.read() as migrated:
        made.write(lambda connection: metadata.create_all(connection) and None)
        assert catalogue(migrated) == catalogue(fresh)


@pytest.mark.parametrize(
    ("found", "says"), [("9999", "a later version's schema"), (MOVED, "has moved to another database")]
)
def test_a_schema_that_this_version_does_not_know_is_left_alone(world, found, says):
    world.database.write(
        lambda c: c.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": found}) and None
    )
    try:
        for judge in (check, check_known):
            with pytest.raises(ConfigurationError, match=says):
                judge(world.database)
    finally:  # PostgreSQL's is used by other tests
        world.database.write(
            lambda c: c.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": NEWEST}) and None
        )
    check(world.database)


def test_an_older_schema_is_to_be_migrated(empty_url):
    with open_database(empty_url) as database:
        check_known(database)
        with pytest.raises(ConfigurationError, match="run `wen-relay migrate`"):
            check(database)


def test_up_and_down_and_up_again(empty_url):
    with open_database(empty_url) as database:
        assert not is_current(database)
        upgrade(database)
        upgrade(database)
        assert is_current(database)
        downgrade(database, "base")
        with database.read() as connection:
            assert set(inspect(connection).get_table_names()) == {"alembic_version"}
        assert not is_current(database)
        upgrade(database)
        assert is_current(database)
