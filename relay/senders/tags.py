"""Tag lists, `v=1; a=rsa-sha256; …`: the form of DKIM signatures and keys, of ARC's fields and of DMARC records (RFC 6376 §3.2)."""

import re
from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_VALUE = re.compile(r"[ \t\r\n!-:<-~]*")  # printable ASCII and folding space, without ";"
_SPACE = re.compile(r"[ \t\r\n]+")


def read_tags(text: str) -> Mapping[str, str] | None:
    """Read a tag list, strictly.

    Returns:
        Each tag's value in order, without the space around it; None when anything is no tag, or a tag stands there twice:
        of two values another reader may take the other one.
    """
    tags: dict[str, str] = {}
    pieces = text.split(";")
    if not pieces[-1].strip(" \t\r\n"):
        pieces.pop()
    for piece in pieces:
        name, sign, value = piece.partition("=")
        name = name.strip(" \t\r\n")
        if not sign or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value) or name in tags:
            return None
        tags[name] = value.strip(" \t\r\n")
    return tags or None


def without_space(value: str) -> str:
    """A value in which folding space means nothing, such as base64 or a list with colons."""
    return _SPACE.sub("", value)
