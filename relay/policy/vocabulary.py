"""The words of markings, and the patterns made of them.

Names are searched for; everything else is tried in a bounded reach beside one, so that time stays linear.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby

from relay.policy.banners import Banners, banners_of
from relay.policy.shape import fold, shape
from relay.roster.mailing_list import Tlp

SHORT_NAME = r"t[ .\-_]?l[ .\-_]?p"  # the scheme's, as people write it
_SHORT = 200  # characters, in which one pattern is found as soon as many quick ones are missed
_SELDOM = 8  # so many letters of a word don't stand in a text by chance
_FEWEST_LETTERS = 3  # of a label's word that is known with one letter wrong
LONGEST_GAP = 100  # characters without a letter or digit between a name and its label, as in a form or a row of dots

# A letter of an alphabet with capitals, or a digit: what may not stand right beside a word. Chinese or Arabic letters may.
CASED = "a-z\u00df-\u024f\u0370-\u052f\u1e00-\u1fff"
_START, _END = rf"(?<![{CASED}])", rf"(?![{CASED}0-9])"
_END_IN_NAME = (
    rf"(?:(?![{CASED}])|(?=v[0-9]))"  # names of files go on with a number or a version: "TLP-RED2", "TLP_REDv2"
)
_GLUED = rf"tlp(?<=[{CASED}]{{3}}tlp)(?=[ \t]{{0,3}}[:=])"  # a name that a word before it was written together with
# Small words that join two labels of one marking, or tick and cross the boxes of a form; folded.
_JOINING = (
    "or and but not was to then now yes no x ou et mais puis oui non o y pero era antes ahora si e mas agora sim nao "
    "oder und war ja nein или и да нет 或 和 或者 是 否"
)
# Behind which the scheme is named: "красный по TLP".
_BY = "nach gemäß laut volgens menurut sesuai berdasarkan theo по согласно под بموجب حسب بحسب وفق وفقا طبقا"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingWords:
    """The vocabulary of config/policy/markings.toml: names of the scheme, words between, labels by canonical marking.

    A name that ends in a colon is a weak one, which means the scheme only right before a label. A canonical marking of
    another scheme ("PAP:RED") has whole markings as its words. `banners` are the tables of markings without labels.
    """

    names: tuple[str, ...]
    connectors: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    banners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __hash__(self) -> int:  # the labels have none, and needn't: there are few vocabularies in a process
        return hash((self.names, self.connectors))


@dataclass(frozen=True, slots=True)
class Finder:
    """A pattern, and quicker ones of which one is found wherever it is: most texts have none of them, and are left at once."""

    pattern: re.Pattern[str]
    signs: tuple[re.Pattern[str], ...]

    def finditer(self, folded: str) -> Iterator[re.Match[str]]:
        """Every match in a folded text."""
        for sign in self.signs:
            if sign.search(folded):
                return self.pattern.finditer(folded)
        return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Patterns over folded texts; their groups are named after `labels`' places: "at4".

    `name` and `inside` find names, as words and inside a file's name; `after` and `after_inside` the label behind such a
    name; `weak` a weak name with its label; `listed` three labels and more in a row; `cell` the whole of a table's cell or a line that is a label; `other` another scheme's marking; `spelt` the labels' folded words; `anything` any of `name`, `weak` and `other`.
    """

    name: Finder
    inside: re.Pattern[str]
    weak: Finder
    other: Finder
    after: re.Pattern[str]
    after_inside: re.Pattern[str]
    further: re.Pattern[str]
    joined: re.Pattern[str]
    before: re.Pattern[str]
    word: re.Pattern[str]
    listed: re.Pattern[str]
    cell: re.Pattern[str]
    no_nouns: re.Pattern[str]
    anything: re.Pattern[str]
    labels: tuple[str, ...]
    others: tuple[str, ...]
    spelt: frozenset[str]
    banners: Banners | None

    def may_stand_in(self, folded: str) -> bool:
        """Whether a name, a weak name or another scheme's marking stands in a short text; a long one is left to the finders."""
        return len(folded) > _SHORT or self.anything.search(folded) is not None

    def label(self, match: re.Match[str]) -> tuple[str, int, int]:
        """Which canonical label a match holds, and where its word starts and ends."""
        group = match.lastgroup or ""
        return (self.labels[int(group.removeprefix("at"))], *match.span(group))


