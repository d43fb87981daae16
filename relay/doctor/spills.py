"""Whether a leak could be dealt with: somebody who may decide, somebody who is told, and nothing that waits too long; and which lists are stopped."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from relay.doctor.finding import Finding, ok, warning, wrong
from relay.doctor.records import look_into
from relay.roster.member import Member, Role
from relay.settings import Settings
from relay.store import breaches, spills, stops
from relay.store.members import list_members

DECIDERS = 2  # of a list: whoever wrote or reported a post may not decide about it
_LONG = timedelta(hours=24)


def look_at_spills(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether each list has officials enough to decide about a spill, and what of spills and breaches waits. What can't be read, other looks tell."""
    on_record = look_into(
        settings,
        lambda connection: (
            [one for one in list_members(connection) if one.may_act(now.date())],
            [one for one in spills.list_all(connection) if one.state == "reported"],
            breaches.list_all(connection),
        ),
    )
    if on_record is None:
        return
    people, undecided, entries = on_record
    found = [*_who_decides(people), *_what_waits(undecided, entries, now)]
    yield from found or [ok("spills", "each list has officials who can decide about a leak, and nothing waits")]


def _who_decides(people: list[Member]) -> Iterator[Finding]:
    for name in sorted({name for one in people for name in one.lists}):
        deciders = sum(one.may_moderate for one in people if name in one.lists)
        if deciders < DECIDERS:
            said = f"{name} has {deciders} official{'' if deciders == 1 else 's'} who may decide about a leak: whoever wrote or reported it may not"
            yield warning(
                "spills", said, "give the list a second moderator or a deputy who serves in an official agency"
            )
    if people and not any(Role.ADMIN in one.roles for one in people):
        yield warning("spills", "no active administrator would be told of a breach", "add a member with the role admin")


def _what_waits(
    undecided: list[spills.Spill], entries: tuple[breaches.Breach, ...], now: datetime
) -> Iterator[Finding]:
    for one in undecided:
        if now - one.reported_at > _LONG:
            said = f"{one.reference} was reported at {one.reported_at:%Y-%m-%d %H:%M} UTC, and nobody has decided"
            yield warning("spills", said, f"call a moderator: wen-relay spills show {one.reference}")
    for entry in entries:
        if entry.notified_at is None and entry.closed_at is None and now > entry.deadline:
            said = f"{entry.number} is neither notified nor closed, and its {breaches.CLOCK.total_seconds() / 3600:.0f} hours are over"
            yield wrong("spills", said, f"wen-relay breaches show {entry.number}")


def look_at_stops(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Which lists are stopped, and since when. What can't be read, other looks tell."""
    found = look_into(settings, stops.stopped)
    if found is None:
        return
    for one in found.values():
        hours = int((now - one.at).total_seconds() // 3600)
        said = f"{one.list_name} has been stopped since {one.at:%Y-%m-%d %H:%M} UTC ({hours} h, {one.reason}); its copies wait"
        yield warning("lists", said, f"when the reason is gone: wen-relay lists resume {one.list_name}")
    if not found:
        yield ok("lists", "none is stopped")
