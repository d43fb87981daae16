"""What a scanner does with one message, in stages, so that what was found before an untimely end still counts."""

import html
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice

from relay.detectors.facts import Facts
from relay.documents.limits import Room
from relay.mail.message import read_message, split_header
from relay.policy.post import CleanImage, CleanPart, Finding
from relay.policy.shingle import PASSAGES, shingles
from relay.policy.thread import KEPT
from relay.scan.attachments import open_attachment
from relay.scan.frames import DOCUMENTS, FILES_OCTETS, FINDINGS, PHOTOS, Stage, octets_of
from relay.scan.image import clean_image
from relay.scan.looking import look_at
from relay.scan.parts import (
    TextPart,
    image_octets,
    is_dropped,
    is_text,
    read_text,
    structural,
    views_of_field,
    views_of_image,
    views_of_names,
)
from relay.scan.rules import Rules
from relay.scan.search import NOT_READ, Memory, Search, findings_in, findings_in_subject
from relay.scan.smime import views_of_signature
from relay.scan.text import views_of_text
from relay.scan.vocabulary import WHOLE_MESSAGE, kind_of
from relay.scan.walker import Leaf, Structure, walk

_FOR_A_LOOK = frozenset({"H3", "H4", "H5", "H6", "H8", "H9"})


def scan_octets(octets: bytes, rules: Rules, facts: Facts) -> Iterator[Stage]:
    """Scan one message; never raises on whatever octets."""
    header = split_header(octets)
    message = read_message(header)
    if message.author and not facts.names:  # no record says what the author's name is
        facts = replace(facts, names=(message.author.name,), addresses=(str(message.author.address),))
    search = Search(rules=rules, facts=facts)
    defects = (Finding(code="H7", rule=f"structure.{defect}", place="header") for defect in message.defects)
    yield Stage(
        name="header",
        message=message,
        findings=findings_in(chain.from_iterable(map(views_of_field, header.fields)), search, defects),
    )

    structure = walk(octets, header)
    texts = [(leaf, read_text(leaf)) for leaf in structure.leaves if is_text(leaf)]
    text = _text_stage(structure, texts, search)
    yield text

    attachments = [leaf for leaf in structure.leaves if not is_text(leaf) and not is_dropped(leaf)]
    photos = documents = size = 0
    room, beside = Room(), replace(search, of_attachment=True)
    for number, leaf in enumerate(attachments, start=1):
        stage = _part_stage(leaf, f"attachment {number}", beside, room, with_photos=photos < PHOTOS)
        if documents + len(stage.documents) > DOCUMENTS or size + octets_of(stage) > FILES_OCTETS:
            over = Finding(code="H1", rule="part.over_limits", place=f"attachment {number}")
            stage = Stage(name="part", findings=(over, *stage.findings)[:FINDINGS], removed=(over.place,))
        photos, documents, size = photos + len(stage.images), documents + len(stage.documents), size + octets_of(stage)
        yield stage
    nothing = Finding(code="H1", rule="part.nothing_readable", place=WHOLE_MESSAGE)
    readable = photos or documents or any(part.text.strip() for part in text.parts)
    empty = not (attachments or text.removed) and texts and all(part.blank for _, part in texts)
    yield Stage(
        name="complete",
        findings=() if readable or empty else (nothing,),
        passages=tuple(search.memory.passages)[:PASSAGES],
        shingles=_shingles_of_attached(search.memory),
    )


def _shingles_of_attached(memory: Memory) -> tuple[bytes, ...]:
    texts = memory.attached if memory.marked else []
    return tuple(islice(dict.fromkeys(one for text in texts for one in shingles(text)), KEPT))


def _within(findings: Iterable[Finding], place: str) -> tuple[Finding, ...]:
    """Findings in a part, with their places told from outside of it."""
    return tuple(replace(one, place=f"{place}, {inner}" if (inner := _inner(one.place)) else place) for one in findings)


def _inner(place: str) -> str:
    """What is left to say of a place once it is told in which part it is: "text, line 6" is "line 6"."""
    return "header" if place.startswith("header") else place.removeprefix("text").removeprefix(", ")


