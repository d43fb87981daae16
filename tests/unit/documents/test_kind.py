"""What a file is, by its content; and whether its name says something else."""

import gzip

import pytest

from relay.documents.kind import is_disguised, kind_of_content
from tests.documents import docx, opendocument, pdf, pptx, tarred, xlsx, zipped
from tests.pictures import encoded, picture

CONTENTS = {
    "pdf": pdf(),
    "docx": docx(),
    "xlsx": xlsx(),
    "pptx": pptx(),
    "odt": opendocument("odt", ""),
    "ods": opendocument("ods", ""),
    "zip": zipped({"a.txt": b"x"}),
    "gzip": gzip.compress(b"x", mtime=0),
    "tar": tarred({"a.txt": b"x"}),
    "7z": b"7z\xbc\xaf\x27\x1c",
    "rtf": rb"{\rtf1 x}",
    "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "image": encoded(picture()),
    "html": b"<!DOCTYPE html><p>x",
    "mail": b"From: ana@agency.example\r\nSubject: x\r\n\r\nx",
    "text": "Quarante kilos d'écailles\n".encode(),
    "unknown": b"MZ\x90\0\3\0\0\0",
}


@pytest.mark.parametrize(("kind", "octets"), CONTENTS.items(), ids=CONTENTS)
def test_a_kind_is_known_by_the_content(kind, octets):
    assert kind_of_content(octets) == kind


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (b"", "text"),
        (zipped({"[Content_Types].xml": b"x"}), "zip"),
        (zipped({"[Content_Types].xml": b"x", "word/document.xml": b"", "xl/workbook.xml": b""}), "zip"),
        (zipped({"mimetype": b"application/epub+zip"}), "zip"),
        (b"\nMZ%PDF-1.4", "unknown"),
        ("TLP:RED".encode("utf-16"), "text"),
        (b"caf\xe9\r\n", "text"),
        (b"Note: x\n\nFrom: y\n", "text"),
    ],
)
def test_what_is_odd_is_what_it_can_safely_be(octets, kind):
    assert kind_of_content(octets) == kind


@pytest.mark.parametrize(
    ("kind", "name", "media_type", "disguised"),
    [
        ("pdf", "rapport.PDF", "application/octet-stream", False),
        ("docx", "rapport.docx", "application/zip", False),
        ("text", "list.csv", "application/vnd.ms-excel", False),
        ("rtf", "rapport.doc", "application/msword", False),
        ("text", "notes", "text/plain", False),
        ("zip", "rapport.docx", "application/octet-stream", True),
        ("docx", "rapport.pdf", "application/pdf", True),
        ("unknown", "rapport.pdf", "application/pdf", True),
        ("pdf", "photo.jpg.pdf", "", False),
        ("pdf", "rapport.pdf.jpg", "", True),
        ("text", "", "application/pdf", True),
        ("unknown", "photo.jpg", "", True),
    ],
)
def test_a_name_that_promises_something_else_is_a_disguise(kind, name, media_type, disguised):
    """Row 63; evasion 10."""
    assert is_disguised(kind, (name,) if name else (), media_type) == disguised
