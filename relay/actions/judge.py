"""Judge octets as a post: what accepting, checking and the demo have in common. Reads, never writes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic

from relay.actions.correct import Correction, take_correction
from relay.actions.countersign import find_signature
from relay.actions.thread import Recalled, found_hidden, is_anything_kept, recall, take_confirmation
from relay.actions.unlock import signature_inside, unlock
from relay.detectors.facts import Facts
from relay.mail.address import Address
from relay.mail.auth_results import AuthenticationResults
from relay.mail.message import HeaderSection, Message, named_senders, read_message, split_header
from relay.mail.signature import SignatureResult
from relay.policy.decide import decide
from relay.policy.decision import Decision
from relay.policy.marking import MarkingWords, find_markings
from relay.policy.post import Post, Progress, Scan, View
from relay.policy.routing import PREFIX, Addressed, Route, route
from relay.resources import Resources
from relay.roster.destination import Purpose
from relay.roster.mailing_list import MailingList
from relay.roster.member import Member
from relay.scan.signed import read_signed
from relay.store import members

Scanner = Callable[[bytes, Facts], Scan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote a message: the member, as the database knows them now, and the proof by which they are known."""

    member: Member
    proof: AuthenticationResults


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was found and decided for one message: (list name, decision) in the order of `lists`, the addressed before the routed.

    `authentication` is the proof by which its author was known; None when there was none. `recalled` is what thread memory said.
    `correction` tells which post it takes the place of, if any. `octets` are what was scanned; `signature` is what became of its signature, where one was wanted.
    `author_domain_allows` is whether copies may show the author in From, for all that the author's domain says.
    """

    authentication: AuthenticationResults | None
    scan: Scan
    lists: tuple[MailingList, ...]
    decisions: tuple[tuple[str, Decision], ...]
    recalled: Recalled | None = None
    octets: bytes = field(default=b"", repr=False)
    signature: SignatureResult | None = None
    correction: Correction = field(default_factory=Correction)
    author_domain_allows: bool = False

    @property
    def proofs(self) -> str:
        """By what the author is known, as the record has it: `auth`, or `auth, smime` where a signature was wanted."""
        first = [self.authentication.record] if self.authentication else []
        second = [str(self.signature.method)] if self.signature and self.signature.passed else []
        return ", ".join(first + second)


def addressed(resources: Resources, recipients: Iterable[Address]) -> Addressed:
    """The active lists among the recipients, in their order, each once; and whether routed alerts' address is among them."""
    found = [one for address in recipients if (one := resources.destination(address)) and not one.stands_alone]
    lists = {one.mailing_list.name: one.mailing_list for one in found if one.mailing_list is not None}
    tags = [one.mailing_list.tag if one.mailing_list else PREFIX for one in found]
    return Addressed(
        lists=tuple(lists.values()),
        alerts=any(one.purpose is Purpose.ALERTS for one in found),
        tag=next(iter(tags), ""),
    )


def judge(
    resources: Resources,
    scanner: Scanner,
    octets: bytes,
    *,
    author: Member | None,
    authentication: AuthenticationResults | None,
    to: Addressed,
    now: datetime,
) -> Judgement:
    """Scan the octets, find the lists they concern, and decide for each.

    Raises:
        Unavailable: the database or a scanner can't serve.
    """
    header = split_header(octets)
    opened = unlock(resources, octets, header, to.lists, author, now)
    clear = opened.octets if opened else octets
    signed = read_signed(clear, split_header(clear) if opened else header)
    if signed.readable is not octets:
        header = split_header(signed.readable)
    scan = scanner(signed.readable, facts_of(author, now))
    began = monotonic()
    scan = with_own_facts(scan, read_message(header), resources.ruleset.words)
    scan, confirmed = take_confirmation(resources, author, scan)
    scan, correction = take_correction(resources, author, authentication, scan)
    way = route(to, author, scan, resources.lists.values()) if author else Route(lists=to.lists)
    recalled = None
    if is_anything_kept(resources):
        recalled = recall(resources, author, scan, way.lists)
        inherited = recalled.findings if recalled else ()
        hidden = found_hidden(resources, author, scan, octets)
        scan = replace(scan, findings=(*scan.findings, *inherited, *hidden))
    signature = find_signature(resources, signed, author, way.lists, now, signature_inside(opened, now))
    post = Post(
        author=author,
        authentication=authentication,
        lists=way.lists,
        offers=way.offers,
        scan=scan,
        on=now.date(),
        names_another=_names_another(resources, author, header),
        confirmed=confirmed,
        signature=signature,
    )
    decisions = decide(post, resources.ruleset)
    resources.measures.time("stage_seconds", monotonic() - began, "decide")
    return Judgement(
        authentication=authentication,
        scan=scan,
        lists=way.lists,
        decisions=decisions,
        recalled=recalled,
        octets=signed.readable,
        signature=signature,
        correction=correction,
    )


def facts_of(author: Member | None, now: datetime) -> Facts:
    """What a scanner is told beside a message."""
    if author is None:
        return Facts(on=now.date())
    return Facts(on=now.date(), names=(author.name,), addresses=(str(author.address), author.address.in_letters))


def _names_another(resources: Resources, author: Member | None, header: HeaderSection) -> bool:
    """Whether Sender or a Resent field names another member; any other address there is only left out of the copies."""
    others = named_senders(header) - ({author.address} if author else set())
    if not others:
        return False
    with resources.database.read() as connection:
        return any(members.find(connection, one) for one in others)


def with_own_facts(scan: Scan, message: Message, words: MarkingWords) -> Scan:
    """Put the message's facts, as this process reads them, in the place of the scanner's.

    Who speaks is decided from the header section, and a scanner has opened hostile octets: one that was taken over could
    report another author or an unmarked subject. The header section is bounded and read by our own pure functions, so it is
    read here once more, the subject's markings with it; a scanner that says otherwise has not finished.
    """
    found = find_markings(View(text=message.subject, place="subject"), words)
    honest = scan.message in {None, message}
    return replace(
        scan,
        progress=scan.progress if honest else Progress.NOTHING,
        message=message,
        findings=tuple(dict.fromkeys((*scan.findings, *found))),
    )
