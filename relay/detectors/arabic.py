"""Names in Arabic script, which has no capitals: by the lists, and by the words that say that a name comes."""

from collections.abc import Iterator

import regex

from relay.detectors.marks import Marks
from relay.detectors.words import Signal

_ARABIC = regex.compile(r"\p{Arabic}")
_SERVANT = regex.compile(r"[وفبلك]?عبدال\p{Arabic}{2,}$")
_NISBA = regex.compile(r"ال\p{Arabic}{3,}ي$")  # a surname that says whence
_OTHER_NAME = regex.compile(
    r"(?:ال\p{Arabic}{3,}|(?!ثلاث|اربع|خمس|عشر|مية|عام|عند|حتى|منذ|ضمن|دون|خلال|قبل|[يتوفبلسنكا])\p{Arabic}{4,})$"
)
_LINEAGE = frozenset(("بن", "ابن", "بنت", "ابو", "ام", "ال", "عبد", "الدين", "ولد", "ايت"))
_ARTICLE = regex.compile(r"[وفبك]?(?:ال|لل)")


def has_arabic(text: str) -> bool:
    """Whether a text has a letter of that script."""
    return _ARABIC.search(text) is not None


def find_arabic_names(marks: Marks) -> Iterator[Signal]:
    """Names in a script without capitals: two words of the lists in a row, or what follows a word that says so."""
    kinds = marks.kinds
    named = kinds.given | kinds.surname
    number = 0
    if not has_arabic(marks.reading.text):
        return
    while number < len(marks.marks):
        first = number
        count = 0
        said = bool(first and marks.marks[first - 1] & kinds.naming and _ARABIC.match(marks.token(first)))
        while number < len(marks.marks) and number - first < 6:
            token, kind = marks.token(number), marks.marks[number]
            known = kind & named or _SERVANT.match(token) or (count and _NISBA.match(token) and not kind & kinds.stops)
            unknown = said and number - first < 3 and token[0].isalpha() and not kind & kinds.stops
            if not known and not unknown and not (count and token in _LINEAGE):
                break
            count += bool(known or unknown)
            number += 1
        behind = count == 1 and marks.marks[first] & kinds.given and _is_name_like(number, marks)
        number += bool(behind)
        if count and _ARABIC.match(marks.reading.text, marks.starts[first]):
            end = marks.starts[number - 1] + len(marks.token(number - 1))
            # A word with its article may be the same as a name with one.
            alone = count == 1 and _ARTICLE.match(marks.token(first))
            if not alone and not marks.before(first) & (kinds.head_before | kinds.greeting):
                kind = kinds.name if count > 1 else kinds.maybe_name if behind else kinds.lone_name
                yield Signal(kind, marks.starts[first], end)
        number += first == number


def _is_name_like(number: int, marks: Marks) -> bool:
    """Whether a word behind a given name may be the other name: nothing knows it, and it has no form of a verb."""
    token = marks.token(number)
    return (
        bool(_OTHER_NAME.match(token))
        and not marks.marks[number]
        and not marks.reading.text[
            marks.starts[number - 1] + len(marks.token(number - 1)) : marks.starts[number]
        ].strip()
    )
