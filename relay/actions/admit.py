"""Whom a recipient is taken from: asked at RCPT, before any content has come."""

from collections.abc import Sequence
from datetime import datetime

from relay.delivery.bounce import read_return_path
from relay.mail.address import Address
from relay.mail.envelope import Client
from relay.mail.reply import ALONE, ENCRYPT_FIRST, NO_SUCH_ADDRESS, OVER_QUOTA, Reply
from relay.policy.routing import takes_alerts_of
from relay.resources import Resources
from relay.roster.destination import Destination, Purpose
from relay.roster.member import Member
from relay.settings import Settings, is_loopback, is_within
from relay.store import letters, members


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

    A trusted gateway's recipients are taken for the time being: a list's existence is no secret. Once the message has come
    and its author is proven, they are asked for again as that member's (`actions.prove`). Return paths are open to all who
    hold one that we made, the postmaster's addresses to everybody.

    Args:
        resources: the lists, and the database where the member is read anew.
        address: the recipient.
        member: who has logged in, or is proven; None for a session without a login.
        client: who is connected.
        mail_from: the reverse-path; None for the null one.
        earlier: the recipients that this message has already.
        now: the time, UTC.

    Raises:
        Unavailable: the database can't be read.
    """
    destination = resources.destination(address)
    if destination is None:
        return NO_SUCH_ADDRESS
    if destination.purpose is Purpose.RETURN_PATH:
        refused = None if read_return_path(address, resources.keys.verp) is not None else NO_SUCH_ADDRESS
    elif destination.purpose is Purpose.POSTMASTER:
        refused = None if resources.settings.relay.postmaster else NO_SUCH_ADDRESS
    elif member is None:
        refused = _judge_stranger(resources, client, mail_from)
    else:
        refused = None if _may_write(resources, destination, member, now) else NO_SUCH_ADDRESS
    if refused:
        return refused
    first = resources.destination(earlier[0]) if earlier else None
    return ALONE if first and (first.stands_alone or destination.stands_alone) else None


def admit_to_letters(resources: Resources, address: Address, now: datetime) -> Member | Reply:
    """The member who gets a letter in answer, as the database knows them now; or why they get none.

    Raises:
        Unavailable: the database can't be read.
    """
    with resources.database.read() as connection:
        member = members.find(connection, address)
        lately = letters.written_lately(connection, member.id, now) if member else 0
    if member is None:
        return NO_SUCH_ADDRESS
    return OVER_QUOTA if lately >= letters.PER_HOUR else member


def is_gateway(settings: Settings, client: Client) -> bool:
    """Whether the findings of this client are believed."""
    return _is_listed(settings, client) and _is_private(client)


def _is_listed(settings: Settings, client: Client) -> bool:
    return bool(settings.smtp.authserv_id) and is_within(client.ip, settings.smtp.trusted_gateways)


def _is_private(client: Client) -> bool:
    """What a gateway hands over must not cross a network in clear."""
    return client.tls or is_loopback(client.ip)


def _judge_stranger(resources: Resources, client: Client, mail_from: Address | None) -> Reply | None:
    if not _is_listed(resources.settings, client) or mail_from is None:
        return NO_SUCH_ADDRESS
    return None if _is_private(client) else ENCRYPT_FIRST


def _may_write(resources: Resources, destination: Destination, member: Member, now: datetime) -> bool:
    with resources.database.read() as connection:
        current = members.get(connection, member.id)
    if not current.may_act(now.date()):
        return False
    match destination.purpose:
        case Purpose.POST:
            return destination.mailing_list is not None and destination.mailing_list.admits(current)
        case Purpose.REQUEST:
            return True  # any member: who vouched for somebody may be on other lists
        case Purpose.PRACTICE:
            return any(one.admits(current) for one in resources.lists.values())
        case Purpose.ALERTS:
            return bool(takes_alerts_of(current, resources.lists.values()))
        case Purpose.RETURN_PATH | Purpose.POSTMASTER:
            return False  # open to everybody, and so asked above
