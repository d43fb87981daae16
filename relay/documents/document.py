"""What was read of one file: small values that say what it is, what stands in it, and what may leave of it."""

from dataclasses import dataclass, field

from relay.policy.post import View


class Unreadable(Exception):  # noqa: N818 - it is no error of ours
    """A file can't be read to its end; the text is the rule that says why, and never anything of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file inside of a file: an archive's entry, an embedded object. `place` is where it lies in the outer one: "part 3"."""

    octets: bytes = field(repr=False)
    name: str = field(repr=False)
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file, opened.

    Places of `views` are told from inside: "page 3", "sheet 1", "properties". `removed_for` are rules (code H1) that keep
    it from leaving, `doubts` rules (H7) of two readers' seeing it differently. `clean` is the copy that may leave when
    neither is there. `pictured`: how many pages a PDF has that nothing else keeps than that they are pictures; once they are
    drawn anew, `lines` tells how many lines of writing each seems to show. An `archive` never leaves as such: its members do, all of them or none.
    """

    views: tuple[View, ...] = ()
    removed_for: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    clean: bytes | None = field(default=None, repr=False)
    members: tuple[Member, ...] = ()
    pictured: int = 0
    lines: tuple[int, ...] = ()
    archive: bool = False