def _text_stage(structure: Structure, texts: list[tuple[Leaf, TextPart]], search: Search) -> Stage:
    """All text parts together: one plain text, and one page if any part was HTML. Also names and properties of what is dropped."""
    parts = _join(texts)
    views = [
        *(view for part in parts if part.media_type == "text/plain" for view in views_of_text(part.text)),
        *(view for _, part in texts for view in part.views),
        *structure.outside,
    ]
    others = [*structure.findings, *(finding for _, part in texts for finding in part.findings)]
    removed = ["text" for _, part in texts if part.plain is None]
    if structure.cut:  # what was not even walked may be text too
        others.append(Finding(code="H1", rule="part.over_limits", place="text"))
        removed.append("text")
    dropped = [leaf for leaf in structure.leaves if not is_text(leaf) and is_dropped(leaf)]
    beside = [
        view
        for leaf in dropped
        for view in (*views_of_names(leaf), *views_of_signature(leaf), *views_of_image(image_octets(leaf) or b""))
    ]
    others += _within(findings_in(dict.fromkeys(beside), search), "attachments")
    findings = findings_in(dict.fromkeys(views), search, others)
    return Stage(
        name="text",
        findings=findings_in((), search, [*findings, *findings_in_subject(search)]),
        parts=parts,
        removed=tuple(removed),
    )


def _join(texts: list[tuple[Leaf, TextPart]]) -> tuple[CleanPart, ...]:
    """The clean parts: all plain texts one after another, and the same of the pages; each stands in for what the other lacks."""
    segments: dict[tuple[str, int], list[TextPart]] = {}
    for number, (leaf, part) in enumerate(texts):
        if part.plain is not None:
            key = ("single", number) if leaf.alternative is None else ("alternative", leaf.alternative)
            segments.setdefault(key, []).append(part)
    with_page = any(part.html and part.html.strip() for _, part in texts if part.plain is not None)
    plain: list[str] = []
    pages: list[str] = []
    for versions in segments.values():
        texts_only = [part.plain or "" for part in versions if part.html is None]
        of_pages = [part.html for part in versions if part.html is not None]
        # A page's own rendering is needed only where the author wrote no plain version.
        plain.append(
            "\n\n".join(texts_only if any(map(str.strip, texts_only)) else [part.plain or "" for part in versions])
        )
        if with_page:
            pages.append(
                "\n".join(of_pages if any(map(str.strip, of_pages)) else [_as_page(text) for text in texts_only])
            )
    if not segments:
        return ()
    joined: tuple[CleanPart, ...] = (
        CleanPart(media_type="text/plain", text="\n\n".join(text for text in plain if text.strip())),
    )
    if with_page:
        joined += (CleanPart(media_type="text/html", text="\n".join(page for page in pages if page.strip())),)
    return joined


def _as_page(text: str) -> str:
    return "<p>" + html.escape(text, quote=False).replace("\n", "<br>\n") + "</p>"


def _part_stage(leaf: Leaf, place: str, search: Search, room: Room, *, with_photos: bool) -> Stage:
    """A photo, made anew, or a part that is removed; what can be read of either is looked at."""
    octets = image_octets(leaf)
    if octets is None:
        return _document_stage(leaf, place, search, room)
    views = [*views_of_names(leaf), *views_of_image(octets)]
    found = (*structural(list(leaf.defects), place), *_within(findings_in(dict.fromkeys(views), search), place))
    cleaned = clean_image(octets) if with_photos else None
    look = look_at(cleaned) if cleaned else None
    if cleaned is not None and look is not None:
        image = CleanImage(
            octets=cleaned, place=place, start=leaf.start, end=leaf.end, encoding=leaf.encoding, lines=look.lines
        )
        faces = (Finding(code="H6", rule="photo.face", place=place),) if look.face else ()
        return Stage(name="part", findings=(*faces, *found)[:FINDINGS], images=(image,))
    rule = f"part.unread.{kind_of(leaf.media_type)}" if with_photos else "part.over_limits"
    unread = Finding(code="H1", rule=rule, place=place)
    return Stage(name="part", findings=(unread, *found)[:FINDINGS], removed=(place,))


def _document_stage(leaf: Leaf, place: str, search: Search, room: Room) -> Stage:
    """What may leave of a document or an archive; what can be read of it is looked at, whether it leaves or not."""
    opened = open_attachment(leaf, room)
    search.memory.attached += (view.text for view in opened.views if not view.place.endswith(NOT_READ))
    found = _within((*opened.findings, *findings_in(dict.fromkeys(opened.views), search)), place)
    documents = tuple(replace(one, place=f"{place}, {one.place}" if one.place else place) for one in opened.documents)
    if documents:
        return Stage(name="part", findings=found[:FINDINGS], documents=documents)
    # Of what is removed there is nothing for a moderator to look at: only what nobody may have sent at all counts.
    found = tuple(one for one in found if one.code not in _FOR_A_LOOK)
    return Stage(name="part", findings=found[:FINDINGS], removed=(place,))
