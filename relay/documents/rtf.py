"""Rich Text Format and the old binary formats: what can be read of them is looked at; neither leaves.

Source: RTF specification 1.9.1; MS-CFB for the old formats, whose texts stand in them as 8-bit or 16-bit characters.
"""

import binascii
import re
from itertools import islice

from striprtf.striprtf import rtf_to_text

from relay.documents.document import Document, Member
from relay.documents.limits import ENCRYPTED, TEXT_LENGTH
from relay.documents.parts import ACTIVE, HIDDEN_CONTENT, PICTURES
from relay.documents.runs import words_in
from relay.policy.post import View

_ASIDE = re.compile(
    rb"\{\\(?:\*\\)?(?:info|userprops|annotation|atnauthor|comment|header[lrf]?|footer[lrf]?|deleted|v|xmlnstbl|datastore)\b"
)
_DATA = re.compile(rb"\\objdata\b([0-9A-Fa-f\s]{16,})")
_DIGITS = re.compile(rb"[0-9A-Fa-f\s]{400,}")  # pictures and objects, in hexadecimal digits
_MEMBERS = 20
_GROUP_OCTETS = 100_000


def read_rtf(octets: bytes) -> Document:
    """Read an RTF file: its text, the groups that aren't shown, the objects in it."""
    source = _DIGITS.sub(b"", octets)[: 2 * TEXT_LENGTH]
    views = [View(text=_plain(source), place="text")]
    for match in islice(_ASIDE.finditer(source), _MEMBERS):
        group = source[match.start() : match.start() + _GROUP_OCTETS]
        place = "page header" if re.match(rb"\{\\(?:\*\\)?(?:header|footer)", group) else "properties"
        views.append(View(text=_plain(b"{\\rtf1\\ansi " + _group(group) + b"}", ignore=False), place=place))
    found = {
        ACTIVE: rb"\\obj(?:ect|data)\b|\\field\b.{0,200}?(?:DDE|INCLUDE)",
        HIDDEN_CONTENT: rb"\\(?:revised|deleted|annotation)\b|\\v\b",
        PICTURES: rb"\\pict\b",
    }
    members = [
        Member(octets=_hex(match.group(1)), name="", place=f"part {number}")
        for number, match in enumerate(islice(_DATA.finditer(octets), _MEMBERS), start=1)
    ]
    return Document(
        views=tuple(views),
        removed_for=("part.unread.application/rtf", *(rule for rule, sign in found.items() if re.search(sign, source))),
        members=tuple(members),
    )


def _plain(source: bytes, *, ignore: bool = True) -> str:
    text = source.decode("latin-1")
    if not ignore:
        # What a program would not show is shown here: the destinations' own names are left out.
        text = re.sub(r"\\\*|\\(?:info|userprops|annotation|atnauthor|comment|header[lrf]?|footer[lrf]?)\b ?", "", text)
        text = re.sub(
            r"\{\\(?:title|subject|author|operator|keywords|doccomm|company|manager|category|propname|staticval)\b",
            "{\\\\par ",
            text,
        )
    try:
        return str(rtf_to_text(text, errors="replace"))[:TEXT_LENGTH]  # type: ignore[no-untyped-call]
    except Exception:  # noqa: BLE001 - whatever broken octets make of the library: the source is looked at instead
        return re.sub(r"\\[a-z]{1,32}-?\d{0,10} ?|[{}]", " ", text)[:TEXT_LENGTH]


def _group(source: bytes) -> bytes:
    """A group up to its end."""
    depth = 0
    for match in re.finditer(rb"\\.|[{}]", source, re.DOTALL):
        depth += {b"{": 1, b"}": -1}.get(match.group(), 0)
        if not depth:
            return source[: match.end()]
    return source + b"}" * depth


def _hex(digits: bytes) -> bytes:
    solid = re.sub(rb"\s", b"", digits)
    return binascii.unhexlify(solid[: len(solid) // 2 * 2])


def read_ole(octets: bytes, rule: str) -> Document:
    """Look through an old Word, Excel or PowerPoint file, or a mail of Outlook: texts are found among all else."""
    if all(name.encode("utf-16-le") in octets for name in ("EncryptedPackage", "EncryptionInfo")):
        return Document(removed_for=(ENCRYPTED,))
    text = words_in(octets)
    return Document(views=(View(text=text, place="hidden part"),), removed_for=(rule,))
