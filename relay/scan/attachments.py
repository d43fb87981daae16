"""An attachment that is no photo, opened: a document, an archive and what is in it, a text, a mail."""

from dataclasses import dataclass

from relay.policy.post import CleanDocument, Finding, View
from relay.scan.parts import look_into, structural
from relay.scan.vocabulary import kind_of
from relay.scan.walker import Leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What can be read of an attachment, what is wrong with it, and what may leave. Places are told from inside; "" is all of it."""

    views: tuple[View, ...] = ()
    findings: tuple[Finding, ...] = ()
    documents: tuple[CleanDocument, ...] = ()


def open_attachment(leaf: Leaf) -> Opened:
    """Open one attachment; never raises."""
    unread = Finding(code="H1", rule=f"part.unread.{kind_of(leaf.media_type)}", place="")
    return Opened(views=tuple(look_into(leaf)), findings=(unread, *structural(list(leaf.defects), "")))
