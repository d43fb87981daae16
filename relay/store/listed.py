"""Conditions about many rows at once: their numbers are one value, so that a statement has one text however many they are.

An IN with a value for each would be another statement for each length, to be compiled by the database every time.
"""

import json
from collections.abc import Sequence
from typing import Any, Self

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Dialect, Select, String, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import Boolean, TypeDecorator, TypeEngine


class _Numbers(TypeDecorator[Sequence[int]]):
    """Whole numbers: an array for PostgreSQL, JSON for SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(BigInteger) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> Any:
        numbers = list(value or ())
        return numbers if dialect.name == "postgresql" else json.dumps(numbers)


class _Texts(TypeDecorator[Sequence[str]]):
    """Texts by number, as JSON: a list of pairs becomes an object."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        del dialect
        return json.dumps(value)


class listed(ColumnElement[bool]):  # noqa: N801  (reads like the function that it is in a condition)
    """Whether a column is among the numbers that are given by this name."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: ColumnElement[int], name: str) -> None:
        self.column, self.numbers = column, bindparam(name, type_=_Numbers())

    def self_group(self, against: OperatorType | None = None) -> Self:
        """As it is: it needs no comparison to become a condition."""
        del against
        return self


class among(ColumnElement[bool]):  # noqa: N801
    """Whether a column is among those that a query finds, which is asked first, whatever its planner knows of the tables.

    PostgreSQL may turn an IN into a join and begin it with the bigger table, as long as it has no statistics, or old ones.
    """

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: ColumnElement[int], query: Select[Any]) -> None:
        self.column, self.query = column, query.scalar_subquery()

    def self_group(self, against: OperatorType | None = None) -> Self:
        """As it is: it needs no comparison to become a condition."""
        del against
        return self


class text_of(ColumnElement[str]):  # noqa: N801
    """The text that a mapping, given by this name, has for a column's number; its keys are the numbers' digits."""

    inherit_cache = False
    type = String()

    def __init__(self, column: ColumnElement[int], name: str) -> None:
        self.column, self.texts = column, bindparam(name, type_=_Texts())


@compiles(listed, "sqlite")
def _listed_in_sqlite(element: listed, compiler: SQLCompiler, **options: Any) -> str:
    column, numbers = (compiler.process(one, **options) for one in (element.column, element.numbers))
    return f"{column} IN (SELECT value FROM json_each({numbers}))"  # noqa: S608  (made of compiled parts, without a value)


@compiles(listed, "postgresql")
def _listed_in_postgresql(element: listed, compiler: SQLCompiler, **options: Any) -> str:
    column, numbers = (compiler.process(one, **options) for one in (element.column, element.numbers))
    return f"{column} = ANY ({numbers})"


@compiles(among, "sqlite")
def _among_in_sqlite(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, query = (compiler.process(one, **options) for one in (element.column, element.query))
    return f"{column} IN {query}"


@compiles(among, "postgresql")
def _among_in_postgresql(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, query = (compiler.process(one, **options) for one in (element.column, element.query))
    return f"{column} = ANY (ARRAY {query})"


@compiles(text_of, "sqlite")
def _text_in_sqlite(element: text_of, compiler: SQLCompiler, **options: Any) -> str:
    texts, column = (compiler.process(one, **options) for one in (element.texts, element.column))
    return f"json_extract({texts}, '$.\"' || {column} || '\"')"


@compiles(text_of, "postgresql")
def _text_in_postgresql(element: text_of, compiler: SQLCompiler, **options: Any) -> str:
    texts, column = (compiler.process(one, **options) for one in (element.texts, element.column))
    return f"(SELECT CAST({texts} AS jsonb)) ->> CAST({column} AS text)"  # a query of its own, so that it is read once and not for each row
