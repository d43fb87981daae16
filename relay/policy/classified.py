"""Markings of classified information: national, EU and NATO words, found where such markings stand.

They mark by their place more than by their words, which are everyday ones as well ("secret compartment"). Certain are
words that are the whole of one of a text's first lines or of its last in capitals, that stand in brackets or capitals at
an edge of a subject or a file's name, or that are the whole of a header field. On any other line of their own they hold,
and so they do in small letters before a colon in a subject. Words of three letters mean other things as well (MẬT is bile,
ДСП is chipboard): they only hold, and only in capitals. A long sentence behind a word is a disclaimer, which holds at most.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from relay.mail.subject import REPLY_PREFIX
from relay.policy.post import Finding
from relay.policy.sentence import is_prose
from relay.policy.shape import Version, fold, is_label_case, shape

_FIRST_LINES = 3  # a banner may stand below a reference and a date
_LONGEST_LINE = 200
_LINE = re.compile(r"[^\n]+")
_WORDY = re.compile(r"\w")
_FRAME = r"(?:[^\w\n]|_){0,40}"
_DISCLAIMER = 6  # so many words behind a marking are a sentence, its sign among them
_AMBIGUOUS = 3  # letters
# What a form calls the marking that stands behind it: "Classification: SECRET", "Grau de sigilo: RESERVADO".
_FIELD_NAMES = (
    "classification|classification level|security classification|niveau de classification|niveau de protection|mention de protection|"
    "clasificación|nivel de clasificación|grado de clasificación|grado de reserva|classificação|grau de sigilo|grau de classificação|"
    "protective marking|security marking|marking|classifica di segretezza|einstufung|geheimhaltungsgrad|rubricering|"
    "гриф секретности|гриф|密级|درجة السرية|độ mật|tingkat kerahasiaan|ชั้นความลับ"
)
_TAG = r"\[[^\]\n]{0,100}\]"  # a list's, a marking's or a route, which stand before what the author wrote
_SET_OFF = re.compile(r"\s*:|\s+[-–—|/]\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patterns:
    """A line that is nothing but a marking, and a line feed before what may be one; in brackets; at the beginning; at the end."""

    whole: re.Pattern[str]
    line: re.Pattern[str]
    bracketed: re.Pattern[str]
    first: re.Pattern[str]
    last: re.Pattern[str]


def find_classified(version: Version, place: str, words: tuple[str, ...]) -> Iterator[Finding]:
    """Find markings of classified information in one version of a view, in time that is linear in its length.

    Args:
        version: the view's text.
        place: the view's.
        words: the markings, as they are written.
    """
    if not words:
        return
    patterns, text, folded = _patterns(words), version.text, version.folded
    if place.startswith(("subject", "header subject")) or place.endswith(", name"):
        yield from _at_edges(text, folded, place, patterns)
    elif is_prose(place):
        if patterns.line.search(f"\n{folded}"):
            yield from _on_lines(text, folded, place, patterns.whole)
    elif found := patterns.whole.fullmatch(folded):
        yield _finding("M1", place, found)


def _on_lines(text: str, folded: str, place: str, whole: re.Pattern[str]) -> Iterator[Finding]:
    """Lines that are nothing but a marking, and perhaps what limits it further: "SECRET // NOFORN"."""
    filled = [line.span() for line in _LINE.finditer(text) if _WORDY.search(text, *line.span())]
    edges = {*filled[:_FIRST_LINES], *filled[-1:]}
    for start, end in filled:
        if end - start > _LONGEST_LINE or not (found := whole.fullmatch(folded, start, end)):
            continue
        written = [text[slice(*found.span(group))] for group in ("marking", "suffix") if found[group]]
        shouted = all(map(is_label_case, written))
        if shouted or not (found["suffix"] or _is_ambiguous(found)):
            certain = shouted and (start, end) in edges and not _is_disclaimer(found["suffix"] or "")
            yield _finding("M1" if certain else "H2", place, found)


def _at_edges(text: str, folded: str, place: str, patterns: _Patterns) -> Iterator[Finding]:
    """At the beginning or end of a subject or a file's name, in capitals; anywhere in it, in brackets."""
    for pattern in (patterns.bracketed, patterns.first, patterns.last):
        if (found := pattern.search(folded)) is None:
            continue
        shouted = is_label_case(text[slice(*found.span("marking"))])
        if shouted or (pattern is patterns.bracketed and not _is_ambiguous(found)):
            yield _finding("M1", place, found)
            return
        if pattern is patterns.first and is_prose(place) and _SET_OFF.match(folded, found.end()):
            yield _finding("H2", place, found)
            return


def _is_disclaimer(suffix: str) -> bool:
    """Whether a sentence stands behind a marking; behind "//" stand those who may read it, however many they are."""
    return len(suffix.split()) >= _DISCLAIMER and not suffix.lstrip().startswith("//")


def _is_ambiguous(found: re.Match[str]) -> bool:
    word = found["marking"]
    return len(word) <= _AMBIGUOUS and word != word.upper()


def _finding(code: str, place: str, found: re.Match[str]) -> Finding:
    code = "H2" if _is_ambiguous(found) else code
    rule = "classified.in_marking_place" if code == "M1" else "classified.on_its_own_line"
    return Finding(code=code, rule=rule, place=place, start=found.start("marking"), end=found.end("marking"))


@lru_cache(maxsize=8)
def _patterns(words: tuple[str, ...]) -> _Patterns:
    marking = f"(?P<marking>{'|'.join(_loosely(word) for word in sorted(words, key=len, reverse=True))})"
    suffix = r"(?P<suffix>(?:\s*(?:[-–—|:,;·•★(]|/{1,2})\s*[^\n]{1,60})?)"
    name = "|".join(map(_loosely, _FIELD_NAMES.split("|")))
    field = f"(?:(?:{name}){_FRAME}[:=]{_FRAME})?"
    return _Patterns(
        whole=re.compile(f"{_FRAME}{field}{marking}(?:{_FRAME}|{suffix})"),
        line=re.compile(rf"\n(?={_FRAME}(?:{name}|{marking}))"),
        bracketed=re.compile(rf"[\[({{<]\s*{marking}\s*(?:[-–—|:,;/][^\])}}>\n]{{0,60}})?[\])}}>]"),
        first=re.compile(rf"\A(?:\s*(?:{REPLY_PREFIX}|{_TAG}))*{_FRAME}{field}{marking}(?=\s*(?:[^\w\s]|_|\Z))"),
        last=re.compile(rf"(?:[^\w\s]|_)\s*{marking}{_FRAME}(?:\.\w{{1,5}})?\Z"),
    )


def _loosely(word: str) -> str:
    return r"[\W_]{1,3}".join(re.escape(part) for part in re.findall(r"\w+", fold(shape(word))))
