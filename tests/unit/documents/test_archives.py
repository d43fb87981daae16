"""Archives are unpacked within limits, and what is doubtful, encrypted or too much about them is said."""

import gzip
import io
import struct
import zipfile

import py7zr
import pytest

from relay.documents.document import Document
from relay.documents.kind import kind_of_content
from relay.documents.limits import EXPANDED_OCTETS, Room
from relay.documents.read import read
from tests.documents import docx, pdf, tarred, zipped


def opened(octets: bytes, name: str = "") -> Document:
    found = read(octets, kind_of_content(octets), name, Room())
    assert found is not None
    return found


def seven(files: dict[str, bytes], password: str | None = None) -> bytes:
    made = io.BytesIO()
    with py7zr.SevenZipFile(made, "w", password=password) as archive:
        for name, content in files.items():
            archive.writestr(content, name)
    return made.getvalue()


def tnef(body: bytes = b"hello\0", attachment: bytes = b"", properties: bytes = b"") -> bytes:
    """A winmail.dat with a body, properties and one attachment (MS-OXTNEF §2.1.3)."""

    def attribute(level: int, number: int, kind: int, data: bytes) -> bytes:
        return struct.pack("<BHHI", level, number, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)

    made = b"\x78\x9f\x3e\x22\x01\x00" + attribute(1, 0x9006, 0x8, b"\0\0\1\0") + attribute(1, 0x800C, 0x2, body)
    if properties:
        made += attribute(1, 0x9003, 0x6, properties)
    if attachment:
        made += attribute(2, 0x9002, 0x6, bytes(14)) + attribute(2, 0x800F, 0x6, attachment)
    return made


def flagged(octets: bytes) -> bytes:
    """A ZIP whose first entry says that it is encrypted."""
    at = octets.index(b"PK\x01\x02") + 8
    return octets[:6] + b"\1" + octets[7:at] + b"\1" + octets[at + 1 :]


def linked() -> bytes:
    entry = zipfile.ZipInfo("link")
    entry.create_system, entry.external_attr = 3, 0o120777 << 16
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    return made.getvalue()


FILES = {"a.txt": b"one", "folder/b.txt": b"two"}


@pytest.mark.parametrize("octets", [zipped(FILES), tarred(FILES), seven(FILES)], ids=["zip", "tar", "7z"])
def test_members_come_in_their_order(octets):
    found = opened(octets)
    assert [(one.name, one.octets, one.place) for one in found.members] == [
        ("a.txt", b"one", "part 1"),
        ("folder/b.txt", b"two", "part 2"),
    ]
    assert (found.archive, found.removed_for, found.doubts) == (True, (), ())


def test_what_comes_out_of_a_gzip_is_named_after_it():
    [member] = opened(gzip.compress(b"one", mtime=0), "list.csv.gz").members
    assert (member.octets, member.name) == (b"one", "list.csv")


def test_a_winmail_dat_gives_its_text_and_its_attachments():
    """Row 61; evasion 10."""
    found = opened(tnef(b"TLP:RED\0", b"one"))
    assert [view.place for view in found.views if "TLP:RED" in view.text] == ["text"]
    assert [one.octets for one in found.members] == [b"one"]
    assert found.removed_for == ("part.unread.application/vnd.ms-tnef",)


def test_a_winmail_dat_gives_what_lies_packed_among_its_properties():
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )  # MS-OXRTFCP §4.1
    found = opened(tnef(properties=b"\1\0\0\0" + "TLP:RED".encode("utf-16-le") + b"\0\0" + packed + tnef(b"inner\0")))
    assert [view.place for view in found.views if "TLP:RED" in view.text] == ["properties"]
    rich, inner = found.members
    assert rich.octets == rb"{\rtf1\ansi\ansicpg1252\pard hello world}" + b"\r\n"
    assert [view.text for view in opened(inner.octets).views if view.place == "text"] == ["inner"]


def test_a_winmail_dat_that_counts_four_thousand_million_properties_is_read_at_once():
    assert opened(tnef(properties=b"\xff" * 40)).removed_for == ("part.unread.application/vnd.ms-tnef",)


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (flagged(zipped(FILES)), "part.encrypted"),
        (seven(FILES, "x"), "part.encrypted"),
        (zipped({f"{n}.txt": b"x" for n in range(201)}), "part.over_limits"),
        (tarred({f"{n}.txt": b"x" for n in range(201)}), "part.over_limits"),
        (zipped({"a": bytes(5_000_000)}), "part.over_limits"),
        (gzip.compress(bytes(EXPANDED_OCTETS + 1), mtime=0), "part.over_limits"),
        (gzip.compress(bytes(5_000_000), mtime=0), "part.over_limits"),
        (seven({"a": bytes(5_000_000)}), "part.over_limits"),
        (zipped(FILES)[:-30], "part.damaged"),
        (gzip.compress(b"one", mtime=0)[:-4], "part.damaged"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(100), "part.damaged"),
    ],
)
def test_what_is_encrypted_too_much_or_damaged_gives_nothing(octets, problem):
    """Rows 62 and 63; evasions 10 and 11."""
    found = opened(octets)
    assert (found.removed_for, found.members) == ((problem,), ())


@pytest.mark.parametrize(
    ("octets", "doubt"),
    [
        (zipped({"../a.txt": b"x"}), "archive.path"),
        (zipped({"/etc/a.txt": b"x"}), "archive.path"),
        (zipped({"C:\\a.txt": b"x"}), "archive.path"),
        (tarred({"../a.txt": b"x"}), "archive.path"),
        (linked(), "archive.link"),
        (tarred({}, link="/etc/passwd"), "archive.link"),
        (zipped({"a.txt": b"x", "A.TXT": b"y"}), "archive.duplicate_name"),
        (tarred({"a.txt": b"x", "A.txt": b"y"}), "archive.duplicate_name"),
        (b"MZ stub" + zipped(FILES), ""),
        (zipped(FILES) + b"behind", "structure.two_files"),
        (zipped(FILES, ) + gzip.compress(b"x", mtime=0), "structure.two_files"),
        (gzip.compress(b"x", mtime=0) + gzip.compress(b"y", mtime=0), "structure.two_files"),
        (pdf() + zipped(FILES), "structure.two_files"),
        (docx() + b"behind", "structure.two_files"),
    ],
)  # fmt: skip
def test_what_two_programs_would_unpack_differently_is_a_doubt(octets, doubt):
    """Row 63."""
    found = read(octets, kind_of_content(octets), "", Room())
    assert found.doubts == (doubt,) if found else not doubt


def test_what_is_left_of_the_room_is_shared_by_all_archives_of_a_message():
    room, octets = Room(), zipped({f"{n}.txt": b"x" for n in range(150)})
    assert len(opened(octets).members) == 150
    assert [
        bool(found and found.members) for found in (read(octets, "zip", "", room), read(octets, "zip", "", room))
    ] == [True, False]
