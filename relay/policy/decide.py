"""The heart: one decision for each list that a post was sent to.

Total and deterministic; cheap checks first; every decision explains itself. The strictest finding wins, a withhold for
one list withholds the whole message, and whatever is undecided is held or withheld, never relayed by accident.
"""

from collections.abc import Iterable
from typing import Literal

from relay.policy.author import judge_author
from relay.policy.channels import advise
from relay.policy.decision import Decision, Discard, Hold, Reason, Refuse, Relay, Withhold
from relay.policy.marking import strictest
from relay.policy.membership import judge_membership
from relay.policy.post import Finding, Post, Progress
from relay.policy.ruleset import Ruleset
from relay.roster.mailing_list import MailingList, Tlp
from relay.roster.member import AgencyType

HOP_LIMIT = 50  # Postfix's hopcount_limit; RFC 5321 §6.3 asks for a limit against loops

Action = Literal["pass", "remove", "hold", "withhold"]

_WITHHOLD_CODES = frozenset({"T1", "M1", "N1", "N2", "O1", "O2", "O3"})
_WHOLE = "whole message"


def decide(post: Post, ruleset: Ruleset) -> tuple[tuple[str, Decision], ...]:
    """Judge a post.

    Returns:
        (list name, decision) in the order of `post.lists`. A refusal or discard of the whole message is the same for all.
    """
    whole = _judge_message(post)
    if whole is not None:
        return tuple((one.name, whole) for one in post.lists)
    decisions = tuple((one.name, judge_membership(post.author, one, post.on) or _judge_content(post, one)) for one in post.lists)
    withheld = [decision for _, decision in decisions if isinstance(decision, Withhold)]
    if not withheld:
        return decisions
    reasons = _unique(reason for decision in withheld for reason in decision.reasons)
    everywhere = _point_to_doors(post, Withhold(reasons=reasons, marking=strictest(post.scan.findings)), ruleset)
    return tuple((name, decision if isinstance(decision, Refuse) else everywhere) for name, decision in decisions)


def _judge_message(post: Post) -> Decision | None:
    """What concerns the message whatever the list: its author, loops, automatic mail."""
    message = post.scan.message
    if message is None:
        return None  # nothing was read, so nothing can be said; the content judgement fails closed
    if (refused := judge_author(message, post.authentication)) is not None:
        return refused
    own = {one.list_id for one in post.lists}
    if own & set(message.list_ids) or message.hops > HOP_LIMIT:
        return Discard(reasons=(Reason("D2", "loop.came_from_here", "header"),))
    if message.automatic:
        return Discard(reasons=(Reason("D1", "automatic.not_a_person", "header"),))
    return None


def _judge_content(post: Post, mailing_list: MailingList) -> Decision:
    scan = post.scan
    if scan.progress in {Progress.NOTHING, Progress.HEADER}:
        return Withhold(reasons=(Reason("H1", "scan.not_finished", _WHOLE),))
    by_action: dict[Action, list[Reason]] = {"pass": [], "remove": [], "hold": [], "withhold": []}
    for finding in scan.findings:
        by_action[_act_on(finding, mailing_list)].append(Reason(finding.code, finding.rule, finding.place))
    marking = strictest(scan.findings)
    if marking is None and mailing_list.require_marking:
        by_action["hold"].append(Reason("H2", "marking.missing", _WHOLE))
    if scan.progress is not Progress.COMPLETE:
        by_action["hold"].append(Reason("H1", "scan.not_finished", "attachments"))
    if by_action["withhold"]:
        return Withhold(reasons=_unique(by_action["withhold"]), marking=marking)
    stamped = marking or mailing_list.default_marking
    if by_action["hold"]:
        return Hold(reasons=_unique(by_action["hold"] + by_action["remove"]), marking=stamped, removed=scan.removed)
    reasons = _unique(by_action["remove"]) or (Reason("P1", "nothing.found", _WHOLE),)
    return Relay(reasons=reasons, marking=stamped, removed=scan.removed)


def _act_on(finding: Finding, mailing_list: MailingList) -> Action:
    """What one finding means on one list."""
    if finding.label is not None:
        above = Tlp(finding.label).level > mailing_list.ceiling.level
        certain: Action = "withhold" if finding.code == "M1" else "hold"
        return certain if above else "pass"
    if finding.code == "H1":
        if finding.rule == "part.nothing_readable":
            return "withhold"
        return "hold" if mailing_list.strict else "remove"
    match mailing_list.overrides.get(finding.code):
        case "relay":
            return "pass"
        case "hold":
            return "hold"
        case "withhold":
            return "withhold"
        case _:
            return "withhold" if finding.code in _WITHHOLD_CODES else "hold"


def _point_to_doors(post: Post, withhold: Withhold, ruleset: Ruleset) -> Withhold:
    agency_type = post.author.agency_type if post.author else AgencyType.EXPERT
    country = post.author.country if post.author else ""
    advice = advise(withhold.reasons, agency_type=agency_type, country=country, directory=ruleset.directory)
    return Withhold(reasons=withhold.reasons, marking=withhold.marking, channels=advice.channels)


def _unique(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))
