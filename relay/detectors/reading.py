"""One text as detectors read it: tokens in a line, and where its sentences, lines and paragraphs begin and end."""

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

import numpy as np
import regex
from numpy.typing import NDArray

Form = Literal["written", "folded", "apart"]
Places = NDArray[np.int64]

# A token is a word, or a sign that means something between words; quotation marks, hyphens and apostrophes only part words.
_WORD, _SIGN = r"[\p{L}\p{N}\p{M}]+", r"[^\s\p{L}\p{N}\p{M}'’`´\"“”„«»‹›*_>|~\-‐‑–—]"
_TOKEN = regex.compile(f"{_WORD}|{_SIGN}")
# Where a sentence ends: at a stop before a space (not behind a single letter, a title, a number in a list of which the next one follows, or a German day), at the stops
# of scripts without spaces, and at a line's end unless the line was broken by a mail program.
_STOP = regex.compile(
    r"(?<![\s.(]\p{L})(?<!^\p{L})(?<!(?i:(?:^|[\s(.,:;/\-])(?:mr|mrs|ms|mm|mme|mlle|dr|drs|sr|sra|st|ste|no|nr|art|cpl|sgt|lt|col|gen|capt|insp|"
    r"prof|hon|geb|nac|nasc|bzw|str|jl|jr|rev|bp|sdr|ong|ba|tel|ref|dept|av|ave|ltd|inc|co|env|aprox|approx|ca|vs|cf|al|гр|г|р|ул|д|им|тел|стр)))"
    r"(?!(?<=[:,]\s\d{1,2})\.\s[^.!?;\n]{1,60},\s\d{1,2}\.\s)(?!(?<=\d)\.\s(?i:jan|feb|mär|mar|apr|mai|jun|jul|aug|sep|okt|nov|dez))[.!?…]+[\"”»')\]]*(?=\s|$)|[。！？；।؟]|;(?=\s)",
    regex.MULTILINE,
)
_STOPS = regex.compile(r"[.!?…]{2,}[\"”»')\]]*+")
_STOPPING = re.compile("[.!?…。！？；।؟;]")
_LINE_END = regex.compile(r"\n(?:[ \t>]*\n)*")
_BULLET = regex.compile(r"[ \t>]*(?:[-*•–—·+]|\(?\d{1,3}[.):]|\(?\p{L}[.)])[ \t]")
UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
# Scripts that tell a language by themselves.
SCRIPTS = {
    "zh": regex.compile(r"\p{Han}"),
    "ar": regex.compile(r"\p{Arabic}"),
    "ru": regex.compile(r"\p{Cyrillic}"),
}
_ROW = regex.compile(r"\d(?:[ .,\-–/()\n>_·|]{0,3}\d)*")
_NEAR = 32  # characters: what belongs to a number stands so near to its digits
_FEW = 1000  # characters, of which each is told apart sooner than all at once
_LONG = 45  # characters: a line that goes on at least so far may have been broken by a mail program
_OF_WORD, _IS_SIGN = 1, 2
# Where Unicode has letters, numbers, marks and spaces; to look at each character of the empty and the private planes takes longest.
_TOLD = ((0, 0x40000), (0xE0000, 0xF0000))


def _kinds_of_characters() -> NDArray[np.uint8]:
    """Of each character that there is whether words have it, or whether it is a sign; 0 for neither."""
    kinds = np.full(sys.maxunicode + 1, _IS_SIGN, np.uint8)
    for first, last in _TOLD:
        every = np.arange(first, last, dtype=np.uint32).tobytes().decode("utf-32-le", "surrogatepass")
        kinds[first:last] = 0
        for run in regex.finditer(f"({_WORD})|{_SIGN}+", every):
            kinds[first + run.start() : first + run.end()] = _OF_WORD if run[1] else _IS_SIGN
    return kinds


_KINDS = _kinds_of_characters()


@dataclass(frozen=True, slots=True)
class Spans:
    """Consecutive stretches of a text by where they begin; the last one ends with the text."""

    starts: tuple[int, ...]

    def of(self, position: int) -> int:
        """The number of the stretch that holds a position."""
        return bisect_right(self.starts, position) - 1


