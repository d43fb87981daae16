"""Who was a member when: memberships told again from the entries of the audit log, and from nothing else.

What stands in the tables is the present; the log alone holds what was before. An entry's event says what it does to whom. Those
of several nodes are put in one order by their times, which must agree; within a node their own order counts, whatever its clock did.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from relay.roster.member import AgencyType, MemberState, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of the audit log: when, what, and its facts as JSON gives them."""

    at: datetime
    event: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A membership as it was at a moment; `since` is when it came into that state."""

    id: str
    state: MemberState
    since: datetime
    lists: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()
    country: str = ""
    agency_type: AgencyType | None = None
    valid_until: date | None = None

    def was_in_force(self, moment: datetime) -> bool:
        """Whether this person could post then: active, and their vetting had not run out on that day (UTC)."""
        return self.state is MemberState.ACTIVE and (self.valid_until is None or moment.date() <= self.valid_until)


_BEGINS = {"member.added": MemberState.ACTIVE, "member.nominated": MemberState.NOMINATED}
_ENDS = frozenset(
    {"member.removed", "member.nomination_declined", "member.nomination_rejected", "member.nomination_lapsed"}
)
_STATES = {
    "member.confirmed": MemberState.ACTIVE,
    "member.reinstated": MemberState.ACTIVE,
    "member.suspended": MemberState.SUSPENDED,
    "member.dormant": MemberState.DORMANT,
}
_LIVING = frozenset({MemberState.ACTIVE, MemberState.DORMANT})


def in_one_order(chains: Iterable[Iterable[Entry]]) -> Iterator[Entry]:
    """The entries of every node, merged by time; none is put before one that its own node wrote earlier."""
    timed = (_by_latest(chain, number) for number, chain in enumerate(chains))
    return (entry for _, _, _, entry in heapq.merge(*timed, key=lambda one: one[:3]))


def _by_latest(chain: Iterable[Entry], number: int) -> Iterator[tuple[datetime, int, int, Entry]]:
    latest: datetime | None = None
    for place, entry in enumerate(chain):
        latest = entry.at if latest is None else max(latest, entry.at)
        yield latest, number, place, entry


def replay(entries: Iterable[Entry], until: datetime | None = None) -> dict[str, Past]:
    """Everybody who ever was a member, by id, as they were.

    Args:
        entries: in one order.
        until: the moment, its own entries included; None for the end of the log.
    """
    people: dict[str, Past] = {}
    for entry in entries:
        if until is not None and entry.at > until:
            continue
        for member_id in _concerned(entry):
            before = people.get(member_id)
            after = _begun(member_id, entry) if entry.event in _BEGINS else before and _after(before, entry)
            if after is not None:
                people[member_id] = after if before and after.state is before.state else replace(after, since=entry.at)
    return people


def _concerned(entry: Entry) -> tuple[str, ...]:
    """Whom an entry is about; an event that is none of ours concerns nobody."""
    if entry.event == "members.attested":
        return tuple(entry.facts["members"])
    member = entry.facts.get("member")
    return (member,) if entry.event.startswith("member.") and isinstance(member, str) else ()


def _begun(member_id: str, entry: Entry) -> Past:
    facts = entry.facts
    return Past(
        id=member_id,
        state=_BEGINS[entry.event],
        since=entry.at,
        lists=frozenset(facts["lists"]),
        roles=frozenset(map(Role, facts["roles"])),
        country=facts["country"],
        agency_type=AgencyType(facts["agency_type"]),
        valid_until=_day(facts["valid_until"]),
    )


def _after(past: Past, entry: Entry) -> Past:
    """What the entry made of a membership."""
    event, facts = entry.event, entry.facts
    if event in _ENDS:
        return replace(past, state=MemberState.LEFT, lists=frozenset())
    if event in _STATES:
        return replace(past, state=_STATES[event])
    match event:
        case "members.attested":
            return replace(past, state=MemberState.ACTIVE)
        case "member.nomination_disputed" if past.state in _LIVING:
            return replace(past, state=MemberState.SUSPENDED)
        case "member.left_list":
            return replace(past, lists=past.lists - {facts["list"]})
        case "member.renewed":
            woken = MemberState.ACTIVE if past.state is MemberState.DORMANT else past.state
            return replace(past, valid_until=_day(facts["valid_until"]), state=woken)
        case "member.changed":
            return _changed(past, facts)
        case _:
            return past


def _changed(past: Past, facts: Mapping[str, Any]) -> Past:
    """What a file changed: of what it says nothing, that stayed."""
    return replace(
        past,
        lists=frozenset(facts["lists"]) if "lists" in facts else past.lists,
        roles=frozenset(map(Role, facts["role"])) if "role" in facts else past.roles,
        country=facts.get("country", past.country),
        agency_type=AgencyType(facts["agency_type"]) if "agency_type" in facts else past.agency_type,
        valid_until=_day(facts["valid_until"]) if "valid_until" in facts else past.valid_until,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
