"""Thread memory around a judgement: what a message is asked of it before, and what is remembered or forgotten behind it."""

import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import partial

from relay.actions.identity import identity_of, keyed
from relay.delivery.above import acknowledgement_lines, correction_line
from relay.delivery.compose import CleanCopy, footer, unpack
from relay.delivery.digest import highest_of_several
from relay.mail.address import Address
from relay.mail.message import Message
from relay.policy import answered
from relay.policy.answered import Answered, Same
from relay.policy.decision import Decision, Relay, Withhold
from relay.policy.first_line import CONFIRMATION, read_first_line, without_first_line
from relay.policy.post import CleanImage, Finding, Progress, Scan, plain_text
from relay.policy.repeated import everything, memories_of_spill
from relay.policy.shingle import DIGEST_OCTETS, every_shingle
from relay.policy.thread import (
    MARKING,
    Given,
    Keyed,
    Memory,
    Recollection,
    Said,
    given_out,
    inherited,
    memories,
    memories_of_refused,
    what_is_said,
    without_signatures,
)
from relay.resources import Resources
from relay.roster.mailing_list import MailingList, Tlp
from relay.roster.member import Member
from relay.store import memory, posts, spills, threads
from relay.store.vault import SealError, unseal


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What memory said to a message, and the findings that the message inherits."""

    said: Said
    found: tuple[Recollection, ...]
    findings: tuple[Finding, ...]


def take_confirmation(resources: Resources, author: Member | None, scan: Scan) -> tuple[Scan, bool]:
    """The scan without the line that confirms a withheld post of the author's, and whether there was one.

    A line that names anything else is text like any other.
    """
    reference = read_first_line(scan.parts, CONFIRMATION)
    if reference is None or author is None:
        return scan, False
    with resources.database.read() as connection:
        if not memory.is_withheld(connection, reference, author.id):
            return scan, False
    return replace(scan, parts=without_first_line(scan.parts, CONFIRMATION)), True


def is_anything_kept(resources: Resources) -> bool:
    """Whether a message can inherit anything, or be hidden: mostly nothing is remembered and nothing hidden, and then there is nothing to ask."""
    with resources.database.read() as connection:
        return memory.is_anything_kept(connection)


def recall(resources: Resources, author: Member | None, scan: Scan, lists: Iterable[MailingList]) -> Recalled | None:
    """Ask what a message inherits from withheld posts; None when nothing is remembered."""
    with resources.database.read() as connection:
        if memory.is_empty(connection):
            return None
    message, keys = scan.message, _keys(resources)
    said = what_is_said(scan.parts, message.message_id if message else None, _answered(scan), keys)
    author_id = author.id if author else None
    with resources.database.read() as connection:
        found = memory.recall(connection, said.hashes, author_id)
    if not found:
        return None
    repeats = any(one.memory.hash in said.places for one in found)
    public = _public(resources, author_id or "", _answered(scan), lists) if repeats else frozenset()
    return Recalled(said=said, found=found, findings=inherited(found, said, keys, public))


def what_it_answers(resources: Resources, scan: Scan) -> Answered:
    """The posts that a message names as those it answers or quotes."""
    return answered.what_it_answers(_answered(scan), scan.parts, resources.settings.relay.domain)


def found_hidden(resources: Resources, author: Member | None, scan: Scan, octets: bytes) -> tuple[Finding, ...]:
    """The findings of a message that answers or quotes what should not have gone out, or is that sent again.

    While it is only reported, a moderator decides; once it is confirmed, it is as if it bore a marking above every ceiling.
    """
    identity = identity_of(author, scan, octets) if author else b""
    content_keys = keyed(resources.keys.duplicate, identity, "") if author else ()
    return hidden_by_keys(resources, author, scan, content_keys)


def hidden_by_keys(
    resources: Resources, author: Member | None, scan: Scan, content_keys: tuple[bytes, ...]
) -> tuple[Finding, ...]:
    """`found_hidden` of a message of which the keyed hashes are known, and the octets are gone."""
    with resources.database.read() as connection:
        if not threads.is_any_hidden(connection):
            return ()
    message_id = scan.message.message_id if scan.message else None
    same = Same(message_id=message_id, content_keys=content_keys)
    subject = scan.message.subject if scan.message else ""
    files = (*(image.octets for image in scan.images), *(one.octets for one in scan.documents))
    own = everything(author.id if author else "", subject, scan.parts, files)
    ids = (own, message_id.encode()) if message_id else (own,)
    hashes = [hashed(one) for hashed in _keys(resources) for one in ids]
    with resources.database.read() as connection:
        by_answer = threads.hidden_among(connection, what_it_answers(resources, scan), Same())
        as_same = threads.hidden_among(connection, Answered(), same)
        again = "confirmed" if memory.is_of_spill(connection, hashes) else as_same
    found = ((by_answer, "header references"), (again, "whole message"))
    return tuple(_as_finding(hidden, place) for hidden, place in found if hidden)


def _as_finding(hidden: threads.Hidden, place: str) -> Finding:
    code, rule = ("M1", MARKING) if hidden == "confirmed" else ("H2", "thread.reported")
    return Finding(code=code, rule=rule, place=place)


def to_remember_of_spill(resources: Resources, post_ids: Iterable[int]) -> dict[int, tuple[Memory, ...]]:
    """What is remembered of hidden posts that are about to be destroyed, by their ids; nothing of one that can't be opened."""
    kept: dict[int, tuple[Memory, ...]] = {}
    for post_id in post_ids:
        with resources.database.read() as connection:
            stored = posts.load_sealed(connection, post_id, hidden=True)
            author_id = spills.author_of(connection, post_id)
        try:
            copy = unpack(unseal(resources.keys, *stored)) if stored else None
        except SealError:
            continue
        if copy is not None:
            public = _public(resources, author_id, copy.references, ())
            newest, files = _keys(resources)[0], (*copy.images, *(one.octets for one in copy.documents))
            own = everything(author_id, copy.subject, copy.parts, files)
            kept[post_id] = memories_of_spill(copy.parts, copy.message_id, own, public, newest)
    return kept


