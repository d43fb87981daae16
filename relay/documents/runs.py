"""Words among octets of which nothing is known: in 8-bit and in 16-bit characters."""

import re
from itertools import islice

from relay.documents.limits import TEXT_LENGTH

_RUNS = re.compile(rb"[A-Za-z]{3}[\t\n\r -~\x80-\xff]{3,}")
_WIDE_RUNS = re.compile(  # in alphabets; in Chinese and Japanese, which chance looks like more often
    rb"(?:[\t\n\r -~\xa0-\xff]\0|[\0-\xff][\x01-\x06\x0e\x1e]){5,}|(?:[\0-\xff][\x30\x4e-\x9f\xff]|[\t\n\r -~]\0){8,}"
)
_TEXTS = 20_000
_LETTERS = re.compile(r"[^\W\d_]{3}")
_WORD_OCTETS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz \t\r\n"
_MOSTLY = 0.7  # of the characters of words are letters, digits or spaces: chance has fewer


def words_in(octets: bytes) -> str:
    """All runs of octets that could be words, one a line."""
    wide = (match.group().decode("utf-16-le", "replace") for match in _WIDE_RUNS.finditer(octets))
    narrow = (match.group() for match in _RUNS.finditer(octets))
    texts = [*islice(filter(_is_words, wide), _TEXTS)]
    texts += [run.decode("cp1252", "replace") for run in islice(filter(_is_mostly_ascii_words, narrow), _TEXTS)]
    return "\n".join(texts)[:TEXT_LENGTH]


def _is_words(run: str) -> bool:
    words = sum(char.isalnum() or char.isspace() for char in run)
    return _LETTERS.search(run) is not None and words > _MOSTLY * len(run)


def _is_mostly_ascii_words(run: bytes) -> bool:
    return len(run.translate(None, _WORD_OCTETS)) < (1 - _MOSTLY) * len(run)
