"""Statements that every message needs: compiled by SQLAlchemy once, and from then on given to the driver as they are.

To look a statement up in SQLAlchemy's cache and wrap its result takes ten times as long as a small statement itself. Here the
text, the order of its values, and each column's way in and out (`column_types`, dates) are kept per database.
The transaction and the treatment of errors stay SQLAlchemy's: same connection, same exceptions, without any values.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, TypeAlias

from sqlalchemy import BindParameter, CompoundSelect, Connection, Delete, Dialect, Insert, Select, TextClause, Update
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

Statement: TypeAlias = (
    Select[*tuple[Any, ...]]
    | CompoundSelect[*tuple[Any, ...]]
    | Insert
    | Update
    | Delete
    | TextClause
    | ReturningInsert[*tuple[Any, ...]]
    | ReturningUpdate[*tuple[Any, ...]]
)
Way: TypeAlias = Callable[[Any], Any]
Key: TypeAlias = tuple[str, bool, tuple[str, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A statement as one database's driver takes it, for values of these names and lists of these lengths."""

    sql: str
    constants: Mapping[str, Any]  # what the statement itself brings, such as LIMIT 1
    names: tuple[str, ...]  # of all values, in their order
    ways_in: tuple[tuple[int, Way], ...]  # of those that can't go in as they are: their places
    spread: Mapping[str, Sequence[str]]  # a list's name → the names of its members
    positional: bool
    read: Callable[[Sequence[Any]], Any]  # makes a row of the driver's one of ours


class Prepared:
    """One statement. Thread-safe: two threads that compile at once compile the same.

    A list of values for an IN makes a form of its own for each length: only for lists that are bounded.
    """

    def __init__(self, statement: Statement, lists: tuple[str, ...] = ()) -> None:
        """Take a statement, and the names of its expanding parameters."""
        self.statement = statement
        self._lists = lists
        self._forms: dict[Key, _Form] = {}

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Run it; every row, whose columns are its attributes."""
        form = self._form(connection.dialect, values, many=False)
        return list(map(form.read, _ask(connection, form.sql, _values(form, values), rows=True)))

    def column(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Run it; the first value of each row, as the driver gives it: a number or a text."""
        form = self._form(connection.dialect, values, many=False)
        return [value for value, *_ in _ask(connection, form.sql, _values(form, values), rows=True)]

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any | None:
        """Run it; the first row, None when there is none."""
        return next(iter(self.all(connection, values)), None)

    def count(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Run it; how many rows were written."""
        form = self._form(connection.dialect, values, many=False)
        return int(_ask(connection, form.sql, _values(form, values)))

    def each(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each set of values; all have the same names."""
        if len(rows) == 1:  # as if by itself: to begin and end a series costs a server's driver more than the statement
            self.count(connection, rows[0])
            return
        form = self._form(connection.dialect, rows[0], many=True)
        _ask(connection, form.sql, [_values(form, row) for row in rows], many=True)

    def _form(self, dialect: Dialect, values: Mapping[str, Any], *, many: bool) -> _Form:
        key = (dialect.name, many, tuple(values), tuple([len(values[name]) for name in self._lists]))
        found = self._forms.get(key)
        if found is None:
            found = self._forms[key] = self._compile(dialect, values, many=many)
        return found

    def _compile(self, dialect: Dialect, values: Mapping[str, Any], *, many: bool) -> _Form:
        compiled = self.statement.compile(dialect=dialect, column_keys=list(values), for_executemany=many)
        assert isinstance(compiled, SQLCompiler)
        state = compiled.construct_expanded_state(dict(values))
        if set(self._lists) != values.keys() & state.parameter_expansion.keys():
            raise ValueError("a statement's lists must be named, or their first values would be kept for ever")
        ways = {name: _way_in(bind, dialect) for bind, name in compiled.bind_names.items()}
        for name, members in state.parameter_expansion.items():
            ways |= dict.fromkeys(members, ways.pop(name))
        spread = {name: state.parameter_expansion[name] for name in self._lists}
        given = {*values, *(member for members in spread.values() for member in members)}
        names = state.positiontup if state.positiontup is not None else list(state.parameters)
        return _Form(
            sql=state.statement,
            constants={name: value for name, value in state.parameters.items() if name not in given},
            names=tuple(names),
            ways_in=tuple((place, way) for place, name in enumerate(names) if (way := ways[name]) is not None),
            spread=spread,
            positional=state.positiontup is not None,
            read=self._reader(dialect),
        )

    def _reader(self, dialect: Dialect) -> Callable[[Sequence[Any]], Any]:
        if isinstance(self.statement, TextClause):
            return tuple
        columns = self.statement.exported_columns
        kind = namedtuple("kind", map(str, columns.keys()), rename=True)  # type: ignore[misc]  # noqa: PYI024 (the columns are known now only)
        ways = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        busy = [(place, way) for place, way in enumerate(ways) if way is not None]
        make = partial(tuple.__new__, kind)  # `_make`, without its own call and count for each row

        def read(row: Sequence[Any]) -> Any:
            values = list(row)
            for place, way in busy:
                if values[place] is not None:  # which nothing is made of
                    values[place] = way(values[place])
            return make(values)

        return read if busy else make


def _way_in(bind: BindParameter[Any], dialect: Dialect) -> Way | None:
    return bind.type.dialect_impl(dialect).bind_processor(dialect)


def run(connection: Connection, sql: str) -> None:
    """Run a text without values and without an answer, such as SAVEPOINT."""
    _ask(connection, sql, None)


def look_up(connection: Connection, sql: str) -> Any:
    """Run a text without values, of one statement or several; the first row that the last one gives. For servers only."""
    return _ask(connection, sql, None, rows=True)[0]


def _values(form: _Form, values: Mapping[str, Any]) -> Sequence[Any] | Mapping[str, Any]:
    """Values as the driver takes them."""
    given = values
    if form.constants or form.spread:
        given = {**form.constants, **values}
        for name, members in form.spread.items():
            given.update(zip(members, values[name], strict=True))
    ordered = list(map(given.__getitem__, form.names))
    for place, way in form.ways_in:
        ordered[place] = way(ordered[place])
    return ordered if form.positional else dict(zip(form.names, ordered, strict=True))


def _ask(connection: Connection, sql: str, values: Any, *, many: bool = False, rows: bool = False) -> Any:
    """Run it in the connection's transaction; its rows, or how many it wrote. Without values the driver takes the text as it is."""
    cursor: Any = None
    try:
        cursor = connection.connection.cursor()
        if many:
            cursor.executemany(sql, values)
        elif values is None:
            cursor.execute(sql)
            while rows and cursor.nextset():
                pass
        else:
            cursor.execute(sql, values)
        return cursor.fetchall() if rows else cursor.rowcount
    except connection.dialect.loaded_dbapi.Error as error:
        _raise(connection, sql, cursor, error)


def _raise(connection: Connection, sql: str, cursor: Any, error: BaseException) -> NoReturn:
    """Give a driver's error to SQLAlchemy, as if it had run the statement: it wraps it, hides its values, and gives up a connection that is lost."""
    connection._handle_dbapi_exception(error, sql, None, cursor, None)  # noqa: SLF001  (there is no public name for it)
