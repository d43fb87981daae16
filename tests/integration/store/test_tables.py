"""Values as the columns keep them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import exc, insert, select

from relay.store.column_types import canonical_json
from relay.store.tables import audit
from tests.integration.store.conftest import NODE


def keep(world, at: datetime) -> None:
    row = {"node": NODE, "sequence": 99, "event": "test", "facts": "{}", "previous_hash": b"", "hash": b""}
    world.database.write(lambda connection: connection.execute(insert(audit).values(**row, at=at)) and None)


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 11, 22, 9, 30, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    ],
)
def test_an_instant_comes_back_to_the_microsecond_in_utc(world, at):
    keep(world, at)
    with world.database.read() as connection:
        found = connection.execute(select(audit.c.at).where(audit.c.sequence == 99)).scalar_one()
    assert found == at
    assert found.tzinfo is UTC


def test_an_instant_without_a_time_zone_is_refused(world):
    with pytest.raises(exc.StatementError, match="time zone"):
        keep(world, datetime(2026, 11, 22, 8, 0))  # noqa: DTZ001 - the very thing that is refused


def test_one_value_has_one_text():
    assert (
        canonical_json({"b": [1, None], "a": "é"})
        == canonical_json({"a": "é", "b": (1, None)})
        == '{"a":"é","b":[1,null]}'
    )
