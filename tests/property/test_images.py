"""Whatever a camera or a program wrote beside the pixels: no eight octets of it leave, and a marking among it is found."""

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.scan.container import is_bare_jpeg
from relay.scan.image import clean_image, properties_of
from tests.pictures import encoded, exif, picture, png_text, printing_profile, xmp

RUN = 8
WORDS = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="<>&"), min_size=RUN, max_size=60
)
PROFILE = printing_profile()[0]


def original(kind: str, texts: list[str], orientation: int) -> bytes:
    """An image that says these texts in every place that its format has."""
    one, two, three, four = texts
    where = exif(one, orientation, two.encode(), two)
    options: dict[str, dict[str, object]] = {
        "JPEG": {"exif": where, "comment": three, "xmp": xmp(three), "icc_profile": PROFILE + three.encode()},
        "PNG": {"exif": where, "pnginfo": png_text(Title=three, zText=three, iText=three), "icc_profile": PROFILE},
        "WEBP": {"exif": where, "xmp": xmp(three), "icc_profile": PROFILE + three.encode()},
        "GIF": {"comment": three.encode()},
    }
    return encoded(picture(), kind, **options[kind]) + four.encode()


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]), st.lists(WORDS, min_size=4, max_size=4), st.integers(1, 8))
def test_no_run_of_what_stands_beside_the_pixels_leaves(kind, texts, orientation):
    octets = original(kind, texts, orientation)
    found = clean_image(octets)
    assert found is not None
    assert is_bare_jpeg(found)
    secrets = [*texts, "ExampleCam", "SERIAL-4711-0815"]
    runs = {form[at : at + RUN] for text in secrets for form in forms(text) for at in range(len(form) - RUN + 1)}
    assert not any(run in found for run in runs)
    assert texts[3].encode() in octets


def forms(text: str) -> tuple[bytes, ...]:
    return text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]), st.lists(WORDS, min_size=4, max_size=4), st.integers(0, 3))
def test_what_stands_there_is_read(kind, texts, place):
    octets = original(kind, [*texts[:place], "TLP:RED", *texts[place + 1 :]], 1)
    heard = kind != "GIF" or place >= 2  # no EXIF there
    assert any("TLP:RED" in line for text in properties_of(octets) for line in text.split("\n")) is heard
