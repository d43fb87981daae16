"""PDF: the text of its pages as a reader's program shows it, all that stands beside them, and a copy of the pages alone.

Source: ISO 32000-2. pdfium gives the text, qpdf the structure. A copy has the pages' content and nothing else: no
properties, annotations, forms, scripts, attached files, layers or older revisions. Letters that are drawn rather than
written, or whose meaning the file doesn't tell, keep it from leaving.
"""

import re
import warnings
from io import BytesIO

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium

from relay.documents.document import Document, Unreadable
from relay.documents.limits import DAMAGED, ENCRYPTED, OVER_LIMITS, TEXT_LENGTH, Room
from relay.documents.parts import PICTURES, UNKNOWN
from relay.documents.pdf_content import Content, rewrite
from relay.documents.pdf_objects import Found, properties, walk

PAGES = 500
OBJECTS = 50_000
REVISIONS = 3  # older ones that are looked at, the latest first
_MOST_UNKNOWN = 0.02  # of the characters may have no meaning: bullets, mostly
_LETTERS = 40  # on a page that is a picture: its number, and what the scanner's maker adds
_PIXELS = 40_000_000  # of one picture: a sheet of A4 at 600 to the inch
_ALL_PIXELS = 300_000_000  # as often as pictures are placed
_END = re.compile(rb"%%EOF\s{0,3}")
_PAGE_KEYS = frozenset(
    {"/Type", "/Parent", "/MediaBox", "/CropBox", "/Rotate", "/Resources", "/Contents", "/Group", "/UserUnit"}
)
_RESOURCES = frozenset({"/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/XObject", "/Font", "/ProcSet"})
_BESIDE = ("/Metadata", "/PieceInfo", "/LastModified", "/StructParent", "/StructParents", "/OC", "/OPI", "/Ref", "/AF", "/Measure")  # fmt: skip


def read_pdf(octets: bytes, room: Room) -> Document:
    """Read a PDF; what can't be read to its end still gives the texts found before.

    Raises:
        Unreadable: it can't be opened at all.
    """
    found = Found(room=room)
    clean = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            clean = _read(octets, found)
    except Unreadable as unreadable:
        found.problems.append(str(unreadable))
    except pikepdf.PasswordError:
        raise Unreadable(ENCRYPTED) from None
    except MemoryError:
        found.problems.append(OVER_LIMITS)
    except Exception:  # noqa: BLE001 - whatever broken octets make of two libraries
        found.problems.append(DAMAGED)
    return Document(
        views=tuple(found.views),
        removed_for=tuple(dict.fromkeys(found.problems)),
        clean=None if found.problems else clean,
        members=tuple(found.members),
        pictured=found.pictured if set(found.problems) == {PICTURES} else 0,
    )


def _read(octets: bytes, found: Found) -> bytes:
    with pikepdf.open(BytesIO(octets)) as pdf:
        if pdf.is_encrypted:
            found.problems.append(ENCRYPTED)
        if len(pdf.objects) > OBJECTS or len(pdf.pages) > PAGES:
            raise Unreadable(OVER_LIMITS)
        found.views += properties(pdf)
        contents = walk(pdf, found)
        _pages(octets, found)
        _revisions(octets, found)
        return _copy(pdf, contents, found)


def _pages(octets: bytes, found: Found, *, place: str = "") -> int:
    """The text of all pages, at "page N" or at the place; returns how many characters there are."""
    count, unknown = 0, 0
    document = pypdfium2.PdfDocument(octets)
    try:
        for number in range(min(len(document), PAGES)):
            page = document[number]
            text_page = page.get_textpage()
            text = text_page.get_text_range()
            length = text_page.count_chars()
            unknown += sum(
                pdfium.FPDFText_HasUnicodeMapError(text_page.raw, at) == 1 for at in range(min(length, TEXT_LENGTH))
            )
            count += len(re.sub(r"[\s\ufffe\uffff\ufffd]", "", text))
            found.add(text, place or f"page {number + 1}")
            text_page.close()
            page.close()
    finally:
        document.close()
    if unknown > 3 + count * _MOST_UNKNOWN and not place:
        found.problems.append(UNKNOWN)
    found.shown = count if not place else found.shown
    return count


def _revisions(octets: bytes, found: Found) -> None:
    """What the pages said before they were changed (ISO 32000-2 §7.5.6)."""
    ends = [match.end() for match in _END.finditer(octets)][:-1]
    now = {view.text for view in found.views}
    for end in reversed(ends[-REVISIONS:]):
        before = Found(room=found.room, length=found.length)
        try:
            _pages(octets[:end], before, place="hidden part")
        except (pypdfium2.PdfiumError, ValueError):  # the beginning of a linearised file is no revision
            continue
        for view in before.views:
            if view.text not in now:
                found.add(view.text, view.place)


def _copy(pdf: pikepdf.Pdf, drawing: list[pikepdf.Stream], found: Found) -> bytes:
    """The pages, drawn as before, in a new file; checks on the way that their letters are written, not drawn."""
    content = Content()
    for one in drawing:
        found.draw(len(one.read_bytes()))
        one.write(rewrite(one, content))
    for page in pdf.pages:
        streams = page.obj.get("/Contents", pikepdf.Array())
        every = [streams] if isinstance(streams, pikepdf.Stream) else list(streams.as_list())
        found.draw(sum(len(one.read_bytes()) for one in every))
        page.obj.Contents = pdf.make_stream(rewrite(page, content))
        _strip(page)
    found.add("\n".join(content.strings), "hidden part")
    pictures_only = found.plain and not (drawing or content.pictures) and found.shown <= _LETTERS * len(pdf.pages)
    if pictures_only and found.largest <= min(_PIXELS, _ALL_PIXELS // max(1, content.placed)):
        found.pictured = len(pdf.pages)
    found.problems += [PICTURES] if content.is_drawn(len(pdf.pages)) else []
    found.problems += [UNKNOWN] if content.letters > 4 * found.shown + 20 else []
    return b"" if found.problems else _save(pdf)


def _save(pdf: pikepdf.Pdf) -> bytes:
    for one in pdf.objects:
        for key in _BESIDE if isinstance(one, pikepdf.Dictionary | pikepdf.Stream) else ():
            if key in one:
                del one[key]
    copy = pikepdf.new()
    for page in pdf.pages:
        copy.pages.append(page)
    made = BytesIO()
    copy.save(
        made, deterministic_id=True, fix_metadata_version=False, object_stream_mode=pikepdf.ObjectStreamMode.generate
    )
    return made.getvalue()


def _strip(page: pikepdf.Page) -> None:
    resources = page.obj.get("/Resources")
    for key in [key for key in page.obj.keys() if key not in _PAGE_KEYS]:  # noqa: SIM118 - it is no mapping
        del page.obj[key]
    if resources is not None:
        for key in [key for key in resources.keys() if key not in _RESOURCES]:  # noqa: SIM118
            del resources[key]