@dataclass(frozen=True, slots=True)
class Reading:
    """A text (shaped and folded, each character at the same place in both) with its tokens and its parts.

    `tokens` are folded, and `flat` holds them parted by single spaces, with a space before the first and behind the last, so that words
    are found with their edges by a plain search; `starts` and `flat_starts` are the tokens' places in `text` and in `flat`.
    `rows` are the rows of digits, with what may stand between the groups of one number: start, end, how many digits.
    """

    text: str = field(repr=False)
    folded: str = field(repr=False)
    apart: str = field(repr=False)
    flat: str = field(repr=False)
    tokens: tuple[str, ...] = field(repr=False)
    starts: tuple[int, ...]
    flat_starts: Places
    rows: tuple[tuple[int, int, int], ...]
    sentences: Spans
    lines: Spans
    paragraphs: Spans

    def form(self, form: Form) -> str:
        """The text in one of its forms; all have the same length."""
        return {"written": self.text, "folded": self.folded, "apart": self.apart}[form]

    def around_rows(self, digits: int) -> Iterator[tuple[int, int]]:
        """The stretches of the text that have at least so many digits in a row, or lie near them."""
        first, last = -1, -1
        for start, end, count in self.rows:
            if count < digits:
                continue
            if first < 0 or start - _NEAR > last:
                if first >= 0:
                    yield first, last
                first = max(0, start - _NEAR)
            last = min(len(self.folded), end + _NEAR)
        if first >= 0:
            yield first, last

    def place(self, flat: Places) -> Places:
        """Where in `text` the characters at places in `flat` stand; a space stands for the end of the token before it."""
        if not self.starts:
            return flat
        behind = np.maximum(flat, 1)  # the space in front belongs to the first token
        shifts = np.array(self.starts) - self.flat_starts
        return behind + shifts[np.searchsorted(self.flat_starts, behind, "right") - 1]


def read(text: str, folded: str) -> Reading:
    """Take a shaped text apart. Both versions have the same length."""
    flat, starts, flat_starts = _flat(folded) if len(folded) < _FEW else _flat_of_many(folded)
    ends = [(match.end(), match.group().count("\n") > 1) for match in _LINE_END.finditer(text)]
    return Reading(
        text=text,
        folded=folded,
        apart=folded if folded.isascii() else UNSPACED.sub(" ", folded),
        flat=flat,
        tokens=tuple(flat.split(" ")[1:-1]),
        starts=starts,
        flat_starts=flat_starts,
        rows=tuple((one.start(), one.end(), sum(map(str.isdigit, one.group()))) for one in _ROW.finditer(folded)),
        sentences=Spans(tuple(_sentences(text))),
        lines=Spans((0, *(end for end, _ in ends))),
        paragraphs=Spans((0, *(end for end, is_last in ends if is_last))),
    )


def _flat(folded: str) -> tuple[str, tuple[int, ...], Places]:
    """A folded text's tokens parted by spaces, and where they begin in the text and in that."""
    tokens = list(_TOKEN.finditer(folded))
    words = [one.group() for one in tokens]
    # Each token but the first begins behind the one before it and a space.
    begun = list(accumulate([len(word) + 1 for word in words[:-1]], initial=1))
    flat_starts = np.array(begun[: len(words)], np.int64)
    return " ".join(["", *words, ""]), tuple([one.start() for one in tokens]), flat_starts


def _flat_of_many(folded: str) -> tuple[str, tuple[int, ...], Places]:
    """The same, faster where there are many: all characters are told apart at once."""
    codec = "ascii" if folded.isascii() else "utf-32-le"
    letters = np.frombuffer(folded.encode(codec, "surrogatepass"), np.uint8 if folded.isascii() else np.uint32)
    kinds = _KINDS[letters]
    begins = kinds > 0
    begins[1:] &= kinds[1:] & kinds[:-1] != _OF_WORD  # else a word goes on
    kept = np.flatnonzero(kinds)
    places = begins.cumsum()[kept] + np.arange(len(kept))  # with a space before each token
    flat_starts = places[begins[kept]]
    spaced = np.full(len(kept) + len(flat_starts) + 1, ord(" "), letters.dtype)
    spaced[places] = letters[kept]
    return (
        spaced.tobytes().decode(codec, "surrogatepass"),
        tuple(np.flatnonzero(begins).tolist()),
        flat_starts,
    )


def flatten(word: str) -> str:
    """A folded word or phrase in the form in which it stands in `Reading.flat`, without the spaces around it."""
    return " ".join(_TOKEN.findall(word))


def _sentences(text: str) -> list[int]:
    """Where sentences begin."""
    starts, begin = {0}, 0
    for sign in _STOPPING.finditer(text):  # where it may stand, as trying every place takes longer
        if sign.start() < begin:
            continue
        if match := _STOP.match(text, sign.start()):
            begin = match.end()
            starts.add(begin)
        elif (run := _STOPS.match(text, sign.start())) and not text[run.end() : run.end() + 1].isspace():
            begin = run.end()  # none of its signs ends a sentence, so none is tried
    begin = 0
    for match in _LINE_END.finditer(text):
        line = text[begin : match.start()]
        begin = match.end()
        if match.group().count("\n") > 1 or not _goes_on(line, text, begin):
            starts.add(begin)
    return sorted(starts)


def _goes_on(line: str, text: str, following: int) -> bool:
    """Whether a line's sentence goes on in the next line, as far as its look tells."""
    stripped = line.rstrip()
    if not stripped or _BULLET.match(text, following):
        return False
    if stripped[-1] in ",-–—/&":
        return True
    if stripped[-1] in ":：":
        return True  # a label and its value, or a heading and the first line below it
    next_line = text[following : following + 8].lstrip("> ")  # quoted, perhaps more than once
    return len(stripped) >= _LONG or next_line[:1].islower()
