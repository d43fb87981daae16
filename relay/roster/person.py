"""What a file says about one person: texts by column, and back."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from relay.errors import Invalid
from relay.roster.member import AgencyType, Member, Role
from relay.roster.nomination import Nomination

Word = TypeVar("Word", AgencyType, Role)

# What a file can change about somebody who is a member already.
CHANGEABLE = (
    "name", "agency", "agency_type", "country", "language", "lists", "role", "valid_until", "free_mail_waiver",
)  # fmt: skip


def to_cells(member: Member, nomination: Nomination) -> dict[str, str]:
    """A member as texts, by column."""
    return {
        "address": str(member.address),
        "name": member.name,
        "agency": member.agency,
        "agency_type": member.agency_type.value,
        "country": member.country,
        "language": member.language,
        "lists": ";".join(sorted(member.lists)),
        "nominated_by": str(nomination.nominated_by),
        "confirmed_by": str(nomination.confirmed_by or ""),
        "role": ";".join(sorted(member.roles)),
        "valid_until": member.valid_until.isoformat() if member.valid_until else "",
        "free_mail_waiver": nomination.waived_on.isoformat() if nomination.waived_on else "",
        "state": member.state.value,
    }


def tidy(column: str, cell: str) -> str:
    """A cell as `to_cells` would write it, so that two of them can be compared."""
    words = " ".join(unicodedata.normalize("NFC", cell).split())  # some systems write letters and accents apart
    match column:
        case "country":
            return words.upper()
        case "agency_type" | "language" | "state":
            return words.lower()
        case "role":
            return ";".join(sorted({one.lower() for one in several(words)})) or Role.MEMBER.value
        case "lists":
            return ";".join(sorted(set(several(words))))
        case _:
            return words


def with_cells(member: Member, cells: Mapping[str, str]) -> Member:
    """The member with what tidy cells of CHANGEABLE say in the place of what was.

    Raises:
        Invalid: a cell is no such value; one sentence.
    """
    changes: dict[str, Any] = {name: cells[name] for name in ("name", "agency", "country", "language") if name in cells}
    if "agency_type" in cells:
        changes["agency_type"] = one_of(AgencyType, cells["agency_type"], "an agency type")
    if "role" in cells:
        changes["roles"] = frozenset(one_of(Role, role, "a role") for role in several(cells["role"]))
    if "lists" in cells:
        changes["lists"] = frozenset(several(cells["lists"]))
    if "valid_until" in cells:
        changes["valid_until"] = read_day(cells["valid_until"])
    return replace(member, **changes)


def one_of(kind: type[Word], text: str, what: str) -> Word:
    """The word of this kind.

    Raises:
        Invalid: there is no such word.
    """
    try:
        return kind(text.strip().lower())
    except ValueError:
        raise Invalid(f"“{text}” is not {what}: use one of {', '.join(kind)}") from None


def several(text: str) -> list[str]:
    """The names in a cell, separated by semicolons or commas."""
    return [part.strip() for part in text.replace(",", ";").split(";") if part.strip()]


def read_day(text: str) -> date | None:
    """A day; None for "".

    Raises:
        Invalid: it isn't one.
    """
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise Invalid(f"“{text}” is not a day: write it as 2027-06-30") from None
