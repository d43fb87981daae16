"""Whom a recipient is taken from.

At RCPT that is told from memory: by the lists, and by the member as they logged in. Once the message has come, it is asked again
as the database knows the member then (`actions.prove`), so that a suspension holds for a session that is open already.
"""

from collections.abc import Sequence
from datetime import datetime

from relay.delivery.bounce import is_return_path, read_answer_address
from relay.mail.address import Address
from relay.mail.auth_results import Proof
from relay.mail.envelope import Client
from relay.mail.reply import ALONE, ENCRYPT_FIRST, NO_SUCH_ADDRESS, Reply
from relay.policy.routing import takes_alerts_of
from relay.resources import Resources
from relay.roster.destination import Destination, Purpose
from relay.roster.member import Member
from relay.settings import Settings, is_loopback, is_within
from relay.store import letters

# What is found out about a message from any other mail server.
FROM_SERVERS = frozenset({Proof.DKIM, Proof.DMARC, Proof.CHALLENGE})


def admit(
    resources: Resources,
    address: Address,
    member: Member | None,
    client: Client,
    mail_from: Address | None,
    earlier: Sequence[Address],
    now: datetime,
) -> Reply | None:
    """Why this recipient is refused; None when it is taken. Unknown and forbidden are refused in the same words.

    A trusted gateway's recipients are taken for the time being, and so are anybody's where the lists of an address know their
    authors without a login: a list's existence is no secret. Return paths are open to all who hold one that we made, the
    postmaster's addresses to everybody.

    Args:
        resources: the lists.
        address: the recipient.
        member: who has logged in or wrote the message; None for a session without a login.
        client: who is connected.
        mail_from: the reverse-path; None for the null one.
        earlier: the recipients that this message has already.
        now: the time, UTC.
    """
    destination = resources.destination(address)
    if destination is None:
        return NO_SUCH_ADDRESS
    if destination.purpose is Purpose.RETURN_PATH:
        refused = None if is_return_path(address, resources.keys.verp) else NO_SUCH_ADDRESS
    elif destination.purpose is Purpose.ANSWER:
        refused = None if read_answer_address(address, resources.keys.verp) is not None else NO_SUCH_ADDRESS
    elif destination.purpose is Purpose.POSTMASTER:
        refused = None if resources.settings.relay.postmaster else NO_SUCH_ADDRESS
    elif member is None:
        refused = _judge_stranger(resources, destination, client, mail_from)
    else:
        refused = None if _may_write(resources, destination, member, now) else NO_SUCH_ADDRESS
    if refused:
        return refused
    first = resources.destination(earlier[0]) if earlier else None
    return ALONE if first and (first.stands_alone or destination.stands_alone) else None


def has_letters_enough(resources: Resources, member: Member, now: datetime) -> bool:
    """Whether the member has got as many letters in answer as an hour may bring.

    Raises:
        Unavailable: the database can't be read.
    """
    with resources.database.read() as connection:
        return letters.written_lately(connection, member.id, now) >= letters.PER_HOUR


def is_gateway(settings: Settings, client: Client) -> bool:
    """Whether the findings of this client are believed."""
    return _is_listed(settings, client) and _is_private(client)


def _is_listed(settings: Settings, client: Client) -> bool:
    return bool(settings.smtp.authserv_id) and is_within(client.ip, settings.smtp.trusted_gateways)


def _is_private(client: Client) -> bool:
    """What a gateway hands over must not cross a network in clear."""
    return client.tls or is_loopback(client.ip)


def takes_from_servers(resources: Resources) -> bool:
    """Whether any list takes posts from other mail servers without trusting them."""
    return any(not FROM_SERVERS.isdisjoint(one.proofs) for one in resources.lists.values())


def proofs_for(resources: Resources, destination: Destination) -> frozenset[Proof]:
    """The proofs of an author that any of the lists behind an address takes; none for an address that asks for no author."""
    match destination.purpose:
        case Purpose.POST | Purpose.REQUEST:
            return destination.mailing_list.proofs if destination.mailing_list else frozenset()
        case Purpose.ALERTS | Purpose.PRACTICE:
            return frozenset().union(*(one.proofs for one in resources.lists.values()))
        case Purpose.RETURN_PATH | Purpose.ANSWER | Purpose.POSTMASTER:
            return frozenset()


def _judge_stranger(
    resources: Resources, destination: Destination, client: Client, mail_from: Address | None
) -> Reply | None:
    open_to_all = not FROM_SERVERS.isdisjoint(proofs_for(resources, destination))
    if mail_from is None or not (open_to_all or _is_listed(resources.settings, client)):
        return NO_SUCH_ADDRESS
    return None if _is_private(client) else ENCRYPT_FIRST


def _may_write(resources: Resources, destination: Destination, member: Member, now: datetime) -> bool:
    if not member.may_write(now.date()):
        return False
    match destination.purpose:
        case Purpose.POST:
            return destination.mailing_list is not None and destination.mailing_list.admits(member)
        case Purpose.REQUEST:
            return True  # any member: who vouched for somebody may be on other lists
        case Purpose.PRACTICE:
            return any(one.admits(member) for one in resources.lists.values())
        case Purpose.ALERTS:
            return bool(takes_alerts_of(member, resources.lists.values()))
        case Purpose.RETURN_PATH | Purpose.ANSWER | Purpose.POSTMASTER:
            return False  # open to everybody, and so asked above
