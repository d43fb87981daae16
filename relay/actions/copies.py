"""A copy right before it is sent: composed and signed once for all who get the same octets; and where it comes back to."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from relay.delivery.bounce import fits, post_path, return_path
from relay.delivery.compose import CleanCopy, Frame, compose_copy, unpack
from relay.delivery.delivery import Delivery, Kind
from relay.delivery.header_fields import leave_fields
from relay.delivery.leaving import leave_url
from relay.delivery.sealing import results, seal
from relay.delivery.signing import body_hash, body_offset, signatures
from relay.errors import RelayError
from relay.mail.address import Address
from relay.policy.decision import Relay
from relay.resources import Resources
from relay.roster.mailing_list import MailingList
from relay.store import posts
from relay.store.vault import unseal
from relay.transport.smtp import Content

VARIANTS = 32  # composed copies kept in memory between claims
VARIANT_OCTETS = 32 * 1024 * 1024  # of all of them: one with ten photos has four megabytes


class CannotComposeError(RelayError):
    """What a copy is made from is gone: its list's definition, or its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What all who read the same get: signed, or with `section` and `hashed` given to be signed with a head of each copy's own.

    `section` is the header section of the octets, `hashed` what a signature says of their body. `found` is
    what an ARC set tells, "" where there is none. `requires_tls` goes for all of them. `post_path` is a return path that all can
    share; `content` are the octets as they are sent. `encrypted` is true when one reader alone can open it.
    """

    octets: bytes
    section: bytes = b""
    hashed: str = ""
    found: str = ""
    requires_tls: bool = False
    post_path: Address | None = None
    encrypted: bool = False
    content: Content = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", Content(self.octets))


class Variants:
    """The copies and digests that were composed lately, kept until they are too many or too big."""

    def __init__(self) -> None:
        """None yet."""
        self._made: OrderedDict[Hashable, Variant] = OrderedDict()
        self._octets = 0

    def __contains__(self, key: Hashable) -> bool:
        return key in self._made

    def made(self, key: Hashable, compose: Callable[[], Variant]) -> Variant:
        """The one for a key: composed once, the same octets object for everybody who gets the same."""
        if key not in self._made:
            made = self._made[key] = compose()
            self._octets += len(made.octets)
            while len(self._made) > 1 and (len(self._made) > VARIANTS or self._octets > VARIANT_OCTETS):
                _, gone = self._made.popitem(last=False)
                self._octets -= len(gone.octets)
        return self._made[key]


def return_path_of(resources: Resources, delivery: Delivery) -> str:
    """Where reports about a delivery come back to (VERP)."""
    return _own_paths(resources, [delivery])[0]


def _own_paths(resources: Resources, deliveries: Sequence[Delivery]) -> list[str]:
    """The same for several of one list."""
    ours, key = _mailing_list(resources, deliveries[0]).address_for(""), resources.keys.verp
    return [str(return_path(ours.local, ours.domain, one.id, key)) for one in deliveries]


def return_paths_of(
    resources: Resources, deliveries: Sequence[Delivery], variant: Variant
) -> Sequence[tuple[str, str]]:
    """For each of some copies that are alike: where reports about it come back to, and a return path that it can share instead where servers make its own of that.

    The latter is "" where its recipient doesn't fit behind it, or `delivery.verp` wants each copy to have its own from the start.
    """
    verp = resources.settings.delivery.verp
    shared = variant.post_path if deliveries[0].kind is Kind.COPY and verp != "always" else None
    if shared is None:
        return [(path, "") for path in _own_paths(resources, deliveries)]
    base = str(shared)
    if verp == "never":
        return [(base, "")] * len(deliveries)
    paths = zip(deliveries, _own_paths(resources, deliveries), strict=True)
    return [(path, base if fits(shared, one.recipient) else "") for one, path in paths]


def _mailing_list(resources: Resources, delivery: Delivery) -> MailingList:
    found = resources.list_named(delivery.list_name)
    if found is None:
        raise CannotComposeError(f"the list {delivery.list_name} has no definition")
    return found


def compose_for_list(resources: Resources, delivery: Delivery, post_id: int, now: datetime) -> Variant:
    """Compose a post's copy for one list and language, and sign it, unless each member's has a head of its own.

    Raises:
        CannotComposeError: its list's definition or its content is gone.
        Unavailable: the database can't serve, or the content can't be opened.
    """
    return signed(resources, delivery, bare_copy(resources, delivery, post_id), now)


def signed(resources: Resources, delivery: Delivery, bare: Variant, now: datetime) -> Variant:
    """A copy or digest with its signatures, unless each member's has a head of its own.

    Raises:
        CannotComposeError: its list's definition is gone.
    """
    offset = body_offset(bare.octets)
    section, hashed = bare.octets[:offset], body_hash(bare.octets[offset:])
    if delivery.kind is not Kind.DIGEST and _mailing_list(resources, delivery).one_click_leave:
        return replace(bare, section=section, hashed=hashed)
    return replace(bare, octets=_signed_by_us(resources, section, hashed, bare.found, now) + bare.octets)


def bare_copy(resources: Resources, delivery: Delivery, post_id: int, *, subject_within: bool = False) -> Variant:
    """Compose a post's copy for one list and language, without a signature.

    Raises:
        CannotComposeError: its list's definition or its content is gone.
        Unavailable: the database can't serve, or the content can't be opened.
    """
    with resources.database.read() as connection:
        source = posts.load_for_copy(connection, post_id)
        decisions = dict(posts.load_decisions(connection, post_id))
    decision = decisions.get(delivery.list_name)
    if source is None or not isinstance(decision, Relay):
        raise CannotComposeError(f"the content of {delivery.reference} is gone")
    frame = Frame(
        reference=delivery.reference,
        mailing_list=_mailing_list(resources, delivery),
        tag=delivery.reference.partition("-")[0],
        marking=decision.marking,
        removed=decision.removed,
        received_at=source.received_at,
        language=delivery.language,
        domain=resources.settings.relay.domain,
        subject_within=subject_within,
        complaints_to=_complaints_to(resources),
        ack_due=source.ack_due,
    )
    strict = _any_wants_tls(resources, decisions)
    copy = unpack(unseal(resources.keys, *source.sealed))
    octets = compose_copy(copy, frame, resources.catalogue(delivery.language))
    found = _found(resources, copy, frame) if resources.settings.delivery.arc_seal else ""
    ours = frame.mailing_list.address_for("")
    path = post_path(ours.local, ours.domain, post_id, resources.keys.verp)
    return Variant(octets=octets, found=found, requires_tls=strict, post_path=path)


def _complaints_to(resources: Resources) -> str:
    """Where a provider may report that a reader marked a copy as unwanted; "" where the site doesn't ask for it, or nobody reads it."""
    relay = resources.settings.relay
    return f"abuse@{relay.domain}" if resources.settings.delivery.cfbl_address and relay.postmaster else ""


