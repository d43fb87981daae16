"""The rules that are data, as one value: marking words and the directory of channels."""

import unicodedata
from dataclasses import dataclass, field
from itertools import chain
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, field_validator

from relay.policy.channels import Directory
from relay.policy.marking import MarkingWords
from relay.policy.shape import shape
from relay.roster.mailing_list import Tlp
from relay.source import check, read_source


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """Everything `decide` needs beside the post."""

    words: MarkingWords
    directory: Directory


def _a_word(text: str) -> str:
    """A word without a letter would be found everywhere."""
    if not any(char.isalnum() for char in shape(text)):
        raise ValueError(f"“{text}” has no letter or digit")
    return text


def _a_label(text: str) -> str:
    """A label may be a symbol as well, such as a coloured circle."""
    return text if any(unicodedata.category(char) == "So" for char in shape(text)) else _a_word(text)


_Word = Annotated[str, AfterValidator(_a_word)]
_Words = dict[str, tuple[_Word, ...]]  # by language or system, which makes no difference
_Kind = Literal["classified", "restricted", "held", "harmless"]
_Label = Annotated[str, AfterValidator(_a_label)]


@dataclass(frozen=True, kw_only=True)
class _TlpTable:
    names: Annotated[tuple[_Word, ...], Field(min_length=1)]
    connectors: tuple[_Word, ...]
    labels: dict[str, tuple[_Label, ...]]
    __pydantic_config__ = ConfigDict(extra="forbid")

    @field_validator("labels")
    @classmethod
    def _labels_are_tlp(cls, labels: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        if unknown := sorted(set(labels) - set(Tlp)):
            raise ValueError(f"“{unknown[0]}” is not a TLP 2.0 label")
        if missing := [label.value for label in Tlp if not labels.get(label)]:
            raise ValueError(f"“{missing[0]}” has no words")
        return labels


@dataclass(frozen=True, kw_only=True)
class _MarkingsFile:
    tlp: _TlpTable
    pap: dict[Annotated[str, Field(pattern="^PAP:(AMBER|RED)$")], Annotated[tuple[_Word, ...], Field(min_length=1)]] = (
        field(default_factory=dict)
    )
    classified: _Words = field(default_factory=dict)
    restricted: _Words = field(default_factory=dict)
    held: _Words = field(default_factory=dict)
    everyday: _Words = field(default_factory=dict)
    disclaimers: _Words = field(default_factory=dict)
    short: dict[_Kind | Literal["brackets", "things", "cut"], tuple[_Word, ...]] = field(default_factory=dict)
    slashes: dict[_Kind, tuple[_Word, ...]] = field(default_factory=dict)
    labels: dict[_Kind, tuple[_Word, ...]] = field(default_factory=dict)
    fields: dict[Literal["names", "verbs"], tuple[_Word, ...]] = field(default_factory=dict)
    __pydantic_config__ = ConfigDict(extra="forbid")


def read_marking_words(text: str, file: str) -> MarkingWords:
    """Read config/policy/markings.toml.

    Raises:
        ConfigurationError: a fault, with file and line.
    """
    table = check(read_source(text, file), _MarkingsFile)
    by_language = {
        name: getattr(table, name) for name in ("classified", "restricted", "held", "everyday", "disclaimers")
    }
    banners = {name: tuple(dict.fromkeys(chain(*words.values()))) for name, words in by_language.items()}
    for name in ("short", "slashes", "labels", "fields"):
        banners |= {f"{name}.{key}": words for key, words in getattr(table, name).items()}
    return MarkingWords(
        names=table.tlp.names,
        connectors=table.tlp.connectors,
        labels=table.tlp.labels | table.pap,
        banners=banners,
    )
