"""The heart: one decision for each list that a post was sent to.

Total and deterministic; cheap checks first; every decision explains itself. The strictest finding wins, a withhold for
one list withholds the whole message, and whatever is undecided is held or withheld, never relayed by accident.
"""

from collections.abc import Iterable
from typing import Literal

from relay.mail.reply import REFUSED
from relay.policy.author import NOT_AUTHENTICATED, SENDER_DIFFERS, judge_author, judge_proof
from relay.policy.channels import advise
from relay.policy.decision import Decision, Discard, Hold, Reason, Refuse, Relay, Withhold
from relay.policy.marking import strictest
from relay.policy.membership import DORMANT, judge_membership
from relay.policy.photos import attachments_of, judge_photos
from relay.policy.post import LIKENESS, RESIDUAL, Finding, Post, Progress
from relay.policy.ruleset import Ruleset
from relay.policy.second_proof import judge_second_proof
from relay.policy.withholding import WITHHOLD_CODES
from relay.roster.mailing_list import MailingList, Tlp
from relay.roster.member import Member, MemberState

HOP_LIMIT = 50  # Postfix's hopcount_limit; RFC 5321 §6.3 asks for a limit against loops

Action = Literal["pass", "remove", "hold", "withhold"]

# What a list's own [policy] may do (POLICY "Overrides"); definitions are held to it, and here nothing else is heard.
_MAY_BE_HELD = frozenset({"N1", "N2", "O1", "O2", "O3"})
_MAY_BE_RELAYED = frozenset({"H3", "H4", "H5", "H8", "H9"})
_STAY_WITHHELD = frozenset({"T1", "M1", "O1", "O2", "O3"})  # whatever the author says (POLICY “Sending again”)
_WHOLE = "whole message"


def decide(post: Post, ruleset: Ruleset) -> tuple[tuple[str, Decision], ...]:
    """Judge a post.

    Returns:
        (list name, decision) in the order of `post.lists`. A refusal or discard of the whole message is the same for all.
    """
    whole = _judge_message(post)
    if whole is not None:
        return tuple((one.name, whole) for one in post.lists)
    decisions = tuple((one.name, _judge_for(post, one)) for one in post.lists)
    withheld = [decision for _, decision in decisions if isinstance(decision, Withhold)]
    if not withheld or post.author is None:  # without an author every decision is a refusal
        return decisions
    reasons = _unique(reason for decision in withheld for reason in decision.reasons)
    everywhere = _point_to_doors(post.author, Withhold(reasons=reasons, marking=strictest(post.scan.findings)), ruleset)
    return tuple((name, decision if isinstance(decision, Refuse) else everywhere) for name, decision in decisions)


def _judge_message(post: Post) -> Decision | None:
    """What concerns the message whatever the list: its author, loops, automatic mail."""
    message = post.scan.message
    if message is None:
        # Nothing was read, so nothing more can be said: the content judgement fails closed.
        return None if post.authentication is not None else NOT_AUTHENTICATED
    if (refused := judge_author(message, post.authentication)) is not None:
        return refused
    if post.names_another:
        return SENDER_DIFFERS
    domains = {one.address.domain for one in post.lists}
    ours = any(list_id.endswith(f".{domain}") for list_id in message.list_ids for domain in domains)
    if ours or message.hops > HOP_LIMIT:
        return Discard(reasons=(Reason("D2", "loop.came_from_here", "header"),))
    if message.automatic:
        return Discard(reasons=(Reason("D1", "automatic.not_a_person", "header"),))
    return None


def _judge_for(post: Post, mailing_list: MailingList) -> Decision:
    """The decision of one list: of its own member's post, or of an offer, which a moderator has to accept in any case."""
    if (refused := judge_proof(post.authentication, mailing_list)) is not None:
        return refused
    offered, unsigned = post.offers.get(mailing_list.name), judge_second_proof(post.signature, mailing_list)
    if offered is None:
        refused = judge_membership(post.author, mailing_list, post.on) or unsigned
        return refused or _hold_of_dormant(post, _judge_content(post, mailing_list))
    content = _judge_content(post, mailing_list)
    may_write = post.author is not None and post.author.may_write(post.on) and not unsigned
    if isinstance(content, Relay | Hold) and may_write:
        found = tuple(reason for reason in content.reasons if reason.code != "P1")
        return Hold(reasons=(offered, *found), marking=content.marking, removed=content.removed)
    # A list that the author doesn't belong to, and whose ceiling they can't know, makes nothing worse: it isn't asked.
    return Refuse(reasons=(offered,), reply=REFUSED)


def _hold_of_dormant(post: Post, content: Decision) -> Decision:
    """The post of a member for whom nobody has vouched in time waits for a moderator, whatever it says."""
    if post.author is None or post.author.state is not MemberState.DORMANT or not isinstance(content, Relay | Hold):
        return content
    found = tuple(reason for reason in content.reasons if reason.code != "P1")
    return Hold(reasons=(DORMANT, *found), marking=content.marking, removed=content.removed)


