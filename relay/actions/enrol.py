"""Members come and go: nominations are judged by the core, written by the store, and told to those concerned."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from relay.actions.null_mx import refuse_null_mx
from relay.actions.open import operator_name
from relay.actions.passwords import issue_password
from relay.errors import Conflict, Invalid, NotFound
from relay.mail.address import Address
from relay.resources import LANGUAGES, Resources
from relay.roster.countries import COUNTRIES
from relay.roster.free_mail import WAIVER, judge_waiver
from relay.roster.member import AgencyType, Member, MemberState, Role
from relay.roster.nomination import Nomination, judge_nomination, read_member_address
from relay.roster.person import one_of, read_day, several
from relay.roster.roll import VOUCHED
from relay.store import attestations, members, vetting
from relay.store.engine import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A new member, the app password that is shown once ("" when none was asked for), and vouchers whom no mail tells of it."""

    member: Member
    password: str
    untold: tuple[Address, ...] = ()


def read_nomination(resources: Resources, row: Mapping[str, str], today: date, *, confirmed: bool = True) -> Nomination:
    """Read a nomination from texts: a command's options, or a line of a CSV file; lists and roles are separated by `;`.

    Args:
        resources: what the relay works with.
        row: texts by column of `roll.COLUMNS`.
        today: the day, UTC.
        confirmed: whether somebody has confirmed it; otherwise it waits for that.

    Raises:
        Invalid: one sentence on what is wrong.
    """
    needed = [name for name in VOUCHED if confirmed or name != "confirmed_by"]
    if missing := [name for name in needed if not row.get(name, "").strip()]:
        raise Invalid(f"“{missing[0]}” is missing")
    if row.get("state", MemberState.ACTIVE).strip() not in {"", MemberState.ACTIVE}:
        raise Invalid("only active members can be added: take the line out, or add the person by a new nomination")
    address = read_member_address(row["address"])
    waived_on = read_day(row.get("free_mail_waiver") or "")
    nomination = Nomination(
        address=address,
        name=" ".join(row["name"].split()),
        agency=" ".join(row["agency"].split()),
        agency_type=one_of(AgencyType, row["agency_type"], "an agency type"),
        country=row["country"].strip().upper(),
        language=row["language"].strip().lower(),
        roles=frozenset(one_of(Role, role, "a role") for role in several(row.get("role") or Role.MEMBER)),
        lists=frozenset(several(row["lists"])),
        nominated_by=read_member_address(row["nominated_by"]),
        confirmed_by=read_member_address(row["confirmed_by"]) if confirmed else None,
        valid_until=read_last_day(row.get("valid_until") or "", today) or (waived_on + WAIVER if waived_on else None),
        waived_on=waived_on,
    )
    wrong = judge_nomination(
        nomination,
        known_lists=frozenset(resources.lists),
        known_countries=frozenset(COUNTRIES),
        languages=frozenset(LANGUAGES),
    )
    if wrong := wrong or judge_waiver(address, waived_on, nomination.valid_until, today):
        raise Invalid(wrong)
    if resources.destination(nomination.address) is not None:
        raise Invalid(f"{nomination.address} is an address of this relay: a list's copies would come back to it")
    return nomination


def read_last_day(text: str, today: date) -> date | None:
    """Read a membership's last day, today or later; None for "", a membership without an end.

    Raises:
        Invalid: it isn't such a day.
    """
    day = read_day(text)
    if day and day < today:
        raise Invalid(f"the last day {day} is over already: to end a membership use `wen-relay members remove`")
    return day


def read_renewal(address: Address, valid_until: str, waived_on: str, today: date) -> tuple[date | None, date | None]:
    """Read to which day a membership is prolonged, and the waiver that an address at a free mail provider needs.

    Raises:
        Invalid: one sentence on what is wrong.
    """
    waiver = read_day(waived_on)
    until = read_last_day(valid_until, today) or (waiver + WAIVER if waiver else None)
    if wrong := judge_waiver(address, waiver, until, today):
        raise Invalid(wrong)
    return until, waiver


def add_member(
    resources: Resources, row: Mapping[str, str], *, with_password: bool, now: datetime, welcome: bool = False
) -> Enrolled:
    """Add one active member, and write to them, with the rules, if they are to be welcomed.

    Raises:
        Invalid: the nomination is wrong.
        Conflict: the address is a member's already.
    """
    nomination = read_nomination(resources, row, now.date())
    refuse_null_mx(resources, nomination.address)
    node = resources.settings.relay.node

    def add(transaction: Transaction) -> Member:
        added = members.add(transaction, node, nomination, operator=operator_name(), now=now)
        if welcome:
            vetting.welcome(transaction, added, now)
        return added

    member = resources.database.write(add)
    password = issue_password(resources, member, now) if with_password else ""
    return Enrolled(member=member, password=password, untold=untold_vouchers(resources, (member,)))


