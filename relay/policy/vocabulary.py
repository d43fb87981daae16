"""The words of markings, and the patterns made of them.

Names are searched for; everything else is tried in a bounded reach beside one, so that time stays linear.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from relay.policy.shape import fold, shape
from relay.roster.mailing_list import Tlp

LONGEST_GAP = 100  # characters without a letter or digit between a name and its label, as in a form or a row of dots

# A letter of an alphabet with capitals, or a digit: what may not stand right beside a word. Chinese or Arabic letters may.
CASED = "a-z\u00df-\u024f\u0370-\u052f\u1e00-\u1fff"
_START, _END = rf"(?<![{CASED}])", rf"(?![{CASED}0-9])"
_END_IN_NAME = (
    rf"(?:(?![{CASED}])|(?=v[0-9]))"  # names of files go on with a number or a version: "TLP-RED2", "TLP_REDv2"
)
_GLUED = rf"tlp(?<=[{CASED}]{{3}}tlp)(?=[ \t]{{0,3}}[:=])"  # a name that a word before it was written together with
_NEVER = re.compile(r"(?!)")
# Small words that join two labels of one marking, or tick and cross the boxes of a form; folded.
_JOINING = (
    "or and but not was to then now yes no x ou et mais puis oui non o y pero era antes ahora si e mas agora sim nao "
    "oder und war ja nein или и да нет 或 和 或者 是 否"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingWords:
    """The vocabulary of config/policy/markings.toml: names of the scheme, words between, labels by canonical marking.

    A name that ends in a colon is a weak one, which means the scheme only right before a label. A canonical marking of
    another scheme ("PAP:RED") has whole markings as its words. `classified` are markings of classified information.
    """

    names: tuple[str, ...]
    connectors: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    classified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Patterns over folded texts; their groups are named after `labels`' places: "at4".

    `name` and `inside` find names, as words and inside a file's name; `after` and `after_inside` the label behind such a
    name; `weak` a weak name with its label; `listed` three labels and more in a row; `cell` the whole of a table's cell or a line that is a label; `other` another scheme's marking, `any_other` finds out quickly that there is none.
    """

    name: re.Pattern[str]
    inside: re.Pattern[str]
    weak: re.Pattern[str]
    other: re.Pattern[str]
    any_other: re.Pattern[str]
    after: re.Pattern[str]
    after_inside: re.Pattern[str]
    further: re.Pattern[str]
    joined: re.Pattern[str]
    before: re.Pattern[str]
    word: re.Pattern[str]
    listed: re.Pattern[str]
    cell: re.Pattern[str]
    no_nouns: re.Pattern[str]
    labels: tuple[str, ...]
    others: tuple[str, ...]

    def label(self, match: re.Match[str]) -> tuple[str, int, int]:
        """Which canonical label a match holds, and where its word starts and ends."""
        group = match.lastgroup or ""
        return (self.labels[int(group.removeprefix("at"))], *match.span(group))


def patterns_of(words: MarkingWords) -> Patterns:
    """The patterns for these words; made once for each vocabulary."""
    return _compiled(words.names, words.connectors, tuple((label, tuple(some)) for label, some in words.labels.items()))


