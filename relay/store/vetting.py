"""The acts by which a nominated person becomes a member, each by whom the rules want it (`roster.vetting`), each audited by itself."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from relay.delivery.delivery import Kind
from relay.delivery.rules import RULES_VERSION
from relay.errors import Conflict, NotFound
from relay.mail.address import Address
from relay.roster import vetting
from relay.roster.member import Member, MemberState, Role
from relay.roster.nomination import Nomination
from relay.roster.vetting import Candidacy
from relay.store import audit, fanout, letters
from relay.store.fanout import has_role, may_vouch
from relay.store.member_rows import address_of, stored_nomination
from relay.store.members import added_facts, enter, find, get, tell_vouchers
from relay.store.tables import deliveries, members, memberships

OPEN = timedelta(days=30)  # so long a nomination waits for the nominee and for a second person
INVITED = timedelta(days=14)  # so long the nominee can answer
AT_ONCE = 20  # nominations of one person that may be open: each writes a letter to somebody who didn't ask for it


def nominate(connection: Connection, node: str, nomination: Nomination, *, operator: str, now: datetime) -> Member:
    """Write down who is proposed, and write to them: they confirm their address and accept the rules by answering.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        nomination: judged already, by somebody who may vouch for the country; without a confirmer.
        operator: who carries it out, for the audit log: an operator's name, or the nominator's id.
        now: the time, UTC.

    Raises:
        Conflict: the address is a member's or nominated; or its nominator has too many nominations open.
        NotFound: a list isn't known here.
    """
    mine = (members.c.state == MemberState.NOMINATED, members.c.nominated_by == str(nomination.nominated_by))
    if connection.execute(select(func.count()).select_from(members).where(*mine)).scalar_one() >= AT_ONCE:
        raise Conflict(f"{nomination.nominated_by} has {AT_ONCE} nominations open: wait until some are confirmed")
    member_id = enter(connection, nomination, MemberState.NOMINATED, now)
    audit.append(connection, node, now, "member.nominated", added_facts(connection, member_id, nomination, operator))
    list_name, told = min(nomination.lists, default=""), {"rules": RULES_VERSION}
    letters.write(connection, member_id, Kind.INVITATION, list_name, told, now, about=member_id)
    return get(connection, member_id)


def answer(connection: Connection, node: str, invitation: int, author: Address, now: datetime) -> bool:
    """Take a nominee's answer to their letter: their address is confirmed, the rules are accepted, a second person is asked.

    Accepted is the version of the rules that the letter told.

    Args:
        connection: the transaction.
        node: whose audit chain records it.
        invitation: the number of the letter that is answered; whoever answers holds its seal.
        author: who answers.
        now: the time, UTC.

    Returns:
        False when there is no such letter, it is too old, or was answered before; or somebody else answers.
    """
    member = _invited(connection, invitation, now)
    version = _version_told(connection, invitation)
    if member is None or vetting.answer(_candidacy(connection, member), author, version) is None:
        return False
    done = {"address_confirmed_at": now, "rules_version": version, "rules_accepted_at": now}
    connection.execute(update(members).where(members.c.id == member.id).values(**done))
    audit.append(connection, node, now, "member.address_confirmed", {"member": member.id})
    audit.append(connection, node, now, "member.rules_accepted", {"member": member.id, "version": version})
    _ask_second(connection, member, now)
    return True


def decline(connection: Connection, node: str, invitation: int, author: Address, now: datetime) -> bool:
    """End a nomination because the nominee doesn't want it; False when there is none that this person can decline."""
    member = _invited(connection, invitation, now)
    if member is None or member.address != author:
        return False
    _end(connection, node, member, "member.nomination_declined", now)
    return True


