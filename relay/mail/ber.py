"""A strict and small reader of BER (X.690 §8), for the few structures that must be looked into before anybody verifies them.

Indefinite lengths and segmented strings are read, since programs write signatures so. It takes time in proportion to the octets,
whatever they claim, and looks at a bounded number of elements.
"""

from dataclasses import dataclass

_DEPTH = 24
_ELEMENTS = 100_000  # a large content may come in segments of a thousand octets
OCTETS, OBJECT, UTC_TIME, GENERAL_TIME, SEQUENCE, SET = 0x04, 0x06, 0x17, 0x18, 0x30, 0x31
CONSTRUCTED = 0x20
FIRST, SECOND = 0xA0, 0xA1  # context tags [0] and [1], constructed


class MalformedError(Exception):
    """The octets aren't what they should be. Whoever reads makes a value of it."""


@dataclass(frozen=True, slots=True)
class Element:
    """A tag, where its contents start and end, and where the next element begins."""

    tag: int
    start: int
    end: int
    next: int


class Reader:
    """The octets and how many elements may still be looked at. Where indefinite lengths end is found once."""

    __slots__ = ("_ends", "_left", "octets")

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self._left = _ELEMENTS
        self._ends: dict[int, int] = {}

    def element(self, at: int, end: int, depth: int = 0) -> Element:
        """The element at a place (X.690 §8.1)."""
        self._left -= 1
        if self._left < 0 or depth > _DEPTH or at + 2 > end:
            raise MalformedError
        tag, length, start = self.octets[at], self.octets[at + 1], at + 2
        if tag & 0x1F == 0x1F:
            raise MalformedError  # numbers above 30 have no place here
        if length == 0x80:
            if not tag & CONSTRUCTED:
                raise MalformedError
            stop = self._end_of_contents(start, end, depth)
            return Element(tag, start, stop, stop + 2)
        if length > 0x80:
            size = length & 0x7F
            if size > 4 or start + size > end:
                raise MalformedError
            length, start = int.from_bytes(self.octets[start : start + size], "big"), start + size
        if start + length > end:
            raise MalformedError
        return Element(tag, start, start + length, start + length)

    def _end_of_contents(self, start: int, end: int, depth: int) -> int:
        if start not in self._ends:
            at = start
            while self.octets[at : at + 2] != b"\0\0":
                at = self.element(at, end, depth + 1).next
            if at + 2 > end:
                raise MalformedError
            self._ends[start] = at
        return self._ends[start]

    def children(self, parent: Element, tag: int) -> list[Element]:
        """What an element of this tag holds."""
        if parent.tag != tag:
            raise MalformedError
        found, at = [], parent.start
        while at < parent.end:
            found.append(self.element(at, parent.end))
            at = found[-1].next
        return found

    def value(self, element: Element, tag: int) -> bytes:
        """A primitive value of this tag."""
        if element.tag != tag:
            raise MalformedError
        return self.octets[element.start : element.end]

    def string(self, element: Element, depth: int = 0) -> bytes:
        """An OCTET STRING, in one piece or in segments (X.690 §8.7)."""
        if element.tag == OCTETS:
            return self.octets[element.start : element.end]
        if depth > 2:
            raise MalformedError
        return b"".join(self.string(one, depth + 1) for one in self.children(element, OCTETS | CONSTRUCTED))
