"""Photos go out as pixels: upright, in the right colours, small, and without a word of what the original said beside them."""

import pytest
from PIL import Image

from relay.policy.post import Progress
from relay.scan.container import is_bare_jpeg
from relay.scan.frames import PHOTO_OCTETS, PHOTOS
from relay.scan.image import clean_image
from tests.pictures import (
    attached,
    encoded,
    exif,
    huge_png,
    noise,
    opened,
    picture,
    png_text,
    printing_profile,
    xmp,
)
from tests.scanning import mail, marking_places, message, multipart, part, plain, rules, scan
from tests.scanning import page as html

TEXT = part(b"Forty kilograms of scales.")
SECRET = "Sous-lieutenant 4711 XKCD"


def with_photo(octets: bytes, content_type: str = "image/jpeg") -> bytes:
    return mail(TEXT, attached(octets, content_type))


def cleaned(octets: bytes) -> Image.Image:
    found = clean_image(octets)
    assert found is not None
    return opened(found)


def corner(image: Image.Image) -> str:
    """Which corner is green."""
    width, height = image.size
    places = {"upper left": (3, 3), "upper right": (width - 4, 3), "lower left": (3, height - 4)}
    places["lower right"] = (width - 4, height - 4)
    return next(name for name, at in places.items() if close(image.getpixel(at), (20, 220, 20)))


def close(one: object, other: tuple[int, int, int], by: int = 40) -> bool:
    assert isinstance(one, tuple)
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


ORIGINALS = {
    "jpeg": encoded(picture(), exif=exif(SECRET, comment=SECRET.encode()), comment=SECRET, xmp=xmp(SECRET))
    + SECRET.encode(),
    "png": encoded(picture(), "PNG", exif=exif(SECRET), pnginfo=png_text(Title=SECRET, zText=SECRET, iText=SECRET))
    + SECRET.encode(),
    "gif": encoded(picture(), "GIF", comment=SECRET.encode()) + SECRET.encode(),
    "webp": encoded(picture(), "WEBP", exif=exif(SECRET), xmp=xmp(SECRET)) + SECRET.encode(),
}


@pytest.mark.parametrize("kind", ORIGINALS)
def test_a_photo_goes_out_without_what_stands_beside_its_pixels(kind):
    """Row 65."""
    result = scan(with_photo(ORIGINALS[kind], f"image/{kind}"))
    [image] = result.images
    assert (result.removed, result.findings, plain(result)) == ((), (), "Forty kilograms of scales.")
    assert SECRET.encode() in ORIGINALS[kind]
    assert is_bare_jpeg(image.octets)
    assert opened(image.octets).size == (64, 48)
    assert (image.place, corner(opened(image.octets))) == ("attachment 1", "upper left")


@pytest.mark.parametrize(
    ("orientation", "where"),
    [
        (1, "upper left"),
        (2, "upper right"),
        (3, "lower right"),
        (4, "lower left"),
        (5, "upper left"),
        (6, "upper right"),
        (7, "lower right"),
        (8, "lower left"),
        (99, "upper left"),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_turned_upright(kind, orientation, where):
    image = cleaned(encoded(picture(), kind, exif=exif(orientation=orientation)))
    assert image.size == ((48, 64) if orientation in {5, 6, 7, 8} else (64, 48))
    assert corner(image) == where


@pytest.mark.parametrize(
    "octets",
    [
        encoded(picture(mode="CMYK")),
        encoded(picture(mode="P"), "PNG"),
        encoded(picture(mode="RGBA"), "PNG"),
        encoded(picture(mode="P"), "GIF"),
        encoded(picture(), "PNG", transparency=(1, 2, 3)),
        encoded(picture(), progressive=True),
        encoded(picture(), "WEBP", lossless=True),
        encoded(picture(), "GIF", save_all=True, append_images=[noise(64, 48)] * 3),
        encoded(picture(), "PNG", save_all=True, append_images=[noise(64, 48)] * 3),
        encoded(picture(), "WEBP", save_all=True, append_images=[noise(64, 48)] * 3),
    ],
    ids="cmyk palette alpha gif key progressive webp gifs apng webps".split(),  # noqa: SIM905
)
def test_every_kind_of_pixels_shows_the_same_picture(octets):
    image = cleaned(octets)
    assert (image.mode, image.size, getattr(image, "n_frames", 1)) == ("RGB", (64, 48), 1)
    assert close(image.getpixel((20, 40)), (220, 20, 20))
    assert close(image.getpixel((60, 40)), (20, 20, 220))
    assert corner(image) == "upper left"


def test_sixteen_bits_of_grey_become_eight():
    deep = Image.new("I;16", (16, 16), 32768)
    assert close(cleaned(encoded(deep, "PNG")).getpixel((8, 8)), (127, 127, 127), by=3)


def test_black_and_white_stays_black_and_white():
    image = cleaned(encoded(picture(mode="L").point(lambda value: 255 * (value > 60)).convert("1"), "PNG"))
    assert close(image.getpixel((3, 3)), (255, 255, 255), by=10)


def test_colours_hidden_behind_transparency_do_not_leave():
    hidden = Image.new("RGBA", (32, 32), (200, 0, 0, 0))
    assert close(cleaned(encoded(hidden, "PNG")).getpixel((16, 16)), (255, 255, 255), by=3)


def test_a_profile_is_applied_and_left_behind():
    octets, seen = printing_profile()
    plainly = cleaned(encoded(picture()))
    applied = cleaned(encoded(picture(), icc_profile=octets))
    assert "icc_profile" not in applied.info
    assert close(applied.getpixel((60, 40)), seen)
    assert not close(plainly.getpixel((60, 40)), seen)


@pytest.mark.parametrize("profile", [b"TLP:GREEN " * 50, printing_profile()[0][:200], b"\0" * 128])
def test_what_is_no_profile_is_left_behind_too(profile):
    image = cleaned(encoded(picture(), icc_profile=profile))
    assert close(image.getpixel((60, 40)), (20, 20, 220))
    assert "icc_profile" not in image.info


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 300), (501, 4000)])
def test_a_large_photo_becomes_small_and_keeps_its_shape(size):
    found = clean_image(encoded(noise(*size), quality=80))
    assert found is not None
    assert len(found) <= PHOTO_OCTETS
    width, height = opened(found).size
    assert max(width, height) >= 500
    assert abs(width / height - size[0] / size[1]) < 0.02 * size[0] / size[1]