def confirm(connection: Connection, node: str, member: Member, by: Member, *, operator: str, now: datetime) -> Member:
    """Make a nominee an active member, by a second person's word; both who vouched are told.

    Raises:
        Conflict: this person can't confirm this nominee, or the nominee hasn't answered yet; the sentence says which.
    """
    candidacy = _candidacy(connection, member)
    if member.state is not MemberState.NOMINATED:
        raise Conflict(f"{member.address} isn't waiting to be confirmed: see `wen-relay members show {member.address}`")
    if not by.may_vouch_for(member.country, now.date()):
        raise Conflict(f"{by.address} is neither a focal point of {member.country} nor an administrator")
    if member.has_power and Role.ADMIN not in by.roles:
        raise Conflict(f"{member.address} is to be more than a member: an administrator must confirm that")
    if not _still_stands(connection, candidacy, member.country, now):
        raise Conflict(
            f"who proposed {member.address} may not vouch for anybody any more: somebody else must propose them anew"
        )
    if not candidacy.is_answered:
        raise Conflict(f"{member.address} has not confirmed the address and accepted the rules yet")
    done = vetting.confirm(candidacy, by.address)
    if done is None or not done.is_complete:
        raise Conflict(f"{by.address} has proposed {member.address}, so somebody else must confirm")
    active = {"state": MemberState.ACTIVE, "confirmed_by": str(by.address), "attested_on": now.date()}
    connection.execute(update(members).where(members.c.id == member.id).values(**active))
    facts: audit.Facts = {"member": member.id, "confirmed_by": by.id, "operator": operator}
    audit.append(connection, node, now, "member.confirmed", facts)
    _call_off(connection, member.id)
    told = nomination_of(connection, member.id)
    tell_vouchers(connection, member.id, told.vouchers, told.lists, now)
    letters.write(connection, member.id, Kind.WELCOME, min(member.lists, default=""), {}, now, about=member.id)
    return get(connection, member.id)


def about_whom(connection: Connection, letter: int, voucher: Member, kind: Kind) -> str | None:
    """The id of whom a letter to a voucher was about, by the letter's number; None when they got no such letter.

    What was written about an earlier membership or nomination of the same person says nothing of this one.
    """
    theirs = (deliveries.c.id == letter, deliveries.c.member_id == voucher.id, deliveries.c.kind == kind)
    since = deliveries.c.created_at >= members.c.created_at
    about = select(members.c.id).join(deliveries, deliveries.c.about_id == members.c.id).where(*theirs, since)
    found: str | None = connection.execute(about).scalar_one_or_none()
    return found


def welcome(connection: Connection, member: Member, now: datetime) -> None:
    """Queue the letter that tells a new member how to begin, and the rules where they haven't accepted them; none for who is on no list."""
    if member.lists:
        letters.write(connection, member.id, Kind.WELCOME, min(member.lists), {}, now, about=member.id)


def asked_about(connection: Connection, letter: int, voucher: Member) -> Member | None:
    """The nominee whom a letter asked this person to confirm, by the letter's number; None when it asked them nothing."""
    nominee = about_whom(connection, letter, voucher, Kind.CONFIRMATION)
    return get(connection, nominee) if nominee else None


def reject(connection: Connection, node: str, member: Member, by: Member, now: datetime) -> bool:
    """End a nomination on the word of somebody who was asked to confirm it; False when it has ended already."""
    if member.state is not MemberState.NOMINATED:
        return False
    _end(connection, node, member, "member.nomination_rejected", now, by=by.id)
    return True


def call_off(connection: Connection, node: str, member: Member, *, operator: str, now: datetime) -> Member:
    """End a nomination on an operator's word, because the nominee's agency is suspended."""
    _end(connection, node, member, "member.nomination_rejected", now, operator=operator)
    return get(connection, member.id)


def lapse(connection: Connection, node: str, now: datetime) -> int:
    """End the nominations that nobody has completed in time; returns how many."""
    old = (members.c.state == MemberState.NOMINATED, members.c.created_at <= now - OPEN)
    found = connection.execute(select(members.c.id).where(*old).with_for_update(skip_locked=True)).scalars().all()
    for member_id in found:
        _end(connection, node, get(connection, member_id), "member.nomination_lapsed", now)
    return len(found)


def nomination_of(connection: Connection, member_id: str) -> Nomination:
    """The nomination by which somebody is a member, or is to be one, as it stands on record now.

    Raises:
        NotFound: there is no such member.
    """
    member = get(connection, member_id)
    columns = (members.c.nominated_by, members.c.confirmed_by, members.c.waived_on)
    row = connection.execute(select(*columns).where(members.c.id == member_id)).one()
    return stored_nomination(member, row)


