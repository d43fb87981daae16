"""A digest right before it is sent: what of it may still go, and its message, made once for all who get the same."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from relay.delivery.compose import unpack
from relay.delivery.delivery import Delivery
from relay.delivery.digest import Digest, Entry, compose_digest, make_entry
from relay.errors import Unavailable
from relay.maillog import note
from relay.policy.decision import Relay
from relay.resources import Resources
from relay.roster.mailing_list import MailingList, Tlp
from relay.store import acknowledgements, digests, posts
from relay.store.last_look import Part
from relay.store.vault import SealError, unseal

_OPENED = 150  # posts of which the text is read: more find no room in a digest in any case


def open_parts(resources: Resources, delivery: Delivery, now: datetime) -> tuple[Part, ...]:
    """The posts that this digest may bring now; () when nothing is left of it, which ends it."""
    return resources.database.write(lambda connection: digests.open_parts(connection, delivery, now))


def compose_parts(resources: Resources, parts: Sequence[Part], language: str, now: datetime) -> bytes:
    """Compose a digest of these posts, without a signature; nothing in it depends on its reader but the language.

    Raises:
        Unavailable: the database can't serve, or the definition of a list is missing.
    """
    lists = tuple(_mailing_list(resources, name) for name in sorted({part.list_name for part in parts}))
    newest = sorted(parts, key=lambda part: part.post_id, reverse=True)
    read = [_read(resources, part, whole=place < _OPENED) for place, part in enumerate(newest)]
    identity = sha256(repr([(part.post_id, part.list_name) for part in newest]).encode()).hexdigest()[:24]
    digest = Digest(
        entries=tuple(one for one in read if isinstance(one, Entry)),
        more=tuple(one[0] for one in read if not isinstance(one, Entry)),
        lists=lists,
        marking=max((one.marking if isinstance(one, Entry) else one[1] for one in read), key=lambda one: one.level),
        identity=f"digest.{identity}.{language}",
        written_at=now,
        domain=resources.settings.relay.domain,
    )
    return compose_digest(digest, resources.catalogue(language))


def _read(resources: Resources, part: Part, *, whole: bool) -> Entry | tuple[str, Tlp]:
    """One post, or its reference and marking where its text can't be or needn't be read."""
    with resources.database.read() as connection:
        decision = dict(posts.load_decisions(connection, part.post_id)).get(part.list_name)
        reference, received_at = posts.reference_and_time(connection, part.post_id)
        stored = posts.load_sealed(connection, part.post_id)
        ack_due = acknowledgements.due(connection, part.post_id)
    if not isinstance(decision, Relay):
        raise Unavailable(f"{reference} does not go to {part.list_name} any more")
    if stored is None or not whole:
        return reference, decision.marking
    try:
        copy = unpack(unseal(resources.keys, *stored))
    except SealError as error:
        # One post that can't be opened must not keep the others back; its reader is told that it is there.
        note("delivery.trouble", reference=reference, reason=str(error))
        return reference, decision.marking
    return make_entry(
        copy,
        _mailing_list(resources, part.list_name),
        decision.marking,
        decision.removed,
        reference=reference,
        received_at=received_at,
        ack_due=ack_due,
    )


def _mailing_list(resources: Resources, name: str) -> MailingList:
    if (found := resources.list_named(name)) is None:
        raise Unavailable(f"the list {name} has no definition")
    return found