def to_remember(
    resources: Resources,
    author: Member,
    scan: Scan,
    lists: Iterable[MailingList],
    decisions: Iterable[tuple[str, Decision]],
) -> tuple[Memory, ...]:
    """What is remembered of a message, if it is withheld."""
    reasons = tuple(
        reason for _, decision in decisions if isinstance(decision, Withhold) for reason in decision.reasons
    )
    if not reasons:
        return ()
    return memories(scan, reasons, _public(resources, author.id, _answered(scan), lists), _keys(resources)[0])


def to_forget(
    resources: Resources, recalled: Recalled | None, decisions: Iterable[tuple[str, Decision]]
) -> Given | None:
    """What is forgotten of other posts when a message goes out."""
    if recalled is None:
        return None
    markings = [decision.marking for _, decision in decisions if isinstance(decision, Relay)]
    return given_out(recalled.found, recalled.said, _keys(resources), markings)


def scan_of(copy: CleanCopy) -> Scan:
    """What is kept of a message, as thread memory asks for it: its words, its files and what it answers. What was found in it is gone."""
    message = Message(
        author=None,
        subject=copy.subject,
        message_id=copy.message_id,
        date=copy.date,
        references=copy.references,
        automatic=False,
        list_ids=(),
        hops=0,
        defects=(),
    )
    images = (CleanImage(octets=one, place="", start=0, end=0, encoding="") for one in copy.images)
    return Scan(
        progress=Progress.COMPLETE,
        message=message,
        parts=copy.parts,
        images=tuple(images),
        documents=copy.documents,
    )


def to_remember_of_refused(resources: Resources, author: Member, copy: CleanCopy) -> tuple[Memory, ...]:
    """What is remembered of a held post that a moderator withholds for its marking."""
    public = _public(resources, author.id, copy.references, ())
    return memories_of_refused(copy.parts, copy.message_id, public, _keys(resources)[0])


def to_forget_of_released(resources: Resources, copy: CleanCopy, markings: Iterable[Tlp]) -> Given | None:
    """What is forgotten when a moderator lets a held post go out."""
    keys = _keys(resources)
    said = what_is_said(copy.parts, copy.message_id, (), keys)
    with resources.database.read() as connection:
        found = memory.recall(connection, said.hashes, None)
    return given_out(found, said, keys, markings)


def _keys(resources: Resources) -> tuple[Keyed, ...]:
    """The hashes under the newest key and the one before, which is the one that recognises what is sent again."""
    return tuple(partial(_keyed, key) for key in resources.keys.duplicate)


def _keyed(key: bytes, octets: bytes) -> bytes:
    return hmac.digest(key, b"thread\n" + octets, "sha256")[:DIGEST_OCTETS]


def _answered(scan: Scan) -> tuple[str, ...]:
    return scan.message.references if scan.message else ()


def _public(
    resources: Resources, author_id: str, references: Collection[str], lists: Iterable[MailingList]
) -> frozenset[bytes]:
    """The shingles of what members have had already: what a message answers, what its author writes below every post, our frames."""
    nobody = Address(local="x", domain=resources.settings.relay.domain)
    texts = [
        "\n".join(
            (
                highest_of_several(catalogue),
                *correction_line("-", catalogue),
                *acknowledgement_lines(resources.now(), "-", nobody, catalogue),
            )
        )
        for catalogue in resources.catalogues.values()
    ]
    texts += [
        "\n".join(footer(one, marking, "", catalogue))
        for one in lists
        for catalogue in resources.catalogues.values()
        for marking in Tlp
        if marking.level <= one.ceiling.level
    ]
    with resources.database.read() as connection:
        found = memory.gone_out(connection, author_id, references)
        stored = [one for post_id in found if (one := posts.load_sealed(connection, post_id))]
    for one in stored:
        try:
            texts.append(plain_text(unpack(unseal(resources.keys, *one)).parts))
        except SealError:
            continue
    return every_shingle(map(without_signatures, texts))
