"""Who logs in: an address and an app password against the stored verifiers; the same work and words for strangers."""

from datetime import datetime

from relay.mail.address import parse_international_address
from relay.mail.scram import DUMMY, matches
from relay.resources import Resources
from relay.roster.member import Member
from relay.store import credentials, members


def authenticate(resources: Resources, login: str, password: str, now: datetime) -> Member | None:
    """The active member whose address and app password these are, else None.

    Every call checks exactly one verifier per stored password, and a dummy where there is none: an unknown address costs
    the same as a wrong password.

    Raises:
        Unavailable: the database can't be read.
    """
    address = parse_international_address(login)
    with resources.database.read() as connection:
        stored = credentials.verifiers(connection, address.key) if address else ()
        member = members.find(connection, address) if address else None
    matched = [member_id for member_id, verifier in stored or (("", DUMMY),) if matches(verifier, password)]
    if not matched or member is None or not member.may_act(now.date()):
        return None
    return member
