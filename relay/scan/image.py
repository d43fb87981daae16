"""Photos: decoded, turned upright, brought to sRGB, made small and encoded anew from nothing but their pixels.

What leaves is made from the pixels that a reader sees, so nothing else of the original can: no EXIF, XMP, IPTC, comment,
thumbnail, profile, later frame, hidden colour behind transparency, or octet behind the end. Runs in scanner processes only.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import islice

from PIL import (
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from relay.scan.container import Container, beside_pixels, container_of
from relay.scan.frames import PHOTO_OCTETS
from relay.scan.markup import without_markup
from relay.scan.text import clean

PIXELS = 30_000_000  # that are decoded; a JPEG of a larger camera is decoded at a half, a quarter or an eighth
CAMERA_PIXELS = 250_000_000
PROFILE_OCTETS = 1_000_000

# One after another until the result is small enough: the longest side, and the JPEG quality.
_STEPS = tuple((side, quality) for side in (2000, 1600, 1200, 800, 500) for quality in (85, 75, 65))
_OPEN: dict[Container, type[ImageFile.ImageFile]] = {
    "jpeg": JpegImagePlugin.JpegImageFile,
    "png": PngImagePlugin.PngImageFile,
    "gif": GifImagePlugin.GifImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
}
_ORIENTATION = 0x0112  # EXIF 2.32 table 4
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # a profile's colour space, and the pixels that it can be about
# Among thumbnails and camera data, texts are what has a few letters in a row; such data would take long to look through.
_RUN = re.compile("[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]{4,}")
_LETTERS = re.compile("[A-Za-z]{3}|[^\x00-\u02ff]{3}")
_TAG = re.compile("</[A-Za-z]")
_WIDE = {
    "utf-16-le": re.compile(rb"(?:[A-Za-z]\0){3}(?:[ -~]\0)*"),
    "utf-16-be": re.compile(rb"(?:\0[A-Za-z]){3}(?:\0[ -~])*"),
}
_WIDE_TEXTS, _WIDE_OCTETS = 20, 2000  # so many, each so long


def clean_image(octets: bytes) -> bytes | None:
    """A JPEG of an image's pixels, small enough to leave; None when the image can't be read whole or is too large.

    Of a moving picture it is the first frame, of a transparent one what is seen on white paper.
    """
    container = container_of(octets)
    if container is None:
        return None
    try:
        with _OPEN[container](BytesIO(octets)) as image:
            if not _fits(image):
                return None
            image.load()
            return encode(_upright(_in_srgb(image), image))
    except Exception:  # noqa: BLE001 - whatever broken octets make of the decoder: the image is removed
        return None


def properties_of(octets: bytes) -> Iterator[str]:
    """The texts that lie beside an image's pixels, in whatever encoding they may be; never raises."""
    container = container_of(octets)
    for block in beside_pixels(octets, container) if container else ():
        text = block.decode("utf-8", "replace")
        readings = [text, *([block.decode("latin-1")] if "\ufffd" in text else ())]
        readings += [
            block[match.start() : match.start() + _WIDE_OCTETS].decode(codec, "replace")
            for codec, start in _WIDE.items()
            for match in islice(start.finditer(block), _WIDE_TEXTS)
        ]
        for reading in dict.fromkeys("\n".join(_runs(one)) for one in readings):
            yield clean(reading)
            if _TAG.search(reading):
                yield clean(without_markup(reading))


def _runs(reading: str) -> Iterator[str]:
    """What could be texts among other data; also without the first character, which may be a length before the text."""
    for run in _RUN.findall(reading):
        if _LETTERS.search(run):
            yield run
            yield run[1:]


def prepare() -> tuple[bytes, ...]:
    """Load all that decoding and encoding needs, and give small images of every kind to try it with."""
    Image.preinit()
    sample = Image.new("RGBA", (16, 16), (200, 40, 40, 128))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    properties = Image.Exif()
    properties[_ORIENTATION] = 6
    properties[TiffImagePlugin.IMAGEDESCRIPTION] = "x"
    made = []
    for kind in ("JPEG", "PNG", "GIF", "WEBP"):
        file = BytesIO()
        sample.convert("RGB" if kind == "JPEG" else "RGBA").save(file, kind, exif=properties, icc_profile=profile)
        made.append(file.getvalue())
    return tuple(made)


def _fits(image: ImageFile.ImageFile) -> bool:
    """Whether the pixels are few enough to be decoded; a JPEG is told to leave out what the result can't show anyway."""
    width, height = image.size
    if width * height > CAMERA_PIXELS or not width or not height:
        return False
    shrink = min(1.0, _STEPS[0][0] / max(width, height))
    image.draft(None, (max(1, int(width * shrink)), max(1, int(height * shrink))))
    return image.size[0] * image.size[1] <= PIXELS


def _in_srgb(image: Image.Image) -> Image.Image:
    """The seen pixels as RGB in the colour space of every screen, so that no profile needs to go with them."""
    profile = image.info.get("icc_profile") or b""
    if image.mode.startswith("I;16"):
        # 16 bits to 8; converting alone would cut off the upper ones.
        image = image.point(lambda value: value * (1 / 257)).convert("L")
    elif image.mode in {"1", "P", "PA"} or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((_STEPS[0][0], _STEPS[0][0]), Image.Resampling.LANCZOS)
    if image.has_transparency_data:
        image = _on_white(image.convert("RGBA"))
    elif image.mode not in _SPACES.values():
        image = image.convert("RGB")
    if 0 < len(profile) <= PROFILE_OCTETS and (converted := _through_profile(image, profile)) is not None:
        return converted
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _through_profile(image: Image.Image, octets: bytes) -> Image.Image | None:
    """The pixels brought to sRGB; None when the profile is no profile for them."""
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(octets))
        if _SPACES.get(profile.profile.xcolor_space.strip()) != image.mode:
            return None
        return ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _upright(image: Image.Image, original: Image.Image) -> Image.Image:
    """Turned as its EXIF says, which is gone afterwards; unreadable EXIF says nothing."""
    try:
        turn = _UPRIGHT.get(original.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - it is an untrusted TIFF file of its own
        turn = None
    return image if turn is None else image.transpose(turn)


def encode(image: Image.Image) -> bytes | None:
    """The first step's JPEG that is small enough. The pixels are put into a new image: what an opened one remembers stays behind."""
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    for side, quality in _STEPS:
        bare.thumbnail((side, side), Image.Resampling.LANCZOS)
        file = BytesIO()
        bare.save(file, "JPEG", quality=quality)
        if file.tell() <= PHOTO_OCTETS:
            return file.getvalue()
    return None
