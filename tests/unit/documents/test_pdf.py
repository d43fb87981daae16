"""PDF: every place where a text can hide is read, and what leaves are the pages alone."""

import io
import re

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from relay.documents.document import Document
from relay.documents.limits import Room
from relay.documents.read import read
from tests.documents import annotated, open_pdf, pdf, revised, save_pdf

RED = "TLP:RED"


def opened(octets: bytes) -> Document:
    found = read(octets, "pdf", "", Room())
    assert found is not None
    return found


def places(octets: bytes, text: str = RED) -> set[str]:
    return {view.place for view in opened(octets).views if text in view.text}


def with_info(**values: str) -> bytes:
    made = open_pdf()
    for name, value in values.items():
        made.docinfo[f"/{name}"] = value
    return save_pdf(made)


def with_xmp(text: str) -> bytes:
    made = open_pdf()
    packet = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><dc:title>{text}</dc:title></x:xmpmeta>"
    made.Root.Metadata = made.make_stream(packet.encode(), Type=Name.Metadata, Subtype=Name.XML)
    return save_pdf(made)


def with_root(name: str, value: object) -> bytes:
    made = open_pdf()
    made.Root[name] = value
    return save_pdf(made)


def with_file(content: bytes) -> bytes:
    made = open_pdf()
    made.attachments["list.txt"] = pikepdf.AttachedFileSpec(made, content, filename="list.txt")
    return save_pdf(made)


def with_image(**more: object) -> bytes:
    made = open_pdf()
    image = made.make_stream(
        bytes(3),
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=1,
        Height=1,
        BitsPerComponent=8,
        ColorSpace=Name.DeviceRGB,
    )
    made.pages[0].obj.Resources.XObject = Dictionary(I=image)
    return save_pdf(made)


def with_form(content: bytes) -> bytes:
    made = open_pdf(b"/X Do")
    resources = made.pages[0].obj.Resources
    form = made.make_stream(
        content,
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, 600, 800]),
        Resources=resources.Font and Dictionary(Font=resources.Font),
    )
    resources.XObject = Dictionary(X=form)
    return save_pdf(made)


def with_field(value: str) -> bytes:
    made = open_pdf()
    field = made.make_indirect(
        Dictionary(FT=Name.Tx, T=String("name"), V=String(value), Type=Name.Annot, Subtype=Name.Widget)
    )
    made.Root.AcroForm = Dictionary(Fields=Array([field]))
    return save_pdf(made)


def drawn(count: int) -> bytes:
    return pdf(b"BT /F1 12 Tf 72 700 Td (x) Tj ET " + b"0 0 m 1 1 2 2 3 3 c S " * count)


WRITTEN = b"BT /F1 12 Tf 72 700 Td (TLP:RED) Tj ET"
HIDING = {
    "page": (pdf("one", RED), "page 2", True),
    "letter by letter": (pdf(b"BT /F1 12 Tf 72 700 Td [(T) -1 (L) 2 (P:R) (ED)] TJ ET"), "page 1", True),
    "invisible": (pdf(b"BT 3 Tr /F1 12 Tf 72 700 Td (TLP:RED) Tj ET"), "page 1", True),
    "beside the page": (pdf(b"BT /F1 12 Tf -900 5000 Td (TLP:RED) Tj ET"), "page 1", True),
    "drawn by reference": (with_form(WRITTEN), "page 1", True),
    "title": (with_info(Title=RED), "properties", True),
    "property of one's own": (with_info(MSIP_Label_1_Name=RED), "properties", True),
    "XMP": (with_xmp(RED), "properties", True),
    "bookmark": (with_root("/Outlines", Dictionary(First=Dictionary(Title=String(RED)))), "hidden part", True),
    "text for those who can't see": (pdf(b"/Span <</ActualText (TLP:RED)>> BDC " + WRITTEN + b" EMC"), "hidden part", True),
    "link": (annotated("", "Link", A=Dictionary(S=Name.URI, URI=String(f"https://agency.example/{RED}"))), "page 2, hidden part", True),
    "note": (annotated(RED), "page 2, hidden part", False),
    "stamp": (annotated(RED, "Stamp"), "page 2, hidden part", False),
    "field": (with_field(RED), "hidden part", False),
    "script": (with_root("/OpenAction", Dictionary(S=Name.JavaScript, JS=String(RED))), "hidden part", False),
    "older revision": (revised(b"TLP:RED", b"nothing"), "hidden part", True),
}  # fmt: skip


