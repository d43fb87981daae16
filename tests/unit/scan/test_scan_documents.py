"""Attached documents and archives: found where they hide, removed for a reason, or sent out anew under a neutral name."""

import base64
import gzip
import time

import pytest

from relay.delivery.compose import CleanCopy, named_files, pack, unpack
from relay.mail.address import Address
from relay.policy.post import Scan
from relay.scan.frames import DOCUMENTS
from tests.documents import annotated, core, docx, opendocument, paragraph, pdf, pptx, tarred, xlsx, zipped
from tests.growth import assert_linear
from tests.pictures import encoded, exif, picture
from tests.scanning import mail, marking_places, message, multipart, part, rules, scan

RED = b"TLP:RED\r\n"


def attached(octets: bytes, name: str = "", content_type: str = "application/octet-stream") -> bytes:
    named = f'; filename="{name}"' if name else ""
    more = f"Content-Disposition: attachment{named}\r\nContent-Transfer-Encoding: base64\r\n"
    return part(base64.encodebytes(octets), content_type, more)


def with_file(octets: bytes, name: str = "", content_type: str = "application/octet-stream") -> Scan:
    return scan(mail(part(b"hello"), attached(octets, name, content_type)))


def in_mail(*parts: bytes) -> bytes:
    return message(*multipart(*parts, boundary="in"))


@pytest.mark.parametrize(
    ("octets", "name", "place"),
    [
        (docx(paragraph("TLP:RED")), "a.docx", "attachment 1"),
        (docx(parts={"docProps/core.xml": core(subject="TLP:RED")}), "a.docx", "attachment 1, properties"),
        (xlsx("<row/>", '<row><c t="inlineStr"><is><t>TLP:RED</t></is></c></row>'), "a.xlsx", "attachment 1, sheet 2"),
        (pptx("one", notes={1: "TLP:RED"}), "a.pptx", "attachment 1, slide 1, hidden part"),
        (opendocument("odt", "<text:p>TLP:RED</text:p>"), "a.odt", "attachment 1"),
        (pdf("one", "two", "TLP:RED"), "a.pdf", "attachment 1, page 3"),
        (annotated("TLP:RED"), "a.pdf", "attachment 1, page 2, hidden part"),
        (rb"{\rtf1{\info{\title TLP:RED}}x}", "a.rtf", "attachment 1, properties"),
        (rb"{\rtf1 T{\b LP}:RED}", "a.doc", "attachment 1"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50) + b"TLP:RED\r", "a.doc", "attachment 1, hidden part"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50) + "TLP:RED\r".encode("utf-16-le"), "a.xls", "attachment 1, hidden part"),
        (zipped({"x.txt": b"x", "a.docx": docx(paragraph("TLP:RED"))}), "a.zip", "attachment 1, part 2"),
        (zipped({"a.zip": zipped({"a.pdf": pdf("x", "TLP:RED")})}), "a.zip", "attachment 1, part 1, part 1, page 2"),
        (zipped({"TLP_RED.txt": b"x"}), "a.zip", "attachment 1, part 1, name"),
        (tarred({"a.txt": RED}), "a.tar", "attachment 1, part 1"),
        (gzip.compress(tarred({"a.txt": RED}), mtime=0), "a.tgz", "attachment 1, part 1, part 1"),
        (zipped({"a.eml": in_mail(part(b"x"), attached(pdf("TLP:RED"), "a.pdf"))}), "a.zip", "attachment 1, part 1, page 1"),
        (zipped({"a.jpg": encoded(picture(), exif=exif("TLP:RED"))}), "a.zip", "attachment 1, part 1, properties"),
        (docx(parts={"word/embeddings/a.xlsx": ("application/x", "x")}, **{"word/embeddings/b.bin": zipped({"a.txt": RED})}), "a.docx", "attachment 1, part 2, part 1"),
        (b"BEGIN:VCALENDAR\r\nDESCRIPTION:x\\nTLP:\r\n RED\\nx\r\n", "a.ics", "attachment 1, hidden part"),
        (b"BEGIN:VCARD\r\nNOTE;ENCODING=QUOTED-PRINTABLE:=54=4C=50=\r\n=3A=52ED\r\nEND:VCARD\r\n", "a.vcf", "attachment 1, hidden part"),
        (b"a;b\r\nx;TLP:RED\r\n", "a.csv", "attachment 1"),
    ],
)  # fmt: skip
def test_a_marking_is_found_where_it_hides(octets, name, place):
    assert place in marking_places(with_file(octets, name))


def test_a_document_in_a_mail_in_a_mail_twenty_deep_is_looked_into():
    octets = in_mail(part(b"x"), attached(docx(paragraph("TLP:RED")), "a.docx"))
    for _ in range(18):
        octets = message(octets, "message/rfc822")
    result = scan(mail(part(b"hello"), part(octets, "message/rfc822")))
    assert marking_places(result) == {"attachment 1"}


@pytest.mark.parametrize(
    ("octets", "name", "files"),
    [
        (pdf("Forty kilograms"), "saisie Ivan Petrov.pdf", ["attachment-1.pdf"]),
        (docx(), "a.docx", ["attachment-1.docx"]),
        (xlsx(), "a.xlsx", ["attachment-1.xlsx"]),
        (pptx(), "a.pptx", ["attachment-1.pptx"]),
        (opendocument("ods", ""), "a.ods", ["attachment-1.ods"]),
        ("Quarante kilos d'écailles".encode("cp1252"), "a.txt", ["attachment-1.txt"]),
        ("a;é\r\n1;-5\r\n".encode("utf-16"), "a.csv", ["attachment-1.csv"]),
        (zipped({"b/a.pdf": pdf(), "__MACOSX/b/._a.pdf": b"\0\5\x16\7", "t.txt": b"x"}), "a.zip", ["attachment-1-1.pdf", "attachment-1-3.txt"]),
        (gzip.compress(b"x", mtime=0), "a.txt.gz", ["attachment-1-1.txt"]),
    ],
)  # fmt: skip
def test_what_was_read_whole_goes_out_under_a_neutral_name(octets, name, files):
    result = with_file(octets, name)
    assert (result.findings, result.removed) == ((), ())
    assert [one.name for one in result.documents] == files


