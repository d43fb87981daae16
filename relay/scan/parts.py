"""One part at a time: what may leave of a text, and the views of names, fields and images."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from relay.mail.message import Field, decode_text
from relay.policy.post import Finding, View
from relay.policy.shape import as_shown
from relay.scan.charset import decode
from relay.scan.container import container_of
from relay.scan.html import read_html, views_of_source
from relay.scan.image import properties_of
from relay.scan.parameters import read_field_value
from relay.scan.text import HIDDEN, TEXT_OCTETS, clean, has_override, is_sealed, join_flowed, unfold, views_of_text
from relay.scan.walker import Leaf, decode_body

LOGO_OCTETS = 20_000  # a larger image may be a photo, of which the author is told
_SECTION = re.compile(r"\*\d{0,3}\*?\s*=")
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_FOLDED = frozenset({"text/calendar", "text/vcard", "text/x-vcard", "text/directory"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """One text part: what may leave of it (None: nothing), its views, its findings, whether it was blank from the start."""

    plain: str | None = None
    html: str | None = None
    views: tuple[View, ...] = ()
    findings: tuple[Finding, ...] = ()
    blank: bool = False


def is_text(leaf: Leaf) -> bool:
    """Whether the part is read and leaves: inline plain text and HTML in a transfer encoding that is known."""
    return leaf.media_type in {"text/plain", "text/html"} and not leaf.attached and leaf.encoding != "unknown"


def is_dropped(leaf: Leaf) -> bool:
    """Whether nobody misses the part: a detached signature, which no longer fits, or a page's own small image."""
    if leaf.media_type in _SIGNATURES:
        return True
    if not (leaf.embedded and leaf.media_type.startswith("image/")) or len(leaf.body) > 4 * LOGO_OCTETS:
        return False
    return len(decode_body(leaf.body, leaf.encoding)[0]) <= LOGO_OCTETS


def image_octets(leaf: Leaf) -> bytes | None:
    """An attached image's octets, whatever its name says; None when the part is none, or says that it is something else."""
    if not leaf.media_type.startswith("image/") and leaf.media_type != "application/octet-stream":
        return None
    octets, sound = decode_body(leaf.body, leaf.encoding)
    return octets if sound and container_of(octets) else None


def read_text(leaf: Leaf) -> TextPart:
    """Decode, clean and view one text part."""
    octets, sound = decode_body(leaf.body, leaf.encoding)
    label = leaf.charset or (_charset_in_page(octets) if leaf.media_type == "text/html" else "")
    reading = decode(octets[:TEXT_OCTETS], label)
    rules = [*leaf.defects] if sound else [*leaf.defects, f"structure.undecodable.{leaf.encoding}"]
    rules += [reading.defect] if reading.defect else []
    rules += ["structure.bidi_override"] if has_override(reading.text) else []
    source = clean(reading.text)
    page = read_html(source) if leaf.media_type == "text/html" else None
    plain = page.plain if page else source
    views = (*views_of_names(leaf), *(page.views if page else _views_of_plain(leaf, source)))
    views += tuple(view for other in reading.others for view in _views_of_other(leaf, clean(other)))
    if len(octets) > TEXT_OCTETS:
        unread = "part.too_large"
    elif page and page.too_deep:
        unread = "part.too_deep"
    else:
        unread = "part.encrypted" if is_sealed(plain) else ""
    findings = structural(rules)
    if unread:
        return TextPart(views=views, findings=(*findings, Finding(code="H1", rule=unread, place="text")))
    return TextPart(
        plain=plain, html=page.html if page else None, views=views, findings=findings, blank=not source.strip()
    )


def structural(rules: list[str], place: str = "text") -> tuple[Finding, ...]:
    """The findings of structural rules, each once."""
    return tuple(Finding(code="H7", rule=rule, place=place) for rule in dict.fromkeys(rules))


def _views_of_plain(leaf: Leaf, text: str) -> tuple[View, ...]:
    """The views of a text that is no page, also with its lines joined where its readers join them."""
    joined = text
    if leaf.flowed:
        joined = join_flowed(text, delete_space=leaf.delete_space)
    elif leaf.media_type in _FOLDED:
        joined = unfold(text)
    views = views_of_text(text)
    return views if joined == text else (*views, View(text=joined, place=HIDDEN))


def _views_of_other(leaf: Leaf, text: str) -> tuple[View, ...]:
    return views_of_source(text) if leaf.media_type == "text/html" else _views_of_plain(leaf, text)


def _charset_in_page(octets: bytes) -> str:
    """What an HTML page says of its own charset, for want of a label (HTML Standard §13.2.3.2 looks as far)."""
    found = re.search(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", octets[:1024], re.IGNORECASE)
    return found.group(1).decode("ascii") if found else ""


def views_of_field(one: Field) -> Iterator[View]:
    """One header field as a text; also with parameters put together that are split into sections (RFC 2231 §3)."""
    text, _ = decode_text(one.body)
    place = "subject" if one.name == "subject" else f"header {one.name}"
    yield View(text=text, place=place)
    if "=?" in text and (again := decode_text(text.encode("utf-8", "replace"))[0]) != text:
        yield View(text=again, place=place)  # encoded words in an encoded word: some readers decode until none is left
    if _SECTION.search(text):
        parameters = read_field_value(b";" + one.body).parameters
        yield View(text="; ".join(f"{name}={value}" for name, value in parameters), place=place)


def views_of_names(leaf: Leaf) -> tuple[View, ...]:
    """The names of a part, also as they are seen where they turn right to left, and its header fields."""
    written_and_shown = dict.fromkeys(clean(one) for name in leaf.names for one in (name, as_shown(name)))
    names = (View(text=name, place="text, name") for name in written_and_shown)
    return (*names, View(text=clean(leaf.header), place="text, header"))


def views_of_image(octets: bytes) -> tuple[View, ...]:
    """The texts that an image carries beside its pixels."""
    return tuple(View(text=text, place="text, properties") for text in properties_of(octets) if text.strip())
