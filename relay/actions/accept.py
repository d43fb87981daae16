"""Accept a post: judge it in memory, write it down in one transaction, and only then answer 250.

A withheld post's octets and texts exist in this function's memory alone; what is recorded of it is the reference, the
time, the size, the sender, the lists, the reasons and keyed hashes.
"""

import secrets
from binascii import a2b_base64
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from relay.actions.acknowledge import take_answer
from relay.actions.budget import Whose, over_budget
from relay.actions.identity import identity_of, keyed
from relay.actions.judge import Author, Judgement, Scanner, addressed, judge
from relay.actions.thread import to_forget, to_remember, what_it_answers
from relay.delivery.compose import CleanCopy, pack
from relay.delivery.delivery import Kind
from relay.errors import RelayError
from relay.mail.envelope import Client, Envelope
from relay.mail.reply import NO_SUCH_ADDRESS, OVER_QUOTA, REFUSED, TAKEN, Reply, accepted
from relay.maillog import note
from relay.policy.decision import Decision, Discard, Hold, Refuse, Relay, Withhold
from relay.policy.post import Scan
from relay.policy.routing import Addressed
from relay.policy.second_proof import is_unsigned
from relay.policy.wanted import hours_for_acknowledgement
from relay.resources import Resources
from relay.roster.member import Member
from relay.scan.walker import decode_body
from relay.senders.dmarc import publishes_none
from relay.store import letters, originals, posts, turned_away
from relay.store.engine import Transaction
from relay.store.vault import seal

CLOCKS_DIFFER = timedelta(days=1)  # a Date further ahead is nobody's: it would stand above all later mail


def accept(
    resources: Resources,
    scanner: Scanner,
    author: Author,
    envelope: Envelope,
    client: Client,
    octets: bytes,
    now: datetime,
) -> Reply:
    """Judge, record and answer one message.

    Raises:
        Unavailable: the database or a scanner can't serve; nothing was accepted.
    """
    to, member = addressed(resources, envelope.rcpt_to), author.member
    domain_allows = _domain_allows(resources, to, author)
    judgement = judge(resources, scanner, octets, author=member, authentication=author.proof, to=to, now=now)
    judgement = replace(judgement, author_domain_allows=domain_allows)
    if not judgement.lists:
        return NO_SUCH_ADDRESS
    if (whole := refused_or_discarded(judgement) or unsigned(judgement)) is not None:
        return _turn_away(resources, whole, member, client, now)
    if take_answer(resources, member, judgement, now):
        return TAKEN
    post = to_record(resources, judgement, member, to.tag, client, octets, now)
    if whose := over_budget(resources, post):
        return _put_off(resources, whose, member, client, now)
    return _record(resources, post, in_vain=judgement.correction.in_vain)


def _turn_away(resources: Resources, whole: Refuse | Discard, author: Member, client: Client, now: datetime) -> Reply:
    """Write down that nothing was taken, and answer."""
    node = resources.settings.relay.node
    resources.database.write(
        lambda connection: turned_away.record_refusal(connection, node, author.id, client.ip, whole, now)
    )
    event = "post.discarded" if isinstance(whole, Discard) else "post.refused"
    codes, rules = [reason.code for reason in whole.reasons], [reason.rule for reason in whole.reasons]
    note(event, author=author.id, codes=codes, rules=rules)
    return TAKEN if isinstance(whole, Discard) else whole.reply


def _put_off(resources: Resources, whose: Whose, author: Member, client: Client, now: datetime) -> Reply:
    """Write down that a limit was reached, and have the message sent again later."""
    node = resources.settings.relay.node
    note("post.over_limit", author=author.id, limit=whose)
    resources.database.write(
        lambda connection: turned_away.record_over_limit(connection, node, author.id, client.ip, whose, now)
    )
    return OVER_QUOTA


def to_record(
    resources: Resources,
    judgement: Judgement,
    author: Member,
    prefix: str,
    client: Client,
    octets: bytes,
    now: datetime,
) -> posts.Accepted:
    """What will be written down of a judged message; its clean copy sealed, where one may be kept at all."""
    taken = tuple((name, decision) for name, decision in judgement.decisions if not isinstance(decision, Refuse))
    kept = judgement.scan if _may_be_kept(dict(taken)) else None
    uid = secrets.token_hex(16)
    by_name = {one.name: one for one in judgement.lists}
    wanted = kept is not None and any(by_name[name].keep_original_photos for name, _ in taken)
    kept_originals = originals.pack(_originals(judgement.scan, judgement.octets)) if wanted else b""
    waits = resources.settings.retention.held
    identity = identity_of(author, judgement.scan, octets)
    duplicate_keys = keyed(resources.keys.duplicate, identity, ",".join(sorted(by_name)))
    return posts.Accepted(
        uid=uid,
        received_at=now,
        author_id=author.id,
        size_octets=len(octets),
        message_id=kept.message.message_id if kept and kept.message else None,
        duplicate_keys=duplicate_keys,
        content_key=keyed(resources.keys.duplicate[:1], identity, "")[0] if kept else None,
        prefix=prefix,
        decisions=taken,
        sealed=seal(resources.keys, uid, pack(_clean_copy(judgement, author, now)), kept_originals) if kept else None,
        held_until={
            name: by_name[name].working_time_after(now, waits) for name, decision in taken if isinstance(decision, Hold)
        },
        client_ip=client.ip,
        receipt=author.receipts,
        proof=judgement.proofs,
        remembered=to_remember(resources, author, judgement.scan, judgement.lists, taken),
        given=to_forget(resources, judgement.recalled, taken),
        answered=what_it_answers(resources, judgement.scan) if kept else None,
        corrects=judgement.correction.of.post_id if judgement.correction.of else None,
        ack_hours=ack_hours(judgement) if kept else 0,
    )


