"""Images for tests, made here by Pillow, with all that cameras and programs put beside the pixels; and parts to send them in."""

import base64
import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageDraw, ImageFilter, ImageFont, PngImagePlugin

ATTACHED = "Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n"


def picture(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right, with a green upper left corner."""
    image = Image.new("RGB", (width, height), (20, 20, 220))
    image.paste((220, 20, 20), (0, 0, width // 2, height))
    image.paste((20, 220, 20), (0, 0, width // 4, height // 4))
    return image if mode == "RGB" else image.convert(mode)


def face(width: int = 640, height: int = 480, size: int = 200) -> Image.Image:
    """A face of nobody: ellipses for hair, skin, brows, eyes, nose and mouth, a little out of focus."""
    image = Image.new("RGB", (width, height), (120, 140, 120))
    draw, unit = ImageDraw.Draw(image), size / 100
    shapes = [(0, -12, 52, 66, (50, 40, 35)), (0, 0, 44, 60, (205, 170, 145)), (0, -24, 40, 20, (215, 182, 158))]
    for side in (-1, 1):
        shapes += [(side * 18, -17, 14, 4, (70, 50, 40)), (side * 18, -8, 13, 7, (130, 95, 80))]
        shapes += [(side * 18, -7, 8, 4, (240, 240, 235)), (side * 18, -7, 4, 4, (25, 20, 20))]
        shapes += [(side * 24, 14, 13, 10, (225, 190, 170))]
    shapes += [(0, 6, 5, 18, (225, 195, 172)), (0, 20, 9, 4, (150, 110, 95)), (0, 36, 18, 5, (150, 70, 70))]
    for across, down, wide, high, color in shapes:
        x, y = width / 2 + across * unit, height / 2 + down * unit
        draw.ellipse((x - wide * unit, y - high * unit, x + wide * unit, y + high * unit), fill=color)
    return image.filter(ImageFilter.GaussianBlur(size / 50))


def writing(*lines: str, size: int = 28, ink: int = 0, paper: int = 255) -> Image.Image:
    """A sheet with these lines."""
    image = Image.new("L", (1400, 1000), paper)
    font = ImageFont.load_default(size=size)
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((60, 40 + 2 * size * number), line, fill=ink, font=font)
    return image.convert("RGB")


def scribble(sheet: Image.Image, lines: int = 3) -> Image.Image:
    """The sheet with lines as if by hand under what stands on it: strokes up and down, all alike to nobody's letters."""
    draw = ImageDraw.Draw(sheet)
    for line in range(lines):
        points = [(80 + 9 * at, 700 + 70 * line + (at * at * 7 % 31) - 15 * (at % 2)) for at in range(90)]
        draw.line(points, fill=(30, 30, 120), width=3)
    return sheet


def pictured_pdf(*sheets: Image.Image, **options: Any) -> bytes:
    """A PDF as scanners make them: each page is a picture."""
    return encoded(sheets[0], "PDF", save_all=True, append_images=sheets[1:], **options)


def noise(width: int, height: int) -> Image.Image:
    """What compresses badly."""
    return Image.effect_noise((width, height), 90).convert("RGB")


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """A file of that kind."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def exif(description: str = "", orientation: int = 1, comment: bytes = b"", title: str = "") -> Image.Exif:
    """EXIF with a position, a description, a camera's number, a comment, and a title as Windows writes it."""
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010E] = description
    found[0x010F] = "ExampleCam"
    found[0x9C9B] = title.encode("utf-16-le")
    found.get_ifd(0x8769).update({0xA431: "SERIAL-4711-0815", 0x9286: b"ASCII\0\0\0" + comment})
    found.get_ifd(0x8825).update({1: "N", 2: (4.0, 2.0, 42.5), 3: "E", 4: (9.0, 42.0, 17.25)})
    return found


def png_text(**texts: str) -> PngImagePlugin.PngInfo:
    """Text chunks: those named z… deflated, i… international, others plain."""
    info = PngImagePlugin.PngInfo()
    for name, text in texts.items():
        if name.startswith("i"):
            info.add_itxt(name, text, zip=True)
        else:
            info.add_text(name, text, zip=name.startswith("z"))
    return info


def xmp(text: str) -> bytes:
    """An XMP packet that describes."""
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:description>{text}</dc:description></x:xmpmeta>'.encode()


def printing_profile() -> tuple[bytes, tuple[int, int, int]]:
    """A profile by which red, green and blue change places, and what the blue of `picture` is by it."""
    octets = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {bytes(octets[at : at + 4]): at for at in range(132, 132 + 12 * octets[131], 12)}
    red, blue = tags[b"rXYZ"], tags[b"bXYZ"]
    octets[red + 4 : red + 12], octets[blue + 4 : blue + 12] = octets[blue + 4 : blue + 12], octets[red + 4 : red + 12]
    return bytes(octets), (220, 20, 20)


def huge_png(width: int, height: int) -> bytes:
    """A small file that says it is a huge picture: all of it would be black."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(100_000))
    chunks = [(b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")]
    framed = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def attached(octets: bytes, content_type: str = "image/jpeg; name=IMG_0001.jpg", more: str = ATTACHED) -> bytes:
    """A part that carries octets as base64."""
    return f"Content-Type: {content_type}\r\n{more}\r\n".encode() + base64.encodebytes(octets).replace(b"\n", b"\r\n")


def opened(octets: bytes) -> Image.Image:
    """The picture that a reader sees."""
    image = Image.open(BytesIO(octets))
    image.load()
    return image
