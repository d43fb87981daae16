"""What was decided about a message, when something has been found out about it since: a decision becomes stricter by it, and never milder."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from relay.policy.channels import advise
from relay.policy.decide import act_on
from relay.policy.decision import Hold, Reason, Relay, Withhold
from relay.policy.marking import strictest
from relay.policy.post import Finding
from relay.policy.ruleset import Ruleset
from relay.roster.mailing_list import MailingList, Tlp
from relay.roster.member import Member

Decided = tuple[tuple[str, Relay | Hold | Withhold], ...]


def reconsider(
    decisions: Iterable[tuple[str, Relay | Hold]],
    findings: Collection[Finding],
    lists: Mapping[str, MailingList],
    author: Member,
    ruleset: Ruleset,
) -> Decided:
    """Decide again about a message that goes out or waits, now that these findings are known too.

    Args:
        decisions: (list name, decision), as they were made.
        findings: what was found since, from thread memory and among posts that are hidden.
        lists: by their names, all that were decided for.
        author: whose agency decides which doors they are pointed to.
        ruleset: with the doors.

    Returns:
        (list name, decision) in the same order. What one list withholds is withheld from all.
    """
    decided = tuple((name, _stricter(decision, findings, lists[name])) for name, decision in decisions)
    withheld = [one.reasons for _, one in decided if isinstance(one, Withhold)]
    if not withheld:
        return decided
    reasons = _unique(reason for some in withheld for reason in some)
    advice = advise(reasons, agency_type=author.agency_type, country=author.country, directory=ruleset.directory)
    everywhere = Withhold(reasons=reasons, marking=strictest(findings), channels=advice.channels)
    return tuple((name, everywhere) for name, _ in decided)


def _stricter(
    decision: Relay | Hold, findings: Collection[Finding], mailing_list: MailingList
) -> Relay | Hold | Withhold:
    acted = [(Reason(one.code, one.rule, one.place), act_on(one, mailing_list)) for one in findings]
    if withheld := [reason for reason, action in acted if action == "withhold"]:
        return Withhold(reasons=_unique(withheld))
    labels = [
        Tlp(one.label) for one in findings if one.label is not None
    ]  # all within the ceiling: others are withheld
    marking = max((decision.marking, *labels), key=lambda one: one.level)
    if waits := [reason for reason, action in acted if action != "pass"]:
        before = [reason for reason in decision.reasons if reason.code != "P1"]
        return Hold(reasons=_unique((*before, *waits)), marking=marking, removed=decision.removed)
    return replace(decision, marking=marking)


def _unique(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))
