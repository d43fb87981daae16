"""What is different between a file that is the whole truth of a scope and the members on record there.

A file changes what people are called at once. Whatever gives somebody more than they had, another country, another agency,
a list or a role, is vouched for as a new member is: by two people who may vouch for the country, who are members already,
who gain nothing by the same file, and who are told and can object.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from relay.errors import Invalid
from relay.mail.address import Address, parse_international_address
from relay.roster.free_mail import judge_waiver
from relay.roster.member import Member, MemberState
from relay.roster.nomination import Nomination, read_member_address
from relay.roster.person import CHANGEABLE, read_day, tidy, to_cells, with_cells
from relay.roster.roll import Row
from relay.roster.scope import Scope

FEW, SHARE = 5, 5  # so many people, and one in so many, may go by a file without their number being named
_VOUCHED = frozenset({"agency", "agency_type", "country", "free_mail_waiver"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Somebody on record, who hasn't left, and the nomination by which they are there."""

    member: Member
    nomination: Nomination


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a line changes about somebody: columns with the old and the new text. `vouchers` where it needs them: nominator, confirmer."""

    line: int
    before: Member
    after: Member
    columns: Mapping[str, tuple[str, str]]
    waived_on: date | None = None
    vouchers: tuple[Address, Address] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`added` are lines of people who are no members; `missing` are members whom the file doesn't name; `scope_size` counts members before."""

    added: tuple[Row, ...]
    changed: tuple[Change, ...]
    missing: tuple[Member, ...]
    scope_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What words may be used: active lists, countries, languages of notices."""

    lists: frozenset[str]
    countries: frozenset[str]
    languages: frozenset[str]


def compare(everyone: Sequence[Standing], rows: Iterable[Row], scope: Scope, known: Known, today: date) -> Difference:
    """Find what a file would change.

    Args:
        everyone: all on record who haven't left, also those outside of the scope.
        rows: the file's.
        scope: the part of the members of which the file is the whole truth.
        known: what words may be used.
        today: the day, UTC.

    Raises:
        Invalid: “line N: …”.
    """
    standing = {one.member.address.key: one for one in everyone}
    added: list[Row] = []
    changed: list[Change] = []
    seen: dict[str, int] = {}
    for row in rows:
        try:
            key = _address(row, standing).key
            _only_once(seen, key, row.line)
            if (present := standing.get(key)) is None:
                _must_be_in(scope, row.cells)
                added.append(row)
            elif (change := _change(present, row, scope, known, today)) is not None:
                changed.append(change)
        except Invalid as error:
            raise Invalid(f"line {row.line}: {error}") from None
    inside = [one.member for one in everyone if scope.includes(one.member)]
    return Difference(
        added=tuple(added),
        changed=tuple(changed),
        missing=tuple(member for member in inside if member.address.key not in seen),
        scope_size=len(inside),
    )


def judge_vouchers(
    difference: Difference, everyone: Iterable[Standing], removed: Iterable[Member], today: date
) -> None:
    """See to it that whoever gains something is vouched for by two members who may, and who neither gain nor go by the same file.

    Raises:
        Invalid: “line N: …”.
    """
    members = {one.member.address: one.member for one in everyone}
    touched = {change.before.address for change in difference.changed if change.vouchers}
    touched |= {member.address for member in removed}
    for change in (one for one in difference.changed if one.vouchers):
        for voucher in change.vouchers or ():
            member = members.get(voucher)
            if member is None or not member.may_vouch_for(change.after.country, today):
                who = f"{voucher} is neither a focal point of {change.after.country} nor an administrator here"
                raise Invalid(f"line {change.line}: {_what(change)} needs two who may vouch for it, and {who}")
            if voucher in touched:
                raise Invalid(
                    f"line {change.line}: {voucher} can't vouch for others in the file that changes their own rights"
                )


def judge_removals(difference: Difference, named: int | None) -> str:
    """Say why those who are missing may not be removed; "" when they may.

    A file that was cut off on its way must not expel a region.

    Args:
        difference: what is to be done.
        named: the number that the operator says will go; None when they named none.
    """
    count = len(difference.missing)
    if named is not None:
        return "" if named == count else f"{count} would be removed, not {named}: look at --dry-run again"
    if count <= FEW and count * SHARE <= max(difference.scope_size, SHARE):
        return ""
    return f"{count} of {difference.scope_size} would be removed: if that is meant, say so with --yes-remove {count}"


def _address(row: Row, standing: Mapping[str, Standing]) -> Address:
    """Whom the line is about. Somebody on record is found whatever is thought of their address today."""
    typed = parse_international_address(row.cells["address"].strip())
    return typed if typed and typed.key in standing else read_member_address(row.cells["address"])


def _only_once(seen: dict[str, int], key: str, line: int) -> None:
    if (before := seen.setdefault(key, line)) != line:
        raise Invalid(f"{key} stands on line {before} already")


def _must_be_in(scope: Scope, cells: Mapping[str, str]) -> None:
    country, agency = tidy("country", cells["country"]), tidy("agency", cells["agency"])
    if not scope.covers(country, agency):
        raise Invalid(f"{agency} of {country} is outside of {scope.words}, of which this file is to be the whole")


def _change(present: Standing, row: Row, scope: Scope, known: Known, today: date) -> Change | None:
    before, record = present.member, to_cells(present.member, present.nomination)
    cells = {column: tidy(column, cell) for column, cell in row.cells.items()}
    if not scope.includes(before):
        raise Invalid(f"{before.address} is of {before.agency}, {before.country}, and so outside of {scope.words}")
    _must_be_in(scope, cells)
    if cells.get("state", "") not in {"", before.state.value}:
        raise Invalid(
            f"{before.address} is {before.state.value}, not {cells['state']}: no file changes that, `members suspend` and its kin do"
        )
    new = {name: cells[name] for name in CHANGEABLE if name in cells and cells[name] != tidy(name, record[name])}
    if not new:
        _keep_vouchers(before, cells, record)
        return None
    if before.state is MemberState.NOMINATED:
        raise Invalid(
            f"{before.address} is nominated only, and what was proposed can't be changed before it is confirmed"
        )
    after = with_cells(before, new)
    waived_on = read_day(new["free_mail_waiver"]) if "free_mail_waiver" in new else present.nomination.waived_on
    if wrong := _judge(before, after, new, known, today) or _judge_waiver(after, waived_on, new, today):
        raise Invalid(wrong)
    change = Change(
        line=row.line,
        before=before,
        after=after,
        columns={name: (record[name], text) for name, text in new.items()},
        waived_on=waived_on,
    )
    if not _gains(change):
        _keep_vouchers(before, cells, record)
        return change
    return replace(change, vouchers=_vouchers(change, cells))


def _judge_waiver(after: Member, waived_on: date | None, new: Mapping[str, str], today: date) -> str:
    """What is wrong with a last day or a waiver that is new."""
    if not {"valid_until", "free_mail_waiver"} & new.keys():
        return ""
    return judge_waiver(after.address, waived_on, after.valid_until, today)


def _keep_vouchers(member: Member, cells: Mapping[str, str], record: Mapping[str, str]) -> None:
    """Who vouched stays on record as it is, unless there is something to vouch for."""
    for column in ("nominated_by", "confirmed_by"):
        if cells.get(column, "") and cells[column].casefold() != record[column].casefold():
            raise Invalid(
                f"{member.address} was vouched for by others: “{column}” only changes with country, agency, lists or roles"
            )


def _gains(change: Change) -> bool:
    """Whether somebody has more than before: what they leave, they need nobody's word for."""
    return bool(
        _VOUCHED & change.columns.keys()
        or change.after.lists - change.before.lists
        or change.after.roles - change.before.roles
    )