def _judge_content(post: Post, mailing_list: MailingList) -> Decision:
    scan, removed = post.scan, post.scan.removed
    by_action: dict[Action, list[Reason]] = {"pass": [], "remove": [], "hold": [], "withhold": []}
    for finding in (*scan.findings, *judge_photos(scan, mailing_list)):
        if finding.rule.startswith(RESIDUAL) and not mailing_list.strict:
            continue
        action = act_on(finding, mailing_list)
        if post.confirmed:
            action = _act_on_confirmed(finding, action)
        by_action[action].append(Reason(finding.code, finding.rule, finding.place))
    marking = strictest(scan.findings)
    if scan.message is None or scan.progress in {Progress.NOTHING, Progress.HEADER}:
        by_action["withhold"].append(Reason("H1", "scan.not_finished", _WHOLE))
    elif scan.progress is not Progress.COMPLETE:
        by_action["hold"].append(Reason("H1", "scan.not_finished", "attachments"))
        removed = (*removed, "attachments")  # what was not read is not in the clean copy either
    if marking is None and mailing_list.require_marking:
        by_action["hold"].append(Reason("H2", "marking.missing", _WHOLE))
    if by_action["withhold"]:
        return Withhold(reasons=_unique(by_action["withhold"]), marking=marking)
    stamped = _stamp(scan.findings, mailing_list)
    if post.confirmed and not by_action["hold"] + by_action["remove"]:
        by_action["hold"].append(Reason("P1", "author.confirmed", _WHOLE))  # it was promised that a moderator decides
    without = attachments_of(by_action["remove"])
    nothing_else = without and not any(part.text.strip() for part in scan.parts)
    if by_action["hold"] or post.confirmed or nothing_else:
        return Hold(reasons=_unique(by_action["hold"] + by_action["remove"]), marking=stamped, removed=removed)
    reasons = _unique(by_action["remove"]) or (Reason("P1", "nothing.found", _WHOLE),)
    return Relay(reasons=reasons, marking=stamped, removed=tuple(dict.fromkeys((*scan.removed, *without))))


def _stamp(findings: Iterable[Finding], mailing_list: MailingList) -> Tlp:
    """The marking that goes out with the copies: the strictest that the message names, in prose too, up to the ceiling.

    Prose raises and never lowers; a label above the ceiling goes out only when a moderator has found that it isn't meant.
    """
    findings = tuple(findings)
    named = [Tlp(finding.label) for finding in findings if finding.label is not None]
    strict = max((strictest(findings) or mailing_list.default_marking, *named), key=lambda label: label.level)
    return min(strict, mailing_list.ceiling, key=lambda label: label.level)


def act_on(finding: Finding, mailing_list: MailingList) -> Action:
    """What one finding means on one list: the policy's own answer, or the list's where the policy lets it choose."""
    if finding.label is not None and Tlp(finding.label).level <= mailing_list.ceiling.level:
        return "pass"
    own = _own_action(finding, mailing_list)
    match mailing_list.overrides.get(finding.code):
        case "withhold":
            return "withhold"
        case "hold" if own == "remove" or finding.code in _MAY_BE_HELD:
            return "hold"
        case "relay" if finding.code in _MAY_BE_RELAYED and not finding.rule.startswith(LIKENESS):
            return "pass"
        case _:
            return own


def _act_on_confirmed(finding: Finding, action: Action) -> Action:
    """What a finding means when its author says that the machine was wrong: a moderator's hold, for what can be wrong at all.

    A text that can't be read stays withheld, since nobody could read it; a part that can't is removed as ever.
    """
    if finding.code in _STAY_WITHHELD or (finding.code == "H1" and action != "hold"):
        return action
    return "pass" if finding.label is not None and action == "pass" else "hold"


def _own_action(finding: Finding, mailing_list: MailingList) -> Action:
    """The policy's own answer. A message whose text can't be read is no message with a part removed: nothing of it is kept."""
    if finding.code == "H1" and finding.rule != "part.nothing_readable" and finding.place != "text":
        return "hold" if mailing_list.strict else "remove"
    if finding.code == "H6" and mailing_list.photos == "relay" and finding.place.startswith("attachment "):
        return "hold" if mailing_list.strict else "remove"
    return "withhold" if finding.code in WITHHOLD_CODES or finding.code == "H1" else "hold"


def _point_to_doors(author: Member, withhold: Withhold, ruleset: Ruleset) -> Withhold:
    advice = advise(
        withhold.reasons, agency_type=author.agency_type, country=author.country, directory=ruleset.directory
    )
    return Withhold(reasons=withhold.reasons, marking=withhold.marking, channels=advice.channels)


def _unique(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))
