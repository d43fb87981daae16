"""What a scanner does with one message, in stages, so that what was found before an untimely end still counts."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from relay.mail.message import Field, decode_text, read_message, split_header
from relay.policy.marking import MarkingWords, find_markings
from relay.policy.post import CleanPart, Finding, View
from relay.scan.charset import decode
from relay.scan.frames import Stage
from relay.scan.html import read_html
from relay.scan.text import TEXT_OCTETS, clean, has_override, is_sealed, views_of_text
from relay.scan.walker import WHOLE, Leaf, Structure, decode_body, walk

_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
# Types and header fields that a place or rule may name. Others are an author's own words, which no record may hold.
_TYPE_NAMES = (
    "application/gzip application/json application/msword application/octet-stream application/pdf application/pgp-encrypted application/pkcs7-mime "
    "application/rtf application/vnd.ms-excel application/vnd.ms-outlook application/vnd.ms-powerpoint application/vnd.ms-tnef application/vnd.rar "
    "application/vnd.openxmlformats-officedocument.presentationml.presentation application/vnd.openxmlformats-officedocument.spreadsheetml.sheet "
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document application/vnd.oasis.opendocument.text application/x-7z-compressed "
    "application/vnd.oasis.opendocument.spreadsheet application/x-pkcs7-mime application/x-zip-compressed application/zip audio/mpeg audio/ogg "
    "image/bmp image/gif image/heic image/jpeg image/png image/svg+xml image/tiff image/webp message/delivery-status message/disposition-notification "
    "message/external-body message/partial message/rfc822 multipart/encrypted text/calendar text/csv text/directory text/enriched text/html "
    "text/plain text/rtf text/vcard text/x-amp-html text/xml video/mp4 video/quicktime"
)
_NAMED_TYPES = frozenset(_TYPE_NAMES.split())
_NAMED_FIELDS = re.compile(
    r"header (?:from|to|cc|bcc|sender|reply-to|date|received|comments|keywords|message-id|in-reply-to|references|return-path|user-agent|x-mailer"
    r"|sensitivity|importance|organization|thread-topic|thread-index|content-(?:type|disposition|description|id|language|location)|list-id"
    r"|sio-label(?:-history)?|msip_labels|x-(?:tlp|sensitivity|classification|security-label|label|protective-marking|marking)"
    r"|x-ms-exchange-organization-classification)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _TextPart:
    """One text part: what may leave of it (None: nothing), its views, its findings, whether it was blank from the start."""

    plain: str | None = None
    html: str | None = None
    views: tuple[View, ...] = ()
    findings: tuple[Finding, ...] = ()
    blank: bool = False


def scan_octets(octets: bytes, words: MarkingWords) -> Iterator[Stage]:
    """Scan one message; never raises on whatever octets."""
    header = split_header(octets)
    message = read_message(header)
    defects = (Finding(code="H7", rule=f"structure.{defect}", place="header") for defect in message.defects)
    views = [_view_of_field(one) for one in header.fields]
    yield Stage(name="header", message=message, findings=_findings(views, words, defects))

    structure = walk(octets, header)
    texts = [(leaf, _read_text(leaf)) for leaf in structure.leaves if _is_text(leaf)]
    text = _text_stage(structure, texts, words)
    yield text

    attachments = [leaf for leaf in structure.leaves if not _is_text(leaf) and leaf.media_type not in _SIGNATURES]
    for number, leaf in enumerate(attachments, start=1):
        yield _part_stage(leaf, f"attachment {number}", words)
    findings: list[Finding] = []
    rest: tuple[str, ...] = (f"attachment {len(attachments) + 1}",) if structure.cut else ()
    findings += (Finding(code="H1", rule="part.over_limits", place=place) for place in rest)
    removed = bool(attachments or rest or text.removed)
    readable = any(part.text.strip() for part in text.parts)
    if not readable and (removed or not texts or not all(part.blank for _, part in texts)):
        findings.append(Finding(code="H1", rule="part.nothing_readable", place=WHOLE))
    yield Stage(name="complete", findings=tuple(findings), removed=rest)


def _view_of_field(one: Field) -> View:
    text, _ = decode_text(one.body)
    return View(text=text, place="subject" if one.name == "subject" else f"header {one.name}")


def _findings(views: Iterable[View], words: MarkingWords, others: Iterable[Finding] = ()) -> tuple[Finding, ...]:
    """The others and what the detectors find in the views; one finding for each rule and place is enough."""
    found = [
        *others,
        *(_without_words(one) for view in views if view.text.strip() for one in find_markings(view, words)),
    ]
    return tuple({(one.code, one.rule, one.label, one.place): one for one in reversed(found)}.values())[::-1]


def _without_words(finding: Finding) -> Finding:
    """A place names a header field only if the field's name can't be the author's own words."""
    if not finding.place.startswith("header ") or _NAMED_FIELDS.fullmatch(finding.place):
        return finding
    place = "header, other field"
    return Finding(
        code=finding.code,
        rule=finding.rule,
        place=place,
        start=finding.start,
        end=finding.end,
        score=finding.score,
        label=finding.label,
    )


def _is_text(leaf: Leaf) -> bool:
    """Whether this issue of the scanner reads the part: inline plain text and HTML in a transfer encoding that it knows."""
    return leaf.media_type in {"text/plain", "text/html"} and not leaf.attached and leaf.encoding != "unknown"


