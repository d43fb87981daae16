"""PDFs whose pages are nothing but pictures: drawn, and put together anew from the pixels of their pages.

What leaves has a JPEG for each page and nothing else, so what a reader sees is what was looked at. pdfium draws. Runs in
scanner processes only.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

import pikepdf
import pypdfium2
from PIL import Image

from relay.scan.image import encode
from relay.scan.looking import grey_pixels, is_blank, look_at

_SIDE = 2000  # pixels of the longer side: 170 to the inch on a sheet of A4
_POINTS = 842  # that side on paper: as on A4


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictured:
    """The document made anew; how many lines of writing each page shows, at least one where there is anything; pages with a face."""

    octets: bytes = field(repr=False)
    lines: tuple[int, ...]
    faces: tuple[int, ...]


def as_pictures(octets: bytes) -> Pictured | None:
    """Draw every page, make the document anew and look at its pages; None when any of that fails."""
    try:
        jpegs = [encode(page) for page in drawn(octets)]
        looks = [look_at(jpeg) if jpeg else None for jpeg in jpegs]
        pages = [(jpeg, look) for jpeg, look in zip(jpegs, looks, strict=True) if jpeg and look]
        if not pages or len(pages) < len(jpegs):
            return None
        return Pictured(
            octets=_document([jpeg for jpeg, _ in pages]),
            lines=tuple(look.lines or int(not is_blank(grey_pixels(jpeg))) for jpeg, look in pages),
            faces=tuple(number for number, (_, look) in enumerate(pages, start=1) if look.face),
        )
    except Exception:  # noqa: BLE001 - whatever pictures make of a library: the document is removed
        return None


def drawn(octets: bytes) -> Iterator[Image.Image]:
    """Each page as it is seen, without what lies on it for programs only."""
    document = pypdfium2.PdfDocument(octets)
    try:
        for number in range(len(document)):
            page = document[number]
            bitmap = page.render(scale=_SIDE / max(page.get_size()), may_draw_forms=False, draw_annots=False)
            yield bitmap.to_pil().convert("RGB")
            bitmap.close()
            page.close()
    finally:
        document.close()


def _document(jpegs: list[bytes]) -> bytes:
    """A PDF of these pages (ISO 32000-2 §8.9.5)."""
    made = BytesIO()
    with pikepdf.new() as pdf:
        for jpeg in jpegs:
            height, width = grey_pixels(jpeg).shape
            scale = _POINTS / max(width, height)
            page = pdf.add_blank_page(page_size=(round(width * scale), round(height * scale)))
            picture = pdf.make_stream(
                jpeg,
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=width,
                Height=height,
                ColorSpace=pikepdf.Name.DeviceRGB,
                BitsPerComponent=8,
                Filter=pikepdf.Name.DCTDecode,
            )
            page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=picture))
            size = page.obj.MediaBox
            page.obj.Contents = pdf.make_stream(b"%d 0 0 %d 0 0 cm /P Do" % (size[2], size[3]))
        pdf.save(made, deterministic_id=True, fix_metadata_version=False)
    return made.getvalue()
