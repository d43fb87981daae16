"""The labelled corpus: skeletons written by hand, and the messages that they make with the names and values of their half."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from tests.evaluation.slots import HALVES, Half, Slots
from tests.evaluation.techniques import disguised

FOLDER = Path(__file__).parent / "skeletons"
APART = Path(__file__).parent / "apart"
HARMLESS = "PASS"
LABELS = ("relay", "hold", "withhold")
KINDS = ("post", "negative", "adversarial")
WITHHELD = frozenset({"T1", "M1", "N1", "N2", "O1", "O2", "O3"})
HELD = frozenset({"H1", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """One message with slots, and what POLICY says of it. `codes` are the policy's, none for what passes.

    `half` is the folder that it stands in. `technique` names the evasion of an adversarial one; `copies` is how many messages
    it makes.
    """

    id: str
    half: Half
    language: str
    label: str
    codes: tuple[str, ...]
    kind: str
    subject: str
    text: str
    technique: str = ""
    html: str = ""
    filename: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    copies: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A skeleton filled: what the author wrote, and from whom it comes."""

    id: str
    skeleton: Skeleton
    author: str
    author_email: str
    subject: str
    text: str
    html: str
    filename: str
    headers: dict[str, str]


def read_skeletons(folder: Path = FOLDER) -> tuple[Skeleton, ...]:
    """All skeletons of all halves, in the order of the files' names; a key that isn't known raises TypeError."""
    return tuple(
        Skeleton(**{**table, "codes": tuple(table["codes"]), "half": half})
        for half in HALVES
        for path in sorted((folder / half).glob("*.toml"))
        for table in _tables(path)
    )


def _tables(path: Path) -> list[dict[str, Any]]:
    return list(tomllib.loads(path.read_text("utf-8"))["skeleton"])


def letters_apart() -> tuple[Skeleton, ...]:
    """The letters that are kept apart from those that are learned from (apart/LANGUAGE.tsv, in the form of letters/*.tsv), with the names of `test`."""
    return tuple(
        _letter(f"{path.stem}-apart-{number}", path.stem, *line.split("\t"))
        for path in sorted(APART.glob("*.tsv"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
    )


def with_lines(letter: str) -> str:
    """A letter as its file has it, with its lines: ⏎ is a line's end."""
    return re.sub(" ?⏎ ?", "\n", letter)


def _letter(name: str, language: str, code: str, letter: str) -> Skeleton:
    subject, _, text = with_lines(letter).partition("\n\n")
    return Skeleton(
        id=name,
        half="test",
        language=language,
        label="relay" if code == HARMLESS else "hold" if code in HELD else "withhold",
        codes=() if code == HARMLESS else (code,),
        kind="post",
        subject=subject.replace("\n", " "),
        text=f"{text}\n",
        copies=1,
    )


def messages(skeletons: tuple[Skeleton, ...], today: date) -> Iterator[Message]:
    """Every copy of every skeleton, filled. The same skeletons make the same messages; only the days in them follow `today`."""
    for skeleton in skeletons:
        for number in range(skeleton.copies):
            yield fill(skeleton, number, today)


def fill(skeleton: Skeleton, number: int, today: date) -> Message:
    """One copy."""
    name = f"{skeleton.id}#{number + 1}"
    slots = Slots(skeleton.language, skeleton.half, Random(name), today)

    def filled(text: str) -> str:
        return disguised(skeleton.technique, slots.fill(text))

    return Message(
        id=name,
        skeleton=skeleton,
        author=slots.value("author"),
        author_email=slots.value("author_email"),
        subject=filled(skeleton.subject),
        text=filled(skeleton.text),
        html=filled(skeleton.html),
        filename=filled(skeleton.filename),
        headers={key: filled(value) for key, value in skeleton.headers.items()},
    )
