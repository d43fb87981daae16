"""Values out of JSON that nobody vouches for: each has the type, the size and the words that are expected, or is refused."""

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Callable
from typing import Any, TypeVar

from relay.scan.vocabulary import is_place

T = TypeVar("T")


class FrameError(Exception):
    """A scanner said what an honest one would not say. The text never holds what it said."""


def an_object(octets: bytes) -> dict[str, Any]:
    """A JSON object; every function here raises FrameError when it is given anything else."""
    try:
        return a_mapping(json.loads(octets.decode()))  # given octets it would ask first which Unicode this is
    except (ValueError, RecursionError):  # broken UTF-8 and broken JSON are ValueErrors
        raise FrameError("JSON") from None


def a_mapping(value: Any) -> dict[str, Any]:
    """An object inside of another."""
    if not isinstance(value, dict):
        raise FrameError("object")
    return value


def a(kind: type[T], value: object) -> T:
    """A value of exactly this type."""
    if type(value) is not kind:  # a bool is no int here
        raise FrameError(kind.__name__)
    return value


def several(value: object, read: Callable[[Any], T], most: int) -> tuple[T, ...]:
    """An array of at most so many values, each as `read` gives it."""
    if value == []:
        return ()
    if not isinstance(value, list) or len(value) > most:
        raise FrameError("array")
    return tuple(map(read, value))


def matching(pattern: re.Pattern[str], value: object) -> str:
    """A text that the whole pattern matches."""
    text = a(str, value)
    if not pattern.fullmatch(text):
        raise FrameError("word")
    return text


def one_of(known: frozenset[str], value: object) -> str:
    """One of these words."""
    text = a(str, value)
    if text not in known:
        raise FrameError("word")
    return text


def a_place(value: object) -> str:
    """A place in the words that there are."""
    text = a(str, value)
    if not is_place(text):
        raise FrameError("place")
    return text


def a_count(value: object, most: int) -> int:
    """A number from 0 to `most`."""
    number = a(int, value)
    if not 0 <= number <= most:
        raise FrameError("number")
    return number


def some_octets(value: object, most: int) -> bytes:
    """Octets, in base64."""
    try:
        octets = b64decode(a(str, value), validate=True)
    except (binascii.Error, ValueError):
        raise FrameError("base64") from None
    if len(octets) > most:
        raise FrameError("size")
    return octets
