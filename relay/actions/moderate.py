"""Moderate held posts: who may decide, and what follows."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from relay.actions import thread
from relay.delivery.compose import CleanCopy, unpack
from relay.errors import Conflict, Invalid, NotFound
from relay.mail.address import Address
from relay.policy.channels import advise
from relay.policy.decision import Reason, is_offer
from relay.policy.mask import mask_subject, mask_text
from relay.policy.withholding import WITHHOLD_CODES, code_of
from relay.resources import Resources
from relay.roster.mailing_list import MailingList, Tlp
from relay.roster.member import Member, MemberState
from relay.store import acknowledgements, audit, corrections, held, members, memory, originals, posts, threads
from relay.store.engine import Transaction
from relay.store.vault import unseal

_CODES = ", ".join(f"{code} ({about})" for code, about in WITHHOLD_CODES.items())


def release(
    resources: Resources, reference: str, list_name: str | None, moderator: Address, now: datetime
) -> Literal["released", "waiting"]:
    """Let a held post go out to the lists that this person moderates; an offer is accepted by it.

    On a list with two-person release the first word waits for a second person's.

    Raises:
        NotFound: no such held post.
        Conflict: this person may not decide here, or has decided already; or the author is suspended or has left, so that nobody knows
            who wrote it.
    """
    person, concerned = _moderator(resources, moderator, reference, list_name, now)
    with resources.database.read() as connection:
        author = members.get(connection, concerned[0].author_id)
    if author.state not in {MemberState.ACTIVE, MemberState.DORMANT}:
        why = "is suspended: refuse it, or have them reinstated first"
        raise Conflict(
            f"the author of {reference} {why if author.state is MemberState.SUSPENDED else 'has left: refuse it'}"
        )
    two_person = any(_list(resources, one.list_name).two_person_release for one in concerned)
    node = resources.settings.relay.node
    copy = _unseal(resources, reference)
    given = thread.to_forget_of_released(resources, copy, [Tlp(one.marking) for one in concerned])

    def carry_out(transaction: Transaction) -> Literal["released", "waiting"]:
        message_id = copy.message_id
        outcomes = {
            held.release(
                transaction, node, reference, one.list_name, person, now, two_person=two_person, message_id=message_id
            )
            for one in concerned
        }
        if "waiting" in outcomes:
            return "waiting"
        if given is not None:
            memory.give_out(transaction, given)
        corrections.take_place(transaction, node, concerned[0].post_id, now)
        acknowledgements.begin(transaction, concerned[0].post_id, now)
        return "released"

    return resources.database.write(carry_out)


def refuse(
    resources: Resources, reference: str, list_name: str | None, moderator: Address, code: str, now: datetime
) -> str | None:
    """Withhold a held post for good, under a withhold code; the author gets that code's notice. Returns the code, None for an offer.

    One list's refusal withholds the message for every list that still holds it, as any withhold does. An offer from another
    region is only declined: it doesn't come to this list, and the author's own lists keep what they have.

    Args:
        resources: with database and rules.
        reference: the post's.
        list_name: whose decision; None for all of this moderator's.
        moderator: who decides.
        code: the withhold code; "" for the one that follows from what the post is held for.
        now: the time, UTC.

    Raises:
        Invalid: not a withhold code, or none follows.
        NotFound: no such held post.
        Conflict: this person may not decide here.
    """
    if code and code not in WITHHOLD_CODES:
        raise Invalid(f"“{code}” is not a withhold code: use one of {_CODES}")
    person, concerned = _moderator(resources, moderator, reference, list_name, now)
    node = resources.settings.relay.node
    if all(is_offer(one.reasons) for one in concerned):
        names = [one.list_name for one in concerned]
        resources.database.write(lambda connection: held.decline(connection, node, reference, names, person, now))
        return None
    if not (code := code or code_of(reason for one in concerned for reason in one.reasons) or ""):
        raise Invalid(f"say with --code what the author is told of {reference}: {_CODES}")
    with resources.database.read() as connection:
        author = members.get(connection, concerned[0].author_id)
    reason = Reason(code, "moderator.refused", "whole message")
    advice = advise(
        (reason,), agency_type=author.agency_type, country=author.country, directory=resources.ruleset.directory
    )
    kept = thread.to_remember_of_refused(resources, author, _unseal(resources, reference)) if code == "M1" else ()

    def carry_out(transaction: Transaction) -> None:
        held.refuse(transaction, node, reference, None, person, now, code=code, channels=advice.channels)
        memory.keep(transaction, concerned[0].post_id, kept, now)

    resources.database.write(carry_out)
    resources.database.truncate_log()  # a destroyed key must not live on in the write-ahead log
    return code


def read_held(resources: Resources, reference: str, moderator: Address, now: datetime, *, unmasked: bool) -> CleanCopy:
    """The clean copy of a held post, for a moderator who has to decide; the reading is audited, and whether it was `unmasked`.

    Masked, it has its plain text alone, and the values for which it is held are covered there and in its subject.

    Raises:
        NotFound: no such held post.
        Conflict: this person may not decide here.
    """
    person, concerned = _moderator(resources, moderator, reference, None, now)
    node = resources.settings.relay.node
    copy = _unseal(resources, reference)
    facts: audit.Facts = {"reference": reference, "moderator": person.id}
    event = "held.unmasked" if unmasked else "held.read"
    resources.database.write(lambda connection: audit.append(connection, node, now, event, facts))
    if unmasked:
        return copy
    reasons = tuple(reason for one in concerned for reason in one.reasons)
    plain = (one for one in copy.parts if one.media_type == "text/plain")
    return replace(
        copy,
        subject=mask_subject(copy.subject, reasons),
        parts=tuple(replace(one, text=mask_text(one.text, reasons)) for one in plain),
    )


def read_originals(resources: Resources, reference: str, reader: Address, now: datetime) -> tuple[bytes, ...]:
    """A post's photos as they came, for its author or a moderator of all its lists; the reading is audited.

    Raises:
        NotFound: no such post, or none of its lists keeps them, or they have been destroyed.
        Conflict: this person may not see them.
    """
    with resources.database.read() as connection:
        rows = posts.show_post(connection, reference)
        person = members.find(connection, reader)
    if person is None or not person.may_act(now.date()):
        raise Conflict(f"{reader} is not an active member")
    moderates = person.may_moderate and all(row.list_name in person.lists for row in rows)
    if person.id != rows[0].author_id and not moderates:
        raise Conflict(f"{reader} is neither the author of {reference} nor an official who moderates its lists")
    with resources.database.read() as connection:
        found = originals.load(connection, resources.keys, rows[0].post_id)
    if not found:
        raise NotFound(f"no original photos of {reference} are kept: see keep_original_photos in the list's file")
    facts: audit.Facts = {"reference": reference, "reader": person.id}
    node = resources.settings.relay.node
    resources.database.write(lambda connection: audit.append(connection, node, now, "originals.read", facts))
    return found


def _unseal(resources: Resources, reference: str) -> CleanCopy:
    with resources.database.read() as connection:
        stored = posts.load_sealed(connection, held.list_held(connection, reference)[0].post_id)
    if stored is None:
        raise NotFound(f"the content of {reference} is gone")
    return unpack(unseal(resources.keys, *stored))


def _moderator(
    resources: Resources, address: Address, reference: str, list_name: str | None, now: datetime
) -> tuple[Member, list[held.HeldPost]]:
    """The serving official who decides, and what of the post they may decide: the lists that are theirs.

    Experts, NGOs and IGOs never see held content.
    """
    with resources.database.read() as connection:
        rows = [row for row in held.list_held(connection, reference) if list_name in {None, row.list_name}]
        person = members.find(connection, address)
    if not rows:
        raise NotFound(f"{reference} is not held" + (f" for {list_name}" if list_name else ""))
    if person is None or not person.may_act(now.date()):
        raise Conflict(f"{address} is not an active member")
    if not person.may_moderate:
        raise Conflict(f"{address} is not a moderator who serves in an official agency")
    with resources.database.read() as connection:
        if threads.is_hidden(connection, rows[0].post_id):
            raise Conflict(f"{reference} is hidden, as a spill or an answer to one: see `wen-relay spills list`")
    if not (theirs := [row for row in rows if _list(resources, row.list_name).includes(person)]):
        raise Conflict(f"{address} does not moderate {rows[0].list_name}")
    return person, theirs


def _list(resources: Resources, name: str) -> MailingList:
    if (found := resources.list_named(name)) is None:
        raise NotFound(f"the list “{name}” has no definition")
    return found
