"""Members and lists as rows, and back."""

import dataclasses
import hashlib
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row

from relay.delivery.rules import RULES_VERSION
from relay.mail.address import Address
from relay.roster.attestation import Stage
from relay.roster.mailing_list import MailingList
from relay.roster.member import AgencyType, Member, MemberState, Role, agency_key
from relay.roster.nomination import Nomination
from relay.roster.reading import Reading, Wishes
from relay.store.column_types import canonical_json


def member_row(nomination: Nomination, state: MemberState, now: datetime) -> dict[str, Any]:
    """The columns of somebody fresh: of a member, or of one who is only nominated. Nothing of an earlier membership is left."""
    active = state is MemberState.ACTIVE
    return {
        "address": str(nomination.address),
        "address_key": nomination.address.key,
        "name": nomination.name,
        "agency": nomination.agency,
        "agency_key": agency_key(nomination.country, nomination.agency),
        "agency_type": nomination.agency_type,
        "country": nomination.country,
        "language": nomination.language,
        "roles": sorted(nomination.roles),
        "state": state,
        "suspension": None,
        "valid_until": nomination.valid_until,
        "nominated_by": str(nomination.nominated_by),
        "confirmed_by": str(nomination.confirmed_by) if nomination.confirmed_by else None,
        "waived_on": nomination.waived_on,
        "address_confirmed_at": None,
        "rules_version": 0,
        "rules_accepted_at": None,
        "rules_asked": RULES_VERSION,  # by the letter with which they begin
        **attested(now.date()),
        "attested_on": now.date() if active else None,
        "created_at": now,
        "left_at": None,
        "paused_at": None,  # who comes back is here again
        "paused_until": None,
    }


def stored_nomination(member: Member, row: Row[*tuple[Any, ...]]) -> Nomination:
    """The nomination by which somebody is a member, or is to be one; the row has who vouched, and the waiver."""
    return Nomination(
        address=member.address,
        name=member.name,
        agency=member.agency,
        agency_type=member.agency_type,
        country=member.country,
        language=member.language,
        roles=member.roles,
        lists=member.lists,
        nominated_by=address_of(row.nominated_by),
        confirmed_by=address_of(row.confirmed_by) if row.confirmed_by else None,
        valid_until=member.valid_until,
        waived_on=row.waived_on,
    )


def attested(on: date) -> dict[str, Any]:
    """The columns of somebody for whom was vouched that day: nothing is wanting, and they aren't dormant."""
    return {
        "attested_on": on,
        "attestation_asked": Stage.NONE,
        "end_told": Stage.NONE,
        "answered_on": None,
        "dormant_on": None,
        "receives_until": None,
    }


def read_member(row: Row[Any], on_lists: frozenset[str]) -> Member:
    """The member that a row stands for, with the names of their lists."""
    return Member(
        id=row.id,
        address=address_of(row.address),
        name=row.name,
        agency=row.agency,
        agency_type=AgencyType(row.agency_type),
        country=row.country,
        language=row.language,
        roles=frozenset(Role(role) for role in row.roles),
        state=MemberState(row.state),
        lists=on_lists,
        valid_until=row.valid_until,
        receipts=row.receipts,
        attested_on=row.attested_on,
        receives_until=row.receives_until,
        rules_version=row.rules_version,
        wishes=Wishes(reading=Reading(row.reading), paused_at=row.paused_at, paused_until=row.paused_until),
    )


def address_of(stored: str) -> Address:
    """An address that was checked before it was stored."""
    local, _, domain = stored.rpartition("@")
    return Address(local=local, domain=domain)


def list_row(definition: MailingList) -> dict[str, Any]:
    """The columns of a list; the digest changes with anything in its definition."""
    text = canonical_json(_plain(dataclasses.asdict(definition)))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {
        "name": definition.name,
        "address": str(definition.address),
        "tag": definition.tag,
        "active": definition.active,
        "digest": digest,
    }


def _plain(value: Any) -> Any:
    """Sets in a fixed order, so that one definition always gives one text."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return sorted(value) if isinstance(value, frozenset) else value
