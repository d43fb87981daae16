"""OpenDocument: every place where a text can hide is read, and what leaves is what is seen."""

import pytest

from relay.documents.document import Document
from relay.documents.kind import kind_of_content
from relay.documents.limits import Room
from relay.documents.read import read
from tests.documents import MEDIA_TYPES, opendocument, unzipped

RED = "TLP:RED"
TABLE = "<table:table table:name='{}'{}><table:table-row><table:table-cell><text:p>{}</text:p></table:table-cell></table:table-row></table:table>"


def opened(octets: bytes) -> Document:
    found = read(octets, kind_of_content(octets), "", Room())
    assert found is not None
    return found


def odt(content: str, **more: str) -> bytes:
    return opendocument("odt", content, **more)


HIDING = {
    "text": (odt(f"<text:p>{RED}</text:p>"), "text", True),
    "split": (odt("<text:p>T<text:span>LP</text:span>:RED</text:p>"), "text", True),
    "link": (odt(f"<text:p><text:a xlink:href='https://agency.example/{RED}'>x</text:a></text:p>"), "hidden part", True),
    "comment": (odt(f"<text:p>x<office:annotation><text:p>{RED}</text:p></office:annotation></text:p>"), "hidden part", False),
    "deletion": (odt(f"<text:tracked-changes><text:deletion><text:p>{RED}</text:p></text:deletion></text:tracked-changes>"), "hidden part", False),
    "hidden text": (odt("<text:p>x</text:p>", styles="<style:style><style:text-properties text:display='none'/></style:style>"), "", False),
    "title": (odt("<text:p>x</text:p>", meta=f"<dc:title>{RED}</dc:title>"), "properties", True),
    "property of one's own": (odt("", meta=f"<meta:user-defined meta:name='Label'>{RED}</meta:user-defined>"), "properties", True),
    "master page": (odt("", **{"styles.xml": f"<a xmlns:text='urn:t'><text:p>{RED}</text:p></a>"}), "page header", True),
    "second sheet": (opendocument("ods", TABLE.format("a", "", "x") + TABLE.format("b", "", RED)), "sheet 2", True),
    "sheet's name": (opendocument("ods", TABLE.format(RED, "", "x")), "sheet 1, name", True),
    "second slide": (opendocument("odp", f"<draw:page/><draw:page><text:p>{RED}</text:p></draw:page>"), "slide 2", True),
    "notes": (opendocument("odp", f"<draw:page><presentation:notes><text:p>{RED}</text:p></presentation:notes></draw:page>"), "slide 1, hidden part", False),
}  # fmt: skip


@pytest.mark.parametrize(("octets", "place", "leaves"), HIDING.values(), ids=HIDING)
def test_a_text_is_found_where_it_hides(octets, place, leaves):
    """Row 64; evasion 10."""
    found = opened(octets)
    assert not place or place in {view.place for view in found.views if RED in view.text}
    assert (found.clean is not None) == leaves


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (odt("<draw:image/>"), "document.pictures"),
        (odt("", **{"Pictures/1.png": "x"}), "document.pictures"),
        (odt("<office:scripts><office:script/></office:scripts>"), "document.active"),
        (odt("", **{"Basic/script-lc.xml": "x"}), "document.active"),
        (odt("", **{"Object 1/content.xml": "x"}), "document.active"),
        (odt("", **{"odd.bin": "x"}), "document.unknown_part"),
        (odt("", **{"META-INF/manifest.xml": "<a><encryption-data/></a>"}), "part.encrypted"),
        (odt("<text:p>"), "part.damaged"),
        (opendocument("ods", TABLE.format("a", " table:style-name='h'", "x"), "<style:style style:name='h'><style:table-properties table:display='false'/></style:style>"), "document.hidden_content"),
    ],
)  # fmt: skip
def test_what_is_pictured_active_unknown_or_hidden_keeps_a_document(octets, problem):
    found = opened(octets)
    assert problem in found.removed_for
    assert found.clean is None


@pytest.mark.parametrize("kind", ["odt", "ods", "odp"])
def test_a_copy_has_content_and_styles_and_nothing_else(kind):
    meta, settings = "<dc:creator>Ana Example</dc:creator>", "<a>Ana's printer</a>"
    clean = opened(
        opendocument(kind, "<text:p>x</text:p>", meta=meta, **{"settings.xml": settings, "Thumbnails/t.png": "x"})
    ).clean
    assert clean is not None
    files = unzipped(clean)
    assert list(files) == ["mimetype", "content.xml", "META-INF/manifest.xml"]
    assert files["mimetype"].decode() == MEDIA_TYPES[kind]
    assert b"Ana" not in b"".join(files.values())
    assert kind_of_content(clean) == kind
    assert opened(clean).clean == clean
