"""Numbers in words, put back into digits: what is long enough to be somebody's number, and a date's year and day.

Each word adds to what was said before it as people say numbers: "four hundred twelve", "quatre-vingt-huit", "tisa mia" …
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import regex

from relay.detectors.numerals import TEENS, TENS, TIMES, VALUES, Times

_LONG = 7  # digits, from which on a row of them is a number somebody spelt
# Years in which people were born who are spoken of; a year in words is hardly of something else.
_BIRTHS = range(1930, 2013)
_YEAR, _DAYS = 4, 31  # digits of a year; days of a month
_GROUP = 100  # numbers from here on, and no others, are a list of amounts
_BEFORE_YEAR = 40  # characters before a year in words, in which a day in words stands
_WORD = regex.compile(r"\p{L}+|(?<![\d.,])[0-9]{1,4}(?![\d.,]*\d)")  # digits too: "dos nueve 4 cinco"
_PARTED = str.maketrans(dict.fromkeys(",،.-–/;:()[]\"'“”„«»!?*_>", " "))
_JOINING = ("et", "y", "e", "and", "na", "و")  # the parts of a number
_BESIDE = (*_JOINING, "en", "und", "и", "а", "lalu")  # which may stand before a word of _THEN
# What people say between the parts of one number: "nul zes, dan vierentwintig, daarna twaalf".
_THEN = regex.compile(
    rf"(?:\b(?:{'|'.join(_BESIDE)}) )?\b(?:then|puis|ensuite|luego|despues|entonces|depois|dann|danach|dan|daarna|lalu|kemudian|terus|"
    r"kisha|halafu|roi|потом|затем|далее|дальше|ثم|وبعدها)\b",
    regex.IGNORECASE,
)
_SEPARATING = " \t\n,،.-–/>"
_BETWEEN = regex.compile(rf"(?:(?!\.\s|\n\s*\n)[\s,،.\-–/>]){{0,12}}(?:(?:{'|'.join(_JOINING)})\s+)?")
_APART = 20  # characters between two numbers that are said one after the other, at most
_FEWEST = 3  # words of which a long number consists
_AND = "و"  # written as one word with what follows
# These are other words as well.
_NO_NUMBERS = frozenset(
    ["un", "une", "uno", "one", "um", "uma", "een", "nam", "ba", "sau", "tu", "cent", "mil", "second", "mia"]
)
_KNOWN = frozenset([*VALUES, *TIMES])
_SAID = _KNOWN - _NO_NUMBERS
_NEXT_BUT_ONE = 3  # places
_YEARS = frozenset(word for word, value in VALUES.items() if value in _BIRTHS)
_YEARS_BEGIN = frozenset({"nineteen", *(word for word, times in TIMES.items() if times.by == 1000)})
# Tens that ones are said behind: "dix-sept", "kumi na tano", "mười lăm".
_WITH_ONES: Mapping[str, range] = MappingProxyType({"dix": range(7, 10), "kumi": range(1, 10), "muoi": range(1, 10)})


@dataclass(slots=True)
class _Number:
    """One number as far as it is said, and where; `waiting` is a multiplier whose number comes behind it, `digits` those it is written with."""

    value: int
    start: int
    end: int
    waiting: int = 0
    word: str = ""
    digits: str = ""

    def add(self, word: str, *, joined: bool) -> bool:
        """Let a word go on with the number; False if it begins another. `joined` words come with an "and" (Arabic: 8 and 80)."""
        if self.digits or word.isdigit():
            return False
        before, self.word = self.word, word
        if times := TIMES.get(word):
            return self._multiply(times)
        value, small = VALUES.get(word, 10), self.value % 100  # 10 for what makes teens
        if self.waiting and 0 < value < 10:
            self.value += value * self.waiting
            self.waiting = 0
        elif value == 20 and small == 4:
            self.value += 76  # "quatre-vingt"
        elif (
            word in TEENS
            or value in _WITH_ONES.get(before, ())
            or self._takes(value)
            or (joined and 0 < small < 10 and value in TENS)
        ):
            self.value += value
        else:
            return False
        return True

    def _multiply(self, times: Times) -> bool:
        last = self.value
        thousands = last > 0 and last % 1000 == 0
        if self.waiting:
            return False
        if times.behind:
            self.waiting = times.by if thousands else 0
            return thousands
        if times.by == 1000 and 0 < last < 1000:
            self.value *= 1000
        elif 0 < (part := last % (10 * times.by)) < times.by:
            self.value += part * (times.by - 1)
        elif times.by == 100 and thousands:
            self.value += 100
        else:
            return False
        return True

    def _takes(self, value: int) -> bool:
        """Whether a word of this value adds to the number: twenty + 4, 900 + 17, sixty + 12 (as in French)."""
        last, small = self.value, self.value % 100
        if value <= 0 or self.waiting:
            return False
        if last and last % 1000 == 0:
            return value < 1000
        if last >= 100 and small == 0:
            return value < 100
        return (small >= 20 and small % 10 == 0 and value < 10) or (small in {60, 80} and 10 <= value < 20)


def in_digits(text: str) -> str:
    """The text with numbers in words written as digits; itself when it has none that matter. Linear time."""
    if not _may_have(text):
        return text
    pieces: list[str] = []
    copied = 0
    for start, end, digits in _replaced(list(_rows(text))):
        pieces += [text[copied:start], digits]
        copied = end
    return "".join([*pieces, text[copied:]]) if pieces else text


def _may_have(text: str) -> bool:
    """A quick look, which most texts don't pass: a year in one word, its beginning and another number, or several numbers, two of them side by side."""
    words = text.lower().translate(_PARTED).split()
    bare = words if _AND not in text else [one if one in _KNOWN else one.removeprefix(_AND) for one in words]
    said = sum(map(_SAID.__contains__, bare))
    if not said:
        return not _YEARS.isdisjoint(words)
    return (
        (said >= _FEWEST and _stand_together(bare))
        or not _YEARS.isdisjoint(words)
        or not _YEARS_BEGIN.isdisjoint(words)
    )


