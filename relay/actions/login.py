"""Who logs in: an address and an app password, or the proof of one, against what is stored.

The same work for strangers: whoever is asked for, one statement is run, one derivation (PLAIN, LOGIN) or one proof (SCRAM) is
checked against as many keys, and the member is looked at only when a password was right.
"""

from contextlib import suppress
from datetime import datetime

from relay.errors import RelayError
from relay.mail.address import parse_international_address
from relay.mail.scram import Account, make_account, salt_of
from relay.resources import Resources
from relay.roster.login import Login
from relay.store import credentials, members


def authenticate(resources: Resources, login: str, password: str, now: datetime) -> Login | None:
    """The member, active or dormant, whose address and app password these are, else None.

    Raises:
        Unavailable: the database can't be read.
    """
    found = find_account(resources, login).by_password(password)
    return enter(resources, found.password_id, now) if found else None


def find_account(resources: Resources, login: str) -> Account:
    """What a login is checked against, whether anybody has it or not.

    A user name is a mail address: compared without case, its domain as A-labels. What is none is nobody's.

    Raises:
        Unavailable: the database can't be read.
    """
    address = parse_international_address(login)
    strangers = make_account((), salt_of(address.key if address else login, resources.keys.login))
    with resources.database.read() as connection:
        return credentials.find_account(connection, address.key if address else "") or strangers


def enter(resources: Resources, password_id: str, now: datetime) -> Login | None:
    """Let in who has shown this password, if it still is one and its member may act; else None.

    Raises:
        Unavailable: the database can't be read.
    """
    with resources.database.read() as connection:
        owner = credentials.owner_of(connection, password_id)
        member = members.get(connection, owner[0]) if owner else None
    if owner is None or member is None or not member.may_write(now.date()):
        return None
    last_used_at = owner[1]
    if last_used_at is None or now - last_used_at >= credentials.USES_APART:
        with suppress(RelayError):  # nobody is kept out because it can't be written down
            resources.database.write(lambda connection: credentials.touch(connection, password_id, now))
    return Login(member=member, password_id=password_id)