def test_one_image_gives_one_result():
    octets = encoded(noise(700, 500))
    assert clean_image(octets) == clean_image(octets)


@pytest.mark.parametrize(
    ("octets", "content_type"),
    [
        (encoded(picture(), "PNG"), "image/jpeg; name=IMG_1.JPG"),
        (encoded(picture()), "application/octet-stream; name=IMG_1.heic"),
        (encoded(picture()), "image/png; name=x.exe"),
        (encoded(picture(), "GIF") + b"PK\x03\x04 a program", "image/gif"),
    ],
    ids=["png as jpeg", "octets", "name of a program", "gif and archive in one"],
)
def test_the_content_says_what_a_photo_is(octets, content_type):
    result = scan(with_photo(octets, content_type))
    assert (len(result.images), result.removed) == (1, ())
    assert is_bare_jpeg(result.images[0].octets)


@pytest.mark.parametrize(
    ("octets", "content_type"),
    [
        (encoded(picture())[:-300], "image/jpeg"),
        (encoded(noise(64, 48), "PNG")[:-2000], "image/png"),
        (encoded(noise(64, 48), "WEBP")[:-2000], "image/webp"),
        (encoded(noise(64, 48), "GIF")[:-2000], "image/gif"),
        (b"\xff\xd8\xff\xe0 no image", "image/jpeg"),
        (huge_png(60_000, 60_000), "image/png"),
        (huge_png(9000, 9000), "image/png"),
        (encoded(Image.new("1", (6000, 5200)), "PNG"), "image/png"),
        (huge_png(0, 9), "image/png"),
        (b"II*\0" + bytes(100), "image/tiff"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (encoded(picture()), "application/pdf"),
        (encoded(picture()), "text/csv"),
    ],
    ids="jpeg-cut png-cut webp-cut gif-cut no-jpeg bomb cut-bomb too-large empty tiff svg as-pdf as-text".split(),  # noqa: SIM905
)
def test_what_cannot_be_read_whole_is_removed(octets, content_type):
    result = scan(with_photo(octets, content_type))
    assert (result.images, result.removed) == ((), ("attachment 1",))
    disguised = content_type in {"application/pdf", "text/csv"}
    assert rules(result, "H1") == {"part.disguised" if disguised else f"part.unread.{content_type}"}
    assert result.progress is Progress.COMPLETE


def test_broken_base64_is_no_photo():
    octets = attached(encoded(picture())).replace(b"/9j/", b"/9j/*", 1)
    assert scan(mail(TEXT, octets)).removed == ("attachment 1",)


def test_a_message_takes_so_many_photos_and_no_more():
    result = scan(mail(TEXT, *[attached(encoded(picture()))] * (PHOTOS + 2)))
    assert len(result.images) == PHOTOS
    assert result.removed == (f"attachment {PHOTOS + 1}", f"attachment {PHOTOS + 2}")
    assert rules(result, "H1") == {"part.over_limits"}


def test_photos_and_other_attachments_keep_their_numbers():
    pdf = part(b"%PDF-1.7", "application/pdf", "Content-Disposition: attachment\r\n")
    result = scan(mail(TEXT, pdf, attached(encoded(picture())), pdf))
    assert result.removed == ("attachment 1", "attachment 3")
    assert [image.place for image in result.images] == ["attachment 2"]


def test_a_photo_within_a_page_is_attached_and_the_page_s_logo_dropped():
    page = part(b"<p>Scales<img src='cid:a@x.example'></p>", "text/html")
    embedded = "Content-ID: <a@x.example>\r\nContent-Transfer-Encoding: base64\r\n"
    photo, logo = encoded(noise(300, 200)), encoded(picture(), "PNG")
    related = multipart(page, attached(photo, more=embedded), attached(logo, "image/png", embedded), subtype="related")
    result = scan(message(*related))
    assert [image.place for image in result.images] == ["attachment 1"]
    assert (result.removed, result.findings, "img" in html(result)) == ((), (), False)


def test_a_photo_in_an_attached_message_is_removed_with_it():
    inner = message(*multipart(TEXT, attached(encoded(picture())), boundary="in"))
    result = scan(mail(TEXT, part(inner, "message/rfc822")))
    assert (result.images, result.removed) == ((), ("attachment 1",))


def test_a_photo_without_a_word_is_a_message():
    result = scan(mail(part(b""), attached(encoded(picture()))))
    assert (result.findings, len(result.images)) == ((), 1)
    assert (
        len(
            scan(
                message(
                    attached(encoded(picture())).partition(b"\r\n\r\n")[2],
                    "image/jpeg",
                    "Content-Transfer-Encoding: base64\r\n",
                )
            ).images
        )
        == 1
    )


def test_where_the_original_lies_is_told():
    original = encoded(picture(), exif=exif(SECRET))
    octets = with_photo(original)
    [image] = scan(octets).images
    assert image.encoding == "base64"
    assert octets[image.start : image.end].split() == attached(original).partition(b"\r\n\r\n")[2].split()


@pytest.mark.parametrize(
    "octets",
    [
        encoded(picture(), exif=exif("TLP:RED")),
        encoded(picture(), exif=exif(comment=b"TLP:RED")),
        encoded(picture(), exif=exif(title="TLP:КРАСНЫЙ")),
        encoded(picture(), comment="TLP:RED"),
        encoded(picture(), comment="\x1c\x02x\0ATLP:RED"),
        encoded(picture(), xmp=xmp("TLP:RED")),
        encoded(picture(), xmp=xmp("<b>TLP</b>:&#82;ED")),
        encoded(picture()) + b"\r\nTLP:RED",
        encoded(picture()) + "TLP:КРАСНЫЙ".encode("utf-16-le"),
        encoded(picture(), "PNG", pnginfo=png_text(Title="TLP:RED")),
        encoded(picture(), "PNG", pnginfo=png_text(zTitle="TLP:RED")),
        encoded(picture(), "PNG", pnginfo=png_text(iTitle="TLP:红色")),
        encoded(picture(), "PNG", exif=exif("TLP:RED")),
        encoded(picture(), "PNG") + b"TLP:RED",
        encoded(picture(), "GIF", comment=b"TLP:RED"),
        encoded(picture(), "GIF") + b"TLP:RED",
        encoded(picture(), "WEBP", exif=exif("TLP:RED")),
        encoded(picture(), "WEBP", xmp=xmp("TLP:RED")),
        encoded(picture(), "WEBP") + b"TLP:RED",
        encoded(picture(), exif=exif("TLP:RED"))[:-400],
    ],
)
def test_a_marking_in_the_properties_counts(octets):
    """Row 65."""
    result = scan(with_photo(octets))
    assert marking_places(result) == {"attachment 1, properties"}
    assert rules(result, "M1") == {"tlp.red"}


def test_the_properties_of_a_logo_that_is_dropped_are_looked_at():
    embedded = "Content-ID: <logo@agency.example>\r\nContent-Transfer-Encoding: base64\r\n"
    page = part(b"<p>hello<img src='cid:logo@agency.example'></p>", "text/html")
    logo = encoded(picture(), "PNG", pnginfo=png_text(Comment="TLP:RED"))
    result = scan(message(*multipart(page, attached(logo, "image/png", embedded), subtype="related")))
    assert result.removed == ()
    assert [(one.rule, one.place) for one in result.findings if one.label == "TLP:RED"] == [
        ("tlp.red", "attachments, properties")
    ]
