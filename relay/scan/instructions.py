"""What the pool tells a scanner: once what to search for, and with each message the day and its author. Definitions only, ready for nobody."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from relay.detectors.facts import Facts
from relay.errors import ConfigurationError
from relay.policy.marking import MarkingWords


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """What scanners are to search for, as the main process knows it: the words of markings, the detectors' definitions by file."""

    words: MarkingWords
    detectors: Mapping[str, str]


def encode_configuration(memory: int, definitions: Definitions) -> bytes:
    """The first frame that the scanners' parent gets."""
    configuration = {
        "memory": memory,
        "words": asdict(definitions.words),
        "detectors": dict(definitions.detectors),
    }
    return json.dumps(configuration, ensure_ascii=False).encode("utf-8", "surrogatepass")  # as json.loads reads it


def decode_configuration(octets: bytes) -> tuple[int, Definitions]:
    """The parent's reading of it; the pool is trusted."""
    said = json.loads(octets)
    words: dict[str, Any] = {name: _listed(some) for name, some in said["words"].items()}
    return said["memory"], Definitions(words=MarkingWords(**words), detectors=said["detectors"])


def encode_introduction(rules: Iterable[str] = (), fault: str = "") -> bytes:
    """The parent's first frame: the names of the detectors' rules, or what is wrong with a definition."""
    return json.dumps({"rules": sorted(rules), "fault": fault}).encode()


def decode_introduction(octets: bytes) -> frozenset[str]:
    """The pool's reading of it; the parent sees no message, so it is trusted.

    Raises:
        ConfigurationError: a definition is wrong.
    """
    said = json.loads(octets)
    if said["fault"]:
        raise ConfigurationError(said["fault"])
    return frozenset(said["rules"])


def _listed(words: dict[str, list[str]] | list[str]) -> dict[str, tuple[str, ...]] | tuple[str, ...]:
    """Words in the form that JSON has taken from them."""
    return {name: tuple(some) for name, some in words.items()} if isinstance(words, dict) else tuple(words)


def encode_facts(facts: Facts) -> bytes:
    """What a scanner is told beside a message, in a frame before it."""
    told = {"on": facts.on.isoformat(), "names": facts.names, "addresses": facts.addresses}
    return json.dumps(told).encode()


def decode_facts(octets: bytes) -> Facts:
    """The scanner's reading of it; the pool is trusted."""
    said = json.loads(octets)
    on = date.fromisoformat(said.pop("on"))
    return Facts(on=on, **{name: tuple(listed) for name, listed in said.items()})
