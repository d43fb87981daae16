"""The parts of an office document's package, and what reading them gives."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from relay.documents.document import Unreadable
from relay.documents.limits import TEXT_LENGTH
from relay.documents.trees import Element, Reading, Texts, parse, texts_of
from relay.policy.post import View

# Why a document that was read does not leave (rules of code H1).
ACTIVE = "document.active"  # macros, scripts, embedded objects, links to what would be loaded
HIDDEN_CONTENT = "document.hidden_content"  # comments, tracked changes, notes, hidden sheets, layers and texts
PICTURES = "document.pictures"
UNKNOWN = "document.unknown_part"

_TAG = re.compile(r"<[^<>]{0,2000}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A relationship: what one part calls another, or something outside, and what for."""

    id: str
    kind: str
    target: str
    external: bool


@dataclass(slots=True, kw_only=True)
class Part:
    """One file of a package. `type` is its content type without what all have in common."""

    name: str
    type: str
    octets: bytes = field(repr=False)
    links: tuple[Link, ...] = ()
    seen: bool = False

    def root(self) -> Element:
        """Its tree, parsed anew each time, so that there is one at a time.

        Raises:
            Unreadable: it is no XML.
        """
        return parse(self.octets)

    def read(self, reading: Reading) -> Texts | None:
        """Its texts; None when it can't be read."""
        try:
            return texts_of(self.root(), reading)
        except Unreadable:
            return None

    def roughly(self) -> str:
        """What may be text in a part that can't be read."""
        return html.unescape(_TAG.sub(" ", self.octets[:TEXT_LENGTH].decode("utf-8", "replace")))

    def target(self, kind: str) -> str:
        """The part that the first link of this kind leads to; "" when there is none."""
        return next((one.target for one in self.links if one.kind == kind and not one.external), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one format's reader found: texts with their places, and rules that keep the document from leaving."""

    views: tuple[View, ...]
    problems: tuple[str, ...]


def views_at(texts: Texts | None, place: str, aside: str = "") -> Iterable[View]:
    """The views of a part's texts: what is seen at `place`, all else in its hidden part."""
    if texts is None:
        return
    alone = place in {"text", "page header"} or place.endswith("hidden part")
    hidden = aside or ("hidden part" if alone else f"{place}, hidden part")
    yield View(text=texts.shown, place=place)
    for text in (texts.aside, texts.attributes):
        if text.strip():
            yield View(text=text, place=hidden)
