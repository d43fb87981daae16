"""Documents for tests, built here part by part, with all the places in which a text can hide."""

import io
import tarfile
import zipfile
from collections.abc import Mapping

import pikepdf
from pikepdf import Array, Dictionary, Name, String

OFFICE = "application/vnd.openxmlformats-officedocument"
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "pptx": f"{OFFICE}.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
}
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    f'xmlns:r="{_RELATIONS}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"'
)
_SHEETS = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{_RELATIONS}"'
_ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{path}:1.0"'
    for name, path in {
        "office": "office", "text": "text", "table": "table", "style": "style", "draw": "drawing", "meta": "meta",
        "presentation": "presentation", "script": "script", "manifest": "manifest",
    }.items()
) + ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'  # fmt: skip


def zipped(files: Mapping[str, bytes | str], **options: int) -> bytes:
    """A ZIP of these files in this order."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content, **options)
    return made.getvalue()


def tarred(files: Mapping[str, bytes], mode: str = "w", **links: str) -> bytes:
    """A tar of these files, and links by name."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for name, target in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return made.getvalue()


def unzipped(octets: bytes) -> dict[str, bytes]:
    """The files of a ZIP."""
    with zipfile.ZipFile(io.BytesIO(octets)) as package:
        return {one.filename: package.read(one) for one in package.infolist()}


def package(
    parts: Mapping[str, tuple[str, str]], links: Mapping[str, list[tuple[str, str, str]]], **more: bytes | str
) -> bytes:
    """An Open XML package: content type and content of each part by name; (id, kind, target) of each part's links."""
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{of}"/>' for name, (of, _) in parts.items())
    files: dict[str, bytes | str] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
        f'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>{overrides}</Types>'
    }
    for source, listed in links.items():
        folder, _, base = source.rpartition("/")
        told = "".join(
            f'<Relationship Id="{id_}" Type="{_RELATIONS}/{kind}" Target="{target}"'
            f"{' TargetMode=' + chr(34) + 'External' + chr(34) if ':' in target else ''}/>"
            for id_, kind, target in listed
        )
        files[f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"] = (
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{told}</Relationships>'
        )
    return zipped(files | {name: content for name, (_, content) in parts.items()} | more)


def docx(
    body: str = "<w:p><w:r><w:t>Forty kilograms.</w:t></w:r></w:p>",
    parts: Mapping[str, tuple[str, str]] | None = None,
    links: list[tuple[str, str, str]] | None = None,
    **more: bytes | str,
) -> bytes:
    """A Word document with this body; further parts of (type, content) and links of its main part."""
    word = f"{OFFICE}.wordprocessingml"
    main = f"<w:document {_NAMESPACES}><w:body>{body}</w:body></w:document>"
    styles = f'<w:styles {_NAMESPACES}><w:style w:styleId="a"><w:name w:val="Normal"/></w:style></w:styles>'
    all_parts = {
        "word/document.xml": (f"{word}.document.main+xml", main),
        "word/styles.xml": (f"{word}.styles+xml", styles),
    }
    return package(
        all_parts | dict(parts or {}),
        {
            "": [("rId1", "officeDocument", "word/document.xml"), ("rId2", "core-properties", "docProps/core.xml")],
            "word/document.xml": [("s", "styles", "styles.xml"), *(links or [])],
        },
        **more,
    )


def word_part(kind: str, content: str) -> tuple[str, str]:
    """A part of a Word document: ("header", "<w:p>…")."""
    root = {"header": "hdr", "footer": "ftr"}.get(kind, kind)
    return f"{OFFICE}.wordprocessingml.{kind}+xml", f"<w:{root} {_NAMESPACES}>{content}</w:{root}>"


