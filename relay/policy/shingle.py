"""Words in a row as digests, by which a text is known again without being kept (Broder, "On the resemblance", 1997).

Of the shingles of a long text about a third is chosen, by its words alone: of `APART` in a row always one, in whatever text they
stand (Schleimer, Wilkerson and Aiken, "Winnowing", SIGMOD 2003). So a run of `WORDS + APART - 1` words that two texts have in
common is always seen. Digests have no key here; where they are kept or compared with what is kept, they get one.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from zlib import crc32

from relay.policy.post import Finding, Passage
from relay.policy.sentence import UNSPACED
from relay.policy.shape import close_up, fold, shape

WORDS = 8
APART = 5
DIGEST_OCTETS = 16
WORDS_READ = 20_000  # of one text: some thirty pages
PASSAGES = 50  # of one view
LONGEST_PASSAGE = 60  # words; more than a sentence
_PLACE_BITS = 20
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")  # a letter of a script without spaces is a word of its own


def words_of(text: str) -> list[str]:
    """The words of a text in the form in which they are compared; not those behind the first `WORDS_READ`."""
    return _WORD.findall(_compared(text))[:WORDS_READ]


def chosen(words: Sequence[str]) -> list[int]:
    """The places of the words with which chosen shingles begin, in order: the first and the last too, every one of a few."""
    count = len(words) - WORDS + 1
    if count <= APART:
        return list(range(count))
    weights = [crc32(word.encode()) << _PLACE_BITS | place for place, word in enumerate(words[:count])]
    lowest = set(map(min, *(weights[shift:] for shift in range(APART))))
    return sorted({0, count - 1, *(weight & ((1 << _PLACE_BITS) - 1) for weight in lowest)})


def digest(words: Sequence[str], place: int, count: int = WORDS) -> bytes:
    """The digest of so many words from a place on."""
    return blake2b("\n".join(words[place : place + count]).encode(), digest_size=DIGEST_OCTETS).digest()


def shingles(text: str) -> tuple[bytes, ...]:
    """The digests of a text's chosen shingles, each once."""
    words = words_of(text)
    return tuple(dict.fromkeys(digest(words, place) for place in chosen(words)))


def every_shingle(texts: Iterable[str]) -> frozenset[bytes]:
    """The digests of all shingles of these texts."""
    read = map(words_of, texts)
    return frozenset(digest(words, place) for words in read for place in range(len(words) - WORDS + 1))


def passages(text: str, findings: Iterable[Finding]) -> Iterator[Passage]:
    """The passages of findings in a text; of one that is longer than a sentence, or too short with all around it, none.

    Args:
        text: the view's.
        findings: their offsets are into the text's first version (`shape.versions_of`).
    """
    compared = _compared(text)
    spans = [match.span() for match in islice(_WORD.finditer(compared), WORDS_READ)]
    words = [compared[start:end] for start, end in spans]
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    for finding in islice(findings, PASSAGES):
        first, last = bisect_right(ends, finding.start), bisect_left(starts, finding.end)
        if not 0 < last - first <= LONGEST_PASSAGE or len(words) < WORDS:
            continue
        begin, end = max(0, first - WORDS), min(last, len(words) - WORDS) + 1  # eight words around it at most
        windows = tuple(digest(words, place) for place in range(begin, end))
        yield Passage(
            code=finding.code,
            words=last - first,
            whole=digest(words, first, last - first),
            before=first - begin,
            windows=windows,
        )


def line_of(text: str, place: int) -> int:
    """In which line the word at a place stands, from 1 on."""
    compared = _compared(text)
    word = next(islice(_WORD.finditer(compared), place, None), None)
    return compared.count("\n", 0, word.start() if word else 0) + 1


def _compared(text: str) -> str:
    return fold(close_up(shape(text)))