def voucher(connection: Connection, address: Address) -> Member:
    """The member who vouches for somebody through a command.

    Raises:
        NotFound: there is no such member.
    """
    found = find(connection, address)
    if found is None:
        raise NotFound(
            f"{address} is not a member: only focal points and administrators of this relay vouch for people"
        )
    return found


def _still_stands(connection: Connection, candidacy: Candidacy, country: str, now: datetime) -> bool:
    """Whether who proposed may still vouch: the word of one who was suspended since counts no more."""
    nominator = find(connection, candidacy.nominated_by)
    return nominator is not None and nominator.may_vouch_for(country, now.date())


def _version_told(connection: Connection, invitation: int) -> int:
    facts = connection.execute(select(deliveries.c.facts).where(deliveries.c.id == invitation)).scalar_one_or_none()
    return int((facts or {}).get("rules", 0))


def _candidacy(connection: Connection, member: Member) -> Candidacy:
    columns = (members.c.nominated_by, members.c.confirmed_by, members.c.address_confirmed_at, members.c.rules_version)
    row = connection.execute(select(*columns).where(members.c.id == member.id)).one()
    return Candidacy(
        nominee=member.address,
        nominated_by=address_of(row.nominated_by),
        address_confirmed=row.address_confirmed_at is not None,
        rules_version=row.rules_version,
        confirmed_by=address_of(row.confirmed_by) if row.confirmed_by else None,
    )


def _invited(connection: Connection, invitation: int, now: datetime) -> Member | None:
    """The nominee of a letter that can still be answered."""
    letter = (deliveries.c.id == invitation, deliveries.c.kind == Kind.INVITATION)
    row = connection.execute(select(deliveries.c.member_id, deliveries.c.created_at).where(*letter)).one_or_none()
    if row is None or row.created_at + INVITED < now:
        return None
    member = get(connection, row.member_id)
    began = connection.execute(select(members.c.created_at).where(members.c.id == member.id)).scalar_one()
    return member if member.state is MemberState.NOMINATED and row.created_at >= began else None


def _ask_second(connection: Connection, nominee: Member, now: datetime) -> None:
    """Ask who may confirm, but for the nominator: the country's other focal points; administrators where there are none, or for roles with power."""
    candidacy = _candidacy(connection, nominee)
    if not _still_stands(connection, candidacy, nominee.country, now):
        return
    others = select(members.c.id).where(
        may_vouch(nominee.country, now.date()), members.c.address_key != candidacy.nominated_by.key
    )
    here = others.where(has_role(Role.FOCAL_POINT), members.c.country == nominee.country)
    focal_points = () if nominee.has_power else connection.execute(here).scalars().all()
    admins = others.where(has_role(Role.ADMIN))
    for member_id in focal_points or connection.execute(admins).scalars().all():
        letters.write(
            connection, member_id, Kind.CONFIRMATION, min(nominee.lists, default=""), {}, now, about=nominee.id
        )


def _end(connection: Connection, node: str, member: Member, event: str, now: datetime, **by: str) -> None:
    """Nothing comes of a nomination, and who made it is told. What is kept of the person goes with the names of those who left."""
    nominator = find(connection, _candidacy(connection, member).nominated_by)
    connection.execute(delete(memberships).where(memberships.c.member_id == member.id))
    connection.execute(update(members).where(members.c.id == member.id).values(state=MemberState.LEFT, left_at=now))
    _call_off(connection, member.id)
    audit.append(connection, node, now, event, {"member": member.id, **by})
    if nominator is not None and nominator.may_act(now.date()):
        list_name, why = min(member.lists, default=""), event.removeprefix("member.nomination_")
        letters.write(connection, nominator.id, Kind.ENDED, list_name, {"why": why}, now, about=member.id)


def _call_off(connection: Connection, nominee: str) -> None:
    """Cancel the letters about a nomination that weren't sent before it came to its end."""
    kinds = deliveries.c.kind.in_([Kind.INVITATION, Kind.CONFIRMATION])
    fanout.cancel(connection, (deliveries.c.about_id == nominee) & kinds)