def paragraph(text: str) -> str:
    """A paragraph of Word."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def core(**values: str) -> tuple[str, str]:
    """The core properties."""
    inside = "".join(f"<dc:{name}>{value}</dc:{name}>" for name, value in values.items())
    root = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
    return (
        "application/vnd.openxmlformats-package.core-properties+xml",
        f'<cp:coreProperties xmlns:cp="{root}" xmlns:dc="http://purl.org/dc/elements/1.1/">{inside}</cp:coreProperties>',
    )


def custom(**values: str) -> tuple[str, str]:
    """Properties of one's own, as labelling programs write them."""
    inside = "".join(f'<property name="{name}"><v>{value}</v></property>' for name, value in values.items())
    return f"{OFFICE}.custom-properties+xml", f"<Properties>{inside}</Properties>"


def xlsx(
    *sheets: str,
    states: Mapping[int, str] | None = None,
    strings: tuple[str, ...] = ("Forty kilograms",),
    parts: Mapping[str, tuple[str, str]] | None = None,
    links: list[tuple[str, str, str]] | None = None,
    names: Mapping[int, str] | None = None,
) -> bytes:
    """A workbook of sheets, each the content of its sheetData; links are the first sheet's."""
    excel = f"{OFFICE}.spreadsheetml"
    numbered = list(enumerate(sheets or ('<row><c t="s"><v>0</v></c></row>',), start=1))
    listed = "".join(
        f'<sheet name="{(names or {}).get(n, f"Sheet{n}")}" sheetId="{n}" state="{(states or {}).get(n, "visible")}" r:id="rId{n}"/>'
        for n, _ in numbered
    )
    shared = "".join(f"<si><t>{text}</t></si>" for text in strings)
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    all_parts = {
        "xl/workbook.xml": (f"{excel}.sheet.main+xml", f"<workbook {_SHEETS}><sheets>{listed}</sheets></workbook>"),
        "xl/sharedStrings.xml": (f"{excel}.sharedStrings+xml", f"<sst {_SHEETS}>{shared}</sst>"),
        "xl/styles.xml": (f"{excel}.styles+xml", f"<styleSheet {_SHEETS}>{styles}</styleSheet>"),
    } | {
        f"xl/worksheets/sheet{n}.xml": (
            f"{excel}.worksheet+xml",
            f"<worksheet {_SHEETS}><sheetData>{rows}</sheetData></worksheet>"
            if not rows.startswith("<sheetData")
            else f"<worksheet {_SHEETS}>{rows}</worksheet>",
        )
        for n, rows in numbered
    }
    return package(
        all_parts | dict(parts or {}),
        {
            "": [("rId1", "officeDocument", "xl/workbook.xml")],
            "xl/workbook.xml": [
                *((f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n, _ in numbered),
                ("s", "sharedStrings", "sharedStrings.xml"),
                ("t", "styles", "styles.xml"),
            ],
            "xl/worksheets/sheet1.xml": links or [],
        },
    )


def pptx(*slides: str, notes: Mapping[int, str] | None = None, hidden: frozenset[int] = frozenset()) -> bytes:
    """A presentation of slides, each a text; notes by the slide's number."""
    point = f"{OFFICE}.presentationml"
    numbered = list(enumerate(slides or ("Forty kilograms",), start=1))

    def drawn(root: str, text: str, more: str = "") -> str:
        return f"<p:{root} {_NAMESPACES}{more}><p:cSld><p:sp><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp></p:cSld></p:{root}>"

    listed = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n}"/>' for n, _ in numbered)
    parts = {
        "ppt/presentation.xml": (
            f"{point}.presentation.main+xml",
            (
                f'<p:presentation {_NAMESPACES}><p:notesMasterIdLst><p:notesMasterId r:id="nm"/></p:notesMasterIdLst>'
                f"<p:sldIdLst>{listed}</p:sldIdLst></p:presentation>"
            ),
        )
    }
    links = {
        "": [("rId1", "officeDocument", "ppt/presentation.xml")],
        "ppt/presentation.xml": [(f"rId{n}", "slide", f"slides/slide{n}.xml") for n, _ in numbered],
    }
    for n, text in numbered:
        parts[f"ppt/slides/slide{n}.xml"] = (
            f"{point}.slide+xml",
            drawn("sld", text, ' show="0"' if n in hidden else ""),
        )
        if notes and n in notes:
            parts[f"ppt/notesSlides/notesSlide{n}.xml"] = (f"{point}.notesSlide+xml", drawn("notes", notes[n]))
            links[f"ppt/slides/slide{n}.xml"] = [("n", "notesSlide", f"../notesSlides/notesSlide{n}.xml")]
    return package(parts, links)