def _read_text(leaf: Leaf) -> _TextPart:
    """Decode, clean and view one text part."""
    rules = list(leaf.defects)
    names = tuple(View(text=clean(name), place="text, name") for name in leaf.names)
    views = (*names, View(text=clean(leaf.header), place="text, header"))
    octets, sound = decode_body(leaf.body, leaf.encoding)
    if not sound:
        rules.append(f"structure.undecodable.{leaf.encoding}")
    if len(octets) > TEXT_OCTETS:
        return _TextPart(
            views=views, findings=(*_structural(rules), Finding(code="H1", rule="part.too_large", place="text"))
        )
    label = leaf.charset or (_charset_in_page(octets) if leaf.media_type == "text/html" else "")
    reading = decode(octets, label)
    rules += [reading.defect] if reading.defect else []
    rules += ["structure.bidi_override"] if has_override(reading.text) else []
    views += tuple(view for other in reading.others for view in _views_of(clean(other), leaf.media_type))
    source = clean(reading.text)
    page = read_html(source) if leaf.media_type == "text/html" else None
    views += page.views if page else views_of_text(source)
    plain = page.plain if page else source
    if is_sealed(plain):
        return _TextPart(
            views=views, findings=(*_structural(rules), Finding(code="H1", rule="part.encrypted", place="text"))
        )
    return _TextPart(
        plain=plain,
        html=page.html if page else None,
        views=views,
        findings=_structural(rules),
        blank=not source.strip(),
    )


def _views_of(text: str, media_type: str) -> tuple[View, ...]:
    return read_html(text).views if media_type == "text/html" else views_of_text(text)


def _structural(rules: list[str], place: str = "text") -> tuple[Finding, ...]:
    return tuple(Finding(code="H7", rule=rule, place=place) for rule in dict.fromkeys(rules))


def _charset_in_page(octets: bytes) -> str:
    """What an HTML page says of its own charset, for want of a label (HTML Standard §13.2.3.2 looks as far)."""
    found = re.search(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", octets[:1024], re.IGNORECASE)
    return found.group(1).decode("ascii") if found else ""


def _text_stage(structure: Structure, texts: list[tuple[Leaf, _TextPart]], words: MarkingWords) -> Stage:
    """All text parts together: one plain text, and one page if any part was HTML."""
    parts = _join(texts)
    views = [
        *structure.outside,
        *(view for part in parts if part.media_type == "text/plain" for view in views_of_text(part.text)),
    ]
    views += [view for _, part in texts for view in part.views]
    others = [*structure.findings, *(finding for _, part in texts for finding in part.findings)]
    removed = tuple("text" for _, part in texts if part.plain is None)
    return Stage(name="text", findings=_findings(dict.fromkeys(views), words, others), parts=parts, removed=removed)


def _join(texts: list[tuple[Leaf, _TextPart]]) -> tuple[CleanPart, ...]:
    """The clean parts: all plain texts one after another, and the same of the pages; each stands in for what the other lacks."""
    segments: dict[tuple[str, int], list[_TextPart]] = {}
    for number, (leaf, part) in enumerate(texts):
        if part.plain is not None:
            key = ("single", number) if leaf.alternative is None else ("alternative", leaf.alternative)
            segments.setdefault(key, []).append(part)
    plain: list[str] = []
    pages: list[str] = []
    for versions in segments.values():
        texts_only = [part.plain or "" for part in versions if part.html is None]
        of_pages = [part.html for part in versions if part.html is not None]
        # A page's own rendering is needed only where the author wrote no plain version.
        plain.append(
            "\n\n".join(texts_only if any(map(str.strip, texts_only)) else [part.plain or "" for part in versions])
        )
        pages.append("\n".join(of_pages if any(map(str.strip, of_pages)) else [_as_page(text) for text in texts_only]))
    if not segments:
        return ()
    joined: tuple[CleanPart, ...] = (
        CleanPart(media_type="text/plain", text="\n\n".join(text for text in plain if text.strip())),
    )
    if any(part.html and part.html.strip() for _, part in texts if part.plain is not None):
        joined += (CleanPart(media_type="text/html", text="\n".join(page for page in pages if page.strip())),)
    return joined


def _as_page(text: str) -> str:
    return "<p>" + html.escape(text, quote=False).replace("\n", "<br>\n") + "</p>"


def _part_stage(leaf: Leaf, place: str, words: MarkingWords) -> Stage:
    """A part that this issue does not read: only its names and header fields are looked at, and it is removed."""
    views = [View(text=clean(name), place=f"{place}, name") for name in leaf.names]
    views.append(View(text=clean(leaf.header), place=f"{place}, header"))
    if leaf.encoding == "unknown" and leaf.media_type in {"text/plain", "text/html"}:
        views.append(View(text=clean(decode(leaf.body[:TEXT_OCTETS], leaf.charset).text), place="text"))
    kind = leaf.media_type if leaf.media_type in _NAMED_TYPES else leaf.media_type.split("/")[0] + "/other"
    if kind.split("/")[0] not in {
        "application",
        "audio",
        "font",
        "image",
        "message",
        "model",
        "multipart",
        "text",
        "video",
    }:
        kind = "other"
    unread = Finding(code="H1", rule=f"part.unread.{kind}", place=place)
    return Stage(
        name="part",
        findings=_findings(views, words, (*_structural(list(leaf.defects), place), unread)),
        removed=(place,),
    )
