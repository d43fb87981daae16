"""Small documents of every kind, for a scanner's parent to pass through all that reads them before files are out of reach."""

import gzip
import tarfile
from io import BytesIO

import pikepdf
from py7zr import FILTER_LZMA2, FILTER_X86, SevenZipFile

from relay.documents.opendocument import MEDIA_TYPES
from relay.documents.package import write_package

_OFFICE = "application/vnd.openxmlformats-officedocument"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = {
    "word/document.xml": ("wordprocessingml.document", b"<document><p><r><t>x</t></r></p></document>"),
    "xl/workbook.xml": ("spreadsheetml.sheet", b"<workbook><sheets><sheet name='x'/></sheets></workbook>"),
    "ppt/presentation.xml": ("presentationml.presentation", b"<presentation><t>x</t></presentation>"),
}
_RTF = rb"{\rtf1\ansi{\info{\title x}}caf\'e9\par}"
# A signature, a key, and one attribute of the message: its body (MS-OXTNEF §2.1.3).
_BODY = b"\x01\x0c\x80\x02\x00\x04\x00\x00\x00x\r\n\x00\x8f\x00"
_TNEF = b"\x78\x9f\x3e\x22\x01\x00\x01\x06\x90\x08\x00\x04\x00\x00\x00\x00\x00\x01\x00\x01\x00" + _BODY


def samples() -> tuple[tuple[str, bytes], ...]:
    """Name and octets of one document of each kind."""
    return (
        *(
            (f"x.{kind}", _office(main, *told))
            for kind, (main, told) in zip(("docx", "xlsx", "pptx"), _MAIN.items(), strict=True)
        ),
        *((f"x.{kind}", _opendocument(media_type)) for kind, media_type in MEDIA_TYPES.items()),
        ("x.pdf", _pdf()),
        ("scan.pdf", _scan()),
        ("x.rtf", _RTF),
        ("winmail.dat", _TNEF),
        ("x.zip", write_package({"x.txt": b"x"})),
        ("x.txt.gz", gzip.compress(b"x", mtime=0)),
        ("x.tar", _tar()),
        ("x.7z", _7z()),
        ("x.csv", b"a;b\r\n1;2\r\n"),
        ("x.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "some words".encode("utf-16-le")),
    )


def _office(main: str, kind: str, content: bytes) -> bytes:
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/{main}" ContentType="{_OFFICE}.{kind}.main+xml"/></Types>'
    )
    links = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="x" Type="{_RELATIONS}/officeDocument" Target="{main}"/></Relationships>'
    )
    return write_package({"[Content_Types].xml": types.encode(), "_rels/.rels": links.encode(), main: content})


def _opendocument(media_type: str) -> bytes:
    content = b"<document><body><p>x</p></body></document>"
    return write_package({"mimetype": media_type.encode(), "content.xml": content}, stored="mimetype")


def _pdf() -> bytes:
    with pikepdf.new() as pdf:
        pdf.docinfo["/Title"] = "x"
        page = pdf.add_blank_page()
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.obj.Contents = pdf.make_stream(b"/Span <</ActualText (x)>> BDC BT /F1 12 Tf 72 700 Td (x) Tj ET EMC")
        made = BytesIO()
        pdf.save(made)
    return made.getvalue()


def _scan() -> bytes:
    """One page that is a white picture; it is low, so that it is drawn fast."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(1000, 5))
        picture = pdf.make_stream(
            b"\xff\xff",
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=2,
            Height=1,
            ColorSpace=pikepdf.Name.DeviceGray,
            BitsPerComponent=8,
        )
        page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=picture))
        page.obj.Contents = pdf.make_stream(b"1000 0 0 5 0 0 cm /P Do")
        made = BytesIO()
        pdf.save(made)
    return made.getvalue()


def _tar() -> bytes:
    made = BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("x.txt")
        entry.size = 1
        archive.addfile(entry, BytesIO(b"x"))
    return made.getvalue()


def _7z() -> bytes:
    made = BytesIO()
    # As most archives are made, but without the tens of MB that a compressor sets aside by default.
    with SevenZipFile(made, "w", filters=[{"id": FILTER_X86}, {"id": FILTER_LZMA2, "preset": 0}]) as archive:
        archive.writestr(b"x", "x.txt")
    return made.getvalue()