def _found(resources: Resources, copy: CleanCopy, frame: Frame) -> str:
    """How the post's author was known, for an ARC set; it names their domain only where the copy names their address."""
    with resources.database.read() as connection:
        proof = posts.show_post(connection, frame.reference, counted=False)[0].proof
    return results(proof, copy.author_address.domain if frame.mailing_list.reply_to != "list" else "")


def _signed_by_us(resources: Resources, section: bytes, hashed: str, found: str, now: datetime) -> bytes:
    """The fields that sign a copy: DKIM's, and in front of them an ARC set where that is wished."""
    made = signatures(section, hashed, resources.signing_keys, now)
    return seal(made + section, hashed, found, resources.signing_keys, now) + made if found else made


def require_tls(resources: Resources, post_ids: Iterable[int]) -> bool:
    """Whether one of the lists that these posts were sent to wants TLS all the way.

    Then every copy does, whichever list it comes by: it has the same text.
    """
    with resources.database.read() as connection:
        names = {name for post_id in post_ids for name, _ in posts.load_decisions(connection, post_id)}
    return _any_wants_tls(resources, names)


def _any_wants_tls(resources: Resources, names: Iterable[str]) -> bool:
    return any(one.tls == "required" for name in names if (one := resources.list_named(name)))


def head_of(resources: Resources, delivery: Delivery, variant: Variant, now: datetime) -> bytes:
    """What one member's copy has in front: how this member leaves the list (RFC 8058), and a signature over that too; b"" elsewhere.

    To sign each copy costs a third of a millisecond of processor time or more, where else one signature serves all who read the same.
    """
    if not variant.section:
        return b""
    one, web, keys = _mailing_list(resources, delivery), resources.settings.web, resources.keys
    url = leave_url(web.public_url, one.name, delivery.recipient_id, keys.verp)
    fields = leave_fields(one, url).encode("ascii")
    return _signed_by_us(resources, fields + variant.section, variant.hashed, variant.found, now) + fields
