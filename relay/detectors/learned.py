"""What was learned, as `make learn` writes it into files: their tables, and what is made of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import ConfigDict, Field

from relay.detectors.likeness import CODES, Bounds, Likeness, made_likeness
from relay.detectors.network import made_network
from relay.detectors.talk import Talk, made_talk
from relay.errors import ConfigurationError

_Table = TypeVar("_Table")
_Made = TypeVar("_Made")


@dataclass(frozen=True, kw_only=True)
class LikenessTable:
    """How sensitive letters are (likeness.py)."""

    learned_from: str
    things: tuple[str, ...]
    codes: tuple[str, ...]
    bias: tuple[float, ...]
    steps: Annotated[tuple[float, ...], Field(min_length=3, max_length=3)]
    letters: str
    pairs: str
    senses: str
    network: dict[str, str]
    network_steps: tuple[float, ...]
    bounds: dict[str, Bounds]
    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True)
class TalkTable:
    """Which sentences talk about labels (talk.py)."""

    learned_from: str
    steps: tuple[float, ...]
    bias: float
    bound: float
    letters: str
    senses: str
    sides: str
    __pydantic_config__ = ConfigDict(extra="forbid")


def of_last(name: str, tables: Mapping[str, _Table | None], make: Callable[[_Table], _Made]) -> _Made | None:
    """What is made of the table that the last of some files has; None where none has one.

    Raises:
        ConfigurationError: nothing can be made of a table.
    """
    made = None
    for file, table in tables.items():
        if table:
            try:
                made = make(table)
            except ValueError as error:
                raise ConfigurationError(f"{file}: {name}: {error}; make it anew with `make learn`") from error
    return made


def likeness_of(table: LikenessTable, kinds: Mapping[str, int]) -> Likeness:
    """The likeness in a table, with the bits of kinds by name.

    Raises:
        ValueError: it isn't one.
    """
    if table.codes != CODES:
        raise ValueError(f"its network tells {', '.join(table.codes)} and not {', '.join(CODES)}")
    return made_likeness(
        weights=(table.letters, table.pairs, table.senses),
        things=table.things,
        steps=table.steps,
        bias=table.bias,
        network=made_network(table.network, table.network_steps, len(table.things), len(CODES)),
        bounds=table.bounds,
        kinds=kinds,
    )


def talk_of(table: TalkTable) -> Talk:
    """The talk in a table.

    Raises:
        ValueError: it isn't that.
    """
    return made_talk((table.letters, table.senses, table.sides), table.steps, table.bias, table.bound)
