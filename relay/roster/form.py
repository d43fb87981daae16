"""The lines of a nomination by mail, and which of them can't be taken: by their names alone, which are the same in every language."""

from collections.abc import Collection, Mapping
from datetime import date

from relay.errors import Invalid
from relay.mail.address import Address
from relay.roster.free_mail import WAIVER, judge_waiver
from relay.roster.member import AgencyType
from relay.roster.nomination import read_member_address
from relay.roster.person import read_day, several

NEEDED = ("NAME", "AGENCY", "TYPE")  # the lines that a nomination can't do without
LINES = frozenset({*NEEDED, "COUNTRY", "LANGUAGE", "LISTS", "WAIVER", "UNTIL"})


def missing_lines(address: str, form: Mapping[str, str]) -> tuple[str, ...]:
    """What was left out; ADDRESS stands behind the word NOMINATE itself."""
    filled = {**form, "ADDRESS": address}
    return tuple(name for name in ("ADDRESS", *NEEDED) if not filled.get(name))


def wrong_lines(
    row: Mapping[str, str],
    *,
    known_lists: Collection[str],
    known_countries: Collection[str],
    languages: Collection[str],
    today: date,
) -> tuple[str, ...]:
    """The names of the lines that can't be right, read from a nomination's texts by column (`roll.COLUMNS`)."""
    lists, address = several(row["lists"]), _address(row["address"])
    waived_on, until = _day(row["free_mail_waiver"]), _day(row["valid_until"])
    late = until is not None and until < today
    wrong = {
        "ADDRESS": address is None or row["address"] == row["nominated_by"],
        "NAME": not row["name"].isprintable(),
        "AGENCY": not row["agency"].isprintable(),
        "TYPE": row["agency_type"] not in set(AgencyType),
        "COUNTRY": row["country"].upper() not in known_countries,
        "LANGUAGE": row["language"].lower() not in languages,
        "LISTS": not lists or not set(lists) <= set(known_lists),
        "UNTIL": late or (until is None and bool(row["valid_until"])),
        "WAIVER": (waived_on is None and bool(row["free_mail_waiver"])) or _unwaived(address, waived_on, until, today),
    }
    return tuple(name for name, is_wrong in wrong.items() if is_wrong)


def _unwaived(address: Address | None, waived_on: date | None, until: date | None, today: date) -> bool:
    if address is None:
        return False
    return bool(judge_waiver(address, waived_on, until or (waived_on + WAIVER if waived_on else None), today))


def _address(text: str) -> Address | None:
    try:
        return read_member_address(text)
    except Invalid:
        return None


def _day(text: str) -> date | None:
    try:
        return read_day(text)
    except Invalid:
        return None
