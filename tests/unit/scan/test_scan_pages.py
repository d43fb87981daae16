"""PDFs of pictures: which are drawn and made anew, what is seen on them, and what stays behind."""

from io import BytesIO

import pikepdf
import pytest

from relay.documents.document import Document
from relay.documents.limits import PICTURED_PAGES, Room
from relay.documents.read import read
from relay.policy.photos import judge_photos
from relay.policy.post import CleanDocument
from relay.scan.frames import Stage, decode_stage, encode_stage
from relay.scan.pages import as_pictures
from tests.builders import make_list
from tests.documents import pdf, zipped
from tests.pictures import attached, encoded, face, huge_png, opened, picture, pictured_pdf, scribble, writing
from tests.scanning import mail, part, rules, scan

BLANK = writing()
SHEET = writing("Forty kilograms", "of scales", "in one container")
PDF = "application/pdf; name=scan.pdf"


def document(octets: bytes) -> Document:
    found = read(octets, "pdf", "", Room())
    assert found is not None
    return found


def with_picture(octets: bytes, **picture: object) -> bytes:
    """A PDF of pictures whose first picture says something else of itself."""
    with pikepdf.open(BytesIO(octets)) as changed:
        [image] = changed.pages[0].get_images().values()
        for key, value in picture.items():
            image[f"/{key}"] = value
        made = BytesIO()
        changed.save(made)
    return made.getvalue()


def test_pages_are_made_anew_and_it_is_told_how_many_lines_each_shows():
    made = as_pictures(pictured_pdf(SHEET, BLANK, scribble(writing()), title="Ivo Example"))
    assert made is not None
    assert made.lines[:2] == (3, 0)
    assert made.lines[2] > 0
    assert made.faces == ()
    assert b"Example" not in made.octets
    with pikepdf.open(BytesIO(made.octets)) as copy:
        assert [len(page.get_images()) for page in copy.pages] == [1, 1, 1]
        assert "/Info" not in copy.trailer


def test_a_face_on_a_page_is_told_with_the_page():
    result = scan(mail(part(b"Scales."), attached(pictured_pdf(SHEET, face()), PDF)))
    assert [(one.rule, one.place) for one in result.findings] == [("photo.face", "attachment 1, page 2")]
    assert [one.lines[0] for one in result.documents] == [3]


def test_scans_in_an_archive_leave_as_others_do():
    result = scan(
        mail(part(b"Scales."), attached(zipped({"a.pdf": pictured_pdf(SHEET)}), "application/zip; name=a.zip"))
    )
    assert [(one.name, one.lines) for one in result.documents] == [("attachment-1-1.pdf", (3,))]


@pytest.mark.parametrize(
    "octets",
    [
        pictured_pdf(*[SHEET] * (PICTURED_PAGES + 1)),
        with_picture(pictured_pdf(SHEET), Width=100_000, Height=100_000),
        with_picture(pictured_pdf(SHEET), Width=pikepdf.String("1")),
        with_picture(pictured_pdf(SHEET), Filter=pikepdf.Name.JPXDecode),
    ],
    ids=["too many pages", "a huge picture", "a picture without a size", "JPEG 2000"],
)
def test_what_can_t_be_drawn_within_bounds_is_removed(octets):
    result = scan(mail(part(b"Scales."), attached(octets, PDF)))
    assert rules(result, "H1") == {"document.pictures"}
    assert result.documents == ()


def test_pages_with_a_text_and_pictures_are_no_scan():
    with pikepdf.open(BytesIO(pdf("Forty kilograms of scales were found in one container at the port."))) as mixed:
        with pikepdf.open(BytesIO(pictured_pdf(SHEET))) as scanned:
            [picture] = scanned.pages[0].get_images().values()
            mixed.pages[0].Resources.XObject = pikepdf.Dictionary(P=mixed.copy_foreign(picture))
        made = BytesIO()
        mixed.save(made)
    assert document(made.getvalue()).pictured == 0


def test_so_many_pages_of_all_documents_of_a_message_are_drawn():
    room = Room()
    assert not room.draw(0)
    assert room.draw(PICTURED_PAGES - 1)
    assert not room.draw(2)
    assert room.draw(1)
    assert not room.draw(1)


def test_what_breaks_while_it_is_drawn_is_removed():
    assert as_pictures(b"%PDF-1.7") is None
    assert as_pictures(huge_png(10, 10)) is None


def test_lines_come_through_the_frames_and_a_list_that_wants_photos_looked_at_holds_scans_too():
    made = CleanDocument(octets=b"a", media_type="text/plain", place="attachment 1", lines=(3, 0))
    assert decode_stage(encode_stage(Stage(name="part", documents=(made,)))).documents == (made,)
    result = scan(mail(part(b"Scales."), attached(pictured_pdf(SHEET), PDF)))
    held = list(judge_photos(result, make_list(photos="hold")))
    assert [(one.code, one.place) for one in held] == [("H6", "attachment 1")]


def test_a_page_is_drawn_upright_and_as_large_as_a_photo_that_leaves():
    made = as_pictures(pictured_pdf(picture(200, 400)))
    assert made is not None
    with pikepdf.open(BytesIO(made.octets)) as copy:
        [shown] = copy.pages[0].get_images().values()
        image = opened(shown.read_raw_bytes())
    assert image.size == (1000, 2000)
    assert image.getpixel((20, 20))[1] > 180
    assert encoded(image)