def _stand_together(words: Sequence[str]) -> bool:
    """Whether two words of numbers follow each other, or with one word between."""
    places = [place for place, word in enumerate(words) if word in _KNOWN]
    return any(other - one < _NEXT_BUT_ONE for one, other in pairwise(places))


def _digits(row: Sequence[_Number]) -> str:
    return "".join(one.digits or str(one.value) for one in row)


def _replaced(rows: Sequence[list[_Number]]) -> Iterator[tuple[int, int, str]]:
    """Rows that are long, years in others, and days before years."""
    years = [_year_in(row) for row in rows]
    begun = [*(year[0].start for year in years if year), math.inf]
    for row, year in zip(rows, years, strict=True):
        digits, day = _digits(row), row[0]
        following = begun[bisect_left(begun, day.end)]
        if len(digits) >= _LONG and any(one.value < _GROUP for one in row) and _is_said(row):
            yield row[0].start, row[-1].end, digits
        elif year:
            yield year[0].start, year[-1].end, _digits(year)
        elif len(row) == 1 and not day.digits and day.value <= _DAYS and following - day.end < _BEFORE_YEAR:
            yield day.start, day.end, digits


def _is_said(row: Sequence[_Number]) -> bool:
    """Whether a row is of words; where digits stand between them they change twice at least, as nobody writes amounts."""
    written = [bool(one.digits) for one in row]
    return not any(written) or sum(one != other for one, other in pairwise(written)) > 1


def _year_in(row: list[_Number]) -> list[_Number]:
    """The first numbers in a row that make a year: 1988; 19 and 88; 1, 9, 8 and 8."""
    if any(one.digits for one in row):
        return []
    for first in range(len(row)):
        for length in (1, 2, 4):
            some = row[first : first + length]
            if len(some) == length and len(digits := _digits(some)) == _YEAR and int(digits) in _BIRTHS:
                return some
    return []


def _rows(text: str) -> Iterator[list[_Number]]:
    """Numbers that are said one after the other."""
    row: list[_Number] = []
    for match in _WORD.finditer(text):
        word = match.group().lower()
        joined = not _known(word) and _known(word.removeprefix(_AND))
        word = word.removeprefix(_AND) if joined else word
        known = _known(word) or (word in TEENS and bool(row))
        far = bool(row) and match.start() - row[-1].end > _APART
        between = _THEN.sub("", text[row[-1].end : match.start()]) if row and not far else ""
        if row and not known and not far and (word in _BESIDE or _THEN.fullmatch(word)):
            continue
        joining = between.strip(_SEPARATING)
        ended = joining == "and" and row[-1].value % 100  # "ninety and two" are two numbers, "hundred and two" are one
        if row and (not known or far or ended or not _BETWEEN.fullmatch(between)):
            yield row
            row = []
        if not known:
            continue
        if row and row[-1].add(word, joined=joined):
            row[-1].end = match.end()
            continue
        if row and (joined or joining):  # "1990 and 2010" are two numbers
            yield row
            row = []
        row.append(_begun(word, match.start(), match.end()))
    if row:
        yield row


def _begun(word: str, start: int, end: int) -> _Number:
    """A number that begins with a word, or digits."""
    if word.isdigit():
        return _Number(int(word), start, end, digits=word)
    times = TIMES.get(word, Times(1))
    value = 0 if times.behind else VALUES.get(word, times.by)
    return _Number(value, start, end, waiting=times.by if times.behind else 0, word=word)


def _known(word: str) -> bool:
    return word in _KNOWN or word.isdigit()
