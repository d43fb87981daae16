"""An attachment that is no photo, opened: a document, an archive and what is in it, a text, a mail.

Everything that can be read gives views, however deep it lies. What may leave are documents and texts that were read to
their end; of an archive all members, or none.
"""

import codecs
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain

from relay.documents.document import Document, Member
from relay.documents.kind import Kind, endings_of, is_disguised, kind_of_content
from relay.documents.limits import ARCHIVES_DEEP, DAMAGED, OVER_LIMITS, Room
from relay.documents.parts import ACTIVE
from relay.documents.read import MADE, read
from relay.mail.message import split_header
from relay.policy.post import CleanDocument, Finding, View
from relay.scan.pages import Pictured, as_pictures
from relay.scan.parts import read_text, structural, views_of_field, views_of_image, views_of_names
from relay.scan.smime import views_of_signature
from relay.scan.text import TEXT_OCTETS, begins_folded, clean, has_formula
from relay.scan.vocabulary import PIECES, kind_of
from relay.scan.walker import DEPTH, Leaf, decode_body, walk

_MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})
_BY_KIND: dict[Kind, str] = {
    "html": "text/html",
    "mail": "message/rfc822",
    "text": "text/plain",
    "image": "image/other",
}
# Texts that leave, by how their name ends and by what they are said to be: both must say so.
_ENDINGS = {
    "": "text/plain",
    "txt": "text/plain",
    "log": "text/plain",
    "md": "text/plain",
    "csv": "text/csv",
    "tsv": "text/csv",
}
_TEXT_TYPES = frozenset({
    "text/plain", "text/csv", "text/tab-separated-values", "text/markdown", "text/x-log", "application/csv",
    "application/octet-stream", "application/vnd.ms-excel",
})  # fmt: skip
_OF_NOBODY = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")  # what operating systems add to archives
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What can be read of an attachment, what is wrong with it, and what may leave. Places are told from inside; "" is all of it."""

    views: tuple[View, ...] = ()
    findings: tuple[Finding, ...] = ()
    documents: tuple[CleanDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class _Depth:
    """What is around a file: messages, archives and documents together, and archives alone."""

    everything: int = 0
    archives: int = 0

    @property
    def is_too_deep(self) -> bool:
        return self.everything > DEPTH or self.archives > ARCHIVES_DEEP


def open_attachment(leaf: Leaf, room: Room) -> Opened:
    """Open one attachment; never raises. `room` is what may still be unpacked of the whole message."""
    return _open(leaf, room, _Depth())


def _open(leaf: Leaf, room: Room, depth: _Depth) -> Opened:
    """One file, however deep it lies, and all that is in it."""
    views = (*views_of_names(leaf), *views_of_signature(leaf))
    if depth.is_too_deep:
        return _removed(OVER_LIMITS, leaf, views)
    octets, sound = decode_body(leaf.body, leaf.encoding)
    kind = kind_of_content(octets)
    if leaf.media_type in _MESSAGES or (
        kind == "mail" and leaf.media_type.partition("/")[0] not in {"text", "message"}
    ):
        return _open_message(leaf, octets, room, depth)
    document = read(octets, kind, next(iter(leaf.names), ""), room)
    opened = _open_text(leaf, octets, kind) if document is None else Opened(views=document.views)
    looked_at, whole = room.look_at(dict.fromkeys(opened.views))
    opened = replace(opened, views=tuple(replace(view, text=clean(view.text)) for view in looked_at))
    if document is not None:
        pictured = as_pictures(octets) if room.draw(document.pictured) else None
        opened = _with_members(_with_pages(opened, pictured), _drawn_anew(document, pictured), kind, room, depth)
    opened = replace(opened, views=(*views, *opened.views))
    if not whole:
        return _removed(OVER_LIMITS, leaf, opened.views, (one for one in opened.findings if one.code == "H7"))
    if not sound or leaf.encoding == "unknown":
        rule = f"part.unread.{kind_of(leaf.media_type)}" if sound else DAMAGED
        return _removed(rule, leaf, opened.views)
    if is_disguised(kind, leaf.names, leaf.media_type):
        return _removed("part.disguised", leaf, opened.views, (one for one in opened.findings if one.code == "H7"))
    return replace(opened, findings=(*opened.findings, *structural(list(leaf.defects), "")))


def _removed(rule: str, leaf: Leaf, views: Iterable[View], findings: Iterable[Finding] = ()) -> Opened:
    """Nothing of it leaves, for this reason and others."""
    unread = Finding(code="H1", rule=rule, place="")
    found = dict.fromkeys((unread, *findings, *structural(list(leaf.defects), "")))
    return Opened(views=tuple(views), findings=tuple(found))


def _open_text(leaf: Leaf, octets: bytes, kind: Kind) -> Opened:
    """A text, or what isn't known: only plain texts and tables leave, as UTF-8."""
    unread = f"part.unread.{kind_of(leaf.media_type)}"
    if kind == "image":
        return _removed(unread, leaf, views_of_image(octets))
    said_to_be_text = leaf.media_type.partition("/")[0] in {"text", "message"}
    if kind == "unknown" and not said_to_be_text:
        return _removed(unread, leaf, ())
    as_said = kind in {"unknown", "text"} and said_to_be_text
    text_leaf = replace(leaf, media_type=leaf.media_type if as_said else _BY_KIND.get(kind, "text/plain"))
    if folded := begins_folded(octets):
        text_leaf = replace(text_leaf, media_type=folded)
    if octets.startswith(_WIDE):
        text_leaf = replace(text_leaf, charset="utf-16")
    part = read_text(text_leaf)
    endings = endings_of(leaf.names)
    media_type = _ENDINGS.get(next(iter(endings), "")) if len(endings) < 2 else None
    if leaf.media_type == "text/csv" and media_type == "text/plain":
        media_type = "text/csv"
    sealed = [one.rule for one in part.findings if one.code == "H1"]
    leaves = kind == "text" and not folded and media_type and leaf.media_type in _TEXT_TYPES
    if not leaves or part.plain is None or part.findings or len(octets) > TEXT_OCTETS:
        return _removed(sealed[0] if sealed else unread, leaf, part.views)
    if media_type == "text/csv" and has_formula(part.plain):
        return _removed(ACTIVE, leaf, part.views)
    made = CleanDocument(octets=part.plain.encode("utf-8"), media_type=str(media_type), place="")
    return Opened(views=part.views, documents=(made,))


