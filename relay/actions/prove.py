"""Who wrote a message that came without a login: what a trusted gateway has found, or what we find out ourselves.

A gateway is a mail server within `[smtp] trusted_gateways`, for which `authserv_id` is the name; of what it hands over, it is believed
and nobody else. From all other servers what the lists want to know is found out (`relay.senders`), before a scanner is spent on the
message and before anybody is looked up: so the same is done for members and strangers. Under way there is TLS, except on loopback.

MAIL FROM must be the author's address, as it must under a login: a person's own server sends under it, and a bounce
address or the null one says that a machine, a forwarder or another list sent this.
"""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from relay.actions.admit import FROM_SERVERS, admit, is_gateway, proofs_for
from relay.actions.certify import still_stands_for
from relay.actions.judge import Author
from relay.mail.auth_results import AuthenticationResults, Method, Proof, is_disproved_by_gateway, proof_by_gateway
from relay.mail.envelope import Client, Envelope
from relay.mail.message import read_message, split_header
from relay.mail.reply import REFUSED, Reply
from relay.maillog import note
from relay.policy.author import NOT_AUTHENTICATED, PROOF_NOT_ENOUGH, judge_proof
from relay.policy.decision import Reason, Refuse
from relay.policy.membership import NOT_ENTITLED
from relay.policy.routing import takes_alerts_of
from relay.resources import Resources
from relay.roster.destination import Purpose
from relay.roster.member import Member
from relay.senders.evidence import NOTHING, Claim, Evidence, gather
from relay.senders.lookup import Lookup
from relay.store import credentials, members, turned_away
from relay.store.engine import Transaction

Enquiry = Callable[[Client], AbstractContextManager[Lookup]]
"""Begins one message's questions to the DNS; raises Busy when they are too many, in all or of this client."""


def prove(
    resources: Resources, enquire: Enquiry, envelope: Envelope, client: Client, octets: bytes, now: datetime
) -> AuthenticationResults | Evidence:
    """The proof that a message brings with it, or what there is instead of one.

    Raises:
        Busy: too many others are asked about.
        DnsError: the DNS doesn't answer, and it depends on that.
    """
    destinations = [one for one in map(resources.destination, envelope.rcpt_to) if one is not None]
    wanted = frozenset[Proof]().union(*(proofs_for(resources, one) for one in destinations))
    by_gateway = is_gateway(resources.settings, client)
    if not wanted or (FROM_SERVERS.isdisjoint(wanted) and not by_gateway):
        return NOTHING  # also for an address that asks for no author: nothing is spent on its mail
    with nullcontext() if by_gateway else enquire(client) as lookup:
        header = split_header(octets)
        author = read_message(header).author
        if author is None or author.address != envelope.mail_from:
            return Evidence(method=None, refused=True, faults=("author.not_mail_from",))
        address = author.address
        if lookup is None:
            name = resources.settings.smtp.authserv_id
            method = proof_by_gateway(header, name, address)
            if method:
                return _unless_asked(AuthenticationResults(method=method, address=address, by_gateway=True), wanted)
            return Evidence(method=None, refused=is_disproved_by_gateway(header, name, address))
        claim = Claim(octets=octets, header=header, author=address, client=client, recipients=envelope.rcpt_to)
        evidence = gather(claim, wanted, lookup, now)
    if evidence.method is None:
        return evidence
    return _unless_asked(AuthenticationResults(method=evidence.method, address=address), wanted)


def _unless_asked(proof: AuthenticationResults, wanted: Collection[Proof]) -> AuthenticationResults | Evidence:
    """A proof; where the lists take none of its kind but the word of the author's mailbox, it is none, and the author is asked."""
    return NOTHING if Proof.CHALLENGE in wanted and not proof.is_enough_for(wanted) else proof


def refuse_unproven(resources: Resources, client: Client, evidence: Evidence, now: datetime) -> Reply:
    """Refuse a message that came without proof; the audit log has the client's address, and what was missing.

    Raises:
        Unavailable: the database can't serve.
    """
    reasons = [*NOT_AUTHENTICATED.reasons, *(Reason("R2", fault, "header") for fault in evidence.faults)]
    if evidence.forwarder:
        reasons.append(Reason("R2", "arc.pass", evidence.forwarder))
    _note_refusal(resources, None, client, Refuse(reasons=tuple(reasons), reply=REFUSED), now)
    return REFUSED


def find_author(
    resources: Resources, envelope: Envelope, client: Client, authentication: AuthenticationResults, now: datetime
) -> Author | Reply:
    """The proven author as the database knows them now; or the refusal of one who may not write to all the recipients.

    Recipients were taken at RCPT by what was known at the login, those of a gateway without knowing for whom. Stranger,
    member without proof, member of another list and member whose proof isn't enough for it are refused in the same words.

    Raises:
        Unavailable: the database can't serve.
    """
    with resources.database.read() as connection:
        revoked = _is_revoked(connection, authentication)
        member = None if revoked else members.find(connection, authentication.address)
    proven = member is not None and (
        authentication.method is not Method.CERTIFICATE or still_stands_for(resources, client.certificate, member, now)
    )
    refusal = NOT_ENTITLED if proven or member is None else NOT_AUTHENTICATED
    if member is not None and proven and may_write(resources, envelope, client, member, now):
        if _is_proof_enough(resources, envelope, member, authentication):
            return Author(member=member, proof=authentication)
        refusal = PROOF_NOT_ENOUGH
    _note_refusal(resources, member, client, refusal, now)
    return NOT_ENTITLED.reply if authentication.method is Method.AUTH else REFUSED


def _is_revoked(connection: Transaction, authentication: AuthenticationResults) -> bool:
    """Whether the password of this login has been revoked since, or replaced: that holds for open sessions' next message."""
    return bool(authentication.password_id) and credentials.owner_of(connection, authentication.password_id) is None


def _is_proof_enough(
    resources: Resources, envelope: Envelope, author: Member, authentication: AuthenticationResults
) -> bool:
    """Whether every list that the message concerns takes this kind of proof.

    Those are the lists that are addressed, also by their -request and -owner addresses, and for routed alerts those that
    get them directly; at the practice address the verdict leaves the others out.
    """
    for one in filter(None, map(resources.destination, envelope.rcpt_to)):
        of_list = (one.mailing_list,) if one.mailing_list else ()
        lists = takes_alerts_of(author, resources.lists.values()) if one.purpose is Purpose.ALERTS else of_list
        if any(judge_proof(authentication, each) for each in lists):
            return False
    return True


def may_write(resources: Resources, envelope: Envelope, client: Client, author: Member, now: datetime) -> bool:
    """Whether each recipient would have been taken from this member at RCPT."""
    recipients = envelope.rcpt_to
    return all(
        admit(resources, one, author, client, envelope.mail_from, recipients[:place], now) is None
        for place, one in enumerate(recipients)
    )


def _note_refusal(resources: Resources, author: Member | None, client: Client, refusal: Refuse, now: datetime) -> None:
    """Write a refusal into the audit log and the log."""
    node, author_id = resources.settings.relay.node, author.id if author else None
    resources.database.write(
        lambda connection: turned_away.record_refusal(connection, node, author_id, client.ip, refusal, now)
    )
    reasons: tuple[Reason, ...] = refusal.reasons
    note(
        "post.refused",
        author=author_id,
        ip=client.ip,
        codes=[reason.code for reason in reasons],
        rules=[reason.rule for reason in reasons],
    )