@lru_cache(maxsize=8)
def patterns_of(words: MarkingWords) -> Patterns:
    """The patterns for these words; made once for each vocabulary."""
    labels = [(label, tuple(some)) for label, some in words.labels.items()]
    # Strict labels are tried first, so that AMBER+STRICT isn't read as AMBER.
    ordered = sorted((one for one in labels if one[0] in set(Tlp)), key=lambda one: Tlp(one[0]).level, reverse=True)
    others = [one for one in labels if one[0] not in set(Tlp)]
    label, plain = _groups(ordered), _any_of(word for _, some in ordered for word in some)
    label_inside = _groups(ordered, _END_IN_NAME)
    symbols = "".join(re.escape(shape(word)) for _, some in ordered for word in some if not re.search(r"\w", word))
    gap = rf"(?:[^\w{symbols}]|_){{0,{LONGEST_GAP}}}+"
    names = [one for one in words.names if not one.endswith(":")]
    weak = [one.removesuffix(":") for one in words.names if one.endswith(":")]
    other = [word for _, some in others for word in some]
    strong, linked, joining = _any_of(names, ""), _any_of(words.connectors, ""), _any_of(_JOINING.split())
    glued = [_GLUED] if "TLP" in names else []
    comma = rf"(?:\s*,\s*(?:(?:{joining})\s+)?|\s+(?:{joining})\s+)"
    return Patterns(
        name=Finder(re.compile("|".join([*_alone(names, ""), *glued])), _signs(names, "", *glued)),
        inside=re.compile(strong),
        weak=Finder(re.compile(rf"(?:{'|'.join(_alone(weak, ''))})(?=[\W_])(?P<sign>{gap}){label}"), _signs(weak, "")),
        other=Finder(re.compile(f"{_START}{_groups(others)}"), tuple(map(re.compile, _alone(other, _END)))),
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
        no_nouns=re.compile(f"{_any_of([*words.connectors, *_JOINING.split(), *_BY.split()])}|{strong}"),
        anything=re.compile("|".join([*_alone([*names, *weak], ""), *glued, *_alone(other, _END)]) or "(?!)"),
        labels=tuple(one for one, _ in ordered),
        others=tuple(one for one, _ in others),
        spelt=frozenset(fold(shape(word)) for _, some in ordered for word in some if len(word) > _FEWEST_LETTERS),
        banners=banners_of(words.banners),
    )


def _groups(labels: Iterable[tuple[str, tuple[str, ...]]], end: str = _END) -> str:
    groups = [f"(?P<at{place}>{_any_of(words, end)})" for place, (_, words) in enumerate(labels)]
    return f"(?:{'|'.join(groups)})"


def _any_of(words: Iterable[str], end: str = _END) -> str:
    """One pattern for any of the words, longest first; `end` is what must stand behind a word that ends in a cased letter."""
    # What may not stand behind a word takes longer to compile than the word: it stands once behind several.
    patterns = []
    for is_cased, some in groupby(_longest_first(words), key=_ends_cased):
        pattern = "|".join(map(_loosely, some))
        patterns.append(f"(?:{pattern}){end}" if is_cased and end else pattern)
    return "|".join(patterns)


def _alone(words: Iterable[str], end: str) -> list[str]:
    """As `_START` before `_any_of`, in a pattern for each first letter, which is found many times as fast.

    A search for a letter only tries where it stands. So the words stand behind their first letter, and what may not stand
    before it is looked for from there.
    """
    by_first: dict[str, list[str]] = {}
    for word in _longest_first(words):
        pattern = _loosely(word) + (end if _ends_cased(word) else "")
        first = pattern[: 1 + pattern.startswith("\\")]
        by_first.setdefault(first, []).append(pattern.removeprefix(first))
    return [f"{first}(?<![{CASED}]{first})(?:{'|'.join(rest)})" for first, rest in by_first.items()]


def _signs(words: Iterable[str], end: str, *further: str) -> tuple[re.Pattern[str], ...]:
    """Patterns of which one is found where any of the words stands alone: long pieces that many have in common, else whole words."""
    groups = {word: re.findall(r"[^\W_]+", fold(shape(word))) for word in words}
    long = {group for some in groups.values() for group in some if len(group) >= _SELDOM}
    pieces: list[str] = []
    for piece in sorted(long, key=lambda one: (-sum(_have(some, [one]) for some in groups.values()), one)):
        if any(_have(some, [piece]) and not _have(some, pieces) for some in groups.values()):
            pieces.append(piece)
    short = [word for word, some in groups.items() if not _have(some, pieces)]
    return tuple(map(re.compile, [*map(re.escape, pieces), *_alone(short, end), *further]))


def _have(groups: Iterable[str], pieces: Iterable[str]) -> bool:
    return any(piece in group for group in groups for piece in pieces)


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted({fold(shape(word)) for word in words}, key=lambda one: (-len(one), one))


def _ends_cased(word: str) -> bool:
    return re.search(rf"[{CASED}]\Z", word) is not None


def _loosely(word: str) -> str:
    """A word as a pattern: between its groups of letters may stand a few separators or nothing; so in a short name too."""
    if word == "tlp":
        return SHORT_NAME
    groups = re.findall(r"[^\W_]+", word) or [word]
    return r"(?:[^\w.]|_|\.(?!\s)){0,6}".join(re.escape(group) for group in groups)