@pytest.mark.parametrize(("octets", "place", "leaves"), HIDING.values(), ids=HIDING)
def test_a_text_is_found_where_it_hides(octets, place, leaves):
    """Row 64; evasion 10."""
    assert place in places(octets)
    clean = opened(octets).clean
    assert (clean is not None) == leaves
    if clean is not None and "page" not in place:
        assert not places(clean) - {"page 1"}


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (with_image(), "document.pictures"),
        (pdf(b"BI /W 1 /H 1 /BPC 8 /CS /RGB ID abc EI"), "document.pictures"),
        (drawn(500), "document.pictures"),
        (with_file(b"x"), "document.active"),
        (with_root("/AA", Dictionary(WC=Dictionary(S=Name.Launch, F=String("x")))), "document.active"),
        (with_root("/OCProperties", Dictionary(OCGs=Array([]))), "document.hidden_content"),
        (save_pdf(open_pdf(), encryption=pikepdf.Encryption(owner="x", user="y")), "part.encrypted"),
        (save_pdf(open_pdf(), encryption=pikepdf.Encryption(owner="x", user="")), "part.encrypted"),
        (pdf(b" " * 60_000_000), "part.over_limits"),
        (pdf(*["x"] * 501), "part.over_limits"),
        (pdf()[:300], "part.damaged"),
        (b"%PDF-1.4\n", "part.damaged"),
    ],
)
def test_what_is_pictured_active_layered_encrypted_or_too_much_keeps_a_document(octets, problem):
    """Rows 62 and 64; evasions 9 and 11."""
    found = opened(octets)
    assert problem in found.removed_for
    assert found.clean is None


def test_letters_without_a_meaning_keep_a_document():
    made = open_pdf(b"BT /F1 12 Tf 72 700 Td <0001000200030004000500060007000800090010001100120013> Tj ET")
    inner = made.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=Name.X,
            CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
        )
    )
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name.X,
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([inner]),
    )
    made.pages[0].obj.Resources.Font = Dictionary(F1=made.make_indirect(font))
    assert "document.unknown_part" in opened(save_pdf(made)).removed_for


def test_letters_that_are_small_drawings_keep_a_document():
    made = open_pdf()
    made.pages[0].obj.Resources.Font.F2 = made.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type3))
    assert opened(save_pdf(made)).removed_for == ("document.pictures",)


def test_an_attached_file_is_handed_on():
    [member] = opened(with_file(b"TLP:RED")).members
    assert (member.octets, member.place) == (b"TLP:RED", "part 1")


def test_a_copy_has_the_pages_and_nothing_beside_them():
    made = open_pdf(
        b"% a remark of Ana\n/P <</MCID 0 /E (Ana)>> BDC BT /F1 12 Tf 72 700 Td (Forty kilograms) Tj ET EMC", "two"
    )
    made.docinfo["/Author"] = "Ana Example"
    made.Root.Lang = String("Ana")
    made.pages[0].obj.PieceInfo = Dictionary(X=String("Ana"))
    made.pages[0].obj.Resources.Properties = Dictionary(X=Dictionary(Ana=String("Ana")))
    found = opened(save_pdf(made))
    assert found.clean is not None
    with pikepdf.open(io.BytesIO(found.clean)) as copy:
        assert "/Info" not in copy.trailer
        assert set(copy.Root.keys()) == {"/Type", "/Pages"}
        whole = b"".join(one.read_bytes() for one in copy.objects if isinstance(one, pikepdf.Stream)) + b"".join(
            repr(one).encode() for one in copy.objects
        )
        assert b"Ana" not in whole
    shown = [view.text for view in found.views if view.place.startswith("page")]
    assert (
        [view.text for view in opened(found.clean).views if view.place.startswith("page")]
        == shown
        == ["Forty kilograms", "two"]
    )


def test_the_copy_of_a_copy_is_the_same():
    first = opened(pdf("one", "two")).clean
    assert first is not None
    assert opened(first).clean == first
    assert not re.search(rb"Producer|pikepdf|qpdf", first)


def test_a_linearised_file_has_no_older_revision():
    octets = save_pdf(open_pdf("one", "two"), linearize=True)
    assert octets.count(b"%%EOF") == 2
    assert places(octets, "one") == {"page 1"}
