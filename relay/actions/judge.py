"""Judge octets as a post: what accepting, checking and the demo have in common. Reads, never writes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from relay.mail.address import Address
from relay.mail.auth_results import AuthenticationResults
from relay.policy.decide import decide
from relay.policy.decision import Decision
from relay.policy.post import Post, Scan
from relay.resources import Resources
from relay.roster.mailing_list import MailingList
from relay.roster.member import Member

Scanner = Callable[[bytes], Scan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was found and decided for one message: (list name, decision) in the order of the addressed lists."""

    scan: Scan
    decisions: tuple[tuple[str, Decision], ...]


def addressed_lists(resources: Resources, recipients: tuple[Address, ...]) -> tuple[MailingList, ...]:
    """The active lists among the recipients, in their order, each once."""
    found = (resources.list_at(address) for address in recipients)
    return tuple({one.name: one for one in found if one is not None}.values())


def judge(
    resources: Resources,
    scanner: Scanner,
    octets: bytes,
    *,
    author: Member | None,
    authentication: AuthenticationResults | None,
    lists: tuple[MailingList, ...],
    now: datetime,
) -> Judgement:
    """Scan the octets and decide for each list."""
    scan = scanner(octets)
    post = Post(author=author, authentication=authentication, lists=lists, scan=scan, on=now.date())
    return Judgement(scan=scan, decisions=decide(post, resources.ruleset))
