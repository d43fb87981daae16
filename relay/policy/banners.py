"""The words of markings that have no scheme of labels, as patterns: classified, restricted by a service, to be held.

Every word is one of a table in config/policy/markings.toml. Words are looked for in folded texts, with a few signs between
their parts; a pattern tries the words by their first letter, so that a place where none begins is left at once.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from relay.mail.subject import REPLY_PREFIX
from relay.policy.shape import fold, shape
from relay.policy.spellings import Spellings, spellings_of

FRAME = r"(?:[^\w\n]|_){0,40}"
_STEM = 5  # letters of a verb by which a text is told that has none
_PARTS = re.compile(r"[^\W_]+")
_BETWEEN = r"[\W_]{1,5}"
_TAG = r"\[[^\]\n]{0,100}\]"  # a list's, a marking's or a route, which stand before what the author wrote
_COUNTING = ("page", "pag", "seite", "p", "ctp", "of", "de", "sur", "von", "di", "из")
_COUNTER = r"(?:(?:page|pag|seite|p|ctp)?[\W_]{0,3}\d{1,3}(?:\s{0,2}(?:/|of|de|sur|von|di|из)\s{0,2}\d{1,3})?)"  # "1/3"
# The copy's number, which papers carry above, beside or below their marking: "Экз. № 2", "Copy 2 of 5".
_COPIES = tuple(
    fold(shape(one))
    for one in ["экз", "экземпляр", "копия", "copy", "ejemplar", "exemplaire", "exemplar", "ausfertigung", "exemplaar"]
)
_COPY = rf"(?:{'|'.join(sorted(_COPIES, key=len, reverse=True))})"
_COPY_NUMBER = (
    r"[\W_]{0,8}(?:n[.]?o|nr|n|o)?[\W_]{0,8}(?:\d{1,6}(?:\s{0,2}(?:/|of|de|sur|von|из|van)\s{0,2}\d{1,4})?|"
    rf"{fold(shape('ед'))}\w{{0,12}}[.]?)"
)
# What a line in capitals may have behind the marking and be nothing else: "CONFIDENTIAL REPORT".
_NOUN = "document|information|report|material|file|message|circulation|access|behandeln|behandelen|rapport|stuk"
_FILLER = r"(?:as|comme|como|als|a|de|la|level|niveau|nivel)\b"
_QUOTES = r"[\s\"'«“”»:*(]{1,9}"
_SUFFIX = r"(?:\s*(?:[-–—|:,;·•★(]|/{1,2})\s*|[ \t]{3,})[^\n]{1,60}"


class Kind(StrEnum):
    """What a marking's word stands for; the strictest first."""

    CLASSIFIED = "classified"
    RESTRICTED = "restricted"
    HELD = "held"
    HARMLESS = "harmless"


@dataclass(frozen=True, slots=True, kw_only=True)
class Banners:
    """Patterns over folded texts with a group "marking", and what each word means.

    `whole` is a line that is nothing but a marking, and what limits it further; `openings` are the words that such a line
    may begin with;
    `bracketed`, `first` and `last` are its places in a subject; `listed` is a word anywhere, `said` one behind a verb or what a form calls it,
    of which the `verbs` are beginnings, `ascii_verbs` those that an ASCII text can have. `values` are the words of
    machines' labels. `numbered` is a copy's number, `things` what stands before a short word that is no marking ("30 sheets of"),
    `spellings` finds words in disguise. `slashes` tells what stands between slashes. Keys of the mappings are made by `key_of`.
    """

    whole: re.Pattern[str]
    openings: frozenset[str]
    bracketed: re.Pattern[str]
    first: re.Pattern[str]
    last: re.Pattern[str]
    listed: re.Pattern[str]
    said: re.Pattern[str]
    verbs: tuple[str, ...]
    ascii_verbs: tuple[str, ...]
    copy: re.Pattern[str]
    disclaimer: re.Pattern[str]
    values: re.Pattern[str]
    kinds: Mapping[str, Kind]
    value_kinds: Mapping[str, Kind]
    slashes: Mapping[str, Kind]
    distinct: frozenset[str]
    short: frozenset[str]
    in_brackets: frozenset[str]
    spelt: frozenset[str]
    things: re.Pattern[str]
    numbered: re.Pattern[str]
    spellings: Spellings

    def kind(self, word: str) -> Kind:
        """What a word that a pattern found stands for."""
        return self.kinds.get(key_of(word), Kind.HELD)

    def is_distinct(self, word: str) -> bool:
        """Whether the word is of several parts that mean nothing else, so that small letters and a sentence do not matter."""
        return key_of(word) in self.distinct

    def is_spelt(self, written: str) -> bool:
        """Whether a word with small letters stands as it is always written ("VS-NfD")."""
        return " ".join(_PARTS.findall(written)) in self.spelt

    def is_short(self, word: str) -> bool:
        """Whether the word means other things as well, so that it only holds, and only in capitals."""
        return key_of(word) in self.short


def key_of(word: str) -> str:
    """A folded word without the signs between its parts."""
    return " ".join(_PARTS.findall(word))


