"""How much of one message's attachments is unpacked: what goes beyond is removed unread."""

from collections.abc import Iterable

from relay.documents.document import Unreadable
from relay.policy.post import View

EXPANDED_OCTETS = 50_000_000  # all that is unpacked of one message, whatever it is packed in
RATIO = 100  # how many times its packed size a file may have
SMALL_OCTETS = 1_000_000  # what is smaller may be packed as well as it can be: an empty table packs better than that
ENTRIES = 200  # files in all archives of one message
PACKAGE_ENTRIES = 2_000  # files that one office document consists of
ARCHIVES_DEEP = 3  # archives within archives
XML_OCTETS = 6_000_000  # of one file inside of an office document: a tree takes thirty times as much memory
# Pages of one message that are nothing but pictures: to draw one takes a quarter of a second, to read it seconds.
PICTURED_PAGES = 5
TEXT_LENGTH = 400_000  # characters in all attachments of one message, some 150 pages: each takes microseconds

OVER_LIMITS = "part.over_limits"
DAMAGED = "part.damaged"
ENCRYPTED = "part.encrypted"


class Room:
    """What may still be unpacked of one message."""

    def __init__(self) -> None:
        """All of it is left."""
        self.octets = EXPANDED_OCTETS
        self.entries = ENTRIES
        self.characters = TEXT_LENGTH
        self.pictured = PICTURED_PAGES

    def take(self, octets: int, packed: int = 0) -> None:
        """Use some of it, for one file that was packed in so many octets (0: it wasn't packed).

        Raises:
            Unreadable: there is not enough left, or the file was packed too well.
        """
        self.octets -= octets
        if self.octets < 0 or (packed and octets > max(SMALL_OCTETS, RATIO * packed)):
            raise Unreadable(OVER_LIMITS)

    def enter(self, entries: int) -> None:
        """Use some of it for so many entries of an archive.

        Raises:
            Unreadable: there are too many.
        """
        self.entries -= entries
        if self.entries < 0:
            raise Unreadable(OVER_LIMITS)

    def draw(self, pages: int) -> bool:
        """Use some of it for pages that are to be drawn; False, and nothing used, when there is not enough left."""
        fits = 0 < pages <= self.pictured
        self.pictured -= pages if fits else 0
        return fits

    def look_at(self, views: Iterable[View]) -> tuple[tuple[View, ...], bool]:
        """The views that are still looked at, the last one cut, and whether these are all of them."""
        looked_at = []
        for view in views:
            left = max(0, self.characters)
            self.characters -= len(view.text)
            if left:
                looked_at.append(view if len(view.text) <= left else View(text=view.text[:left], place=view.place))
        return tuple(looked_at), self.characters >= 0
