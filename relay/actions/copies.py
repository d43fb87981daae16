"""A copy right before it is sent: composed and signed once for all who get the same octets; and where it comes back to."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime

from relay.delivery.bounce import return_path
from relay.delivery.compose import Frame, compose_copy, unpack
from relay.delivery.delivery import Delivery
from relay.delivery.signing import sign
from relay.errors import RelayError
from relay.policy.decision import Relay
from relay.resources import Resources
from relay.roster.mailing_list import MailingList
from relay.store import posts
from relay.store.vault import unseal

VARIANTS = 32  # composed copies kept in memory between claims
VARIANT_OCTETS = 32 * 1024 * 1024  # of all of them: one with ten photos has four megabytes


class CannotComposeError(RelayError):
    """What a copy is made from is gone: its list's definition, or its content."""


class Variants:
    """The copies and digests that were composed lately, kept until they are too many or too big."""

    def __init__(self) -> None:
        """None yet."""
        self._made: OrderedDict[Hashable, bytes] = OrderedDict()

    def made(self, key: Hashable, compose: Callable[[], bytes]) -> bytes:
        """The octets for a key: composed once, the same object for everybody who gets the same."""
        if key not in self._made:
            self._made[key] = compose()
            while len(self._made) > 1 and self._are_too_many():
                self._made.popitem(last=False)
        return self._made[key]

    def _are_too_many(self) -> bool:
        return len(self._made) > VARIANTS or sum(map(len, self._made.values())) > VARIANT_OCTETS


def return_path_of(resources: Resources, delivery: Delivery) -> str:
    """Where reports about a delivery come back to (VERP)."""
    address = _mailing_list(resources, delivery).address_for("")
    return str(return_path(address.local, address.domain, delivery.id, resources.keys.verp))


def _mailing_list(resources: Resources, delivery: Delivery) -> MailingList:
    found = resources.list_named(delivery.list_name)
    if found is None:
        raise CannotComposeError(f"the list {delivery.list_name} has no definition")
    return found


def compose_for_list(resources: Resources, delivery: Delivery, post_id: int, now: datetime) -> bytes:
    """Compose and sign a post's copy for one list and language.

    Raises:
        CannotComposeError: its list's definition or its content is gone.
        Unavailable: the database can't serve, or the content can't be opened.
    """
    with resources.database.read() as connection:
        stored = posts.load_sealed(connection, post_id)
        decisions = dict(posts.load_decisions(connection, post_id))
        received_at = posts.received_at(connection, post_id)
    decision = decisions.get(delivery.list_name)
    if stored is None or not isinstance(decision, Relay):
        raise CannotComposeError(f"the content of {delivery.reference} is gone")
    uid, sealed = stored
    frame = Frame(
        reference=delivery.reference,
        mailing_list=_mailing_list(resources, delivery),
        tag=delivery.reference.partition("-")[0],
        marking=decision.marking,
        removed=decision.removed,
        received_at=received_at,
        language=delivery.language,
        domain=resources.settings.relay.domain,
    )
    octets = compose_copy(unpack(unseal(resources.keys, uid, sealed)), frame, resources.catalogue(delivery.language))
    return sign(octets, resources.signing_keys, now)
