"""What stands in columns beside numbers, texts and octets: instants, and JSON of which the same value is always the same text."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as a whole number of microseconds: it compares and sorts alike in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse a naive datetime: nobody could say which instant it means."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return (value - _EPOCH) // _MICROSECOND

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], datetime | None]:
        """Give back the same instant in UTC; what SQLAlchemy would put around it takes longer than itself."""
        del dialect, coltype
        return _to_instant


def _to_instant(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + value * _MICROSECOND


class Json(TypeDecorator[Any]):
    """Lists and texts as JSON in a TEXT column, the same bytes for the same value."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """Write the value down."""
        del dialect
        return canonical_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Read it back; tuples come back as lists."""
        del dialect
        return None if value is None else _FROM_JSON(value)


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no spaces, every letter as itself."""
    return _TO_JSON(value)


# Made once: json.dumps makes an encoder each time, and json.loads asks first what it is given.
_TO_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_FROM_JSON = json.JSONDecoder().decode