def _vouchers(change: Change, cells: Mapping[str, str]) -> tuple[Address, Address]:
    if missing := [name for name in ("nominated_by", "confirmed_by") if not cells.get(name)]:
        raise Invalid(f"{_what(change)} needs two who vouch for it: “{missing[0]}” is missing")
    nominator, confirmer = read_member_address(cells["nominated_by"]), read_member_address(cells["confirmed_by"])
    if nominator == confirmer:
        raise Invalid("the nominator and the confirmer must be two different people")
    if change.before.address in {nominator, confirmer}:
        raise Invalid("a member can't nominate or confirm what they gain themselves")
    return nominator, confirmer


def _what(change: Change) -> str:
    return f"what {change.before.address} gains ({', '.join(change.columns)})"


def _judge(before: Member, after: Member, new: Mapping[str, str], known: Known, today: date) -> str:
    """What is wrong with the new texts; what stays as it was is not judged again."""
    if "country" in new and after.country not in known.countries:
        return f"“{after.country}” is not an ISO 3166 country code such as CM"
    if "language" in new and after.language not in known.languages:
        return f"“{after.language}” is not a language of the notices: use one of {', '.join(sorted(known.languages))}"
    if not after.name or not after.agency:
        return "a member needs a name and an agency"
    if not (after.name + after.agency).isprintable():
        return "a member's name and agency must each be one line"
    if unknown := sorted(after.lists - before.lists - known.lists):
        return f"“{unknown[0]}” is not an active list here: the lists are {', '.join(sorted(known.lists))}"
    if "valid_until" in new and after.valid_until and after.valid_until < today:
        return f"the last day {after.valid_until} is over already: to end a membership leave the line out"
    return ""
