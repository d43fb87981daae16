"""Text, photos and documents to a MIME body: ASCII only, lines of at most 76 characters, the same octets for the same text."""

import quopri
from base64 import encodebytes
from math import ceil


def text_part(media_type: str, text: str) -> bytes:
    """One MIME entity with its header fields and body, whichever of the two encodings makes it shorter.

    Args:
        media_type: "text/plain" or "text/html".
        text: any line ends; they become the CRLF of RFC 2045 §6.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    octets = lines.encode("utf-8", "replace")
    quoted, whole = quopri.encodestring(octets), octets.replace(b"\n", b"\r\n")
    packed_octets = ceil(len(whole) / 3) * 4 + ceil(len(whole) / 57)  # base64, and the ends of its lines
    is_short = len(quoted) <= packed_octets
    encoding, body = ("quoted-printable", quoted) if is_short else ("base64", encodebytes(whole))
    header = f"Content-Type: {media_type}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return header.encode("ascii") + body.replace(b"\n", b"\r\n")


def attached_part(media_type: str, octets: bytes, name: str) -> bytes:
    """A file as an attachment of that name (RFC 2183); a text is UTF-8."""
    charset = " charset=utf-8;" if media_type.startswith("text/") else ""
    header = (
        f'Content-Type: {media_type};{charset}\r\n name="{name}"\r\nContent-Disposition: attachment;\r\n filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return header.encode("ascii") + (encodebytes(octets) or b"\n").replace(b"\n", b"\r\n")


def multipart(subtype: str, parts: tuple[bytes, ...], boundary: str) -> bytes:
    """Several entities as one.

    Args:
        subtype: "alternative" when they say the same, plainest first (RFC 2046 §5.1.4), else "mixed".
        parts: what the functions here give.
        boundary: must hold "=_", which neither encoding can produce, so that no text can end its part.
    """
    opened = b"".join(f"--{boundary}\r\n".encode("ascii") + part for part in parts)
    header = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    return header + opened + f"--{boundary}--\r\n".encode("ascii")
