"""The sequences of characters of a text, by their hashes: what no table of words knows is still known by them."""

import numpy as np
from numpy.typing import NDArray

BITS = 18  # of a sequence's hash
_LENGTHS = range(2, 7)  # characters of a sequence

# What counts as the same: digits; controls, spaces and signs of quoting. Of characters behind these each counts as itself.
_SAME = np.arange(0x3001, dtype=np.uint32)
_SAME[ord("0") : ord("9") + 1] = ord("0")
_SAME[[*range(ord(" ")), ord(">"), 0xA0, 0x3000]] = ord(" ")

Places = NDArray[np.int64]


def sequences(folded: str) -> tuple[Places, Places]:
    """All sequences of characters in a folded text: the hash of each, and where it begins. Digits are all the same; spaces, and signs of quoting, are one."""
    hashes, begun = by_length(folded)
    return np.concatenate(hashes), np.concatenate([begun[: len(some)] for some in hashes])


def by_length(folded: str) -> tuple[list[Places], Places]:
    """The hashes of the sequences of each length, in order, and where sequences begin: those of a length at the first of these places."""
    letters = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), np.uint32)
    letters = np.where(letters < len(_SAME), _SAME.take(letters, mode="clip"), letters)
    space = letters == ord(" ")
    space[1:] &= space[:-1]
    kept = np.flatnonzero(~space)
    letters = letters[kept].astype(np.uint64)
    hashes, rolled = [np.zeros(0, np.int64)], letters
    for length in _LENGTHS:
        if len(letters) < length:
            break
        rolled = rolled[: len(letters) - length + 1] * np.uint64(1_000_003) + letters[length - 1 :]
        hashes.append(((rolled * np.uint64(0x9E37_79B9_7F4A_7C15)) >> np.uint64(64 - BITS)).view(np.int64))
    return hashes, kept
