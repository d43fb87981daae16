"""Outlook's winmail.dat: its texts, its properties, and its attachments as members.

Sources: MS-OXTNEF §2.1.3 (attributes), MS-OXRTFCP §2.2, §3 (the packed RTF). MAPI properties are looked through rather
than decoded: their counts are an attacker's, and a text among them is found without.
"""

import struct
from collections.abc import Iterator

from relay.documents.document import Document, Member, Unreadable
from relay.documents.limits import DAMAGED, Room
from relay.documents.runs import words_in
from relay.policy.post import View

SIGNATURE = b"\x78\x9f\x3e\x22"
_HEAD = struct.Struct("<BII")  # level, name and type, length; behind the data stand two octets of a check sum
_BODY, _DATA, _TITLE, _STARTS = 0x800C, 0x800F, 0x8010, 0x9002
_PACKED, _PLAIN = b"LZFu", b"MELA"
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans Serif"
    b"SymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_SIZE = 4096


def read_tnef(octets: bytes, room: Room) -> Document:
    """Unpack a winmail.dat; it never leaves as such.

    Raises:
        Unreadable: it is damaged or over the limits.
    """
    views: list[View] = []
    files: list[tuple[str, bytes]] = []
    for name, data in _attributes(octets):
        if name == _BODY:
            views.append(View(text=data.decode("cp1252", "replace").rstrip("\0"), place="text"))
        elif name == _STARTS:
            files.append(("", b""))
        elif name == _TITLE and files:
            files[-1] = (data.decode("cp1252", "replace").rstrip("\0"), files[-1][1])
        elif name == _DATA and files:
            files[-1] = (files[-1][0], data)
        else:
            views.append(View(text=words_in(data), place="properties"))
            files[:0] = _inside(data, room)
    room.enter(len(files))
    room.take(sum(len(content) for _, content in files))
    members = (
        Member(octets=content, name=name, place=f"part {at}") for at, (name, content) in enumerate(files, start=1)
    )
    return Document(
        views=tuple(views), removed_for=("part.unread.application/vnd.ms-tnef",), members=tuple(members), archive=True
    )


def _attributes(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Name and data of each attribute.

    Raises:
        Unreadable: one reaches beyond the end.
    """
    position = 6
    while position + _HEAD.size <= len(octets):
        _, name, length = _HEAD.unpack_from(octets, position)
        start = position + _HEAD.size
        position = start + length + 2
        if start + length > len(octets):
            raise Unreadable(DAMAGED)
        yield name & 0xFFFF, octets[start : start + length]


def _inside(data: bytes, room: Room) -> Iterator[tuple[str, bytes]]:
    """What lies packed among MAPI properties: a text in RTF, a mail that is attached to this one."""
    for sign in (_PACKED, _PLAIN):
        if (at := data.find(sign)) >= 8:
            size = int.from_bytes(data[at - 8 : at - 4], "little")
            packed = data[at + 8 : max(at + 8, at - 4 + size)]
            yield "message.rtf", _unpacked(packed, room) if sign == _PACKED else packed
    if (at := data.find(SIGNATURE)) >= 0:
        yield "winmail.dat", data[at:]


def _unpacked(packed: bytes, room: Room) -> bytes:
    """The RTF, unpacked: each bit of a flag octet announces an octet, or a place and a length in the last 4096 of them."""
    made = bytearray(_DICTIONARY)  # what was made can be looked up in it: the dictionary is where it begins
    position = 0
    while position < len(packed) and len(made) <= room.octets:
        flags, position = packed[position], position + 1
        for bit in range(8):
            if not flags >> bit & 1:
                made += packed[position : position + 1]
                position += 1
                continue
            reference, position = int.from_bytes(packed[position : position + 2]), position + 2
            distance = (len(made) - (reference >> 4)) % _SIZE
            if position > len(packed) or not distance:
                return bytes(made[len(_DICTIONARY) :])
            for _ in range((reference & 15) + 2):
                made.append(made[-distance] if distance <= len(made) else 0)
    return bytes(made[len(_DICTIONARY) :])