def nominate_member(resources: Resources, row: Mapping[str, str], now: datetime) -> Member:
    """Propose somebody in the name of a focal point or administrator; the rest is theirs and others' to do.

    Raises:
        Invalid: the nomination is wrong, or who proposes may not.
        Conflict: the address is a member's already, or nominated.
        NotFound: who proposes is no member.
    """
    node, by = resources.settings.relay.node, read_member_address(row["nominated_by"])
    with resources.database.read() as connection:
        nominator = vetting.voucher(connection, by)
    nomination = read_nomination(
        resources, {**row, "country": row["country"] or nominator.country}, now.date(), confirmed=False
    )
    if not nominator.may_vouch_for(nomination.country, now.date()):
        raise Invalid(f"{by} is neither a focal point of {nomination.country} nor an administrator")
    return resources.database.write(
        lambda connection: vetting.nominate(connection, node, nomination, operator=operator_name(), now=now)
    )


def confirm_nominee(resources: Resources, nominee: Address, by: Address, now: datetime) -> Member:
    """Confirm somebody in the name of a second person.

    Raises:
        NotFound: one of them isn't known here.
        Conflict: this person can't confirm, or the nominee hasn't answered yet.
    """
    node = resources.settings.relay.node

    def carry_out(transaction: Transaction) -> Member:
        member = members.find(transaction, nominee)
        if member is None:
            raise NotFound(f"{nominee} is not nominated: see `wen-relay members list`")
        who = vetting.voucher(transaction, by)
        return vetting.confirm(transaction, node, member, who, operator=operator_name(), now=now)

    return resources.database.write(carry_out)


def attest_people(
    resources: Resources, whom: Address | None, country: str, by: Address, now: datetime
) -> tuple[Member, ...]:
    """Vouch again for one member, or for all of a country, in the name of a focal point or administrator.

    Raises:
        NotFound: there is no such member.
        Conflict: this person can vouch for none of them.
    """
    node = resources.settings.relay.node

    def carry_out(transaction: Transaction) -> tuple[Member, ...]:
        who = vetting.voucher(transaction, by)
        found = [members.find(transaction, whom)] if whom else members.of_country(transaction, country)
        people = [one for one in found if one is not None]
        if whom and not people:
            raise NotFound(f"{whom} is not a member; see `wen-relay members list`")
        done = attestations.attest(transaction, node, people, who, operator=operator_name(), now=now)
        if not done:
            raise Conflict(
                f"there is nobody here for whom {by} can vouch: focal points do for others of their own country"
            )
        return tuple(members.get(transaction, one) for one in done)

    return resources.database.write(carry_out)


def untold_vouchers(resources: Resources, added: Iterable[Member]) -> tuple[Address, ...]:
    """Who nominated or confirmed these members and is no active member: the relay writes to its members alone."""
    with resources.database.read() as connection:
        nominations = [vetting.nomination_of(connection, member.id) for member in added]
        vouchers = dict.fromkeys(
            one for found in nominations for one in (found.nominated_by, found.confirmed_by) if one is not None
        )
        known = {voucher: members.find(connection, voucher) for voucher in vouchers}
    return tuple(voucher for voucher, one in known.items() if one is None or one.state is not MemberState.ACTIVE)


def first_administrator(resources: Resources, address: Address, now: datetime) -> str:
    """Make the first administrator, before anybody could nominate; returns a password that is shown once.

    The bootstrap stands in the audit log as made by the operator. It works on a relay without members only.

    Raises:
        Conflict: the relay has members already.
    """
    node, operator = resources.settings.relay.node, operator_name()
    domain = resources.settings.relay.domain
    with resources.database.read() as connection:
        if members.list_members(connection):
            raise Conflict("the first administrator can only be made on a relay without members")
    nomination = Nomination(
        address=address,
        name=address.local,
        agency="Administration",
        agency_type=AgencyType.IGO,
        country="",
        language=resources.settings.relay.language,
        roles=frozenset({Role.ADMIN}),
        lists=frozenset(),
        nominated_by=Address(local="postmaster", domain=domain),
        confirmed_by=Address(local="operator", domain=domain),
    )
    member = resources.database.write(
        lambda connection: members.add(connection, node, nomination, operator=operator, now=now)
    )
    return issue_password(resources, member, now)
