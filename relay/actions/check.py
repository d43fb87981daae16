"""Say what would happen to a message; store and send nothing (`wen-relay check`)."""

import time
from dataclasses import dataclass, replace
from datetime import datetime

from relay.actions.judge import Scanner, addressed, facts_of, judge
from relay.actions.unlock import unlock
from relay.errors import NotFound
from relay.mail.address import Address, parse_address
from relay.mail.auth_results import AuthenticationResults, Method, Proof
from relay.mail.message import Message, octets_to_text, read_message, split_header
from relay.policy.decision import Decision, Hold, Relay, Withhold
from relay.policy.post import Scan
from relay.policy.routing import PREFIX, Addressed
from relay.policy.vocabulary import patterns_of
from relay.resources import Resources
from relay.roster.mailing_list import MailingList, Tlp
from relay.roster.member import AgencyType, Member, MemberState, Role
from relay.scan.signed import read_signed
from relay.store import members


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One line of the answer: the list's address, the decision, and the milliseconds it took (scanner start excluded)."""

    list_address: str
    decision: Decision
    elapsed_ms: float

    def to_json(self, file: str) -> dict[str, object]:
        """The contract's object for this line."""
        decision = self.decision
        marking = decision.marking if isinstance(decision, Relay | Hold | Withhold) else None
        return {
            "file": file,
            "list": self.list_address,
            "decision": decision.word,
            "marking": marking.value if marking else None,
            "reasons": [
                {"code": reason.code, "rule": reason.rule, "place": reason.place} for reason in decision.reasons
            ],
            "removed": list(decision.removed) if isinstance(decision, Relay | Hold) else [],
            "channels": list(decision.channels) if isinstance(decision, Withhold) else [],
            "elapsed_ms": round(self.elapsed_ms, 1),
        }


def check(
    resources: Resources,
    scanner: Scanner,
    octets: bytes,
    *,
    sender: Address | None,
    list_address: Address | None,
    now: datetime,
) -> tuple[Checked, ...]:
    """Judge one message as the relay would now.

    Args:
        resources: settings, lists, rules.
        scanner: scans octets.
        octets: the message; bare line feeds are taken as CRLF, since files on disk have them.
        sender: judge this member's right to post too; None judges as from an entitled author, its From.
        list_address: the list; None takes the lists in To and Cc, and without any the address of routed alerts.
        now: the time of receipt.

    Raises:
        NotFound: the named list isn't one of ours.
    """
    octets = octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    resources = _taking_any_proof(resources)
    to = _addressed(resources, octets, list_address)
    patterns_of(resources.ruleset.words)  # compiled once in a process; no message's own time
    started = time.perf_counter()
    answers: list[tuple[MailingList, Decision]] = []
    if sender is not None:
        with resources.database.read() as connection:
            member = members.find(connection, sender)
        scan = scanner(_readable(_clear(resources, octets, to, member, now)), facts_of(member, now))
        answers = _decide(resources, scan, octets, (member, sender), to, now)
    else:
        octets = _clear(resources, octets, to, None, now)  # once: below it is judged for each list alone
        message = read_message(split_header(octets))
        with resources.database.read() as connection:
            known = members.find(connection, message.author.address) if message.author else None
        scan = scanner(_readable(octets), facts_of(known, now))
        for one in (*to.lists, *([_alerts(resources)] if to.alerts else [])):
            author = _entitled(scan.message, known, one)
            only = Addressed(lists=(replace(one, second_proof=frozenset()),))  # who is entitled has signed
            answers += _decide(resources, scan, octets, (author, author.address), only, now)
    elapsed = (time.perf_counter() - started) * 1000
    strictest = next((decision for _, decision in answers if isinstance(decision, Withhold)), None)
    return tuple(
        Checked(
            list_address=str(one.address),
            decision=strictest if strictest and isinstance(decision, Relay | Hold) else decision,
            elapsed_ms=elapsed,
        )
        for one, decision in answers
    )


def _clear(resources: Resources, octets: bytes, to: Addressed, author: Member | None, now: datetime) -> bytes:
    """The message as it is judged: opened, where it was encrypted for one of these lists."""
    opened = unlock(resources, octets, split_header(octets), to.lists, author, now)
    return opened.octets if opened else octets


def _readable(octets: bytes) -> bytes:
    return read_signed(octets, split_header(octets)).readable


def _taking_any_proof(resources: Resources) -> Resources:
    """The same lists, whichever proof each wants: how a message comes isn't asked here, so it comes as they want it."""
    lists = {name: replace(one, proofs=frozenset(Proof)) for name, one in resources.known_lists.items()}
    return replace(resources, known_lists=lists)


def _decide(
    resources: Resources,
    scan: Scan,
    octets: bytes,
    author: tuple[Member | None, Address],
    to: Addressed,
    now: datetime,
) -> list[tuple[MailingList, Decision]]:
    member, address = author
    proof = AuthenticationResults(method=Method.AUTH, address=address)
    judgement = judge(resources, lambda *_: scan, octets, author=member, authentication=proof, to=to, now=now)
    return list(zip(judgement.lists, (decision for _, decision in judgement.decisions), strict=True))


def _addressed(resources: Resources, octets: bytes, named: Address | None) -> Addressed:
    if named is not None:
        found = addressed(resources, [named])
        if not found.lists and not found.alerts:
            raise NotFound(f"“{named}” is not an active list here: see `wen-relay lists show`")
        return found
    header = split_header(octets)
    words = " ".join(octets_to_text(body, "utf-8")[0] for name in ("to", "cc") for body in header.all(name))
    addresses = (parse_address(word) for word in words.replace("<", " ").replace(">", " ").replace(",", " ").split())
    found = addressed(resources, filter(None, addresses))
    return found if found.lists or found.alerts else addressed(resources, [_alerts(resources).address])


def _alerts(resources: Resources) -> MailingList:
    """The address of routed alerts, judged with the policy's defaults."""
    domain = resources.settings.relay.domain
    return MailingList(
        name="alerts",
        title="Alerts",
        address=Address(local="alerts", domain=domain),
        list_id=f"alerts.{domain}",
        tag=PREFIX,
        active=True,
        languages=(),
        countries=frozenset(),
        roles=frozenset(Role),
        agency_types=frozenset(AgencyType),
        ceiling=Tlp.GREEN,
        default_marking=Tlp.GREEN,
        require_marking=False,
        strict=False,
        community="",
        author_from="list",
        reply_to="author",
        footer="",
        integrity_contact="",
    )


def _entitled(message: Message | None, known: Member | None, mailing_list: MailingList) -> Member:
    """An author with every right on this list: the member behind From where there is one, for the right doors.

    An unknown author counts as a CITES authority's officer, whose doors ask for no access that they may not have.
    """
    allowed = mailing_list.agency_types
    wished = known.agency_type if known else AgencyType.CITES
    return Member(
        id=known.id if known else "",
        address=message.author.address
        if message and message.author
        else Address(local="author", domain="unknown.example"),
        name=known.name if known else "",
        agency=known.agency if known else "",
        agency_type=wished if wished in allowed or not allowed else min(allowed),
        country=known.country if known else "",
        language=known.language if known else "en",
        roles=mailing_list.roles,
        state=MemberState.ACTIVE,
        lists=frozenset({mailing_list.name}),
    )