@lru_cache(maxsize=8)
def _compiled(
    names: tuple[str, ...], connectors: tuple[str, ...], labels: tuple[tuple[str, tuple[str, ...]], ...]
) -> Patterns:
    """Strict labels are tried first, so that AMBER+STRICT isn't read as AMBER."""
    ordered = sorted((one for one in labels if one[0] in set(Tlp)), key=lambda one: Tlp(one[0]).level, reverse=True)
    others = [one for one in labels if one[0] not in set(Tlp)]
    label, plain = _groups(ordered), _any_of(word for _, some in ordered for word in some)
    label_inside = _groups(ordered, _END_IN_NAME)
    symbols = "".join(re.escape(shape(word)) for _, some in ordered for word in some if not re.search(r"\w", word))
    gap = rf"(?:[^\w{symbols}]|_){{0,{LONGEST_GAP}}}+"
    strong = _any_of((one for one in names if not one.endswith(":")), "")
    alone = _any_alone((one for one in names if not one.endswith(":")), "")
    weak = _any_alone((one.removesuffix(":") for one in names if one.endswith(":")), "")
    linked, joining = _any_of(connectors, ""), _any_of(_JOINING.split())
    comma = rf"(?:\s*,\s*(?:(?:{joining})\s+)?|\s+(?:{joining})\s+)"
    return Patterns(
        name=re.compile(f"{alone}|{_GLUED}" if "TLP" in names else alone),
        inside=re.compile(strong),
        weak=re.compile(rf"(?:{weak})(?=[\W_])(?P<sign>{gap}){label}") if weak else _NEVER,
        other=re.compile(f"{_START}{_groups(others)}") if others else _NEVER,
        any_other=re.compile(_any_alone(word for _, some in others for word in some)) if others else _NEVER,
        after=re.compile(f"{gap}(?:(?:{linked}){gap}){{0,3}}{label}"),
        after_inside=re.compile(f"{gap}(?:(?:{linked}){gap}){{0,3}}{label_inside}"),
        further=re.compile(
            rf"(?:(?P<tight>[/|&])|[ \t]*[/|&,][ \t]*){label}(?(tight)|(?=[ \t]*(?:[\])}}>/|&,.;]|\n|\Z)))"
        ),
        joined=re.compile(f"{gap}(?:(?:{joining}){gap}){{0,3}}{label}"),
        before=re.compile(rf"{_START}{label}[^\w\n.,;:!?]{{0,3}}\Z"),
        word=re.compile(f"{_START}{label}"),
        listed=re.compile(f"{_START}(?:{plain})(?:{comma}(?:{plain})){{2,}}"),
        cell=re.compile(rf"(?:[^\w\n{symbols}]|_){{0,9}}+{label}[^\w\n]{{0,9}}"),
        no_nouns=re.compile(f"{_any_of([*connectors, *_JOINING.split()])}|{strong}"),
        labels=tuple(one for one, _ in ordered),
        others=tuple(one for one, _ in others),
    )


def _groups(labels: Iterable[tuple[str, tuple[str, ...]]], end: str = _END) -> str:
    groups = [f"(?P<at{place}>{_any_of(words, end)})" for place, (_, words) in enumerate(labels)]
    return f"(?:{'|'.join(groups)})"


def _any_of(words: Iterable[str], end: str = _END) -> str:
    """One pattern for any of the words, longest first; `end` is what must stand behind a word that ends in a cased letter."""
    return "|".join(_patterns(words, end))


def _any_alone(words: Iterable[str], end: str = _END) -> str:
    """As `_START` before `_any_of`, but found several times as fast: a search for letters only tries where one of them stands.

    So the words of each first letter stand behind it, and what may not stand before it is looked for from there.
    """
    by_first: dict[str, list[str]] = {}
    for pattern in _patterns(words, end):
        first = pattern[: 1 + pattern.startswith("\\")]
        by_first.setdefault(first, []).append(pattern.removeprefix(first))
    return "|".join(f"{first}(?<![{CASED}]{first})(?:{'|'.join(rest)})" for first, rest in by_first.items())


def _patterns(words: Iterable[str], end: str) -> list[str]:
    folded = sorted({fold(shape(word)) for word in words}, key=len, reverse=True)
    return [_loosely(word) + (end if re.search(rf"[{CASED}]\Z", word) else "") for word in folded]


def _loosely(word: str) -> str:
    """A word as a pattern: between its groups of letters may stand a few separators or nothing; so in a short name too."""
    if word == "tlp":
        return r"t[ .\-_]?l[ .\-_]?p"
    groups = re.findall(r"[^\W_]+", word) or [word]
    return r"(?:[^\w.]|_|\.(?!\s)){0,6}".join(re.escape(group) for group in groups)
