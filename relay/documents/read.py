"""One file by what it is."""

from collections.abc import Callable

from relay.documents.archives import read_7z, read_gzip, read_tar, read_zip
from relay.documents.document import Document, Unreadable
from relay.documents.kind import Kind, is_two_things
from relay.documents.limits import DAMAGED, OVER_LIMITS, Room
from relay.documents.office import read_office
from relay.documents.opendocument import MEDIA_TYPES, read_opendocument
from relay.documents.pdf import read_pdf
from relay.documents.rtf import read_ole, read_rtf
from relay.documents.tnef import read_tnef

_OFFICE = "application/vnd.openxmlformats-officedocument"
MADE: dict[Kind, str] = {  # what a copy of each kind is
    "pdf": "application/pdf",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "odt": MEDIA_TYPES["odt"],
    "ods": MEDIA_TYPES["ods"],
    "odp": MEDIA_TYPES["odp"],
}
TWO_FILES = "structure.two_files"
_OLD = {
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
}
_OTHERS: dict[Kind, Callable[[bytes, Room], Document]] = {
    "pdf": read_pdf,
    "zip": read_zip,
    "tar": read_tar,
    "7z": read_7z,
    "tnef": read_tnef,
}


def read(octets: bytes, kind: Kind, name: str, room: Room) -> Document | None:
    """Read one file of a kind that is opened here; None for texts, images, mails and what isn't known. Never raises.

    Args:
        octets: the file.
        kind: what `kind_of_content` says.
        name: its own name, which names what comes out of a gzip.
        room: what may still be unpacked of the message.
    """
    try:
        found = _read(octets, kind, name, room)
    except Unreadable as unreadable:
        found = Document(removed_for=(str(unreadable),))
    except (MemoryError, RecursionError):
        found = Document(removed_for=(OVER_LIMITS,))
    except Exception:  # noqa: BLE001 - whatever broken octets make of a reader: the file is removed
        found = Document(removed_for=(DAMAGED,))
    if found is not None and is_two_things(octets, kind):
        return Document(
            views=found.views,
            removed_for=found.removed_for,
            doubts=(*found.doubts, TWO_FILES),
            members=found.members,
            archive=found.archive,
        )
    return found


def _read(octets: bytes, kind: Kind, name: str, room: Room) -> Document | None:
    if kind in {"docx", "xlsx", "pptx"}:
        return read_office(octets, kind, room)
    if kind in {"odt", "ods", "odp"}:
        return read_opendocument(octets, kind, room)
    if kind == "gzip":
        return read_gzip(octets, name, room)
    if kind == "rtf":
        return read_rtf(octets)
    if kind == "ole":
        old = _OLD.get(name.rpartition(".")[2].lower()[:3], "application/msword")
        return read_ole(octets, f"part.unread.{old}")
    return _OTHERS[kind](octets, room) if kind in _OTHERS else None
