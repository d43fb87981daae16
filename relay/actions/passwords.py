"""App passwords: made here, shown once, listed by name, ended one by one."""

import secrets
from datetime import datetime

from relay.actions.open import operator_name
from relay.errors import NotFound
from relay.mail.address import Address
from relay.mail.scram import make_verifier, salt_of
from relay.resources import Resources
from relay.roster.login import FIRST_PASSWORD
from relay.roster.member import Member
from relay.store import credentials, members


def find_member(resources: Resources, address: Address) -> Member:
    """The member with this address, in whatever state.

    Raises:
        NotFound: there is none.
    """
    with resources.database.read() as connection:
        member = members.find(connection, address)
    if member is None:
        raise NotFound(f"{address} is not a member")
    return member


def issue_password(resources: Resources, member: Member, now: datetime, name: str = FIRST_PASSWORD) -> str:
    """Make an app password of this name: 150 random bits as five groups; only its verifier is kept.

    Raises:
        Conflict: the person is no member, or has too many.
    """
    letters = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 characters that look different from each other
    password = "-".join("".join(secrets.choice(letters) for _ in range(6)) for _ in range(5))
    node, operator = resources.settings.relay.node, operator_name()
    with resources.database.read() as connection:
        shared = credentials.shared_salt(connection, member.id)
    verifier = make_verifier(password, *(shared or (salt_of(member.address.key, resources.keys.login),)))
    resources.database.write(
        lambda connection: credentials.add_password(
            connection, node, member, name, verifier, operator=operator, now=now
        )
    )
    return password