def _record(resources: Resources, post: posts.Accepted, *, in_vain: bool) -> Reply:
    """Commit, and only then answer. Who corrects in vain is told so when the post is kept: the line is a part of it, and isn't repeated."""
    node = resources.settings.relay.node

    def write(connection: Transaction) -> posts.Recorded:
        recorded = posts.record(connection, node, post)
        if in_vain and post.sealed and not recorded.repeated:
            told = [{"word": "CORRECTS", "about": recorded.reference, "outcome": "unknown"}]
            letters.write(
                connection, post.author_id, Kind.ANSWER, post.decisions[0][0], {"answers": told}, post.received_at
            )
        return recorded

    with resources.measures.timed("stage_seconds", "commit"):
        recorded = resources.database.write(write)
    if recorded.repeated:
        note("post.repeated", reference=recorded.reference, author=post.author_id)
    else:
        for code in {
            one.code for _, decision in post.decisions if isinstance(decision, Withhold) for one in decision.reasons
        }:
            resources.measures.count("withheld", code)
        words = [decision.word for _, decision in post.decisions]
        names = [name for name, _ in post.decisions]
        note("post.decided", reference=recorded.reference, author=post.author_id, lists=names, decisions=words)
    return accepted(recorded.reference)


def refused_or_discarded(judgement: Judgement) -> Refuse | Discard | None:
    """The one decision when no list took the message; None when at least one did."""
    negative = [decision for _, decision in judgement.decisions if isinstance(decision, Refuse | Discard)]
    if len(negative) < len(judgement.decisions):
        return None
    return next(
        (decision for decision in negative if isinstance(decision, Discard)),
        negative[0] if negative else Refuse(reasons=(), reply=REFUSED),
    )


def unsigned(judgement: Judgement) -> Refuse | None:
    """The refusal of a list that wants a signature: it holds for the whole message, or its author would not hear of it."""
    refusals = (decision for _, decision in judgement.decisions if isinstance(decision, Refuse))
    return next(filter(is_unsigned, refusals), None)


def _may_be_kept(decisions: Mapping[str, Decision]) -> bool:
    """Whether a clean copy may be written: something goes out or waits for a moderator, and nothing is withheld."""
    kinds = decisions.values()
    return any(isinstance(one, Relay | Hold) for one in kinds) and not any(isinstance(one, Withhold) for one in kinds)


def _domain_allows(resources: Resources, to: Addressed, author: Author) -> bool:
    """Whether copies may show the author in From: their domain is known to publish no DMARC policy.

    It is asked about now, since what its name servers take for an answer may delay its own author, never what waits to be
    delivered; before the post is read, of every post that might go to a list that shows authors, so that neither the questions
    nor the time to the reply tell what was decided; and not for a post that nobody has proved yet (`challenge`), since a
    stranger could measure how long that takes.
    """
    routed = (one for one in resources.lists.values() if to.alerts and one.alerts)
    if not any(one.author_from == "author" for one in (*to.lists, *routed)):
        return False
    try:
        with resources.enquiries.of_one_message() as lookup:
            return publishes_none(author.proof.address.domain, lookup)
    except RelayError:
        return False


def _clean_copy(judgement: Judgement, author: Member, now: datetime) -> CleanCopy:
    """The clean copy: allow-listed header facts and the parts that were scanned; nothing else of the message.

    One that corrects what has gone out answers that where members may have it, so that mail programs show it below.
    """
    scan, message = judgement.scan, judgement.scan.message
    corrected = judgement.correction.of if judgement.correction.of and judgement.correction.of.lists else None
    date = message.date if message else None
    return CleanCopy(
        author_name=author.name,
        author_address=author.address,
        subject=message.subject if message else "",
        message_id=message.message_id if message else None,
        date=date if date and date <= now + CLOCKS_DIFFER else now,
        references=tuple(message.references) if message else (),
        corrects=corrected.reference if corrected else "",
        corrects_id=(corrected.message_id or "") if corrected else "",
        corrects_on=corrected.lists if corrected else (),
        ack_hours=ack_hours(judgement),
        parts=scan.parts,
        images=tuple(image.octets for image in scan.images),
        image_places=tuple(image.place for image in scan.images),
        documents=scan.documents,
        author_domain_allows=judgement.author_domain_allows,
    )


def ack_hours(judgement: Judgement) -> int:
    """Within how many hours the message asks to be acknowledged; 0 when it doesn't."""
    message = judgement.scan.message
    return hours_for_acknowledgement(message.subject, answers=bool(message.references)) if message else 0


def _originals(scan: Scan, octets: bytes) -> Iterator[bytes]:
    """The photos as they came. Their transfer encoding is undone here, from where they lie; nothing opens them."""
    for image in scan.images:
        if image.encoding != "base64":
            yield decode_body(octets[image.start : image.end], image.encoding)[0]
            continue
        try:
            yield a2b_base64(memoryview(octets)[image.start : image.end])
        except ValueError:  # a scanner that lies about the place
            yield b""
