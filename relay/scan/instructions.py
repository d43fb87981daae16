"""What the pool tells a scanner: once what to search for, and with each message the day and its author."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from relay.detectors.definition import read_detectors
from relay.detectors.find import Detectors
from relay.detectors.own import Facts
from relay.policy.marking import MarkingWords


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything that a scanner searches a text for: the words of markings and the detectors of what is sensitive."""

    words: MarkingWords
    detectors: Detectors


def encode_configuration(memory: int, rules: Rules) -> bytes:
    """The first frame that a scanner gets."""
    configuration = {"memory": memory, "words": asdict(rules.words), "detectors": dict(rules.detectors.source)}
    return json.dumps(configuration).encode()


def decode_configuration(octets: bytes) -> tuple[int, Rules]:
    """The scanner's reading of it; the pool is trusted."""
    said = json.loads(octets)
    words: dict[str, Any] = {name: _listed(some) for name, some in said["words"].items()}
    return said["memory"], Rules(words=MarkingWords(**words), detectors=read_detectors(said["detectors"]))


def _listed(words: dict[str, list[str]] | list[str]) -> dict[str, tuple[str, ...]] | tuple[str, ...]:
    """Words in the form that JSON has taken from them."""
    return {name: tuple(some) for name, some in words.items()} if isinstance(words, dict) else tuple(words)


def encode_facts(facts: Facts) -> bytes:
    """What a scanner is told beside a message, in a frame before it."""
    return json.dumps(asdict(facts) | {"on": facts.on.isoformat()}).encode()


def decode_facts(octets: bytes) -> Facts:
    """The scanner's reading of it; the pool is trusted."""
    said = json.loads(octets)
    on = date.fromisoformat(said.pop("on"))
    return Facts(on=on, **{name: tuple(listed) for name, listed in said.items()})
