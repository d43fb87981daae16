"""The schema's history leads to the schema that the program uses, and back."""

import re

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from relay.store.engine import Database
from relay.store.migrations import downgrade, is_current, upgrade
from relay.store.tables import metadata


def schema(connection) -> dict[str, list[str]]:
    """What SQLite knows of the tables: each statement's parts in any order, without names of its own making."""
    statements = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'"
    ).all()
    return {
        name: sorted(part.strip() for part in re.split(r",\s*\n|\n", re.sub(r"[\t\"]", "", sql)) if part.strip())
        for name, sql in statements
    }


def test_the_migrated_schema_is_the_one_in_the_code(world):
    with world.database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_constraints_and_partial_indexes_are_the_same_too(world):
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as fresh, world.database.read() as migrated:
        assert schema(migrated) == schema(fresh)
    engine.dispose()


def test_up_and_down_and_up_again(tmp_path):
    database = Database.open(f"sqlite:///{tmp_path / 'relay.db'}", new=True)
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
    database.close()
