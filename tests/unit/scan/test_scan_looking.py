"""What a photo shows: faces and lines of writing, by the pixels that leave."""

import pytest

from relay.scan.frames import LINES
from relay.scan.image import clean_image
from relay.scan.looking import Look, look_at
from tests.pictures import attached, encoded, face, noise, picture, writing
from tests.scanning import mail, part, scan

SHEET = [f"Box {number} of ten: worked ivory, seized at the port" for number in range(1, 9)]


def looked(image):
    jpeg = clean_image(encoded(image, "PNG"))
    assert jpeg is not None
    return look_at(jpeg)


@pytest.mark.parametrize("size", [40, 100, 250])
def test_a_face_is_seen_near_and_far(size):
    assert looked(face(size=size)) == Look(face=True, lines=0)


def test_a_photo_of_things_shows_none():
    for image in (picture(640, 480), picture(8, 3000), picture(1, 1), noise(640, 480)):
        assert looked(image) == Look(face=False, lines=0)


@pytest.mark.parametrize("lines", [1, 3, 8])
@pytest.mark.parametrize("colors", [{}, {"ink": 230, "paper": 30}, {"ink": 60, "paper": 100}, {"size": 18}])
def test_lines_of_writing_are_counted(lines, colors):
    assert looked(writing(*SHEET[:lines], **colors)) == Look(face=False, lines=lines)


def test_a_sheet_full_of_scrawl_is_no_more_than_can_be_told():
    assert look_at(encoded(writing(*["iiii" * 12] * 200, size=5))).lines <= LINES


def test_what_is_no_photo_is_not_known():
    assert look_at(encoded(picture())[:200]) is None


def test_a_face_is_a_finding_and_the_photo_still_comes_back_for_a_look():
    result = scan(mail(part(b"Scales."), attached(encoded(face())), attached(encoded(picture(640, 480)))))
    assert [(one.code, one.rule, one.place) for one in result.findings] == [("H6", "photo.face", "attachment 1")]
    assert [one.place for one in result.images] == ["attachment 1", "attachment 2"]
    assert result.removed == ()


def test_the_lines_on_a_photo_come_back_with_it():
    """Evasion 9."""
    result = scan(mail(part(b"Scales."), attached(encoded(writing(*SHEET)))))
    assert [one.lines for one in result.images] == [8]
