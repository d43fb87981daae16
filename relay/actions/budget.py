"""What a member and their agency may send: rate, volume and fan-out, compared with what they sent lately."""

from collections.abc import Mapping
from typing import Literal

from relay.resources import Resources
from relay.settings import LimitsSection
from relay.store import activity, posts
from relay.store.activity import Activity

Whose = Literal["member", "agency"]


def over_budget(resources: Resources, post: posts.Accepted) -> Whose | None:
    """Whose limit this post goes beyond; None when it may be taken. One that came before may: it gets its 250 again.

    Raises:
        Unavailable: the database can't be read.
    """
    limits = resources.settings.limits
    budgets: Mapping[Whose, _Budget] = {"member": _of_member(limits), "agency": _of_agency(limits)}
    if not any(map(any, budgets.values())):
        return None
    asks = {"member": activity.lately, "agency": activity.lately_by_agency}
    with resources.database.read() as connection:
        for whose, budget in budgets.items():
            if any(budget):
                spent = asks[whose](connection, post.author_id, post.received_at)
                if _is_beyond(budget, spent, post.size_octets):
                    return whose if posts.find_repeated(connection, post.duplicate_keys) is None else None
    return None


_Budget = tuple[int, int, int]  # posts in an hour, octets and copies in a day; 0 is no limit


def _of_member(limits: LimitsSection) -> _Budget:
    return limits.posts_per_hour, limits.octets_per_day, limits.fan_out_per_day


def _of_agency(limits: LimitsSection) -> _Budget:
    return limits.agency_posts_per_hour, limits.agency_octets_per_day, limits.agency_fan_out_per_day


def _is_beyond(budget: _Budget, spent: Activity, size_octets: int) -> bool:
    """Copies are counted when they are queued: the post that exhausts the budget still goes."""
    in_hour, octets, copies = budget
    return bool(
        (in_hour and spent.posts_last_hour >= in_hour)
        or (octets and spent.octets_last_day + size_octets > octets)
        or (copies and spent.copies_last_day >= copies)
    )
