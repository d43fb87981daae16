"""Containers of images: what lies beside the pixels is found, a bare JPEG is told from all others, and nothing raises."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.scan.container import BESIDE_OCTETS, beside_pixels, container_of, is_bare_jpeg
from relay.scan.image import clean_image, properties_of
from tests.pictures import encoded, exif, picture, printing_profile, xmp

BARE = clean_image(encoded(picture())) or b""
STARTS = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "gif": b"GIF89a", "webp": b"RIFF\0\0\0\0WEBP"}
BROKEN = st.sampled_from(
    [encoded(picture(), kind, exif=exif("x", comment=b"y")) for kind in ("JPEG", "PNG", "WEBP")]
    + [encoded(picture(), "GIF", comment=b"z")]
)


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(data) + 2).to_bytes(2) + data


def test_what_we_make_ourselves_is_bare():
    assert is_bare_jpeg(BARE)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"GIF89a",
        BARE + b"x",
        BARE + BARE,
        BARE[:-2],
        BARE[:200],
        BARE[:2] + segment(0xFE, b"a comment") + BARE[2:],
        BARE[:2] + segment(0xE1, b"Exif\0\0") + BARE[2:],
        BARE[:2] + segment(0xE0, b"JFXX\0 a thumbnail") + BARE[2:],
        BARE[:2] + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\1rgb") + BARE[2:],
        BARE[:2] + segment(0xEE, b"Adobe") + BARE[2:],
        BARE[:-2] + segment(0xFE, b"behind the scan") + BARE[-2:],
        BARE[:2] + b"\xff\xe0\x00\x00" + BARE[2:],
        encoded(picture(), icc_profile=printing_profile()[0]),
        encoded(picture(), xmp=xmp("x")),
        encoded(picture(mode="CMYK")),
    ],
)
def test_whatever_carries_more_than_pixels_is_not(octets):
    assert not is_bare_jpeg(octets)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(STARTS)), st.binary(max_size=300))
def test_no_octets_make_reading_fail(kind, rest):
    octets = STARTS[kind] + rest
    assert container_of(octets) == kind
    assert sum(map(len, beside_pixels(octets, kind))) <= BESIDE_OCTETS
    assert list(properties_of(octets)) == list(properties_of(octets))
    is_bare_jpeg(octets)


@settings(max_examples=200, deadline=None)
@given(BROKEN, st.data())
def test_a_broken_image_is_made_anew_or_not_at_all(octets, data):
    broken = bytearray(octets)
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    found = clean_image(bytes(broken[: data.draw(st.integers(0, len(broken)))] if data.draw(st.booleans()) else broken))
    assert found is None or is_bare_jpeg(found)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_however_much_lies_behind_an_image_a_bounded_part_is_read(kind):
    octets = encoded(picture(), kind) + b"behind " * 100_000
    container = container_of(octets)
    assert container
    blocks = list(beside_pixels(octets, container))
    assert blocks[-1].startswith(b"behind")
    assert sum(map(len, blocks)) == BESIDE_OCTETS


def test_a_comment_that_inflates_without_end_is_cut():
    packed = zlib.compress(bytes(50_000_000), 9)
    octets = STARTS["png"] + (len(packed) + 6).to_bytes(4) + b"zTXt" + b"name\0\0" + packed
    assert sum(map(len, beside_pixels(octets, "png"))) <= BESIDE_OCTETS
