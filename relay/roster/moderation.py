"""Who is called about a held post, and how soon (POLICY "Who reads held posts").

    at once        moderators of the author's own country
    after 1 hour   its deputies
    after 2 hours  all other moderators and deputies of the list
    after 4 hours  the secretariat

Where a circle is empty in the author's country, all of the list's are in it; where the first one is empty, the next is called at once.
These are hours of the clock, on days off too, though they don't count in the time that the post waits: a call costs nobody
anything, and on a holiday of the first circle the wider ones are all the more needed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from relay.roster.member import Role

DEPUTIES_AFTER = timedelta(hours=1)
OTHERS_AFTER = timedelta(hours=2)
SECRETARIAT_AFTER = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """Somebody who may decide about a list's held posts: an official, with one of the roles that `Member.may_moderate` asks for."""

    id: str
    country: str
    roles: frozenset[Role]


def whom_to_call(
    deciders: Iterable[Decider], *, author_country: str, waited: timedelta, offer: bool = False
) -> frozenset[str]:
    """The ids of all who should have been called by now.

    Args:
        deciders: of the list, without the post's author.
        author_country: ISO 3166 code.
        waited: since the post came.
        offer: whether it comes from another region: then its author has no compatriots here, and all moderators are first.
    """
    everyone = tuple(deciders)
    moderators = tuple(one for one in everyone if Role.MODERATOR in one.roles)
    deputies = tuple(one for one in everyone if Role.DEPUTY in one.roles and one not in moderators)
    near = "" if offer else author_country
    circles = (
        (timedelta(0), _nearest(moderators, near)),
        (DEPUTIES_AFTER, _nearest(deputies, near)),
        (OTHERS_AFTER, moderators + deputies),
        (SECRETARIAT_AFTER, everyone),
    )
    first = next((circle for _, circle in circles if circle), ())
    called = [*first, *(one for after, circle in circles if waited >= after for one in circle)]
    return frozenset(one.id for one in called)


def _nearest(circle: Sequence[Decider], country: str) -> Sequence[Decider]:
    return tuple(one for one in circle if one.country == country) or circle