def opendocument(kind: str, content: str, styles: str = "", meta: str = "", **more: bytes | str) -> bytes:
    """An OpenDocument: what stands in office:body, automatic styles, and properties."""
    body = {"odt": "text", "ods": "spreadsheet", "odp": "presentation"}[kind]
    files: dict[str, bytes | str] = {
        "mimetype": MEDIA_TYPES[kind],
        "content.xml": f"<office:document-content {_ODF}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{body}>{content}</office:{body}></office:body></office:document-content>",
        "meta.xml": f"<office:document-meta {_ODF}><office:meta>{meta}</office:meta></office:document-meta>",
        "META-INF/manifest.xml": f"<manifest:manifest {_ODF}/>",
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name, one in (files | more).items():
            file.writestr(name, one, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return made.getvalue()


def open_pdf(*pages: str | bytes) -> pikepdf.Pdf:
    """A PDF of pages: a text, or the drawing instructions themselves; `save_pdf` makes octets of it."""
    pdf = pikepdf.new()
    font = pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    )
    for page in pages or ("Forty kilograms",):
        made = pdf.add_blank_page()
        made.obj.Resources = Dictionary(Font=Dictionary(F1=font))
        written = page if isinstance(page, bytes) else b"BT /F1 12 Tf 72 700 Td (%b) Tj ET" % page.encode("latin-1")
        made.obj.Contents = pdf.make_stream(written)
    return pdf


def save_pdf(pdf: pikepdf.Pdf, **options: object) -> bytes:
    """The octets of a PDF."""
    made = io.BytesIO()
    pdf.save(made, fix_metadata_version=False, **options)  # type: ignore[arg-type]
    return made.getvalue()


def pdf(*pages: str | bytes) -> bytes:
    """A PDF of pages."""
    return save_pdf(open_pdf(*pages))


def annotated(text: str, subtype: str = "Text", **more: object) -> bytes:
    """A PDF with an annotation on its second page."""
    made = open_pdf("one", "two")
    note = Dictionary(
        Type=Name.Annot, Subtype=Name(f"/{subtype}"), Contents=String(text), Rect=Array([0, 0, 9, 9]), **more
    )
    made.pages[1].obj.Annots = Array([made.make_indirect(note)])
    return save_pdf(made)


def revised(before: bytes, after: bytes) -> bytes:
    """A PDF whose only page said the first and now says the second, with the first revision still in the file.

    Written by hand as an incremental update (ISO 32000-2 §7.5.6).
    """
    made = open_pdf(b"BT /F1 12 Tf 72 700 Td (%b) Tj ET" % before)
    octets = save_pdf(made, object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False)
    opened = pikepdf.open(io.BytesIO(octets))
    number = opened.pages[0].obj.Contents.objgen[0]
    root, size = opened.Root.objgen[0], len(opened.objects) + 1
    start = octets.rindex(b"startxref") + 10
    old = octets[start : octets.index(b"\n", start)]
    content = b"BT /F1 12 Tf 72 700 Td (%b) Tj ET" % after
    at = len(octets)
    update = b"%d 0 obj\n<< /Length %d >>\nstream\n%b\nendstream\nendobj\n" % (number, len(content), content)
    table = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root %d 0 R /Prev %b >>\nstartxref\n%d\n%%%%EOF\n" % (
        number, at, size, root, old, at + len(update),
    )  # fmt: skip
    return octets + update + table