def banners_of(tables: Mapping[str, tuple[str, ...]]) -> Banners | None:
    """The patterns for the tables of `MarkingWords.banners`; None where there are no words."""
    by_kind = {kind: tables.get(kind, ()) for kind in (Kind.HELD, Kind.RESTRICTED, Kind.CLASSIFIED)}
    brackets = tables.get("short.brackets", ())
    shorts = [*brackets, *(word for kind in Kind for word in tables.get(f"short.{kind}", ()))]
    words = [word for some in by_kind.values() for word in some]
    if not words:
        return None
    marking, bracketed = f"(?P<marking>{_any_of(words)})", f"(?P<marking>{_any_of([*words, *brackets])})"
    verbs = tuple(dict.fromkeys(fold(shape(one)) for one in tables.get("fields.verbs", ())))
    names = tables.get("fields.names", ())
    stems = tuple(dict.fromkeys(one[:_STEM] for one in (*verbs, *(fold(shape(name)) for name in names))))
    name = _any_of(names) or "(?!)"
    field = f'(?:(?P<field>(?:{name})){FRAME}[:=«“"]{FRAME})?'
    kinds = {key: kind for kind, some in by_kind.items() for key in _keys(some)}
    everyday, short = _keys(tables.get("everyday", ())), _keys(shorts)
    values = {kind: (*by_kind.get(kind, ()), *tables.get(f"labels.{kind}", ())) for kind in Kind}
    things = [fold(shape(one)) for one in tables.get("short.things", ())]
    thing = "|".join(re.escape(one) + (r"\w{0,12}" if len(one) > 2 else "") for one in things) or "(?!)"
    certain = frozenset(key for key, kind in kinds.items() if kind is not Kind.HELD)
    distinct = frozenset(key for key in certain - everyday - short if " " in key)
    return Banners(
        whole=re.compile(
            rf"{FRAME}(?:(?:{_COUNTER}|{_COPY}{_COPY_NUMBER}){FRAME})?{field}{bracketed}(?:[\W_]{{1,3}}(?P<noun>{_NOUN})(?![^\W_]))?(?P<copy>[\W_]{{0,5}}{_COPY}(?:{_COPY_NUMBER})?)?"
            f"(?:{FRAME}(?:{_COUNTER}{FRAME})?|(?P<suffix>{_SUFFIX}))"
        ),
        openings=frozenset(
            [
                *_COUNTING,
                *_COPIES,
                *(key.split(" ")[0] for key in _keys([*words, *brackets, *names])),
            ]
        ),
        bracketed=re.compile(
            rf"(?P<opening>[\[({{<【])\s*(?:{name}{FRAME}[:=]\s*)?{bracketed}[.]?\s*(?:[-–—|:,;/\[\]][^\])}}>\n]{{0,60}})?[\])}}>】]"
        ),
        first=re.compile(
            rf"\A(?:\s*(?:{REPLY_PREFIX}|{_TAG}))*{FRAME}(?:{_COUNTER}{FRAME})?{field}{marking}(?![^\W_])(?=(?P<apart>\s*(?:[^\w\s]|_|\Z))?)"
        ),
        last=re.compile(
            rf"(?:(?P<apart>[^\w\s]|_)\s*|\s){marking}(?P<copy>[\W_]{{0,5}}{_COPY}{_COPY_NUMBER})?{FRAME}(?:\.\w{{1,5}})?\Z"
        ),
        listed=re.compile(rf"(?<![^\W_]){marking}(?![^\W_])"),
        said=re.compile(
            rf"(?:(?:{'|'.join(map(re.escape, verbs)) or '(?!)'})\w{{0,6}}(?:\s{_FILLER})*(?:{_QUOTES}|(?=[\u3400-\u9fff]))"
            rf"|(?<![^\W_])(?:{name})\s?[:=]\s?){marking}(?![^\W_])"
        ),
        verbs=stems,
        ascii_verbs=tuple(filter(str.isascii, stems)),
        copy=re.compile(rf"[\W_]{{0,9}}{_COPY}"),
        disclaimer=re.compile("|".join(re.escape(fold(shape(one))) for one in tables.get("disclaimers", ())) or "(?!)"),
        values=re.compile(rf"(?<![^\W_])(?:{_any_of(word for some in values.values() for word in some)})(?![^\W_])"),
        kinds=kinds,
        value_kinds=kinds | {key: kind for kind in Kind for key in _keys(tables.get(f"labels.{kind}", ()))},
        slashes={key: kind for kind in Kind for key in _keys(tables.get(f"slashes.{kind}", ()))},
        distinct=distinct,
        short=short,
        in_brackets=_keys(brackets),
        spelt=frozenset(" ".join(_PARTS.findall(shape(one))) for one in words if any(map(str.islower, shape(one)))),
        things=re.compile(rf"(?:(?<![^\W_])(?:{thing})|\d)[\W_]{{1,3}}\Z"),
        numbered=re.compile(rf"[\W_]{{0,80}}{_COPY}{_COPY_NUMBER}(?=[^\S\n]*(?:[^\w\s]|\n|\Z))"),
        spellings=spellings_of(
            [*kinds, *short],
            abbreviated=certain - short,
            cut=_keys(tables.get("short.cut", ())),
            distinct=distinct,
            copy=re.compile(rf"[\W_]{{0,9}}{_COPY}{_COPY_NUMBER}"),
        ),
    )


def _keys(words: Iterable[str]) -> frozenset[str]:
    return frozenset(key_of(fold(shape(word))) for word in words)


def _any_of(words: Iterable[str]) -> str:
    """One pattern for any of the words, the longest first among those with the same first letter."""
    by_first: dict[str, list[str]] = {}
    for key in sorted(_keys(words), key=lambda one: (-len(one), one)):
        by_first.setdefault(key[0], []).append(_BETWEEN.join(map(re.escape, key.split(" ")))[1:])
    return "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in by_first.items())