def test_a_text_goes_out_as_utf_8_whatever_it_came_as():
    for octets in ("écailles\r\n".encode("cp1252"), "écailles\r\n".encode("utf-16"), "écailles\n".encode("utf-8-sig")):
        [document] = with_file(octets, "a.txt").documents
        assert (document.octets, document.media_type) == ("écailles\n".encode(), "text/plain")


@pytest.mark.parametrize(
    ("octets", "name", "rule"),
    [
        (docx(**{"word/media/a.png": b"x"}), "a.docx", "document.pictures"),
        (docx(), "a.pdf", "part.disguised"),
        (b"MZ\x90\0\3", "a.pdf", "part.disguised"),
        (b"MZ\x90\0\3", "a.bin", "part.unread.application/octet-stream"),
        (b"x", "a.js", "part.unread.application/octet-stream"),
        (b"<html><script>x</script>", "a.html", "part.unread.application/octet-stream"),
        (b'=HYPERLINK("https://attacker.example")\r\n', "a.csv", "document.active"),
        (b"-----BEGIN PGP MESSAGE-----\n\nx\n", "a.txt", "part.encrypted"),
        (b"x" * 2_000_001, "a.txt", "part.over_limits"),
        (b"\xff\xfe\x00\xd8", "a.txt", "part.unread.application/octet-stream"),
        (zipped({"a.txt": b"x", "b.exe": b"MZ\x90\0\3"}), "a.zip", "part.unread.application/octet-stream"),
        (zipped({"a.zip": zipped({"a.zip": zipped({"a.zip": zipped({"a.txt": b"x"})})})}), "a.zip", "part.over_limits"),
        (zipped({}), "a.zip", "part.unread.application/octet-stream"),
        (pdf("x") + zipped({"a.txt": RED}), "a.pdf", "structure.two_files"),
    ],
)  # fmt: skip
def test_the_rest_is_removed_for_a_reason(octets, name, rule):
    result = with_file(octets, name)
    assert (result.documents, result.removed) == ((), ("attachment 1",))
    assert rule in rules(result, "H1") | rules(result, "H7")


def test_only_what_doubts_the_whole_message_is_a_doubt():
    assert rules(with_file(zipped({"../a.txt": b"x"}), "a.zip")) == {"archive.path"}
    assert rules(with_file(b"caf\xe9 \x81", "a.txt", "text/plain; charset=utf-8")) == set()


def test_of_what_is_removed_only_what_nobody_may_have_sent_counts():
    octets = docx(paragraph("https://wetransfer.example/x TLP:PURPLE"), **{"word/media/a.png": b"x"})
    assert {one.code for one in with_file(octets, "a.docx").findings} <= {"H1", "H2"}


def test_more_documents_than_may_leave_are_removed():
    files = {f"{number}.txt": b"x" for number in range(DOCUMENTS)}
    result = scan(mail(part(b"hello"), attached(zipped(files), "a.zip"), attached(b"x", "b.txt")))
    assert len(result.documents) == DOCUMENTS
    assert (result.removed, rules(result, "H1")) == (("attachment 2",), {"part.over_limits"})


def test_a_document_alone_is_something_to_read():
    assert scan(mail(attached(pdf("Forty kilograms"), "a.pdf"))).findings == ()


def test_documents_come_through_the_vault_with_their_names():
    result = scan(mail(part(b"hello"), attached(pdf("x"), "a.pdf"), attached(zipped({"a.csv": b"a;b"}), "a.zip")))
    address = Address(local="ana", domain="agency.example")
    copy = CleanCopy(
        author_name="Ana", author_address=address, subject="x", message_id=None, date=None, references=(),
        parts=result.parts, images=(b"\xff\xd8",), documents=result.documents,
    )  # fmt: skip
    assert unpack(pack(copy)) == copy
    assert list(named_files(copy, "CAFR-2026-000001")) == [
        "CAFR-2026-000001-photo-1.jpg", "CAFR-2026-000001-attachment-1.pdf", "CAFR-2026-000001-attachment-2-1.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        lambda size: (docx(paragraph("forty kilograms ") * size * 20), "a.docx"),
        lambda size: (xlsx('<row><c t="s"><v>0</v></c><c><v>1</v></c></row>' * size * 15), "a.xlsx"),
        lambda size: (pdf(*["forty kilograms"] * size), "a.pdf"),
        lambda size: (rb"{\rtf1 " + rb"{\b forty} kilograms\par " * size * 15 + b"}", "a.rtf"),
        lambda size: (b"BEGIN:VCARD\n" + b"NOTE;ENCODING=QUOTED-PRINTABLE:=\n" * size * 10, "a.vcf"),
        lambda size: (b"{\\rtf1 " + b"{\\info " * size * 20, "a.rtf"),
        lambda size: (docx("<w:del>" * size * 2 + "</w:del>" * size * 2), "a.docx"),
    ],
    ids="docx xlsx pdf rtf vcard open-groups nested".split(),  # noqa: SIM905
)
def test_time_grows_with_the_size_alone(make):
    def seconds(octets: bytes) -> float:
        start = time.process_time()
        scan(octets)
        return time.process_time() - start

    small, large = (mail(part(b"hello"), attached(*make(size))) for size in (10, 80))
    assert_linear(seconds, small, large)