def _open_message(leaf: Leaf, octets: bytes, room: Room, depth: _Depth) -> Opened:
    """A mail inside of a mail, which never leaves as such; its parts' places are told as if they were the attachment's own."""
    header = split_header(octets)
    structure = walk(octets, header)
    views = [*views_of_names(leaf), *chain.from_iterable(map(views_of_field, header.fields)), *structure.outside]
    findings: list[Finding] = []
    for part in structure.leaves:
        inner = _open(part, room, _Depth(depth.everything + 1, depth.archives))
        views += inner.views
        findings += (one for one in inner.findings if one.code == "H7" and one.rule.startswith("archive"))
    over = structure.cut or depth.everything >= DEPTH
    rule = OVER_LIMITS if over else f"part.unread.{kind_of(leaf.media_type)}"
    return _removed(rule, leaf, views, findings)


def _drawn_anew(document: Document, pictured: Pictured | None) -> Document:
    """The document with pages that are nothing but pictures as a copy that may leave, once they are read."""
    return replace(document, clean=pictured.octets, removed_for=(), lines=pictured.lines) if pictured else document


def _with_pages(opened: Opened, pictured: Pictured | None) -> Opened:
    faces = (Finding(code="H6", rule="photo.face", place=f"page {one}") for one in (pictured.faces if pictured else ()))
    return replace(opened, findings=tuple(faces))


def _with_members(opened: Opened, document: Document, kind: Kind, room: Room, depth: _Depth) -> Opened:
    """A document, and what lies in it."""
    inside = _Depth(depth.everything + 1, depth.archives + document.archive)
    members = [(one, _open(_leaf_of(one), room, inside)) for one in document.members]
    views = [*opened.views, *(_at(one.place, view) for one, inner in members for view in inner.views)]
    findings = [
        *structural(list(document.doubts), ""),
        *(Finding(code="H1", rule=rule, place="") for rule in document.removed_for),
    ]
    documents: tuple[CleanDocument, ...] = ()
    wanted = [(one, inner) for one, inner in members if not _is_of_nobody(one.name)]
    if not document.archive:
        wanted_findings = (_found_at(one.place, found) for one, inner in wanted for found in inner.findings)
        findings += (one for one in wanted_findings if one.code != "H1")  # that it holds something is said already
        if document.clean is not None and not findings:
            documents = (CleanDocument(octets=document.clean, media_type=MADE[kind], place="", lines=document.lines),)
    else:
        findings += (_found_at(one.place, found) for one, inner in wanted for found in inner.findings)
        readable = all(one.code == "H6" for one in findings)
        if wanted and readable and all(inner.documents for _, inner in wanted):
            documents = tuple(
                replace(made, place=_place(one.place, made.place)) for one, inner in wanted for made in inner.documents
            )
    if not documents and not findings:
        findings = [Finding(code="H1", rule="part.unread.application/octet-stream", place="")]
    found = tuple(dict.fromkeys((*opened.findings, *findings)))
    return Opened(views=tuple(views), findings=found, documents=documents)


def _is_of_nobody(name: str) -> bool:
    return name.startswith(_OF_NOBODY[0]) or name.rpartition("/")[2] in _OF_NOBODY


def _leaf_of(member: Member) -> Leaf:
    """A file that was found in another, as if it were a part."""
    return Leaf(
        media_type="application/octet-stream",
        charset="",
        encoding="binary",
        attached=True,
        names=(member.name,) if member.name else (),
        header="",
        body=memoryview(member.octets),
        start=0,
        end=0,
        alternative=None,
        defects=(),
        flowed=False,
        delete_space=False,
        embedded=False,
    )


def _at(place: str, view: View) -> View:
    return replace(view, place=_place(place, view.place))


def _found_at(place: str, finding: Finding) -> Finding:
    return replace(finding, place=_place(place, finding.place))


def _place(outer: str, inner: str) -> str:
    """A place told from further outside, with no more pieces than a place may have when its attachment stands before it."""
    inner = "header" if inner.startswith("header ") else inner.removeprefix("text").removeprefix(", ")
    return ", ".join(f"{outer}, {inner}".split(", ")[: PIECES - 1]) if inner else outer
